// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// The results of authorize-payment besides those that are words of ours in capitals.
const (
	resultStepUp  = "STEP_UP_REQUIRED"
	resultPending = "PENDING"
)

// authorize takes a payment from a self-checkout page, under the rules of any payment, and answers when
// it is known whether the customer must act. Afterwards the payment's own routes tell how it ends; the
// result must be confirmed there.
func (l *web) authorize(w http.ResponseWriter, r *http.Request) {
	if from := r.Header.Get("Origin"); from != "" && !slices.Contains(l.pages, from) {
		answer(w, http.StatusForbidden, native.Error{Code: native.CodeNotAllowed, Text: "origin not allowed to authorize"})
		return
	}
	pay, ok := l.authorizeBody(w, r)
	if !ok {
		return
	}
	order, refusal := l.Native.order(pay)
	if refusal != nil {
		answer(w, http.StatusUnprocessableEntity, *refusal)
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	id := payment.TillID(pay.ID)
	c.ask(payment.Pay{ID: id, Order: order})
	word := c.first(ctx, id, decides)
	if refused, no := word.(payment.Refusal); no {
		c.reply(ctx, w, refused)
		return
	}
	if ctx.Err() == nil {
		c.answerAuthorized(w, id, word)
	}
}

// decides: a code or an address to go to, or the end. That a payment waits without either is not news yet;
// it is while the customer is on the way already.
func decides(word payment.Word) bool {
	if p, ok := word.(payment.Progress); ok {
		return p.Phase == payment.PhaseScanned || p.Phase == payment.PhaseConfirming
	}
	return is[payment.Display](word) || is[payment.Result](word) || is[payment.Update](word)
}

func (l *web) authorizeBody(w http.ResponseWriter, r *http.Request) (native.Pay, bool) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, native.MaxLine))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			answer(w, http.StatusRequestEntityTooLarge, native.Error{Code: native.CodeTooLarge, Text: "expected at most 65536 bytes"})
		}
		return native.Pay{}, false
	}
	pay, err := native.ParseAuthorize(text)
	if bad, ok := errors.AsType[*native.SyntaxError](err); ok {
		answer(w, statusOf(bad), l.Native.syntax(bad))
		return native.Pay{}, false
	}
	return pay, err == nil
}

// statusOf is the HTTP status of a request that was not understood.
func statusOf(bad *native.SyntaxError) int {
	if bad.Path == "amount" || bad.Path == "currency" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusBadRequest
}

// answerAuthorized says what a word means to the page. Without one the payment runs, and its status will
// tell.
func (c *call) answerAuthorized(w http.ResponseWriter, id payment.TillID, word payment.Word) {
	a := native.Authorized{ID: string(id), Result: resultPending}
	status := http.StatusAccepted
	switch word := word.(type) {
	case payment.Display:
		status = http.StatusOK
		a.Result, a.RequestID = resultStepUp, string(word.Request)
		a.RequestURL, a.RequestData = word.HandOver.URL, word.HandOver.Data
	case payment.Result:
		status = http.StatusOK
		r := c.lane.Native.result(word)
		a.Result, a.Text = strings.ToUpper(string(OutcomeOf(r))), r.Text
	case payment.Update:
		status = http.StatusOK
		u := c.lane.Native.update(word)
		a.Result, a.Text = strings.ToUpper(string(OutcomeOf(u))), u.Text
	case payment.Progress, nil:
	case payment.Accepted, payment.AskHere, payment.Cancelling, payment.Recorded, payment.Refusal, payment.LaneState,
		payment.Forgotten, payment.Refunded:
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if json.NewEncoder(w).Encode(a) == nil && word != nil {
		c.acknowledge(c.lane.Native.event(word))
	}
}

// forget erases a stored customer token. It may be repeated.
func (l *web) forget(w http.ResponseWriter, r *http.Request) {
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(payment.Forget{Handle: payment.Handle(r.PathValue("handle"))})
	c.reply(ctx, w, c.first(ctx, "", is[payment.Forgotten]))
}

// see keeps what a waiting till passes on to its customer.
func (c *call) see(word payment.Word) {
	if shown, ok := word.(payment.Display); ok {
		c.shown = shown
	}
}

// completed adds it to the state of a payment that waits.
func (c *call) completed(e native.Event) native.Event {
	if s, ok := e.(native.State); ok && s.Phase == string(payment.PhaseWaiting) {
		s.HandOver = handOver(c.shown.HandOver)
		return s
	}
	return e
}
