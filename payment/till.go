// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import "time"

// LinkID names one open link to a till, for as long as the process lives.
type LinkID uint64

// Link is what a lane knows about a till's link when it opens.
type Link struct {
	Lane LaneID
	// Probe: the till answers AskHere. Without it an open link must do.
	Probe bool
	// Brief: the link is one request (HTTP); the till counts as there for a while after it closes.
	Brief bool
}

// Ask is what a till says, in any protocol. The set is closed.
//
//sumtype:decl
type Ask interface{ isAsk() }

type (
	// Pay asks for a payment.
	Pay struct {
		ID    TillID
		Order Order
	}
	// Cancel is a wish; the result decides.
	Cancel struct{ ID TillID }
	// Status asks for the last word about a payment; Last means the newest of the lane.
	Status struct {
		ID   TillID
		Last bool
	}
	// Confirm acknowledges a word; OK false is the explicit no to an approval. Issued is how much of the
	// sale was issued, and zero means all of it.
	Confirm struct {
		ID      TillID
		Outcome Outcome
		OK      bool
		Issued  Amount
	}
	// GiveBack takes a whole sale back by its id: void or refund, whichever is right.
	GiveBack struct{ ID TillID }
	// RefundPart gives a part of a sale back, or all that is left of it if Amount is zero.
	RefundPart struct {
		ID     TillID // of the refund
		Of     TillID // of the sale
		Amount Amount
		Note   string
	}
	// Here answers AskHere.
	Here struct{ ID TillID }
	// Look asks what the lane is doing.
	Look struct{}
	// Forget erases a stored customer token.
	Forget struct{ Handle Handle }
)

func (Pay) isAsk()        {}
func (Cancel) isAsk()     {}
func (Status) isAsk()     {}
func (Confirm) isAsk()    {}
func (GiveBack) isAsk()   {}
func (RefundPart) isAsk() {}
func (Here) isAsk()       {}
func (Look) isAsk()       {}
func (Forget) isAsk()     {}

// Phase is how far a running payment is.
type Phase string

// The phases. Checking means that an outcome is in doubt and being asked for.
const (
	PhaseCreating   Phase = "creating"
	PhaseWaiting    Phase = "waiting"
	PhaseScanned    Phase = "scanned"
	PhaseConfirming Phase = "confirming"
	PhaseCancelling Phase = "cancelling"
	PhaseChecking   Phase = "checking"
)

// Word is what a till hears, in any protocol. The set is closed.
//
//sumtype:decl
type Word interface{ isWord() }

type (
	// Accepted means that the payment is durable and under way.
	Accepted struct {
		ID        TillID
		ExpiresAt time.Time
	}
	// Display carries what the code says, for a till with a screen or printer of its own.
	Display struct {
		ID        TillID
		QR        string
		ExpiresAt time.Time
		NoDisplay bool // no customer screen is connected
		Request   RequestID
		HandOver  HandOver // empty where a code does it
	}
	// Progress is news on the way.
	Progress struct {
		ID        TillID
		Phase     Phase
		ExpiresAt time.Time
		HandOver  bool // the customer gets to Klarna by an address, not by a code
	}
	// AskHere wants Here back before the payment is finalized.
	AskHere struct{ ID TillID }
	// Cancelling answers a cancel: it will end not paid, or paid and given back.
	Cancelling struct{ ID TillID }
	// Result is the one result of a payment.
	Result struct {
		ID        TillID
		Outcome   Outcome
		Reason    Reason
		Amount    Amount
		Reference string // eight characters for people
		At        time.Time
		GivenBack bool
		InParts   bool // given back in refunds, each with a receipt of its own
		Returning bool // it is being given back, and that is not settled
		Replay    bool
		// CustomerToken is what an approved sale brought; NetworkData is Klarna's answer to the shop's own app.
		CustomerToken Handle
		NetworkData   string
	}
	// Update is the one later correction of a result.
	Update struct {
		ID        TillID
		Outcome   Outcome
		Reason    Reason
		Amount    Amount // of the sale; what was given back, where it was
		Reference string
		At        time.Time
		Replay    bool
		// As in Result.
		GivenBack     bool
		InParts       bool
		Returning     bool
		CustomerToken Handle
		NetworkData   string
	}
	// Recorded answers Confirm: the acknowledgement is durable.
	Recorded struct {
		ID      TillID
		Outcome Outcome
		OK      bool
		Issued  Amount
	}
	// Refunded is how a refund stands. It is told when the refund is taken, and again whenever that changes.
	Refunded struct {
		ID        TillID // of the refund
		Of        TillID // of the sale
		Outcome   RefundOutcome
		Reason    Reason
		Amount    Amount
		Reference string    // eight characters for people
		At        time.Time // of the outcome
		Replay    bool
	}
	// Refusal answers a request that was not taken. Nothing happened.
	Refusal struct {
		ID     TillID
		Reason Reason
		Detail string // for integrators: the field and what was expected
		Busy   *Running
	}
	// LaneState answers Look, and is sent unasked when the lane's readiness changes.
	LaneState struct {
		State string // ready, busy, offline
		Open  *Running
	}
	// Forgotten answers Forget: the token is not there any more, whether or not it ever was.
	Forgotten struct{ Handle Handle }
)

// HandOver is what a till passes on to its customer, or to the page that its customer uses.
type HandOver struct {
	Request RequestID
	URL     string
	Data    string
}

// RefundOutcome is a word about a refund. Done and refused are for ever; running and unknown promise
// nothing, and mean that it must not be asked for again under another name.
type RefundOutcome string

// The words about a refund.
const (
	RefundWordRunning RefundOutcome = "running"
	RefundWordDone    RefundOutcome = "done"
	RefundWordRefused RefundOutcome = "refused"
	RefundWordUnknown RefundOutcome = "unknown"
)

// RefundWord is what a till hears about a refund of p. One that waits for a sale that waits for a person
// is as unknown as that.
func (p Payment) RefundWord(r Refund) RefundOutcome {
	switch r.Status {
	case RefundRequested:
		if p.State == StateAttention {
			return RefundWordUnknown
		}
		return RefundWordRunning
	case RefundIsDone:
		return RefundWordDone
	case RefundRefused:
		return RefundWordRefused
	case RefundAttention:
	}
	return RefundWordUnknown
}

// The lane's states.
const (
	LaneReady   = "ready"
	LaneBusy    = "busy"
	LaneOffline = "offline"
)

// Running is the payment that holds a lane, so that a cashier can see whose it is.
type Running struct {
	ID     TillID
	Amount Amount
	Age    time.Duration
}

func (Accepted) isWord()   {}
func (Display) isWord()    {}
func (Progress) isWord()   {}
func (AskHere) isWord()    {}
func (Cancelling) isWord() {}
func (Result) isWord()     {}
func (Update) isWord()     {}
func (Recorded) isWord()   {}
func (Refunded) isWord()   {}
func (Refusal) isWord()    {}
func (LaneState) isWord()  {}
func (Forgotten) isWord()  {}

// Phase is how far p is, for progress.
func (p Payment) Phase() Phase {
	switch p.State {
	case StateReceived, StateNone:
		return PhaseCreating
	case StateAuthorizing:
		if p.Authorize.Unclear {
			return PhaseChecking
		}
		return PhaseCreating
	case StateWaiting:
		return PhaseWaiting
	case StateScanned:
		return PhaseScanned
	case StateCancelling, StateReversing:
		return PhaseCancelling
	case StateFinalizing:
		if p.Finalize.Unclear {
			return PhaseChecking
		}
		return PhaseConfirming
	case StateAccepted, StateApproved:
		return PhaseConfirming
	case StateCapturing, StateCaptured, StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed:
		return PhaseConfirming
	case StateAttention:
		return PhaseChecking
	}
	return PhaseChecking
}
