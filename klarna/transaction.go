// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// TransactionState is the state of a payment transaction; other words are kept as they came.
type TransactionState string

// States of a payment transaction (Klarna, Payment transaction state definitions).
const (
	// TransactionAuthorized: an amount is left to capture. Moves to completed, expired, closed.
	TransactionAuthorized TransactionState = "AUTHORIZED"
	// TransactionCompleted: nothing is left to capture; refunds are possible. Moves to closed.
	TransactionCompleted TransactionState = "COMPLETED"
	// TransactionExpired: not captured in time. Moves to closed.
	TransactionExpired TransactionState = "EXPIRED"
	// TransactionClosed is final: voided without captures, or past its life.
	TransactionClosed TransactionState = "CLOSED"
)

// Transaction is a payment transaction as Klarna describes it.
type Transaction struct {
	Answer
	ID        string
	Reference string
	State     TransactionState
	Amount    int64 // minor units
	Currency  string
	ExpiresAt time.Time
	// What happened to the amount so far, in minor units; nil where the answer does not say.
	Captured, Refunded, Voided *int64
	CaptureIDs                 []string // one for each capture; empty where it has none that a path can carry
}

var errOtherTransaction = errors.New("the answer is about another transaction")

// ReadTransaction asks for a transaction. Klarna reserves it for doubt: the answer to each operation
// is authoritative by itself. Errors are those of ReadRequest.
func (c *Client) ReadTransaction(ctx context.Context, id string) (Transaction, error) {
	path, err := c.account.path(pathTransaction, id)
	if err != nil {
		return Transaction{}, fmt.Errorf("read transaction: %w", err)
	}
	r, err := c.ask(ctx, call{doing: "read transaction " + id, method: http.MethodGet, path: path, timeout: readTimeout})
	if err != nil {
		return Transaction{}, err
	}
	return readTransaction(r, id)
}

func readTransaction(r reply, id string) (Transaction, error) {
	o, err := parseObject(r.body)
	if err != nil {
		return Transaction{}, fmt.Errorf("transaction %s: %w: %s", id, err, describe(r.Answer, Problem{}))
	}
	if o.text("payment_transaction_id") == "" {
		o = o.object("payment_transaction")
	}
	if o.text("payment_transaction_id") != id {
		return Transaction{}, fmt.Errorf("transaction %s: %w: %s", id, errOtherTransaction, describe(r.Answer, Problem{}))
	}
	t := Transaction{
		Answer:    r.Answer,
		ID:        id,
		Reference: o.text("payment_transaction_reference"),
		State:     TransactionState(clean(o.text("state"), maxReference)),
		ExpiresAt: o.time("expires_at"),
		Captured:  o.total("captured_amount", "payment_captures"),
		Refunded:  o.total("refunded_amount", "payment_refunds"),
		Voided:    o.total("voided_amount", "payment_voids"),
	}
	t.Amount, t.Currency = o.money()
	for _, capture := range o.objects("payment_captures") {
		t.CaptureIDs = append(t.CaptureIDs, readCaptureID(capture))
	}
	return t, nil
}

// total is the amount under key, or the sum over a list whose every entry has one; else nil.
func (o object) total(key, list string) *int64 {
	if v, ok := o.minor(key); ok {
		return &v
	}
	entries := o.objects(list)
	if _, present := o[list].([]any); !present {
		return nil
	}
	sum := int64(0)
	for _, entry := range entries {
		v, ok := entry.minor("amount")
		if !ok || !inRange(v) {
			return nil
		}
		sum += v
	}
	return &sum
}
