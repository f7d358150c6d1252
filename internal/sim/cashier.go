// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"strconv"
	"time"

	"tillbridge/payment"
)

// whims plans what this sale's cashier will do besides waiting.
func (t *till) whims(k *ticket) {
	w := t.w
	if w.strikes(RepeatsPay) {
		t.storm(w.upTo(time.Minute), func() { t.pay(k) })
	}
	if w.strikes(RepeatsOther) {
		t.storm(w.upTo(2*time.Minute), func() {
			other := k.order
			other.Amount.Minor++
			t.ask(payment.Pay{ID: k.id, Order: other})
		})
	}
	if w.strikes(RepeatsLater) {
		t.storm(w.between(3*time.Minute, 26*time.Hour), func() { t.pay(k) })
	}
	if w.strikes(Cancels) {
		at := w.upTo(3 * time.Minute)
		t.storm(at, func() { t.ask(payment.Cancel{ID: k.id}) })
		if w.flip() {
			t.storm(at+w.upTo(10*time.Second), func() { t.ask(payment.Cancel{ID: k.id}) })
		}
	}
	if w.strikes(StatusStorm) {
		at := w.upTo(2 * time.Minute)
		for range 15 {
			at += w.upTo(300 * time.Millisecond)
			t.storm(at, func() {
				t.ask(payment.Status{ID: k.id})
				if w.rng.IntN(4) == 0 {
					t.ask(payment.Here{ID: k.id}) // nobody has asked
				}
			})
		}
	}
	if w.strikes(UnknownID) {
		t.storm(w.upTo(time.Minute), func() { t.strange() })
	}
	if w.strikes(PaysWhileBusy) {
		t.storm(w.upTo(time.Minute), func() { t.hasty() })
	}
	t.mishaps(k)
}

// storm plans something that only happens while the storm lasts.
func (t *till) storm(in time.Duration, do func()) {
	t.w.after(in, func() {
		if t.w.stormy {
			do()
		}
	})
}

// strange asks about what never was, and what the lane is doing.
func (t *till) strange() {
	t.ask(payment.Status{ID: "never-was"})
	t.ask(payment.Confirm{ID: "never-was", Outcome: payment.Approved, OK: true})
	t.ask(payment.Here{ID: "never-was"})
	t.ask(payment.Look{})
	t.ask(payment.Status{Last: true})
	if t.w.rng.IntN(8) == 0 {
		t.ask(payment.Cancel{ID: payment.TillID("c" + strconv.Itoa(t.number))})
	}
}

// hasty sends a second sale while one is open.
func (t *till) hasty() {
	if t.cur == nil || t.left == 0 {
		return
	}
	t.left--
	t.number++
	k := &ticket{id: payment.TillID(strconv.Itoa(t.number)), order: payment.Order{
		Amount: payment.Amount{Minor: 100 + t.w.rng.Int64N(50_000), Currency: "EUR"}, Ref: "R" + strconv.Itoa(t.number),
	}}
	t.tickets = append(t.tickets, k)
	t.pay(k)
	t.watch(k)
}

// mishaps plans what happens to the till.
func (t *till) mishaps(k *ticket) {
	w := t.w
	if w.strikes(TillReboots) {
		t.storm(w.upTo(3*time.Minute), func() { t.reboot(k) })
	}
	if w.strikes(LinkDrops) {
		t.storm(w.upTo(3*time.Minute), t.drop)
	}
	if w.strikes(TillLeaves) {
		t.storm(w.upTo(3*time.Minute), t.leave)
	}
	if w.strikes(SecondLink) {
		t.storm(w.upTo(2*time.Minute), func() { t.second(k) })
	}
}

// drop breaks the link for a moment.
func (t *till) drop() {
	if t.link == nil || t.away {
		return
	}
	k := t.link
	k.hangUp()
	t.lost(k)
}

// reboot forgets the open sale, or asks about it when it is back.
func (t *till) reboot(k *ticket) {
	t.drop()
	t.w.after(t.w.between(5*time.Second, 3*time.Minute), func() {
		switch t.w.rng.IntN(3) {
		case 0:
			t.finish(k)
		case 1:
			t.ask(payment.Status{Last: true})
		default:
			t.ask(payment.Status{ID: k.id})
		}
	})
}

// second is another connection on the same lane, about the same sale.
func (t *till) second(k *ticket) {
	o := t.connect(t.w.flip())
	if o == nil {
		return
	}
	switch t.w.rng.IntN(4) {
	case 0:
		o.up(payment.Pay{ID: k.id, Order: k.order})
	case 1:
		o.up(payment.Cancel{ID: k.id})
	default:
		o.up(payment.Status{ID: k.id})
	}
	t.w.after(t.w.upTo(2*time.Minute), o.hangUp)
}
