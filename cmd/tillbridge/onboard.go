// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/klarna"
)

type onboardOptions struct {
	reference string
	address   klarna.Address
	yes       bool
}

func storeCommand(std streams) *cobra.Command {
	var o onboardOptions
	c := &cobra.Command{
		Use:   "onboard --config FILE --street … --postal-code … --city … --country DE --yes",
		Short: "Make the store known to Klarna",
		Long: `Make the store known to Klarna, once, before the first sale. Klarna has no call for this alone: a payment request
of 1.00 is made with the whole store in it, and taken back at once. A typing mistake makes another store, so nothing
is sent without --yes.`,
	}
	c.Flags().StringVar(&o.reference, "reference", "", "the store's reference (default: store.reference)")
	c.Flags().StringVar(&o.address.Street, "street", "", "street and number")
	c.Flags().StringVar(&o.address.PostalCode, "postal-code", "", "postal code")
	c.Flags().StringVar(&o.address.City, "city", "", "city")
	c.Flags().StringVar(&o.address.Region, "region", "", "state, in the United States and Australia")
	c.Flags().StringVar(&o.address.Country, "country", "", "country of two letters, such as DE")
	c.Flags().BoolVar(&o.yes, "yes", false, "send it")
	onboard := staffCommand(std, c, []string{"street", "postal-code", "city", "country"}, func(ctx context.Context, cfg config.Config) error {
		return o.run(ctx, std, cfg)
	})
	return group("store", "The store at Klarna", onboard)
}

func (o *onboardOptions) run(ctx context.Context, std streams, cfg config.Config) error {
	s := klarna.Store{Reference: cmp.Or(o.reference, cfg.Store.Reference), Address: o.address}
	if s.Reference == "" {
		return errors.New("the configuration names the store by Klarna's id, so it is known already; --reference names a new one")
	}
	lane := cfg.Lanes[0] // Load wants at least one
	a := s.Address
	if len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("--country %q: expected two capital letters, such as DE", a.Country)
	}
	place := strings.Join(strings.Fields(a.PostalCode+" "+a.City+" "+a.Region+" "+a.Country), " ") // most have no region
	_, err := fmt.Fprintf(std.out, "store %s: %s, %s; %s environment, terminal %s\n",
		s.Reference, a.Street, place, cfg.Klarna.Environment, lane.TerminalReference)
	if err != nil {
		return err
	}
	if !o.yes {
		_, err = fmt.Fprintln(std.out, "nothing was sent; with --yes it is")
		return err
	}
	client, account, err := newKlarna(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer client.Close()
	write, err := account.Onboarding(rand.Text(), lane.Currency, lane.TerminalReference, s)
	if err != nil {
		return err
	}
	if err = client.OnboardStore(ctx, write); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, "Klarna knows the store")
	return err
}
