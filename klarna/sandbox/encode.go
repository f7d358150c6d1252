// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "time"

// encode is the body of an answer.
func (x *exchange) encode(a Answer) any {
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	w := x.server.world
	switch {
	case a.Problem != nil && x.orders:
		return encodeOrderProblem(w.uuid(), *a.Problem)
	case a.Problem != nil:
		return w.encodeProblem(a.Status, *a.Problem)
	case a.Authorization != nil:
		return w.encodeAuthorization(*a.Authorization)
	case a.Request != nil:
		return w.encodeRequest(*a.Request)
	case a.Transaction != nil && x.orders:
		return encodeOrder(*a.Transaction)
	case a.Transaction != nil:
		return encodeTransaction(*a.Transaction)
	case a.Capture != nil:
		return encodeCapture(*a.Capture)
	case a.Refund != nil:
		return wireRefund(*a.Refund)
	}
	panic("sandbox: empty answer")
}

// encodeProblem tells an error in the newer or the older shape (Klarna, Error handling).
func (w *World) encodeProblem(status int, p Problem) wireProblem {
	out := wireProblem{ID: w.uuid(), Code: p.Code, Message: p.Message}
	if w.policy.OlderErrors {
		out.Type = errorType(status)
	}
	for _, v := range p.Violations {
		if w.policy.OlderErrors {
			out.Older = append(out.Older, wireViolation{Parameter: v.Parameter, Message: v.Reason})
		} else {
			out.Violations = append(out.Violations, wireViolation{Parameter: v.Parameter, Reason: v.Reason})
		}
	}
	return out
}

func errorType(status int) string {
	switch {
	case status == 400:
		return "INPUT_ERROR"
	case status == 401 || status == 429:
		return "ACCESS_ERROR"
	case status >= 500:
		return "TECHNICAL_ERROR"
	}
	return "RESOURCE_ERROR"
}

func (w *World) encodeAuthorization(a Authorization) wireAuthorization {
	var out wireAuthorization
	if a.TokenAsked {
		out.Token = &wireTokenResponse{Result: a.Result}
		if a.Token != nil {
			out.Token.Token = tokenOf(a.Token)
		}
	}
	// A call for a token alone has no payment to speak of.
	if a.Transaction != nil || a.Result != ResultApproved {
		out.Response = &wireResult{Result: a.Result}
	}
	if a.Transaction != nil {
		t := encodeTransaction(*a.Transaction)
		out.Response.Transaction = &t
	}
	if a.Request != nil {
		r := w.encodeRequest(*a.Request)
		out.Request = &r
	}
	if w.policy.InteropNames {
		out.InteropData = a.NetworkData
	} else {
		out.NetworkData = a.NetworkData
	}
	return out
}

func (w *World) encodeRequest(r PaymentRequest) wireRequest {
	out := wireRequest{
		ID: r.ID, Reference: r.Reference, Amount: r.Amount, Currency: r.Currency,
		State: r.State, Previous: r.Previous, Reason: r.Reason,
		ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if !r.CanceledAt.IsZero() {
		at := r.CanceledAt
		out.CanceledAt = &at
	}
	switch r.State {
	case StateSubmitted, StateInProgress:
		out.Context.Interaction = interactionOf(r)
		out.Data = r.handOverData()
	case StateCompleted:
		names := w.tokenNames(r.Token)
		if w.policy.TokenAtRoot {
			out.Token, out.PaymentToken = names.Token, names.PaymentToken
		} else {
			out.Context.tokenContext = names
		}
		out.Context.Customer = customerOf(r.Customer)
	case StateExpired, StateCanceled, StateDeclined:
	}
	return out
}

func interactionOf(r PaymentRequest) *wireInteraction {
	if r.Method == MethodQR {
		return &wireInteraction{Method: r.Method, QR: &wireQR{Image: r.ImageURL, Target: r.TargetURL}}
	}
	return &wireInteraction{Method: r.Method, ID: r.ID, URL: r.TargetURL}
}

func customerOf(t *CustomerToken) *wireCustomer {
	c := &wireCustomer{}
	if t != nil {
		c.Token = tokenOf(t)
	}
	return c
}

func tokenOf(t *CustomerToken) *wireToken {
	return &wireToken{Token: t.Token, Reference: t.Reference, Scopes: t.Scopes}
}

func encodeTransaction(t Transaction) wireTransaction {
	out := wireTransaction{
		ID: t.ID, Reference: t.Reference, Amount: t.Amount, Currency: t.Currency, State: t.State,
		Captured: t.Captured, Refunded: t.Refunded, Voided: t.Voided,
		Funding: wireFunding{Type: "GUARANTEED", State: "FUNDED"}, ExpiresAt: t.ExpiresAt.In(time.UTC),
	}
	for _, c := range t.Captures {
		out.Captures = append(out.Captures, encodeCapture(c))
	}
	return out
}

func encodeCapture(c Capture) wireCapture { return wireCapture(c) }
