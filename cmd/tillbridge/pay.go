// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// The exit codes of a till on the command line. exitNothing promises that nothing happened.
const (
	exitNothing   = 1
	exitDeclined  = 10
	exitCancelled = 11
	exitExpired   = 12
	exitFailed    = 13
	exitUnknown   = 20
)

// exitCode is the code of a payment's last word. Only an approval that stands is success: whoever
// hands over goods on 0 must not do so for money that was given back.
func exitCode(o payment.Outcome) int {
	switch o {
	case payment.Approved:
		return 0
	case payment.Declined:
		return exitDeclined
	case payment.Cancelled, payment.Reversed:
		return exitCancelled
	case payment.Expired:
		return exitExpired
	case payment.Failed:
		return exitFailed
	case payment.Unknown:
	}
	return exitUnknown
}

type payOptions struct {
	tillOptions
	sessionOptions

	amount, currency string
	id, ref          string
	timeout          time.Duration
	json, quiet      bool
	protocol         string
	password         string
}

func payCommand(std streams) *cobra.Command {
	var o payOptions
	c := &cobra.Command{
		Use:   "pay --to URL --amount 16.10 --currency EUR",
		Short: "Be a till: ask a lane for one payment",
		Long: `Be a till: ask a lane for one payment, in the native protocol or in ZVT. Ctrl-C asks to cancel; the result decides.

Exit codes: 0 approved, 10 declined, 11 cancelled, 12 expired, 13 failed, 20 not known or still running,
1 nothing happened, 2 wrong usage.`,
		Args: needs(cobra.NoArgs, "to", "amount", "currency"),
		RunE: func(c *cobra.Command, _ []string) error {
			p, at, err := o.read()
			if err != nil {
				return misused(c, err)
			}
			if o.protocol == string(config.ProtocolZVT) {
				return o.runZVT(c.Context(), std, p, at)
			}
			return o.run(c.Context(), std, p, at)
		},
	}
	o.tillOptions.flags(c)
	o.sessionOptions.flags(c)
	c.Flags().StringVar(&o.amount, "amount", "", "amount in major units, such as 16.10")
	c.Flags().StringVar(&o.currency, "currency", "", "currency, such as EUR")
	c.Flags().StringVar(&o.id, "id", "", "the payment's id; the same one never charges twice (default: a new one)")
	c.Flags().StringVar(&o.protocol, "protocol", string(config.ProtocolNative), "native or zvt")
	c.Flags().StringVar(&o.password, "password", "000000", "the ZVT terminal's password, six digits")
	c.Flags().StringVar(&o.ref, "ref", "", "the till's receipt number")
	c.Flags().DurationVar(&o.timeout, "timeout", 3*time.Minute, "how long to wait and ask for the result")
	c.Flags().BoolVar(&o.json, "json", false, "print each event as one JSON object per line")
	c.Flags().BoolVar(&o.quiet, "quiet", false, "print the result alone")
	return c
}

// read turns the command line into a request. Its errors are wrong usage.
func (o *payOptions) read() (native.Pay, config.Address, error) {
	at, err := o.address()
	if err != nil {
		return native.Pay{}, at, err
	}
	amount, err := payment.ParseAmount(o.amount, payment.Currency(o.currency))
	if err != nil {
		return native.Pay{}, at, err
	}
	switch config.Protocol(o.protocol) {
	case config.ProtocolNative:
	case config.ProtocolZVT:
		if err = o.checkZVT(at); err != nil {
			return native.Pay{}, at, err
		}
	default:
		return native.Pay{}, at, fmt.Errorf("--protocol %q: expected native or zvt", o.protocol)
	}
	if o.id == "" {
		o.id = "cli-" + strings.ToLower(rand.Text())[:16]
	}
	if err = payment.TillID(o.id).Check(); err != nil {
		return native.Pay{}, at, err
	}
	if o.timeout <= 0 {
		return native.Pay{}, at, fmt.Errorf("--timeout %s: expected a time such as 3m", o.timeout)
	}
	p := native.Pay{
		ID: o.id, Amount: amount.Minor, Currency: string(amount.Currency), Ref: o.ref, QR: []string{native.FormText},
	}
	err = o.fill(&p, config.Protocol(o.protocol))
	return p, at, err
}

// run makes the payment. The end of ctx is a wish to cancel: a person's Ctrl-C proves nothing about
// money, so the result is waited for all the same.
func (o *payOptions) run(ctx context.Context, std streams, p native.Pay, at config.Address) error {
	say := &teller{out: std.out, id: p.ID, json: o.json, quiet: o.quiet, colours: isTerminal(std.out)}
	t, err := o.open(at, say.hear)
	if err != nil {
		return err
	}
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), o.timeout)
	defer stop()
	say.begin(payment.Amount{Minor: p.Amount, Currency: payment.Currency(p.Currency)})
	ended, err := t.Pay(patience, p, ctx.Done())
	if err != nil {
		return say.nothing(err)
	}
	return o.end(say, ended)
}

// end says how the payment ended, as text and as exit code.
func (o *payOptions) end(say *teller, ended terminal.Ended) error {
	code := exitCode(ended.Outcome)
	say.ended(ended)
	if code == exitUnknown {
		return &exitError{code, fmt.Errorf(
			"payment %s: not known how it ends; do not charge again, ask with: tillbridge status --to '%s' --id '%s'", o.id, o.to, o.id,
		)}
	}
	if code != 0 {
		return &exitError{code: code}
	}
	return nil
}

// refusal says why a bridge did not take a request, and which payment is in the way.
func refusal(err error) error {
	r, ok := errors.AsType[*terminal.RefusedError](err)
	if !ok {
		return fmt.Errorf("nothing happened: %w", err)
	}
	e := r.Event
	switch e.Code { //nolint:exhaustive // the others say all in their text
	case native.CodeBusy:
		running := payment.Amount{Minor: e.BusyAmount, Currency: payment.Currency(e.BusyCurrency)}
		return fmt.Errorf("busy: payment %s of %s is running here for %s; nothing happened",
			plain(e.BusyID), plain(running.String()), time.Duration(e.BusyAge)*time.Second)
	case native.CodeConflict:
		return fmt.Errorf("conflict: id %s was used for another amount, currency or receipt: %s; nothing happened",
			plain(e.ID), strings.TrimSuffix(plain(e.Text), "."))
	}
	return fmt.Errorf("%s: %s; nothing happened", plain(string(e.Code)), strings.TrimSuffix(plain(e.Text), "."))
}
