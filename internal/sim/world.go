// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// Options are the optional parts of a run.
type Options struct {
	Payments   int  // planned payments; 0 means 40
	Transcript bool // keep one line per event
	Ordinary   bool // the trouble of an ordinary shop, and none of a storm
	Tokens     bool // some customers are stored, and charged again
}

// Result is what became of a seed.
type Result struct {
	Seed       uint64
	Violations []Violation // none is the claim
	Faults     [numFaults]int
	Payments   int // accepted to a till
	Charges    int
	Crashes    int
	Attention  int // on the list for people at the end
	Commits    int
	Events     int
	Hash       uint64 // of everything that happened, in order
	Transcript []string
	Took       time.Duration // fake time
	// Of a world with stored customers: tokens ever durable, tries to charge one, those of absent customers, and
	// tokens forgotten.
	Tokens, TokenCharges, AbsentCharges, Forgotten int
}

// Violation is a promise that was broken.
type Violation struct {
	Invariant string // such as "I5", or "gate"
	At        time.Duration
	What      string
}

// world is everything around one engine.
type world struct {
	seed    uint64
	rng     *rand.Rand
	now     time.Duration // true time since base
	queue   queue
	stormy  bool // faults are on
	calm    bool // this seed has none at all
	stopped bool
	manual  bool // nothing happens by itself: an explorer chooses

	rates      [numFaults]float64
	count      [numFaults]int
	policy     sandbox.Policy
	captureNow bool
	probing    bool
	webhooks   bool
	uncounted  bool // Klarna does not say how much of a transaction was refunded

	disk   *disk
	proc   *process
	net    *net
	lanes  []*lane
	oracle *oracle
	tokens *tokens // nil: no customer is stored
	script script
	events int
	crash  int
	wall   time.Duration // what the wall clock is off by
	era    time.Duration // and by how many years, while it is wrong altogether
	small  time.Duration // how far small jumps back have added up
	nextLn payment.LinkID
}

// lane is one lane with everything that stands at it.
type lane struct {
	w       *world
	engine  engine.Lane
	tills   []*till // the last one pays
	screens int
	scene   engine.Scene
}

// Run lives through one seed.
func Run(seed uint64, o Options) Result {
	w := newWorld(seed, o)
	w.guarded()
	return w.result()
}

// guarded lives, and takes a panic of the engine for what it is: a promise that was about to be broken.
func (w *world) guarded() {
	defer func() {
		if r := recover(); r != nil {
			w.fail("panic", "%v", r)
		}
	}()
	w.live()
}

func newWorld(seed uint64, o Options) *world {
	w := &world{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 0x7369_6d)), //nolint:gosec // it must be repeatable
		now: time.Minute, stormy: true, disk: newDisk(),
	}
	w.script.keep = o.Transcript
	w.script.hash = fnvOffset
	w.oracle = newOracle(w)
	if o.Ordinary {
		w.drawOrdinary()
	} else {
		w.drawProfile()
	}
	if o.Tokens {
		w.tokens = newTokens(w)
	}
	w.net = newNet(w)
	w.proc = &process{w: w}
	if o.Payments == 0 {
		o.Payments = 40
	}
	w.drawLanes(o.Payments)
	return w
}

func (w *world) drawLanes(payments int) {
	n := 2 + w.rng.IntN(3)
	for i := range n {
		id := payment.LaneID("lane-" + strconv.Itoa(i+1))
		l := &lane{w: w, screens: 1, engine: engine.Lane{
			ID: id, Currency: "EUR", DisplayRequired: w.rng.IntN(8) == 0,
			Names: payment.Names{Account: "account", Store: "S1", Terminal: "T" + string(id[5:]), Epoch: "epoch"},
		}}
		w.lanes = append(w.lanes, l)
		share := payments / n
		if i < payments%n {
			share++
		}
		l.tills = append(l.tills, newTill(l, share))
	}
}

func (w *world) settings() engine.Settings {
	s := engine.Settings{
		MaxMinor: 1_000_000, Waiting: 5 * time.Minute, Scanned: 10 * time.Minute, TillGrace: 20 * time.Second,
		Listed: 10 * time.Minute, CaptureNow: w.captureNow, Seed: w.seed,
	}
	for _, l := range w.lanes {
		s.Lanes = append(s.Lanes, l.engine)
	}
	return s
}

// The phases of a run. The storm ends when every till has gone through its list, or when it has lasted
// too long; then the calm lasts until nothing is left to do, for so long at most.
const (
	stormAtMost = 60 * time.Hour
	calmAtMost  = 4 * time.Hour
	calmStep    = 2 * time.Minute
	maxEvents   = 2_000_000 // a run that needs more is spinning
)

func (w *world) live() {
	w.proc.start()
	for _, l := range w.lanes {
		l.tills[0].begin()
	}
	w.weather()
	for w.now < stormAtMost && !w.spent() && !w.stopped {
		w.step()
	}
	if w.stopped {
		return
	}
	w.clearUp()
	end := w.now + calmAtMost
	check := w.now + calmStep
	for w.now < end && !w.stopped && len(w.queue.heap) > 0 {
		w.step()
		if w.now >= check {
			if w.quiet() {
				break
			}
			check = w.now + calmStep
		}
	}
	if !w.stopped {
		w.oracle.atEnd()
	}
}

func (w *world) step() {
	if len(w.queue.heap) == 0 {
		w.now = stormAtMost
		return
	}
	e := w.queue.pop()
	w.now = e.at
	if w.events++; w.events > maxEvents {
		w.fail("progress", "more than %d events: something spins", maxEvents)
		return
	}
	e.do()
}

// spent: every till is through, no outage is still to be lived through, and the process is up.
func (w *world) spent() bool {
	if w.now < w.net.outageUntil || w.now < w.proc.frozen || !w.proc.up {
		return false
	}
	for _, l := range w.lanes {
		if !l.tills[len(l.tills)-1].done {
			return false
		}
	}
	return true
}

// clearUp ends the storm: Klarna answers, the process is up, the tills that live come back.
func (w *world) clearUp() {
	w.say("calm", "", "")
	w.stormy = false
	w.net.outageUntil, w.net.flapping = 0, false
	w.era = 0
	w.proc.wake()
	w.proc.post(engine.Room{})
	for _, l := range w.lanes {
		l.seeScreens(1)
		for _, t := range l.tills {
			t.returns()
		}
	}
}

// quiet: every payment is final or before a person, and every till that lives has heard its words.
func (w *world) quiet() bool {
	if !w.proc.up || len(w.proc.inbox) > 0 || len(w.net.flights) > 0 {
		return false
	}
	for _, b := range w.oracle.books {
		if b.known && !w.oracle.settled(b) {
			return false
		}
	}
	for _, l := range w.lanes {
		for _, t := range l.tills {
			if t.waits() {
				return false
			}
		}
	}
	return true
}

func (w *world) result() Result {
	r := Result{
		Seed: w.seed, Violations: w.oracle.violations, Faults: w.count, Crashes: w.crash, Charges: len(w.oracle.txs),
		Commits: w.disk.commits, Events: w.events, Hash: w.script.hash, Transcript: w.script.lines, Took: w.now,
	}
	if t := w.tokens; t != nil {
		r.Tokens, r.TokenCharges, r.AbsentCharges, r.Forgotten = len(t.raw), t.charges, t.absent, len(t.forgotten)
	}
	for _, b := range w.oracle.books {
		if b.accepted {
			r.Payments++
		}
		if b.listed {
			r.Attention++
		}
	}
	return r
}

func (w *world) lane(id payment.LaneID) *lane {
	for _, l := range w.lanes {
		if l.engine.ID == id {
			return l
		}
	}
	return nil
}
