// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"time"

	"tillbridge/internal/secret"
)

// Event is something that happened to a payment. The set is closed.
//
//sumtype:decl
type Event interface {
	isEvent()
	// Kind is the event's name on disk and in logs.
	Kind() string
}

// RequestStatus is what Klarna says about a payment request.
type RequestStatus string

// The states of Klarna's payment request, and two of ours: Gone for a request that Klarna no longer
// knows, and Lapsed for one that outlived its token and every limit.
const (
	RequestSubmitted  RequestStatus = "submitted"
	RequestInProgress RequestStatus = "in_progress"
	RequestCompleted  RequestStatus = "completed"
	RequestExpired    RequestStatus = "expired"
	RequestCanceled   RequestStatus = "canceled"
	RequestDeclined   RequestStatus = "declined"
	RequestGone       RequestStatus = "gone"
	RequestLapsed     RequestStatus = "lapsed"
)

// TransactionStatus is what Klarna says about a transaction.
type TransactionStatus string

// The states of Klarna's transaction that decide something here.
const (
	TransactionAuthorized TransactionStatus = "authorized"
	TransactionCaptured   TransactionStatus = "captured"
	TransactionClosed     TransactionStatus = "closed"
	// TransactionMissing: Klarna has none of this name. What became of the money is then a question for a person.
	TransactionMissing TransactionStatus = "missing"
)

// Request is one payment request at Klarna: one round.
type Request struct {
	ID        RequestID `json:"id"`
	URL       string    `json:"url,omitempty"` // what the code says; empty if it must not be shown
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Data      string    `json:"data,omitempty"` // payment_request_data of a hand-over, for the shop's own page
}

// Transaction is what an APPROVED says.
type Transaction struct {
	ID        TransactionID `json:"id"`
	Amount    Amount        `json:"amount"`
	Reference string        `json:"reference"`
	Captured  bool          `json:"captured,omitempty"`
}

// Decision is what a member of staff decides about a payment that needs a person.
type Decision string

// The decisions.
const (
	DecideDelivered Decision = "delivered"
	DecideGiveBack  Decision = "give-back"
	DecideNoCharge  Decision = "no-charge"

	// About one refund: what Klarna's portal shows of it.
	DecideRefunded    Decision = "refunded"
	DecideNotRefunded Decision = "not-refunded"
)

type (
	// Asked is the intake: everything that the payment is, once and for all.
	Asked struct {
		At         time.Time `json:"at"`
		Order      Order     `json:"order"`
		Reference  string    `json:"reference"`
		CaptureNow bool      `json:"capture_now,omitempty"`
		Deadline   time.Time `json:"deadline"`
		Limit      time.Time `json:"limit"` // the deadline never moves past it
	}
	// Intended means: the bytes of a write are decided. It must be durable before they leave.
	Intended struct {
		At     time.Time `json:"at"`
		Intent Intent    `json:"intent"`
	}
	// Unclear means: a try may or may not have been executed. A restart counts as one.
	Unclear struct {
		Key Key `json:"key"`
	}
	// StepUpRequired answers an authorize: a payment request waits for the customer. DeadlineOpen
	// says whether there is time for another round.
	StepUpRequired struct {
		Key          Key       `json:"key"`
		Request      Request   `json:"request"`
		Deadline     time.Time `json:"deadline"`
		DeadlineOpen bool      `json:"deadline_open"`
	}
	// ApprovedByKlarna answers an authorize: a transaction exists.
	ApprovedByKlarna struct {
		At          time.Time   `json:"at"`
		Key         Key         `json:"key"`
		Transaction Transaction `json:"transaction"`
		// CaptureID is Klarna's name of what the authorize captured itself, where the answer gives one.
		CaptureID string `json:"capture_id,omitempty"`
		// CustomerToken names the token that came with it. Reply says that data for the shop's own app did.
		CustomerToken Handle `json:"customer_token,omitempty"`
		Reply         bool   `json:"reply,omitempty"`
	}
	// DeclinedByKlarna answers an authorize. Settled says that no earlier try of this intent can still
	// be executed.
	DeclinedByKlarna struct {
		At      time.Time `json:"at"`
		Key     Key       `json:"key"`
		Settled bool      `json:"settled,omitempty"`
		Reply   bool      `json:"reply,omitempty"`
	}
	// RefusedByKlarna is a clean 4xx: this try was not executed. Unreachable says that no try of the
	// intent ever got as far as Klarna.
	RefusedByKlarna struct {
		At          time.Time `json:"at"`
		Key         Key       `json:"key"`
		Code        string    `json:"code,omitempty"`        // Klarna's error_code
		Correlation string    `json:"correlation,omitempty"` // Klarna-Correlation-Id, for support
		Unreachable bool      `json:"unreachable,omitempty"`
	}
	// KeyExpired means: the intent's key is too old to be sent again and its outcome is still unknown.
	KeyExpired struct {
		At  time.Time `json:"at"`
		Key Key       `json:"key"`
	}
	// RequestSeen is a fresh read of the payment request.
	RequestSeen struct {
		At        time.Time     `json:"at"`
		Request   RequestID     `json:"request"`
		Status    RequestStatus `json:"status"`
		Token     secret.Text   `json:"-"`
		TokenHash string        `json:"token_hash,omitempty"`
		Deadline  time.Time     `json:"deadline,omitzero"` // of a payment whose deadline may grow
	}
	// CancelRefused means: Klarna will not delete the request, whatever it is asked again.
	CancelRefused struct {
		At      time.Time `json:"at"`
		Request RequestID `json:"request"`
	}
	// CancelAsked means: this payment shall not be charged.
	CancelAsked struct {
		At  time.Time `json:"at"`
		Why Why       `json:"why"`
	}
	// Told means: a word that the state alone does not say is about to be told.
	Told struct {
		At      time.Time `json:"at"`
		Outcome Outcome   `json:"outcome"`
	}
	// Offered means: an approval begins to leave us.
	Offered struct {
		At time.Time `json:"at"`
	}
	// Confirmed means: the till has the word. OK false is its explicit no to an approval.
	Confirmed struct {
		At      time.Time `json:"at"`
		Outcome Outcome   `json:"outcome"`
		OK      bool      `json:"ok"`
		// Issued is how much of the sale was issued, if not all of it.
		Issued Amount `json:"issued,omitzero"`
	}
	// Captured answers the capture.
	Captured struct {
		At        time.Time `json:"at"`
		Key       Key       `json:"key"`
		CaptureID string    `json:"capture_id,omitempty"`
	}
	// GivenBack answers the void or refund, or the release of a rest.
	GivenBack struct {
		At  time.Time `json:"at"`
		Key Key       `json:"key"`
	}
	// TransactionSeen is a fresh read of the transaction.
	TransactionSeen struct {
		At     time.Time         `json:"at"`
		Status TransactionStatus `json:"status"`
		// Refunded is the sum of all refunds, in minor units, where Counted says that Klarna told it.
		Refunded int64 `json:"refunded,omitempty"`
		Counted  bool  `json:"counted,omitempty"`
		// Captured is the sum of all captures, in minor units; 0 where Klarna told none.
		Captured int64 `json:"captured,omitempty"`
		// Empty says that both sums were told, and that the shop has nothing of it: closed is also what a
		// transaction is called that is too old to be refunded.
		Empty bool `json:"empty,omitempty"`
		// CaptureID is Klarna's name of the one capture that there is; empty where there are none or several.
		CaptureID string `json:"capture_id,omitempty"`
	}
	// Resolved is a decision by a person.
	Resolved struct {
		At     time.Time `json:"at"`
		As     Decision  `json:"as"`
		Reason string    `json:"reason"`
		By     string    `json:"by,omitempty"`
		Refund TillID    `json:"refund,omitempty"` // the refund that it is about; empty for the sale
	}
	// ReversalAsked means: the till takes a sale back by its name, and so has it.
	ReversalAsked struct {
		At time.Time `json:"at"`
	}
	// RefundAsked means: the till gives a part of a sale back, or all of it, and names it.
	RefundAsked struct {
		At        time.Time `json:"at"`
		ID        TillID    `json:"id"`
		Amount    Amount    `json:"amount"`
		Reference string    `json:"reference"`
		Note      string    `json:"note,omitempty"`
	}
	// RefundDone answers the write of a refund.
	RefundDone struct {
		At       time.Time `json:"at"`
		Key      Key       `json:"key"`
		RefundID string    `json:"refund_id,omitempty"`
	}
	// MoreTime moves the deadline at the customer's wish.
	MoreTime struct {
		Deadline time.Time `json:"deadline"`
	}
)

func (Asked) isEvent()            {}
func (Intended) isEvent()         {}
func (Unclear) isEvent()          {}
func (StepUpRequired) isEvent()   {}
func (ApprovedByKlarna) isEvent() {}
func (DeclinedByKlarna) isEvent() {}
func (RefusedByKlarna) isEvent()  {}
func (KeyExpired) isEvent()       {}
func (RequestSeen) isEvent()      {}
func (CancelRefused) isEvent()    {}
func (CancelAsked) isEvent()      {}
func (Told) isEvent()             {}
func (Offered) isEvent()          {}
func (Confirmed) isEvent()        {}
func (Captured) isEvent()         {}
func (GivenBack) isEvent()        {}
func (TransactionSeen) isEvent()  {}
func (Resolved) isEvent()         {}
func (ReversalAsked) isEvent()    {}
func (RefundAsked) isEvent()      {}
func (RefundDone) isEvent()       {}
func (MoreTime) isEvent()         {}

// Kind implements Event.
func (Asked) Kind() string { return "asked" }

// Kind implements Event.
func (Intended) Kind() string { return "intended" }

// Kind implements Event.
func (Unclear) Kind() string { return "unclear" }

// Kind implements Event.
func (StepUpRequired) Kind() string { return "step_up_required" }

// Kind implements Event.
func (ApprovedByKlarna) Kind() string { return "approved_by_klarna" }

// Kind implements Event.
func (DeclinedByKlarna) Kind() string { return "declined_by_klarna" }

// Kind implements Event.
func (RefusedByKlarna) Kind() string { return "refused_by_klarna" }

// Kind implements Event.
func (KeyExpired) Kind() string { return "key_expired" }

// Kind implements Event.
func (RequestSeen) Kind() string { return "request_seen" }

// Kind implements Event.
func (CancelRefused) Kind() string { return "cancel_refused" }

// Kind implements Event.
func (CancelAsked) Kind() string { return "cancel_asked" }

// Kind implements Event.
func (Told) Kind() string { return "told" }

// Kind implements Event.
func (Offered) Kind() string { return "offered" }

// Kind implements Event.
func (Confirmed) Kind() string { return "confirmed" }

// Kind implements Event.
func (Captured) Kind() string { return "captured" }

// Kind implements Event.
func (GivenBack) Kind() string { return "given_back" }

// Kind implements Event.
func (TransactionSeen) Kind() string { return "transaction_seen" }

// Kind implements Event.
func (Resolved) Kind() string { return "resolved" }

// Kind implements Event.
func (ReversalAsked) Kind() string { return "reversal_asked" }

// Kind implements Event.
func (RefundAsked) Kind() string { return "refund_asked" }

// Kind implements Event.
func (RefundDone) Kind() string { return "refund_done" }

// Kind implements Event.
func (MoreTime) Kind() string { return "more_time" }
