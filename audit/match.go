// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"tillbridge/payment"
)

// ErrNoTransaction means: Klarna does not know it.
var ErrNoTransaction = errors.New("klarna does not know the transaction")

// Holding is what Klarna's book says about one transaction, in minor units.
type Holding struct {
	Amount   payment.Amount
	Captured int64
	Refunded int64
}

// Klarna reads one transaction. The error is ErrNoTransaction for one that does not exist; any other means that
// nothing is known.
type Klarna interface {
	Transaction(ctx context.Context, id payment.TransactionID) (Holding, error)
}

// Report is what a match found.
type Report struct {
	Span Span         `json:"span"`
	Ours []LaneTotals `json:"ours"`
	// Till is the till's book as totals; nil if it was not given.
	Till []KeptSum `json:"till,omitempty"`
	// Klarna is what Klarna holds of the same payments to this day; nil if it was not asked.
	Klarna      []Held       `json:"klarna,omitempty"`
	Payments    int          `json:"payments"` // that were compared
	Differences []Difference `json:"differences"`
}

// KeptSum is what one book has left of one currency, in minor units.
type KeptSum struct {
	Currency payment.Currency `json:"currency"`
	Net      int64            `json:"net"`
}

// Held is what Klarna has taken and given back in one currency, in minor units.
type Held struct {
	Currency payment.Currency `json:"currency"`
	Captured int64            `json:"captured"`
	Refunded int64            `json:"refunded"`
}

// Match compares three books. Lives are those of the payments with a record in the span. The till's book is nil
// where there is none, and Klarna nil where it is not to be asked; both are compared with ours. Klarna's book
// says what is left of a payment now, so it is compared with the payment's whole life; the till's is about
// the span.
func Match(ctx context.Context, lives []Life, s Span, till *TillBook, k Klarna) (Report, error) {
	r := Report{Span: s, Payments: len(lives), Differences: []Difference{}}
	tally := NewTally(s)
	for _, l := range lives {
		tally.Add(l)
	}
	r.Ours = tally.Lanes()
	for _, l := range lives {
		if p := l.last(); !p.Final() {
			r.Differences = append(r.Differences, differs(Unfinished, p, l.Within(whole()).Net(), 0))
		}
	}
	if till != nil {
		r.compareTill(lives, *till)
	}
	if k != nil {
		if err := r.compareKlarna(ctx, lives, k); err != nil {
			return Report{}, err
		}
	}
	slices.SortStableFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.ID, b.ID))
	})
	return r, nil
}

// whole is every record.
func whole() Span { return Span{Through: 1<<64 - 1} }

func (r *Report) compareTill(lives []Life, till TillBook) {
	if till.Payments == nil {
		r.compareTotals(till.Totals)
		return
	}
	theirs, sums := map[payment.ID]Kept{}, map[payment.Currency]int64{}
	for _, k := range till.Payments {
		theirs[k.ID] = k
		sums[k.Currency] += k.Minor
	}
	for _, l := range lives {
		p := l.last()
		ours := l.Within(r.Span)
		k, has := theirs[p.ID]
		delete(theirs, p.ID)
		switch {
		case has && (ours.Net() != k.Minor || k.Currency != p.Order.Amount.Currency):
			kind := TillAmount
			if !ours.moved() {
				kind = TillOnly
			}
			r.Differences = append(r.Differences, differs(kind, p, ours.Net(), k.Minor))
		case !has && ours.Net() != 0:
			r.Differences = append(r.Differences, differs(TillLacks, p, ours.Net(), 0))
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(theirs), func(a, b payment.ID) int { return cmp.Compare(a.String(), b.String()) }) {
		if k := theirs[id]; k.Minor != 0 {
			r.Differences = append(r.Differences, Difference{Kind: TillOnly, Lane: id.Lane, ID: id.Till, Currency: k.Currency, Theirs: k.Minor})
		}
	}
	r.Till = netsOf(sums)
}

// compareTotals compares lane by lane.
func (r *Report) compareTotals(theirs []LaneTotals) {
	type place struct {
		lane payment.LaneID
		of   payment.Currency
	}
	ours, others, sums := map[place]Sums{}, map[place]Sums{}, map[payment.Currency]int64{}
	for _, l := range r.Ours {
		for _, s := range l.Sums {
			ours[place{l.Lane, s.Currency}] = s
		}
	}
	for _, l := range theirs {
		for _, s := range l.Sums {
			others[place{l.Lane, s.Currency}] = s
			sums[s.Currency] += s.Net()
		}
	}
	all := maps.Clone(others)
	maps.Copy(all, ours)
	for _, at := range slices.SortedFunc(maps.Keys(all), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.of, b.of))
	}) {
		one, other := ours[at], others[at]
		one.Currency, other.Currency = "", ""
		if one != other {
			r.Differences = append(r.Differences, Difference{Kind: TillTotals, Lane: at.lane, Currency: at.of, Ours: one.Net(), Theirs: other.Net()})
		}
	}
	r.Till = netsOf(sums)
}

func netsOf(sums map[payment.Currency]int64) []KeptSum {
	all := make([]KeptSum, 0, len(sums))
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, KeptSum{c, sums[c]})
	}
	return all
}

func (r *Report) compareKlarna(ctx context.Context, lives []Life, k Klarna) error {
	held := map[payment.Currency]Held{}
	for _, l := range lives {
		p := l.last()
		if p.Transaction.ID == "" {
			continue
		}
		ours := l.Within(whole()).Net()
		h, err := k.Transaction(ctx, p.Transaction.ID)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNoTransaction):
			r.Differences = append(r.Differences, differs(KlarnaLacks, p, ours, 0))
			continue
		case err != nil:
			r.Differences = append(r.Differences, differs(KlarnaUnread, p, ours, 0))
			continue
		}
		c := p.Order.Amount.Currency
		sum := held[c]
		held[c] = Held{Currency: c, Captured: sum.Captured + h.Captured, Refunded: sum.Refunded + h.Refunded}
		if theirs := h.Captured - h.Refunded; p.Final() && (theirs != ours || h.Amount != p.Order.Amount) {
			r.Differences = append(r.Differences, differs(KlarnaAmount, p, ours, theirs))
		}
	}
	r.Klarna = make([]Held, 0, len(held))
	for _, c := range slices.Sorted(maps.Keys(held)) {
		r.Klarna = append(r.Klarna, held[c])
	}
	return nil
}
