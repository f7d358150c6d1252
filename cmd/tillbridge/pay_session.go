// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/terminal/native"
)

// sessionOptions are the ways to pay besides the code on the screen.
type sessionOptions struct {
	returnURL     string
	customerToken string
	absent        bool
	requestToken  string
	scopes        []string
}

func (o *sessionOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.returnURL, "return-url", "", "hand the customer over by an address that leads back to this https URL")
	c.Flags().StringVar(&o.customerToken, "customer-token", "", "charge the stored customer with this handle")
	c.Flags().BoolVar(&o.absent, "absent", false, "the stored customer is not there and cannot be asked")
	c.Flags().StringVar(&o.requestToken, "request-token", "", "ask for a customer token, under the shop's own name of the customer")
	c.Flags().StringSliceVar(&o.scopes, "scope", []string{"payment:customer_present"}, "what the customer allows with that token")
}

var errSession = errors.New("a ZVT till knows no other way to pay than the code on the screen")

// fill adds them to a request. Its errors are wrong usage.
func (o *sessionOptions) fill(p *native.Pay, protocol config.Protocol) error {
	named := o.returnURL != "" || o.customerToken != "" || o.absent || o.requestToken != ""
	if named && protocol == config.ProtocolZVT {
		return errSession
	}
	if o.absent && o.customerToken == "" {
		return errors.New("--absent: expected --customer-token, too")
	}
	if o.returnURL != "" {
		p.Interaction, p.ReturnURL, p.QR = "HANDOVER", o.returnURL, nil
	}
	p.CustomerToken = o.customerToken
	if o.absent {
		p.Present = new(bool)
	}
	if o.requestToken != "" {
		p.WantsToken = &native.TokenRequest{Scopes: o.scopes, Reference: o.requestToken}
	}
	return nil
}

// token is what a result says about the customer's token.
func token(b native.Brought) string {
	if b.CustomerToken == "" {
		return ""
	}
	return ", customer token " + plain(b.CustomerToken)
}
