// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// Outcome is a word to the till. The empty Outcome means that nothing final was said yet.
type Outcome string

// The words. Approved promises one live transaction of exactly the sale's amount. Declined, Cancelled,
// Expired and Failed promise that no charge exists and none can come to exist. Unknown promises
// nothing and is followed by one update. Reversed is only ever an update: given back after approved.
const (
	Approved  Outcome = "approved"
	Declined  Outcome = "declined"
	Cancelled Outcome = "cancelled"
	Expired   Outcome = "expired"
	Failed    Outcome = "failed"
	Unknown   Outcome = "unknown"
	Reversed  Outcome = "reversed"
)

// Valid reports whether o is one of the words.
func (o Outcome) Valid() bool {
	switch o {
	case Approved, Declined, Cancelled, Expired, Failed, Unknown, Reversed:
		return true
	}
	return false
}

// Why is the reason of a cancel or a give-back. It decides the word at the end of cancelling.
type Why string

// The reasons of a cancel. The last two are Klarna's: a decline that must still be fenced, and a clean
// refusal of the second authorize.
const (
	WhyTill     Why = "till"
	WhyCustomer Why = "customer"
	WhyDeadline Why = "deadline"
	WhyTillGone Why = "till_gone"
	WhyStaff    Why = "staff"
	WhyReversal Why = "reversal"
	WhyDeclined Why = "declined"
	WhyRefused  Why = "refused"
)

// Outcome is the word that a cancel for this reason ends with.
func (w Why) Outcome() Outcome {
	switch w {
	case WhyDeadline:
		return Expired
	case WhyDeclined:
		return Declined
	case WhyRefused:
		return Failed
	case WhyTill, WhyCustomer, WhyTillGone, WhyStaff, WhyReversal:
		return Cancelled
	}
	return Cancelled
}

// state is the final state that belongs to a word of not-paid.
func (o Outcome) state() State {
	switch o {
	case Expired:
		return StateExpired
	case Declined:
		return StateDeclined
	case Failed:
		return StateFailed
	case Cancelled, Approved, Unknown, Reversed:
		return StateCancelled
	}
	return StateCancelled
}
