// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"tillbridge/audit"
	"tillbridge/payment"
)

// morning is when everything of these tests happens.
func morning() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }

func saleID(lane string, n int) payment.ID {
	return payment.ID{Lane: payment.LaneID(lane), Till: payment.TillID(fmt.Sprintf("sale-%d", n))}
}

func keyOf(id payment.ID, w payment.Write) payment.Key {
	return payment.Key(id.String() + "/" + string(w))
}

// ledger is a journal and Klarna's book in memory.
type ledger struct {
	t       testing.TB
	seq     uint64
	lives   map[payment.ID]audit.Life
	klarna  map[payment.TransactionID]audit.Holding
	unread  map[payment.TransactionID]bool
	removed uint64
}

func newLedger(tb testing.TB) *ledger {
	tb.Helper()
	return &ledger{
		t: tb, lives: map[payment.ID]audit.Life{}, klarna: map[payment.TransactionID]audit.Holding{},
		unread: map[payment.TransactionID]bool{},
	}
}

// happen folds events over a payment.
func (b *ledger) happen(id payment.ID, events ...payment.Event) {
	b.t.Helper()
	life := b.lives[id]
	p := payment.Payment{ID: id}
	if len(life) > 0 {
		p = life[len(life)-1].After
	}
	for _, e := range events {
		next, _, err := payment.Step(p, e)
		if err != nil {
			b.t.Fatalf("Step(%s, %s): %v", p.State, e.Kind(), err)
		}
		b.seq++
		p = next
		life = append(life, audit.Moment{Seq: b.seq, At: morning(), Event: e, After: p})
	}
	b.lives[id] = life
}

func intended(id payment.ID, w payment.Write) payment.Intended {
	return payment.Intended{At: morning(), Intent: payment.Intent{Write: w, Key: keyOf(id, w), Hash: "0a1b", Attempt: 1, At: morning()}}
}

func transactionOf(id payment.ID) payment.TransactionID {
	return payment.TransactionID("krn:payment:eu1:transaction:" + id.String())
}

// ask is a payment that Klarna approves at once.
func (b *ledger) ask(id payment.ID, a payment.Amount) {
	b.t.Helper()
	order := payment.Order{Amount: a, Ref: "bon 17", Lang: "de", Lines: []payment.Line{{Name: "Rote Schuhe", Quantity: 1, Total: a.Minor}}}
	b.happen(id,
		payment.Asked{At: morning(), Order: order, Reference: "ref " + id.String(), Deadline: morning().Add(time.Hour), Limit: morning().Add(time.Hour)},
		intended(id, payment.WriteAuthorize),
		payment.ApprovedByKlarna{At: morning(), Key: keyOf(id, payment.WriteAuthorize), Transaction: payment.Transaction{
			ID: transactionOf(id), Amount: a, Reference: "ref " + id.String(),
		}},
		payment.Offered{At: morning()},
	)
	b.klarna[transactionOf(id)] = audit.Holding{Amount: a}
}

// sell is a sale to its end.
func (b *ledger) sell(id payment.ID, minor int64) {
	b.t.Helper()
	b.ask(id, euro(minor))
	b.happen(id, payment.Confirmed{At: morning(), Outcome: payment.Approved, OK: true}, intended(id, payment.WriteCapture),
		payment.Captured{At: morning(), Key: keyOf(id, payment.WriteCapture), CaptureID: "capture"})
	b.klarna[transactionOf(id)] = audit.Holding{Amount: euro(minor), Captured: minor}
}

// takeBack reverses a captured sale.
func (b *ledger) takeBack(id payment.ID) {
	b.t.Helper()
	b.happen(id, payment.ReversalAsked{At: morning()}, intended(id, payment.WriteRefund),
		payment.GivenBack{At: morning(), Key: keyOf(id, payment.WriteRefund)})
	h := b.klarna[transactionOf(id)]
	h.Refunded = h.Captured
	b.klarna[transactionOf(id)] = h
}

// refund gives a part back.
func (b *ledger) refund(id payment.ID, name payment.TillID, minor int64) {
	b.t.Helper()
	intent := intended(id, payment.WriteRefund)
	intent.Intent.Refund, intent.Intent.Key = name, keyOf(id, "refund "+payment.Write(name))
	b.happen(id,
		payment.RefundAsked{At: morning(), ID: name, Amount: euro(minor), Reference: string(name)}, intent,
		payment.RefundDone{At: morning(), Key: intent.Intent.Key, RefundID: "at Klarna"})
	h := b.klarna[transactionOf(id)]
	h.Refunded += minor
	b.klarna[transactionOf(id)] = h
}

func euro(minor int64) payment.Amount { return payment.Amount{Minor: minor, Currency: "EUR"} }

// all is every life, in the order of intake.
func (b *ledger) all() []audit.Life {
	return slices.SortedFunc(maps.Values(b.lives), func(x, y audit.Life) int { return int(x[0].Seq) - int(y[0].Seq) })
}

func (b *ledger) span() audit.Span { return audit.Span{After: b.removed, Through: b.seq} }

func (b *ledger) tally(s audit.Span, lanes ...payment.LaneID) []audit.LaneTotals {
	t := audit.NewTally(s, lanes...)
	for _, l := range b.all() {
		t.Add(l)
	}
	return t.Lanes()
}

// Basis implements audit.Evidence.
func (b *ledger) Basis() (audit.Journal, error) {
	hash, err := b.Hash(b.seq)
	return audit.Journal{Epoch: "EPOCH", Removed: b.removed, Head: b.seq, Hash: hash}, err
}

// Hash implements audit.Evidence.
func (b *ledger) Hash(seq uint64) (string, error) { return fmt.Sprintf("hash of %d", seq), nil }

// Totals implements audit.Evidence.
func (b *ledger) Totals(s audit.Span) ([]audit.LaneTotals, error) { return b.tally(s), nil }

// Transaction implements audit.Klarna.
func (b *ledger) Transaction(_ context.Context, id payment.TransactionID) (audit.Holding, error) {
	if b.unread[id] {
		return audit.Holding{}, errors.New("no route to Klarna")
	}
	h, ok := b.klarna[id]
	if !ok {
		return audit.Holding{}, audit.ErrNoTransaction
	}
	return h, nil
}
