// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/rand/v2"
	"slices"
	"time"

	"tillbridge/payment"
)

// Core decides. See the package comment.
type Core struct {
	set    Settings
	bodies Bodies
	lanes  []*lane
	links  []*link
	jobs   map[payment.ID]*job
	order  []*job // jobs by age, so that every walk has one order
	jitter *rand.Rand
	quota  bucket
	full   bool
	// damaged: the journal cannot be trusted, so nothing is decided, only finished results repeated.
	damaged bool
	// Klarna's health, by what its answers say.
	failures int
	nudgeUp  time.Duration // last genuine webhook
	nudged   bool

	now  Instant
	turn turn
	// customer is the stored token that the input at hand names (Recall).
	customer payment.CustomerToken
}

// turn collects what one Handle decides.
type turn struct {
	commit  payment.Commit
	actions []Action
	dirty   []*lane // lanes whose screens must change
}

// NewCore returns a core that knows no payment. Start gives it the unfinished ones.
func NewCore(set Settings, bodies Bodies) *Core {
	c := &Core{
		set: set, bodies: bodies,
		jobs:   map[payment.ID]*job{},
		jitter: rand.New(rand.NewPCG(set.Seed, 0x7469_6c6c)), //nolint:gosec // spreads polls, protects nothing
		quota:  newBucket(),
	}
	for _, l := range set.Lanes {
		c.lanes = append(c.lanes, &lane{Lane: l})
	}
	return c
}

// Handle decides about one input. The actions may be done once the commit is durable, in order; until
// then nothing may leave, not even an answer that changes nothing.
func (c *Core) Handle(now Instant, in Input) (payment.Commit, []Action) {
	c.now, c.turn = now, turn{}
	c.handle(in)
	for _, l := range c.turn.dirty {
		c.turn.actions = append(c.turn.actions, Show{c.scene(l)})
	}
	return c.turn.commit, c.turn.actions
}

func (c *Core) handle(in Input) {
	switch in := in.(type) {
	case LinkOpened:
		c.linkOpened(in)
	case LinkClosed:
		c.linkClosed(in.Link)
	case Heard:
		c.heard(in)
	case Answered:
		c.answered(in)
	case RequestRead:
		c.requestRead(in)
	case RequestCancelled:
		c.requestCancelled(in)
	case TransactionRead:
		c.transactionRead(in)
	case Nudged:
		c.nudge(in)
	case ScreenSeen:
		c.screenSeen(in)
	case CustomerAsked:
		c.customerAsked(in)
	case Decided:
		c.decided(in)
	case ForgetCustomer:
		c.forgetCustomer(in)
	case Room:
		c.full = in.Full
	case Retimed:
		c.set.Waiting, c.set.Scanned, c.set.TillGrace, c.set.Listed = in.Waiting, in.Scanned, in.TillGrace, in.Listed
	case Tick:
		c.tick()
	}
}

// Next is when the core wants its next Tick, and false if nothing is due.
func (c *Core) Next() (time.Duration, bool) {
	next, any := time.Duration(0), false
	for _, j := range c.order {
		if j.wakes && (!any || j.wake < next) {
			next, any = j.wake, true
		}
	}
	return next, any
}

// tick pursues every job that is due and forgets those that are done with.
func (c *Core) tick() {
	for _, j := range slices.Clone(c.order) {
		if !j.wakes || j.wake > c.now.Up {
			continue
		}
		c.pursue(j)
		if j.p.Final() && c.now.Up-j.doneAt >= c.stays(j) {
			c.drop(j)
		}
	}
}

// apply steps j's payment and notes what must become durable. An event that the state refuses changes
// nothing.
func (c *Core) apply(j *job, e payment.Event) error {
	before := j.p
	next, _, err := payment.Step(before, e)
	if err != nil || next.Version == before.Version {
		return err
	}
	j.p = next
	c.turn.commit.Records = append(c.turn.commit.Records, payment.Record{At: c.now.Wall, Event: e, After: next})
	c.erase(j, before)
	c.unwanted(j, before)
	c.entered(j, before)
	c.announce(j, before)
	return nil
}

// erase drops the bytes of intents that nothing will send again.
func (c *Core) erase(j *job, before payment.Payment) {
	still := needed(j.p)
	for _, k := range needed(before) {
		if !slices.Contains(still, k) {
			c.turn.commit.Erase = append(c.turn.commit.Erase, k)
			delete(j.blobs, k)
		}
	}
}

// needed lists the intents of p whose bytes may still be used: to be sent again, or, for the first
// authorize, to be repeated by the finalize.
func needed(p payment.Payment) []payment.Key {
	var keys []payment.Key
	if k := p.Owed(); k != "" {
		keys = append(keys, k)
	}
	add := func(i payment.Intent) {
		if i.Open() && !i.Refused {
			keys = append(keys, i.Key)
		}
	}
	switch p.State {
	case payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned, payment.StateAccepted:
		keys = append(keys, p.Authorize.Key)
	case payment.StateFinalizing:
		keys = append(keys, p.Authorize.Key, p.Finalize.Key)
	case payment.StateCancelling:
		add(p.Authorize)
	case payment.StateCapturing:
		add(p.Capture)
		add(p.Release)
	case payment.StateReversing:
		add(p.GiveBack)
	case payment.StateCaptured:
		if r, waits := p.NextRefund(); waits {
			add(r.Intent)
		}
	case payment.StateNone, payment.StateReceived, payment.StateApproved,
		payment.StateDeclined, payment.StateCancelled, payment.StateExpired, payment.StateFailed,
		payment.StateReversed, payment.StateAttention:
	}
	return keys
}

func (c *Core) act(a Action) { c.turn.actions = append(c.turn.actions, a) }
