// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "time"

// Behaviour is what Klarna and the customer do. The zero value steps up and leaves the phone to
// whoever presses its buttons. A payment request keeps the behaviour it was made under.
type Behaviour struct {
	First    First
	Customer Customer
	// After is how long the customer takes from the request to the decision; the code is opened after
	// half of it.
	After    time.Duration
	Finalize Finalize
	Token    TokenCharge
}

// First is the result of the first authorize.
type First string

// The results of a first authorize; the zero value is FirstStepUp.
const (
	FirstStepUp   First = "step_up"
	FirstApproved First = "approved"
	FirstDeclined First = "declined"
)

// Customer is what the customer does without being told.
type Customer string

// What customers do; the zero value is CustomerManual. CustomerLeave opens the code and puts the phone away.
const (
	CustomerManual  Customer = "manual"
	CustomerApprove Customer = "approve"
	CustomerReject  Customer = "reject"
	CustomerAbort   Customer = "abort"
	CustomerLeave   Customer = "leave"
)

// Finalize is the result of the second authorize.
type Finalize string

// The results of a second authorize; the zero value is FinalizeApproved.
const (
	FinalizeApproved Finalize = "approved"
	FinalizeDeclined Finalize = "declined"
	FinalizeStepUp   Finalize = "step_up"
)

// TokenCharge is the result of charging a stored customer token.
type TokenCharge string

// The results of a charge; the zero value is TokenApproved. A customer who is not there is never asked.
const (
	TokenApproved TokenCharge = "approved"
	TokenStepUp   TokenCharge = "step_up"
	TokenDeclined TokenCharge = "declined"
)

// Policy is where Klarna's pages disagree or are silent. The zero value is the newest page of each.
type Policy struct {
	// RefuseCancelCompleted: a COMPLETED request cannot be cancelled (direct partners' page). Otherwise it
	// can until it is finalized (acquiring partners' page).
	RefuseCancelCompleted bool
	// CancelForbidden answers a refused cancel with 403 OPERATION_FORBIDDEN instead of 409 RESOURCE_CONFLICT.
	CancelForbidden bool
	// SingleUseToken: a session token that made a transaction is worthless. Otherwise it repeats its result.
	SingleUseToken bool
	// ConflictWhileBusy: a second call with the key of one that is still under way gets 409. Otherwise it waits.
	ConflictWhileBusy bool
	// ForgetNegatives: a DECLINED, 403 or 409 is not kept for its idempotency key; a repeat executes again.
	ForgetNegatives bool
	// OptionalLocation: a QR code needs no store and no terminal.
	OptionalLocation bool
	// OlderErrors: errors[] and error_type instead of validation_errors[].
	OlderErrors bool
	// InteropNames: answers carry payment_token instead of klarna_network_session_token.
	InteropNames bool
	// TokenAtRoot: the session token stands beside state_context, and in webhooks inside it.
	TokenAtRoot bool
	// ReadLag is how old the state is that a read of a payment request sees.
	ReadLag time.Duration
	// Latency is how long every call is under way.
	Latency time.Duration
	// ExpiredKept is how long an expired request can still be read; 0 means 1 hour.
	ExpiredKept time.Duration
	// ClosedAfter is how long a transaction stays COMPLETED; then it is CLOSED, which takes no refunds any more. 0 means
	// for ever.
	ClosedAfter time.Duration
	// RatePerSecond is how many calls are answered in one second; 0 means all.
	RatePerSecond int
	// Webhooks is how deliveries go wrong.
	Webhooks Twist
}

// Twist is one way in which webhooks go wrong.
type Twist string

// The twists; the zero value delivers as it should be.
const (
	TwistNone         Twist = ""
	TwistDuplicate    Twist = "duplicate"     // each event is delivered twice
	TwistReorder      Twist = "reorder"       // every other event comes 5 s late
	TwistLate         Twist = "late"          // each event comes 5 s late
	TwistLost         Twist = "lost"          // nothing is delivered
	TwistBadSignature Twist = "bad_signature" // the signature is that of another body
	TwistUnknownKey   Twist = "unknown_key"   // the signing key's id was never handed out
	TwistLive         Twist = "live"          // the event says that it is live
	TwistForeign      Twist = "foreign"       // the event belongs to another account
	TwistNoToken      Twist = "no_token"      // completed without its session token
)

// Fault breaks calls of one route.
type Fault struct {
	Route Route
	Nth   int // the first call that breaks, counted from SetFaults; 0 means 1
	Times int // how many break; 0 means 1
	Kind  FaultKind
	// Status is what FaultStatus answers; 0 means 500.
	Status int
	// Delay is waited before the fault shows; 0 means 60 s for FaultTimeout and none for the others.
	Delay time.Duration
	// Executed: FaultStatus answers only after the call was executed all the same.
	Executed bool
}

// FaultKind is how a call breaks.
type FaultKind string

// The kinds. A timeout is executed at once and never answered: that is the case that costs money.
// For a call that is neither executed nor answered, FaultResetBefore with a Delay.
const (
	FaultResetBefore FaultKind = "reset_before"
	FaultResetAfter  FaultKind = "reset_after"
	FaultTimeout     FaultKind = "timeout"
	FaultStatus      FaultKind = "status"
	FaultTruncated   FaultKind = "truncated" // executed, half of the body
	FaultHTML        FaultKind = "html"      // executed, a web page with status 200
)

// patience is longer than any client waits: Klarna itself gives up after 59 s (Request timeout page).
const patience = 60 * time.Second

// tracked is a fault and how many calls of its route it has seen.
type tracked struct {
	Fault
	seen int
}

// strike counts a call of route and returns the first fault that it meets.
func (w *World) strike(route Route) (Fault, bool) {
	var hit Fault
	var found bool
	for i := range w.faults {
		f := &w.faults[i]
		if f.Route != route {
			continue
		}
		f.seen++
		if n := max(f.Nth, 1); !found && f.seen >= n && f.seen < n+max(f.Times, 1) {
			hit, found = f.Fault, true
		}
	}
	return hit, found
}

// SetBehaviour replaces the behaviour. It holds for payment requests made afterwards.
func (w *World) SetBehaviour(b Behaviour) { w.behaviour = b }

// SetPolicy replaces the policy. It holds at once.
func (w *World) SetPolicy(p Policy) { w.policy = p }

// SetFaults replaces all faults; their counts start now.
func (w *World) SetFaults(faults []Fault) {
	w.faults = make([]tracked, 0, len(faults))
	for _, f := range faults {
		w.faults = append(w.faults, tracked{Fault: f})
	}
}
