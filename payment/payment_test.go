// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"slices"
	"testing"
	"time"

	"tillbridge/payment"
)

func TestStatesRoundTrip(t *testing.T) {
	names := make(map[string]payment.State)
	for _, s := range payment.States() {
		text, err := s.MarshalText()
		if err != nil || string(text) != s.String() || len(text) == 0 {
			t.Fatalf("MarshalText(%d) = %q, %v, want its name %q", s, text, err, s)
		}
		if twin, ok := names[string(text)]; ok {
			t.Errorf("%d and %d are both called %s", twin, s, text)
		}
		names[string(text)] = s
		got := payment.StateAttention
		if err := got.UnmarshalText(text); err != nil || got != s {
			t.Errorf("UnmarshalText(%q) = %s, %v, want %s", text, got, err, s)
		}
	}
	if len(names) != 18 {
		t.Errorf("there are %d states, want 18: a new one needs stories", len(names))
	}
}

func TestStateUnmarshalTextRefuses(t *testing.T) {
	for _, text := range []string{"", "Approved", "approved ", "state 200", "5", "paid", "approved\x00"} {
		got := payment.StateWaiting
		if err := got.UnmarshalText([]byte(text)); err == nil || got != payment.StateWaiting {
			t.Errorf("UnmarshalText(%q) = %v and left %s, want an error and the state as it was", text, err, got)
		}
	}
}

// A state that this version does not know comes from a newer journal, or from memory gone wrong.
func TestAStateNobodyKnowsDoesNothing(t *testing.T) {
	p := payment.Payment{State: 200, Version: 3}
	for _, e := range candidates(p) {
		if next, actions, err := payment.Step(p, e); err == nil || next.Version != 3 || actions != nil {
			t.Errorf("Step(%s, %s) = version %d, %s, %v, want a refusal", p.State, e.Kind(), next.Version, asks(actions), err)
		}
	}
	if got := payment.Pending(p); got != nil {
		t.Errorf("Pending = %s, want nothing", asks(got))
	}
	if p.Busy() || payment.Next(p.State) != nil || p.State.May(payment.StateApproved) {
		t.Error("it must lead nowhere and hold no lane")
	}
	if got, want := p.State.String(), "state 200"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got := p.Phase(); got != payment.PhaseChecking {
		t.Errorf("Phase() = %q, want %q", got, payment.PhaseChecking)
	}
}

func TestFinal(t *testing.T) {
	final := []payment.State{
		payment.StateCaptured, payment.StateDeclined, payment.StateCancelled, payment.StateExpired,
		payment.StateFailed, payment.StateReversed,
	}
	for _, s := range payment.States() {
		if got, want := s.Final(), slices.Contains(final, s); got != want {
			t.Errorf("%s.Final() = %v, want %v", s, got, want)
		}
	}
}

func TestNextIsATableOfDifferentStates(t *testing.T) {
	for _, s := range payment.States() {
		next := payment.Next(s)
		for i, n := range next {
			if n == s || n == payment.StateNone || slices.Contains(next[:i], n) {
				t.Errorf("Next(%s) has %s, which is itself, nothing, or there twice", s, n)
			}
			if !s.May(n) {
				t.Errorf("%s.May(%s) = false, want true", s, n)
			}
		}
		if s.May(s) || s.May(payment.StateNone) {
			t.Errorf("%s may go to itself or to nothing", s)
		}
	}
}

// facts are what others ask a payment.
type facts struct {
	phase             payment.Phase
	busy, doubt, late bool
	word              payment.Outcome
}

func TestWhatAPaymentSaysOfItself(t *testing.T) {
	checking, confirming, cancelling := payment.PhaseChecking, payment.PhaseConfirming, payment.PhaseCancelling
	want := map[string]facts{
		"nobody has asked":                                    {phase: payment.PhaseCreating},
		"received":                                            {phase: payment.PhaseCreating, busy: true},
		"authorizing":                                         {phase: payment.PhaseCreating, busy: true, doubt: true},
		"authorizing, perhaps executed":                       {phase: checking, busy: true, doubt: true},
		"waiting":                                             {phase: payment.PhaseWaiting, busy: true},
		"scanned":                                             {phase: payment.PhaseScanned, busy: true},
		"accepted":                                            {phase: confirming, busy: true},
		"finalizing":                                          {phase: confirming, busy: true, doubt: true},
		"finalizing, perhaps executed":                        {phase: checking, busy: true, doubt: true},
		"finalizing, unknown told":                            {phase: confirming, doubt: true, word: payment.Unknown},
		"cancelling for the till":                             {phase: cancelling},
		"cancelling, word told":                               {phase: cancelling, word: payment.Cancelled},
		"cancelling, authorize in flight":                     {phase: cancelling, doubt: true},
		"cancelling, finalize perhaps executed":               {phase: cancelling, doubt: true},
		"approved":                                            {phase: confirming},
		"approved and offered":                                {phase: confirming, late: true, word: payment.Approved},
		"approved after unknown":                              {phase: confirming, word: payment.Unknown},
		"approved after unknown and offered":                  {phase: confirming, late: true, word: payment.Approved},
		"capturing":                                           {phase: confirming, word: payment.Approved},
		"captured":                                            {phase: confirming, word: payment.Approved},
		"reversing by void":                                   {phase: cancelling},
		"reversing, the till said no":                         {phase: cancelling, word: payment.Approved},
		"declined":                                            {phase: confirming, word: payment.Declined},
		"cancelled":                                           {phase: confirming, word: payment.Cancelled},
		"cancelled before it began":                           {phase: confirming, word: payment.Cancelled},
		"expired":                                             {phase: confirming, word: payment.Expired},
		"failed":                                              {phase: confirming, word: payment.Failed},
		"reversed, never offered":                             {phase: confirming, word: payment.Cancelled},
		"reversed, once approved":                             {phase: confirming, word: payment.Reversed},
		"attention, finalize too old":                         {phase: checking, doubt: true, word: payment.Unknown},
		"attention, other amount":                             {phase: checking, word: payment.Unknown},
		"attention, capture refused":                          {phase: checking, word: payment.Approved},
		"cancelling, step-up with cancel wanted":              {phase: cancelling},
		"cancelling, finalize refused":                        {phase: cancelling},
		"attention, other amount while cancelling":            {phase: checking, word: payment.Unknown},
		"finalizing, perhaps executed, cancel wanted":         {phase: checking, busy: true, doubt: true},
		"attention, other reference, captured in one":         {phase: checking, word: payment.Unknown},
		"cancelling, word told and confirmed":                 {phase: cancelling, word: payment.Cancelled},
		"cancelling, authorize perhaps executed":              {phase: cancelling, doubt: true},
		"finalizing, second round, perhaps executed":          {phase: checking, busy: true, doubt: true},
		"reversing by void, unknown told":                     {phase: cancelling, word: payment.Unknown},
		"attention, give-back refused":                        {phase: checking, word: payment.Unknown},
		"reversing by refund":                                 {phase: cancelling, word: payment.Approved},
		"approved and captured in one, offered":               {phase: confirming, late: true, word: payment.Approved},
		"capturing, refused, staff wants it back":             {phase: confirming, word: payment.Approved},
		"cancelling, finalize perhaps executed, unknown told": {phase: cancelling, doubt: true, word: payment.Unknown},
	}
	met := 0
	for _, s := range stories() {
		w, ok := want[s.name]
		if !ok {
			continue
		}
		met++
		t.Run(s.name, func(t *testing.T) {
			p := life(t, s.events...)
			if got := (facts{p.Phase(), p.Busy(), p.Doubt(), p.Undelivered(), p.Word()}); got != w {
				t.Errorf("phase, busy, doubt, undelivered and word = %+v, want %+v", got, w)
			}
		})
	}
	if met != len(want) {
		t.Errorf("%d of %d payments are among the stories", met, len(want))
	}
}

func TestOutcomesOfEachWhy(t *testing.T) {
	want := map[payment.Why]payment.Outcome{
		payment.WhyTill: payment.Cancelled, payment.WhyCustomer: payment.Cancelled, payment.WhyTillGone: payment.Cancelled,
		payment.WhyStaff: payment.Cancelled, payment.WhyDeadline: payment.Expired, payment.WhyDeclined: payment.Declined,
		payment.WhyRefused: payment.Failed, "a later version's": payment.Cancelled,
	}
	for why, outcome := range want {
		if got := why.Outcome(); got != outcome {
			t.Errorf("Outcome(%s) = %s, want %s", why, got, outcome)
		}
	}
	for _, o := range outcomes() {
		if !o.Valid() {
			t.Errorf("%s.Valid() = false, want true", o)
		}
	}
	for _, o := range []payment.Outcome{"", "Approved", "paid", "unknown "} {
		if o.Valid() {
			t.Errorf("%q.Valid() = true, want false", o)
		}
	}
}

func TestReasonsOfEachWhy(t *testing.T) {
	want := map[payment.Why]payment.Reason{
		payment.WhyTill: payment.ReasonCancelledByTill, payment.WhyCustomer: payment.ReasonCancelledByGuest,
		payment.WhyTillGone: payment.ReasonTillGone, payment.WhyDeadline: payment.ReasonExpired,
		payment.WhyStaff: payment.ReasonGivenBack, payment.WhyRefused: payment.ReasonRefused,
		"a later version's": payment.ReasonCancelledByTill,
	}
	for why, reason := range want {
		if p := life(t, after(waiting(), cancel(why))...); p.Reason != reason || p.Why != why {
			t.Errorf("a cancel for %s has the reason %s, want %s", why, p.Reason, reason)
		}
	}
	if p := life(t, inDoubt()...); p.Reason != payment.ReasonDeclined || p.Why != payment.WhyDeclined {
		t.Errorf("a decline in doubt has the reason %s, want %s", p.Reason, payment.ReasonDeclined)
	}
}

func TestIntentLife(t *testing.T) {
	planned := payment.Intent{Key: "k"}
	tests := map[string]struct {
		intent        payment.Intent
		planned, open bool
	}{
		"none":                            {payment.Intent{}, false, false},
		"an attempt without a key":        {payment.Intent{Attempt: 1, Write: payment.WriteVoid}, false, false},
		"decided":                         {planned, true, true},
		"perhaps executed":                {payment.Intent{Key: "k", Unclear: true}, true, true},
		"refused, so it must be read":     {payment.Intent{Key: "k", Refused: true}, true, true},
		"answered":                        {payment.Intent{Key: "k", Answered: true}, true, false},
		"answered without being decided?": {payment.Intent{Answered: true}, false, false},
	}
	for name, tt := range tests {
		if tt.intent.Planned() != tt.planned || tt.intent.Open() != tt.open {
			t.Errorf("%s: planned %v, open %v, want %v, %v", name, tt.intent.Planned(), tt.intent.Open(), tt.planned, tt.open)
		}
	}
	// Klarna honours a key for 24 h; the margin is for a try in flight and a clock that is off.
	if payment.KeyLife > 23*time.Hour {
		t.Errorf("KeyLife = %s, want 23 h at most", payment.KeyLife)
	}
}
