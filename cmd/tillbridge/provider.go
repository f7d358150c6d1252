// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
)

// provider makes Klarna what the engine asks for: it translates words, and decides nothing.
type provider struct {
	client  *klarna.Client
	account klarna.Account
	orders  klarna.Orders             // where what comes after a sale goes; without a region to account
	store   klarna.Location           // without the terminal
	lanes   map[payment.LaneID]string // terminal references
	targets []string                  // origins besides Klarna's own that a code may point to
	box     secret.Box                // of stored customer tokens
	log     *slog.Logger
}

var _ engine.Provider = (*provider)(nil)

// anyKey stands for key and token while bytes are prepared, which depend on neither.
const anyKey = "prepare"

// Body implements engine.Bodies.
func (k *provider) Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error) {
	if k.orders.Region != "" && goesToOrders(w) {
		return k.orderBody(p, w, "")
	}
	write, err := k.write(p, w, anyKey, first, secret.New(anyKey))
	return write.Body, err
}

// RefundBody implements engine.Bodies. The path is that of a refund of the whole; the bytes say how much.
func (k *provider) RefundBody(p payment.Payment, r payment.Refund) ([]byte, error) {
	if k.orders.Region != "" {
		return k.orderBody(p, payment.WriteRefund, r.ID)
	}
	write, err := k.account.Refund(anyKey, string(p.Transaction.ID), p.CaptureID, r.Amount.Minor, r.Reference)
	return write.Body, err
}

// write is the call for write w of p.
func (k *provider) write(p payment.Payment, w payment.Write, key string, first []byte, token secret.Text) (klarna.Write, error) {
	tx := string(p.Transaction.ID)
	switch w {
	case payment.WriteAuthorize:
		return k.account.Authorize(key, k.sale(p))
	case payment.WriteFinalize:
		return k.account.Finalize(key, first, token)
	case payment.WriteCapture:
		return k.account.Capture(key, tx, p.Charged().Minor, p.Reference)
	case payment.WriteVoid:
		return k.account.Void(key, tx)
	case payment.WriteRefund:
		// What was charged is given back, also where that is not what the till asked for.
		return k.account.Refund(key, tx, p.CaptureID, p.Taken().Minor, p.Reference)
	case payment.WriteRelease:
		if p.CaptureNow {
			return k.account.Refund(key, tx, p.CaptureID, p.Rest().Minor, p.Reference)
		}
		return k.account.Void(key, tx)
	}
	return klarna.Write{}, fmt.Errorf("write %q is not known", w)
}

func (k *provider) sale(p payment.Payment) klarna.Sale {
	o := p.Order
	s := klarna.Sale{
		Amount: o.Amount.Minor, Currency: string(o.Amount.Currency),
		TransactionReference: p.Reference, RequestReference: p.Reference, PurchaseReference: receiptOf(p),
		Location: k.store,
	}
	if p.CaptureNow {
		s.Capture = klarna.CaptureNow
	}
	s.Location.Terminal = k.lanes[p.ID.Lane]
	handOn(&s, o)
	for _, l := range o.Lines {
		s.Lines = append(s.Lines, klarna.Line{Name: l.Name, Quantity: l.Quantity, Total: l.Total, Tax: l.Tax, Product: l.SKU})
	}
	return s
}

// receiptOf is what the customer knows the sale by.
func receiptOf(p payment.Payment) string { return cmp.Or(p.Order.Ref, string(p.ID.Till)) }

// handOn adds what the shop's own app or checkout handed to the till, and how its customer is reached.
func handOn(s *klarna.Sale, o payment.Order) {
	s.SessionToken, s.NetworkData, s.OptionID = o.Handed.SessionToken, o.Handed.NetworkData.Reveal(), o.Handed.OptionID
	s.Absent = o.Absent
	if o.Interaction == payment.InteractionHandOver {
		s.Interact = klarna.Interaction{
			Method: klarna.MethodHandover, ReturnURL: o.Handed.ReturnURL, AppReturnURL: o.Handed.AppReturnURL,
		}
	}
	if t := o.TokenRequest; t != nil {
		s.TokenRequest = &klarna.TokenRequest{Reference: t.Reference}
		for _, scope := range t.Scopes {
			s.TokenRequest.Scopes = append(s.TokenRequest.Scopes, string(scope))
		}
	}
}

// Send implements engine.Provider. The path is made anew, out of what was durable before the first try; the bytes are the
// stored ones, and say which interface they are for.
func (k *provider) Send(ctx context.Context, c engine.Call) engine.Answer {
	if c.Inherited {
		if a := k.outdated(ctx, c); a != nil {
			return a
		}
	}
	p, key := c.Payment, string(c.Intent.Key)
	region, body := readMark(c.Body)
	made, err := k.made(region, c)
	switch {
	case errors.Is(err, klarna.ErrNoOrder):
		return k.refusedHere(p, err)
	case err != nil:
		return k.unusable(p, err)
	}
	w := klarna.Write{Op: klarna.Op(c.Intent.Write), Path: made.Path, Region: region}
	if c.Intent.Write == payment.WriteRelease {
		w.Op = made.Op // Klarna has no word of its own for it
	}
	w.Key, w.Body, w.SessionToken = key, body, c.Token
	if t := c.Customer; c.Intent.Write == payment.WriteAuthorize && t.Handle != "" {
		if w.CustomerToken, err = k.box.Open(t.Sealed, string(t.Handle)); err != nil {
			return k.unusable(p, fmt.Errorf("customer token %s: %w", t.Handle, err))
		}
	}
	return k.answer(p, k.client.Send(ctx, w))
}

// outdated asks Klarna's clock about a key of an earlier process, and returns what keeps it from leaving. An answer without
// a clock leaves the machine's own to be believed.
func (k *provider) outdated(ctx context.Context, c engine.Call) engine.Answer {
	a, err := k.client.Probe(ctx)
	switch {
	case err != nil && a.Date.IsZero():
		return engine.NotExecuted{After: a.RetryAfter}
	case !a.Date.IsZero() && a.Date.Sub(c.Intent.At) >= payment.KeyLife:
		k.log.Warn("key not sent again, because Klarna's clock says that it is too old", "payment", c.Payment.ID.String(),
			"write", string(c.Intent.Write), "made", c.Intent.At, "klarna_time", a.Date)
		return engine.Stale{}
	}
	return nil
}

// made is the call of an intent, of which its place counts.
func (k *provider) made(region klarna.Region, c engine.Call) (klarna.Write, error) {
	if region != "" {
		return orderWrite(klarna.Orders{Region: region}, c.Payment, c.Intent)
	}
	form := c.Intent.Write
	if form == payment.WriteAuthorize {
		form = payment.WriteFinalize // the same path; the token makes the difference
	}
	return k.write(c.Payment, form, string(c.Intent.Key), []byte("{}"), secret.New("any"))
}

func (k *provider) unusable(p payment.Payment, err error) engine.Answer {
	k.log.Error("call cannot be made", "payment", p.ID.String(), "error", err)
	return engine.NotExecuted{}
}

// answer translates an outcome. Only 429 is known not to have been executed; 409 and a block in front
// of Klarna prove nothing.
func (k *provider) answer(p payment.Payment, o klarna.Outcome) engine.Answer {
	switch o := o.(type) {
	case klarna.Approved:
		return engine.Approved{Transaction: payment.Transaction{
			ID: payment.TransactionID(o.TransactionID), Reference: o.TransactionReference,
			Amount:   payment.Amount{Minor: o.Amount, Currency: payment.Currency(o.Currency)},
			Captured: p.CaptureNow,
		}, CaptureID: o.CaptureID, Customer: k.sealed(o.CustomerToken), Reply: k.reply(p, o.NetworkData)}
	case klarna.StepUp:
		return engine.StepUp{
			Request: k.request(p, o),
			Amount:  payment.Amount{Minor: o.Amount, Currency: payment.Currency(o.Currency)},
		}
	case klarna.Declined:
		return engine.Declined{Reply: k.reply(p, o.NetworkData)}
	case klarna.Done:
		return engine.Done{CaptureID: o.ID, RefundID: o.ID}
	case klarna.Refused:
		k.log.Warn("klarna refused", "payment", p.ID.String(), "code", o.Code, "parameter", o.Parameter, "correlation", o.CorrelationID)
		return engine.Refused{Code: o.Code, Correlation: o.CorrelationID}
	case klarna.Busy:
		if o.Status == http.StatusTooManyRequests {
			return engine.NotExecuted{After: o.RetryAfter}
		}
		return engine.Unclear{After: o.RetryAfter}
	case klarna.Unclear:
		k.log.Warn("no clear answer from klarna", "payment", p.ID.String(), "status", o.Status, "correlation", o.CorrelationID, "error", o.Err)
		return engine.Unclear{After: o.RetryAfter}
	case klarna.NotSent:
		k.log.Warn("klarna not reached", "payment", p.ID.String(), "error", o.Err)
		return engine.NotExecuted{}
	}
	return engine.Unclear{}
}

func (k *provider) request(p payment.Payment, o klarna.StepUp) payment.Request {
	r := payment.Request{ID: payment.RequestID(o.RequestID), URL: k.target(p, o.TargetURL), ExpiresAt: o.ExpiresAt}
	if p.Order.Interaction == payment.InteractionHandOver && len(o.HandOverData) <= maxHandedBack {
		r.Data = o.HandOverData
	}
	return r
}

// maxHandedBack is the longest text of Klarna's that goes through to a till (Klarna, Interoperability).
const maxHandedBack = 10240

// reply is what Klarna says to the shop's own app. It goes through whole or not at all.
func (k *provider) reply(p payment.Payment, data string) string {
	if len(data) > maxHandedBack {
		k.log.Warn("klarna's data for the shop's app is too long", "payment", p.ID.String(), "length", len(data))
		return ""
	}
	return data
}

// target is what the code says, or empty if it points to a place that is not Klarna's.
func (k *provider) target(p payment.Payment, url string) string {
	if err := klarna.CheckTarget(url, k.targets...); err != nil {
		k.log.Error("code not shown", "payment", p.ID.String(), "error", err)
		return ""
	}
	return url
}

// ReadRequest implements engine.Provider.
func (k *provider) ReadRequest(ctx context.Context, id payment.RequestID) engine.Reading {
	r, err := k.client.ReadRequest(ctx, string(id))
	switch {
	case errors.Is(err, klarna.ErrNotFound):
		return engine.Reading{Status: payment.RequestGone}
	case errors.Is(err, klarna.ErrRateLimited):
		return engine.Reading{Slow: true, After: r.RetryAfter}
	case err != nil:
		k.log.Warn("request not read", "request", string(id), "error", err)
		return engine.Reading{}
	}
	return engine.Reading{Status: requestStatus(r.State), Token: r.SessionToken, Customer: k.sealed(r.CustomerToken)}
}

// requestStatus is empty for a word of Klarna's that this version does not know: keep asking.
func requestStatus(s klarna.RequestState) payment.RequestStatus {
	switch s {
	case klarna.RequestSubmitted:
		return payment.RequestSubmitted
	case klarna.RequestInProgress:
		return payment.RequestInProgress
	case klarna.RequestCompleted:
		return payment.RequestCompleted
	case klarna.RequestExpired:
		return payment.RequestExpired
	case klarna.RequestCanceled:
		return payment.RequestCanceled
	case klarna.RequestDeclined:
		return payment.RequestDeclined
	}
	return ""
}

// CancelRequest implements engine.Provider.
func (k *provider) CancelRequest(ctx context.Context, id payment.RequestID) engine.Closing {
	r, err := k.client.CancelRequest(ctx, string(id))
	switch {
	case err == nil:
		return engine.Closing{Status: payment.RequestCanceled}
	case errors.Is(err, klarna.ErrRateLimited):
		return engine.Closing{After: r.RetryAfter}
	case errors.Is(err, klarna.ErrRefused), errors.Is(err, klarna.ErrNotFound):
		return engine.Closing{Refused: true}
	}
	k.log.Warn("request not cancelled", "request", string(id), "error", err)
	return engine.Closing{}
}

// ReadTransaction implements engine.Provider. What was taken and refunded in full counts as closed.
func (k *provider) ReadTransaction(ctx context.Context, id payment.TransactionID) engine.Holding {
	t, err := k.client.ReadTransaction(ctx, string(id))
	if err != nil {
		k.log.Warn("transaction not read", "transaction", string(id), "error", err)
		if errors.Is(err, klarna.ErrNotFound) {
			return engine.Holding{Status: payment.TransactionMissing}
		}
		return engine.Holding{}
	}
	h := engine.Holding{Counted: t.Refunded != nil}
	if h.Counted {
		h.Refunded = *t.Refunded
	}
	if t.Captured != nil {
		h.Captured, h.Empty = *t.Captured, h.Counted && *t.Captured <= h.Refunded
	}
	if len(t.CaptureIDs) == 1 {
		h.CaptureID = t.CaptureIDs[0]
	}
	switch t.State {
	case klarna.TransactionAuthorized:
		h.Status = payment.TransactionAuthorized
	case klarna.TransactionCompleted:
		taken := t.Amount
		if t.Captured != nil {
			taken = *t.Captured
		}
		h.Status = payment.TransactionCaptured
		if h.Counted && taken > 0 && h.Refunded >= taken {
			h.Status = payment.TransactionClosed
		}
	case klarna.TransactionClosed, klarna.TransactionExpired:
		h.Status = payment.TransactionClosed
	}
	return h
}
