// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"slices"
	"time"
)

// RefundStatus is how far a refund is.
type RefundStatus string

// The states of a refund. Requested moves to each of the others; attention, which is for a person, to
// done or refused, by a recorded decision or late proof from Klarna.
const (
	RefundRequested RefundStatus = "requested"
	RefundIsDone    RefundStatus = "done"
	RefundRefused   RefundStatus = "refused"
	RefundAttention RefundStatus = "attention"
)

// MaxRefunds is how many refunds one sale may have, refused ones included (Klarna, Refund: 200 of one
// transaction).
const MaxRefunds = 200

// Refund is money of a sale that its till gives back. It is part of the sale's own payment, so that one
// order of events decides about both.
type Refund struct {
	ID        TillID       `json:"id"` // the till's own name of it
	Amount    Amount       `json:"amount"`
	Reference string       `json:"reference"`      // under which Klarna and settlement know it
	Note      string       `json:"note,omitempty"` // why, in the words of the till
	At        time.Time    `json:"at"`
	Status    RefundStatus `json:"status"`
	// Whole means: nothing was captured, so the sale itself is given back, and its end is the refund's.
	Whole    bool      `json:"whole,omitempty"`
	Intent   Intent    `json:"intent,omitzero"`
	Reason   Reason    `json:"reason,omitempty"`
	Code     string    `json:"code,omitempty"`        // Klarna's error_code of a refusal
	Trace    string    `json:"correlation,omitempty"` // Klarna-Correlation-Id of a refusal
	KlarnaID string    `json:"refund_id,omitempty"`   // Klarna's name of it, where it gave one
	DoneAt   time.Time `json:"done_at,omitzero"`      // when it was done, refused or put before a person
}

// Open reports whether something is left to do about r, by us or by a person.
func (r Refund) Open() bool { return r.Status == RefundRequested || r.Status == RefundAttention }

// counts reports whether r has taken its amount from the sale, or may have.
func (r Refund) counts() bool { return r.Status != RefundRefused }

// Refund finds a refund by its name.
func (p Payment) Refund(id TillID) (Refund, bool) {
	i := slices.IndexFunc(p.Refunds, func(r Refund) bool { return r.ID == id })
	if i < 0 {
		return Refund{}, false
	}
	return p.Refunds[i], true
}

// Left is what can still be refunded: refunds that are under way or in doubt count as given.
func (p Payment) Left() Amount {
	left := p.Charged()
	for _, r := range p.Refunds {
		if r.counts() {
			left.Minor -= r.Amount.Minor
		}
	}
	return left
}

// Refunded is what was given back by refunds, in minor units, without a sale that was given back whole.
func (p Payment) Refunded() int64 { return p.sum(RefundIsDone) }

func (p Payment) sum(s RefundStatus) int64 {
	sum := int64(0)
	for _, r := range p.Refunds {
		if r.Status == s && !r.Whole {
			sum += r.Amount.Minor
		}
	}
	return sum
}

// GivenBack reports whether an approval that was told has been given back, whole or piece by piece.
func (p Payment) GivenBack() bool {
	if p.State == StateCaptured {
		return len(p.Refunds) > 0 && p.Refunded() >= p.Charged().Minor
	}
	return p.State == StateReversed && p.Offered
}

// GivenBackInParts reports whether it was refunds that gave all of it back.
func (p Payment) GivenBackInParts() bool { return p.State == StateCaptured && p.GivenBack() }

// Refunding reports whether a refund of p is not over.
func (p Payment) Refunding() bool { return slices.ContainsFunc(p.Refunds, Refund.Open) }

// Final reports whether nothing is left to do with p: its state is final, and so are its refunds.
func (p Payment) Final() bool { return p.State.Final() && !p.Refunding() }

// Intents lists every write that was ever decided for p and not replaced.
func (p Payment) Intents() []Intent {
	all := []Intent{p.Authorize, p.Finalize, p.Capture, p.GiveBack, p.Release}
	for _, r := range p.Refunds {
		all = append(all, r.Intent)
	}
	return slices.DeleteFunc(all, func(i Intent) bool { return !i.Planned() })
}

// NextRefund is the refund whose turn it is: one at a time, so that what Klarna says was given back can
// be held against what was asked.
func (p Payment) NextRefund() (Refund, bool) {
	if p.State != StateCaptured {
		return Refund{}, false
	}
	i := slices.IndexFunc(p.Refunds, func(r Refund) bool { return r.Status == RefundRequested })
	if i < 0 {
		return Refund{}, false
	}
	return p.Refunds[i], true
}

// pendingRefunds asks for the refund whose turn it is, and for late proof about those in doubt.
func pendingRefunds(p Payment) []Action {
	var actions []Action
	r, waits := p.NextRefund()
	read := slices.ContainsFunc(p.Refunds, func(r Refund) bool { return r.Status == RefundAttention })
	switch {
	case !waits:
	case r.Intent.Refused:
		read = true
	case r.Intent.Open():
		actions = append(actions, Send{r.Intent})
	default:
		actions = append(actions, Intend{Write: WriteRefund, Attempt: r.Intent.Attempt + 1, Refund: r.ID})
	}
	if read {
		actions = append(actions, ReadTransaction{p.Transaction.ID})
	}
	return actions
}

// CanRefund says why a refund of p cannot be taken, or nothing if it can. A sale that its till has not
// heard of cannot be named by it; one that is being given back has nothing left.
func (p Payment) CanRefund(a Amount) Reason {
	sold := p.State == StateApproved && p.Offered || p.State == StateCapturing && p.Wanted == "" || p.State == StateCaptured
	switch {
	case !sold, len(p.Refunds) >= MaxRefunds:
		return ReasonNotRefundable
	case a.Minor < 1 || a.Currency != p.Order.Amount.Currency:
		return ReasonBadRequest
	case a.Minor > p.Left().Minor:
		return ReasonRefundTooMuch
	}
	return ""
}
