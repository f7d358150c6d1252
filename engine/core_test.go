// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

func TestAPlainSaleIsEightCommits(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	d.wantSaid("accepted")
	first := d.lastSend()
	d.answer(first, stepUp("r1"))
	d.wantSaid("progress waiting", "display https://pay.test.klarna.com/r1")
	if !d.scene.Fresh || d.scene.Payment.Request.URL == "" {
		t.Error("the code must be on the screen")
	}
	d.read(payment.RequestInProgress)
	d.wantSaid("progress scanned")
	if d.scene.Fresh {
		t.Error("the code must leave the screen once it was scanned")
	}
	d.read(payment.RequestCompleted)
	second := d.lastSend()
	if second.Intent.Key == first.Intent.Key || second.Token.Reveal() != "token" {
		t.Error("finalize needs a key of its own and the session token")
	}
	d.answer(second, d.approved())
	d.wantSaid("result approved")
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.wantSaid("recorded approved")
	d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
	d.wantState(payment.StateCaptured)
	if d.commits > 9 {
		t.Errorf("a plain sale took %d commits, want at most 9", d.commits)
	}
	if len(d.blob) != 0 {
		t.Errorf("%d bodies left on disk after the sale, want none", len(d.blob))
	}
}

func TestRow1And2TheSameRequestAgainIsOnePayment(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	call := d.lastSend()
	d.pay()
	d.wantSaid("progress creating")
	d.wantNoCall()
	d.answer(call, engine.Declined{})
	d.wantSaid("result declined")
	d.pay()
	d.wantSaid("result declined replay")
	d.wantNoCall()
}

func TestRow3And4OtherMoneyIsAConflict(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.say(1, payment.Pay{ID: p1.Till, Order: payment.Order{Amount: payment.Amount{Minor: amount + 1, Currency: "EUR"}, Ref: "R1"}})
	d.wantSaid("refusal conflict")
	d.say(1, payment.Pay{ID: p1.Till, Order: payment.Order{Amount: payment.Amount{Minor: amount, Currency: "SEK"}, Ref: "R1"}})
	d.wantSaid("refusal conflict")
	d.wantState(payment.StateWaiting)
}

func TestRow11ACancelBeforeThePaymentIsATombstone(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.say(1, payment.Cancel{ID: p1.Till})
	d.wantSaid("result cancelled")
	d.pay()
	d.wantSaid("result cancelled replay")
	d.wantNoCall()
	d.restart(time.Minute)
	d.core.Remember(d.now, d.disk[p1])
	d.open(1, false)
	d.pay()
	d.wantSaid("result cancelled replay")
}

func TestRow12ACancelThatIsDurableFirstWins(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.say(1, payment.Cancel{ID: p1.Till})
	d.wantSaid("progress cancelling", "cancelling")
	d.wantState(payment.StateCancelling)
	d.read(payment.RequestCompleted) // the customer agreed a moment too late
	d.wantState(payment.StateCancelling)
	d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: engine.Closing{Status: payment.RequestCanceled}})
	d.wantSaid("result cancelled")
}

func TestRow13ACancelDuringFinalizeIsGivenBack(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.say(1, payment.Cancel{ID: p1.Till})
	d.wantSaid("cancelling")
	d.answer(call, d.approved())
	d.wantState(payment.StateReversing)
	void := d.lastSend()
	if void.Intent.Write != payment.WriteVoid {
		t.Fatalf("gave back by %s, want void", void.Intent.Write)
	}
	d.answer(void, engine.Done{})
	d.wantState(payment.StateReversed)
	d.wantSaid("result cancelled")
}

func TestRow14AnUnknownIDIsNotFound(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.say(1, payment.Status{ID: "never"})
	d.wantSaid("refusal not_found")
}

func TestRow16ASecondPaymentFindsTheLaneBusy(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.say(1, payment.Pay{ID: "T1-2", Order: payment.Order{Amount: payment.Amount{Minor: 5, Currency: "EUR"}}})
	d.wantSaid("refusal busy")
	d.input(engine.LinkOpened{Link: 7, Of: payment.Link{Lane: "lane-2"}})
	d.say(7, payment.Pay{ID: p1.Till, Order: payment.Order{Amount: payment.Amount{Minor: 5, Currency: "EUR"}}})
	d.wantSaid("accepted") // row 5: another lane is another payment
}

func TestAnEarlyNoIsToldAfterThreeSeconds(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.say(1, payment.Cancel{ID: p1.Till})
	d.after(4 * time.Second)
	if !slices.Contains(d.said, "result cancelled") {
		t.Fatalf("said %q, want the early no", d.said)
	}
	d.wantState(payment.StateCancelling) // the delete goes on
	d.say(1, payment.Pay{ID: "T1-2", Order: payment.Order{Amount: payment.Amount{Minor: 5, Currency: "EUR"}}})
	d.wantSaid("accepted") // and the lane is free
}

func TestADeadlineInDoubtSaysUnknownThenOneUpdate(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.after(6 * time.Minute)
	if !slices.Contains(d.said, "result unknown") {
		t.Fatalf("said %q, want unknown", d.said)
	}
	d.answer(call, d.approved())
	d.wantSaid("update approved")
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Unknown, OK: true})
	d.wantSaid("refusal conflict") // confirming unknown does not confirm approved
	d.wantState(payment.StateApproved)
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.wantState(payment.StateCapturing)
}

func TestRow43AnUnclearFinalizeIsRepeatedByteEqual(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.answer(call, engine.Unclear{})
	d.after(2 * time.Second)
	again := d.lastSend()
	if again.Intent.Key != call.Intent.Key || string(again.Body) != string(call.Body) {
		t.Fatal("a repeated finalize must carry the same key and bytes")
	}
	d.answer(again, d.approved())
	d.wantSaid("result approved")
}

func TestRow44AnUnclearFinalizeEndsBeforeAPersonAfter23Hours(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	for d.disk[p1].State == payment.StateFinalizing {
		d.answer(call, engine.Unclear{})
		d.after(10 * time.Minute)
	}
	d.wantState(payment.StateAttention)
	if up := d.now.Up; up < 23*time.Hour || up > 24*time.Hour {
		t.Errorf("gave up after %s, want about 23 h", up)
	}
	if d.disk[p1].Result != payment.Unknown {
		t.Errorf("told %q, want unknown", d.disk[p1].Result)
	}
}

func TestRow38OtherMoneyFromKlarnaIsNeverToldAsPaid(t *testing.T) {
	for name, change := range map[string]func(*payment.Transaction){
		"amount":    func(x *payment.Transaction) { x.Amount.Minor++ },
		"currency":  func(x *payment.Transaction) { x.Amount.Currency = "SEK" },
		"reference": func(x *payment.Transaction) { x.Reference = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			call := d.toFinalizing()
			a := d.approved()
			change(&a.Transaction)
			d.answer(call, a)
			d.wantState(payment.StateAttention)
			d.wantSaid("result unknown")
			d.after(time.Hour)
			for _, c := range d.calls {
				if _, read := c.(engine.ReadTransaction); !read {
					t.Errorf("did %#v, want nothing but reads", c)
				}
			}
		})
	}
}

func TestADeclineAfterAnUnclearAuthorizeIsAskedAgainOnceSettled(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	call := d.lastSend()
	d.answer(call, engine.Unclear{})
	d.after(2 * time.Second)
	d.answer(d.lastSend(), engine.Declined{})
	d.wantState(payment.StateAuthorizing)
	d.after(70 * time.Second)
	d.answer(d.lastSend(), engine.Declined{})
	d.wantState(payment.StateDeclined)
	d.wantSaid("result declined")
	if bodies := d.sent[call.Intent.Key]; len(bodies) != 3 || bodies[0] != bodies[2] {
		t.Errorf("sent %d tries, want 3 of equal bytes", len(bodies))
	}
}

func TestADeclineAfterAnUnclearFinalizeIsFenced(t *testing.T) {
	for name, c := range map[string]struct {
		closing engine.Closing
		want    payment.State
	}{
		"Klarna cancels: it was not executed": {engine.Closing{Status: payment.RequestCanceled}, payment.StateDeclined},
		"the request is gone: no proof":       {engine.Closing{Status: payment.RequestGone}, payment.StateAttention},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.answer(d.toFinalizing(), engine.Unclear{})
			d.after(2 * time.Second)
			d.answer(d.lastSend(), engine.Declined{})
			d.wantState(payment.StateCancelling)
			if d.disk[p1].Result != "" {
				t.Fatalf("told %q while in doubt", d.disk[p1].Result)
			}
			d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: c.closing})
			d.wantState(c.want)
		})
	}
}

func TestTheFenceBecomesAttentionWhenKlarnaKeepsTheRequest(t *testing.T) {
	d := newDesk(t)
	d.answer(d.toFinalizing(), engine.Unclear{})
	d.after(2 * time.Second)
	d.answer(d.lastSend(), engine.Declined{})
	for range 2 {
		d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: engine.Closing{Refused: true}})
		d.after(time.Second)
		d.read(payment.RequestCompleted)
		d.after(5 * time.Second)
	}
	d.wantState(payment.StateAttention)
}

func TestAStepUpAsTheAnswerToFinalizeOpensOneMoreRound(t *testing.T) {
	d := newDesk(t)
	d.answer(d.toFinalizing(), stepUp("r2"))
	d.wantState(payment.StateWaiting)
	if d.disk[p1].Request.ID != "r2" || d.scene.Payment.Request.ID != "r2" {
		t.Error("the second round must show its own code")
	}
	d.read(payment.RequestCompleted)
	second := d.lastSend()
	if second.Intent.Attempt != 2 {
		t.Errorf("attempt %d, want 2", second.Intent.Attempt)
	}
	d.answer(second, stepUp("r3"))
	d.wantState(payment.StateCancelling)
	if d.disk[p1].Why != payment.WhyDeclined {
		t.Errorf("why %s, want declined", d.disk[p1].Why)
	}
}

func TestTheGateWaitsForTheTillAndThenCancels(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.input(engine.LinkClosed{Link: 1})
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateAccepted)
	for range 4 {
		d.after(5 * time.Second)
		d.read(payment.RequestCompleted)
	}
	d.after(3 * time.Second)
	d.wantState(payment.StateCancelling)
	if d.disk[p1].Why != payment.WhyTillGone {
		t.Errorf("why %s, want till_gone", d.disk[p1].Why)
	}
}

func TestTheGateOpensWhenTheTillComesBack(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.input(engine.LinkClosed{Link: 1})
	d.read(payment.RequestCompleted)
	d.open(2, false)
	d.wantState(payment.StateAccepted) // a link that says nothing about this payment is not its till
	d.say(2, payment.Status{ID: p1.Till})
	d.wantState(payment.StateFinalizing)
}

func TestAProbedTillMustAnswerBeforeFinalize(t *testing.T) {
	d := newDesk(t)
	d.open(1, true)
	d.pay()
	d.answer(d.lastSend(), stepUp("r1"))
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateAccepted)
	d.wantSaid("progress confirming", "ask")
	d.say(1, payment.Here{ID: p1.Till})
	d.wantState(payment.StateFinalizing)
}

func TestNoFinalizeBeginsCloseToTheDeadline(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.after(5*time.Minute - 4*time.Second)
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateAccepted)
	d.after(5 * time.Second)
	d.wantState(payment.StateCancelling)
}

func TestRow50OnlyAFreshCompletedIsFinalized(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.input(engine.LinkClosed{Link: 1})
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateAccepted)
	d.read(payment.RequestSubmitted)
	d.wantState(payment.StateWaiting)
	d.open(2, false)
	d.say(2, payment.Status{ID: p1.Till})
	d.wantState(payment.StateWaiting)
}

func TestRow74AnExplicitNoGivesBack(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: false})
	d.wantState(payment.StateReversing)
	d.answer(d.lastSend(), engine.Done{})
	d.wantSaid("update reversed")
	d.say(1, payment.Status{ID: p1.Till})
	d.wantSaid("result approved replay given back")
}

func TestRow74aSilenceAfterApprovedIsNotANo(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.after(12 * time.Second)
	d.wantSaid("result approved replay", "result approved replay")
	d.input(engine.LinkClosed{Link: 1})
	d.after(24 * time.Hour)
	d.wantState(payment.StateApproved)
	if list := d.core.Attention(d.now); len(list) != 1 || list[0].ID != p1 {
		t.Errorf("attention lists %v, want the undelivered approval", list)
	}
	d.open(2, false)
	d.wantSaid("result approved replay")
}

func TestRow74bAStrayAcknowledgementChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.say(1, payment.Confirm{ID: "other", Outcome: payment.Approved, OK: true})
	d.wantSaid("refusal not_found")
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.wantSaid("recorded approved")
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: false})
	d.wantSaid("refusal conflict")
	d.wantState(payment.StateCapturing)
}

func TestAnApprovalThatNeverLeftGoesBackWhenTheTillStaysAway(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.input(engine.LinkClosed{Link: 1})
	d.answer(call, d.approved())
	d.wantState(payment.StateApproved)
	d.after(25 * time.Second)
	d.wantState(payment.StateReversing)
}

func TestACancelOnceOfferedOnlyRepeatsTheResult(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.say(1, payment.Cancel{ID: p1.Till})
	d.wantSaid("result approved replay")
	d.wantState(payment.StateApproved)
}

func TestARestartRepeatsWhatWasInFlightWithTheSameBytes(t *testing.T) {
	d := newDesk(t)
	d.toFinalizing()
	d.restart(2 * time.Second)
	again := d.lastSend()
	bodies := d.sent[again.Intent.Key]
	if len(bodies) != 2 || bodies[0] != bodies[1] || again.Token.Reveal() != "token" {
		t.Fatalf("sent %q, want the same bytes and token twice", bodies)
	}
	d.answer(again, d.approved())
	d.wantState(payment.StateApproved)
	d.open(9, false)
	d.wantSaid("result approved")
}

func TestARestartShowsNoCodeBeforeItWasReadAgain(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.restart(2 * time.Second)
	if d.scene.Fresh {
		t.Error("the code must not be shown before a fresh read")
	}
	d.read(payment.RequestSubmitted)
	if !d.scene.Fresh {
		t.Error("a fresh read brings the code back")
	}
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateAccepted) // no till has said a word yet
}

func TestRow73AnAcceptanceDuringAPowerCutIsCancelled(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	d.restart(3 * time.Hour)
	d.wantState(payment.StateCancelling)
	d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: engine.Closing{Status: payment.RequestGone}})
	d.wantState(payment.StateExpired)
}

func TestRow65AWallClockJumpChangesNoOutcome(t *testing.T) {
	for name, jump := range map[string]time.Duration{"ten years on": 87600 * time.Hour, "ten years back": -87600 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.toWaiting()
			d.now.Wall = d.now.Wall.Add(jump)
			d.after(time.Minute)
			d.wantState(payment.StateWaiting)
			d.read(payment.RequestCompleted)
			d.wantState(payment.StateFinalizing)
		})
	}
}

func TestAClockThatWentBackwardsHoldsOldKeys(t *testing.T) {
	d := newDesk(t)
	d.toFinalizing()
	d.restart(-48 * time.Hour)
	d.wantNoCall()
	d.after(11 * time.Minute)
	d.wantState(payment.StateAttention)
}

// Memory does not grow with sales: of what is finished only the newest payment of a lane stays.
func TestAFinishedPaymentIsForgottenWhenTheNextOneBegins(t *testing.T) {
	d := newDesk(t)
	d.toFinalizing()
	d.answer(d.lastSend(), engine.Declined{})
	d.after(9 * time.Minute)
	if !d.core.Knows(p1) {
		t.Error("the newest payment is forgotten while its till and its screen are still about it")
	}
	p2, p3 := p1, p1
	p2.Till, p3.Till = "T1-2", "T1-3"
	d.say(1, payment.Pay{ID: p2.Till, Order: payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}}})
	d.after(time.Second)
	if d.core.Knows(p1) || !d.core.Knows(p2) {
		t.Errorf("with the next payment: the old one is known: %v, the new one: %v", d.core.Knows(p1), d.core.Knows(p2))
	}
	d.say(1, payment.Cancel{ID: p3.Till}) // a tombstone is no payment that anybody waits for
	d.after(time.Second)
	if d.core.Knows(p3) || !d.core.Knows(p2) {
		t.Errorf("with a tombstone: it is known: %v, the running one: %v", d.core.Knows(p3), d.core.Knows(p2))
	}
}

// A clock that stood still while there was no power makes every key look young: Klarna's own has to say.
func TestAKeyOfAnEarlierProcessLeavesAsInherited(t *testing.T) {
	d := newDesk(t)
	d.toFinalizing()
	if c := d.lastSend(); c.Inherited {
		t.Errorf("%s of this process leaves as inherited", c.Intent.Write)
	}
	d.restart(time.Second)
	c := d.lastSend()
	if !c.Inherited {
		t.Errorf("%s of an earlier process leaves without its clock being asked for", c.Intent.Write)
	}
	d.answer(c, engine.Stale{})
	d.wantState(payment.StateAttention)
	d.calls = nil
	d.after(time.Hour)
	for _, a := range d.calls {
		if s, ok := a.(engine.Send); ok {
			t.Errorf("%s is sent again with a key that is too old", s.Call.Intent.Write)
		}
	}
}

func TestAnUnreachableKlarnaFailsCleanly(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	call := d.lastSend()
	for d.disk[p1].State == payment.StateAuthorizing {
		d.answer(call, engine.NotExecuted{})
		d.after(5 * time.Second)
	}
	d.wantState(payment.StateFailed)
	if d.now.Up > time.Minute {
		t.Errorf("took %s, want well under a minute", d.now.Up)
	}
}

func TestACancelBeforeAnyTryReachedKlarnaIsTrueAtOnce(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	d.answer(d.lastSend(), engine.NotExecuted{})
	d.say(1, payment.Cancel{ID: p1.Till})
	d.wantState(payment.StateCancelled)
	d.wantNoCall()
}

func TestAnAuthorizeInFlightIsAnsweredBeforeACancelIsTrue(t *testing.T) {
	for name, c := range map[string]struct {
		answer engine.Answer
		want   payment.State
	}{
		"step-up is deleted":     {stepUp("r1"), payment.StateCancelling},
		"declined is the end":    {engine.Declined{}, payment.StateCancelled},
		"a clean refusal is too": {engine.Refused{}, payment.StateCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.pay()
			call := d.lastSend()
			d.say(1, payment.Cancel{ID: p1.Till})
			d.after(10 * time.Second)
			if d.disk[p1].Result != "" {
				t.Fatalf("told %q while the authorize was in flight", d.disk[p1].Result)
			}
			d.answer(call, c.answer)
			d.wantState(c.want)
		})
	}
	t.Run("approved is given back", func(t *testing.T) {
		d := newDesk(t)
		d.open(1, false)
		d.pay()
		call := d.lastSend()
		d.say(1, payment.Cancel{ID: p1.Till})
		d.answer(call, d.approved())
		d.wantState(payment.StateReversing)
	})
}

func TestARefusedGiveBackIsReadThenPutBeforeAPerson(t *testing.T) {
	d := newDesk(t)
	d.toOffered()
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: false})
	d.answer(d.lastSend(), engine.Refused{Code: "OPERATION_FORBIDDEN"})
	d.input(engine.TransactionRead{ID: p1, Holding: engine.Holding{Status: payment.TransactionAuthorized}})
	d.wantState(payment.StateAttention)
	d.input(engine.Decided{ID: p1, As: payment.DecideGiveBack, Ticket: 4})
	if r, ok := d.calls[0].(engine.Ruled); !ok || !errors.Is(r.Err, engine.ErrNoReason) {
		t.Fatalf("a decision without a reason gave %#v", d.calls)
	}
	d.input(engine.Decided{ID: p1, As: payment.DecideGiveBack, Reason: "customer waited", Ticket: 5})
	if second := d.lastSend(); second.Intent.Attempt != 2 {
		t.Errorf("attempt %d, want a new one", second.Intent.Attempt)
	}
}

func TestWithCaptureNowTheAcknowledgementEndsTheSale(t *testing.T) {
	set := settings()
	set.CaptureNow = true
	d := newDeskWith(t, set)
	call := d.toFinalizing()
	a := d.approved()
	a.Transaction.Captured = true
	d.answer(call, a)
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.wantState(payment.StateCaptured)
	d.wantNoCall()
}

func TestPollsShareOneQuotaAndFinalizeDoesNotWait(t *testing.T) {
	set := settings()
	set.Lanes = nil
	for i := range 64 {
		set.Lanes = append(set.Lanes, engine.Lane{ID: payment.LaneID(rune('a' + i)), Currency: "EUR"})
	}
	d := newDeskWith(t, set)
	for i, l := range set.Lanes {
		id := payment.LinkID(i + 1)
		d.input(engine.LinkOpened{Link: id, Of: payment.Link{Lane: l.ID}})
		d.say(id, payment.Pay{ID: "x", Order: payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}}})
		d.answer(d.lastSend(), stepUp("r-"+string(l.ID)))
	}
	reads := 0
	for range 60 {
		d.after(time.Second)
		for _, a := range d.calls {
			if r, ok := a.(engine.ReadRequest); ok {
				reads++
				d.input(engine.RequestRead{ID: r.ID, Request: r.Request, Reading: engine.Reading{Status: payment.RequestInProgress}})
			}
		}
	}
	if reads > 60*10+20 {
		t.Errorf("%d reads in a minute, want at most 10 a second", reads)
	}
	id := payment.ID{Lane: set.Lanes[0].ID, Till: "x"}
	d.input(engine.RequestRead{ID: id, Request: d.disk[id].Request.ID, Reading: engine.Reading{Status: payment.RequestCompleted, Token: token()}})
	if d.lastSend().Intent.Write != payment.WriteFinalize {
		t.Error("finalize must leave at once")
	}
}

func TestARepeatedAuthorizeIsNotAFreshRead(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	d.answer(d.lastSend(), engine.Unclear{})
	d.after(2 * time.Second)
	d.answer(d.lastSend(), stepUp("r1"))
	if d.scene.Fresh {
		t.Error("the answer is as old as the first try: its code must be read before it is shown")
	}
	if _, ok := d.calls[0].(engine.ReadRequest); !ok {
		t.Fatalf("did %#v, want a read at once", d.calls)
	}
	d.read(payment.RequestSubmitted)
	if !d.scene.Fresh {
		t.Error("the code must be shown after the read")
	}
}

func TestTheDeadlineGrowsOnceWhenTheCodeWasScanned(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	first := d.disk[p1].Deadline
	d.after(4 * time.Minute)
	d.read(payment.RequestInProgress)
	grown := d.disk[p1].Deadline
	if got := grown.Sub(first); got != 5*time.Minute {
		t.Errorf("grew by %s, want to the absolute 10 minutes", got)
	}
	d.read(payment.RequestSubmitted)
	d.read(payment.RequestInProgress)
	if !d.disk[p1].Deadline.Equal(grown) {
		t.Error("grew a second time")
	}
}

func TestATillsOwnTimeoutNeverGrows(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	o := order()
	o.Timeout = time.Minute
	d.say(1, payment.Pay{ID: p1.Till, Order: o})
	d.answer(d.lastSend(), stepUp("r1"))
	d.read(payment.RequestInProgress)
	d.after(61 * time.Second)
	d.wantState(payment.StateCancelling)
}

func TestMoreTimeStaysWithinKlarnasExpiry(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	began := d.disk[p1].Deadline
	for range 60 {
		d.input(engine.CustomerAsked{ID: p1})
	}
	if grown := d.disk[p1].Deadline.Sub(began); grown > 25*time.Minute {
		t.Errorf("grew by %s, past Klarna's expiry", grown)
	}
	d.input(engine.CustomerAsked{ID: p1, Cancel: true})
	d.wantState(payment.StateCancelling)
	d.input(engine.CustomerAsked{ID: payment.ID{Lane: "lane-1", Till: "none"}, Cancel: true})
}

func TestRow53And55AWebhookIsAHintToRead(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.pay()
	call := d.lastSend()
	d.input(engine.Nudged{Reference: d.disk[p1].Reference})
	d.wantNoCall() // there is no request to read yet
	d.answer(call, stepUp("r1"))
	reads := 0
	count := func() {
		for _, a := range d.calls {
			if _, ok := a.(engine.ReadRequest); ok {
				reads++
			}
		}
	}
	count()
	if reads != 1 {
		t.Fatalf("%d reads once the request is known, want 1", reads)
	}
	d.read(payment.RequestSubmitted)
	for range 1000 {
		d.input(engine.Nudged{Request: "r1"})
		count()
		if len(d.calls) > 0 {
			d.read(payment.RequestSubmitted)
		}
	}
	if reads > 2 {
		t.Errorf("%d reads for a thousand events in one instant, want at most one a second", reads)
	}
	d.input(engine.Nudged{Request: "somebody else's"})
	d.wantNoCall()
	d.wantState(payment.StateWaiting)
}

func TestDisplayRequired(t *testing.T) {
	set := settings()
	set.Lanes[0].DisplayRequired = true
	d := newDeskWith(t, set)
	d.open(1, false)
	d.pay()
	d.wantSaid("refusal no_display")
	d.input(engine.ScreenSeen{Lane: "lane-1", Screens: 1})
	d.pay()
	d.wantSaid("accepted")
}

func TestTombstonesAreBounded(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	buried := 0
	for i := range 100 {
		d.say(1, payment.Cancel{ID: payment.TillID(rune('A' + i))})
		if d.said[0] == "result cancelled" {
			buried++
		}
	}
	if buried != 30 {
		t.Errorf("%d tombstones in a minute, want 30", buried)
	}
}

func TestIntakeRefusesMoneyThatIsNotThisLanes(t *testing.T) {
	for name, o := range map[string]payment.Order{
		"zero":           {Amount: payment.Amount{Minor: 0, Currency: "EUR"}},
		"above the cap":  {Amount: payment.Amount{Minor: 1_000_001, Currency: "EUR"}},
		"other currency": {Amount: payment.Amount{Minor: 1, Currency: "SEK"}},
		"no currency":    {Amount: payment.Amount{Minor: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.say(1, payment.Pay{ID: p1.Till, Order: o})
			d.wantSaid("refusal bad_request")
			if d.commits > 0 {
				t.Error("a refused request must leave nothing on disk")
			}
		})
	}
}

func TestKlarnaOutOfReachIsSaidAndTakenBack(t *testing.T) {
	d := newDesk(t)
	d.toWaiting()
	for range 3 {
		d.input(engine.RequestRead{ID: p1, Request: "r1"})
	}
	d.wantSaid("lane busy")
	if !d.scene.Offline {
		t.Error("the screen must know that Klarna is out of reach")
	}
	d.read(payment.RequestSubmitted)
	if d.scene.Offline {
		t.Error("one answer brings it back")
	}
}

func TestATillTakesASaleBackByItsName(t *testing.T) {
	t.Run("before the capture it is a void", func(t *testing.T) {
		d := newDesk(t)
		d.toOffered()
		d.say(1, payment.GiveBack{ID: p1.Till})
		d.wantSaid("cancelling")
		void := d.lastSend()
		if void.Intent.Write != payment.WriteVoid {
			t.Fatalf("gave back by %s, want void", void.Intent.Write)
		}
		d.answer(void, engine.Done{})
		d.wantSaid("update reversed")
	})
	t.Run("after it, long after, it is a refund", func(t *testing.T) {
		d := newDesk(t)
		d.toOffered()
		d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
		d.answer(d.lastSend(), engine.Done{CaptureID: "c1"})
		d.after(time.Hour)
		d.core.Remember(d.now, d.disk[p1])
		d.say(1, payment.GiveBack{ID: p1.Till})
		refund := d.lastSend()
		if refund.Intent.Write != payment.WriteRefund {
			t.Fatalf("gave back by %s, want refund", refund.Intent.Write)
		}
		d.say(1, payment.GiveBack{ID: p1.Till}) // row 75: asked twice
		d.wantSaid("cancelling")
		d.wantNoCall()
		d.answer(refund, engine.Done{})
		d.wantSaid("update reversed")
		d.say(1, payment.GiveBack{ID: p1.Till})
		d.wantSaid("result approved replay given back")
	})
	t.Run("what was never paid cannot be given back", func(t *testing.T) {
		d := newDesk(t)
		d.toWaiting()
		d.say(1, payment.GiveBack{ID: p1.Till})
		d.wantSaid("refusal conflict")
		d.say(1, payment.GiveBack{ID: "row 75: unknown"})
		d.wantSaid("refusal not_found")
		d.wantState(payment.StateWaiting)
	})
}
