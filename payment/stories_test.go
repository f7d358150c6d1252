// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

const (
	reference    = "6f1c7a52-0e3b-5d41-9a86-2f0f8a4f6f10"
	stray        = "stray" // a key and a request that no payment knows
	request1     = payment.RequestID("request-1")
	request2     = payment.RequestID("request-2")
	sessionToken = "canary-session-token-93b1"
	tokenHash    = "5b1f6e0a"
)

// at is a time of the day on which everything here happens.
func at(after time.Duration) time.Time {
	return time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC).Add(after)
}

func price() payment.Amount { return payment.Amount{Minor: 1610, Currency: "EUR"} }

func asked() payment.Asked {
	return payment.Asked{
		At: at(0), Reference: reference, Deadline: at(5 * time.Minute), Limit: at(10 * time.Minute),
		Order: payment.Order{
			Amount: price(), Ref: "bon 7", Lang: "de",
			Lines: []payment.Line{{Name: "tea", Quantity: 2, Total: 1800}, {Name: "coupon", Quantity: 1, Total: -190}},
		},
	}
}

func askedNow() payment.Asked {
	a := asked()
	a.CaptureNow = true
	return a
}

func key(w payment.Write, attempt int) payment.Key {
	return payment.Key(fmt.Sprintf("key-%s-%d", w, attempt))
}

func intended(w payment.Write, attempt int) payment.Intended {
	return payment.Intended{At: at(time.Second), Intent: payment.Intent{
		Write: w, Key: key(w, attempt), Hash: "e3b0c442", Attempt: attempt, At: at(time.Second),
	}}
}

func request(id payment.RequestID) payment.Request {
	return payment.Request{ID: id, URL: "https://pay.klarna.com/eu/" + string(id), ExpiresAt: at(30 * time.Minute)}
}

func stepUp(k payment.Key, id payment.RequestID) payment.StepUpRequired {
	return payment.StepUpRequired{Key: k, Request: request(id), Deadline: at(5 * time.Minute), DeadlineOpen: true}
}

func transaction() payment.Transaction {
	return payment.Transaction{ID: "transaction-1", Amount: price(), Reference: reference}
}

func approval(k payment.Key) payment.ApprovedByKlarna {
	return payment.ApprovedByKlarna{At: at(time.Minute), Key: k, Transaction: transaction()}
}

func seen(id payment.RequestID, s payment.RequestStatus) payment.RequestSeen {
	return payment.RequestSeen{At: at(time.Minute), Request: id, Status: s}
}

func completed(id payment.RequestID) payment.RequestSeen {
	return payment.RequestSeen{
		At: at(time.Minute), Request: id, Status: payment.RequestCompleted,
		Token: secret.New(sessionToken), TokenHash: tokenHash,
	}
}

func cancel(w payment.Why) payment.CancelAsked {
	return payment.CancelAsked{At: at(time.Minute), Why: w}
}

func told(o payment.Outcome) payment.Told { return payment.Told{At: at(6 * time.Minute), Outcome: o} }

func confirmed(o payment.Outcome, ok bool) payment.Confirmed {
	return payment.Confirmed{At: at(2 * time.Minute), Outcome: o, OK: ok}
}

func refused(k payment.Key) payment.RefusedByKlarna {
	return payment.RefusedByKlarna{At: at(time.Minute), Key: k, Code: "BAD_VALUE", Correlation: "c-1"}
}

func expired(k payment.Key) payment.KeyExpired {
	return payment.KeyExpired{At: at(payment.KeyLife), Key: k}
}

func holding(s payment.TransactionStatus) payment.TransactionSeen {
	return payment.TransactionSeen{At: at(time.Hour), Status: s}
}

func resolved(d payment.Decision) payment.Resolved {
	return payment.Resolved{At: at(time.Hour), As: d, Reason: "seen in the portal", By: "kim"}
}

// life runs events from nothing and insists that each of them changes the payment.
func life(t *testing.T, events ...payment.Event) payment.Payment {
	t.Helper()
	p := payment.Payment{ID: payment.ID{Lane: "lane-1", Till: "7"}}
	for i, e := range events {
		next, _, err := payment.Step(p, e)
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if next.Version != p.Version+1 {
			t.Fatalf("event %d, %s, changed nothing in %s", i, e.Kind(), p.State)
		}
		p = next
	}
	return p
}

// story is a life that a test starts from. Its name says what is special about it.
type story struct {
	name   string
	events []payment.Event
}

// after continues a life without touching the one it continues.
func after(events []payment.Event, more ...payment.Event) []payment.Event {
	return append(slices.Clip(events), more...)
}

// The lives that others continue.
func authorizing() []payment.Event {
	return []payment.Event{asked(), intended(payment.WriteAuthorize, 1)}
}

func waiting() []payment.Event {
	return after(authorizing(), stepUp(key(payment.WriteAuthorize, 1), request1))
}

func finalizing() []payment.Event {
	return after(waiting(), completed(request1), intended(payment.WriteFinalize, 1))
}

func approved() []payment.Event {
	return after(finalizing(), approval(key(payment.WriteFinalize, 1)))
}

func capturing() []payment.Event {
	return after(approved(), payment.Offered{At: at(time.Minute)}, confirmed(payment.Approved, true))
}

func captureSent() []payment.Event { return after(capturing(), intended(payment.WriteCapture, 1)) }

// partly is a sale of which the till issued a part.
func partly(base []payment.Event) []payment.Event {
	return after(base, payment.Offered{At: at(time.Minute)}, issued(part()))
}

func releasing() []payment.Event {
	return after(partly(approved()), intended(payment.WriteCapture, 1),
		payment.Captured{At: at(time.Hour), Key: key(payment.WriteCapture, 1), CaptureID: "capture-1"})
}

func releaseSent() []payment.Event { return after(releasing(), intended(payment.WriteRelease, 1)) }

// partRefused is a part whose capture Klarna refused.
func partRefused() []payment.Event {
	return after(partly(approved()), intended(payment.WriteCapture, 1), refused(key(payment.WriteCapture, 1)),
		holding(payment.TransactionAuthorized))
}

func release1() payment.Key { return key(payment.WriteRelease, 1) }

func voidSent() []payment.Event {
	return after(approved(), cancel(payment.WhyTill), intended(payment.WriteVoid, 1))
}

// inDoubt is a finalize of which a try may have been executed, and which Klarna then declined.
func inDoubt() []payment.Event {
	k := key(payment.WriteFinalize, 1)
	return after(finalizing(), payment.Unclear{Key: k}, payment.DeclinedByKlarna{At: at(time.Minute), Key: k})
}

func mismatched() []payment.Event {
	e := approval(key(payment.WriteFinalize, 1))
	e.Transaction.Amount.Minor++
	return after(finalizing(), e)
}

func giveBackRefused(base []payment.Event) []payment.Event {
	return after(base, refused(key(payment.WriteVoid, 1)), holding(payment.TransactionAuthorized))
}

// captureNow is an approval of which Klarna has captured the money already.
func captureNow() []payment.Event {
	e := approval(key(payment.WriteAuthorize, 1))
	e.Transaction.Captured = true
	return []payment.Event{askedNow(), intended(payment.WriteAuthorize, 1), e}
}

// stories are lives that end in every state, more than once where something else than the state counts.
func stories() []story {
	return slices.Concat(openStories(), cancellingStories(), approvedStories(), finalStories(), attentionStories(), refundStories())
}

func openStories() []story {
	auth, fin1, fin2 := key(payment.WriteAuthorize, 1), key(payment.WriteFinalize, 1), key(payment.WriteFinalize, 2)
	round2 := after(finalizing(), stepUp(fin1, request2))
	inProgress := seen(request1, payment.RequestInProgress)
	inProgress.Deadline = at(10 * time.Minute)
	return []story{
		{"nobody has asked", nil},
		{"received", []payment.Event{asked()}},
		{"authorizing", authorizing()},
		{"authorizing, perhaps executed", after(authorizing(), payment.Unclear{Key: auth})},
		{"waiting", waiting()},
		{"waiting, more time", after(waiting(), payment.MoreTime{Deadline: at(11 * time.Minute)})},
		{"waiting, second round", round2},
		{"scanned", after(waiting(), inProgress)},
		{"accepted", after(waiting(), completed(request1))},
		{"accepted, second round", after(round2, completed(request2))},
		{"finalizing", finalizing()},
		{"finalizing, perhaps executed", after(finalizing(), payment.Unclear{Key: fin1})},
		{"finalizing, cancel wanted", after(finalizing(), cancel(payment.WhyTill))},
		{"finalizing, perhaps executed, cancel wanted", after(finalizing(), payment.Unclear{Key: fin1}, cancel(payment.WhyTill))},
		{"finalizing, unknown told", after(finalizing(), told(payment.Unknown))},
		{"finalizing, second round", after(round2, completed(request2), intended(payment.WriteFinalize, 2))},
		{
			"finalizing, second round, perhaps executed",
			after(round2, completed(request2), intended(payment.WriteFinalize, 2), payment.Unclear{Key: fin2}),
		},
	}
}

func cancellingStories() []story {
	auth, fin := key(payment.WriteAuthorize, 1), key(payment.WriteFinalize, 1)
	late := stepUp(fin, request2)
	late.DeadlineOpen = false
	return []story{
		{"cancelling for the till", after(waiting(), cancel(payment.WhyTill))},
		{"cancelling for the customer", after(waiting(), cancel(payment.WhyCustomer))},
		{"cancelling at the deadline", after(waiting(), cancel(payment.WhyDeadline))},
		{"cancelling, till gone", after(waiting(), completed(request1), cancel(payment.WhyTillGone))},
		{"cancelling, word told", after(waiting(), cancel(payment.WhyTill), told(payment.Cancelled))},
		{
			"cancelling, word told and confirmed",
			after(waiting(), cancel(payment.WhyTill), told(payment.Cancelled), confirmed(payment.Cancelled, true)),
		},
		{"cancelling, authorize in flight", after(authorizing(), cancel(payment.WhyTill))},
		{"cancelling, authorize perhaps executed", after(authorizing(), payment.Unclear{Key: auth}, cancel(payment.WhyDeadline))},
		{
			"cancelling, authorize perhaps executed, unknown told",
			after(authorizing(), cancel(payment.WhyDeadline), payment.Unclear{Key: auth}, told(payment.Unknown)),
		},
		{"cancelling, finalize perhaps executed", inDoubt()},
		{"cancelling, finalize perhaps executed, unknown told", after(inDoubt(), told(payment.Unknown))},
		{"cancelling, finalize refused", after(finalizing(), refused(fin))},
		{"cancelling, step-up after the deadline", after(finalizing(), late)},
		{"cancelling, step-up with cancel wanted", after(finalizing(), cancel(payment.WhyTill), stepUp(fin, request2))},
	}
}

func approvedStories() []story {
	capt, void := key(payment.WriteCapture, 1), key(payment.WriteVoid, 1)
	offered := payment.Offered{At: at(time.Minute)}
	refund := after(captureSent(), payment.Captured{At: at(time.Hour), Key: capt}, resolved(payment.DecideGiveBack))
	return []story{
		{"approved", approved()},
		{"approved at once", after(authorizing(), approval(key(payment.WriteAuthorize, 1)))},
		{"approved and offered", after(approved(), offered)},
		{"approved after unknown", after(finalizing(), told(payment.Unknown), approval(key(payment.WriteFinalize, 1)))},
		{
			"approved after unknown and offered",
			after(finalizing(), told(payment.Unknown), approval(key(payment.WriteFinalize, 1)), offered),
		},
		{"approved and captured in one", captureNow()},
		{"approved and captured in one, offered", after(captureNow(), offered)},
		{"capturing, not decided", capturing()},
		{"capturing", captureSent()},
		{"capturing, perhaps executed", after(captureSent(), payment.Unclear{Key: capt})},
		{"capturing, refused", after(captureSent(), refused(capt))},
		{"capturing, staff wants it back", after(captureSent(), resolved(payment.DecideGiveBack))},
		{
			"capturing, refused, staff wants it back",
			after(captureSent(), resolved(payment.DecideGiveBack), refused(capt)),
		},
		{"captured", after(captureSent(), payment.Captured{At: at(time.Hour), Key: capt, CaptureID: "capture-1"})},
		{"captured in one", after(captureNow(), offered, confirmed(payment.Approved, true))},
		{"capturing a part", after(partly(approved()), intended(payment.WriteCapture, 1))},
		{"releasing, not decided", releasing()},
		{"releasing", releaseSent()},
		{"releasing, perhaps executed", after(releaseSent(), payment.Unclear{Key: release1()})},
		{"releasing, refused", after(releaseSent(), refused(release1()))},
		{"releasing, staff wants it back", after(releaseSent(), resolved(payment.DecideGiveBack))},
		{"releasing what was captured in one", after(partly(captureNow()), intended(payment.WriteRelease, 1))},
		{"captured in part", after(releaseSent(), payment.GivenBack{At: at(time.Hour), Key: release1()})},
		{
			"reversing what was captured in part",
			after(releaseSent(), payment.ReversalAsked{At: at(time.Hour)}, payment.GivenBack{At: at(time.Hour), Key: release1()}),
		},
		{"reversing, not decided", after(approved(), cancel(payment.WhyTill))},
		{"reversing by void", voidSent()},
		{"reversing by void, perhaps executed", after(voidSent(), payment.Unclear{Key: void})},
		{"reversing by void, refused", after(voidSent(), refused(void))},
		{"reversing by void, unknown told", after(voidSent(), told(payment.Unknown))},
		{"reversing, the till said no", after(approved(), offered, confirmed(payment.Approved, false))},
		{"reversing by refund, not decided", refund},
		{"reversing by refund", after(refund, intended(payment.WriteRefund, 1))},
		{"reversing what was captured in one", after(captureNow(), cancel(payment.WhyTill))},
	}
}

func finalStories() []story {
	auth, void := key(payment.WriteAuthorize, 1), key(payment.WriteVoid, 1)
	unreachable := payment.RefusedByKlarna{At: at(time.Minute), Key: auth, Unreachable: true}
	return []story{
		{"declined", after(authorizing(), payment.DeclinedByKlarna{At: at(time.Minute), Key: auth})},
		{"cancelled", []payment.Event{asked(), cancel(payment.WhyTill)}},
		{"cancelled before it began", []payment.Event{cancel(payment.WhyTill)}},
		{"cancelled and confirmed", []payment.Event{asked(), cancel(payment.WhyTill), confirmed(payment.Cancelled, true)}},
		{"cancelled by Klarna", after(waiting(), seen(request1, payment.RequestCanceled))},
		{"expired", after(waiting(), seen(request1, payment.RequestExpired))},
		{"failed", after(authorizing(), refused(auth))},
		{"failed, Klarna unreachable", after(authorizing(), unreachable)},
		{"reversed, never offered", after(voidSent(), payment.GivenBack{At: at(time.Hour), Key: void})},
		{
			"reversed, once approved",
			after(approved(), payment.Offered{At: at(time.Minute)}, confirmed(payment.Approved, false),
				intended(payment.WriteVoid, 1), payment.GivenBack{At: at(time.Hour), Key: void}),
		},
	}
}

func attentionStories() []story {
	auth, fin, capt := key(payment.WriteAuthorize, 1), key(payment.WriteFinalize, 1), key(payment.WriteCapture, 1)
	now := captureNow()
	wrong := approval(auth)
	wrong.Transaction.Captured = true
	wrong.Transaction.Reference = "someone else's"
	captureRefused := after(captureSent(), refused(capt), holding(payment.TransactionAuthorized))
	return []story{
		{"attention, authorize too old", after(authorizing(), payment.Unclear{Key: auth}, expired(auth))},
		{"attention, finalize too old", after(finalizing(), payment.Unclear{Key: fin}, expired(fin))},
		{"attention, finalize too old, transaction known late", after(finalizing(), expired(fin), approval(fin))},
		{
			"attention, captured in one, known late",
			[]payment.Event{now[0], now[1], expired(auth), now[2]},
		},
		{"attention, other amount", mismatched()},
		{"attention, finalize too old, other amount known late", after(finalizing(), expired(fin), otherAmount(fin))},
		{"attention, other reference, captured in one", []payment.Event{now[0], now[1], wrong}},
		{"attention, other amount while cancelling", after(authorizing(), cancel(payment.WhyTill), otherAmount(auth))},
		{"attention, two answers", after(inDoubt(), seen(request1, payment.RequestExpired))},
		{"attention, give-back refused", giveBackRefused(voidSent())},
		{"attention, capture refused", captureRefused},
		{"attention, capture of a part refused", partRefused()},
		{"attention, release refused", after(releaseSent(), refused(release1()), holding(payment.TransactionAuthorized))},
		{
			"attention, capture refused, staff wanted it back",
			after(captureSent(), resolved(payment.DecideGiveBack), refused(capt), holding(payment.TransactionAuthorized)),
		},
	}
}

func otherAmount(k payment.Key) payment.ApprovedByKlarna {
	e := approval(k)
	e.Transaction.Amount.Minor--
	return e
}

// asks writes actions as text, such as "send finalize key-finalize-1".
func asks(actions []payment.Action) string {
	var b strings.Builder
	for i, a := range actions {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", a), "payment.")))
		if s, ok := a.(payment.Send); ok {
			fmt.Fprintf(&b, " %s %s", s.Intent.Write, s.Intent.Key)
		}
		if i, ok := a.(payment.Intend); ok {
			fmt.Fprintf(&b, " %s %d", i.Write, i.Attempt)
			if i.Refund != "" {
				fmt.Fprintf(&b, " %s", i.Refund)
			}
		}
		if w, ok := a.(payment.TellWhenTrue); ok {
			fmt.Fprintf(&b, " %s", w.Outcome)
		}
		if r, ok := a.(payment.ReadRequest); ok {
			fmt.Fprintf(&b, " %s", r.Request)
		}
		if r, ok := a.(payment.CancelRequest); ok {
			fmt.Fprintf(&b, " %s", r.Request)
		}
		if r, ok := a.(payment.ReadTransaction); ok {
			fmt.Fprintf(&b, " %s", r.Transaction)
		}
	}
	return b.String()
}
