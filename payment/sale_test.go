// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"testing"
	"time"

	"tillbridge/payment"
)

// TestSales tells whole sales: what happens, where the payment is then, what the till has heard, why,
// and what is asked for next.
func TestSales(t *testing.T) {
	auth, fin1, fin2 := key(payment.WriteAuthorize, 1), key(payment.WriteFinalize, 1), key(payment.WriteFinalize, 2)
	capt, void, refund := key(payment.WriteCapture, 1), key(payment.WriteVoid, 1), key(payment.WriteRefund, 1)
	minute := at(time.Minute)
	offered, no, yes := payment.Offered{At: minute}, confirmed(payment.Approved, false), confirmed(payment.Approved, true)
	unclear, settled := payment.Unclear{Key: auth}, payment.DeclinedByKlarna{At: minute, Key: auth, Settled: true}
	captured, givenBack := payment.Captured{At: minute, Key: capt, CaptureID: "capture-1"}, payment.GivenBack{At: minute, Key: void}
	tests := map[string]struct {
		events []payment.Event
		state  payment.State
		word   payment.Outcome
		reason payment.Reason
		asks   string
	}{
		"a sale": {
			after(approved(), offered, yes, intended(payment.WriteCapture, 1), captured),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"the first step asks for the bytes of an authorize": {
			[]payment.Event{asked()}, payment.StateReceived, "", "", "intend authorize 1",
		},
		"what is decided is sent": {
			authorizing(), payment.StateAuthorizing, "", "", "send authorize key-authorize-1",
		},
		"a code waits": {waiting(), payment.StateWaiting, "", "", "readrequest request-1"},
		"the customer agreed": {
			after(waiting(), completed(request1)), payment.StateAccepted, "", "", "readrequest request-1, opengate",
		},
		"the customer agreed and took it back": {
			after(waiting(), completed(request1), seen(request1, payment.RequestSubmitted)),
			payment.StateWaiting, "", "", "readrequest request-1",
		},
		"the commit leaves": {finalizing(), payment.StateFinalizing, "", "", "send finalize key-finalize-1"},
		"an approval is offered until it is acknowledged": {
			after(approved(), offered), payment.StateApproved, payment.Approved, payment.ReasonApproved, "offer",
		},
		"row 74a: silence changes nothing": {
			after(approved(), offered), payment.StateApproved, payment.Approved, payment.ReasonApproved, "offer",
		},
		"row 74: the till's no after approved": {
			after(approved(), offered, no, intended(payment.WriteVoid, 1), givenBack),
			payment.StateReversed, payment.Reversed, payment.ReasonCancelledByTill, "",
		},
		"a sale issued in part is captured in part": {
			partly(approved()), payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend capture 1",
		},
		"then its rest is released": {
			releasing(), payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend release 1",
		},
		"with that it is done": {
			after(releaseSent(), payment.GivenBack{At: minute, Key: release1()}),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"a reversal waits for the release and takes back the part": {
			after(releaseSent(), payment.ReversalAsked{At: minute}, payment.GivenBack{At: minute, Key: release1()}),
			payment.StateReversing, payment.Approved, payment.ReasonGivenBack, "intend refund 1",
		},
		"a release that Klarna refuses is read": {
			after(releaseSent(), refused(release1())),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "readtransaction transaction-1",
		},
		"nothing left to capture is released": {
			after(releaseSent(), refused(release1()), holding(payment.TransactionCaptured)),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"a rest that stays held needs a person": {
			after(releaseSent(), refused(release1()), holding(payment.TransactionAuthorized)),
			payment.StateAttention, payment.Approved, payment.ReasonRestRefused, "readtransaction transaction-1",
		},
		"who has seen to it": {
			after(releaseSent(), refused(release1()), holding(payment.TransactionAuthorized), resolved(payment.DecideDelivered)),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"or it is seen to be released": {
			after(releaseSent(), refused(release1()), holding(payment.TransactionAuthorized), holding(payment.TransactionCaptured)),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"a part whose capture Klarna refused is noticed in the portal alone": {
			after(partRefused(), sums(payment.TransactionAuthorized, 1000, 0)),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend release 1",
		},
		"or void there": {
			after(partRefused(), sums(payment.TransactionClosed, 0, 0)),
			payment.StateReversed, payment.Reversed, payment.ReasonGivenBack, "",
		},
		"a sale captured in one and issued in part has its rest refunded": {
			partly(captureNow()), payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend release 1",
		},
		"what says that all was issued releases nothing": {
			after(approved(), offered, issued(price()), intended(payment.WriteCapture, 1), captured),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"row 11: a cancel before the payment": {
			[]payment.Event{cancel(payment.WhyTill)}, payment.StateCancelled, payment.Cancelled, payment.ReasonTombstone, "",
		},
		"row 13: a cancel during finalize waits for the truth": {
			after(finalizing(), cancel(payment.WhyTill)), payment.StateFinalizing, "", "", "send finalize key-finalize-1",
		},
		"row 13: and gives back what was approved": {
			after(finalizing(), cancel(payment.WhyTill), approval(fin1)),
			payment.StateReversing, "", payment.ReasonCancelledByTill, "intend void 1",
		},
		"row 13: and is cancelled once it is given back": {
			after(finalizing(), cancel(payment.WhyTill), approval(fin1), intended(payment.WriteVoid, 1), givenBack),
			payment.StateReversed, payment.Cancelled, payment.ReasonCancelledByTill, "",
		},
		"row 12: a cancel that wins never finalizes": {
			after(waiting(), completed(request1), cancel(payment.WhyTill)),
			payment.StateCancelling, "", payment.ReasonCancelledByTill, "cancelrequest request-1, tellwhentrue cancelled",
		},
		"an early no is told once": {
			after(waiting(), cancel(payment.WhyTill), told(payment.Cancelled)),
			payment.StateCancelling, payment.Cancelled, payment.ReasonCancelledByTill, "cancelrequest request-1",
		},
		"an authorize in flight is repeated before anything is deleted": {
			after(authorizing(), unclear, cancel(payment.WhyTill)),
			payment.StateCancelling, "", payment.ReasonCancelledByTill, "send authorize key-authorize-1",
		},
		"and its request is deleted then": {
			after(authorizing(), unclear, cancel(payment.WhyTill), stepUp(auth, request1)),
			payment.StateCancelling, "", payment.ReasonCancelledByTill, "cancelrequest request-1, tellwhentrue cancelled",
		},
		"an authorize approved while cancelling is given back": {
			after(authorizing(), cancel(payment.WhyDeadline), approval(auth)),
			payment.StateReversing, "", payment.ReasonExpired, "intend void 1",
		},
		"a decline is believed once nothing else can be executed": {
			after(authorizing(), unclear, settled), payment.StateDeclined, payment.Declined, payment.ReasonDeclined, "",
		},
		"a decline after an unknown finalize is fenced": {
			inDoubt(), payment.StateCancelling, "", payment.ReasonDeclined, "cancelrequest request-1",
		},
		"and proven by Klarna's own cancel": {
			after(inDoubt(), seen(request1, payment.RequestCanceled)),
			payment.StateDeclined, payment.Declined, payment.ReasonDeclined, "",
		},
		"but by nothing else": {
			after(inDoubt(), seen(request1, payment.RequestGone)),
			payment.StateAttention, payment.Unknown, payment.ReasonNoProof, "",
		},
		"a fence that Klarna refuses": {
			after(inDoubt(), payment.CancelRefused{At: minute, Request: request1}),
			payment.StateAttention, payment.Unknown, payment.ReasonNoProof, "",
		},
		"a step-up proves that the finalize was not executed": {
			after(finalizing(), payment.Unclear{Key: fin1}, stepUp(fin1, request2)),
			payment.StateWaiting, "", "", "readrequest request-2",
		},
		"a second round": {
			after(finalizing(), stepUp(fin1, request2), completed(request2), intended(payment.WriteFinalize, 2), approval(fin2)),
			payment.StateApproved, "", payment.ReasonApproved, "offer",
		},
		"there is no third round": {
			after(finalizing(), stepUp(fin1, request2), completed(request2), intended(payment.WriteFinalize, 2), stepUp(fin2, "request-3")),
			payment.StateCancelling, "", payment.ReasonDeclined, "cancelrequest request-3, tellwhentrue declined",
		},
		"row 38: another amount is told to nobody": {
			mismatched(), payment.StateAttention, payment.Unknown, payment.ReasonMismatch, "readtransaction transaction-1",
		},
		"row 38: another amount that is known late": {
			after(finalizing(), expired(fin1), otherAmount(fin1)),
			payment.StateAttention, payment.Unknown, payment.ReasonMismatch, "readtransaction transaction-1",
		},
		"a transaction that is known late": {
			after(finalizing(), expired(fin1), approval(fin1)),
			payment.StateAttention, payment.Unknown, payment.ReasonKeyTooOld, "readtransaction transaction-1",
		},
		"row 44: a key too old": {
			after(finalizing(), payment.Unclear{Key: fin1}, expired(fin1)),
			payment.StateAttention, payment.Unknown, payment.ReasonKeyTooOld, "",
		},
		"row 51: Klarna let it expire": {
			after(waiting(), seen(request1, payment.RequestGone)), payment.StateExpired, payment.Expired, payment.ReasonExpired, "",
		},
		"unknown, then approved": {
			after(finalizing(), told(payment.Unknown), approval(fin1), offered),
			payment.StateApproved, payment.Approved, payment.ReasonApproved, "offer",
		},
		"captured at once, without a capture of ours": {
			after(captureNow(), offered, yes), payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"what was captured at once is refunded, not voided": {
			after(captureNow(), cancel(payment.WhyTillGone)), payment.StateReversing, "", payment.ReasonTillGone, "intend refund 1",
		},
		"nor is what was asked to be captured at once": {
			[]payment.Event{askedNow(), intended(payment.WriteAuthorize, 1), approval(auth), cancel(payment.WhyTill)},
			payment.StateReversing, "", payment.ReasonCancelledByTill, "intend refund 1",
		},
		"nor is what Klarna captured unasked": {
			after(authorizing(), captureNow()[2], cancel(payment.WhyTill)),
			payment.StateReversing, "", payment.ReasonCancelledByTill, "intend refund 1",
		},
		"a person captures again, with a key of its own": {
			after(captureSent(), refused(capt), holding(payment.TransactionAuthorized), resolved(payment.DecideDelivered)),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend capture 2",
		},
		"a refused void is read": {
			after(voidSent(), refused(void)), payment.StateReversing, "", payment.ReasonCancelledByTill, "readtransaction transaction-1",
		},
		"a refused void that was done already": {
			after(voidSent(), refused(void), holding(payment.TransactionClosed)),
			payment.StateReversed, payment.Cancelled, payment.ReasonCancelledByTill, "",
		},
		"a refused void of money that is still held": {
			giveBackRefused(voidSent()),
			payment.StateAttention, payment.Unknown, payment.ReasonGiveBackRefused, "readtransaction transaction-1",
		},
		"a person gives back again, with a key of its own": {
			after(giveBackRefused(voidSent()), resolved(payment.DecideGiveBack)),
			payment.StateReversing, payment.Unknown, payment.ReasonGivenBack, "intend void 2",
		},
		"a refused capture is read": {
			after(captureSent(), refused(capt)),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "readtransaction transaction-1",
		},
		"a capture whose key is too old is read": {
			after(captureSent(), payment.Unclear{Key: capt}, expired(capt)),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "readtransaction transaction-1",
		},
		"a refused capture that was done already": {
			after(captureSent(), refused(capt), holding(payment.TransactionCaptured)),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"a refund that waited for the capture": {
			after(captureSent(), resolved(payment.DecideGiveBack), captured),
			payment.StateReversing, payment.Approved, payment.ReasonGivenBack, "intend refund 1",
		},
		"and is told as one": {
			after(captureSent(), resolved(payment.DecideGiveBack), captured, intended(payment.WriteRefund, 1),
				payment.GivenBack{At: minute, Key: refund}),
			payment.StateReversed, payment.Reversed, payment.ReasonGivenBack, "",
		},
		"a person knows that the goods are gone": {
			after(approved(), resolved(payment.DecideDelivered)),
			payment.StateCapturing, payment.Approved, payment.ReasonApproved, "intend capture 1",
		},
		"a person saw that Klarna did not hear of it": {
			after(authorizing(), unclear, expired(auth), resolved(payment.DecideNoCharge)),
			payment.StateCancelled, payment.Cancelled, payment.ReasonCancelledByTill, "",
		},
		"late proof that a refused capture was made": {
			after(captureSent(), refused(capt), holding(payment.TransactionAuthorized), holding(payment.TransactionCaptured)),
			payment.StateCaptured, payment.Approved, payment.ReasonApproved, "",
		},
		"late proof that a refused give-back was made": {
			after(giveBackRefused(voidSent()), holding(payment.TransactionClosed)),
			payment.StateReversed, payment.Cancelled, payment.ReasonGivenBack, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, tt.events...)
			if p.State != tt.state || p.Word() != tt.word || p.Reason != tt.reason {
				t.Errorf("state, word and reason = %s, %q, %q, want %s, %q, %q",
					p.State, p.Word(), p.Reason, tt.state, tt.word, tt.reason)
			}
			if got := asks(payment.Pending(p)); got != tt.asks {
				t.Errorf("Pending = %q, want %q", got, tt.asks)
			}
		})
	}
}

// meets are events that must not change the payment they meet.
type meets struct {
	base  []payment.Event
	event payment.Event
	why   string // of the refusal; empty for an event that is welcome and changes nothing
}

func TestWhatProvesNothingChangesNothing(t *testing.T) {
	auth, fin, capt := key(payment.WriteAuthorize, 1), key(payment.WriteFinalize, 1), key(payment.WriteCapture, 1)
	minute := at(time.Minute)
	unclear := after(authorizing(), payment.Unclear{Key: auth})
	nameless := approval(fin)
	nameless.Transaction.ID = ""
	const other, earlier = "it answers another intent", "an earlier try may still be executed"
	tests := map[string]meets{
		"a refusal after an unknown authorize": {unclear, refused(auth), "a refusal after an unclear try proves nothing"},
		"a refusal after an unknown finalize": {
			after(finalizing(), payment.Unclear{Key: fin}), refused(fin), "a refusal after an unclear try proves nothing",
		},
		"a decline while an earlier authorize may be executed": {unclear, payment.DeclinedByKlarna{At: minute, Key: auth}, earlier},
		"the same while cancelling": {
			after(unclear, cancel(payment.WhyTill)), payment.DeclinedByKlarna{At: minute, Key: auth}, earlier,
		},
		"an approval of the authorize that was answered":     {finalizing(), approval(auth), other},
		"an approval of a stray intent":                      {finalizing(), approval(stray), other},
		"row 39: an approval without a transaction":          {finalizing(), nameless, "it names no transaction"},
		"the key of an answered authorize grows old":         {finalizing(), expired(auth), ""},
		"a key of nobody grows old":                          {authorizing(), expired(stray), ""},
		"row 50: COMPLETED without a token":                  {waiting(), seen(request1, payment.RequestCompleted), ""},
		"row 41: a status that is new to us":                 {waiting(), seen(request1, "paused"), ""},
		"row 41: while cancelling too":                       {after(waiting(), cancel(payment.WhyTill)), seen(request1, "paused"), ""},
		"row 41: and above all with a finalize in doubt":     {inDoubt(), seen(request1, "paused"), ""},
		"a read that says nothing, with a finalize in doubt": {inDoubt(), seen(request1, ""), ""},
		"a read of another request":                          {waiting(), completed(request2), "it is about another round"},
		"row 74b: a confirmation of another word": {
			after(finalizing(), told(payment.Unknown), approval(fin), payment.Offered{At: minute}), confirmed(payment.Unknown, true), "",
		},
		"a confirmation before the approval was offered": {approved(), confirmed(payment.Approved, true), ""},
		"row 74b: a confirmation that comes twice":       {capturing(), confirmed(payment.Approved, true), ""},
		"a no after the yes":                             {capturing(), confirmed(payment.Approved, false), ""},
		"a cancel after the approval was offered": {
			after(approved(), payment.Offered{At: minute}), cancel(payment.WhyTill), "",
		},
		"a cancel after the yes":   {capturing(), cancel(payment.WhyTill), ""},
		"a cancel after a cancel":  {after(waiting(), cancel(payment.WhyTill)), cancel(payment.WhyDeadline), ""},
		"a wish to cancel again":   {after(finalizing(), cancel(payment.WhyTill)), cancel(payment.WhyDeadline), ""},
		"a void after the capture": {captureSent(), intended(payment.WriteVoid, 1), "the capture is decided already"},
		"a second capture":         {captureSent(), intended(payment.WriteCapture, 2), "the capture is decided already"},
		"a refund in place of a void": {
			after(approved(), cancel(payment.WhyTill)), intended(payment.WriteRefund, 1), "the give-back is decided already",
		},
		"a second capture of a part, which has room": {
			partRefused(), resolved(payment.DecideDelivered), "a part is settled in Klarna's portal, and is noticed there",
		},
		"a refund of a part that was perhaps not captured": {
			partRefused(), resolved(payment.DecideGiveBack), "a part is settled in Klarna's portal, and is noticed there",
		},
		"a second void": {voidSent(), intended(payment.WriteVoid, 2), "the give-back is decided already"},
		"an answer to a capture that nobody has decided": {capturing(), payment.Captured{At: minute}, other},
		"an answer to a give-back that nobody has decided": {
			after(approved(), cancel(payment.WhyTill)), payment.GivenBack{At: minute}, other,
		},
		"a refusal of a capture that nobody has decided": {capturing(), payment.RefusedByKlarna{At: minute, Code: "X"}, ""},
		"an approval that answers nothing, in attention": {after(authorizing(), expired(auth)), approval(""), other},
		"closed, of a transaction that nobody knows":     {after(authorizing(), expired(auth)), holding(payment.TransactionClosed), ""},
		"a read without a refusal":                       {captureSent(), holding(payment.TransactionAuthorized), ""},
		"a second wish to give back what is being captured": {
			after(captureSent(), resolved(payment.DecideGiveBack)), resolved(payment.DecideGiveBack), "",
		},
		"a word that is not the cancel's": {
			after(waiting(), cancel(payment.WhyTill)), told(payment.Expired), "it is not the word of this cancel",
		},
		"a no while the authorize is open": {
			after(authorizing(), cancel(payment.WhyTill)), told(payment.Cancelled), "no other word is true",
		},
		"a no during finalize":     {finalizing(), told(payment.Declined), "no other word is true"},
		"unknown, told twice":      {after(finalizing(), told(payment.Unknown)), told(payment.Unknown), ""},
		"less time than there was": {waiting(), payment.MoreTime{Deadline: at(time.Minute)}, ""},
		"row 11: the payment after its cancel": {
			[]payment.Event{cancel(payment.WhyTill)}, asked(), "",
		},
		"no charge, where one is known": {
			mismatched(), resolved(payment.DecideNoCharge), "a transaction is known, so there is a charge to keep or give back",
		},
		"row 38: delivered, for another amount": {
			mismatched(), resolved(payment.DecideDelivered), "the decision does not fit what is known",
		},
		"row 38: delivered, for another amount that could not be given back": {
			giveBackRefused(after(mismatched(), resolved(payment.DecideGiveBack), intended(payment.WriteVoid, 1))),
			resolved(payment.DecideDelivered), "the decision does not fit what is known",
		},
		"delivered, after the till was told cancelling": {
			giveBackRefused(voidSent()), resolved(payment.DecideDelivered), "the decision does not fit what is known",
		},
		"delivered, where no transaction is known": {
			after(authorizing(), expired(auth)), resolved(payment.DecideDelivered), "the decision does not fit what is known",
		},
		"no charge, of an approval": {
			approved(), resolved(payment.DecideNoCharge), "a transaction is known, so there is a charge to keep or give back",
		},
		"delivered, of what is captured": {
			after(captureSent(), payment.Captured{At: minute, Key: capt}), resolved(payment.DecideDelivered), "the sale is captured already",
		},
		"a cancel in the words of a decline, before anything was asked": {
			[]payment.Event{asked()}, cancel(payment.WhyDeclined), "nothing was asked that could be declined",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, tt.base...)
			next, actions, err := payment.Step(p, tt.event)
			if next.Version != p.Version || next.State != p.State || actions != nil {
				t.Errorf("Step(%s, %s) led to %s and asks for %s", p.State, tt.event.Kind(), next.State, asks(actions))
			}
			want := "event " + tt.event.Kind() + " is refused in state " + p.State.String()
			switch {
			case tt.why != "" && (err == nil || err.Error() != want+": "+tt.why):
				t.Errorf("Step(%s, %s) = %v, want %s: %s", p.State, tt.event.Kind(), err, want, tt.why)
			case tt.why == "" && err != nil && err.Error() != want:
				t.Errorf("Step(%s, %s) = %v, want no error or a plain refusal", p.State, tt.event.Kind(), err)
			}
		})
	}
}

// The journal keeps more than the state: what must be known later is kept by the step that learned it.
func TestStepKeepsWhatItLearned(t *testing.T) {
	p := life(t, asked())
	if p.Order.Amount != price() || p.Reference != reference || !p.Created.Equal(at(0)) || p.CaptureNow ||
		!p.Deadline.Equal(at(5*time.Minute)) || !p.Limit.Equal(at(10*time.Minute)) || p.Version != 1 {
		t.Errorf("received keeps %+v", p)
	}
	p = life(t, waiting()...)
	if p.Request != request(request1) || p.Round != 1 || !p.Authorize.Answered || p.Authorize.Hash != "e3b0c442" {
		t.Errorf("waiting keeps %+v", p)
	}
	p = life(t, after(authorizing(), refused(key(payment.WriteAuthorize, 1)))...)
	if p.Code != "BAD_VALUE" || p.Trace != "c-1" || !p.ResultAt.Equal(at(time.Minute)) {
		t.Errorf("failed keeps %+v", p)
	}
	p = life(t, after(voidSent(), refused(key(payment.WriteVoid, 1)))...)
	if !p.GiveBack.Refused || p.Code != "BAD_VALUE" || p.Trace != "c-1" {
		t.Errorf("a refused void keeps %+v", p)
	}
	p = life(t, after(captureSent(), payment.RefusedByKlarna{Key: key(payment.WriteCapture, 1), Code: "LATE"})...)
	if p.Code != "LATE" || p.Trace != "" {
		t.Errorf("a refused capture keeps %q and %q, want LATE alone", p.Code, p.Trace)
	}
	p = life(t, after(giveBackRefused(voidSent()), resolved(payment.DecideGiveBack), intended(payment.WriteVoid, 2),
		expired(key(payment.WriteVoid, 2)))...)
	if p.Code != "BAD_VALUE" || p.Trace != "c-1" {
		t.Errorf("a key that grew old leaves %q and %q, want what Klarna said of the try before", p.Code, p.Trace)
	}
	p = life(t, after(captureSent(), payment.Captured{At: at(1), Key: key(payment.WriteCapture, 1), CaptureID: "capture-1"})...)
	if p.CaptureID != "capture-1" || !p.Transaction.Captured || !p.Capture.Answered || p.Acknowledged != payment.Approved {
		t.Errorf("captured keeps %+v", p)
	}
	p = life(t, after(approved(), payment.Offered{At: at(time.Hour)})...)
	if !p.Offered || !p.OfferedAt.Equal(at(time.Hour)) || !p.ResultAt.Equal(at(time.Hour)) || p.TokenHash != "" || !p.Finalize.Answered {
		t.Errorf("offered keeps %+v", p)
	}
	if p = life(t, asked(), cancel(payment.WhyCustomer)); p.Why != payment.WhyCustomer || p.Tombstone {
		t.Errorf("a cancel before the authorize keeps %+v", p)
	}
	if p = life(t, cancel(payment.WhyTill)); !p.Tombstone || p.Why != payment.WhyTill {
		t.Errorf("a tombstone keeps %+v", p)
	}
}

func TestTheDeadlineGrowsAndItsLimitWithIt(t *testing.T) {
	inProgress := seen(request1, payment.RequestInProgress)
	inProgress.Deadline = at(10 * time.Minute)
	if p := life(t, after(waiting(), inProgress)...); !p.Deadline.Equal(at(10*time.Minute)) || p.State != payment.StateScanned {
		t.Errorf("scanned: deadline %s in %s, want 09:10 in scanned", p.Deadline, p.State)
	}
	own := seen(request1, payment.RequestInProgress) // the till's own limit does not grow
	if p := life(t, after(waiting(), own)...); !p.Deadline.Equal(at(5 * time.Minute)) {
		t.Errorf("scanned: deadline %s, want 09:05", p.Deadline)
	}
	within := life(t, after(waiting(), payment.MoreTime{Deadline: at(6 * time.Minute)})...)
	if !within.Deadline.Equal(at(6*time.Minute)) || !within.Limit.Equal(at(10*time.Minute)) {
		t.Errorf("more time: deadline %s, limit %s, want 09:06 and 09:10", within.Deadline, within.Limit)
	}
	beyond := life(t, after(waiting(), payment.MoreTime{Deadline: at(11 * time.Minute)})...)
	if !beyond.Deadline.Equal(at(11*time.Minute)) || !beyond.Limit.Equal(at(11*time.Minute)) {
		t.Errorf("more time: deadline %s, limit %s, want 09:11 twice", beyond.Deadline, beyond.Limit)
	}
}

// Only the token of the newest COMPLETED can be used.
func TestAcceptedKeepsTheNewestToken(t *testing.T) {
	p := life(t, after(waiting(), completed(request1))...)
	renewed := completed(request1)
	renewed.TokenHash = "another"
	next, _, err := payment.Step(p, renewed)
	if err != nil || next.TokenHash != "another" || next.State != payment.StateAccepted {
		t.Errorf("another token = %q in %s, %v, want it kept in accepted", next.TokenHash, next.State, err)
	}
	for name, e := range map[string]payment.Event{"the same token": completed(request1), "no token": seen(request1, payment.RequestCompleted)} {
		if next, actions, err := payment.Step(p, e); err != nil || next.Version != p.Version || next.TokenHash != tokenHash || actions != nil {
			t.Errorf("%s = %q, version %d, %v, want nothing changed", name, next.TokenHash, next.Version, err)
		}
	}
	if p = life(t, after(waiting(), completed(request1), cancel(payment.WhyTill))...); p.TokenHash != "" {
		t.Errorf("a cancelled payment holds the token %q", p.TokenHash)
	}
	if p = life(t, after(inDoubt(), seen(request1, payment.RequestCanceled))...); p.TokenHash != "" {
		t.Errorf("a fenced payment holds the token %q", p.TokenHash)
	}
}

// A till that confirms unknown has read the word. It must not hear that it confirmed another one.
func TestUnknownCanBeConfirmedWhereverItWasTold(t *testing.T) {
	auth := key(payment.WriteAuthorize, 1)
	tests := map[string][]payment.Event{
		"finalizing": after(finalizing(), told(payment.Unknown)),
		"approved":   after(finalizing(), told(payment.Unknown), approval(key(payment.WriteFinalize, 1))),
		"cancelling": after(inDoubt(), told(payment.Unknown)),
		"reversing":  after(voidSent(), told(payment.Unknown)),
		"attention":  after(authorizing(), expired(auth)),
	}
	for name, events := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, events...)
			next, _, err := payment.Step(p, confirmed(payment.Unknown, true))
			if err != nil || next.Acknowledged != payment.Unknown || next.State != p.State {
				t.Errorf("confirming unknown = %s, acknowledged %q, %v, want it recorded", next.State, next.Acknowledged, err)
			}
		})
	}
}

// A give-back of a captured sale is a decision of its own, whatever became of an earlier one.
func TestARefundIsSentAfterAVoidThatWasRefused(t *testing.T) {
	offered := payment.Offered{At: at(time.Minute)}
	voided := after(approved(), offered, confirmed(payment.Approved, false), intended(payment.WriteVoid, 1))
	p := life(t, after(giveBackRefused(voided), resolved(payment.DecideDelivered), intended(payment.WriteCapture, 1),
		payment.Captured{At: at(time.Hour), Key: key(payment.WriteCapture, 1)}, resolved(payment.DecideGiveBack))...)
	if got, want := asks(payment.Pending(p)), "intend refund 2"; p.State != payment.StateReversing || got != want {
		t.Errorf("Pending in %s = %q, want %q in reversing", p.State, got, want)
	}
}
