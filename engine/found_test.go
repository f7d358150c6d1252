// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// Every test here is a mistake that the simulator found.

func TestAFinishedPaymentOnAnOpenLinkDoesNotSpin(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	d.answer(d.lastSend(), engine.Declined{})
	for range 100 {
		next, ok := d.core.Next()
		if !ok {
			break
		}
		d.now = engine.Instant{Up: max(next, d.now.Up), Wall: d.now.Wall.Add(max(next-d.now.Up, 0))}
		d.input(engine.Tick{})
	}
	if next, ok := d.core.Next(); ok {
		t.Errorf("Next() = %v, true at %v, want false: the link is open, and nothing is left to do", next, d.now.Up)
	}
	if d.core.Knows(p1) {
		t.Error("a finished payment stays in memory for as long as its link is open")
	}
}

func TestARepeatedFinalizeIsNotAFreshRead(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.answer(call, engine.Unclear{}) // executed: it opened a second round, and the answer was lost
	d.after(10 * time.Second)
	d.answer(d.lastSend(), stepUp("r2"))
	d.wantState(payment.StateWaiting)
	if d.scene.Fresh {
		t.Error("a code is shown on an answer that is as old as the first try")
	}
	d.read(payment.RequestInProgress)
	if d.scene.Fresh {
		t.Error("a code is shown that was scanned")
	}
}

func TestAnApprovalIsListedEvenIfTheWallClockWasPutBack(t *testing.T) {
	d := newDesk(t)
	d.now.Wall = d.now.Wall.AddDate(10, 0, 0)
	d.toOffered()
	d.now = engine.Instant{Up: d.now.Up + 11*time.Minute, Wall: d.now.Wall.AddDate(-10, 0, 0)}
	if list := d.core.Attention(d.now); len(list) != 1 {
		t.Errorf("Attention() lists %d payments after 11 minutes without an acknowledgement, want 1", len(list))
	}
}
