// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import "slices"

// brought notes what came with Klarna's answer besides its word. A token belongs to a charge that
// stands, or that a person must look at; one of a charge that is given back at once is not kept.
func (p Payment) brought(e Event) Payment {
	if a, ok := e.(ApprovedByKlarna); ok {
		if p.State == StateApproved || p.State == StateAttention {
			p.CustomerToken = a.CustomerToken
		}
		if a.Reply {
			p.Reply = a.Key
		}
	}
	if d, ok := e.(DeclinedByKlarna); ok && d.Reply {
		p.Reply = d.Key
	}
	return p
}

// named keeps Klarna's name of the capture, which a refund goes by, from whatever tells it first. While a write that
// may go by it can be repeated it stays as it is, known or not: a repeat must be the same call.
func (p Payment) named(e Event) Payment {
	id := ""
	switch e := e.(type) {
	case ApprovedByKlarna:
		id = e.CaptureID
	case Captured:
		id = e.CaptureID
	case TransactionSeen:
		if p.Transaction.Captured { // until then it may be of one of several, made in Klarna's portal
			id = e.CaptureID
		}
	case Asked, Intended, Unclear, StepUpRequired, DeclinedByKlarna, RefusedByKlarna, KeyExpired, RequestSeen, CancelRefused,
		CancelAsked, Told, Offered, Confirmed, GivenBack, Resolved, ReversalAsked, RefundAsked, RefundDone, MoreTime:
	}
	if p.CaptureID == "" && !p.goesByCapture() {
		p.CaptureID = id
	}
	return p
}

// goesByCapture reports whether a write that may name the capture is decided and may be sent again.
func (p Payment) goesByCapture() bool {
	refund, _ := p.NextRefund()
	return slices.ContainsFunc([]Intent{p.Release, p.GiveBack, refund.Intent}, func(i Intent) bool { return i.Open() && !i.Refused })
}

// Owed is the intent whose reply the till must still be able to hear, or "". Confirming unknown is not
// confirming the word that came with the reply.
func (p Payment) Owed() Key {
	confirmed := p.Acknowledged != "" && p.Acknowledged != Unknown
	undone := p.State == StateReversed && !p.Offered || p.State == StateCancelled || p.State == StateExpired || p.State == StateFailed
	if confirmed || undone {
		return ""
	}
	return p.Reply
}

// HandsOver is what the till passes on to its customer; empty where a code on a screen does it.
func (p Payment) HandsOver() HandOver {
	if p.Order.Interaction != InteractionHandOver {
		return HandOver{}
	}
	return HandOver{Request: p.Request.ID, URL: p.Request.URL, Data: p.Request.Data}
}

// ShowsCode reports whether customers may see the request of such an order as a code.
func (o Order) ShowsCode() bool {
	return !o.Absent && (o.Interaction == InteractionCode || o.ShowCode)
}
