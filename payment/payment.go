// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import "time"

// Payment is one sale attempt and everything durable about it. The zero Payment with an ID is one
// that nobody has asked for yet.
type Payment struct {
	ID        ID     `json:"id"`
	State     State  `json:"state"`
	Version   int    `json:"version"` // counts changes, from 1
	Order     Order  `json:"order,omitzero"`
	Reference string `json:"reference,omitempty"`
	// CaptureNow means: the authorize itself captures, so that a give-back is a refund.
	CaptureNow bool `json:"capture_now,omitempty"`
	// Tombstone means: a cancel came before the payment, which must never begin.
	Tombstone bool `json:"tombstone,omitempty"`

	Created  time.Time `json:"created,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	Limit    time.Time `json:"limit,omitzero"`

	Round     int     `json:"round,omitempty"` // payment requests so far
	Request   Request `json:"request,omitzero"`
	TokenHash string  `json:"token_hash,omitempty"`

	Authorize Intent `json:"authorize,omitzero"`
	Finalize  Intent `json:"finalize,omitzero"`
	Capture   Intent `json:"capture,omitzero"`
	GiveBack  Intent `json:"give_back,omitzero"`

	Transaction Transaction `json:"transaction,omitzero"`
	// CaptureID is Klarna's name of what was captured; empty where nobody has told it. A refund goes by it.
	CaptureID string `json:"capture_id,omitempty"`

	// Why is set by the cancel that won the round; Wanted by one that came too late to win it.
	Why    Why    `json:"why,omitempty"`
	Wanted Why    `json:"cancel_wanted,omitempty"`
	Reason Reason `json:"reason,omitempty"`
	Code   string `json:"code,omitempty"`        // Klarna's error_code of a refusal
	Trace  string `json:"correlation,omitempty"` // Klarna-Correlation-Id of a refusal

	// Result is the one word told as the result; Update the one later correction of it.
	Result    Outcome   `json:"result,omitempty"`
	ResultAt  time.Time `json:"result_at,omitzero"`
	Update    Outcome   `json:"update,omitempty"`
	UpdateAt  time.Time `json:"update_at,omitzero"`
	Offered   bool      `json:"offered,omitempty"`
	OfferedAt time.Time `json:"offered_at,omitzero"`
	// Acknowledged is the word that the till, or a person for it, has confirmed.
	Acknowledged Outcome `json:"acknowledged,omitempty"`

	// Issued is how much of the sale the till has issued goods for; zero means all of it. Release gives up
	// the rest.
	Issued  Amount `json:"issued,omitzero"`
	Release Intent `json:"release,omitzero"`

	// CustomerToken is the token that this sale brought.
	CustomerToken Handle `json:"customer_token,omitempty"`
	// Reply is the intent whose answer came with data for the shop's own app.
	Reply Key `json:"reply,omitempty"`

	// Refunds are what the till asked to be given back, in that order. A sale with an open one is not over.
	Refunds []Refund `json:"refunds,omitempty"`
}

// Charged is what the sale comes to once it is taken: the order, or the part of it that was issued.
func (p Payment) Charged() Amount {
	if p.Issued.Minor > 0 {
		return p.Issued
	}
	return p.Order.Amount
}

// Taken is what a refund of the whole sale gives back: what Klarna has taken of the transaction.
func (p Payment) Taken() Amount {
	if p.Issued.Minor > 0 && (!p.CaptureNow || p.Release.Answered) {
		return p.Issued
	}
	return p.Transaction.Amount
}

// Rest is what was charged and not issued.
func (p Payment) Rest() Amount {
	if p.Issued.Minor == 0 {
		return Amount{}
	}
	return Amount{Minor: p.Transaction.Amount.Minor - p.Issued.Minor, Currency: p.Transaction.Amount.Currency}
}

// restRefunded is what Klarna counts as refunded because it was never issued, in minor units.
func (p Payment) restRefunded() int64 {
	if p.CaptureNow && p.Release.Answered {
		return p.Rest().Minor
	}
	return 0
}

// unreleased reports whether there is a rest that Klarna still holds.
func (p Payment) unreleased() bool { return p.Rest().Minor > 0 && !p.Release.Answered }

// Word is what a till that asks now hears last: the update if there is one, else the result. It is
// empty while the payment runs.
func (p Payment) Word() Outcome {
	if p.Update != "" {
		return p.Update
	}
	return p.Result
}

// Busy reports whether p holds its lane: from intake to finalizing, unless a durable cancel or the
// word unknown has freed it.
func (p Payment) Busy() bool {
	switch p.State {
	case StateReceived, StateAuthorizing, StateWaiting, StateScanned, StateAccepted, StateFinalizing:
		return p.Result != Unknown
	case StateNone, StateCancelling, StateApproved, StateCapturing, StateCaptured, StateReversing,
		StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed, StateAttention:
	}
	return false
}

// Doubt reports whether an authorize or finalize may have been executed without our knowing. No word
// of not-paid is true while it lasts.
func (p Payment) Doubt() bool { return p.Authorize.Open() || p.Finalize.Open() }

// Undelivered reports whether p is an approval that the till has not acknowledged.
func (p Payment) Undelivered() bool { return p.State == StateApproved && p.Offered }

// Returning reports whether an approval that the till has heard is on its way back, or ought to be and waits for a
// person: goods should not change hands for it any more.
func (p Payment) Returning() bool {
	switch p.State {
	case StateReversing:
		return p.Offered
	case StateCapturing:
		return p.Wanted != ""
	case StateAttention:
		return p.Offered && (p.Wanted != "" || p.Reason == ReasonGiveBackRefused)
	case StateNone, StateReceived, StateAuthorizing, StateWaiting, StateScanned, StateAccepted, StateFinalizing,
		StateCancelling, StateApproved, StateCaptured, StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed:
	}
	return false
}

// giveBackWrite chooses between void and refund. A void is right only if no capture was ever intended.
func (p Payment) giveBackWrite() Write {
	if p.CaptureNow || p.Transaction.Captured || p.Capture.Attempt > 0 {
		return WriteRefund
	}
	return WriteVoid
}

// tell fixes the word of p. The first one is the result and never changes; one that follows unknown,
// or that takes an approval back, is the update.
func (p *Payment) tell(o Outcome, at time.Time) {
	switch {
	case p.Result == "":
		p.Result, p.ResultAt = o, at
	case p.Result == o, p.Update != "" && o != Reversed:
	case p.Result == Unknown, o == Reversed:
		p.Update, p.UpdateAt = o, at
	}
}
