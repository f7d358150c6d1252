// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Lifetimes of a payment request (Klarna, Custom Payment Request expiry).
const (
	defaultExpiry = 3 * time.Hour
	minExpiry     = 15 * time.Minute
	maxExpiry     = 48 * time.Hour
)

// tokenLife is how long a session token finalizes (Klarna, Payment authorization).
const tokenLife = time.Hour

// expiredKept is how long an expired request can still be read, unless Policy says otherwise.
const expiredKept = time.Hour

// ErrUnknown means that there is no payment request with the identifier.
var ErrUnknown = errors.New("no such payment request")

// ErrStep means that the customer cannot do this in the request's state.
var ErrStep = errors.New("not possible in this state")

// PaymentRequest is a payment request as it stood at one moment. It is never changed afterwards.
type PaymentRequest struct {
	ID        string
	Account   string
	Reference string
	Amount    int64 // minor units
	Currency  string
	State     State
	Previous  State
	Reason    string
	// Token is the session token of a COMPLETED request.
	Token    string
	Customer *CustomerToken // of a COMPLETED request that asked for one
	Method   string
	// TargetURL is the text of the QR code, ImageURL a picture of it.
	TargetURL, ImageURL string
	Location            Location
	TransactionRef      string
	ExpiresAt           time.Time
	CreatedAt           time.Time
	UpdatedAt           time.Time
	CanceledAt          time.Time
}

// request is a payment request with what Klarna knows beside it.
type request struct {
	PaymentRequest

	purchase  Purchase
	behaviour Behaviour
	issued    time.Time        // of the session token
	spent     *Answer          // what the session token led to
	charged   bool             // a transaction came of it
	past      []PaymentRequest // every moment so far, oldest first
}

// open makes a payment request for a purchase.
func (w *World) open(account string, p Purchase) *request {
	r := &request{purchase: p, behaviour: w.behaviour}
	id := w.uuid()
	r.PaymentRequest = PaymentRequest{
		ID: "krn:payment:eu1:request:" + id, Account: account, Reference: p.StepUp.Reference,
		Amount: p.Amount, Currency: p.Currency, State: StateSubmitted, Method: p.StepUp.Method,
		Location: p.StepUp.Location, TransactionRef: p.Reference,
		ExpiresAt: p.StepUp.Expiry.from(w.now), CreatedAt: w.now,
	}
	r.TargetURL = w.origin + "/phone/" + r.ID
	r.ImageURL = w.origin + "/qr/" + r.ID
	if p.StepUp.Location.NewStore != "" && w.stores != nil {
		w.stores[p.StepUp.Location.NewStore] = true
	}
	w.requests[r.ID] = r
	w.order = append(w.order, r)
	w.record(r)
	w.plan(due{at: r.ExpiresAt, what: dueExpiry, id: r.ID})
	w.expectCustomer(r)
	w.emitRequest(r, "payment.request.state-change.submitted")
	return r
}

// expectCustomer plans what the customer does without being told.
func (w *World) expectCustomer(r *request) {
	act := w.now.Add(r.behaviour.After)
	open := w.now.Add(r.behaviour.After / 2)
	switch r.behaviour.Customer {
	case CustomerApprove:
		w.plan(due{at: open, what: dueStep, id: r.ID, step: StepOpen})
		w.plan(due{at: act, what: dueStep, id: r.ID, step: StepApprove})
	case CustomerReject:
		w.plan(due{at: open, what: dueStep, id: r.ID, step: StepOpen})
		w.plan(due{at: act, what: dueStep, id: r.ID, step: StepReject})
	case CustomerAbort:
		w.plan(due{at: open, what: dueStep, id: r.ID, step: StepOpen})
		w.plan(due{at: act, what: dueStep, id: r.ID, step: StepAbort})
	case CustomerLeave:
		w.plan(due{at: act, what: dueStep, id: r.ID, step: StepOpen})
	case CustomerManual, "":
	}
}

// record keeps the present moment for reads that lag.
func (w *World) record(r *request) {
	r.UpdatedAt = w.now
	r.past = append(r.past, r.PaymentRequest)
}

// from is the end of a payment request made at now.
func (e Expiry) from(now time.Time) time.Time {
	switch {
	case !e.At.IsZero():
		return e.At
	case e.After != 0:
		return now.Add(e.After)
	}
	return now.Add(defaultExpiry)
}

// find is a request of this account that has not been removed.
func (w *World) find(account, id string) (*request, bool) {
	r, ok := w.requests[id]
	return r, ok && r.Account == account
}

// move takes r to a state that may follow, and tells the webhooks.
func (w *World) move(r *request, to State, reason string) error {
	if !r.State.mayBecome(to) {
		return fmt.Errorf("payment request in %s to %s: %w", r.State, to, ErrStep)
	}
	r.Previous, r.State, r.Reason = r.State, to, reason
	w.record(r)
	w.emitRequest(r, to.event())
	return nil
}

// event is the webhook event of entering s.
func (s State) event() string {
	const change = "payment.request.state-change."
	switch s {
	case StateSubmitted:
		return change + "submitted"
	case StateInProgress:
		return change + "in-progress"
	case StateCompleted:
		return change + "completed"
	case StateExpired:
		return change + "expired"
	case StateCanceled:
		return change + "canceled"
	case StateDeclined:
		return change + "declined"
	}
	panic("sandbox: state of no known kind")
}

// Phone lets the customer of a payment request do one step at now.
func (w *World) Phone(now time.Time, id string, s Step) error {
	w.Advance(now)
	r := w.requests[id]
	if r == nil {
		return fmt.Errorf("%s on phone of %q: %w", s, id, ErrUnknown)
	}
	if err := w.step(r, s); err != nil {
		return fmt.Errorf("%s on phone of %q: %w", s, id, err)
	}
	return nil
}

func (w *World) step(r *request, s Step) error {
	if r == nil {
		return ErrUnknown
	}
	if r.State == StateSubmitted && (s == StepApprove || s == StepReject) {
		if err := w.move(r, StateInProgress, ""); err != nil {
			return err
		}
	}
	switch s {
	case StepOpen:
		if r.State == StateInProgress {
			return nil // the page was loaded again
		}
		return w.move(r, StateInProgress, "")
	case StepApprove:
		return w.complete(r)
	case StepReject:
		return w.move(r, StateDeclined, "")
	case StepAbort:
		return w.move(r, StateSubmitted, ReasonAborted)
	}
	return fmt.Errorf("step %q: %w", s, ErrStep)
}

// complete issues the session token that finalizes. No money moves.
func (w *World) complete(r *request) error {
	if !r.State.mayBecome(StateCompleted) {
		return fmt.Errorf("payment request in %s to %s: %w", r.State, StateCompleted, ErrStep)
	}
	r.Token = "krn:network:eu1:test:session-token:" + w.uuid() + w.uuid()
	r.issued = w.now
	w.tokens[r.Token] = r
	if r.purchase.Token != nil {
		r.Customer = w.issueCustomerToken(*r.purchase.Token)
	}
	return w.move(r, StateCompleted, "")
}

// expire ends a request whose time is over. The time may have been moved since this was planned.
func (w *World) expire(r *request) {
	if r == nil || !r.State.mayBecome(StateExpired) {
		return
	}
	if r.ExpiresAt.After(w.now) {
		w.plan(due{at: r.ExpiresAt, what: dueExpiry, id: r.ID})
		return
	}
	keep := w.policy.ExpiredKept
	if keep == 0 {
		keep = expiredKept
	}
	w.plan(due{at: w.now.Add(keep), what: dueRemoval, id: r.ID})
	_ = w.move(r, StateExpired, "") // asked above
}

func (w *World) create(account string, c Create) Answer {
	if v := w.check(c.Purchase, true); len(v) > 0 {
		return invalid(v...)
	}
	r := w.open(account, c.Purchase).PaymentRequest
	return Answer{Status: http.StatusCreated, Request: &r}
}

func (w *World) read(account string, c Read) Answer {
	r, ok := w.find(account, c.ID)
	if !ok {
		return noRequest(c.ID)
	}
	seen := r.past[0]
	for _, moment := range r.past[1:] {
		if moment.UpdatedAt.After(w.now.Add(-w.policy.ReadLag)) {
			break
		}
		seen = moment
	}
	return Answer{Status: http.StatusOK, Request: &seen}
}

func (w *World) update(account string, c Update) Answer {
	r, ok := w.find(account, c.ID)
	if !ok {
		return noRequest(c.ID)
	}
	if r.State != StateSubmitted {
		return refuse(http.StatusForbidden, CodeForbidden, "a payment request in %s cannot be updated", r.State)
	}
	if v := c.Expiry.check(w.now); len(v) > 0 {
		return invalid(v...)
	}
	r.ExpiresAt = c.Expiry.from(w.now)
	w.record(r)
	w.plan(due{at: r.ExpiresAt, what: dueExpiry, id: r.ID})
	w.emitRequest(r, "payment.request.updated")
	now := r.PaymentRequest
	return Answer{Status: http.StatusOK, Request: &now}
}

// cancel takes a request back. One that is cancelled already says so again: a DELETE carries no key.
func (w *World) cancel(account string, c Cancel) Answer {
	r, ok := w.find(account, c.ID)
	if !ok {
		return noRequest(c.ID)
	}
	if r.State != StateCanceled {
		if !r.State.mayBecome(StateCanceled) || r.charged || r.State == StateCompleted && w.policy.RefuseCancelCompleted {
			return w.cancelRefused(r)
		}
		r.Token, r.Customer, r.CanceledAt = "", nil, w.now
		_ = w.move(r, StateCanceled, ReasonPartner) // asked above
	}
	now := r.PaymentRequest
	return Answer{Status: http.StatusOK, Request: &now}
}

func (w *World) cancelRefused(r *request) Answer {
	status, code := http.StatusConflict, CodeConflict
	if w.policy.CancelForbidden {
		status, code = http.StatusForbidden, CodeForbidden
	}
	return refuse(status, code, "a payment request in %s cannot be canceled", r.State)
}

// PaymentRequest is the request with this identifier as it stands, removed ones excepted.
func (w *World) PaymentRequest(id string) (PaymentRequest, bool) {
	r, ok := w.requests[id]
	if !ok {
		return PaymentRequest{}, false
	}
	return r.PaymentRequest, true
}

// Decide changes what the second authorize of one request will answer.
func (w *World) Decide(id string, f Finalize) error {
	r, ok := w.requests[id]
	if !ok {
		return fmt.Errorf("decide %q: %w", id, ErrUnknown)
	}
	r.behaviour.Finalize = f
	return nil
}
