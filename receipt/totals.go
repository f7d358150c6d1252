// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"tillbridge/payment"
)

// Totals is what a terminal took in a period.
type Totals struct {
	Number      int // of the close; 0 leaves the line out
	At          time.Time
	Terminal    string
	Sales       int
	SaleSum     payment.Amount
	Refunds     int // 0 leaves the line out
	RefundSum   payment.Amount
	Backs       int
	BackSum     payment.Amount
	First, Last int // receipt numbers; 0 if there were no sales
	Shop        Shop
}

// Lines is the print of a close.
func (t Totals) Lines(columns int, language string) []string {
	p := newPage(columns, language, t.Shop)
	receipts := ""
	if t.First > 0 {
		receipts = fmt.Sprintf("%04d-%04d", t.First, t.Last)
	}
	p.set(totalsTemplate, map[string]string{
		"number": numbered(t.Number, 1), "date": p.in.format.date(t.At), "time": p.in.format.clock(t.At), "terminal": t.Terminal, "receipts": receipts,
	})
	p.gap()
	p.sums(Sums{
		Currency: t.SaleSum.Currency, Sales: t.Sales, SaleSum: t.SaleSum.Minor, Refunds: t.Refunds, RefundSum: t.RefundSum.Minor,
		Reversals: t.Backs, ReversalSum: t.BackSum.Minor,
	})
	return p.end()
}

// Sums is what was taken and given back in one currency. The sums are in minor units and not negative.
type Sums struct {
	Currency    payment.Currency
	Sales       int
	SaleSum     int64
	Refunds     int
	RefundSum   int64
	Reversals   int
	ReversalSum int64
}

// LaneDay is one lane in a day, with one Sums per currency.
type LaneDay struct {
	Lane string
	Sums []Sums
}

// Day is the close of a shop: every lane, and all of them together.
type Day struct {
	Number int // of the close
	At     time.Time
	Lanes  []LaneDay
	Shop   Shop
}

// Lines is the print of the day.
func (d Day) Lines(columns int, language string) []string {
	p := newPage(columns, language, d.Shop)
	p.set(totalsTemplate, map[string]string{
		"number": numbered(d.Number, 1), "date": p.in.format.date(d.At), "time": p.in.format.clock(d.At),
	})
	var all []Sums
	for _, l := range d.Lanes {
		p.gap()
		p.pair(p.word("lane"), clean(l.Lane))
		for _, s := range l.Sums {
			p.sums(s)
			all = added(all, s)
		}
	}
	if len(d.Lanes) > 1 {
		p.gap()
		p.wrap(p.word("all_lanes"))
		for _, s := range all {
			p.sums(s)
		}
	}
	return p.end()
}

// added adds s to the one of its currency.
func added(all []Sums, s Sums) []Sums {
	i := slices.IndexFunc(all, func(other Sums) bool { return other.Currency == s.Currency })
	if i < 0 {
		return append(all, s)
	}
	to := &all[i]
	to.Sales, to.SaleSum = to.Sales+s.Sales, to.SaleSum+s.SaleSum
	to.Refunds, to.RefundSum = to.Refunds+s.Refunds, to.RefundSum+s.RefundSum
	to.Reversals, to.ReversalSum = to.Reversals+s.Reversals, to.ReversalSum+s.ReversalSum
	return all
}

// sums sets one currency. Refunds appear where there were some, so that a terminal without them prints
// what its shop knows.
func (p *page) sums(s Sums) {
	p.sum("payments", s.Sales, s.SaleSum, s.Currency)
	if s.Refunds > 0 {
		p.sum("refunds", s.Refunds, -s.RefundSum, s.Currency)
	}
	p.sum("reversals", s.Reversals, -s.ReversalSum, s.Currency)
	total := payment.Amount{Minor: s.SaleSum - s.RefundSum - s.ReversalSum, Currency: s.Currency}
	p.pair(p.word("total"), clean(p.in.format.amount(total)))
}

func (p *page) sum(word string, count int, minor int64, c payment.Currency) {
	p.pair(p.word(word)+" "+strconv.Itoa(count), clean(p.in.format.amount(payment.Amount{Minor: minor, Currency: c})))
}

// Setup is how the terminal is set up, for whoever looks for a mistake.
type Setup struct {
	At       time.Time
	Terminal string
	Software string
	Shop     Shop
}

// Lines is the print of the setup.
func (s Setup) Lines(columns int, language string) []string {
	p := newPage(columns, language, s.Shop)
	p.set(setupTemplate, map[string]string{
		"terminal": s.Terminal, "date": p.in.format.date(s.At), "software": s.Software,
	})
	return p.end()
}
