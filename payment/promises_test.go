// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillbridge/payment"
)

// past is what a payment has been through, as far as a promise depends on it. It is comparable.
type past struct {
	cancelled bool // a cancel was durable
	wished    bool // the same, or wanted too late to win, before approved was told: the till hears cancelling
	toldNo    bool // a word of not-paid was told
	capture   bool // a capture was intended
	giveBack  bool // a void or refund is durable and its outcome not known
}

func (h past) then(after payment.Payment, e payment.Event) past {
	if i, ok := e.(payment.Intended); ok && i.Intent.Write == payment.WriteCapture {
		h.capture = true
	}
	giving := after.State == payment.StateReversing && !after.Offered
	h.cancelled = h.cancelled || giving || after.State == payment.StateCancelling
	h.wished = h.wished || h.cancelled || (after.State == payment.StateFinalizing && after.Wanted != "")
	h.toldNo = h.toldNo || notPaid(after.Result) || notPaid(after.Update)
	h.giveBack = after.GiveBack.Open() && !after.GiveBack.Refused
	return h
}

func notPaid(o payment.Outcome) bool {
	return o == payment.Declined || o == payment.Cancelled || o == payment.Expired || o == payment.Failed
}

// move is one change of a payment, with what led to it.
type move struct {
	before payment.Payment
	event  payment.Event
	after  payment.Payment
	asks   string // its actions, as text
	past   past   // including this move
}

func (m move) String() string {
	return fmt.Sprintf("%s -(%s %+v)-> %s asks %q, result %q update %q reason %q",
		m.before.State, m.event.Kind(), m.event, m.after.State, m.asks, m.after.Result, m.after.Update, m.after.Reason)
}

func promises() []promise {
	return slices.Concat(wordPromises(), moneyPromises(), shapePromises(), refundPromises())
}

// broken names the promises that a move breaks.
func broken(all []promise, m move) []string {
	var names []string
	for _, p := range all {
		if !p.holds(m) {
			names = append(names, p.name)
		}
	}
	return names
}

type promise struct {
	name  string
	holds func(move) bool
}

func wordPromises() []promise {
	return []promise{
		{"the result is told once", func(m move) bool {
			return m.before.Result == "" || (m.after.Result == m.before.Result && m.after.ResultAt.Equal(m.before.ResultAt))
		}},
		{"an update follows unknown, or takes an approval back", func(m move) bool {
			if m.after.Update == m.before.Update {
				return m.after.UpdateAt.Equal(m.before.UpdateAt)
			}
			first := m.before.Update == "" && m.before.Result == payment.Unknown
			takenBack := m.before.Word() == payment.Approved && m.after.Update == payment.Reversed
			return (first && m.after.Update != payment.Unknown && m.after.Update != payment.Reversed) || takenBack
		}},
		{"only words are told, and reversed is never the first", func(m move) bool {
			return (m.after.Result == "" || m.after.Result.Valid()) && (m.after.Update == "" || m.after.Update.Valid()) &&
				m.after.Result != payment.Reversed
		}},
		{"approved is told for this sale's transaction alone", func(m move) bool {
			t := m.after.Transaction
			return m.after.Word() != payment.Approved ||
				(t.ID != "" && t.Amount == m.after.Order.Amount && t.Reference == m.after.Reference)
		}},
		{"approved is told before its first byte leaves", func(m move) bool {
			return m.after.Offered == (m.after.Result == payment.Approved || m.after.Update == payment.Approved ||
				m.after.Update == payment.Reversed)
		}},
		{"a no is told only without doubt", func(m move) bool {
			return !notPaid(m.after.Word()) || !m.after.Doubt()
		}},
		{"a no is for ever", func(m move) bool {
			return !m.past.toldNo || (!paid(m.after.State) && m.after.Word() != payment.Approved)
		}},
		{"after cancelling, approved is never told", func(m move) bool {
			return !m.past.wished || m.after.Word() != payment.Approved
		}},
		{"the word fits the state", wordFits},
		{"what is finished needs no person", func(m move) bool {
			return !m.after.State.Final() || !needsPerson(m.after.Reason)
		}},
		{"the till confirms only what it was told", func(m move) bool {
			return m.after.Acknowledged == m.before.Acknowledged || m.after.Acknowledged == m.after.Word()
		}},
	}
}

// paid is a state in which the sale stands.
func paid(s payment.State) bool {
	return s == payment.StateApproved || s == payment.StateCapturing || s == payment.StateCaptured
}

func needsPerson(r payment.Reason) bool {
	return slices.Contains([]payment.Reason{
		payment.ReasonKeyTooOld, payment.ReasonMismatch, payment.ReasonNoProof, payment.ReasonGiveBackRefused,
		payment.ReasonCaptureRefused,
	}, r)
}

func wordFits(m move) bool {
	want, final := map[payment.State]payment.Outcome{
		payment.StateDeclined: payment.Declined, payment.StateCancelled: payment.Cancelled,
		payment.StateExpired: payment.Expired, payment.StateFailed: payment.Failed,
		payment.StateCapturing: payment.Approved, payment.StateCaptured: payment.Approved,
	}[m.after.State]
	switch {
	case final:
		return m.after.Word() == want
	case m.after.State == payment.StateReversed:
		return m.after.Word() == payment.Reversed || (!m.after.Offered && notPaid(m.after.Word()))
	case m.after.State == payment.StateCancelling:
		return m.after.Word() == "" || m.after.Word() == payment.Unknown || m.after.Word() == m.after.Why.Outcome()
	case m.after.State == payment.StateAttention:
		return m.after.Word() != "" && !notPaid(m.after.Word())
	}
	return !notPaid(m.after.Word())
}

func moneyPromises() []promise {
	finalize, cancelAsked := "finalize", "cancelrequest"
	return []promise{
		{"finalize and cancel exclude each other", func(m move) bool {
			a := m.asks
			return !strings.Contains(a, finalize) || !strings.Contains(a, cancelAsked)
		}},
		{"what was cancelled is never finalized", func(m move) bool {
			return !m.past.cancelled || !strings.Contains(m.asks, finalize)
		}},
		{"what was cancelled is never shown again", func(m move) bool {
			return !m.past.cancelled || !slices.Contains([]payment.State{
				payment.StateWaiting, payment.StateScanned, payment.StateAccepted, payment.StateFinalizing,
			}, m.after.State)
		}},
		{"once a capture is intended, nothing is voided", func(m move) bool {
			return !m.past.capture || !strings.Contains(m.asks, "void")
		}},
		{"while a give-back may be executed, nothing is captured", func(m move) bool {
			return !m.past.giveBack || !strings.Contains(m.asks, "capture")
		}},
		{"a capture follows the word approved", func(m move) bool {
			return !strings.Contains(m.asks, "capture") || m.after.Acknowledged == payment.Approved
		}},
		{"a rest is released only of a sale that is taken, issued in part and not being given back", func(m move) bool {
			return !strings.Contains(m.asks, "release") ||
				m.after.Transaction.Captured && m.after.Rest().Minor > 0 && !m.past.giveBack
		}},
		{"what was issued never changes and is never more than the sale", func(m move) bool {
			i := m.after.Issued
			return (m.before.Issued == payment.Amount{} || i == m.before.Issued) &&
				(i == payment.Amount{} || i.Minor > 0 && i.Minor <= m.after.Order.Amount.Minor && i.Currency == m.after.Order.Amount.Currency)
		}},
		{"a sale is done only without a rest", func(m move) bool {
			return m.after.State != payment.StateCaptured || m.after.Rest().Minor == 0 || m.after.Release.Answered
		}},
		{"captured means that Klarna said so", func(m move) bool {
			return m.after.State != payment.StateCaptured || m.after.Transaction.Captured
		}},
		{"reversed means that a give-back was answered or read", func(m move) bool {
			return m.after.State != payment.StateReversed || m.after.GiveBack.Answered ||
				m.before.State == payment.StateReversed || m.event.Kind() == "transaction_seen"
		}},
		{"what Klarna refused is read, and is not sent again", func(m move) bool {
			write := m.after.Capture
			if m.after.Transaction.Captured {
				write = m.after.Release
			}
			refusedNow := m.after.State == payment.StateCapturing && write.Refused ||
				m.after.State == payment.StateReversing && m.after.GiveBack.Refused
			return !refusedNow || m.asks == "readtransaction "+string(m.after.Transaction.ID)
		}},
		{"a session token is held in accepted and finalizing alone, and in doubt", func(m move) bool {
			return m.after.TokenHash == "" || m.after.State == payment.StateAccepted || m.after.Finalize.Planned()
		}},
	}
}

func shapePromises() []promise {
	return []promise{
		{"every change is a version", func(m move) bool { return m.after.Version == m.before.Version+1 }},
		{"an answer moves only what has asked for it", answersWhatIsOpen},
		{"every move is an edge", func(m move) bool {
			return m.before.State == m.after.State || m.before.State.May(m.after.State)
		}},
		{"what is final takes only a confirmation", func(m move) bool {
			if len(payment.Next(m.before.State)) != 0 {
				return true
			}
			_, ok := m.event.(payment.Confirmed)
			return ok && m.before.State == m.after.State
		}},
		{"the sale is asked once", func(m move) bool {
			return m.before.State == payment.StateNone ||
				(m.after.Order.Amount == m.before.Order.Amount && m.after.Reference == m.before.Reference &&
					m.after.CaptureNow == m.before.CaptureNow && m.after.Created.Equal(m.before.Created))
		}},
		{"a transaction is never forgotten or exchanged", func(m move) bool {
			return m.before.Transaction.ID == "" || m.after.Transaction.ID == m.before.Transaction.ID
		}},
		{"the capture's name never changes, and comes at no time when a repeat could go by another one", func(m move) bool {
			if m.after.CaptureID == m.before.CaptureID {
				return true
			}
			refund, _ := m.after.NextRefund()
			return m.before.CaptureID == "" && !slices.ContainsFunc(
				[]payment.Intent{m.after.Release, m.after.GiveBack, refund.Intent},
				func(i payment.Intent) bool { return i.Open() && !i.Refused })
		}},
		{"a key never comes back", func(m move) bool {
			return m.after.Authorize.Attempt >= m.before.Authorize.Attempt && m.after.Finalize.Attempt >= m.before.Finalize.Attempt &&
				m.after.Capture.Attempt >= m.before.Capture.Attempt && m.after.GiveBack.Attempt >= m.before.GiveBack.Attempt &&
				m.after.Release.Attempt >= m.before.Release.Attempt
		}},
		{"what is not finished asks for something", func(m move) bool {
			quiet := m.after.Final() || (m.after.State == payment.StateAttention && m.after.Transaction.ID == "")
			return quiet == (m.asks == "")
		}},
		{"a lane is held only by what may still charge or ask", func(m move) bool {
			return !m.after.Busy() || m.after.Word() == ""
		}},
	}
}

// answersWhatIsOpen: an answer names the intent that it answers. One to another intent, to one that was
// answered before, or to none at all must not move anything.
func answersWhatIsOpen(m move) bool {
	k, ok := keyOf(m.event)
	if !ok {
		return true
	}
	asking := []payment.Intent{m.before.Authorize, m.before.Finalize}
	if m.before.State == payment.StateCapturing {
		asking = []payment.Intent{m.before.Capture, m.before.Release}
	}
	if r, ok := m.before.NextRefund(); ok {
		asking = []payment.Intent{r.Intent}
	}
	if m.before.State == payment.StateReversing {
		asking = []payment.Intent{m.before.GiveBack}
	}
	return slices.ContainsFunc(asking, func(i payment.Intent) bool { return i.Open() && i.Key == k })
}

// keyOf returns the key of the intent that e is about, if it is about one.
func keyOf(e payment.Event) (payment.Key, bool) {
	f := reflect.ValueOf(e).FieldByName("Key")
	if !f.IsValid() {
		return "", false
	}
	return reflect.TypeAssert[payment.Key](f)
}

// start is a payment that nobody has asked for.
func start() payment.Payment { return payment.Payment{ID: payment.ID{Lane: "lane-1", Till: "7"}} }

// TestRandomLivesKeepEveryPromise draws lives of up to 60 events. Most draws are from the events that
// change the payment, because random ones alone would hardly ever leave the first states.
func TestRandomLivesKeepEveryPromise(t *testing.T) {
	all := promises()
	rapid.Check(t, func(t *rapid.T) {
		p, h := start(), past{}
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			events := candidates(p)
			if rapid.IntRange(0, 3).Draw(t, "any") > 0 {
				events = slices.DeleteFunc(events, func(e payment.Event) bool { return !changes(p, e) })
			}
			if len(events) == 0 {
				return
			}
			e := rapid.SampledFrom(events).Draw(t, "event")
			next, actions, err := payment.Step(p, e)
			if err != nil || next.Version == p.Version {
				continue
			}
			m := move{p, e, next, asks(actions), h.then(next, e)}
			if names := broken(all, m); names != nil {
				t.Fatalf("broken: %s\n%s", strings.Join(names, "; "), m)
			}
			p, h = next, m.past
		}
	})
}

func changes(p payment.Payment, e payment.Event) bool {
	next, _, err := payment.Step(p, e)
	return err == nil && next.Version != p.Version
}

// shape is everything about a payment that decides what comes next. Times and Klarna's codes do not.
type shape struct {
	state                                  payment.State
	round                                  int
	request                                payment.RequestID
	tokenHash                              string
	authorize, finalize, capture, giveBack payment.Intent
	release                                payment.Intent
	issued                                 payment.Amount
	transaction                            payment.Transaction
	captureNow, tombstone, offered         bool
	why, wanted                            payment.Why
	reason                                 payment.Reason
	result, update, acknowledged           payment.Outcome
	refunds                                string
	past                                   past
}

func shapeOf(p payment.Payment, h past) shape {
	return shape{
		p.State, p.Round, p.Request.ID, p.TokenHash, p.Authorize, p.Finalize, p.Capture, p.GiveBack, p.Release, p.Issued, p.Transaction,
		p.CaptureNow, p.Tombstone, p.Offered, p.Why, p.Wanted, p.Reason, p.Result, p.Update, p.Acknowledged, refundShape(p), h,
	}
}

// TestEveryReachablePaymentKeepsEveryPromise is no sample: it follows every event from every payment
// that can be reached, each of them once. To stay quick it leaves out events that only repeat what
// others show; with -exhaustive it takes them all, but for the third try to capture or to give back.
func TestEveryReachablePaymentKeepsEveryPromise(t *testing.T) {
	type node struct {
		p payment.Payment
		h past
	}
	all, failures := promises(), 0
	queue, known := []node{{start(), past{}}}, map[shape]bool{}
	for len(queue) > 0 && failures < 10 {
		n := queue[0]
		queue = queue[1:]
		for _, e := range candidates(n.p) {
			if endless(e) || (!given("exhaustive") && (repeats(e) || refundsAgain(n.p, e))) {
				continue
			}
			next, actions, err := payment.Step(n.p, e)
			if err != nil || next.Version == n.p.Version {
				continue
			}
			m := move{n.p, e, next, asks(actions), n.h.then(next, e)}
			if names := broken(all, m); names != nil {
				failures++
				t.Errorf("broken: %s\n%s", strings.Join(names, "; "), m)
				continue
			}
			if s := shapeOf(next, m.past); !known[s] {
				known[s] = true
				queue = append(queue, node{next, m.past})
			}
		}
	}
	t.Logf("%d payments", len(known))
	if len(known) < 1000 && failures == 0 {
		t.Errorf("only %d payments were reached", len(known))
	}
}

// endless reports whether following e would never come to an end.
func endless(e payment.Event) bool {
	if i, ok := e.(payment.Intended); ok {
		return i.Intent.Attempt > 2
	}
	_, ok := e.(payment.MoreTime)
	return ok
}

// repeats reports whether e shows nothing to a quick walk that another event does not.
func repeats(e payment.Event) bool {
	if c, ok := e.(payment.CancelAsked); ok {
		return c.Why != payment.WhyTill && c.Why != payment.WhyDeadline
	}
	if a, ok := e.(payment.ApprovedByKlarna); ok {
		t := a.Transaction
		return t.Amount.Currency != price().Currency || t.Reference != reference || t.Captured
	}
	if s, ok := e.(payment.RequestSeen); ok {
		return s.Request == stray || (s.TokenHash != "" && s.TokenHash != tokenHash)
	}
	if c, ok := e.(payment.Confirmed); ok {
		return c.Outcome != payment.Approved
	}
	if u, ok := e.(payment.Unclear); ok {
		return u.Key != key(payment.WriteAuthorize, 1) && u.Key != key(payment.WriteFinalize, 1)
	}
	if i, ok := e.(payment.Intended); ok {
		return i.Intent.Write == payment.WriteRefund && i.Intent.Attempt > 1
	}
	if r, ok := e.(payment.RefundAsked); ok {
		return r.ID != "R1" || r.Amount.Minor == 501
	}
	a, ok := e.(payment.Asked)
	return ok && a.CaptureNow
}
