// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"errors"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

var errFull = errors.New("the disk is full")

// process is one daemon: the real core, and a shell that keeps the order of the real one.
type process struct {
	w      *world
	core   *engine.Core
	born   time.Duration
	gen    int // counts starts; what belongs to an earlier one never reaches this one
	up     bool
	frozen time.Duration // until then nothing runs
	inbox  []engine.Input
	drain  bool          // planned
	armed  time.Duration // when the core's next tick is planned; -1 if it is not
	arming int           // counts plans: only the last one ticks
	links  []*link       // open
	ended  []*link       // closed, which the core does not know yet
	doomed bool          // the explorer lets it die between a commit and its actions
	fragil float64       // after a crash another one is likelier
}

func (p *process) instant() engine.Instant {
	w := p.w
	return engine.Instant{Up: w.now - p.born, Wall: w.time().Add(w.wall + w.era)}
}

// start begins a process on whatever the disk holds.
func (p *process) start() {
	w := p.w
	p.gen++
	p.frozen = 0
	p.up, p.born, p.armed, p.inbox, p.drain, p.links, p.ended = true, w.now, -1, nil, false, nil, nil
	w.say("start", "", "")
	p.core = engine.NewCore(w.settings(), bodies{w})
	saved, err := engine.Load(w.disk)
	if err != nil {
		w.fail("I13", "recovery cannot read: %v", err)
		return
	}
	w.oracle.started(saved)
	commit, actions := p.core.Start(p.instant(), saved)
	if w.strikes(CrashStart) {
		p.dieAround(commit)
		return
	}
	if !p.carryOut(commit, actions) {
		return
	}
	for _, l := range w.lanes {
		p.post(engine.ScreenSeen{Lane: l.engine.ID, Screens: l.screens})
	}
	p.post(engine.Room{Full: w.disk.full})
	p.arm()
}

// post hands an input to the process.
func (p *process) post(in engine.Input) {
	if !p.up {
		return
	}
	p.inbox = append(p.inbox, in)
	if p.drain {
		return
	}
	if p.w.manual {
		p.turn(p.gen)
		return
	}
	p.drain = true
	wait := max(p.frozen-p.w.now, 0)
	if p.w.strikes(Batched) {
		wait += p.w.upTo(2 * time.Second)
	}
	gen := p.gen
	p.w.after(wait, func() { p.turn(gen) })
}

// turn handles everything that waits, in one commit but for ticks: they forget what is done with, which is read
// again only once it is durable.
func (p *process) turn(gen int) {
	if gen != p.gen || !p.up {
		return
	}
	p.drain = false
	batch := p.inbox
	p.inbox = nil
	var commit payment.Commit
	var actions []engine.Action
	ticked := false
	for _, in := range batch {
		if p.strikes(CrashInput) {
			p.die()
			return
		}
		_, tick := in.(engine.Tick)
		waits := !commit.Empty() || len(actions) > 0
		if waits && (len(commit.Forget) > 0 || tick || ticked) { // as the engine does: a tick is handled alone
			if !p.carryOut(commit, actions) {
				return
			}
			commit, actions = payment.Commit{}, nil
		}
		ticked = tick
		p.w.oracle.input(in)
		if err := p.core.Recall(p.instant(), p.w.disk, in); err != nil {
			p.w.fail("I13", "%v", err)
			return
		}
		more, then := p.core.Handle(p.instant(), in)
		p.w.oracle.deciding(more, then)
		commit.Add(more)
		actions = append(actions, then...)
	}
	if p.carryOut(commit, actions) {
		p.arm()
	}
}

// strikes is a crash's draw; soon after a crash the next one is likelier.
func (p *process) strikes(f Fault) bool {
	if p.fragil > 0 && p.w.stormy && p.w.rates[f] > 0 {
		p.fragil -= .1
		if p.w.rng.Float64() < min(p.w.rates[f]*10, .5) {
			p.w.count[f]++
			return true
		}
		return false
	}
	return p.w.strikes(f)
}

// carryOut keeps the order: first the commit, then the actions. It is false if the process died.
func (p *process) carryOut(commit payment.Commit, actions []engine.Action) bool {
	w := p.w
	if !commit.Empty() {
		if p.strikes(CrashLost) {
			p.die()
			return false
		}
		if p.strikes(CrashUnknown) {
			p.dieAround(commit)
			return false
		}
		p.commit(commit)
		if p.strikes(CrashDurable) || p.doomed {
			p.die()
			return false
		}
	}
	if p.doomed {
		p.die()
		return false
	}
	for _, a := range actions {
		if p.strikes(CrashAction) {
			p.die()
			return false
		}
		if w.stopped {
			return false
		}
		p.perform(a)
	}
	w.oracle.turnEnded()
	return !w.stopped
}

func (p *process) commit(c payment.Commit) {
	if err := p.w.disk.Commit(c); err != nil {
		p.w.fail("I17", "%v", err)
		return
	}
	p.w.oracle.committed(c)
}

// dieAround is a commit that returned an error: it may have happened or not.
func (p *process) dieAround(c payment.Commit) {
	if !c.Empty() && p.w.flip() {
		p.commit(c)
	}
	p.die()
}

func (p *process) perform(a engine.Action) {
	w := p.w
	switch a := a.(type) {
	case engine.Tell:
		w.oracle.told(a.Link, a.Word)
		if k := p.link(a.Link); k != nil {
			k.down(a.Word)
		}
	case engine.Send:
		if w.net.asksClock(a.Call) {
			return
		}
		w.oracle.sending(a.Call)
		w.net.write(a.Call)
	case engine.ReadRequest:
		w.oracle.reading(a)
		w.net.read(a)
	case engine.CancelRequest:
		w.oracle.deleting(a)
		w.net.remove(a)
	case engine.ReadTransaction:
		w.net.readTransaction(a)
	case engine.Show:
		w.oracle.shown(a.Scene)
		w.lane(a.Scene.Lane).scene = a.Scene
	case engine.Ruled:
	}
}

// arm plans the tick that the core asks for.
func (p *process) arm() {
	next, ok := p.core.Next()
	if !ok || p.w.manual {
		return
	}
	at := max(p.born+next, p.w.now)
	if p.armed >= 0 && p.armed <= at && p.armed >= p.w.now {
		return
	}
	p.armed = at
	if p.w.strikes(LateTimer) {
		at += p.w.upTo(time.Minute)
	}
	p.arming++
	gen, arming := p.gen, p.arming
	p.w.queue.push(max(at, p.frozen), func() {
		if gen != p.gen || arming != p.arming || !p.up {
			return
		}
		p.armed = -1
		p.post(engine.Tick{})
	})
}

func (p *process) link(id payment.LinkID) *link {
	for _, k := range p.links {
		if k.id == id {
			return k
		}
	}
	return nil
}

// knows is link for those that the core still takes for open.
func (p *process) knows(id payment.LinkID) *link {
	for _, k := range p.ended {
		if k.id == id {
			return k
		}
	}
	return p.link(id)
}

// die ends the process at once. What is on the wire lives on; the links break.
func (p *process) die() {
	w := p.w
	p.up = false
	p.gen++
	w.crash++
	w.say("CRASH", "", "")
	p.core, p.inbox = nil, nil
	for _, k := range p.links {
		k.broken()
	}
	p.doomed = false
	p.links = nil
	for _, l := range w.lanes {
		l.scene = engine.Scene{Lane: l.engine.ID}
	}
	if w.manual {
		return
	}
	p.fragil = 1
	down := p.downtime()
	p.moveWall(down)
	gen := p.gen
	w.after(down, func() {
		if gen == p.gen && !p.up {
			p.start()
		}
	})
}

func (p *process) downtime() time.Duration {
	w := p.w
	if w.strikes(LongDown) {
		return w.between(time.Hour, 31*time.Hour)
	}
	switch w.rng.IntN(8) {
	case 0:
		return w.between(time.Minute, 20*time.Minute)
	case 1, 2:
		return w.between(10*time.Second, time.Minute)
	default:
		return w.between(100*time.Millisecond, 10*time.Second)
	}
}

// wake ends a downtime.
func (p *process) wake() {
	frozen := p.frozen > p.w.now
	p.frozen = min(p.frozen, p.w.now)
	switch gen := p.gen; {
	case !p.up:
		p.start()
	case frozen:
		p.armed = -1
		p.w.after(0, func() { p.turn(gen) })
	}
}
