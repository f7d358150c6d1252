// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
)

func attentionCommand(std streams) *cobra.Command {
	list := staffCommand(std, &cobra.Command{
		Use:   "list --config FILE",
		Short: "Show the payments that need a person",
	}, nil, func(ctx context.Context, cfg config.Config) error {
		var rows []attentionRow
		if err := newDesk(cfg).ask(ctx, http.MethodGet, "/attention", nil, &rows); err != nil {
			return err
		}
		return showAttention(std.out, rows)
	})
	return group("attention", "Payments that need a person", list, resolveCommand(std))
}

// showAttention prints what happened, whether money has moved and what to do, for each payment.
func showAttention(out io.Writer, rows []attentionRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "no payment needs a person")
		return err
	}
	var b strings.Builder
	for _, r := range rows {
		amount := payment.Amount{Minor: r.Amount, Currency: payment.Currency(r.Currency)}
		what := plain(r.ID)
		if r.Of != "" {
			what = "refund " + what + " of " + plain(r.Of)
		}
		fmt.Fprintf(&b, "%s  %s  %s  %s  reference %s  since %s\n", plain(r.Lane), what, plain(amount.String()),
			plain(r.State), plain(r.Reference), r.Since.Local().Format(time.DateTime))
		if words, ok := payment.WordsFor(payment.Reason(r.Reason), "en"); ok {
			fmt.Fprintf(&b, "  %s\n  %s\n  %s\n", words.What, words.Money, words.Do)
		}
		if r.Transaction != "" {
			fmt.Fprintf(&b, "  Klarna's transaction: %s\n", plain(r.Transaction))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func resolveCommand(std streams) *cobra.Command {
	var o resolveOrder
	c := &cobra.Command{
		Use:   "resolve --config FILE --lane L --id ID --as delivered|give-back|no-charge|refunded|not-refunded --reason TEXT",
		Short: "Record a decision about a payment",
		Long: `Record a decision about a payment, or a refund, that needs a person.

  delivered   the customer has the goods: keep the money
  give-back   the customer does not: give the money back
  no-charge   Klarna's portal shows that nothing was charged

About a refund, by the refund's own id:

  refunded      Klarna's portal shows that the money was given back
  not-refunded  Klarna's portal shows that it was not`,
		Args: func(*cobra.Command, []string) error { return o.check() },
	}
	c.Flags().StringVar(&o.Lane, "lane", "", "the payment's lane")
	c.Flags().StringVar(&o.ID, "id", "", "the payment's id, or the refund's")
	c.Flags().StringVar(&o.As, "as", "", "delivered, give-back or no-charge; of a refund: refunded or not-refunded")
	c.Flags().StringVar(&o.Reason, "reason", "", "why; it is journaled")
	o.By = person(std.getenv)
	return staffCommand(std, c, []string{"lane", "id", "as", "reason"}, func(ctx context.Context, cfg config.Config) error {
		if err := newDesk(cfg).ask(ctx, http.MethodPost, "/resolve", o, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.out, "%s %s: %s, recorded\n", o.Lane, o.ID, o.As)
		return err
	})
}

// check refuses a decision that is none. What is missing is told by needs.
func (o resolveOrder) check() error {
	decisions := []payment.Decision{
		payment.DecideDelivered, payment.DecideGiveBack, payment.DecideNoCharge, payment.DecideRefunded, payment.DecideNotRefunded,
	}
	if o.As != "" && !slices.Contains(decisions, payment.Decision(o.As)) {
		return fmt.Errorf("--as %q: expected delivered, give-back, no-charge, refunded or not-refunded", o.As)
	}
	if o.Reason != "" && strings.TrimSpace(o.Reason) == "" {
		return errors.New("--reason: expected words")
	}
	return nil
}

// person is who sits at the keyboard, as far as the system says.
func person(getenv func(string) string) string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME", "USERNAME"} {
		if user := getenv(name); user != "" {
			return user
		}
	}
	return ""
}
