// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tillbridge/payment"
)

// Layout says how a settlement file is written: the names of its columns and the form of its numbers. Klarna's
// own files differ by report and by contract, so nothing here is a fact about them; a shop maps its own.
type Layout struct {
	Separator rune // between cells
	// Reference is the column with the payment's reference, or with Klarna's transaction id.
	Reference string
	Amount    string
	Currency  string
	// Kind is the column that tells a refund from a sale; empty where a refund is a negative amount.
	Kind string
	// Refund are the words in Kind of a row that takes money off; all others bring it.
	Refund []string
	// Skip are the words in Kind of rows that are about no payment, such as a transfer.
	Skip []string
	// Fee is the column with what Klarna keeps; empty where there is none.
	Fee string
	// Decimal is the decimal sign of amounts in major units; empty where they are integers in minor units.
	Decimal string
}

// Settlement is a settlement file, a line per reference and currency.
type Settlement struct{ Payouts []Payout }

// Payout is what a file says of one payment, in minor units. Fee is what only Klarna knows.
type Payout struct {
	Line      int // the first one
	Reference string
	Currency  payment.Currency
	Net       int64 // sales minus refunds, fees not taken off
	Fee       int64
}

// ParseSettlement reads a settlement file.
func ParseSettlement(r io.Reader, l Layout) (Settlement, error) {
	t, err := readTable(r, l.Separator)
	if err != nil {
		return Settlement{}, err
	}
	l = l.lower()
	columns := slices.DeleteFunc([]string{l.Reference, l.Amount, l.Currency, l.Kind, l.Fee}, func(c string) bool { return c == "" })
	if err := t.needs(columns...); err != nil {
		return Settlement{}, err
	}
	type place struct {
		reference string
		of        payment.Currency
	}
	var s Settlement
	at := map[place]int{}
	for _, one := range t.rows {
		if slices.Contains(l.Skip, strings.ToLower(one.cells[l.Kind])) && l.Kind != "" {
			continue
		}
		p, err := one.payout(l)
		if err != nil {
			return Settlement{}, err
		}
		key := place{p.Reference, p.Currency}
		i, known := at[key]
		if !known {
			at[key] = len(s.Payouts)
			s.Payouts = append(s.Payouts, p)
			continue
		}
		s.Payouts[i].Net += p.Net
		s.Payouts[i].Fee += p.Fee
	}
	return s, nil
}

// lower brings the names to the form of a table's head.
func (l Layout) lower() Layout {
	for _, name := range []*string{&l.Reference, &l.Amount, &l.Currency, &l.Kind, &l.Fee} {
		*name = strings.ToLower(*name)
	}
	l.Refund, l.Skip = lower(l.Refund), lower(l.Skip)
	return l
}

func lower(words []string) []string {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, strings.ToLower(w))
	}
	return all
}

func (r row) payout(l Layout) (Payout, error) {
	p := Payout{Line: r.line, Reference: r.cells[l.Reference]}
	if p.Reference == "" || payment.CleanText(p.Reference, maxCell) != p.Reference {
		return Payout{}, r.wrong(l.Reference, "a reference")
	}
	var err error
	if p.Currency, err = r.currency(l.Currency); err != nil {
		return Payout{}, err
	}
	if p.Net, err = r.money(l.Amount, l.Decimal, p.Currency); err != nil {
		return Payout{}, err
	}
	if l.Kind != "" && slices.Contains(l.Refund, strings.ToLower(r.cells[l.Kind])) && p.Net > 0 {
		p.Net = -p.Net
	}
	if l.Fee != "" && r.cells[l.Fee] != "" {
		p.Fee, err = r.money(l.Fee, l.Decimal, p.Currency)
	}
	return p, err
}

// money reads an amount, which may be negative, without ever rounding it.
func (r row) money(column, decimal string, c payment.Currency) (int64, error) {
	text := r.cells[column]
	digits, negative := strings.CutPrefix(text, "-")
	if decimal != "" {
		exponent, _ := c.Exponent()
		major, fraction, _ := strings.Cut(digits, decimal)
		if major == "" || len(fraction) > exponent {
			return 0, r.wrong(column, "an amount such as 16"+decimal+"10")
		}
		digits = major + fraction + strings.Repeat("0", exponent-len(fraction))
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > maxSum {
		return 0, r.wrong(column, "an amount without separators between thousands")
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

// Paid is the result of comparing a settlement file.
type Paid struct {
	Payments    int          `json:"payments"` // that were found on both sides
	Fees        []KeptSum    `json:"fees"`     // of the whole file, which nobody else knows
	Nets        []KeptSum    `json:"nets"`     // of the whole file, fees not taken off
	Differences []Difference `json:"differences"`
}

// Settle compares a settlement file with what these payments have come to. A payment is found by its reference
// or by its transaction.
func Settle(lives []Life, s Settlement) Paid {
	left, fees, nets := map[string][]Payout{}, map[payment.Currency]int64{}, map[payment.Currency]int64{}
	for _, p := range s.Payouts {
		left[p.Reference] = append(left[p.Reference], p)
		fees[p.Currency] += p.Fee
		nets[p.Currency] += p.Net
	}
	paid := Paid{Fees: netsOf(fees), Nets: netsOf(nets), Differences: []Difference{}}
	for _, l := range lives {
		p := l.last()
		ours := l.Within(whole())
		rows := slices.Concat(left[p.Reference], left[string(p.Transaction.ID)])
		delete(left, p.Reference)
		delete(left, string(p.Transaction.ID))
		for _, r := range p.Refunds {
			rows = append(rows, left[r.Reference]...)
			delete(left, r.Reference)
		}
		switch theirs, same := netIn(rows, p.Order.Amount.Currency); {
		case len(rows) == 0 && ours.Net() != 0:
			paid.Differences = append(paid.Differences, differs(PayoutLacks, p, ours.Net(), 0))
		case len(rows) == 0:
		case !same || theirs != ours.Net():
			paid.Differences = append(paid.Differences, differs(PayoutAmount, p, ours.Net(), theirs))
		default:
			paid.Payments++
		}
	}
	for _, reference := range slices.Sorted(maps.Keys(left)) {
		for _, p := range left[reference] {
			paid.Differences = append(paid.Differences, Difference{
				Kind: PayoutOnly, Transaction: payment.TransactionID(p.Reference), Currency: p.Currency, Theirs: p.Net,
			})
		}
	}
	return paid
}

// netIn adds up rows, and says whether all are in the currency.
func netIn(rows []Payout, c payment.Currency) (sum int64, same bool) {
	same = true
	for _, p := range rows {
		sum += p.Net
		same = same && p.Currency == c
	}
	return sum, same
}
