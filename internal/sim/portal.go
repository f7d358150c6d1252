// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"

	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// settlePart is a member of staff who makes a sale that was issued in part right in Klarna's portal, before saying
// so: what was issued is captured, and the rest is given up. As long as a call may still arrive, the portal is looked
// at later.
func (w *world) settlePart(b *book, p payment.Payment) bool {
	t := b.liveTx()
	waits := slices.ContainsFunc(w.net.flights, func(f *flight) bool { return f.id == b.id })
	if t == nil || waits {
		return false
	}
	if p.CaptureNow {
		w.giveInPortal(t, p.Rest().Minor-t.refunded)
		return true
	}
	w.takeInPortal(t, p.Issued.Minor-t.captured)
	if a := w.net.klarna.Do(w.time(), sandbox.Request{Call: sandbox.Void{ID: t.id}}); a.Problem == nil {
		t.released = t.amount - t.captured
	}
	return true
}

func (w *world) giveInPortal(t *tx, minor int64) {
	if minor <= 0 {
		return
	}
	a := w.net.klarna.Do(w.time(), sandbox.Request{Call: sandbox.GiveBack{ID: t.id, Amount: minor}})
	if a.Refund == nil {
		w.fail("I14", "%s: the portal refuses to refund %d", t.b.id, minor)
		return
	}
	t.ops = append(t.ops, a.Refund.ID)
	t.refunded += minor
}

func (w *world) takeInPortal(t *tx, minor int64) {
	if minor <= 0 {
		return
	}
	a := w.net.klarna.Do(w.time(), sandbox.Request{Call: sandbox.Take{ID: t.id, Amount: minor}})
	if a.Capture == nil {
		w.fail("I14", "%s: the portal refuses to capture %d", t.b.id, minor)
		return
	}
	t.ops = append(t.ops, a.Capture.ID)
	t.captured += minor
}
