// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"time"

	"tillbridge/payment"
)

// Moment is one record of the journal: what happened to a payment and what it became.
type Moment struct {
	Seq   uint64 // its number in the journal
	At    time.Time
	Event payment.Event
	After payment.Payment
}

// Life is every record of one payment, oldest first.
type Life []Moment

// Refund is a part of a sale that Klarna has given back.
type Refund struct {
	ID    payment.TillID // the till's name of it
	Minor int64          // minor units of the sale's currency
}

// refundsOf are the parts of p that were given back. One of the whole is the end of its sale.
func refundsOf(p payment.Payment) []Refund {
	var done []Refund
	for _, r := range p.Refunds {
		if r.Status == payment.RefundIsDone && !r.Whole {
			done = append(done, Refund{r.ID, r.Amount.Minor})
		}
	}
	return done
}

// Span is a part of the journal: the records after one number, up to another one.
type Span struct{ After, Through uint64 }

func (s Span) has(seq uint64) bool { return seq > s.After && seq <= s.Through }

// Money is what one payment was worth to the shop in a span, in minor units.
type Money struct {
	Sold     int64
	Refunds  []Refund
	Reversed int64
	Sales    int // 1 if it was sold in the span
	Backs    int // 1 if the whole sale was taken back in the span
}

// Net is what is left.
func (m Money) Net() int64 { return m.Sold - m.refunded() - m.Reversed }

func (m Money) refunded() int64 {
	sum := int64(0)
	for _, r := range m.Refunds {
		sum += r.Minor
	}
	return sum
}

func (m Money) moved() bool { return m.Sales > 0 || m.Backs > 0 || len(m.Refunds) > 0 }

// Within adds up what happened to the payment in a span. A sale counts when its till, or a person for it, took
// it: an approval that nobody took is not sold, and giving it back takes nothing back.
func (l Life) Within(s Span) Money {
	var m Money
	var before payment.Payment
	sold := false
	for _, now := range l {
		if now.Seq > s.Through {
			break
		}
		if !sold && takes(before, now.After) {
			sold = true
			if s.has(now.Seq) {
				m.Sales, m.Sold = 1, now.After.Charged().Minor
			}
		}
		if s.has(now.Seq) {
			m.Refunds = append(m.Refunds, newRefunds(refundsOf(before), refundsOf(now.After))...)
		}
		if sold && now.After.State == payment.StateReversed && before.State != payment.StateReversed && s.has(now.Seq) {
			m.Backs, m.Reversed = 1, now.After.Charged().Minor
		}
		before = now.After
	}
	return m
}

// takes reports whether a step is the one with which a till, or a person for it, took an approval. One that
// confirms what is being given back already takes nothing.
func takes(before, after payment.Payment) bool {
	if after.Acknowledged != payment.Approved {
		return false
	}
	switch after.State {
	case payment.StateCapturing, payment.StateCaptured:
		return true
	case payment.StateReversing:
		return before.State == payment.StateApproved // named by its till, to take it back
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned,
		payment.StateAccepted, payment.StateFinalizing, payment.StateCancelling, payment.StateApproved, payment.StateDeclined,
		payment.StateCancelled, payment.StateExpired, payment.StateFailed, payment.StateReversed, payment.StateAttention:
	}
	return false
}

func newRefunds(before, after []Refund) []Refund {
	var fresh []Refund
	for _, r := range after {
		if !slices.Contains(before, r) {
			fresh = append(fresh, r)
		}
	}
	return fresh
}

// last is what the payment is now; the zero Payment for an empty life.
func (l Life) last() payment.Payment {
	if len(l) == 0 {
		return payment.Payment{}
	}
	return l[len(l)-1].After
}
