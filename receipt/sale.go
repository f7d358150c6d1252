// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"time"

	"tillbridge/payment"
)

// Sale is one sale or its reversal.
type Sale struct {
	Reversal  bool
	Merchant  bool // the shop's copy; else the customer's
	Amount    payment.Amount
	At        time.Time // in the time zone of the shop
	Terminal  string    // its number at the till
	Trace     int       // 0 leaves the line out, as with everything that is empty
	Receipt   int
	ID        string // the till's name of the payment
	Reference string // the eight characters that people read out
	Shop      Shop
}

// Lines is the receipt of s, each line at most columns wide and without control characters. A language
// that is not among Languages is English.
func (s Sale) Lines(columns int, language string) []string {
	p := newPage(columns, language, s.Shop)
	title, closing, amount := "payment", "paid", s.Amount
	if s.Reversal {
		title, closing, amount.Minor = "reversal", "given_back", -amount.Minor
	}
	p.set(saleTemplate, map[string]string{
		"copy": p.copyOf(s.Merchant), "title": p.word(title), "closing": p.word(closing), "amount": p.in.format.amount(amount),
		"date": p.in.format.date(s.At), "time": p.in.format.clock(s.At), "terminal": s.Terminal,
		"trace": numbered(s.Trace, 6), "receipt": numbered(s.Receipt, 4), "id": s.ID, "reference": s.Reference,
	})
	return p.end()
}

func (p *page) copyOf(merchant bool) string {
	if merchant {
		return p.word("merchant_copy")
	}
	return p.word("customer_copy")
}

// Refund is a sale, or a part of one, that was given back after the customer had paid.
type Refund struct {
	Merchant  bool
	Amount    payment.Amount // what was given back
	Original  payment.Amount // what had been paid; the zero Amount leaves the line out
	At        time.Time      // in the time zone of the shop
	Terminal  string
	Trace     int
	Receipt   int
	ID        string // the till's name of the refund
	Sale      string // the till's name of the payment
	Reference string
	Shop      Shop
}

// Lines is the receipt of r.
func (r Refund) Lines(columns int, language string) []string {
	p := newPage(columns, language, r.Shop)
	amount, original := r.Amount, ""
	amount.Minor = -amount.Minor
	if r.Original != (payment.Amount{}) {
		original = p.in.format.amount(r.Original)
	}
	p.set(refundTemplate, map[string]string{
		"copy": p.copyOf(r.Merchant), "amount": p.in.format.amount(amount), "original": original,
		"date": p.in.format.date(r.At), "time": p.in.format.clock(r.At), "terminal": r.Terminal,
		"trace": numbered(r.Trace, 6), "receipt": numbered(r.Receipt, 4), "id": r.ID, "sale": r.Sale, "reference": r.Reference,
	})
	return p.end()
}

// Unpaid is a payment that was asked for and did not become a sale, or of which that is not known yet.
// Its slip says so: a customer who saw a confirmation on a phone wants it in writing.
type Unpaid struct {
	Merchant  bool
	Outcome   payment.Outcome // any but approved and reversed
	Amount    payment.Amount
	At        time.Time // in the time zone of the shop
	Terminal  string
	Trace     int
	ID        string
	Reference string // to ask about it later
	Shop      Shop
}

// Lines is the slip of u. It never says that nothing was charged while that is not known.
func (u Unpaid) Lines(columns int, language string) []string {
	p := newPage(columns, language, u.Shop)
	title, closing := "unknown", "not_known"
	switch u.Outcome {
	case payment.Declined, payment.Cancelled, payment.Expired, payment.Failed:
		title, closing = string(u.Outcome), "nothing_charged"
	case payment.Approved, payment.Reversed, payment.Unknown:
	}
	p.set(saleTemplate, map[string]string{
		"copy": p.copyOf(u.Merchant), "title": p.word(title), "closing": p.word(closing), "amount": p.in.format.amount(u.Amount),
		"date": p.in.format.date(u.At), "time": p.in.format.clock(u.At), "terminal": u.Terminal,
		"trace": numbered(u.Trace, 6), "id": u.ID, "reference": u.Reference,
	})
	return p.end()
}
