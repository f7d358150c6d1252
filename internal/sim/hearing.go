// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/payment"
)

func (t *till) ticket(id payment.TillID) *ticket {
	for _, k := range t.tickets {
		if k.id == id {
			return k
		}
	}
	return nil
}

// hear is a word arriving at the till.
func (t *till) hear(k *link, word payment.Word) {
	if t.away {
		return
	}
	switch word := word.(type) {
	case payment.AskHere:
		if c := t.ticket(word.ID); c != nil && !c.silent {
			k.up(payment.Here(word))
		}
	case payment.Result:
		t.w.tokens.hear(word.CustomerToken)
		t.outcome(word.ID, word.Outcome, word.GivenBack)
	case payment.Update:
		t.w.tokens.hear(word.CustomerToken)
		t.outcome(word.ID, word.Outcome, false)
	case payment.Recorded:
		if c := t.ticket(word.ID); c != nil && (word.Outcome == c.said || c.no) {
			c.recorded = word.Outcome
			t.finish(c)
		}
	case payment.Refunded:
		t.refunded(word)
	case payment.Refusal:
		if r := t.goods(word.ID); r != nil {
			t.notRefunded(r, word.Reason)
			return
		}
		t.refused(word)
	case payment.Accepted, payment.Display, payment.Progress, payment.Cancelling, payment.LaneState,
		payment.Forgotten:
	}
}

// outcome is a word that ends something. The goods change hands as soon as the cashier reads approved.
func (t *till) outcome(id payment.TillID, o payment.Outcome, back bool) {
	c := t.ticket(id)
	if c == nil {
		return
	}
	w := t.w
	c.back = c.back || back
	if c.word != o || c.recorded != o {
		c.word = o
		if o == payment.Approved && !c.says && w.strikes(GivesBack) {
			w.after(w.upTo(3*time.Minute), func() { t.ask(payment.GiveBack{ID: id}) })
		}
		if o == payment.Approved && !c.says {
			t.bringsBack(c)
			c.says, c.no = true, w.strikes(SaysNo)
			if !c.no {
				w.oracle.handedOver(payment.ID{Lane: t.l.engine.ID, Till: id})
			}
		}
		switch {
		case c.mute:
		case c.patient(w):
			w.after(w.between(10*time.Millisecond, 2*time.Second), func() { t.confirm(c) })
		case !w.stormy:
			t.watch(c) // it may be the last time that this is said
		}
	}
	switch {
	case o != payment.Unknown:
		w.after(w.between(time.Second, 10*time.Second), func() { t.finish(c) })
	case w.flip():
		t.finish(c)
	}
	if !c.late && w.strikes(CancelsLate) {
		c.late = true
		w.after(w.upTo(time.Minute), func() { t.ask(payment.Cancel{ID: id}) })
	}
}

// patient reports whether the till may react again: a till does not answer an echo of its own words at once.
func (c *ticket) patient(w *world) bool {
	if c.reacted > 0 && w.now-c.reacted < 2*time.Second {
		return false
	}
	c.reacted = w.now
	return true
}

// confirm answers the last word that was heard.
func (t *till) confirm(c *ticket) {
	w := t.w
	if w.strikes(ConfirmsOther) {
		other := c.id
		if w.flip() {
			other = t.tickets[w.rng.IntN(len(t.tickets))].id
		}
		if other != c.id || c.word != payment.Unknown {
			t.ask(payment.Confirm{ID: other, Outcome: payment.Unknown, OK: true})
		}
	}
	c.said = c.word
	a := payment.Confirm{ID: c.id, Outcome: c.word, OK: c.word != payment.Approved || !c.no, Issued: t.part(c)}
	t.ask(a)
	if w.strikes(ConfirmsTwice) {
		w.after(w.upTo(20*time.Second), func() { t.ask(a) })
	}
}

// part is how much of an approved sale the till issues; zero means all of it. It is decided with the goods, once.
func (t *till) part(c *ticket) payment.Amount {
	if c.word != payment.Approved || c.no {
		return payment.Amount{}
	}
	if all := c.order.Amount; !c.issued {
		c.issued = true
		if t.w.strikes(IssuesPart) {
			c.part = payment.Amount{Minor: 1 + t.w.rng.Int64N(all.Minor), Currency: all.Currency}
		}
	}
	return c.part
}

// refused is a request that was not taken.
func (t *till) refused(r payment.Refusal) {
	c := t.ticket(r.ID)
	if c == nil {
		return
	}
	switch r.Reason { //nolint:exhaustive // the other reasons refuse for good
	case payment.ReasonBusy, payment.ReasonUnavailable, payment.ReasonNoDisplay:
		if c.asks++; c.asks > 30 || !t.w.stormy {
			c.closed = c.word == ""
			t.finish(c)
			return
		}
		t.w.after(t.w.between(3*time.Second, 30*time.Second), func() {
			if c.word == "" && (t.w.stormy || !c.closed) {
				t.pay(c)
			}
		})
	case payment.ReasonNotFound:
		if !t.w.stormy || t.cur != c {
			c.closed = true // the payment never arrived, and the customer is gone
			return
		}
		t.pay(c)
	case payment.ReasonGivingBack, payment.ReasonGivenBack:
		if c.said != "" {
			c.recorded = c.word // staff settled it in another way; the update follows, or was heard
		}
	case payment.ReasonConflict:
		if c.said != "" && (c.no || c.issued) {
			c.recorded = c.word // it was settled in another way
		}
		if c.said != "" && c.recorded != c.word && c.patient(t.w) {
			t.ask(payment.Status{ID: c.id})
		}
	default:
		c.closed = true
		t.finish(c)
	}
}
