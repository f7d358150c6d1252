// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"

	"tillbridge/engine"
	"tillbridge/payment"
	"tillbridge/store"
)

// shown checks what a lane's screens are to show.
func (o *oracle) shown(s engine.Scene) {
	if s.Payment.ID.Lane != "" && s.Payment.ID.Lane != s.Lane {
		o.w.fail("I23", "%s shows %s", s.Lane, s.Payment.ID)
	}
	o.w.tokens.shows(s.Payment)
}

// turnEnded checks what must hold after every turn.
func (o *oracle) turnEnded() {
	for _, l := range o.w.lanes {
		if !l.scene.Fresh {
			continue
		}
		b := o.byID[l.scene.Payment.ID]
		switch {
		case b == nil || !b.known:
			o.w.fail("I18", "%s shows a payment that is not durable", l.engine.ID)
		case b.disk.State != payment.StateWaiting:
			o.w.fail("I23", "%s still shows the code of %s, which is %s", l.engine.ID, b.id, b.disk.State)
		case !b.submitted || l.scene.Payment.Request.URL != b.disk.Request.URL:
			o.w.fail("I23", "%s shows a code of %s that was not read as open", l.engine.ID, b.id)
		default:
			o.rightCode(b)
		}
	}
	for _, b := range o.moved {
		b.passed = 0
	}
	o.moved = o.moved[:0]
	for _, b := range o.open {
		b.wasOpen = b.submitted
		if b.disk.State == payment.StateApproved && b.disk.Offered {
			o.offeredAgain(b)
		}
		o.punctual(b)
	}
	o.tombstones()
	o.opened = nil
}

// offeredAgain: an approval that nobody acknowledged is told to a link that has just opened, and from time to time to
// one that stays open.
func (o *oracle) offeredAgain(b *book) {
	now := o.up()
	for _, id := range o.opened {
		if k := o.w.proc.link(id); k != nil && k.of.Lane == b.id.Lane && b.offeredUp != now {
			o.w.fail("I21", "%s was approved and is not offered to a till that came back", b.id)
		}
	}
	if o.listening(b) && now-max(b.offeredUp, b.contact, o.thawed()) > reofferAtMost {
		o.w.fail("I21", "%s was approved and not offered again for %v", b.id, now-max(b.offeredUp, b.contact))
	}
}

// listening: somebody on the payment's lane would hear it.
func (o *oracle) listening(b *book) bool {
	return len(b.spoke) > 0 || slices.ContainsFunc(o.w.proc.links, func(k *link) bool {
		return k.open && k.of.Lane == b.id.Lane && !k.of.Brief && o.w.now-k.since > reofferAtMost
	})
}

// settled: nothing is left to do for the process.
func (o *oracle) settled(b *book) bool {
	p := b.disk
	if _, waits := p.NextRefund(); waits {
		return false
	}
	return p.State.Final() || p.State == payment.StateAttention || p.State == payment.StateApproved && p.Offered
}

// harmless: no charge lives and none can come to exist. It is what staff see in Klarna's portal.
func (o *oracle) harmless(b *book) bool {
	if b.liveTx() != nil {
		return false
	}
	for _, f := range o.w.net.flights {
		if f.id == b.id && o.dangerous(f) {
			return false
		}
	}
	return true
}

// chainEvery: every so many seeds the whole chain of records is read again.
const chainEvery = 8

// atEnd: the storm is over and everything had its time.
func (o *oracle) atEnd() {
	w := o.w
	later := w.proc.instant() // by when an approval that is still untold is listed
	later.Up += w.settings().Listed
	later.Wall = later.Wall.Add(w.settings().Listed)
	for _, p := range w.proc.core.Attention(later) {
		o.book(p.ID).listed = true
		if p.Reason == "" {
			w.fail("I14", "%s is listed without a reason", p.ID)
		}
	}
	if w.seed%chainEvery == 0 {
		if err := store.CheckChain(epoch, w.disk.values); err != nil {
			w.fail("I17", "%v", err)
		}
	}
	if charges := w.net.klarna.Ledger().Transactions; len(charges) != len(o.txs) {
		w.fail("I14", "klarna holds %d charges, %d are known", len(charges), len(o.txs))
	}
	for _, b := range o.books {
		if b.known {
			o.endOf(b)
		}
	}
	o.endOfRefunds()
	w.tokens.atEnd(o.books)
	for _, l := range w.lanes {
		for _, t := range l.tills {
			o.endOfTill(t)
		}
	}
}

func (o *oracle) endOf(b *book) {
	w, p := o.w, b.disk
	if !o.settled(b) {
		w.fail("I15", "%s is still %s", b.id, p.State)
		return
	}
	if p.Busy() {
		w.fail("I15", "%s still holds its lane", b.id)
	}
	live := b.liveTx()
	kept := p.State == payment.StateCaptured && (b.saidYes || b.staffYes)
	if live != nil && !kept && !b.listed {
		w.fail("I14", "%s is charged, %s, and nobody knows", b.id, p.State)
	}
	if live != nil && kept && live.captured != live.amount-live.released {
		w.fail("I14", "%s is %s and %d of %d were captured", b.id, p.State, live.captured, live.amount)
	}
	if live != nil && kept && p.Issued.Minor > 0 && !p.Refunding() && live.captured-live.refunded+p.Refunded() != p.Issued.Minor {
		w.fail("I14", "%s: %d were issued, %d captured and %d of them given back", b.id, p.Issued.Minor, live.captured, live.refunded)
	}
	if live == nil && kept && !p.GivenBack() && !p.Refunding() {
		w.fail("I14", "%s is captured and no charge lives", b.id)
	}
	if live == nil && b.goods && !b.saidNo && !b.staffBack && !p.GivenBack() && !p.Refunding() {
		w.fail("I14", "the goods of %s are gone, and so is the charge", b.id)
	}
	if live != nil && b.causes.ruled && !b.listed {
		w.fail("I14", "%s was to be given back by a person's word, and is %s", b.id, p.State)
	}
	if w.calm && (p.State != payment.StateCaptured || w.disk.kept[b.id].commits > 9) {
		w.fail("plain sale", "%s is %s after %d commits, without any trouble", b.id, p.State, w.disk.kept[b.id].commits)
	}
}

// endOfTill: a till that came back has heard everything.
func (o *oracle) endOfTill(t *till) {
	if t.away {
		return
	}
	for _, k := range t.tickets {
		b := o.book(payment.ID{Lane: t.l.engine.ID, Till: k.id})
		if b.accepted && !t.resolved(k) && b.disk.State != payment.StateAttention {
			o.w.fail("I15", "%s: the till asks and asks, and has heard %q", b.id, k.word)
		}
	}
	o.endOfBacks(t)
}
