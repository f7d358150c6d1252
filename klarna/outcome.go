// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"time"

	"tillbridge/internal/secret"
)

// Outcome is what is known after one Send. The set is closed.
//
//sumtype:decl
type Outcome interface{ isOutcome() }

// Approved says that the transaction exists. Amount, Currency and TransactionReference are as Klarna wrote
// them, zero where missing or unreadable: compare them before telling anybody.
type Approved struct {
	Answer
	TransactionID        string
	TransactionReference string
	Amount               int64 // minor units
	Currency             string
	CaptureID            string    // with capture NOW
	ExpiresAt            time.Time // of the authorization
	CustomerToken        CustomerToken
	NetworkData          string // klarna_network_response_data, to be handed back unchanged
}

// StepUp says that the customer must act first and that nothing has been paid. TargetURL is what the
// QR code says; it has not been checked (CheckTarget) and is empty where Klarna sent none.
type StepUp struct {
	Answer
	RequestID        string
	RequestReference string
	Amount           int64 // minor units
	Currency         string
	State            RequestState
	TargetURL        string
	ExpiresAt        time.Time
	HandOverData     string // payment_request_data, for a partner's own page
	NetworkData      string
}

// Declined is Klarna's own no. The same attempt is not repeated.
type Declined struct {
	Answer
	Reason      string // seldom given
	NetworkData string
}

// Done says that a capture, void or refund was carried out. Every field may be empty or zero: the pages that
// describe these answers are not published.
type Done struct {
	Answer
	ID            string // of the capture or refund
	TransactionID string
	Amount        int64
	Currency      string
	State         TransactionState
}

// Refused is a definite no of the interface; this call did nothing. What an earlier try of the same
// call did, it does not say.
type Refused struct {
	Answer
	Problem
}

// Busy is 429, 409, or a 403 of the protection in front of the interface. This call proves nothing; wait
// at least RetryAfter and send the same call again.
type Busy struct {
	Answer
	Problem
}

// Unclear says that the call may have been carried out. Only the same call with the same key can tell.
type Unclear struct {
	Answer  // Status 0 where no answer came
	Problem // where one was readable
	Err     error
}

// NotSent is the certainty that no byte of the call left this machine.
type NotSent struct{ Err error }

func (Approved) isOutcome() {}
func (StepUp) isOutcome()   {}
func (Declined) isOutcome() {}
func (Done) isOutcome()     {}
func (Refused) isOutcome()  {}
func (Busy) isOutcome()     {}
func (Unclear) isOutcome()  {}
func (NotSent) isOutcome()  {}

// CustomerToken lets a customer be charged again; it is worth as much as money.
type CustomerToken struct {
	Token     secret.Text
	Reference string
	Scopes    []string
}
