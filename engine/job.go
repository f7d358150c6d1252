// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// job is a payment in memory with everything that dies with the process: timers, calls in flight and
// who is listening. All times are Instant.Up.
type job struct {
	p        payment.Payment
	deadline time.Duration
	limit    time.Duration // the deadline never grows past it by itself
	lastCall time.Duration // our deadline may never pass this point, because Klarna's expiry follows

	// The write in flight, if any, and when the next try may leave.
	sending payment.Key
	sentAt  time.Duration
	sendAt  time.Duration
	tries   int
	// settledAt: a try sent from here on cannot be overtaken by an earlier unclear one.
	settledAt time.Duration
	blobs     map[payment.Key]payment.Blob
	born      map[payment.Key]time.Duration // first use of a key; absent: only the disk knows
	inherited map[payment.Key]bool          // made by an earlier process
	heldSince time.Duration                 // the wall clock went backwards; -1 if it did not
	unmade    bool                          // the bytes of the next call cannot be made

	// Reads of the request.
	reading   bool
	readAt    time.Duration
	slow      int           // doublings of the poll interval
	fresh     bool          // Klarna has said in this process that the request is open
	completed time.Duration // last fresh COMPLETED; -1 if none
	nudgedAt  time.Duration // last read that a webhook caused; -1 if none
	token     secret.Text
	given     payment.CustomerToken // by the customer of a COMPLETED

	// The delete of the request.
	deleting    bool
	cancelAt    time.Duration
	cancelTries int
	mustRead    bool // a delete was refused; the request decides

	// Reads of the transaction.
	holding bool
	holdAt  time.Duration

	// The till.
	links    []payment.LinkID // open links that spoke about this payment
	brief    bool             // one of them was a single request
	contact  time.Duration    // last time the till was certainly there; -1 before any
	askedAt  time.Duration    // AskHere; -1 if not asked
	hereAt   time.Duration    // Here; -1 if never
	offerAt  time.Duration
	lastWord payment.Progress // last progress told

	since  time.Duration // entry into the present state
	doneAt time.Duration
	wake   time.Duration
	wakes  bool
}

func (c *Core) newJob(p payment.Payment) *job {
	j := &job{
		p: p, blobs: map[payment.Key]payment.Blob{}, born: map[payment.Key]time.Duration{},
		heldSince: -1, completed: -1, nudgedAt: -1, contact: -1, askedAt: -1, hereAt: -1,
		since: c.now.Up, doneAt: c.now.Up, readAt: c.now.Up, cancelAt: c.now.Up, sendAt: c.now.Up,
	}
	c.jobs[p.ID] = j
	c.order = append(c.order, j)
	return j
}

// stays is how long j remains in memory once it is finished. Only the newest payment of a lane does, which its till and
// its screens are about; whoever asks about another one brings it back from the journal, so that memory does not grow
// with sales.
func (c *Core) stays(j *job) time.Duration {
	if l := c.lane(j.p.ID.Lane); l != nil && (l.focus == j || l.last == j.p.ID.Till) {
		return forget
	}
	return 0
}

// supersede lets the finished payments of a lane go, because another one has begun.
func (c *Core) supersede(lane payment.LaneID) {
	for _, j := range c.order {
		if j.p.ID.Lane == lane && j.p.Final() {
			j.wakeAt(c.now.Up)
		}
	}
}

func (c *Core) drop(j *job) {
	delete(c.jobs, j.p.ID)
	c.order = slices.DeleteFunc(c.order, func(o *job) bool { return o == j })
	if l := c.lane(j.p.ID.Lane); l != nil && l.focus == j {
		l.focus = nil
		c.touch(l)
	}
}

// wakeAt asks for a tick no later than up.
func (j *job) wakeAt(up time.Duration) {
	if !j.wakes || up < j.wake {
		j.wake, j.wakes = up, true
	}
}

// entered sets the timers of a state that has just begun.
func (c *Core) entered(j *job, before payment.Payment) {
	if !j.p.Deadline.Equal(before.Deadline) {
		j.deadline = c.upAt(j.p.Deadline)
	}
	c.refundTurn(j, before)
	if j.p.State == before.State {
		return
	}
	j.since = c.now.Up
	if j.p.State != payment.StateWaiting {
		j.fresh = false
	}
	switch j.p.State {
	case payment.StateWaiting, payment.StateScanned:
		j.completed, j.askedAt, j.token = -1, -1, secret.Text{}
		j.readAt = c.now.Up + c.pollInterval(j)
		if before.State == payment.StateAuthorizing && j.nudgedAt >= 0 {
			j.readAt = c.now.Up // its webhook was faster than its answer
		}
	case payment.StateAccepted:
		j.readAt = c.now.Up + c.pollInterval(j)
	case payment.StateAuthorizing, payment.StateFinalizing, payment.StateCapturing, payment.StateReversing:
		j.sendAt, j.tries, j.holdAt = c.now.Up, 0, c.now.Up
	case payment.StateCancelling:
		j.cancelAt, j.cancelTries, j.mustRead = c.now.Up, 0, false
	case payment.StateAttention:
		j.holdAt = c.now.Up
	case payment.StateNone, payment.StateReceived, payment.StateApproved:
	case payment.StateCaptured, payment.StateDeclined, payment.StateCancelled, payment.StateExpired,
		payment.StateFailed, payment.StateReversed:
		j.doneAt, j.token = c.now.Up, secret.Text{}
	}
}

// upAt is the moment of this process that a wall time of this process means.
func (c *Core) upAt(wall time.Time) time.Duration { return c.now.Up + wall.Sub(c.now.Wall) }
