// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"tillbridge/payment"
)

// lane is what the core knows about one lane besides its settings.
type lane struct {
	Lane
	screens int
	focus   *job // what the customer sees: the newest payment
	// last is the payment that began last, in the journal's order: the wall clock may have gone back since.
	// It is empty until one begins or a till asks.
	last payment.TillID
	// Tombstones made since tombUp, against a till that cancels everything.
	tombs  int
	tombUp time.Duration
}

func (c *Core) lane(id payment.LaneID) *lane {
	for _, l := range c.lanes {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// names are those of a lane, also of one that is not configured any more: what it has left must be ended all the same.
func (c *Core) names(id payment.LaneID) payment.Names {
	if l := c.lane(id); l != nil {
		return l.Names
	}
	return c.set.Names
}

// running is the payment that holds l.
func (c *Core) running(l *lane) *job {
	for _, j := range c.order {
		if j.p.ID.Lane == l.ID && j.p.Busy() {
			return j
		}
	}
	return nil
}

// touch marks l's screens as out of date.
func (c *Core) touch(l *lane) {
	if l != nil && !slices.Contains(c.turn.dirty, l) {
		c.turn.dirty = append(c.turn.dirty, l)
	}
}

// touchJob marks the screens of j's lane, if j is what they show.
func (c *Core) touchJob(j *job) {
	if l := c.lane(j.p.ID.Lane); l != nil && l.focus == j {
		c.touch(l)
	}
}

func (c *Core) scene(l *lane) Scene {
	s := Scene{Lane: l.ID, Offline: c.offline()}
	if j := l.focus; j != nil {
		s.Payment, s.Left = j.p, j.deadline-c.now.Up
		s.Fresh = j.fresh && j.p.State == payment.StateWaiting
		s.Fresh = s.Fresh && j.p.Order.ShowsCode()
	}
	return s
}

// offline: three calls in a row told nothing.
func (c *Core) offline() bool { return c.failures >= 3 }

// health notes whether a call to Klarna told anything, and tells the lanes when that changes.
func (c *Core) health(ok bool) {
	before := c.offline()
	if ok {
		c.failures = 0
	} else {
		c.failures++
	}
	if c.offline() == before {
		return
	}
	for _, j := range c.order {
		j.fresh = false // a code that nobody watches over is not shown
	}
	for _, l := range c.lanes {
		c.touch(l)
		for _, k := range c.links {
			if k.Lane == l.ID && !k.Brief {
				c.act(Tell{k.id, c.laneState(l)})
			}
		}
	}
}

func (c *Core) laneState(l *lane) payment.LaneState {
	s := payment.LaneState{State: payment.LaneReady}
	if c.offline() || c.full {
		s.State = payment.LaneOffline
	}
	if j := c.running(l); j != nil {
		s.State, s.Open = payment.LaneBusy, c.runningWord(j)
	}
	return s
}

func (c *Core) runningWord(j *job) *payment.Running {
	return &payment.Running{ID: j.p.ID.Till, Amount: j.p.Order.Amount, Age: max(0, c.now.Wall.Sub(j.p.Created))}
}

func (c *Core) screenSeen(in ScreenSeen) {
	if l := c.lane(in.Lane); l != nil {
		l.screens = in.Screens
		c.touch(l)
	}
}

// customerAsked takes a tap. It can only ask for time or for a cancel; it never moves money.
func (c *Core) customerAsked(in CustomerAsked) {
	j := c.jobs[in.ID]
	if j == nil {
		return
	}
	switch j.p.State {
	case payment.StateWaiting, payment.StateScanned:
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateAccepted,
		payment.StateFinalizing, payment.StateCancelling, payment.StateApproved, payment.StateCapturing,
		payment.StateCaptured, payment.StateReversing, payment.StateDeclined, payment.StateCancelled,
		payment.StateExpired, payment.StateFailed, payment.StateReversed, payment.StateAttention:
		return
	}
	if in.Cancel {
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyCustomer}))
	} else if until := min(j.deadline+moreTime, j.lastCall); until > j.deadline {
		j.limit = max(j.limit, until)
		c.ignore(c.apply(j, payment.MoreTime{Deadline: c.now.wallAt(until)}))
	}
	c.pursue(j)
}

// ignore is for an event whose refusal means that it came too late to matter.
func (c *Core) ignore(error) {}
