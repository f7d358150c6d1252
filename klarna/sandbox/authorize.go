// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "net/http"

func (w *World) authorize(account string, c Authorize) Answer {
	if v := w.check(c.Purchase, false); len(v) > 0 {
		return invalid(v...)
	}
	if w.routeOf(c) == RouteFinalize {
		return w.finalize(account, c)
	}
	switch {
	case w.behaviour.First == FirstDeclined:
		return declined(c.Purchase)
	case c.CustomerToken != "":
		return w.chargeToken(account, c)
	case w.behaviour.First == FirstApproved && c.Amount != 0 && c.Token == nil && (c.StepUp == nil || !c.StepUp.Required):
		return w.approve(account, c.Purchase, nil)
	case c.StepUp == nil:
		return declined(c.Purchase) // nobody may be asked
	}
	return stepUp(w.open(account, c.Purchase))
}

// finalize turns a completed payment request into a transaction, once.
func (w *World) finalize(account string, c Authorize) Answer {
	token := c.PaymentToken
	if token == "" {
		token = c.NetworkToken
	}
	r := w.tokens[token]
	switch {
	case r == nil, r.Account != account, r.State != StateCompleted, w.now.Sub(r.issued) >= tokenLife,
		!c.same(r.purchase):
		return declined(c.Purchase)
	case r.spent != nil && w.policy.SingleUseToken:
		return declined(c.Purchase)
	case r.spent != nil:
		return *r.spent
	}
	a := w.settle(r, c)
	if !a.negative() || !w.policy.ForgetNegatives {
		r.spent = &a
	}
	return a
}

// settle is the decision of the second authorize.
func (w *World) settle(r *request, c Authorize) Answer {
	switch r.behaviour.Finalize {
	case FinalizeDeclined:
		return declined(c.Purchase)
	case FinalizeStepUp:
		next := r.purchase
		next.CaptureNow = c.CaptureNow
		next.StepUp = nextRound(*r.purchase.StepUp, c.StepUp)
		return stepUp(w.open(r.Account, next))
	case FinalizeApproved, "":
	}
	r.charged = true
	p := r.purchase
	p.CaptureNow = c.CaptureNow
	return w.approve(r.Account, p, r.Customer)
}

// nextRound is how the customer is asked again: as the second call says, else as the first one did. A
// timestamp of the first one is not used again, it may be over.
func nextRound(first StepUp, second *StepUp) *StepUp {
	if second != nil {
		first = *second
	}
	if second == nil && !first.Expiry.At.IsZero() {
		first.Expiry = Expiry{}
	}
	return &first
}

func (w *World) approve(account string, p Purchase, token *CustomerToken) Answer {
	a := &Authorization{Result: ResultApproved, Token: token, TokenAsked: p.Token != nil}
	transaction := ""
	if p.Amount != 0 {
		t := w.charge(account, p).snapshot()
		a.Transaction, transaction = &t, t.ID
	}
	a.NetworkData = p.networkReply(ResultApproved, transaction)
	return Answer{Status: http.StatusOK, Authorization: a}
}

func declined(p Purchase) Answer {
	return Answer{
		Status: http.StatusOK,
		Authorization: &Authorization{
			Result: ResultDeclined, TokenAsked: p.Token != nil, NetworkData: p.networkReply(ResultDeclined, ""),
		},
	}
}

func stepUp(r *request) Answer {
	now := r.PaymentRequest
	return Answer{
		Status:        http.StatusOK,
		Authorization: &Authorization{Result: ResultStepUp, Request: &now, TokenAsked: r.purchase.Token != nil},
	}
}
