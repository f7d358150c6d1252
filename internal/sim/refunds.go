// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"time"

	"tillbridge/payment"
)

// back is one refund as the till sees it.
type back struct {
	ask    payment.RefundPart
	word   payment.RefundOutcome // heard last
	closed bool                  // refused, or given up
	asks   int
}

// over: nothing more is expected. Unknown waits for a person, which the till does not.
func (r *back) over() bool {
	switch r.word {
	case payment.RefundWordDone, payment.RefundWordRefused, payment.RefundWordUnknown:
		return true
	case payment.RefundWordRunning:
	}
	return r.closed
}

func (t *till) goods(id payment.TillID) *back {
	for _, r := range t.backs {
		if r.ask.ID == id {
			return r
		}
	}
	return nil
}

// bringsBack plans what a customer brings back, and what the cashier makes of it.
func (t *till) bringsBack(c *ticket) {
	w := t.w
	total := c.order.Amount.Minor
	if w.strikes(RefundsPart) {
		n := int64(1)
		if w.strikes(RefundsMany) {
			n += 1 + w.rng.Int64N(3)
		}
		same := 1 + w.rng.Int64N(max(1, total/n)) // two of one thing
		for range n {
			if w.flip() {
				t.bring(c, c.id, same)
			} else {
				t.bring(c, c.id, 1+w.rng.Int64N(max(1, total/n)))
			}
		}
	}
	if w.strikes(RefundsAll) {
		t.bring(c, c.id, []int64{0, total}[w.rng.IntN(2)])
	}
	if w.strikes(RefundsTooMuch) {
		t.bring(c, c.id, total+1)
	}
	if w.strikes(RefundsUnknown) {
		t.bring(c, "never-was", total)
	}
}

// bring plans one refund: before the till has confirmed the sale, in minutes, or another day.
func (t *till) bring(c *ticket, of payment.TillID, minor int64) {
	w := t.w
	t.brought++
	r := &back{ask: payment.RefundPart{ID: payment.TillID(fmt.Sprintf("R%s-%d", c.id, t.brought)), Of: of, Note: "brought back"}}
	if minor > 0 {
		r.ask.Amount = payment.Amount{Minor: minor, Currency: "EUR"}
	}
	at := w.upTo(10 * time.Minute)
	switch {
	case w.strikes(RefundsEarly):
		at = w.upTo(2 * time.Second)
	case w.rng.IntN(8) == 0:
		at = w.upTo(26 * time.Hour)
	}
	t.storm(at, func() {
		t.backs = append(t.backs, r)
		t.refund(r)
		t.watchRefund(r)
	})
	if w.strikes(RefundsAgain) {
		t.storm(at+w.upTo(time.Minute), func() { t.refund(r) })
		t.storm(at+w.upTo(26*time.Hour), func() { t.refund(r) })
	}
	if w.strikes(RefundsOther) {
		t.storm(at+w.upTo(2*time.Minute), func() { t.misuse(r) })
		t.storm(at+w.between(11*time.Minute, 2*time.Hour), func() { t.misuse(r) }) // when the sale is out of memory
	}
}

func (t *till) refund(r *back) { t.ask(r.ask) }

// misuse asks by the same name for something else.
func (t *till) misuse(r *back) {
	other := r.ask
	if t.w.flip() {
		other.Amount = payment.Amount{Minor: other.Amount.Minor + 1, Currency: "EUR"}
	} else {
		other.Of = t.tickets[t.w.rng.IntN(len(t.tickets))].id
	}
	t.ask(other)
}

// watchRefund asks again by the same name until there is a last word.
func (t *till) watchRefund(r *back) {
	in := t.w.between(15*time.Second, 40*time.Second)
	t.w.after(in, func() {
		if t.away || r.over() {
			return
		}
		if r.asks++; r.asks > 20 && t.w.stormy {
			return
		}
		t.refund(r)
		t.watchRefund(r)
	})
}

// refunded is a word about a refund. One of another sale or amount is about a misuse that came first.
func (t *till) refunded(word payment.Refunded) {
	r := t.goods(word.ID)
	if r != nil && r.ask.Of == word.Of && (r.ask.Amount == payment.Amount{} || r.ask.Amount == word.Amount) {
		r.word = word.Outcome
		if r.closed { // it was refused, asked again, and taken
			r.closed = false
			t.watchRefund(r)
		}
	}
}

// notRefunded is a refund that was not taken.
func (t *till) notRefunded(r *back, why payment.Reason) {
	if why == payment.ReasonUnavailable || r.word != "" {
		return // asked again; or it was the misuse that was refused
	}
	r.closed = true
}

// decideRefunds is staff looking in Klarna's portal for the refunds of a sale that are in doubt.
func (w *world) decideRefunds(p payment.Payment) {
	for _, r := range p.Refunds {
		name := payment.ID{Lane: p.ID.Lane, Till: r.ID}
		g := w.oracle.gives[name]
		if r.Status != payment.RefundAttention || g == nil || w.oracle.mayRefund(name) {
			continue
		}
		as := payment.DecideNotRefunded
		if g.executed > 0 {
			as = payment.DecideRefunded
		}
		w.say("staff", name.String(), string(as))
		w.proc.post(decided(name, as))
	}
}
