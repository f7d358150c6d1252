// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// pursue does everything that j's state asks for and that is due, and notes when to look again. It may
// be called at any time.
func (c *Core) pursue(j *job) {
	for {
		version := j.p.Version
		j.wakes, j.unmade = false, false
		c.overdue(j)
		for _, a := range payment.Pending(j.p) {
			if j.p.Version != version {
				break
			}
			c.do(j, a)
		}
		if j.p.Version == version {
			break
		}
	}
	if j.p.Final() {
		j.wakeAt(j.doneAt + c.stays(j))
	}
}

func (c *Core) do(j *job, a payment.Action) {
	switch a := a.(type) {
	case payment.Intend:
		if err := c.intend(j, a); err != nil {
			j.unmade = true
			j.wakeAt(c.now.Up + time.Minute)
		}
	case payment.Send:
		c.send(j, a.Intent)
	case payment.ReadRequest:
		c.readRequest(j)
	case payment.CancelRequest:
		c.cancelRequest(j)
	case payment.ReadTransaction:
		c.readTransaction(j)
	case payment.OpenGate:
		c.openGate(j)
	case payment.TellWhenTrue:
		if c.due(j, j.since+earlyNo) {
			c.ignore(c.apply(j, payment.Told{At: c.now.Wall, Outcome: a.Outcome}))
		}
	case payment.Offer:
		c.offer(j)
	}
}

// due reports whether up has come, and asks for a tick when it does.
func (c *Core) due(j *job, up time.Duration) bool {
	if c.now.Up >= up {
		return true
	}
	j.wakeAt(up)
	return false
}

// send tries an intent once, unless a try is in flight, its key is too old, or its bytes are gone.
func (c *Core) send(j *job, i payment.Intent) {
	if j.sending != "" {
		return
	}
	if c.neverSent(j, i) {
		return
	}
	switch c.ageOf(j, i) {
	case tooOld:
		c.ignore(c.apply(j, payment.KeyExpired{At: c.now.Wall, Key: i.Key}))
		return
	case unknowable:
		j.wakeAt(c.now.Up + 30*time.Second)
		return
	case young:
	}
	blob, ok := j.blobs[i.Key]
	if !ok || hashOf(blob.Body) != i.Hash {
		c.ignore(c.apply(j, payment.KeyExpired{At: c.now.Wall, Key: i.Key}))
		return
	}
	if !c.due(j, j.sendAt) {
		return
	}
	j.sending, j.sentAt, j.tries = i.Key, c.now.Up, j.tries+1
	c.quota.spend(c.now.Up)
	c.act(Send{Call{
		Payment: j.p, Intent: i, Body: blob.Body, Token: secret.New(blob.Token), Customer: blob.Customer,
		Inherited: j.inherited[i.Key],
	}})
}

// neverSent ends an authorize that certainly never reached Klarna: a cancelled one at once, because
// there is nothing to clear up, and any other after a short while, because a cashier is waiting.
func (c *Core) neverSent(j *job, i payment.Intent) bool {
	if i.Write != payment.WriteAuthorize || i.Unclear || j.tries == 0 && j.p.State != payment.StateCancelling {
		return false
	}
	if j.p.State == payment.StateAuthorizing && !c.due(j, j.since+unreachable) {
		return false
	}
	c.ignore(c.apply(j, payment.RefusedByKlarna{At: c.now.Wall, Key: i.Key, Unreachable: true}))
	return true
}

type keyAge int

const (
	young keyAge = iota
	tooOld
	unknowable
)

// ageOf judges a key. Within one process the age is certain; after a restart only the wall clock
// knows, and one that went backwards is waited for, then not trusted.
func (c *Core) ageOf(j *job, i payment.Intent) keyAge {
	if born, ok := j.born[i.Key]; ok {
		if c.now.Up-born >= payment.KeyLife {
			return tooOld
		}
		return young
	}
	age := c.now.Wall.Sub(i.At)
	switch {
	case age >= payment.KeyLife:
		return tooOld
	case age >= -time.Minute:
		j.born[i.Key], j.heldSince = c.now.Up-max(age, 0), -1
		return young
	case j.heldSince < 0:
		j.heldSince = c.now.Up
	case c.now.Up-j.heldSince >= 10*time.Minute:
		return tooOld
	}
	return unknowable
}

func (c *Core) readRequest(j *job) {
	if j.reading || !c.due(j, j.readAt) {
		return
	}
	if wait, ok := c.quota.take(c.now.Up); !ok {
		j.readAt = c.now.Up + wait
		j.wakeAt(j.readAt)
		return
	}
	j.reading = true
	c.act(ReadRequest{j.p.ID, j.p.Request.ID})
}

// cancelRequest deletes the request, or reads it where Klarna refused that. A request that nobody can
// finalize any more and that outlived its token is closed in itself.
func (c *Core) cancelRequest(j *job) {
	if !j.p.Doubt() && c.now.Up-j.since >= tokenLife {
		c.ignore(c.apply(j, payment.RequestSeen{At: c.now.Wall, Request: j.p.Request.ID, Status: payment.RequestLapsed}))
		return
	}
	if j.mustRead {
		c.readRequest(j)
		return
	}
	if j.deleting || !c.due(j, j.cancelAt) {
		return
	}
	j.deleting = true
	j.cancelTries++
	c.quota.spend(c.now.Up)
	c.act(CancelRequest{j.p.ID, j.p.Request.ID})
}

func (c *Core) readTransaction(j *job) {
	if j.holding || !c.due(j, j.holdAt) {
		return
	}
	j.holding = true
	c.quota.spend(c.now.Up)
	c.act(ReadTransaction{j.p.ID, j.p.Transaction.ID})
}

// openGate finalizes if everything holds: a COMPLETED read moments ago, time left, and the till there.
func (c *Core) openGate(j *job) {
	if c.now.Up-j.since >= c.set.TillGrace {
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTillGone}))
		return
	}
	j.wakeAt(j.since + c.set.TillGrace)
	fresh := j.completed >= 0 && c.now.Up-j.completed <= freshness && !j.token.Empty()
	if !fresh || j.deadline-c.now.Up < gateMargin {
		return
	}
	if !c.there(j) {
		c.askHere(j)
		return
	}
	if err := c.intend(j, payment.Intend{Write: payment.WriteFinalize, Attempt: j.p.Round}); err != nil {
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyRefused}))
	}
}

// offer tells an approval: for the first time when a link is open, again every few seconds until it is
// acknowledged, and back it goes if it never left and the till stays away.
func (c *Core) offer(j *job) {
	switch {
	case !j.p.Offered && len(j.links) > 0:
		c.ignore(c.apply(j, payment.Offered{At: c.now.Wall}))
	case !j.p.Offered:
		if c.due(j, max(j.since, j.contact)+c.set.TillGrace) {
			c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTillGone}))
		}
	case c.heardBy(j):
		if c.due(j, j.offerAt) {
			c.tellAll(j, c.last(j, true))
			j.offerAt = c.now.Up + reoffer
			j.wakeAt(j.offerAt)
		}
	}
}

// overdue does what the deadline asks for: stop what can be stopped, and where the outcome is in doubt
// say so, never no.
func (c *Core) overdue(j *job) {
	switch p := j.p; p.State {
	case payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned, payment.StateAccepted:
		if c.due(j, j.deadline) {
			c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyDeadline}))
		}
	case payment.StateFinalizing:
		c.tellUnknown(j, j.deadline)
	case payment.StateCancelling:
		if !p.Doubt() {
			return
		}
		c.tellUnknown(j, max(j.deadline, j.since+earlyNo))
	case payment.StateReversing:
		if !p.Offered {
			c.tellUnknown(j, max(j.deadline, j.since+earlyNo))
		}
	case payment.StateNone, payment.StateApproved, payment.StateCapturing, payment.StateCaptured, payment.StateDeclined,
		payment.StateCancelled, payment.StateExpired, payment.StateFailed, payment.StateReversed, payment.StateAttention:
	}
}

func (c *Core) tellUnknown(j *job, at time.Duration) {
	if j.p.Result == "" && c.due(j, at) {
		c.ignore(c.apply(j, payment.Told{At: c.now.Wall, Outcome: payment.Unknown}))
	}
}
