// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

func refundKey(of payment.ID, id payment.TillID) payment.Key {
	return key(of, payment.WriteRefund) + "/" + payment.Key(id)
}

func refundAsked(id payment.TillID, minor int64) payment.RefundAsked {
	return payment.RefundAsked{At: morning(), ID: id, Amount: payment.Amount{Minor: minor, Currency: "EUR"}, Reference: "refund " + string(id)}
}

func refundIntended(of payment.ID, id payment.TillID) payment.Intended {
	sum := sha256.Sum256(body(refundKey(of, id)))
	return payment.Intended{At: morning(), Intent: payment.Intent{
		Write: payment.WriteRefund, Key: refundKey(of, id), Hash: hex.EncodeToString(sum[:]), Attempt: 1, Refund: id, At: morning(),
	}}
}

func refundDone(of payment.ID, id payment.TillID) payment.RefundDone {
	return payment.RefundDone{At: morning(), Key: refundKey(of, id)}
}

// refund gives a part of a captured sale back.
func (s *shop) refund(of payment.ID) {
	s.t.Helper()
	s.happen(of, refundAsked("R1", 500), refundIntended(of, "R1"))
	s.happen(of, refundDone(of, "R1"))
}

// lost leaves a refund before a person.
func (s *shop) lost(of payment.ID, id payment.TillID, minor int64) {
	s.t.Helper()
	k := refundKey(of, id)
	s.happen(of, refundAsked(id, minor), refundIntended(of, id), payment.Unclear{Key: k}, payment.KeyExpired{At: morning(), Key: k},
		payment.TransactionSeen{At: morning(), Status: payment.TransactionCaptured})
}

// Row 75: a refund is found again by its name, whatever has happened since.
func TestARefundIsFoundByItsName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second := id("lane-1", 1), id("lane-1", 2)
	s.pay(first)
	s.pay(second)
	if _, found, err := s.Refund(payment.ID{Lane: "lane-1", Till: "R1"}); err != nil || found {
		t.Fatalf("Refund before there is one = %t, %v", found, err)
	}
	s.refund(first)
	s.happen(second, refundAsked("R2", 600))
	s.close()
	s.open()
	for name, want := range map[payment.TillID]payment.ID{"R1": first, "R2": second} {
		p, found, err := s.Refund(payment.ID{Lane: "lane-1", Till: name})
		if err != nil || !found || p.ID != want {
			t.Errorf("Refund(%s) = %s, %t, %v; want %s", name, p.ID, found, err, want)
		}
		if _, found, err := s.Refund(payment.ID{Lane: "lane-2", Till: name}); err != nil || found {
			t.Errorf("Refund(%s) of another lane = %t, %v", name, found, err)
		}
	}
	c := s.commit(second, refundAsked("R1", 5))
	if err := s.Commit(c); err == nil || !strings.Contains(err.Error(), "another refund's") {
		t.Errorf("a second refund of the name = %v, want it refused", err)
	}
}

func TestASaleWithAnOpenRefundIsUnfinished(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		then       func(*shop, payment.ID)
		unfinished bool
	}{
		"without one":     {func(*shop, payment.ID) {}, false},
		"asked":           {func(s *shop, of payment.ID) { s.happen(of, refundAsked("R1", 500)) }, true},
		"sent":            {func(s *shop, of payment.ID) { s.happen(of, refundAsked("R1", 500), refundIntended(of, "R1")) }, true},
		"done":            {func(s *shop, of payment.ID) { s.refund(of) }, false},
		"before a person": {func(s *shop, of payment.ID) { s.lost(of, "R1", 500) }, true},
		"decided by a person": {func(s *shop, of payment.ID) {
			s.lost(of, "R1", 500)
			s.happen(of, payment.Resolved{At: morning(), As: payment.DecideRefunded, Reason: "seen", Refund: "R1"})
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			of := id("lane-1", 1)
			s.pay(of)
			tt.then(s, of)
			s.close()
			s.open()
			open, err := s.Unfinished()
			if err != nil || (len(open) == 1) != tt.unfinished {
				t.Errorf("Unfinished = %d payments, %v; want it listed: %t", len(open), err, tt.unfinished)
			}
			s.close()
			removed, err := store.Compact(s.path, 400*24*time.Hour, morning().Add(1000*24*time.Hour))
			if err != nil || tt.unfinished && removed > 0 {
				t.Errorf("Compact removed %d records, %v; want none of an open refund", removed, err)
			}
			s.open()
		})
	}
}

func TestCompactKeepsTheNamesOfRefunds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	old, young := id("lane-1", 1), id("lane-1", 2)
	s.pay(old)
	s.refund(old)
	s.pay(young)
	c := s.commit(young, refundAsked("R2", 500))
	c.Records[0].At = morning().Add(1000 * 24 * time.Hour)
	if err := s.Commit(c); err != nil {
		t.Fatal(err)
	}
	s.accept(c)
	s.close()
	if removed, err := store.Compact(s.path, 400*24*time.Hour, morning().Add(1000*24*time.Hour)); err != nil || removed == 0 {
		t.Fatalf("Compact = %d, %v; want the old sale removed", removed, err)
	}
	s.open()
	for name, want := range map[payment.TillID]bool{"R1": false, "R2": true} {
		if _, found, err := s.Refund(payment.ID{Lane: "lane-1", Till: name}); err != nil || found != want {
			t.Errorf("Refund(%s) = %t, %v; want %t", name, found, err, want)
		}
	}
}

func TestTotalsCountRefundsWhenTheyAreDone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, third := id("lane-1", 1), id("lane-1", 2), id("lane-1", 3)
	s.pay(first)
	s.pay(second)
	s.refund(first)
	s.happen(second, refundAsked("R2", 700), refundIntended(second, "R2"))
	s.lost(first, "R3", 100)
	day := s.totals(0)
	want := store.Totals{Sales: 2, SaleSum: 3220, Refunds: 1, RefundSum: 500, First: first.Till, Last: second.Till, Through: day.Through}
	if day != want {
		t.Errorf("the first day is %+v, want %+v", day, want)
	}
	s.happen(second, refundDone(second, "R2"))
	s.happen(first, payment.Resolved{At: morning(), As: payment.DecideRefunded, Reason: "seen", Refund: "R3"})
	for _, events := range plainSale(third)[:6] { // offered
		s.happen(third, events...)
	}
	s.happen(third, refundAsked("R4", 1610), intended(third, payment.WriteVoid)) // all of what is not captured
	s.happen(third, payment.GivenBack{At: morning(), Key: key(third, payment.WriteVoid)})
	next := s.totals(day.Through)
	want = store.Totals{
		Sales: 1, SaleSum: 1610, Backs: 1, BackSum: 1610, Refunds: 2, RefundSum: 800,
		First: third.Till, Last: third.Till, Through: next.Through,
	}
	if next != want {
		t.Errorf("the second day is %+v, want %+v", next, want)
	}
	if all := s.totals(0); all.SaleSum-all.BackSum-all.RefundSum != 3220-1300 {
		t.Errorf("in all %d is left, want %d", all.SaleSum-all.BackSum-all.RefundSum, 3220-1300)
	}
}
