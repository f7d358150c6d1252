// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// Reason says why a payment ended as it did, or why a request was not taken. The set is closed; staff
// and customers read its words (Words), never an error's text.
type Reason string

// Reasons of a result.
const (
	ReasonApproved          Reason = "approved"
	ReasonDeclined          Reason = "declined"
	ReasonCancelledByTill   Reason = "cancelled_by_till"
	ReasonCancelledByGuest  Reason = "cancelled_by_customer"
	ReasonCancelledByKlarna Reason = "cancelled_by_klarna"
	ReasonExpired           Reason = "expired"
	ReasonTillGone          Reason = "till_gone"
	ReasonRefused           Reason = "refused_by_klarna"
	ReasonTombstone         Reason = "cancelled_before_it_began"
	ReasonGivenBack         Reason = "given_back"
	ReasonNoAnswer          Reason = "no_answer"
)

// Reasons of a refund.
const (
	ReasonRefunded          Reason = "refunded"
	ReasonRefundRunning     Reason = "refund_running"
	ReasonRefundTooMuch     Reason = "refund_too_much"
	ReasonRefundTooLate     Reason = "refund_too_late"
	ReasonRefundNotCaptured Reason = "refund_not_captured"
	ReasonRefundRefused     Reason = "refund_refused"
	ReasonRefundNotSent     Reason = "refund_not_sent"
	ReasonRefundMoot        Reason = "refund_not_needed"
)

// Reasons why a person must look.
const (
	ReasonKeyTooOld       Reason = "key_too_old"
	ReasonMismatch        Reason = "amount_mismatch"
	ReasonNoProof         Reason = "no_proof"
	ReasonGiveBackRefused Reason = "give_back_refused"
	ReasonCaptureRefused  Reason = "capture_refused"
	ReasonUndelivered     Reason = "undelivered"
	ReasonRestRefused     Reason = "release_refused"
	ReasonRefundUnknown   Reason = "refund_unknown"
)

// Reasons why a request was not taken. Nothing happened.
const (
	ReasonBusy        Reason = "busy"
	ReasonConflict    Reason = "conflict"
	ReasonNotFound    Reason = "not_found"
	ReasonBadRequest  Reason = "bad_request"
	ReasonNoDisplay   Reason = "no_display"
	ReasonUnavailable Reason = "unavailable"
	ReasonGivingBack  Reason = "giving_back"

	ReasonUnknownSale   Reason = "unknown_sale"
	ReasonNotRefundable Reason = "not_refundable"
)

// Reasons lists the closed set.
func Reasons() []Reason {
	return []Reason{
		ReasonApproved, ReasonDeclined, ReasonCancelledByTill, ReasonCancelledByGuest, ReasonCancelledByKlarna,
		ReasonExpired, ReasonTillGone, ReasonRefused, ReasonTombstone, ReasonGivenBack, ReasonNoAnswer,
		ReasonKeyTooOld, ReasonMismatch, ReasonNoProof, ReasonGiveBackRefused, ReasonCaptureRefused,
		ReasonUndelivered, ReasonRestRefused,
		ReasonRefunded, ReasonRefundRunning, ReasonRefundTooMuch, ReasonRefundTooLate, ReasonRefundNotCaptured,
		ReasonRefundRefused, ReasonRefundNotSent, ReasonRefundMoot, ReasonRefundUnknown,
		ReasonUnknownSale, ReasonNotRefundable,
		ReasonBusy, ReasonConflict, ReasonNotFound, ReasonBadRequest, ReasonNoDisplay, ReasonUnavailable,
		ReasonGivingBack,
	}
}

// reason is why a cancel happened, in the words of the closed set.
func (w Why) reason() Reason {
	switch w {
	case WhyTill:
		return ReasonCancelledByTill
	case WhyCustomer:
		return ReasonCancelledByGuest
	case WhyDeadline:
		return ReasonExpired
	case WhyStaff, WhyReversal:
		return ReasonGivenBack
	case WhyTillGone:
		return ReasonTillGone
	case WhyDeclined:
		return ReasonDeclined
	case WhyRefused:
		return ReasonRefused
	}
	return ReasonCancelledByTill
}
