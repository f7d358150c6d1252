// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

func yes(part int64) payment.Confirm {
	c := payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true}
	if part > 0 {
		c.Issued = euro(part)
	}
	return c
}

// A till's yes is recorded only if it is about what is charged.
func TestAYesToAnotherAmountIsAConflict(t *testing.T) {
	tests := map[string]struct {
		before func(*desk)
		yes    payment.Confirm
		want   string
	}{
		"a part after staff took all of it":   {func(d *desk) { d.input(engine.Decided{ID: p1, As: payment.DecideDelivered, Reason: "gone", Ticket: 1}) }, yes(1000), "refusal conflict"},
		"all after staff took all of it":      {func(d *desk) { d.input(engine.Decided{ID: p1, As: payment.DecideDelivered, Reason: "gone", Ticket: 1}) }, yes(0), "recorded approved"},
		"all of it, said as a sum":            {func(d *desk) { d.input(engine.Decided{ID: p1, As: payment.DecideDelivered, Reason: "gone", Ticket: 1}) }, yes(amount), "recorded approved"},
		"another part":                        {func(d *desk) { d.say(1, yes(1000)) }, yes(700), "refusal conflict"},
		"the same part again":                 {func(d *desk) { d.say(1, yes(1000)) }, yes(1000), "recorded approved"},
		"all after a part":                    {func(d *desk) { d.say(1, yes(1000)) }, yes(0), "refusal conflict"},
		"a part of a sale that was refunded":  {func(d *desk) { d.refund("R1", 200) }, yes(1000), "refusal conflict"},
		"the first yes, and it is for a part": {func(*desk) {}, yes(1000), "recorded approved"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.toOffered()
			tt.before(d)
			d.say(1, tt.yes)
			d.wantSaid(tt.want)
		})
	}
}

// Klarna calls a transaction closed that is too old to be refunded: that is no reversal.
func TestAReversalThatCameTooLateIsNotToldAsDone(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.say(1, payment.GiveBack{ID: p1.Till})
	d.answer(d.lastSend(), engine.Refused{Code: "FORBIDDEN"})
	d.input(engine.TransactionRead{ID: p1, Holding: engine.Holding{
		Status: payment.TransactionClosed, Captured: amount, Counted: true,
	}})
	d.wantState(payment.StateAttention)
}

// While an earlier try of a refused call may still be executed, the transaction says nothing about it.
func TestARefusedReleaseIsReadOnceItsFirstTryHasEnded(t *testing.T) {
	set := settings()
	set.CaptureNow = true
	d := newDeskWith(t, set)
	call := d.toFinalizing()
	a := d.approved()
	a.Transaction.Captured = true
	d.answer(call, a)
	d.say(1, yes(1000))
	d.answer(d.lastSend(), engine.Unclear{})
	d.after(2 * time.Second)
	d.answer(d.lastSend(), engine.Refused{Code: "FORBIDDEN"})
	reads := func() (n int) {
		for _, c := range d.calls {
			if _, ok := c.(engine.ReadTransaction); ok {
				n++
			}
		}
		return n
	}
	if reads() != 0 {
		t.Error("it was read while its first try could still be executed")
	}
	d.after(2 * time.Minute)
	if reads() != 1 {
		t.Errorf("read %d times after that, want once", reads())
	}
}

// A token that is forgotten is not charged by what came in the same moment.
func TestAForgottenTokenIsNotCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		given := stored(payment.ScopePresent)
		d.customers[given.Handle] = given
		e, stop := running(t, d, &kind{})
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		o := order()
		o.CustomerToken = given.Handle
		e.Ask(id, payment.Forget{Handle: given.Handle})
		e.Ask(id, payment.Pay{ID: p1.Till, Order: o})
		synctest.Wait()
		if got := l.last(); got != "refusal bad_request" {
			t.Errorf("the till heard %q, want a refusal", got)
		}
		_ = stop()
	})
}
