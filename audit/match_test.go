// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"tillbridge/audit"
	"tillbridge/payment"
)

// evening is a day with a sale of every kind, and the till's book of it.
func evening(t *testing.T) (*ledger, []audit.Kept) {
	t.Helper()
	b := newLedger(t)
	var till []audit.Kept
	keep := func(id payment.ID, minor int64) {
		till = append(till, audit.Kept{ID: id, Minor: minor, Currency: "EUR"})
	}
	for n := range 4 {
		id := saleID("lane-1", n)
		b.sell(id, 1000+int64(n))
		keep(id, 1000+int64(n))
	}
	b.takeBack(saleID("lane-1", 1))
	till[1].Minor = 0
	b.refund(saleID("lane-1", 2), "refund-1", 300)
	till[2].Minor -= 300
	cancelled := saleID("lane-2", 1)
	b.ask(cancelled, euro(700))
	b.happen(cancelled, payment.Confirmed{At: morning(), Outcome: payment.Approved}, intended(cancelled, payment.WriteVoid),
		payment.GivenBack{At: morning(), Key: keyOf(cancelled, payment.WriteVoid)})
	return b, till
}

func (b *ledger) match(till []audit.Kept) audit.Report {
	b.t.Helper()
	r, err := audit.Match(b.t.Context(), b.all(), b.span(), &audit.TillBook{Payments: till}, b)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// TestThreeBooksAgree: to the cent, and then there is nothing to list.
func TestThreeBooksAgree(t *testing.T) {
	t.Parallel()
	b, till := evening(t)
	r := b.match(till)
	if len(r.Differences) != 0 {
		t.Errorf("they differ in %+v", r.Differences)
	}
	net := audit.Whole(r.Ours)[0].Net()
	if r.Till[0].Net != net || r.Klarna[0].Captured-r.Klarna[0].Refunded != net || net != 1000+702+1003 {
		t.Errorf("ours is %d, the till's %+v, Klarna's %+v", net, r.Till, r.Klarna)
	}
}

// TestOneCentIsFound: each book is wrong in one place, and that place alone is listed.
func TestOneCentIsFound(t *testing.T) {
	t.Parallel()
	zero, two, gone := saleID("lane-1", 0), saleID("lane-1", 2), saleID("lane-9", 7)
	tests := map[string]struct {
		spoil func(b *ledger, till *[]audit.Kept)
		want  audit.Difference
	}{
		"the till counts a cent more": {
			func(_ *ledger, till *[]audit.Kept) { (*till)[0].Minor++ },
			audit.Difference{Kind: audit.TillAmount, Lane: zero.Lane, ID: zero.Till, Ours: 1000, Theirs: 1001},
		},
		"the till has forgotten a refund": {
			func(_ *ledger, till *[]audit.Kept) { (*till)[2].Minor += 300 },
			audit.Difference{Kind: audit.TillAmount, Lane: two.Lane, ID: two.Till, Ours: 702, Theirs: 1002},
		},
		"the till lacks a sale": {
			func(_ *ledger, till *[]audit.Kept) { *till = (*till)[1:] },
			audit.Difference{Kind: audit.TillLacks, Lane: zero.Lane, ID: zero.Till, Ours: 1000},
		},
		"the till has a sale that never was": {
			func(_ *ledger, till *[]audit.Kept) {
				*till = append(*till, audit.Kept{ID: gone, Minor: 5, Currency: "EUR"})
			},
			audit.Difference{Kind: audit.TillOnly, Lane: gone.Lane, ID: gone.Till, Theirs: 5},
		},
		"the till takes a cancelled payment for a sale": {
			func(_ *ledger, till *[]audit.Kept) {
				*till = append(*till, audit.Kept{ID: saleID("lane-2", 1), Minor: 700, Currency: "EUR"})
			},
			audit.Difference{Kind: audit.TillOnly, Lane: "lane-2", ID: "sale-1", Theirs: 700},
		},
		"the till says another currency": {
			func(_ *ledger, till *[]audit.Kept) { (*till)[0].Currency = "SEK" },
			audit.Difference{Kind: audit.TillAmount, Lane: zero.Lane, ID: zero.Till, Ours: 1000, Theirs: 1000},
		},
		"Klarna has captured a cent less": {
			func(b *ledger, _ *[]audit.Kept) {
				b.klarna[transactionOf(zero)] = audit.Holding{Amount: euro(1000), Captured: 999}
			},
			audit.Difference{Kind: audit.KlarnaAmount, Lane: zero.Lane, ID: zero.Till, Ours: 1000, Theirs: 999},
		},
		"Klarna has given something back that nobody here asked for": {
			func(b *ledger, _ *[]audit.Kept) {
				b.klarna[transactionOf(zero)] = audit.Holding{Amount: euro(1000), Captured: 1000, Refunded: 1}
			},
			audit.Difference{Kind: audit.KlarnaAmount, Lane: zero.Lane, ID: zero.Till, Ours: 1000, Theirs: 999},
		},
		"Klarna's transaction is about another amount": {
			func(b *ledger, _ *[]audit.Kept) {
				b.klarna[transactionOf(zero)] = audit.Holding{Amount: euro(2000), Captured: 1000}
			},
			audit.Difference{Kind: audit.KlarnaAmount, Lane: zero.Lane, ID: zero.Till, Ours: 1000, Theirs: 1000},
		},
		"Klarna does not know a transaction": {
			func(b *ledger, _ *[]audit.Kept) { delete(b.klarna, transactionOf(zero)) },
			audit.Difference{Kind: audit.KlarnaLacks, Lane: zero.Lane, ID: zero.Till, Ours: 1000},
		},
		"what could not be read is not taken for equal": {
			func(b *ledger, _ *[]audit.Kept) { b.unread[transactionOf(zero)] = true },
			audit.Difference{Kind: audit.KlarnaUnread, Lane: zero.Lane, ID: zero.Till, Ours: 1000},
		},
		"an approval that nobody took is no difference of money, and is told": {
			func(b *ledger, _ *[]audit.Kept) { b.ask(saleID("lane-3", 1), euro(700)) },
			audit.Difference{Kind: audit.Unfinished, Lane: "lane-3", ID: "sale-1", State: payment.StateApproved},
		},
	}
	for name, tt := range tests {
		b, till := evening(t)
		tt.spoil(b, &till)
		got := b.match(till).Differences
		if len(got) != 1 {
			t.Errorf("%s: %+v, want one difference", name, got)
			continue
		}
		d := got[0]
		d.Transaction, d.Reference, d.Currency = "", "", ""
		if tt.want.State == payment.StateNone {
			d.State = payment.StateNone
		}
		if d != tt.want {
			t.Errorf("%s: %+v, want %+v", name, d, tt.want)
		}
	}
}

// TestTotalsOfATillAreComparedByLane: a till that knows no more than its sums is told which lane differs.
func TestTotalsOfATillAreComparedByLane(t *testing.T) {
	t.Parallel()
	b, _ := evening(t)
	b.sell(saleID("lane-2", 2), 100)
	match := func(book audit.TillBook) []audit.Difference {
		r, err := audit.Match(t.Context(), b.all(), b.span(), &book, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.Differences
	}
	book := audit.TillBook{Totals: b.tally(b.span())}
	if got := match(book); len(got) != 0 {
		t.Errorf("equal totals differ in %+v", got)
	}
	book.Totals[1].Sums[0].Sales++
	want := []audit.Difference{{Kind: audit.TillTotals, Lane: "lane-2", Currency: "EUR", Ours: 100, Theirs: 100}}
	if got := match(book); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := match(audit.TillBook{Totals: book.Totals[1:]}); len(got) != 2 || got[0].Lane != "lane-1" {
		t.Errorf("without a lane: %+v", got)
	}
}

func TestAMatchThatIsInterruptedSaysNothing(t *testing.T) {
	t.Parallel()
	b, _ := evening(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := audit.Match(ctx, b.all(), b.span(), nil, b); !errors.Is(err, context.Canceled) {
		t.Errorf("Match = %v", err)
	}
}

// TestEveryDifferenceSaysWhatToDo: staff read three lines, and each is a sentence.
func TestEveryDifferenceSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, k := range audit.Kinds() {
		w := k.Words()
		for _, line := range []string{w.What, w.Money, w.Do} {
			if !strings.HasSuffix(line, ".") || len(line) > 80 {
				t.Errorf("%s: %q", k, line)
			}
		}
	}
	if w := audit.Kind("else").Words(); w != (payment.Words{}) {
		t.Errorf("an unknown kind says %+v", w)
	}
}
