// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// causes is what was heard that may end a payment: a no needs a cause, and a state that Klarna decides needs
// Klarna's word.
type causes struct {
	cancelled bool // a till's cancel was ever heard
	tapped    bool // a customer's was
	refused   bool // a write was refused, or answered with other money
	said      map[payment.RequestStatus]bool
	// pending: a cancel was heard in this process and must win over any later finalize.
	pending bool
	ruled   bool // a person's give-back is durable
	limited bool // a cancel of an unseen id was refused
}

// hint notes inputs that may cause something.
func (o *oracle) hint(in engine.Input) {
	switch in := in.(type) {
	case engine.Answered:
		b := o.book(in.ID)
		switch a := in.Answer.(type) {
		case engine.Refused:
			b.causes.refused = true
		case engine.StepUp:
			b.causes.refused = b.causes.refused || a.Amount != b.disk.Order.Amount
		case engine.NotExecuted:
			b.causes.refused = true // a write that never got through ends as failed
		case engine.Approved, engine.Declined, engine.Unclear, engine.Stale, engine.Done:
		}
	case engine.RequestRead:
		o.heardStatus(in.ID, in.Request, in.Reading.Status)
	case engine.RequestCancelled:
		o.heardStatus(in.ID, in.Request, in.Closing.Status)
	case engine.CustomerAsked:
		if in.Cancel {
			o.book(in.ID).causes.tapped = true
		}
	case engine.LinkOpened, engine.LinkClosed, engine.Heard, engine.TransactionRead, engine.Nudged, engine.ScreenSeen,
		engine.Decided, engine.ForgetCustomer, engine.Room, engine.Retimed, engine.Tick:
	}
}

func (o *oracle) heardStatus(id payment.ID, r payment.RequestID, s payment.RequestStatus) {
	b := o.book(id)
	if b.causes.said == nil {
		b.causes.said = map[payment.RequestStatus]bool{}
	}
	if r == b.disk.Request.ID {
		b.causes.said[s] = true
	}
}

// cancelHeard: from now on this payment must not be finalized, and an id never seen must leave a tombstone.
func (o *oracle) cancelHeard(b *book) {
	b.causes.cancelled = true
	if b.known {
		b.causes.pending = true
	} else {
		o.buried = append(o.buried, b)
	}
}

// caused checks that a no has a cause, when it is told for the first time.
func (o *oracle) caused(b *book, out payment.Outcome) {
	w, p := o.w, b.disk
	overdue := o.up() >= b.deadline-time.Second
	var ok bool
	switch p.Reason {
	case payment.ReasonCancelledByTill, payment.ReasonTombstone:
		ok = b.causes.cancelled
	case payment.ReasonCancelledByGuest:
		ok = b.causes.tapped
	case payment.ReasonCancelledByKlarna:
		ok = o.requestIs(b, sandbox.StateCanceled)
	case payment.ReasonExpired:
		ok = overdue || b.wasDue || p.Round > 1 || b.causes.said[payment.RequestGone] || o.requestIs(b, sandbox.StateExpired)
	case payment.ReasonDeclined:
		ok = b.klarnaNo || p.Round > 2 || o.requestIs(b, sandbox.StateDeclined)
	case payment.ReasonRefused, payment.ReasonUnavailable:
		ok = b.causes.refused
	case payment.ReasonTillGone:
		ok = true // the gate's own check knows when a till is there
	case payment.ReasonKeyTooOld, payment.ReasonNoProof, payment.ReasonMismatch, payment.ReasonGiveBackRefused,
		payment.ReasonCaptureRefused, payment.ReasonUndelivered, payment.ReasonRestRefused:
		ok = b.staffNone
	case payment.ReasonGivenBack:
		ok = b.back || b.staffNone
	case payment.ReasonApproved, payment.ReasonNoAnswer, payment.ReasonBusy, payment.ReasonConflict,
		payment.ReasonNotFound, payment.ReasonBadRequest, payment.ReasonNoDisplay,
		payment.ReasonRefunded, payment.ReasonRefundRunning, payment.ReasonRefundTooMuch, payment.ReasonRefundTooLate,
		payment.ReasonRefundNotCaptured, payment.ReasonRefundRefused, payment.ReasonRefundNotSent, payment.ReasonRefundMoot,
		payment.ReasonRefundUnknown, payment.ReasonUnknownSale, payment.ReasonNotRefundable, payment.ReasonGivingBack:
	}
	if !ok && !b.staffNone {
		w.fail("I7", "%s is told %s (%s) without a cause", b.id, out, p.Reason)
	}
}

func (o *oracle) requestIs(b *book, s sandbox.State) bool {
	r, ok := o.w.net.klarna.PaymentRequest(string(b.disk.Request.ID))
	return !ok || r.State == s
}

// followed checks that an event which only Klarna can cause was caused by Klarna.
func (o *oracle) followed(b *book, e payment.Event) {
	w := o.w
	switch e := e.(type) {
	case payment.RequestSeen:
		if e.Status != payment.RequestLapsed && !b.causes.said[e.Status] {
			w.fail("I22", "%s is %s at Klarna, which Klarna never said", b.id, e.Status)
		}
	case payment.StepUpRequired:
		b.causes.said = nil
	case payment.KeyExpired:
		for _, i := range b.disk.Intents() {
			age := e.At.Sub(i.At)
			if i.Key == e.Key && w.count[WallJump]+w.count[WallReset]+w.count[WallStops] == 0 && age < keyLife-time.Minute {
				w.fail("I7", "%s: a key of %v is given up as too old", b.id, age)
			}
		}
	case payment.Resolved:
		if e.Refund == "" {
			b.causes.ruled = e.As == payment.DecideGiveBack
		}
	case payment.CancelAsked:
		b.wasDue = b.wasDue || o.up() >= b.deadline
	case payment.Asked, payment.Intended, payment.Unclear, payment.ApprovedByKlarna, payment.DeclinedByKlarna,
		payment.RefusedByKlarna, payment.CancelRefused, payment.Told, payment.Offered, payment.Confirmed,
		payment.Captured, payment.GivenBack, payment.TransactionSeen, payment.MoreTime, payment.ReversalAsked,
		payment.RefundAsked, payment.RefundDone:
	}
}

// overdueAtMost is how late a deadline may be acted upon: every way in which a timer, a batch or a frozen process can
// be late here.
const overdueAtMost = 4 * time.Minute

// thawed is when the process last came back from being frozen.
func (o *oracle) thawed() time.Duration { return o.w.proc.frozen - o.w.proc.born }

// punctual checks that a deadline is kept: what can be stopped is stopped, what cannot is said to be unknown.
func (o *oracle) punctual(b *book) {
	if o.up()-max(b.deadline, o.thawed()) < overdueAtMost {
		return
	}
	p := b.disk
	switch p.State {
	case payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned, payment.StateAccepted:
		o.w.fail("I15", "%s is still %s, %v after its deadline", b.id, p.State, o.up()-b.deadline)
	case payment.StateFinalizing:
		if p.Result == "" {
			o.w.fail("I15", "%s hears nothing, %v after its deadline", b.id, o.up()-b.deadline)
		}
	case payment.StateNone, payment.StateCancelling, payment.StateApproved, payment.StateCapturing, payment.StateCaptured,
		payment.StateReversing, payment.StateDeclined, payment.StateCancelled, payment.StateExpired,
		payment.StateFailed, payment.StateReversed, payment.StateAttention:
	}
}

// holds reports whether p keeps its lane busy, by the design's own words.
func holds(p payment.Payment) bool {
	return p.State >= payment.StateReceived && p.State <= payment.StateFinalizing && p.Result == ""
}

// tombstones checks that every cancel of an id never seen has left something durable.
func (o *oracle) tombstones() {
	for _, b := range o.buried {
		if !b.known && !b.causes.limited {
			o.w.fail("I12", "%s was cancelled before it began and left no tombstone", b.id)
		}
		b.causes.limited = false
	}
	o.buried = nil
}
