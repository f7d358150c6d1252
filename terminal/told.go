// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// OutcomeOf is what a result, an update or a state comes to for who acts on it; empty for any other event, and while the
// payment runs. An approval that was given back is reversed, and one that somebody gives back is unknown until it is clear.
func OutcomeOf(e native.Event) payment.Outcome { return toldBy(e).outcome }

// told is what an event says of a payment's end.
type told struct {
	id      string
	word    string // as it was said, which is what a till confirms
	outcome payment.Outcome
}

func toldBy(e native.Event) told {
	switch e := e.(type) {
	case native.Result:
		return toldAs(e.ID, e.Outcome, e.Code, e.GivenBack)
	case native.Update:
		return toldAs(e.ID, e.Outcome, e.Code, e.GivenBack)
	case native.State:
		return toldAs(e.ID, e.Outcome, e.Code, e.GivenBack)
	case native.Welcome, native.Pong, native.Error, native.Accepted, native.Display, native.Progress, native.Ask,
		native.Cancelling, native.Confirmed, native.Notice, native.Alive, native.Forgotten, native.Refunded, native.Sums:
	}
	return told{}
}

func toldAs(id, word, code string, givenBack bool) told {
	t := told{id, word, payment.Outcome(word)}
	approved := t.outcome == payment.Approved
	switch {
	case givenBack, approved && code == string(native.CodeGivenBack):
		t.outcome = payment.Reversed
	case approved && code == string(native.CodeGivingBack):
		t.outcome = payment.Unknown
	}
	return t
}

// returning reports whether an approval was said that goes back: a yes to it would come too late.
func (t told) returning() bool {
	return t.word == string(payment.Approved) && t.outcome == payment.Unknown
}

// yesTo is what acknowledges an approval that stands; false for any other event.
func yesTo(e native.Event) (payment.Confirm, bool) {
	t := toldBy(e)
	return payment.Confirm{ID: payment.TillID(t.id), Outcome: payment.Approved, OK: true}, t.outcome == payment.Approved
}
