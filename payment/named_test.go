// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
)

// oneCapture is a read of a transaction of which there is one capture.
func oneCapture() payment.TransactionSeen {
	e := holding(payment.TransactionCaptured)
	e.CaptureID = "capture-2"
	return e
}

// capturedAtOnce is a sale that its authorize has captured, issued and acknowledged; capture is what the answer calls it.
func capturedAtOnce(capture string) []payment.Event {
	now := captureNow()
	e := approval(key(payment.WriteAuthorize, 1))
	e.Transaction.Captured, e.CaptureID = true, capture
	now[len(now)-1] = e
	return after(now, payment.Offered{At: at(time.Minute)}, confirmed(payment.Approved, true))
}

// A refund goes by the capture, so its name is kept from whatever tells it first.
func TestTheCaptureKeepsItsFirstName(t *testing.T) {
	capt, refund := key(payment.WriteCapture, 1), key(payment.WriteRefund, 1)
	took := payment.Captured{At: at(time.Hour), Key: capt}
	asked := payment.ReversalAsked{At: at(2 * time.Hour)}
	tests := map[string]struct {
		events []payment.Event
		want   string
	}{
		"an authorize that captures names it":             {capturedAtOnce("capture-1"), "capture-1"},
		"one that does not say":                           {capturedAtOnce(""), ""},
		"the answer to the capture names it":              {sold(), "capture-1"},
		"an answer without a name":                        {after(captureSent(), took), ""},
		"a read after a refused capture names it":         {after(captureSent(), refused(capt), oneCapture()), "capture-2"},
		"a read that changes nothing else names it, too":  {after(captureSent(), resolved(payment.DecideGiveBack), refused(capt), holding(payment.TransactionAuthorized), oneCapture()), "capture-2"},
		"while a refund may be repeated, a read does not": {after(capturedAtOnce(""), asked, intended(payment.WriteRefund, 1), oneCapture()), ""},
		"once it is refused, a read does":                 {after(capturedAtOnce(""), asked, intended(payment.WriteRefund, 1), refused(refund), oneCapture()), "capture-2"},
		"a later read does not rename it":                 {after(capturedAtOnce("capture-1"), asked, intended(payment.WriteRefund, 1), refused(refund), oneCapture()), "capture-1"},
		"one of several that staff make in the portal does not": {
			after(captureSent(), refused(capt), holding(payment.TransactionAuthorized), halfByHand(), sums(payment.TransactionCaptured, 1610, 0)), "",
		},
		"an approval that a person must look at has it, too": {capturedOtherAmount("capture-1"), "capture-1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := start()
			for _, e := range tt.events {
				next, _, err := payment.Step(p, e)
				switch {
				case err == nil:
					p = next
				case e.Kind() != "transaction_seen": // which may change nothing
					t.Fatalf("%s in %s: %v", e.Kind(), p.State, err)
				}
			}
			if p.CaptureID != tt.want {
				t.Errorf("CaptureID = %q, want %q", p.CaptureID, tt.want)
			}
		})
	}
}

// halfByHand is a read after staff captured a part of the sale in Klarna's portal.
func halfByHand() payment.TransactionSeen {
	e := sums(payment.TransactionAuthorized, 500, 0)
	e.CaptureID = "portal-1"
	return e
}

// capturedOtherAmount is a captured approval of another amount than was asked for.
func capturedOtherAmount(capture string) []payment.Event {
	events := capturedAtOnce(capture)[:3]
	e := otherAmount(key(payment.WriteAuthorize, 1))
	e.CaptureID = capture
	events[2] = e
	return events
}

// A journal that was written before captures had names here is read as it was.
func TestAnApprovalWithoutACaptureIsReadAsBefore(t *testing.T) {
	e := approval(key(payment.WriteAuthorize, 1))
	fields, err := payment.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(fields), "capture_id") {
		t.Errorf("an approval without a capture is written with one: %s", fields)
	}
	old := `{"at":"2026-11-20T12:00:00Z","key":"k","transaction":{"id":"tx","amount":{"minor":1610,"currency":"EUR"},"reference":"r","captured":true}}`
	got, err := payment.UnmarshalEvent(e.Kind(), []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	a, ok := got.(payment.ApprovedByKlarna)
	if !ok || a.CaptureID != "" || a.Transaction.ID != "tx" || !a.Transaction.Captured {
		t.Errorf("read %+v", got)
	}
	if again, err := json.Marshal(a); err != nil || string(again) != old {
		t.Errorf("written again %s, %v, want %s", again, err, old)
	}
}
