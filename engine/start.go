// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"tillbridge/payment"
)

// Saved is an unfinished payment as the journal has it, with the bytes of its open intents.
type Saved struct {
	Payment payment.Payment
	Blobs   []payment.Blob
}

// Start takes over what an earlier process left unfinished. Every intent in flight then counts as a try
// that may have been executed; no code is shown before it was read again; no till counts as there before
// it has said something about its payment. A deadline from disk may come early, never late.
func (c *Core) Start(now Instant, saved []Saved) (payment.Commit, []Action) {
	c.now, c.turn = now, turn{}
	for _, s := range saved {
		c.resume(s)
	}
	for _, l := range c.lanes {
		if l.focus = c.newestSale(l.ID); l.focus != nil && l.focus.p.Order.Absent {
			l.focus = nil
		}
		c.turn.actions = append(c.turn.actions, Show{c.scene(l)})
	}
	c.turn.dirty = nil
	return c.turn.commit, c.turn.actions
}

func (c *Core) resume(s Saved) {
	j := c.newJob(s.Payment)
	j.inherited = map[payment.Key]bool{}
	for _, b := range s.Blobs {
		j.blobs[b.Key], j.inherited[b.Key] = b, true
	}
	j.settledAt = c.now.Up + settle
	j.deadline = c.upAt(earliest(s.Payment.Deadline, c.now.Wall.Add(c.set.Scanned)))
	j.lastCall, j.limit = j.deadline, j.deadline
	for _, i := range s.Payment.Intents() {
		if i.Open() {
			c.ignore(c.apply(j, payment.Unclear{Key: i.Key}))
		}
	}
	c.pursue(j)
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Knows reports whether the core has the payment in memory.
func (c *Core) Knows(id payment.ID) bool { return c.jobs[id] != nil }

// Remember brings back a finished payment from the journal, because somebody asks or decides about it. Nothing of
// it is durable again; until something is decided it only answers. Of a damaged journal what is not finished stays
// there, or it would be pursued.
func (c *Core) Remember(now Instant, p payment.Payment) {
	if c.jobs[p.ID] != nil || c.damaged && !p.Final() {
		return
	}
	c.now = now
	j := c.newJob(p)
	j.wakeAt(j.doneAt + c.stays(j))
}

// LaneOf is the lane of an open link.
func (c *Core) LaneOf(id payment.LinkID) (payment.LaneID, bool) {
	if k := c.link(id); k != nil {
		return k.Lane, true
	}
	return "", false
}

// Writing reports whether a write to Klarna is in flight.
func (c *Core) Writing() bool {
	for _, j := range c.order {
		if j.sending != "" {
			return true
		}
	}
	return false
}
