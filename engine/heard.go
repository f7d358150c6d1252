// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"tillbridge/payment"
)

// heard takes what a till says. Every message about a payment counts as contact with its till.
func (c *Core) heard(in Heard) {
	k := c.link(in.Link)
	if k == nil || c.lane(k.Lane) == nil {
		return
	}
	if c.damaged {
		c.heardDamaged(k, in.Ask)
		return
	}
	switch ask := in.Ask.(type) {
	case payment.Pay:
		c.pay(k, ask)
	case payment.Cancel:
		c.cancel(k, ask)
	case payment.Status:
		c.status(k, ask)
	case payment.Confirm:
		c.confirm(k, ask)
	case payment.GiveBack:
		c.giveBack(k, ask)
	case payment.RefundPart:
		c.refund(k, ask)
	case payment.Here:
		if j := c.jobs[payment.ID{Lane: k.Lane, Till: ask.ID}]; j != nil {
			c.attach(j, k.id)
			j.hereAt = c.now.Up
			c.pursue(j)
		}
	case payment.Look:
		c.act(Tell{k.id, c.laneState(c.lane(k.Lane))})
	case payment.Forget:
		c.forget(k, ask)
	}
}

// cancel takes a till's wish. What can still be stopped is stopped; what was offered is repeated.
func (c *Core) cancel(k *link, ask payment.Cancel) {
	id := payment.ID{Lane: k.Lane, Till: ask.ID}
	j := c.jobs[id]
	if j == nil {
		c.bury(k, id)
		return
	}
	c.attach(j, k.id)
	spoken := j.p.Word()
	c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTill}))
	if w := j.p.Word(); w != spoken {
		c.pursue(j) // the word itself has just been told to every link
		return
	}
	if c.giving(j) {
		c.act(Tell{k.id, payment.Cancelling(ask)})
	} else {
		c.report(k, j)
	}
	c.pursue(j)
}

// giveBack takes a whole sale back for its till. The reversal names its sale, so the till has it.
func (c *Core) giveBack(k *link, ask payment.GiveBack) {
	j := c.jobs[payment.ID{Lane: k.Lane, Till: ask.ID}]
	if j == nil {
		c.refuse(k, ask.ID, payment.ReasonNotFound, "")
		return
	}
	c.attach(j, k.id)
	err := c.apply(j, payment.ReversalAsked{At: c.now.Wall})
	switch {
	case j.p.State == payment.StateReversed:
		c.report(k, j)
	case err != nil:
		c.refuse(k, ask.ID, payment.ReasonConflict, "there is no paid sale to give back")
	default:
		c.act(Tell{k.id, payment.Cancelling(ask)})
	}
	c.pursue(j)
}

// giving reports whether j is on its way to not paid and its word is not out yet.
func (c *Core) giving(j *job) bool {
	switch j.p.State {
	case payment.StateCancelling, payment.StateReversing:
		return j.p.Word() == "" || j.p.Word() == payment.Unknown
	case payment.StateFinalizing:
		return j.p.Wanted != ""
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting,
		payment.StateScanned, payment.StateAccepted, payment.StateApproved, payment.StateCapturing,
		payment.StateCaptured, payment.StateDeclined, payment.StateCancelled, payment.StateExpired,
		payment.StateFailed, payment.StateReversed, payment.StateAttention:
	}
	return false
}

// status answers with the last word. An id never seen is not found: it was not and will not be charged
// unless it is sent as a payment.
func (c *Core) status(k *link, ask payment.Status) {
	j := c.jobs[payment.ID{Lane: k.Lane, Till: ask.ID}]
	if ask.Last {
		j = c.newest(k.Lane)
	}
	if j == nil {
		c.refuse(k, ask.ID, payment.ReasonNotFound, "")
		return
	}
	c.attach(j, k.id)
	if j.p.State == payment.StateApproved && !j.p.Offered {
		c.pursue(j) // offers it, which tells this link too
		return
	}
	c.report(k, j)
	j.offerAt = c.now.Up + reoffer
	c.pursue(j)
}

// newest is the payment that began last on a lane, as far as it is in memory.
func (c *Core) newest(lane payment.LaneID) *job {
	if l := c.lane(lane); l != nil && l.last != "" {
		return c.jobs[payment.ID{Lane: lane, Till: l.last}]
	}
	for _, j := range slices.Backward(c.order) {
		if j.p.ID.Lane == lane && !j.p.Tombstone {
			return j
		}
	}
	return nil
}

// confirm takes an acknowledgement. A confirmation of another word than the one that was told changes
// nothing and is said to be a conflict; a yes to a sale that is being given back, or was, takes nothing either.
func (c *Core) confirm(k *link, ask payment.Confirm) {
	j := c.jobs[payment.ID{Lane: k.Lane, Till: ask.ID}]
	if j == nil {
		c.refuse(k, ask.ID, payment.ReasonNotFound, "")
		return
	}
	c.attach(j, k.id)
	if ask.Outcome == payment.Approved && (j.p.Returning() || j.p.State == payment.StateReversed && j.p.Offered) {
		c.confirmReturning(k, j, ask)
		return
	}
	before := j.p.Version
	c.ignore(c.apply(j, payment.Confirmed{At: c.now.Wall, Outcome: ask.Outcome, OK: ask.OK, Issued: ask.Issued}))
	switch {
	case j.p.Version != before, j.p.Acknowledged == ask.Outcome && ask.OK && issuedAs(j.p, ask):
		c.act(Tell{k.id, payment.Recorded(ask)})
	default:
		c.refuse(k, ask.ID, payment.ReasonConflict, "the last word of this payment is another one")
	}
	c.touchJob(j)
	c.pursue(j)
}

// confirmReturning answers a till that confirms an approval which somebody is taking back, or has taken back. Its no is
// what is being done. Its yes comes too late, or is an old one: recorded would be read as paid.
func (c *Core) confirmReturning(k *link, j *job, ask payment.Confirm) {
	switch {
	case j.p.State == payment.StateReversed:
		c.refuse(k, ask.ID, payment.ReasonGivenBack, "")
	case !ask.OK && j.p.State == payment.StateReversing:
		c.act(Tell{k.id, payment.Recorded(ask)})
	default:
		c.refuse(k, ask.ID, payment.ReasonGivingBack, "")
	}
	c.pursue(j)
}

// issuedAs reports whether a confirmation speaks of what is charged: nobody is told that a part is recorded where all
// of it is, or another part.
func issuedAs(p payment.Payment, ask payment.Confirm) bool {
	if ask.Outcome != payment.Approved {
		return true
	}
	said := ask.Issued
	if said == (payment.Amount{}) {
		said = p.Order.Amount
	}
	return said == p.Charged()
}

// heardDamaged answers while the journal cannot be trusted: results that can still be read are repeated,
// everything else is unavailable. Nothing is called not found, because nobody can know.
func (c *Core) heardDamaged(k *link, a payment.Ask) {
	if _, ok := a.(payment.Look); ok {
		c.act(Tell{k.id, payment.LaneState{State: payment.LaneOffline}})
		return
	}
	id, _ := about(a)
	j := c.jobs[payment.ID{Lane: k.Lane, Till: id}]
	if _, ok := a.(payment.Status); ok && j != nil && j.p.State.Final() {
		c.report(k, j)
		return
	}
	if r, ok := a.(payment.RefundPart); ok {
		id = r.ID
	}
	c.refuse(k, id, payment.ReasonUnavailable, "the journal is damaged")
}
