// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"maps"
	"time"
)

// Ledger is the truth about money, for tests. Its lists are never nil.
type Ledger struct {
	PaymentRequests []LedgerRequest     `json:"payment_requests"`
	Transactions    []LedgerTransaction `json:"transactions"`
	// Calls counts what arrived per Route, repeats and broken calls included; for RouteWebhook, what was due.
	Calls map[string]int `json:"calls"`
}

// LedgerRequest is one payment request, removed ones included.
type LedgerRequest struct {
	ID                string    `json:"payment_request_id"`
	Reference         string    `json:"payment_request_reference"`
	TransactionRef    string    `json:"payment_transaction_reference"`
	Amount            int64     `json:"amount"` // minor units
	Currency          string    `json:"currency"`
	State             State     `json:"state"`
	StateReason       string    `json:"state_reason"`
	Finalized         bool      `json:"finalized"` // a transaction came of it
	StoreID           string    `json:"store_id"`
	StoreReference    string    `json:"store_reference"` // the onboarded one or the new one
	TerminalReference string    `json:"terminal_reference"`
	LocationPlacement string    `json:"location_placement"`
	CreatedAt         time.Time `json:"created_at"`
	ExpiresAt         time.Time `json:"expires_at"`
}

// LedgerTransaction is one transaction; the four amounts are in minor units.
type LedgerTransaction struct {
	ID        string           `json:"payment_transaction_id"`
	Reference string           `json:"payment_transaction_reference"`
	Amount    int64            `json:"amount"`
	Currency  string           `json:"currency"`
	State     TransactionState `json:"state"`
	Captured  int64            `json:"captured"`
	Refunded  int64            `json:"refunded"`
	Voided    int64            `json:"voided"`
}

// Ledger lists everything that ever happened, oldest first.
func (w *World) Ledger() Ledger {
	l := Ledger{
		PaymentRequests: make([]LedgerRequest, 0, len(w.order)),
		Transactions:    make([]LedgerTransaction, 0, len(w.charges)),
		Calls:           maps.Clone(w.calls),
	}
	for _, r := range w.order {
		l.PaymentRequests = append(l.PaymentRequests, r.ledger())
	}
	for _, t := range w.charges {
		l.Transactions = append(l.Transactions, LedgerTransaction{
			ID: t.ID, Reference: t.Reference, Amount: t.Amount, Currency: t.Currency, State: t.State,
			Captured: t.Captured, Refunded: t.Refunded, Voided: t.Voided,
		})
	}
	return l
}

func (r *request) ledger() LedgerRequest {
	store := r.Location.StoreReference
	if store == "" {
		store = r.Location.NewStore
	}
	return LedgerRequest{
		ID: r.ID, Reference: r.Reference, TransactionRef: r.TransactionRef, Amount: r.Amount, Currency: r.Currency,
		State: r.State, StateReason: r.Reason, Finalized: r.charged,
		StoreID: r.Location.StoreID, StoreReference: store, TerminalReference: r.Location.Terminal,
		LocationPlacement: r.Location.Placement, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}
}
