// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"

	"tillbridge/engine"
	"tillbridge/payment"
)

// capturedAtOnce is a delivered sale that its authorize has captured; capture is what the answer called it.
func capturedAtOnce(t *testing.T, capture string) *desk {
	t.Helper()
	set := settings()
	set.CaptureNow = true
	d := newDeskWith(t, set)
	call := d.toFinalizing()
	a := d.approved()
	a.Transaction.Captured, a.CaptureID = true, capture
	d.answer(call, a)
	d.say(1, yes(0))
	d.wantState(payment.StateCaptured)
	return d
}

// A refund of what the authorize captured goes by the capture that the answer named.
func TestARefundOfACaptureAtOnceKnowsIt(t *testing.T) {
	d := capturedAtOnce(t, "tx-1:capture:1")
	d.refund("R1", 500)
	if got := d.lastSend().Payment.CaptureID; got != "tx-1:capture:1" {
		t.Errorf("refunded by capture %q", got)
	}
}

// What a read tells of the capture counts for the next refund. The one under way is repeated as it was.
func TestAReadNamesTheCaptureForTheNextRefund(t *testing.T) {
	d := capturedAtOnce(t, "")
	seen := engine.TransactionRead{ID: p1, Holding: engine.Holding{
		Status: payment.TransactionCaptured, Captured: amount, Counted: true, CaptureID: "tx-1:capture:1",
	}}
	d.refund("R1", 500)
	first := d.lastSend()
	d.input(seen)
	if got := d.disk[p1].CaptureID; got != "" {
		t.Errorf("a refund under way was renamed to capture %q", got)
	}
	d.answer(first, engine.Refused{Code: "FORBIDDEN"})
	d.input(seen)
	d.refund("R2", 300)
	if got := d.lastSend().Payment.CaptureID; first.Payment.CaptureID != "" || got != "tx-1:capture:1" {
		t.Errorf("refunded by capture %q, then by %q", first.Payment.CaptureID, got)
	}
}
