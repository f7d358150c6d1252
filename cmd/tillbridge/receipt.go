// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/receipt"
	"tillbridge/store"
	"tillbridge/terminal/native"
)

// slips sets the receipts of one lane.
type slips struct {
	terminal string // its reference
	language string
	columns  int
	shop     receipt.Shop
}

// slipsOf is how a lane's receipts look by the configuration of the moment.
func (d *daemon) slipsOf(lane string) slips {
	cfg := d.config.now()
	s := slips{columns: cfg.Receipts.Columns, shop: receipt.Shop{Head: cfg.Receipts.Head, Foot: cfg.Receipts.Foot}}
	for _, l := range cfg.Lanes {
		if l.ID == lane {
			s.terminal, s.language = l.TerminalReference, first(l.Display.Languages)
		}
	}
	return s
}

// of is both copies of a result's receipt. A payment that was never asked for has none, and neither has one that
// a person ended before it could be paid: nobody waits for paper then. One that is being given back has none until that
// is settled.
func (s slips) of(r payment.Result) (customer, merchant []string) {
	if r.Amount.Minor == 0 || r.Returning {
		return nil, nil
	}
	copyFor := func(merchant bool) []string {
		switch r.Outcome {
		case payment.Approved:
			return receipt.Sale{
				Reversal: r.GivenBack && !r.InParts, Merchant: merchant, Amount: r.Amount, At: r.At.Local(), Terminal: s.terminal, ID: string(r.ID),
				Reference: r.Reference, Shop: s.shop,
			}.Lines(s.columns, s.language)
		case payment.Declined, payment.Unknown:
			return receipt.Unpaid{
				Merchant: merchant, Outcome: r.Outcome, Amount: r.Amount, At: r.At.Local(), Terminal: s.terminal, ID: string(r.ID),
				Reference: r.Reference, Shop: s.shop,
			}.Lines(s.columns, s.language)
		case payment.Cancelled, payment.Expired, payment.Failed, payment.Reversed:
		}
		return nil
	}
	return copyFor(false), copyFor(true)
}

// ofRefund is both copies of a refund's receipt. Only one that is done has any.
func (s slips) ofRefund(r payment.Refunded) (customer, merchant []string) {
	if r.Outcome != payment.RefundWordDone {
		return nil, nil
	}
	slip := receipt.Refund{
		Amount: r.Amount, At: r.At.Local(), Terminal: s.terminal, ID: string(r.ID), Sale: string(r.Of), Reference: r.Reference, Shop: s.shop,
	}
	customer = slip.Lines(s.columns, s.language)
	slip.Merchant = true
	return customer, slip.Lines(s.columns, s.language)
}

// ofClose is the print of a close. It has no receipt numbers, because the till has its own.
func (s slips) ofClose(c native.Sums) []string {
	money := func(sum native.Sum) payment.Amount {
		return payment.Amount{Minor: sum.Amount, Currency: payment.Currency(c.Currency)}
	}
	return receipt.Totals{
		Number: int(c.Period), At: c.At.Local(), Terminal: s.terminal, Sales: int(c.Sales.Count), SaleSum: money(c.Sales),
		Refunds: int(c.Refunds.Count), RefundSum: money(c.Refunds), Backs: int(c.Reversals.Count), BackSum: money(c.Reversals),
		Shop: s.shop,
	}.Lines(s.columns, s.language)
}

// resultOf is what a till was last told of a payment, with its news worked in: a doubt that became clear is no
// doubt on paper. It is false while nothing final was said.
func resultOf(p payment.Payment) (payment.Result, bool) {
	r := payment.Result{
		ID: p.ID.Till, Outcome: p.Result, Amount: p.Charged(), Reference: payment.ShortCode(p.Reference), At: p.ResultAt,
		GivenBack: p.GivenBack(), InParts: p.GivenBackInParts(), Returning: p.Returning(),
	}
	switch p.Update {
	case "":
	case payment.Reversed:
		r.Outcome, r.GivenBack, r.At = payment.Approved, true, p.UpdateAt
	case payment.Approved, payment.Declined, payment.Cancelled, payment.Expired, payment.Failed, payment.Unknown:
		r.Outcome, r.At = p.Update, p.UpdateAt
	}
	return r, r.Outcome != ""
}

type receiptOptions struct {
	tillOptions

	id, copy       string
	data, lane     string
	columns        int
	language       string
	waitAtMost     time.Duration
	merchant, both bool
}

func receiptCommand(std streams) *cobra.Command {
	var o receiptOptions
	c := &cobra.Command{
		Use:   "receipt (--to URL | --data DIR --lane L) --id ID",
		Short: "Print the receipt of a payment again",
		Long: `Print the receipt of a payment again: as its lane gives it, or from the journal of a stopped daemon.

With --data, --columns and --language say how it is set.`,
		Args: needs(cobra.NoArgs, "id"),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return misused(c, err)
			}
			return o.run(c.Context(), std)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.id, "id", "", "the payment's id")
	c.Flags().StringVar(&o.copy, "copy", "customer", "customer, merchant or both")
	c.Flags().DurationVar(&o.waitAtMost, "timeout", 15*time.Second, "how long to wait for the answer")
	dataFlag(c, &o.data)
	c.Flags().StringVar(&o.lane, "lane", "", "the payment's lane; with --data")
	c.Flags().IntVar(&o.columns, "columns", 40, "24 to 80; with --data")
	c.Flags().StringVar(&o.language, "language", "en", "two letters: "+strings.Join(receipt.Languages(), " ")+"; with --data")
	return c
}

func (o *receiptOptions) check() error {
	switch {
	case (o.to == "") == (o.data == ""):
		return errors.New("expected --to or --data")
	case o.data != "" && o.lane == "":
		return errors.New("--lane: missing")
	case o.columns < receipt.MinColumns || o.columns > receipt.MaxColumns:
		return fmt.Errorf("--columns %d: expected %d to %d", o.columns, receipt.MinColumns, receipt.MaxColumns)
	}
	switch o.copy {
	case "customer":
	case "merchant":
		o.merchant = true
	case "both":
		o.both = true
	default:
		return fmt.Errorf("--copy %q: expected customer, merchant or both", o.copy)
	}
	return payment.TillID(o.id).Check()
}

func (o *receiptOptions) run(ctx context.Context, std streams) error {
	customer, merchant, err := o.lines(ctx)
	if err != nil {
		return err
	}
	if len(customer)+len(merchant) == 0 {
		return fmt.Errorf("payment %s: there is no receipt of it here; tillbridge status tells how it stands", o.id)
	}
	switch {
	case o.both:
		err = printLines(std.out, customer)
		if err == nil {
			err = printLines(std.out, append([]string{""}, merchant...))
		}
		return err
	case o.merchant:
		return printLines(std.out, merchant)
	}
	return printLines(std.out, customer)
}

func (o *receiptOptions) lines(ctx context.Context) (customer, merchant []string, err error) {
	if o.data != "" {
		return o.fromJournal()
	}
	at, err := o.address()
	if err != nil {
		return nil, nil, err
	}
	return o.fromLane(ctx, at)
}

// fromLane asks as a till does.
func (o *receiptOptions) fromLane(ctx context.Context, at config.Address) (customer, merchant []string, err error) {
	t, err := o.open(at, nil)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithTimeout(ctx, o.waitAtMost)
	defer stop()
	e, err := t.Status(ctx, native.Status{ID: o.id})
	if err != nil {
		return nil, nil, fmt.Errorf("receipt of %s: %w", o.id, err)
	}
	if state, is := e.(native.State); is {
		return state.Receipt, state.Merchant, nil
	}
	if update, is := e.(native.Update); is {
		return update.Receipt, update.Merchant, nil
	}
	result, _ := e.(native.Result) // anything else is about a payment that runs
	return result.Receipt, result.Merchant, nil
}

func (o *receiptOptions) fromJournal() (customer, merchant []string, err error) {
	j, err := openForReading(o.data)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return o.printed(j)
}

func (o *receiptOptions) printed(j *store.Journal) (customer, merchant []string, err error) {
	p, found, err := j.Find(payment.ID{Lane: payment.LaneID(o.lane), Till: payment.TillID(o.id)})
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, fmt.Errorf("payment %s of %s: not in this journal", o.id, o.lane)
	}
	r, ended := resultOf(p)
	if !ended {
		return nil, nil, nil
	}
	customer, merchant = slips{language: o.language, columns: o.columns}.of(r)
	return customer, merchant, nil
}

// printLines prints what may come from another machine.
func printLines(out io.Writer, lines []string) error {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(plain(l) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}
