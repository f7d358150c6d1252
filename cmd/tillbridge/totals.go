// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// closed is how a lane's last period ended: a note in the journal.
type closed struct {
	Period  int64     `json:"period"`
	Through uint64    `json:"through"` // number of the last record that it counted
	At      time.Time `json:"at"`
}

func closedNote(lane string) string { return "totals/" + lane + "/closed" }

// totals adds up a lane: its open period, or what was since an instant. End makes that period the last
// closed one; what happens while it is added up belongs to the next.
func (d *daemon) totals(l config.Lane, since time.Time, end bool) (native.Sums, error) {
	d.closing.Lock() // two closes at once would count the same sales twice
	defer d.closing.Unlock()
	last, err := d.lastClosed(l.ID)
	if err != nil {
		return native.Sums{}, err
	}
	after, from := last.Through, last.At
	if !since.IsZero() {
		from = since
		if after, err = d.recordBefore(since); err != nil {
			return native.Sums{}, err
		}
	}
	sum, err := d.journal.Totals(payment.LaneID(l.ID), after)
	if err != nil {
		return native.Sums{}, err
	}
	now := time.Now()
	if end {
		if err := d.endPeriod(l.ID, closed{last.Period + 1, sum.Through, now.UTC()}); err != nil {
			return native.Sums{}, err
		}
	}
	return native.Sums{
		Period: last.Period + 1, From: from, At: now, Closed: end, Currency: l.Currency,
		Sales:     native.Sum{Count: int64(sum.Sales), Amount: sum.SaleSum},
		Refunds:   native.Sum{Count: int64(sum.Refunds), Amount: sum.RefundSum},
		Reversals: native.Sum{Count: int64(sum.Backs), Amount: sum.BackSum},
		Net:       sum.SaleSum - sum.RefundSum - sum.BackSum,
	}, nil
}

func (d *daemon) lastClosed(lane string) (closed, error) {
	var last closed
	note, found, err := d.journal.Note(closedNote(lane))
	if err != nil || !found {
		return last, err
	}
	if err := json.Unmarshal(note, &last); err != nil {
		return last, fmt.Errorf("note of the last close of %s: %w", lane, err)
	}
	return last, nil
}

func (d *daemon) endPeriod(lane string, c closed) error {
	note, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return d.journal.SetNote(closedNote(lane), note)
}

// recordBefore is the number of the last record before an instant.
func (d *daemon) recordBefore(at time.Time) (uint64, error) {
	before := uint64(0)
	for e, err := range d.journal.Records(0) {
		if err != nil {
			return 0, err
		}
		if !e.At.Before(at) {
			break
		}
		before = e.Seq
	}
	return before, nil
}

type totalsOptions struct {
	tillOptions

	since   string
	end     bool
	timeout time.Duration
	json    bool
}

func totalsCommand(std streams) *cobra.Command {
	var o totalsOptions
	c := &cobra.Command{
		Use:   "totals --to URL [--close]",
		Short: "Be a till: ask what the lane took since the last close",
		Args:  needs(cobra.NoArgs, "to"),
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := o.address()
			if err == nil && o.since != "" {
				_, err = time.Parse(time.RFC3339, o.since)
			}
			if err == nil && o.since != "" && o.end {
				err = errors.New("--close ends the open period, whenever it began: expected no --since")
			}
			if err != nil {
				return misused(c, err)
			}
			return o.run(c.Context(), std, at)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.since, "since", "", "add up from this instant on, such as 2026-11-20T09:00:00Z, instead of the last close")
	c.Flags().BoolVar(&o.end, "close", false, "close the period: the next one begins here")
	c.Flags().DurationVar(&o.timeout, "timeout", 30*time.Second, "how long to wait for the answer")
	c.Flags().BoolVar(&o.json, "json", false, "print the answer as one JSON object")
	return c
}

func (o *totalsOptions) run(ctx context.Context, std streams, at config.Address) error {
	t, err := o.open(at, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.timeout)
	defer stop()
	sums, err := t.Totals(ctx, native.Totals{Since: o.since, Close: o.end})
	if err != nil {
		return &exitError{exitNothing, fmt.Errorf("totals not told: %w", err)}
	}
	if o.json {
		(&teller{out: std.out}).object(sums)
		return nil
	}
	return showTotals(std.out, sums)
}

func showTotals(out io.Writer, s native.Sums) error {
	state := "open"
	if s.Closed {
		state = "closed"
	}
	from := "the beginning"
	if !s.From.IsZero() {
		from = s.From.Local().Format(time.DateTime)
	}
	money := func(minor int64) string {
		return plain(payment.Amount{Minor: minor, Currency: payment.Currency(s.Currency)}.String())
	}
	if _, err := fmt.Fprintf(out, "period %d, %s, from %s to %s\n", s.Period, state, from, s.At.Local().Format(time.DateTime)); err != nil {
		return err
	}
	g := newGrid(out)
	g.row("", "COUNT", "AMOUNT")
	g.row("sales", fmt.Sprint(s.Sales.Count), money(s.Sales.Amount))
	g.row("refunds", fmt.Sprint(s.Refunds.Count), money(s.Refunds.Amount))
	g.row("reversals", fmt.Sprint(s.Reversals.Count), money(s.Reversals.Amount))
	g.row("net", "", money(s.Net))
	return g.flush()
}
