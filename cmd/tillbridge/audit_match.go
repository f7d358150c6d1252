// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tillbridge/audit"
	"tillbridge/config"
	"tillbridge/payment"
)

func auditMatchCommand(std streams) *cobra.Command {
	var p period
	var till string
	var offline, asJSON bool
	c := &cobra.Command{
		Use:   "match --config FILE [--till FILE] [--close N | --all]",
		Short: "Compare the till's book, ours and Klarna's, and list what differs",
		Long: `Compare the till's book, ours and Klarna's, and list what differs. Every payment that we know is read at Klarna.

The till's book is CSV with a head line, amounts in integer minor units: totals of lanes,
  lane,currency,sales,sale_sum,refunds,refund_sum,reversals,reversal_sum
or single payments, where kind is sale, refund or reversal and id that of the sale,
  lane,id,kind,amount,currency

Exit code 1 if something differs.`,
	}
	p.flags(c)
	c.Flags().StringVar(&till, "till", "", "the till's book")
	c.Flags().BoolVar(&offline, "offline", false, "do not ask Klarna")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return bookReader(std, c, func(ctx context.Context, cfg config.Config, b book) error {
		theirs, err := readTill(till)
		if err != nil {
			return err
		}
		k, done, err := klarnaOf(cfg, offline)
		if err != nil {
			return err
		}
		defer done()
		span, err := b.period(p.number, p.all)
		if err != nil {
			return err
		}
		lives, err := b.lives(span)
		if err != nil {
			return err
		}
		r, err := audit.Match(ctx, lives, span, theirs, k)
		if err != nil {
			return err
		}
		if asJSON {
			err = printJSON(std.out, r)
		} else {
			err = printMatch(std.out, r)
		}
		return differing(err, r.Differences)
	})
}

// differing is the end of a comparison: exit code 1 if something differs, which was said already.
func differing(err error, list []audit.Difference) error {
	if err == nil && len(list) > 0 {
		return &exitError{code: 1}
	}
	return err
}

func readTill(name string) (*audit.TillBook, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no book was given
	}
	f, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	b, err := audit.ParseTill(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &b, nil
}

func printMatch(out io.Writer, r audit.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d payments in records %d to %d\n", r.Payments, r.Span.After+1, r.Span.Through)
	for _, s := range audit.Whole(r.Ours) {
		fmt.Fprintf(&b, "ours: %s\n", payment.Amount{Minor: s.Net(), Currency: s.Currency})
	}
	for _, s := range r.Till {
		fmt.Fprintf(&b, "till: %s\n", payment.Amount{Minor: s.Net, Currency: s.Currency})
	}
	for _, h := range r.Klarna {
		fmt.Fprintf(&b, "klarna, to this day: %s\n", payment.Amount{Minor: h.Captured - h.Refunded, Currency: h.Currency})
	}
	writeDifferences(&b, r.Differences)
	_, err := io.WriteString(out, b.String())
	return err
}

// writeDifferences tells each difference in three lines: what happened, whether money has moved, what to do.
func writeDifferences(b *strings.Builder, list []audit.Difference) {
	if len(list) == 0 {
		b.WriteString("nothing differs\n")
	}
	for _, d := range list {
		where := strings.TrimSpace(strings.Join([]string{string(d.Lane), string(d.ID), d.Reference, string(d.Transaction)}, " "))
		fmt.Fprintf(b, "%s: ours %s, theirs %s\n", plain(where), money(d.Ours, d.Currency), money(d.Theirs, d.Currency))
		w := d.Kind.Words()
		fmt.Fprintf(b, "  %s\n  %s\n  %s\n", w.What, w.Money, w.Do)
	}
}

func money(minor int64, c payment.Currency) string {
	return payment.Amount{Minor: minor, Currency: c}.String()
}

func auditSettleCommand(std streams) *cobra.Command {
	var p period
	var name string
	var asJSON bool
	c := &cobra.Command{
		Use:   "settle --config FILE --file CSV [--close N | --all]",
		Short: "Compare a settlement file of Klarna's, and add up its fees",
		Long: `Compare a settlement file of Klarna's with what was sold, and add up its fees. How the file is written stands in the
configuration (settlement); the defaults are those of a sample of ours, not of any file of Klarna's.

Exit code 1 if something differs.`,
	}
	p.flags(c)
	c.Flags().StringVar(&name, "file", "", "the settlement file")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return bookReader(std, c, func(_ context.Context, cfg config.Config, b book) error {
		if name == "" || cfg.Version == 0 {
			return misused(c, errors.New("--file and --config: expected both"))
		}
		s, err := readSettlement(name, cfg.Settlement)
		if err != nil {
			return err
		}
		span, err := b.period(p.number, p.all)
		if err != nil {
			return err
		}
		lives, err := b.lives(span)
		if err != nil {
			return err
		}
		paid := audit.Settle(lives, s)
		if asJSON {
			err = printJSON(std.out, paid)
		} else {
			err = printPaid(std.out, paid)
		}
		return differing(err, paid.Differences)
	})
}

func printPaid(out io.Writer, paid audit.Paid) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d payments agree\n", paid.Payments)
	for _, s := range paid.Nets {
		fmt.Fprintf(&b, "file: %s\n", money(s.Net, s.Currency))
	}
	for _, s := range paid.Fees {
		fmt.Fprintf(&b, "fees: %s\n", money(s.Net, s.Currency))
	}
	writeDifferences(&b, paid.Differences)
	_, err := io.WriteString(out, b.String())
	return err
}

func readSettlement(name string, c config.Settlement) (audit.Settlement, error) {
	f, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return audit.Settlement{}, err
	}
	defer func() { _ = f.Close() }() // only read
	s, err := audit.ParseSettlement(f, layoutOf(c))
	if err != nil {
		return audit.Settlement{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func layoutOf(c config.Settlement) audit.Layout {
	l := audit.Layout{
		Separator: ',', Reference: c.Reference, Amount: c.Amount, Currency: c.Currency, Kind: c.Type, Refund: c.RefundTypes,
		Skip: c.SkipTypes, Fee: c.Fee,
	}
	switch c.Separator {
	case config.SeparatorSemicolon:
		l.Separator = ';'
	case config.SeparatorTab:
		l.Separator = '\t'
	case config.SeparatorComma:
	}
	switch c.Decimal {
	case config.DecimalPoint:
		l.Decimal = "."
	case config.DecimalComma:
		l.Decimal = ","
	case config.DecimalNone:
	}
	return l
}
