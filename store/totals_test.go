// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

// giveBack takes a captured sale back.
func (s *shop) giveBack(id payment.ID) {
	s.t.Helper()
	s.happen(id, payment.ReversalAsked{At: morning()}, intended(id, payment.WriteRefund))
	s.happen(id, payment.GivenBack{At: morning(), Key: key(id, payment.WriteRefund)})
}

func (s *shop) totals(after uint64) store.Totals {
	s.t.Helper()
	sum, err := s.Totals("lane-1", after)
	if err != nil {
		s.t.Fatalf("Totals: %v", err)
	}
	return sum
}

func TestTotalsCountFromOneCloseToTheNext(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, third := id("lane-1", 1), id("lane-1", 2), id("lane-1", 3)
	s.pay(first)
	s.pay(second)
	s.pay(id("lane-2", 1))
	for _, events := range plainSale(third)[:6] { // offered, never acknowledged
		s.happen(third, events...)
	}
	want := store.Totals{Sales: 2, SaleSum: 3220, First: first.Till, Last: second.Till}
	day := s.totals(0)
	if want.Through = day.Through; day != want {
		t.Errorf("the first day is %+v, want %+v", day, want)
	}
	// After the close a sale of the day before is given back, and the late one is taken back unacknowledged:
	// naming it acknowledges it.
	s.giveBack(first)
	s.happen(third, payment.ReversalAsked{At: morning()}, intended(third, payment.WriteVoid))
	s.happen(third, payment.GivenBack{At: morning(), Key: key(third, payment.WriteVoid)})
	next := s.totals(day.Through)
	want = store.Totals{Sales: 1, SaleSum: 1610, Backs: 2, BackSum: 3220, First: third.Till, Last: third.Till, Through: next.Through}
	if next != want {
		t.Errorf("the second day is %+v, want %+v", next, want)
	}
	if again := s.totals(next.Through); again != (store.Totals{Through: next.Through}) {
		t.Errorf("after that there is %+v, want nothing", again)
	}
	if all := s.totals(0); all.SaleSum-all.BackSum != 1610 {
		t.Errorf("in all %d is left, want 1610", all.SaleSum-all.BackSum)
	}
}

func TestNewestIsTheGreatestWithAPrefix(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, lane := range []payment.LaneID{"lane-1", "lane-2"} {
		for _, till := range []payment.TillID{"E-000009", "E-000010", "E.2-000001", "F-1", "A"} {
			s.begin(payment.ID{Lane: lane, Till: till})
		}
	}
	tests := map[string]payment.TillID{"E-": "E-000010", "E.2-": "E.2-000001", "F-": "F-1", "G-": "", "": "F-1"}
	for prefix, want := range tests {
		for _, lane := range []payment.LaneID{"lane-1", "lane-2"} {
			if got, found, err := s.Newest(lane, prefix); err != nil || got != want || found != (want != "") {
				t.Errorf("Newest(%s, %q) = %q, %t, %v; want %q", lane, prefix, got, found, err, want)
			}
		}
	}
	if got, found, err := s.Newest("lane", "E-"); err != nil || found {
		t.Errorf("Newest of another lane = %q, %t, %v", got, found, err)
	}
}
