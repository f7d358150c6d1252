// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// weather brings what comes from outside every few minutes, as long as the storm lasts.
func (w *world) weather() {
	w.after(w.between(30*time.Second, 6*time.Minute), func() {
		if !w.stormy {
			return
		}
		w.blow()
		w.weather()
	})
}

func (w *world) blow() {
	n := w.net
	switch {
	case w.strikes(LongOutage):
		n.outageUntil = max(n.outageUntil, w.now+w.between(20*time.Hour, 30*time.Hour))
		w.say("outage", "long", "")
	case w.strikes(Outage):
		n.outageUntil = max(n.outageUntil, w.now+w.between(5*time.Second, 90*time.Minute))
		n.flapping = w.flip()
		w.say("outage", "", "")
	default:
		n.flapping = false
	}
	if w.now >= w.proc.frozen && w.strikes(Frozen) {
		w.proc.freeze()
	}
	if w.strikes(WallJump) {
		w.jump()
	}
	if w.strikes(WebhookForged) {
		w.forge()
	}
	for _, l := range w.lanes {
		if w.strikes(ScreenGone) {
			l.seeScreens(0)
			w.after(w.upTo(10*time.Minute), func() { l.seeScreens(1) })
		}
	}
	if w.strikes(DiskFull) {
		w.disk.full = true
		w.proc.post(engine.Room{Full: true})
		w.after(w.upTo(10*time.Minute), func() {
			w.disk.full = false
			w.proc.post(engine.Room{})
		})
	}
	if w.strikes(StaffDecides) {
		w.decide()
	}
}

// freeze stops the process for a while, or puts the whole machine to sleep for hours.
func (p *process) freeze() {
	d := p.w.upTo(2 * time.Minute)
	if p.w.rng.IntN(4) == 0 {
		d = p.w.upTo(30 * time.Hour)
	}
	p.frozen = p.w.now + d
	p.w.say("frozen", d.String(), "")
}

func (l *lane) seeScreens(n int) {
	l.screens = n
	l.w.proc.post(engine.ScreenSeen{Lane: l.engine.ID, Screens: n})
}

// jumpsAtMost bounds how far small jumps back add up to: the margin between our limit of 23 h for a key and Klarna's 24 h.
const jumpsAtMost = 50 * time.Minute

// jump moves the wall clock a little.
func (w *world) jump() {
	by := []time.Duration{time.Second, -time.Second, time.Minute, time.Hour, -20 * time.Minute, 3 * time.Hour}[w.rng.IntN(6)]
	if by < 0 {
		if w.small-by > jumpsAtMost {
			return
		}
		w.small -= by
	}
	w.wall += by
	w.say("wall", by.String(), "")
}

// moveWall is what a restart may do to the wall clock: a machine whose clock has stopped begins in another year, and
// is put right some time later.
func (p *process) moveWall(down time.Duration) {
	w := p.w
	if w.strikes(WallJump) {
		w.jump()
	}
	p.stopWall(down)
	if !w.strikes(WallReset) {
		return
	}
	const year = 365 * 24 * time.Hour
	w.era = []time.Duration{10 * year, -10 * year, -56 * year}[w.rng.IntN(3)]
	w.say("wall", w.era.String(), "")
	w.after(w.between(time.Second, 15*time.Minute), func() {
		w.era = 0
		w.say("wall", "right again", "")
	})
}

// stopWall lets the machine begin at the moment when it ended: it has no clock of its own, and keeps the last time in a
// file. It is put right soon after. A clock that was ahead before is left alone: two that lie are one too many.
func (p *process) stopWall(down time.Duration) {
	w := p.w
	if down < time.Hour || w.wall > 0 || !w.strikes(WallStops) {
		return
	}
	w.wall -= down
	w.say("wall", "stopped for "+down.String(), "")
	w.after(down+w.between(time.Second, 15*time.Minute), func() {
		w.wall += down
		w.say("wall", "right again", "")
	})
}

// forge is a webhook that nobody at Klarna sent, or one about something else.
func (w *world) forge() {
	in := engine.Nudged{Request: "krn:payment:eu1:request:forged", Reference: "forged"}
	if books := w.oracle.books; len(books) > 0 && w.flip() {
		b := books[w.rng.IntN(len(books))]
		in.Request, in.Reference = b.disk.Request.ID, b.disk.Reference
	}
	w.proc.post(in)
}

// decide is a member of staff going through the list of payments that need a person, with Klarna's portal open.
func (w *world) decide() {
	p := w.proc
	if !p.up {
		return
	}
	if books := w.oracle.books; len(books) > 0 && w.flip() { // a customer brings the goods back
		b := books[w.rng.IntN(len(books))]
		w.say("staff", b.id.String(), "back")
		p.post(engine.Decided{ID: b.id, As: payment.DecideGiveBack, Reason: "brought back", By: "staff"})
	}
	for _, due := range p.core.Attention(p.instant()) {
		if w.rng.IntN(3) == 0 {
			continue
		}
		if due.State == payment.StateCaptured {
			w.decideRefunds(due)
			continue
		}
		b := w.oracle.byID[due.ID]
		as := payment.DecideGiveBack
		switch {
		case due.Transaction.ID != "" && w.rng.IntN(8) == 0:
			as = payment.DecideNoCharge // a slip, which must be refused
		case w.oracle.harmless(b):
			as = payment.DecideNoCharge
		case b.goods, b.liveTx() != nil && (due.State == payment.StateAttention || w.rng.IntN(4) == 0): // perhaps the goods were handed over without a word
			as = payment.DecideDelivered
		case due.State == payment.StateAttention && due.Transaction.ID == "":
			continue // the portal shows a charge that nobody here knows: support
		}
		if as == payment.DecideDelivered && due.State == payment.StateAttention && due.Issued.Minor > 0 && !w.settlePart(b, due) {
			continue
		}
		w.say("staff", b.id.String(), string(as))
		p.post(engine.Decided{ID: due.ID, As: as, Reason: "seen in the portal", By: "staff"})
	}
}
