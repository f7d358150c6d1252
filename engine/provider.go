// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// Journal is where decisions become durable.
type Journal interface {
	// Commit returns nil only when all of c is on disk. After an error nothing is known.
	Commit(c payment.Commit) error
	Unfinished() ([]payment.Payment, error)
	Find(id payment.ID) (payment.Payment, bool, error)
	// Refund finds the payment that has a refund of this name.
	Refund(id payment.ID) (payment.Payment, bool, error)
	Last(lane payment.LaneID) (payment.Payment, bool, error)
	Blob(key payment.Key) (payment.Blob, bool, error)
	// Customer is the stored token with this handle, and false if there is none.
	Customer(h payment.Handle) (payment.CustomerToken, bool, error)
	// Room reports why a new payment should not begin, such as a full disk.
	Room() error
	// Damage reports what is wrong with the journal. A damaged one is read, never written.
	Damage() error
}

// Bodies makes the exact bytes of a write. It is pure: no I/O, the same bytes for the same payment.
type Bodies interface {
	// Body gives the body of write w of p. first is the stored body of the first authorize, which a
	// finalize repeats.
	Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error)
	// RefundBody gives the body of one refund of p.
	RefundBody(p payment.Payment, r payment.Refund) ([]byte, error)
}

// Provider is Klarna. Every method returns within its own time-out.
type Provider interface {
	Bodies
	Send(ctx context.Context, c Call) Answer
	ReadRequest(ctx context.Context, id payment.RequestID) Reading
	CancelRequest(ctx context.Context, id payment.RequestID) Closing
	ReadTransaction(ctx context.Context, id payment.TransactionID) Holding
}

// Call is one try of a durable intent.
type Call struct {
	Payment payment.Payment
	Intent  payment.Intent
	Body    []byte
	Token   secret.Text // of a finalize, or what the shop's own app handed on with an authorize
	// Customer is the stored token that an authorize charges, if any.
	Customer payment.CustomerToken
	// Inherited means: an earlier process made the key, so that only the machine's wall clock says how old it is. It
	// must not leave before Klarna's clock has been asked: ours may have stood still while there was no power.
	Inherited bool
}

// Answer is the outcome of one try of a write. The set is closed.
//
//sumtype:decl
type Answer interface{ isAnswer() }

type (
	// Approved means: a transaction exists. CaptureID is Klarna's name of what the authorize captured itself;
	// Customer is the token that came with it, if any; Reply is for the shop's own app.
	Approved struct {
		Transaction payment.Transaction
		CaptureID   string
		Customer    payment.CustomerToken
		Reply       string
	}
	// StepUp means: a payment request waits for the customer. Amount is what Klarna says it is for.
	StepUp struct {
		Request payment.Request
		Amount  payment.Amount
	}
	// Declined is Klarna's no.
	Declined struct{ Reply string }
	// Refused is a clean 4xx: this try was not executed.
	Refused struct{ Code, Correlation string }
	// Unclear means: this try may or may not have been executed. After is how long to wait, if Klarna said so.
	Unclear struct{ After time.Duration }
	// NotExecuted means: this try was certainly not executed and may be repeated.
	NotExecuted struct{ After time.Duration }
	// Stale means: this try was not sent, because its key has outlived payment.KeyLife by Klarna's clock.
	Stale struct{}
	// Done answers a capture or refund, with Klarna's name of it where there is one, or a void.
	Done struct{ CaptureID, RefundID string }
)

func (Approved) isAnswer()    {}
func (StepUp) isAnswer()      {}
func (Declined) isAnswer()    {}
func (Refused) isAnswer()     {}
func (Unclear) isAnswer()     {}
func (NotExecuted) isAnswer() {}
func (Stale) isAnswer()       {}
func (Done) isAnswer()        {}

// Reading is what a read of a payment request told. An empty Status means that it told nothing.
type Reading struct {
	Status payment.RequestStatus
	Token  secret.Text
	After  time.Duration // how long to wait, if Klarna said so
	Slow   bool          // Klarna asked for fewer calls
	// Customer is the token that the customer has given, of a completed request.
	Customer payment.CustomerToken
}

// Closing is what a delete of a payment request told.
type Closing struct {
	Status  payment.RequestStatus // canceled, gone, or empty
	Refused bool                  // Klarna will not; the request must be read
	After   time.Duration
}

// Holding is what a read of a transaction told. An empty Status means that it told nothing.
type Holding struct {
	Status payment.TransactionStatus
	After  time.Duration
	// Refunded is the sum of all refunds, in minor units, where Counted says that Klarna told it.
	Refunded int64
	Counted  bool
	// Captured is the sum of all captures, in minor units; 0 where Klarna told none. Empty says that Klarna told
	// both sums, and that all of it was refunded.
	Captured int64
	Empty    bool
	// CaptureID is Klarna's name of the capture, where there is exactly one.
	CaptureID string
}

// Screen shows scenes to customers. Show must not block.
type Screen interface {
	Show(Scene)
}

// Scene is what a lane's customer screens show now.
type Scene struct {
	Lane payment.LaneID
	// Payment is the zero Payment on an idle lane.
	Payment payment.Payment
	// Fresh means: Klarna has just said that the request is open, so its code may be shown.
	Fresh bool
	// Left is the time until the deadline.
	Left time.Duration
	// Offline means: Klarna does not answer.
	Offline bool
}
