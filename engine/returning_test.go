// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

func (d *desk) staff(as payment.Decision) {
	d.t.Helper()
	d.input(engine.Decided{ID: p1, As: as, Reason: "the customer left", Ticket: 1})
}

// toStuck brings a give-back to where Klarna will not do it, and the transaction shows that it was not done.
func (d *desk) toStuck() {
	d.t.Helper()
	d.toOffered()
	d.staff(payment.DecideGiveBack)
	d.answer(d.lastSend(), engine.Refused{Code: "FORBIDDEN"})
	d.holding(payment.TransactionAuthorized, 0)
	d.wantState(payment.StateAttention)
}

// A till is told that its confirmation is recorded only where that is the last word about the sale: a yes to a sale that
// somebody is taking back would be read as paid.
func TestAYesToASaleThatGoesBackIsNotRecorded(t *testing.T) {
	again := payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true}
	no := payment.Confirm{ID: p1.Till, Outcome: payment.Approved}
	tests := map[string]struct {
		before func(*desk)
		said   payment.Confirm
		want   string
	}{
		"yes while staff give it back":         {func(d *desk) { d.toOffered(); d.staff(payment.DecideGiveBack) }, again, "refusal giving_back"},
		"a part while staff give it back":      {func(d *desk) { d.toOffered(); d.staff(payment.DecideGiveBack) }, yes(1000), "refusal giving_back"},
		"no while staff give it back":          {func(d *desk) { d.toOffered(); d.staff(payment.DecideGiveBack) }, no, "recorded approved"},
		"yes after its own no":                 {func(d *desk) { d.toOffered(); d.say(1, no) }, again, "refusal giving_back"},
		"its no again":                         {func(d *desk) { d.toOffered(); d.say(1, no); d.say(1, no); d.say(1, no) }, no, "recorded approved"},
		"its yes again while it is refunded":   {func(d *desk) { d.toCaptured(); d.say(1, payment.GiveBack{ID: p1.Till}) }, again, "refusal giving_back"},
		"its yes again before the capture":     {func(d *desk) { d.toOffered(); d.say(1, again); d.say(1, payment.GiveBack{ID: p1.Till}) }, again, "refusal giving_back"},
		"yes to a give-back that was refused":  {(*desk).toStuck, again, "refusal giving_back"},
		"no to a give-back that was refused":   {(*desk).toStuck, no, "refusal giving_back"},
		"delivered after all, then its yes":    {func(d *desk) { d.toStuck(); d.staff(payment.DecideDelivered) }, again, "recorded approved"},
		"yes to a sale that was given back":    {func(d *desk) { d.toOffered(); d.staff(payment.DecideGiveBack); d.answer(d.lastSend(), engine.Done{}) }, again, "refusal given_back"},
		"reversed, once that was told":         {func(d *desk) { d.toOffered(); d.staff(payment.DecideGiveBack); d.answer(d.lastSend(), engine.Done{}) }, payment.Confirm{ID: p1.Till, Outcome: payment.Reversed, OK: true}, "recorded reversed"},
		"its yes again while it is captured":   {func(d *desk) { d.toOffered(); d.say(1, again) }, again, "recorded approved"},
		"its yes again once it is captured":    {(*desk).toCaptured, again, "recorded approved"},
		"yes while another word was told last": {func(d *desk) { d.toFinalizing(); d.after(6 * time.Minute) }, again, "refusal conflict"},
		"unknown, which is what was told":      {func(d *desk) { d.toFinalizing(); d.after(6 * time.Minute) }, payment.Confirm{ID: p1.Till, Outcome: payment.Unknown, OK: true}, "recorded unknown"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			tt.before(d)
			before := d.disk[p1]
			d.say(1, tt.said)
			d.wantSaid(tt.want)
			if after := d.disk[p1]; before.Returning() && (after.Version != before.Version || after.Acknowledged != before.Acknowledged) {
				t.Errorf("it changed what is on disk: acknowledged %q, was %q", after.Acknowledged, before.Acknowledged)
			}
		})
	}
}

// What a till hears of such a sale when it asks is the word that it heard before, and that it goes back.
func TestASaleThatGoesBackSaysSo(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.staff(payment.DecideGiveBack)
	commit, actions := d.core.Handle(d.now, engine.Heard{Link: 1, Ask: payment.Status{ID: p1.Till}})
	d.take(commit, actions)
	if len(actions) != 1 {
		t.Fatalf("a status leads to %#v, want one word", actions)
	}
	told, _ := actions[0].(engine.Tell)
	if r, ok := told.Word.(payment.Result); !ok || !r.Returning || r.GivenBack || r.Outcome != payment.Approved {
		t.Errorf("the till hears %+v, want approved and on its way back", told.Word)
	}
	d.answer(engine.Call{Payment: d.disk[p1], Intent: d.disk[p1].GiveBack}, engine.Done{})
	d.wantSaid("update reversed")
}

// A result that comes later says what it is about, so that its till can print it.
func TestAnUpdateSaysWhatItIsAbout(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.after(6 * time.Minute)
	d.wantSaid("result unknown")
	_, actions := d.core.Handle(d.now, engine.Answered{ID: p1, Key: call.Intent.Key, Answer: d.approved()})
	var late []payment.Update
	for _, a := range actions {
		if told, ok := a.(engine.Tell); ok {
			if u, ok := told.Word.(payment.Update); ok {
				late = append(late, u)
			}
		}
	}
	if len(late) == 0 || late[0].Outcome != payment.Approved || late[0].Amount != euro(amount) || late[0].Reference != payment.ShortCode(d.disk[p1].Reference) {
		t.Errorf("the till hears %+v, want what was approved", late)
	}
}

// Of a sale that was issued in part, only that part can be given back.
func TestAnUpdateAboutAPartNamesThePart(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.say(1, yes(1000))
	d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
	d.answer(d.lastSend(), engine.Done{}) // the rest is released
	d.wantState(payment.StateCaptured)
	d.say(1, payment.GiveBack{ID: p1.Till})
	call := d.lastSend()
	_, actions := d.core.Handle(d.now, engine.Answered{ID: p1, Key: call.Intent.Key, Answer: engine.Done{}})
	for _, a := range actions {
		if told, ok := a.(engine.Tell); ok {
			if u, ok := told.Word.(payment.Update); ok && u.Outcome == payment.Reversed && u.Amount == euro(1000) {
				return
			}
		}
	}
	t.Errorf("the till hears %+v, want 10.00 EUR given back", actions)
}

// An approval that came after a doubt says so too: while it goes back, and once a refund has given all of it back.
func TestAnUpdateThatGoesBackSaysSo(t *testing.T) {
	asked := func(d *desk) payment.Update {
		d.t.Helper()
		commit, actions := d.core.Handle(d.now, engine.Heard{Link: 1, Ask: payment.Status{ID: p1.Till}})
		d.take(commit, actions)
		for _, a := range actions {
			if told, ok := a.(engine.Tell); ok {
				if u, ok := told.Word.(payment.Update); ok {
					return u
				}
			}
		}
		d.t.Fatalf("a status leads to %#v, want an update", actions)
		return payment.Update{}
	}
	late := func(d *desk) {
		call := d.toFinalizing()
		d.after(6 * time.Minute)
		d.answer(call, d.approved())
	}
	tests := map[string]struct {
		before               func(*desk)
		returning, givenBack bool
	}{
		"it stands":             {late, false, false},
		"staff give it back":    {func(d *desk) { late(d); d.staff(payment.DecideGiveBack) }, true, false},
		"it was refunded whole": {func(d *desk) { late(d); d.refundedWhole() }, false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			tt.before(d)
			if u := asked(d); u.Outcome != payment.Approved || u.Returning != tt.returning || u.GivenBack != tt.givenBack {
				t.Errorf("the till hears %+v, want approved, returning %t, given back %t", u, tt.returning, tt.givenBack)
			}
		})
	}
}

func (d *desk) refundedWhole() {
	d.t.Helper()
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
	d.refund("r1", 0)
	d.answer(d.lastSend(), engine.Done{})
}
