// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

type statusOptions struct {
	tillOptions

	id      string
	timeout time.Duration
	json    bool
}

func statusCommand(std streams) *cobra.Command {
	var o statusOptions
	c := &cobra.Command{
		Use:   "status --to URL [--id ID]",
		Short: "Be a till: ask how a payment stands, without --id the last one",
		Long: `Be a till: ask how a payment stands. Nothing changes by it.

Exit codes are those of pay; 1 means that nothing was or will be charged under the id, 20 that it runs or
that nobody could be asked.`,
		Args: needs(cobra.NoArgs, "to"),
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := o.address()
			if err == nil && o.id != "" {
				err = payment.TillID(o.id).Check()
			}
			if err != nil {
				return misused(c, err)
			}
			return o.run(c.Context(), std, at)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.id, "id", "", "the payment's id (default: the lane's last payment; over http the running one)")
	c.Flags().DurationVar(&o.timeout, "timeout", 15*time.Second, "how long to wait for the answer")
	c.Flags().BoolVar(&o.json, "json", false, "print the answer as one JSON object")
	return c
}

func (o *statusOptions) run(ctx context.Context, std streams, at config.Address) error {
	t, err := o.open(at, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, o.timeout)
	defer stop()
	e, err := o.ask(ctx, t)
	if r, ok := asRefused(err); ok && o.json {
		(&teller{out: std.out}).object(r.Event)
	}
	if err != nil {
		return o.unanswered(err)
	}
	say := &teller{out: std.out}
	if o.json {
		say.object(e)
	} else {
		say.news(standing(e))
	}
	if code := exitCode(lastWord(e)); code != 0 {
		return &exitError{code: code}
	}
	return nil
}

// errNoLast: HTTP has no question for the last payment, only for the running one.
var errNoLast = errors.New("no payment is running; over http an earlier one is asked for by its --id")

// ask asks for the payment. Over HTTP the last one is the running one, if there is one.
func (o *statusOptions) ask(ctx context.Context, t till) (native.Event, error) {
	e, err := t.Status(ctx, native.Status{ID: o.id, Last: o.id == ""})
	lane, isLane := e.(native.Welcome)
	if err != nil || !isLane {
		return e, err
	}
	if lane.Open == nil {
		return nil, errNoLast
	}
	return t.Status(ctx, native.Status{ID: *lane.Open})
}

// unanswered: only a bridge that says so proves that there is no such payment. One that is away, or whose
// journal is damaged, proves nothing.
func (o *statusOptions) unanswered(err error) error {
	r, refused := asRefused(err)
	switch {
	case refused && r.Event.Code == native.CodeNotFound && o.id != "":
		return &exitError{exitNothing, fmt.Errorf("payment %s is not known here: nothing was and will be charged under it", o.id)}
	case refused && r.Event.Code == native.CodeNotFound:
		return &exitError{exitNothing, errors.New("this lane has had no payment")}
	}
	return &exitError{exitUnknown, fmt.Errorf("not known: %w", err)}
}

func asRefused(err error) (*terminal.RefusedError, bool) {
	return errors.AsType[*terminal.RefusedError](err)
}

// lastWord is unknown while a payment runs.
func lastWord(e native.Event) payment.Outcome { return cmp.Or(terminal.OutcomeOf(e), payment.Unknown) }

// standing is the answer for people.
func standing(e native.Event) string {
	id, phase := "", ""
	switch e := e.(type) {
	case native.Result:
		id = e.ID
	case native.Update:
		id = e.ID
	case native.State:
		id = e.ID
		if e.Outcome == "" {
			phase = cmp.Or(e.Text, e.Phase)
		}
	case native.Progress:
		id, phase = e.ID, cmp.Or(e.Text, e.Phase)
	case native.Cancelling:
		id, phase = e.ID, string(payment.PhaseCancelling)
	case native.Accepted:
		id, phase = e.ID, string(payment.PhaseCreating)
	case native.Welcome, native.Pong, native.Display, native.Ask, native.Confirmed, native.Error, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
	if phase != "" {
		return plain("payment " + id + ": running: " + phase)
	}
	return plain("payment "+id) + ": " + wordOf(lastWord(e), e)
}
