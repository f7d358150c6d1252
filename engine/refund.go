// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"time"

	"tillbridge/payment"
)

// refund takes a refund, or says why not. The same one again is never a second one, whatever became of
// the first; the same name for another sale or another amount is a conflict.
func (c *Core) refund(k *link, ask payment.RefundPart) {
	j := c.jobs[payment.ID{Lane: k.Lane, Till: ask.Of}]
	if j != nil {
		c.attach(j, k.id)
	}
	if known, r := c.refundNamed(payment.ID{Lane: k.Lane, Till: ask.ID}); known != nil {
		c.refundAgain(k, known, r, ask)
		return
	}
	switch {
	case j == nil || j.p.Tombstone:
		c.refuse(k, ask.ID, payment.ReasonUnknownSale, "")
		return
	case c.full:
		c.refuse(k, ask.ID, payment.ReasonUnavailable, "the journal has no room")
		return
	}
	if j.p.State == payment.StateApproved && !j.p.Offered {
		c.ignore(c.apply(j, payment.Offered{At: c.now.Wall})) // which tells this till of the sale that it names
	}
	c.beginRefund(k, j, ask)
	c.pursue(j)
}

func (c *Core) refundAgain(k *link, j *job, r payment.Refund, ask payment.RefundPart) {
	if j.p.ID.Till != ask.Of || ask.Amount != (payment.Amount{}) && ask.Amount != r.Amount {
		c.refuse(k, ask.ID, payment.ReasonConflict, fmt.Sprintf("this id belongs to a refund of %s of sale %s", r.Amount, j.p.ID.Till))
		return
	}
	c.attach(j, k.id)
	c.act(Tell{k.id, refundWord(j.p, r, true)})
	c.pursue(j)
}

// beginRefund makes a refund durable. Where it does not say how much, it is all that is left.
func (c *Core) beginRefund(k *link, j *job, ask payment.RefundPart) {
	amount := ask.Amount
	if amount == (payment.Amount{}) {
		amount = j.p.Left()
	}
	why := j.p.CanRefund(amount)
	if why == payment.ReasonBadRequest && ask.Amount == (payment.Amount{}) {
		why = payment.ReasonRefundTooMuch
	}
	if why != "" {
		c.refuse(k, ask.ID, why, unfitRefund(j.p, why))
		return
	}
	err := c.apply(j, payment.RefundAsked{
		At: c.now.Wall, ID: ask.ID, Amount: amount, Note: payment.CleanText(ask.Note, 200),
		Reference: c.lane(k.Lane).Names.RefundReference(j.p.ID, ask.ID),
	})
	if err != nil {
		c.refuse(k, ask.ID, payment.ReasonNotRefundable, "")
	}
}

// unfitRefund says what is wrong with a refund, for integrators.
func unfitRefund(p payment.Payment, why payment.Reason) string {
	switch {
	case why == payment.ReasonRefundTooMuch:
		return fmt.Sprintf("amount: %s is left of %s", p.Left(), p.Order.Amount)
	case why == payment.ReasonBadRequest:
		return fmt.Sprintf("amount: expected minor units in %s", p.Order.Amount.Currency)
	case len(p.Refunds) >= payment.MaxRefunds:
		return fmt.Sprintf("a sale takes at most %d refunds", payment.MaxRefunds)
	}
	return fmt.Sprintf("the sale is %s", p.State)
}

// refundNamed finds a refund in memory by its name on its lane.
func (c *Core) refundNamed(id payment.ID) (*job, payment.Refund) {
	for _, j := range c.order {
		if j.p.ID.Lane != id.Lane {
			continue
		}
		if r, ok := j.p.Refund(id.Till); ok {
			return j, r
		}
	}
	return nil, payment.Refund{}
}

// announceRefunds tells how the refunds of j stand that are new or have changed.
func (c *Core) announceRefunds(j *job, before payment.Payment) {
	for i, r := range j.p.Refunds {
		if i >= len(before.Refunds) || j.p.RefundWord(r) != before.RefundWord(before.Refunds[i]) {
			c.tellAll(j, refundWord(j.p, r, false))
		}
	}
}

// refundWord is what a till hears about a refund.
func refundWord(p payment.Payment, r payment.Refund, replay bool) payment.Refunded {
	w := payment.Refunded{
		ID: r.ID, Of: p.ID.Till, Outcome: p.RefundWord(r), Reason: r.Reason, Amount: r.Amount,
		Reference: payment.ShortCode(r.Reference), At: r.DoneAt, Replay: replay,
	}
	switch {
	case r.Status != payment.RefundRequested:
	case w.Outcome == payment.RefundWordUnknown:
		w.Reason, w.At = p.Reason, r.At
	default:
		w.Reason, w.At = payment.ReasonRefundRunning, r.At
	}
	return w
}

// refundTurn sets the timers of a refund whose turn has come, and of reading what Klarna has just
// refused: after an unclear try only when that can no longer be executed.
func (c *Core) refundTurn(j *job, before payment.Payment) {
	if j.p.Final() && !before.Final() {
		j.doneAt = c.now.Up
	}
	next, _ := j.p.NextRefund()
	was, _ := before.NextRefund()
	if next.ID != was.ID {
		j.sendAt, j.tries = c.now.Up, 0
	}
	if next.Intent.Refused && !was.Intent.Refused {
		j.holdAt = c.now.Up
	}
	j.waitOut(c.now.Up, was.Intent, next.Intent)
	j.waitOut(c.now.Up, before.Capture, j.p.Capture)
	j.waitOut(c.now.Up, before.Release, j.p.Release)
	j.waitOut(c.now.Up, before.GiveBack, j.p.GiveBack)
}

// waitOut puts off reading what became of a refused write of which an earlier try may still be executed: until then the
// transaction does not say.
func (j *job) waitOut(now time.Duration, was, is payment.Intent) {
	if is.Refused && is.Unclear && !was.Refused {
		j.holdAt = max(now, j.settledAt)
	}
}

func refundInDoubt(p payment.Payment) bool {
	return p.State == payment.StateCaptured &&
		slices.ContainsFunc(p.Refunds, func(r payment.Refund) bool { return r.Status == payment.RefundAttention })
}

// newestSale is the newest of a lane's payments that a start found and that is not over: one that is only being
// refunded is no news to a customer.
func (c *Core) newestSale(lane payment.LaneID) *job {
	for _, j := range slices.Backward(c.order) {
		if j.p.ID.Lane == lane && !j.p.State.Final() {
			return j
		}
	}
	return nil
}
