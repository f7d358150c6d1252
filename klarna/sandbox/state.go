// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "slices"

// State is where a payment request stands.
type State string

// The states of a payment request. Those without a successor are final; COMPLETED is not money.
const (
	// StateSubmitted may go to IN_PROGRESS, EXPIRED or CANCELED.
	StateSubmitted State = "SUBMITTED"
	// StateInProgress may go to COMPLETED, DECLINED, EXPIRED or CANCELED, and back to SUBMITTED.
	StateInProgress State = "IN_PROGRESS"
	// StateCompleted may go to CANCELED, until the authorization is finalized.
	StateCompleted State = "COMPLETED"
	StateExpired   State = "EXPIRED"
	StateCanceled  State = "CANCELED"
	StateDeclined  State = "DECLINED"
)

// Next lists the states that may follow s.
func (s State) Next() []State {
	switch s {
	case StateSubmitted:
		return []State{StateInProgress, StateExpired, StateCanceled}
	case StateInProgress:
		return []State{StateSubmitted, StateCompleted, StateDeclined, StateExpired, StateCanceled}
	case StateCompleted:
		return []State{StateCanceled}
	case StateExpired, StateCanceled, StateDeclined:
	}
	return nil
}

func (s State) mayBecome(next State) bool { return slices.Contains(s.Next(), next) }

// The reasons that Klarna gives for a state.
const (
	ReasonPartner = "PARTNER_CANCELED"
	ReasonAborted = "PURCHASE_FLOW_ABORTED"
)

// Step is what a customer does on the phone.
type Step string

// The steps. Approve and reject open the code first if that has not happened.
const (
	StepOpen    Step = "open"
	StepApprove Step = "approve"
	StepReject  Step = "reject"
	StepAbort   Step = "abort"
)

// TransactionState is where a payment transaction stands.
type TransactionState string

// The states of a transaction.
const (
	// TransactionAuthorized has something left to capture; it may go to any of the others.
	TransactionAuthorized TransactionState = "AUTHORIZED"
	// TransactionCompleted has nothing left to capture, and can be refunded.
	TransactionCompleted TransactionState = "COMPLETED"
	// TransactionExpired goes to CLOSED after 7 days.
	TransactionExpired TransactionState = "EXPIRED"
	TransactionClosed  TransactionState = "CLOSED"
)
