// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"
	"strconv"
	"time"

	"tillbridge/payment"
)

// till is one till with its cashier.
type till struct {
	w     *world
	l     *lane
	probe bool // answers AskHere
	brief bool // speaks in single requests
	link  *link

	left    int // sales still to make
	number  int // of the last id
	cur     *ticket
	tickets []*ticket
	backs   []*back // refunds asked for
	brought int     // of them, those to come among them
	done    bool    // through with its list
	away    bool    // left for good
}

// ticket is one sale as the till sees it.
type ticket struct {
	issued bool           // the goods are out
	part   payment.Amount // of them; zero means all
	id     payment.TillID
	order  payment.Order
	// What was heard.
	word payment.Outcome
	back bool // the approval was given back
	// What was said, and what was recorded of it.
	said, recorded payment.Outcome
	says           bool          // its answer to an approval is fixed
	no             bool          // and it is no
	mute           bool          // never confirms
	silent         bool          // does not answer AskHere
	late           bool          // was cancelled after its result
	reacted        time.Duration // last time a word made the till say something
	closed         bool          // refused, or given up
	asks           int
}

func newTill(l *lane, sales int) *till {
	w := l.w
	t := &till{w: w, l: l, left: sales, brief: w.rng.IntN(4) == 0}
	t.probe = !t.brief && w.probing && w.flip()
	return t
}

func (t *till) name() string { return string(t.l.engine.ID) }

func (t *till) begin() { t.w.after(t.w.upTo(20*time.Second), t.next) }

// next starts the next sale.
func (t *till) next() {
	switch {
	case t.away || t.done || !t.w.stormy:
		return
	case t.left == 0:
		t.done = true
		return
	}
	t.left--
	t.number++
	k := &ticket{id: payment.TillID(strconv.Itoa(t.number)), order: payment.Order{
		Amount: payment.Amount{Minor: 100 + t.w.rng.Int64N(50_000), Currency: "EUR"}, Ref: "R" + strconv.Itoa(t.number),
	}}
	t.w.tokens.shape(t, &k.order)
	k.mute, k.silent = t.w.strikes(NeverConfirms), t.w.strikes(StaysSilent)
	t.cur = k
	t.tickets = append(t.tickets, k)
	if t.w.strikes(CancelsEarly) {
		t.ask(payment.Cancel{ID: k.id})
		t.w.after(t.w.upTo(3*time.Second), func() { t.pay(k) })
	} else {
		t.pay(k)
	}
	t.whims(k)
	t.watch(k)
}

func (t *till) pay(k *ticket) { t.ask(payment.Pay{ID: k.id, Order: k.order}) }

// ask says something, over the open link or in a request of its own.
func (t *till) ask(a payment.Ask) {
	if t.away {
		return
	}
	if t.brief {
		t.request(a)
		return
	}
	if t.link == nil || !t.link.open {
		t.link = t.connect(false)
	}
	if t.link != nil {
		t.link.up(a)
	}
}

// request is a link for one ask. It is held open for its answer for a while.
func (t *till) request(a payment.Ask) {
	k := t.connect(true)
	if k == nil {
		return
	}
	k.up(a)
	t.w.after(t.w.between(2*time.Second, 30*time.Second), k.hangUp)
}

// watch looks after a sale that has no end yet.
func (t *till) watch(k *ticket) {
	in := t.w.between(15*time.Second, 40*time.Second)
	if t.brief {
		in = t.w.between(2*time.Second, 8*time.Second)
	}
	t.w.after(in, func() {
		if t.away || t.resolved(k) {
			return
		}
		if k.asks++; t.cur == k && k.asks > 40 {
			t.finish(k)
		}
		if t.cur != k && t.w.stormy {
			return
		}
		t.chase(k)
		t.watch(k)
	})
}

// chase asks for what is missing: a confirmation's record, or the result.
func (t *till) chase(k *ticket) {
	if k.word != "" && k.said == k.word && k.recorded != k.word && !k.mute {
		t.confirm(k)
		return
	}
	t.ask(payment.Status{ID: k.id})
}

// resolved: nothing more is expected.
func (t *till) resolved(k *ticket) bool {
	switch {
	case k.closed:
		return true
	case k.word == "" || k.word == payment.Unknown:
		return false
	}
	return k.mute || k.back || k.recorded == k.word
}

// finish goes on to the next customer.
func (t *till) finish(k *ticket) {
	if t.cur != k {
		return
	}
	t.cur = nil
	gap := t.w.between(time.Second, 40*time.Second)
	if t.w.rng.IntN(20) == 0 {
		gap = t.w.between(time.Minute, 30*time.Minute)
	}
	t.w.after(gap, t.next)
}

// lost: the link broke. The till comes back by itself.
func (t *till) lost(k *link) {
	if t.link != k || t.away {
		return
	}
	t.link = nil
	t.reconnect()
}

func (t *till) reconnect() {
	t.w.after(t.w.between(100*time.Millisecond, 5*time.Second), func() {
		if t.away || t.brief || t.link != nil && t.link.open {
			return
		}
		if t.link = t.connect(false); t.link == nil {
			t.reconnect()
		}
	})
}

// leave walks away for good, with the link broken or left hanging. Another till takes its place later,
// and knows nothing of its sales.
func (t *till) leave() {
	t.away, t.done = true, true
	if t.link != nil {
		t.link.deafUp, t.link.deafDown = true, true
		t.link.hangUp()
	}
	heir := newTill(t.l, t.left)
	heir.number = t.number
	t.l.tills = append(t.l.tills, heir)
	t.w.after(t.w.between(time.Minute, 20*time.Minute), heir.next)
}

// returns: the storm is over. Every sale of this till is brought to its end.
func (t *till) returns() {
	t.done = true
	if t.away {
		return
	}
	if t.link != nil {
		t.link.hangUp()
		t.link = nil
	}
	t.w.after(t.w.upTo(5*time.Second), func() {
		for _, k := range t.tickets {
			if !t.resolved(k) {
				k.silent, k.asks = false, 0
				t.chase(k)
				t.watch(k)
			}
		}
		for _, r := range t.backs {
			if !r.over() {
				r.asks = 0
				t.refund(r)
				t.watchRefund(r)
			}
		}
	})
}

// waits reports whether the till still expects something that must come.
func (t *till) waits() bool {
	if t.away {
		return false
	}
	for _, k := range t.tickets {
		if t.resolved(k) {
			continue
		}
		b := t.l.w.oracle.book(payment.ID{Lane: t.l.engine.ID, Till: k.id})
		if k.word != payment.Unknown || b.accepted && b.disk.State != payment.StateAttention {
			return true
		}
	}
	return slices.ContainsFunc(t.backs, func(r *back) bool { return !r.over() })
}
