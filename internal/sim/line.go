// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// link is one connection between a till and a process.
type link struct {
	t     *till
	id    payment.LinkID
	of    payment.Link
	gen   int  // of the process at the other end
	open  bool // as the till sees it
	since time.Duration
	// Half open: what goes this way is lost, and nobody is told.
	deafUp, deafDown bool
	lastUp, lastDown time.Duration // a line keeps its order unless it does not
}

// connect opens a link, or returns nil if nobody listens.
func (t *till) connect(brief bool) *link {
	w := t.w
	p := w.proc
	if !p.up {
		return nil
	}
	w.nextLn++
	k := &link{t: t, id: w.nextLn, gen: p.gen, open: true, since: w.now}
	k.of = payment.Link{Lane: t.l.engine.ID, Probe: t.probe && !brief, Brief: brief}
	p.links = append(p.links, k)
	p.post(engine.LinkOpened{Link: k.id, Of: k.of})
	return k
}

// up carries what the till says.
func (k *link) up(a payment.Ask) {
	w := k.t.w
	if !k.open {
		return
	}
	w.say("till", k.t.name(), askName(a))
	if w.strikes(HalfOpen) {
		k.deafUp = w.flip()
		k.deafDown = !k.deafUp
	}
	if k.deafUp || w.strikes(UpLost) || w.strikes(LineGarbles) {
		return
	}
	k.arriveUp(a)
	if w.strikes(LineDup) {
		k.arriveUp(a)
	}
}

func (k *link) arriveUp(a payment.Ask) {
	k.carry(&k.lastUp, func() {
		p := k.t.w.proc
		if p.gen == k.gen && p.link(k.id) != nil {
			p.post(engine.Heard{Link: k.id, Ask: a})
		}
	})
}

// down carries what we say.
func (k *link) down(word payment.Word) {
	w := k.t.w
	if w.manual || k.deafDown || w.strikes(DownLost) {
		return
	}
	k.arriveDown(word)
	if w.strikes(LineDup) {
		k.arriveDown(word)
	}
}

func (k *link) arriveDown(word payment.Word) {
	k.carry(&k.lastDown, func() {
		if k.open {
			k.t.hear(k, word)
		}
	})
}

func (k *link) carry(last *time.Duration, arrive func()) {
	w := k.t.w
	at := w.now + w.between(2*time.Millisecond, 40*time.Millisecond)
	if w.strikes(LineLate) {
		at += w.upTo(40 * time.Second)
	}
	if w.strikes(LineReorders) {
		at += w.upTo(2 * time.Second)
	} else {
		at = max(at, *last)
		*last = at
	}
	w.queue.push(at, arrive)
}

// hangUp closes the link from the till's side. A half-open one is noticed late.
func (k *link) hangUp() {
	if !k.open {
		return
	}
	w := k.t.w
	k.open = false
	in := w.between(time.Millisecond, 50*time.Millisecond)
	if k.deafUp || w.strikes(HalfOpen) {
		in = w.upTo(3 * time.Minute)
	}
	w.after(in, k.gone)
}

// gone is the process noticing that the link is closed.
func (k *link) gone() {
	p := k.t.w.proc
	if p.gen != k.gen || p.link(k.id) == nil {
		return
	}
	for i, o := range p.links {
		if o == k {
			p.links = append(p.links[:i], p.links[i+1:]...)
			break
		}
	}
	p.ended = append(p.ended, k)
	p.post(engine.LinkClosed{Link: k.id})
}

// broken is the process having died: the till notices a moment later.
func (k *link) broken() {
	if k.t.w.manual {
		return
	}
	k.t.w.after(k.t.w.upTo(3*time.Second), func() {
		if k.open {
			k.open = false
			k.t.lost(k)
		}
	})
}

func askName(a payment.Ask) string {
	switch a := a.(type) {
	case payment.Pay:
		return "pay " + string(a.ID)
	case payment.Cancel:
		return "cancel " + string(a.ID)
	case payment.Status:
		return "status " + string(a.ID)
	case payment.Confirm:
		if !a.OK {
			return "no " + string(a.Outcome) + " " + string(a.ID)
		}
		return "confirm " + string(a.Outcome) + " " + string(a.ID)
	case payment.GiveBack:
		return "give back " + string(a.ID)
	case payment.RefundPart:
		return "refund " + string(a.ID) + " of " + string(a.Of)
	case payment.Here:
		return "here " + string(a.ID)
	case payment.Look:
		return "look"
	case payment.Forget:
		return "forget " + string(a.Handle)
	}
	return "?"
}
