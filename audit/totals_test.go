// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"reflect"
	"testing"

	"tillbridge/audit"
	"tillbridge/payment"
)

// TestTheDaysOfAShop: what counts is what a till took, in the period in which it took it.
func TestTheDaysOfAShop(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	shoes, hat, bag, late := saleID("lane-1", 1), saleID("lane-1", 2), saleID("lane-2", 1), saleID("lane-2", 2)
	b.sell(shoes, 5000)
	b.sell(hat, 1999)
	b.ask(bag, euro(700)) // approved and offered; nobody took it
	b.ask(late, payment.Amount{Minor: 300, Currency: "SEK"})
	first := audit.Span{Through: b.seq}

	b.happen(late, payment.Confirmed{At: morning(), Outcome: payment.Approved, OK: true})
	b.refund(shoes, "refund-1", 1000)
	b.takeBack(hat)
	b.happen(bag, payment.Confirmed{At: morning(), Outcome: payment.Approved, OK: false}, intended(bag, payment.WriteVoid),
		payment.GivenBack{At: morning(), Key: keyOf(bag, payment.WriteVoid)})
	second := audit.Span{After: first.Through, Through: b.seq}

	b.refund(shoes, "refund-2", 4000)
	third := audit.Span{After: second.Through, Through: b.seq}

	tests := map[string]struct {
		span audit.Span
		want []audit.LaneTotals
	}{
		"the first day has two sales, and what nobody took is none": {first, []audit.LaneTotals{
			{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Sales: 2, SaleSum: 6999}}},
		}},
		"the second day takes back what the first one sold": {second, []audit.LaneTotals{
			{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Refunds: 1, RefundSum: 1000, Reversals: 1, ReversalSum: 1999}}},
			{Lane: "lane-2", Sums: []audit.Sums{{Currency: "SEK", Sales: 1, SaleSum: 300}}},
		}},
		"a last refund takes back what is left": {third, []audit.LaneTotals{
			{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Refunds: 1, RefundSum: 4000}}},
		}},
		"all days are the sum of the days": {b.span(), []audit.LaneTotals{
			{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Sales: 2, SaleSum: 6999, Refunds: 2, RefundSum: 5000, Reversals: 1, ReversalSum: 1999}}},
			{Lane: "lane-2", Sums: []audit.Sums{{Currency: "SEK", Sales: 1, SaleSum: 300}}},
		}},
		"an empty span has nothing": {audit.Span{After: b.seq, Through: b.seq}, []audit.LaneTotals{}},
	}
	for name, tt := range tests {
		if got := b.tally(tt.span); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	if net := audit.Whole(b.tally(b.span()))[0].Net(); net != 0 {
		t.Errorf("in all %d is left, want 0", net)
	}
}

// TestATillThatSaidNoHasNoSale: whatever it confirms later.
func TestATillThatSaidNoHasNoSale(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	id := saleID("lane-1", 1)
	b.ask(id, euro(700))
	b.happen(id, payment.Confirmed{At: morning(), Outcome: payment.Approved}, payment.Confirmed{At: morning(), Outcome: payment.Approved, OK: true},
		intended(id, payment.WriteVoid), payment.GivenBack{At: morning(), Key: keyOf(id, payment.WriteVoid)})
	if got := b.tally(b.span()); len(got) != 0 {
		t.Errorf("the totals are %+v, want none", got)
	}
}

// TestASaleThatIsNamedToTakeItBackWasOne: the till has it, or it could not name it.
func TestASaleThatIsNamedToTakeItBackWasOne(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	id := saleID("lane-1", 1)
	b.ask(id, euro(700))
	b.happen(id, payment.ReversalAsked{At: morning()}, intended(id, payment.WriteVoid), payment.GivenBack{At: morning(), Key: keyOf(id, payment.WriteVoid)})
	want := []audit.LaneTotals{{Lane: "lane-1", Sums: []audit.Sums{{Currency: "EUR", Sales: 1, SaleSum: 700, Reversals: 1, ReversalSum: 700}}}}
	if got := b.tally(b.span()); !reflect.DeepEqual(got, want) {
		t.Errorf("the totals are %+v, want %+v", got, want)
	}
}

func TestALaneWithoutSalesIsNamed(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	want := []audit.LaneTotals{{Lane: "lane-1", Sums: []audit.Sums{}}, {Lane: "lane-2", Sums: []audit.Sums{}}}
	if got := b.tally(b.span(), "lane-2", "lane-1"); !reflect.DeepEqual(got, want) {
		t.Errorf("the totals are %+v, want %+v", got, want)
	}
}

// TestTotalsAsCSVAreReadAgain: what we write is a till's book, too.
func TestTotalsAsCSVAreReadAgain(t *testing.T) {
	t.Parallel()
	b := newLedger(t)
	b.sell(saleID("lane-1", 1), 5000)
	b.refund(saleID("lane-1", 1), "r", 1)
	b.sell(saleID("lane-2", 1), 1<<31-1)
	var out bytes.Buffer
	if err := audit.WriteCSV(&out, b.tally(b.span())); err != nil {
		t.Fatal(err)
	}
	want := "lane,currency,sales,sale_sum,refunds,refund_sum,reversals,reversal_sum\n" +
		"lane-1,EUR,1,5000,1,1,0,0\nlane-2,EUR,1,2147483647,0,0,0,0\n"
	if out.String() != want {
		t.Errorf("WriteCSV = %q, want %q", out.String(), want)
	}
	book, err := audit.ParseTill(&out)
	if err != nil || !reflect.DeepEqual(book.Totals, b.tally(b.span())) {
		t.Errorf("ParseTill = %+v, %v", book, err)
	}
}
