// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// closed is how a lane's last period ended: a note in the journal.
type closed struct {
	Period  int64     `json:"period"`
	Through uint64    `json:"through"` // number of the last record that it counted
	At      time.Time `json:"at"`
}

func closedNote(lane string) string { return "totals/" + lane + "/closed" }

// closeNote is what a close came to that has a name of its till's own.
func closeNote(lane, id string) string { return "totals/" + lane + "/close/" + id }

// totals answers a till. A close comes with its print.
func (d *daemon) totals(l config.Lane, q native.Totals, since time.Time) (native.Sums, error) {
	sums, err := d.addUp(l, q, since)
	if err == nil && sums.Closed {
		sums.Merchant = d.slipsOf(l.ID).ofClose(sums)
	}
	return sums, err
}

// addUp adds up a lane: its open period, or what was since an instant. A close makes that period the last
// closed one; what happens while it is added up belongs to the next. The same close again is what it was.
func (d *daemon) addUp(l config.Lane, q native.Totals, since time.Time) (native.Sums, error) {
	d.closing.Lock() // two closes at once would count the same sales twice
	defer d.closing.Unlock()
	if q.ID != "" {
		if kept, found, err := d.closedAs(l.ID, q.ID); err != nil || found {
			return kept, err
		}
	}
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
	sums := native.Sums{
		ID: q.ID, Period: last.Period + 1, From: from, At: time.Now().UTC(), Closed: q.Close, Currency: l.Currency,
		Sales:     native.Sum{Count: int64(sum.Sales), Amount: sum.SaleSum},
		Refunds:   native.Sum{Count: int64(sum.Refunds), Amount: sum.RefundSum},
		Reversals: native.Sum{Count: int64(sum.Backs), Amount: sum.BackSum},
		Net:       sum.SaleSum - sum.RefundSum - sum.BackSum,
	}
	if q.Close {
		err = d.endPeriod(l.ID, closed{sums.Period, sum.Through, sums.At}, sums)
	}
	return sums, err
}

// closedAs is the close that a till has named so before, and false if there is none.
func (d *daemon) closedAs(lane, id string) (sums native.Sums, found bool, err error) {
	note, found, err := d.journal.Note(closeNote(lane, id))
	if err != nil || !found {
		return native.Sums{}, false, err
	}
	if err := json.Unmarshal(note, &sums); err != nil {
		return native.Sums{}, false, fmt.Errorf("note of close %s of %s: %w", id, lane, err)
	}
	sums.Replay = true
	return sums, true, nil
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

// endPeriod closes a period and keeps what it came to under the close's name, both or neither: a till that did not
// hear the answer asks again, and must not close the next period.
func (d *daemon) endPeriod(lane string, c closed, sums native.Sums) error {
	note, err := json.Marshal(c)
	if err != nil {
		return err
	}
	notes := []store.Note{{Name: closedNote(lane), Value: note}}
	if sums.ID != "" {
		kept, err := json.Marshal(sums)
		if err != nil {
			return err
		}
		notes = append(notes, store.Note{Name: closeNote(lane, sums.ID), Value: kept})
	}
	return d.journal.SetNotes(notes...)
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
	id      string
	timeout time.Duration
	json    bool
}

func totalsCommand(std streams) *cobra.Command {
	var o totalsOptions
	c := &cobra.Command{
		Use:   "totals --to URL [--close [--id ID]]",
		Short: "Be a till: ask what the lane took since the last close",
		Long: `Be a till: ask what the lane took since the last close.

The same --id again is the same close: it tells what that came to, and closes nothing.

Exit codes: 0 told, 20 not known whether the period was closed, 1 refused by the bridge or not reached: nothing happened.`,
		Args: needs(cobra.NoArgs, "to"),
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := o.address()
			if err == nil {
				err = o.check()
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
	c.Flags().StringVar(&o.id, "id", "", "the close's own id; the same one never closes twice (default: a new one)")
	c.Flags().DurationVar(&o.timeout, "timeout", 30*time.Second, "how long to wait for the answer")
	c.Flags().BoolVar(&o.json, "json", false, "print the answer as one JSON object")
	return c
}

func (o *totalsOptions) check() error {
	switch {
	case o.since != "" && o.end:
		return errors.New("--close ends the open period, whenever it began: expected no --since")
	case o.id != "" && !o.end:
		return errors.New("--id names a close: expected --close")
	case o.since != "":
		if _, err := time.Parse(time.RFC3339, o.since); err != nil {
			return fmt.Errorf("--since %q: expected an instant such as 2026-11-20T09:00:00Z", o.since)
		}
		return nil
	case !o.end:
		return nil
	case o.id == "":
		o.id = "cli-" + strings.ToLower(rand.Text())[:16]
	}
	if err := payment.TillID(o.id).Check(); err != nil {
		return fmt.Errorf("--id: %w", err)
	}
	return nil
}

func (o *totalsOptions) run(ctx context.Context, std streams, at config.Address) error {
	t, err := o.open(at, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.timeout)
	defer stop()
	sums, err := t.Totals(ctx, native.Totals{ID: o.id, Since: o.since, Close: o.end})
	if err != nil {
		return o.untold(err)
	}
	if o.json {
		(&teller{out: std.out}).object(sums)
		return nil
	}
	return showTotals(std.out, sums)
}

// untold says whether the period may be closed although nobody heard what it came to. A bridge that could not answer
// may have closed it.
func (o *totalsOptions) untold(err error) error {
	refused, no := errors.AsType[*terminal.RefusedError](err)
	_, unsent := errors.AsType[*terminal.NotSentError](err)
	switch {
	case !o.end:
		return &exitError{exitNothing, fmt.Errorf("totals not told: %w", err)}
	case unsent, no && refused.Event.Code != native.CodeUnavailable:
		return &exitError{exitNothing, fmt.Errorf("close %s: totals not told: %w", o.id, err)}
	}
	return &exitError{exitUnknown, fmt.Errorf(
		"not known whether the period was closed; ask with: tillbridge totals --to '%s' --close --id '%s': %w", o.to, o.id, err,
	)}
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
