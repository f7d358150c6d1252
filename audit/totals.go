// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"tillbridge/payment"
)

// Sums is what was taken and given back in one currency. The sums are in minor units and not negative.
type Sums struct {
	Currency    payment.Currency `json:"currency"`
	Sales       int              `json:"sales"`
	SaleSum     int64            `json:"sale_sum"`
	Refunds     int              `json:"refunds"`
	RefundSum   int64            `json:"refund_sum"`
	Reversals   int              `json:"reversals"`
	ReversalSum int64            `json:"reversal_sum"`
}

// Net is what is left.
func (s Sums) Net() int64 { return s.SaleSum - s.RefundSum - s.ReversalSum }

func (s *Sums) add(o Sums) {
	s.Sales, s.SaleSum = s.Sales+o.Sales, s.SaleSum+o.SaleSum
	s.Refunds, s.RefundSum = s.Refunds+o.Refunds, s.RefundSum+o.RefundSum
	s.Reversals, s.ReversalSum = s.Reversals+o.Reversals, s.ReversalSum+o.ReversalSum
}

func (m Money) sums(c payment.Currency) Sums {
	return Sums{
		Currency: c, Sales: m.Sales, SaleSum: m.Sold, Refunds: len(m.Refunds), RefundSum: m.refunded(),
		Reversals: m.Backs, ReversalSum: m.Reversed,
	}
}

// LaneTotals is what one lane took, a Sums per currency, in the order of their names.
type LaneTotals struct {
	Lane payment.LaneID `json:"lane"`
	Sums []Sums         `json:"sums"`
}

// Tally adds up lives over a span.
type Tally struct {
	span  Span
	lanes map[payment.LaneID]map[payment.Currency]*Sums
}

// NewTally returns an empty one. A lane that is named here appears in the totals even if it took nothing.
func NewTally(s Span, lanes ...payment.LaneID) *Tally {
	t := &Tally{span: s, lanes: map[payment.LaneID]map[payment.Currency]*Sums{}}
	for _, l := range lanes {
		t.lanes[l] = map[payment.Currency]*Sums{}
	}
	return t
}

// Add counts one payment, which must not have been added before.
func (t *Tally) Add(l Life) {
	m := l.Within(t.span)
	if !m.moved() {
		return
	}
	p := l.last()
	t.sums(p.ID.Lane, p.Order.Amount.Currency).add(m.sums(p.Order.Amount.Currency))
}

func (t *Tally) sums(lane payment.LaneID, c payment.Currency) *Sums {
	of := t.lanes[lane]
	if of == nil {
		of = map[payment.Currency]*Sums{}
		t.lanes[lane] = of
	}
	if of[c] == nil {
		of[c] = &Sums{Currency: c}
	}
	return of[c]
}

// Lanes is the result so far, in the order of the lanes' names.
func (t *Tally) Lanes() []LaneTotals {
	all := make([]LaneTotals, 0, len(t.lanes))
	for lane, of := range t.lanes {
		l := LaneTotals{Lane: lane, Sums: make([]Sums, 0, len(of))}
		for _, s := range of {
			l.Sums = append(l.Sums, *s)
		}
		slices.SortFunc(l.Sums, func(a, b Sums) int { return cmp.Compare(a.Currency, b.Currency) })
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b LaneTotals) int { return cmp.Compare(a.Lane, b.Lane) })
	return all
}

// Whole is all lanes together, a Sums per currency.
func Whole(lanes []LaneTotals) []Sums {
	t := NewTally(Span{})
	for _, l := range lanes {
		for _, s := range l.Sums {
			t.sums("", s.Currency).add(s)
		}
	}
	if whole := t.Lanes(); len(whole) > 0 {
		return whole[0].Sums
	}
	return nil
}

// totalsColumns is the head of totals as CSV, which ParseTill reads again.
func totalsColumns() []string {
	return []string{"lane", "currency", "sales", "sale_sum", "refunds", "refund_sum", "reversals", "reversal_sum"}
}

// WriteCSV writes totals as CSV (RFC 4180), sums in integer minor units.
func WriteCSV(w io.Writer, lanes []LaneTotals) error {
	out := csv.NewWriter(w)
	err := out.Write(totalsColumns())
	for _, l := range lanes {
		for _, s := range l.Sums {
			if err == nil {
				err = out.Write([]string{
					string(l.Lane), string(s.Currency), strconv.Itoa(s.Sales), number(s.SaleSum), strconv.Itoa(s.Refunds), number(s.RefundSum),
					strconv.Itoa(s.Reversals), number(s.ReversalSum),
				})
			}
		}
	}
	out.Flush()
	if err = cmp.Or(err, out.Error()); err != nil {
		return fmt.Errorf("write totals: %w", err)
	}
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
