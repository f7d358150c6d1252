// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

type refundOptions struct {
	tillOptions

	of, id, amount, currency, reason string

	timeout time.Duration
	json    bool
}

func refundCommand(std streams) *cobra.Command {
	var o refundOptions
	c := &cobra.Command{
		Use:   "refund --to URL --of ID --id ID [--amount 5.00 --currency EUR]",
		Short: "Be a till: give a sale back, or a part of it",
		Long: `Be a till: give a sale back, or a part of it. The same --id again is the same refund: it asks how that
stands, and never gives back twice.

Exit codes: 0 done, 10 refused by Klarna, 20 running or not known yet, 1 refused by the bridge: nothing happened.`,
		Args: needs(cobra.NoArgs, "to", "of", "id"),
		RunE: func(c *cobra.Command, _ []string) error {
			q, at, err := o.request()
			if err != nil {
				return misused(c, err)
			}
			return o.run(c.Context(), std, q, at)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.of, "of", "", "the sale's id")
	c.Flags().StringVar(&o.id, "id", "", "the refund's own id, chosen by the till")
	c.Flags().StringVar(&o.amount, "amount", "", "how much, such as 5.00 (default: all that is left)")
	c.Flags().StringVar(&o.currency, "currency", "", "the sale's currency, such as EUR")
	c.Flags().StringVar(&o.reason, "reason", "", "why; it is journaled")
	c.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long to wait for the answer")
	c.Flags().BoolVar(&o.json, "json", false, "print the answer as one JSON object")
	return c
}

// request is what the flags ask for. Its errors are wrong usage.
func (o *refundOptions) request() (native.Refund, config.Address, error) {
	at, err := o.address()
	if err != nil {
		return native.Refund{}, at, err
	}
	for flag, id := range map[string]string{"--of": o.of, "--id": o.id} {
		if err = payment.TillID(id).Check(); err != nil {
			return native.Refund{}, at, fmt.Errorf("%s: %w", flag, err)
		}
	}
	q := native.Refund{ID: o.id, Of: o.of, Reason: o.reason}
	switch {
	case (o.amount == "") != (o.currency == ""):
		return q, at, errors.New("--amount and --currency: expected both or neither")
	case o.timeout <= 0:
		return q, at, fmt.Errorf("--timeout %s: expected a time such as 1m", o.timeout)
	case o.amount == "":
		return q, at, nil
	}
	amount, err := payment.ParseAmount(o.amount, payment.Currency(o.currency))
	q.Amount, q.Currency = amount.Minor, string(amount.Currency)
	return q, at, err
}

func (o *refundOptions) run(ctx context.Context, std streams, q native.Refund, at config.Address) error {
	t, err := o.open(at, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.timeout)
	defer stop()
	say := &teller{out: std.out, id: o.id, json: o.json}
	r, err := t.Refund(ctx, q)
	if err != nil {
		return say.nothing(err)
	}
	if o.json {
		say.object(r)
	} else {
		say.news(standingOf(r))
	}
	return o.end(payment.RefundOutcome(r.Outcome))
}

// end is the exit code of a refund's last word.
func (o *refundOptions) end(word payment.RefundOutcome) error {
	switch word {
	case payment.RefundWordDone:
		return nil
	case payment.RefundWordRefused:
		return &exitError{code: exitDeclined}
	case payment.RefundWordRunning, payment.RefundWordUnknown:
	}
	return &exitError{exitUnknown, fmt.Errorf("refund %s: not known how it ends; do not refund again, ask again with the same --id", o.id)}
}

// standingOf is how a refund stands, for people.
func standingOf(r native.Refunded) string {
	line := "refund " + r.ID + ": " + r.Outcome
	if r.Amount > 0 {
		line += " " + payment.Amount{Minor: r.Amount, Currency: payment.Currency(r.Currency)}.String()
	}
	if r.Reference != "" {
		line += ", reference " + r.Reference
	}
	if r.Text != "" {
		line += ": " + r.Text
	}
	return plain(line)
}
