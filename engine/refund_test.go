// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// toCaptured brings a payment to its end.
func (d *desk) toCaptured() {
	d.t.Helper()
	d.toOffered()
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
	d.wantState(payment.StateCaptured)
}

func euro(minor int64) payment.Amount { return payment.Amount{Minor: minor, Currency: "EUR"} }

// refund asks for a part of the one sale, or for all that is left of it.
func (d *desk) refund(id payment.TillID, minor int64) {
	d.t.Helper()
	ask := payment.RefundPart{ID: id, Of: p1.Till}
	if minor > 0 {
		ask.Amount = euro(minor)
	}
	d.say(1, ask)
}

func (d *desk) wantRefund(id payment.TillID, want payment.RefundStatus, why payment.Reason) {
	d.t.Helper()
	r, ok := d.disk[p1].Refund(id)
	if !ok || r.Status != want || r.Reason != why {
		d.t.Fatalf("refund %s is %q for %q, want %q for %q (said %q)", id, r.Status, r.Reason, want, why, d.said)
	}
}

func (d *desk) wantReadTransaction() {
	d.t.Helper()
	if !slices.ContainsFunc(d.calls, func(a engine.Action) bool { _, ok := a.(engine.ReadTransaction); return ok }) {
		d.t.Fatalf("called %#v, want the transaction read", d.calls)
	}
}

func (d *desk) holding(s payment.TransactionStatus, refunded int64) {
	d.t.Helper()
	d.input(engine.TransactionRead{ID: p1, Holding: engine.Holding{Status: s, Refunded: refunded, Counted: true}})
}

func TestASaleIsRefundedInParts(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	d.wantSaid("refund R1 running")
	first := d.lastSend()
	if first.Intent.Refund != "R1" || first.Payment.CaptureID != "c1" {
		t.Errorf("sent %+v of a sale with capture %q", first.Intent, first.Payment.CaptureID)
	}
	d.refund("R2", 0) // all that is left, which waits for the first
	d.wantSaid("refund R2 running")
	d.wantNoCall()
	d.answer(first, engine.Done{RefundID: "k1"})
	d.wantSaid("refund R1 done")
	second := d.lastSend()
	if second.Intent.Key == first.Intent.Key || string(second.Body) == string(first.Body) {
		t.Error("two refunds share a key or bytes")
	}
	d.answer(second, engine.Done{RefundID: "k2"})
	d.wantSaid("refund R2 done")
	if p := d.disk[p1]; p.Refunded() != amount || p.Refunds[0].KlarnaID != "k1" || !p.Final() {
		t.Errorf("the sale ends as %+v", p.Refunds)
	}
	if len(d.blob) != 0 {
		t.Errorf("%d bodies left on disk after the refunds, want none", len(d.blob))
	}
	d.say(1, payment.Status{ID: p1.Till})
	d.wantSaid("result approved replay given back")
}

// Row 75: the same refund again is one refund, whatever became of the first, and after a restart too.
func TestRow75TheSameRefundAgainIsOneRefund(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	call := d.lastSend()
	d.refund("R1", 500)
	d.wantSaid("refund R1 running replay")
	d.wantNoCall()
	d.refund("R1", 0)
	d.wantSaid("refund R1 running replay")
	d.answer(call, engine.Done{})
	d.refund("R1", 500)
	d.wantSaid("refund R1 done replay")
	d.wantNoCall()
	d.restart(time.Minute)
	d.open(1, false)
	d.core.Remember(d.now, d.disk[p1])
	d.refund("R1", 500)
	d.wantSaid("refund R1 done replay")
	d.wantNoCall()
}

func TestRow75RefundsThatAreNotTaken(t *testing.T) {
	tests := map[string]struct {
		to   func(*desk)
		ask  payment.RefundPart
		want string
	}{
		"row 75: a sale that is not known": {
			func(d *desk) { d.open(1, false) }, payment.RefundPart{ID: "R1", Of: "never", Amount: euro(5)}, "refusal unknown_sale",
		},
		"row 75: the sale of another lane": {
			(*desk).toCaptured, payment.RefundPart{ID: "R1", Of: "T1-2", Amount: euro(5)}, "refusal unknown_sale",
		},
		"row 75: a sale that was cancelled before it began": {
			func(d *desk) { d.open(1, false); d.say(1, payment.Cancel{ID: p1.Till}) }, payment.RefundPart{ID: "R1", Of: p1.Till}, "refusal unknown_sale",
		},
		"row 75: more than the sale":        {(*desk).toCaptured, payment.RefundPart{ID: "R1", Of: p1.Till, Amount: euro(amount + 1)}, "refusal refund_too_much"},
		"row 75: the same id, other amount": {refunded, payment.RefundPart{ID: "R1", Of: p1.Till, Amount: euro(501)}, "refusal conflict"},
		"row 75: the same id, other sale":   {refunded, payment.RefundPart{ID: "R1", Of: "T1-2", Amount: euro(500)}, "refusal conflict"},
		"more than is left":                 {refunded, payment.RefundPart{ID: "R2", Of: p1.Till, Amount: euro(1111)}, "refusal refund_too_much"},
		"other money":                       {(*desk).toCaptured, payment.RefundPart{ID: "R1", Of: p1.Till, Amount: payment.Amount{Minor: 5, Currency: "SEK"}}, "refusal bad_request"},
		"a sale that waits":                 {(*desk).toWaiting, payment.RefundPart{ID: "R1", Of: p1.Till, Amount: euro(5)}, "refusal not_refundable"},
		"a sale that is taken back": {
			func(d *desk) { d.toCaptured(); d.say(1, payment.GiveBack{ID: p1.Till}) }, payment.RefundPart{ID: "R1", Of: p1.Till}, "refusal not_refundable",
		},
		"without room on the disk": {
			func(d *desk) { d.toCaptured(); d.input(engine.Room{Full: true}) }, payment.RefundPart{ID: "R1", Of: p1.Till}, "refusal unavailable",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			tt.to(d)
			before := d.disk[p1].Version
			d.say(1, tt.ask)
			d.wantSaid(tt.want)
			d.wantNoCall()
			if d.disk[p1].Version != before {
				t.Error("something became durable")
			}
		})
	}
}

// refunded is a sale of which a part was given back.
func refunded(d *desk) {
	d.t.Helper()
	d.toCaptured()
	d.refund("R1", 500)
	d.answer(d.lastSend(), engine.Done{})
}

func TestARefundOfWhatIsNotCaptured(t *testing.T) {
	t.Run("all of it is the void of the sale", func(t *testing.T) {
		d := newDesk(t)
		d.toOffered()
		d.refund("R1", amount)
		d.wantSaid("refund R1 running")
		void := d.lastSend()
		if void.Intent.Write != payment.WriteVoid {
			t.Fatalf("gave back by %s, want void", void.Intent.Write)
		}
		d.answer(void, engine.Done{})
		d.wantSaid("update reversed", "refund R1 done")
		d.wantState(payment.StateReversed)
	})
	t.Run("a part of it captures the sale first", func(t *testing.T) {
		d := newDesk(t)
		d.toOffered()
		d.refund("R1", 500)
		d.wantSaid("refund R1 running")
		capture := d.lastSend()
		if capture.Intent.Write != payment.WriteCapture {
			t.Fatalf("sent %s, want capture", capture.Intent.Write)
		}
		d.answer(capture, engine.Done{CaptureID: "c1"})
		d.answer(d.lastSend(), engine.Done{})
		d.wantSaid("refund R1 done")
		d.wantState(payment.StateCaptured)
	})
	t.Run("a till that names a sale of which it has not heard hears of it first", func(t *testing.T) {
		d := newDesk(t)
		call := d.toFinalizing()
		d.input(engine.LinkClosed{Link: 1})
		d.answer(call, d.approved())
		d.wantSaid()
		d.open(1, true) // it offers the approval at once
		d.refund("R1", amount)
		d.wantRefund("R1", payment.RefundRequested, "")
		d.wantState(payment.StateReversing)
	})
	t.Run("by the first word of a link", func(t *testing.T) {
		d := newDesk(t)
		call := d.toFinalizing()
		d.input(engine.LinkClosed{Link: 1})
		d.answer(call, d.approved())
		d.input(engine.LinkOpened{Link: 2, Of: payment.Link{Lane: "lane-1", Brief: true}})
		d.say(2, payment.RefundPart{ID: "R1", Of: p1.Till})
		d.wantSaid("result approved", "refund R1 running")
		d.wantState(payment.StateReversing)
	})
}

func TestRow43AnUnclearRefundIsRepeatedByteEqual(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	call := d.lastSend()
	d.answer(call, engine.Unclear{})
	d.after(2 * time.Second)
	again := d.lastSend()
	d.restart(time.Minute) // counts as a try
	later := d.lastSend()
	for _, c := range []engine.Call{again, later} {
		if c.Intent.Key != call.Intent.Key || string(c.Body) != string(call.Body) {
			t.Fatal("a repeated refund must carry the same key and bytes")
		}
	}
	d.answer(later, engine.Done{})
	d.wantRefund("R1", payment.RefundIsDone, payment.ReasonRefunded)
}

func TestARestartTakesUpEveryRefund(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	d.refund("R2", 600)
	d.restart(time.Minute)
	d.answer(d.lastSend(), engine.Done{})
	d.wantRefund("R1", payment.RefundIsDone, payment.ReasonRefunded)
	d.answer(d.lastSend(), engine.Done{})
	d.wantRefund("R2", payment.RefundIsDone, payment.ReasonRefunded)
	if d.scene.Payment.ID != (payment.ID{}) {
		t.Errorf("the screen shows %s, of an earlier customer", d.scene.Payment.ID)
	}
}

func TestARefusedRefundIsReadForItsReason(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	d.answer(d.lastSend(), engine.Refused{Code: "OPERATION_FORBIDDEN", Correlation: "c"})
	d.wantSaid()
	d.wantReadTransaction()
	d.holding(payment.TransactionCaptured, 1500) // somebody was in the portal
	d.wantSaid("refund R1 refused")
	d.wantRefund("R1", payment.RefundRefused, payment.ReasonRefundTooMuch)
	if r, _ := d.disk[p1].Refund("R1"); r.Code != "OPERATION_FORBIDDEN" || r.Trace != "c" {
		t.Errorf("kept %q and %q of the refusal", r.Code, r.Trace)
	}
	d.refund("R2", 1610) // refused gives it back
	d.wantSaid("refund R2 running")
}

func TestRow44ARefundInDoubtEndsBeforeAPerson(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	call := d.lastSend()
	for range 24 * 6 {
		if r, _ := d.disk[p1].Refund("R1"); r.Intent.Refused {
			break
		}
		d.answer(call, engine.Unclear{})
		d.after(10 * time.Minute)
	}
	if up := d.now.Up; up < 23*time.Hour || up > 24*time.Hour {
		t.Errorf("gave up after %s, want about 23 h", up)
	}
	d.holding(payment.TransactionCaptured, 0)
	d.wantSaid("refund R1 unknown")
	d.wantRefund("R1", payment.RefundAttention, payment.ReasonRefundUnknown)
	if list := d.core.Attention(d.now); len(list) != 1 {
		t.Fatalf("%d payments are listed, want the one", len(list))
	}
	d.restart(time.Hour)
	d.wantReadTransaction() // late proof may still come
	for name, in := range map[string]engine.Decided{
		"a decision about a sale":  {ID: p1, As: payment.DecideGiveBack, Reason: "r"},
		"a refund that is unknown": {ID: payment.ID{Lane: "lane-1", Till: "R2"}, As: payment.DecideRefunded, Reason: "r"},
		"no reason":                {ID: payment.ID{Lane: "lane-1", Till: "R1"}, As: payment.DecideRefunded, Reason: " "},
	} {
		d.input(in)
		if ruled, ok := d.calls[0].(engine.Ruled); !ok || ruled.Err == nil {
			t.Errorf("%s was carried out", name)
		}
	}
	d.open(1, false)
	d.refund("R1", 500)
	d.wantSaid("refund R1 unknown replay")
	d.input(engine.Decided{ID: payment.ID{Lane: "lane-1", Till: "R1"}, As: payment.DecideRefunded, Reason: "seen in the portal", By: "kim"})
	d.wantSaid("refund R1 done")
	if list := d.core.Attention(d.now); len(list) != 0 {
		t.Errorf("%d payments are listed after the decision", len(list))
	}
}

func TestARefundThatNeverReachedKlarnaIsNotDone(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	for range 24 * 60 {
		for _, a := range d.calls {
			if s, ok := a.(engine.Send); ok {
				d.answer(s.Call, engine.NotExecuted{})
				break
			}
		}
		d.after(time.Minute)
	}
	d.wantRefund("R1", payment.RefundRefused, payment.ReasonRefundNotSent)
}

// A refusal after an unclear try is read only when that try can no longer be executed.
func TestADoubtfulRefusalIsReadLater(t *testing.T) {
	d := newDesk(t)
	d.toCaptured()
	d.refund("R1", 500)
	d.answer(d.lastSend(), engine.Unclear{})
	d.after(2 * time.Second)
	d.answer(d.lastSend(), engine.Refused{Code: "OPERATION_FORBIDDEN"})
	d.wantNoCall()
	d.after(65 * time.Second)
	d.wantReadTransaction()
	d.holding(payment.TransactionCaptured, 500)
	d.wantSaid("refund R1 done")
}

// A refund that waits for a sale that waits for a person is as unknown as that.
func TestARefundOfASaleInDoubtIsUnknown(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.refund("R1", 500)
	d.answer(d.lastSend(), engine.Refused{Code: "OPERATION_FORBIDDEN"})
	d.holding(payment.TransactionAuthorized, 0)
	d.wantState(payment.StateAttention)
	d.wantSaid("refund R1 unknown")
	d.input(engine.Decided{ID: p1, As: payment.DecideDelivered, Reason: "the goods are gone"})
	d.wantSaid("refund R1 running")
	d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
	d.answer(d.lastSend(), engine.Done{})
	d.wantSaid("refund R1 done")
}
