// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// How long a transaction can be captured, and how long it then waits to be authorized again
// (Klarna, Manage payment transactions; the 28 days are what integrators quote).
const (
	authorizedFor = 28 * 24 * time.Hour
	closedAfter   = 7 * 24 * time.Hour
)

// The most operations on one transaction (Klarna, Refund and Void pages); captures per Capture page.
const (
	maxCaptures   = 200
	maxRefunds    = 200
	maxOperations = 500
)

// transactionPrefix is what stands before the UUID of a transaction, which is the order's at Order Management.
const transactionPrefix = "krn:payment:eu1:transaction:"

// Transaction is a payment transaction as it stood at one moment.
type Transaction struct {
	ID        string
	Account   string
	Reference string
	Currency  string
	State     TransactionState
	// Amounts in minor units: what was authorized, and of it what was captured, refunded and voided.
	Amount, Captured, Refunded, Voided int64
	Captures                           []Capture // a copy, oldest first
	ExpiresAt                          time.Time
}

// Capture is money taken; amounts are in minor units.
type Capture struct {
	ID        string
	Reference string
	Amount    int64
	Refunded  int64
}

// Refund is money given back, in minor units.
type Refund struct {
	ID        string
	Reference string
	Amount    int64
}

type transaction struct {
	Transaction

	refunds, operations int
}

func (t *transaction) snapshot() Transaction {
	s := t.Transaction
	s.Captures = slices.Clone(t.Captures)
	return s
}

// left is what can still be captured, in minor units.
func (t *transaction) left() int64 { return t.Amount - t.Captured - t.Voided }

// charge makes a transaction. From here on there is money.
func (w *World) charge(account string, p Purchase) *transaction {
	t := &transaction{Transaction: Transaction{
		ID: transactionPrefix + w.uuid(), Account: account, Reference: p.Reference,
		Currency: p.Currency, Amount: p.Amount, State: TransactionAuthorized, ExpiresAt: w.now.Add(authorizedFor),
	}}
	w.transactions[t.ID] = t
	w.charges = append(w.charges, t)
	if p.CaptureNow {
		w.take(t, t.Amount, p.Reference)
		return t
	}
	w.plan(due{at: t.ExpiresAt, what: dueLapse, id: t.ID})
	w.emitTransaction(t, "payment.transaction.state-change.authorized", nil)
	return t
}

// take captures amount, which was checked, and completes t if nothing is left.
func (w *World) take(t *transaction, amount int64, reference string) Capture {
	c := Capture{ID: t.ID + ":capture:" + strconv.Itoa(len(t.Captures)+1), Reference: reference, Amount: amount}
	t.Captures = append(t.Captures, c)
	t.Captured += amount
	w.emitTransaction(t, "payment.transaction.captured", &c)
	if t.left() == 0 {
		t.State = TransactionCompleted
		w.emitTransaction(t, "payment.transaction.state-change.completed", nil)
		w.age(t)
	}
	return c
}

// age plans the end of life of a transaction that is complete.
func (w *World) age(t *transaction) {
	if w.policy.ClosedAfter > 0 {
		w.plan(due{at: w.now.Add(w.policy.ClosedAfter), what: dueClose, id: t.ID})
	}
}

func (w *World) findTransaction(account, id string) (*transaction, bool) {
	t, ok := w.transactions[id]
	return t, ok && t.Account == account
}

func (w *World) readTransaction(account string, c ReadTransaction) Answer {
	t, ok := w.findTransaction(account, c.ID)
	if !ok {
		return noTransaction(c.ID)
	}
	return answerTransaction(t)
}

func answerTransaction(t *transaction) Answer {
	s := t.snapshot()
	return Answer{Status: http.StatusOK, Transaction: &s}
}

func (w *World) updateTransaction(account string, c UpdateTransaction) Answer {
	t, ok := w.findTransaction(account, c.ID)
	switch {
	case !ok:
		return noTransaction(c.ID)
	case t.State != TransactionAuthorized:
		return refuse(http.StatusForbidden, CodeForbidden, "a transaction in %s cannot be updated", t.State)
	case !t.operate():
		return tooMany()
	}
	if c.Reference != "" {
		t.Reference = c.Reference
	}
	return answerTransaction(t)
}

// operate counts one more operation and reports whether it is allowed.
func (t *transaction) operate() bool {
	if t.operations >= maxOperations {
		return false
	}
	t.operations++
	return true
}

func tooMany() Answer {
	return refuse(http.StatusForbidden, CodeForbidden, "too many operations on this transaction")
}

func (w *World) capture(account string, c Take) Answer {
	t, ok := w.findTransaction(account, c.ID)
	switch {
	case !ok:
		return noTransaction(c.ID)
	case c.Amount < 1 || c.Amount > maxAmount:
		return invalid(Violation{"amount", "must be between 1 and 2147483647"})
	case t.State != TransactionAuthorized:
		return refuse(http.StatusForbidden, CodeForbidden, "a transaction in %s cannot be captured", t.State)
	case c.Amount > t.left():
		return refuse(http.StatusForbidden, CodeForbidden, "%d is more than the %d that is left", c.Amount, t.left())
	case len(t.Captures) >= maxCaptures || !t.operate():
		return tooMany()
	}
	taken := w.take(t, c.Amount, c.Reference)
	return Answer{Status: http.StatusCreated, Capture: &taken}
}

func (w *World) refund(account string, c GiveBack) Answer {
	t, ok := w.findTransaction(account, c.ID)
	switch {
	case !ok:
		return noTransaction(c.ID)
	case c.Amount < 1 || c.Amount > maxAmount:
		return invalid(Violation{"amount", "must be between 1 and 2147483647"})
	case t.State == TransactionClosed:
		return refuse(http.StatusForbidden, CodeForbidden, "the transaction is closed")
	}
	open, ok := t.refundable(c.Capture)
	switch {
	case !ok:
		return refuse(http.StatusNotFound, CodeNotFound, "no capture %q", c.Capture)
	case c.Amount > open:
		return refuse(http.StatusForbidden, CodeForbidden, "%d is more than the %d that can be refunded", c.Amount, open)
	case t.refunds >= maxRefunds || !t.operate():
		return tooMany()
	}
	return Answer{Status: http.StatusCreated, Refund: w.giveBack(t, c)}
}

// refundable is what can be given back of one capture, or of all if none is named.
func (t *transaction) refundable(capture string) (int64, bool) {
	if capture == "" {
		return t.Captured - t.Refunded, true
	}
	for _, c := range t.Captures {
		if c.ID == capture {
			return c.Amount - c.Refunded, true
		}
	}
	return 0, false
}

// giveBack refunds an amount that was checked: of the named capture, else of the oldest ones first.
func (w *World) giveBack(t *transaction, c GiveBack) *Refund {
	rest := c.Amount
	for i := range t.Captures {
		of := &t.Captures[i]
		if c.Capture == "" || c.Capture == of.ID {
			part := min(rest, of.Amount-of.Refunded)
			of.Refunded += part
			rest -= part
		}
	}
	t.refunds++
	t.Refunded += c.Amount
	r := Refund{ID: t.ID + ":refund:" + strconv.Itoa(t.refunds), Reference: c.Reference, Amount: c.Amount}
	w.emitTransaction(t, "payment.transaction.refunded", nil)
	return &r
}

// void gives up what is left to capture. Nothing taken yet: the transaction closes.
func (w *World) void(account string, c Void) Answer {
	t, ok := w.findTransaction(account, c.ID)
	switch {
	case !ok:
		return noTransaction(c.ID)
	case t.State != TransactionAuthorized:
		return refuse(http.StatusForbidden, CodeForbidden, "a transaction in %s cannot be voided", t.State)
	case !t.operate():
		return tooMany()
	}
	t.Voided = t.left()
	w.settleRest(t, TransactionClosed)
	return answerTransaction(t)
}

// settleRest ends the authorization of t: COMPLETED if something was captured, else as told.
func (w *World) settleRest(t *transaction, untouched TransactionState) {
	t.State = TransactionCompleted
	if t.Captured == 0 {
		t.State = untouched
	}
	event := "completed"
	switch t.State {
	case TransactionClosed:
		event = "closed"
	case TransactionExpired:
		event = "expired"
	case TransactionAuthorized, TransactionCompleted:
	}
	w.emitTransaction(t, "payment.transaction.state-change."+event, nil)
	if t.State == TransactionCompleted {
		w.age(t)
	}
}

// lapse ends an authorization that nobody captured in time.
func (w *World) lapse(t *transaction) {
	if t.State != TransactionAuthorized {
		return
	}
	w.settleRest(t, TransactionExpired)
	if t.State == TransactionExpired {
		w.plan(due{at: w.now.Add(closedAfter), what: dueClose, id: t.ID})
	}
}

func (w *World) close(t *transaction) {
	if t.State == TransactionExpired || t.State == TransactionCompleted {
		t.State = TransactionClosed
		w.emitTransaction(t, "payment.transaction.state-change.closed", nil)
	}
}
