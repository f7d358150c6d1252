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
	state := w.net.stateOf(t.id)
	if p.CaptureNow {
		rest := p.Rest().Minor - t.refunded
		if state == sandbox.TransactionClosed && rest > 0 {
			return false
		}
		t.refunded += w.portal(t, sandbox.GiveBack{ID: t.id, Amount: rest}, rest)
		return true
	}
	owed := p.Issued.Minor - t.captured
	if state != sandbox.TransactionAuthorized {
		return owed <= 0
	}
	t.captured += w.portal(t, sandbox.Take{ID: t.id, Amount: owed}, owed)
	if a := w.net.klarna.Do(w.time(), sandbox.Request{Call: sandbox.Void{ID: t.id}}); a.Problem == nil {
		t.released = t.amount - t.captured
	}
	return true
}

// portal moves money by hand, and tells how much in minor units.
func (w *world) portal(t *tx, c sandbox.Call, minor int64) int64 {
	if minor <= 0 {
		return 0
	}
	switch a := w.net.klarna.Do(w.time(), sandbox.Request{Call: c}); {
	case a.Refund != nil:
		t.ops = append(t.ops, a.Refund.ID)
	case a.Capture != nil:
		t.ops = append(t.ops, a.Capture.ID)
	default:
		w.fail("I14", "%s: Klarna's portal refuses %T of %d", t.b.id, c, minor)
		return 0
	}
	return minor
}
