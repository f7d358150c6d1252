// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"slices"
)

// The scopes of a customer token.
const (
	ScopePresent    = "payment:customer_present"
	ScopeNotPresent = "payment:customer_not_present"
	ScopeLogin      = "customer:login"
)

// CustomerToken stands for a customer who agreed to be charged again.
type CustomerToken struct {
	Token     string
	Reference string
	Scopes    []string
	Revoked   bool
}

func (w *World) issueCustomerToken(ask TokenAsk) *CustomerToken {
	t := &CustomerToken{
		Token:     "krn:partner:eu1:test:identity:customer-token:" + w.uuid(),
		Reference: ask.Reference, Scopes: slices.Clone(ask.Scopes),
	}
	w.customers[t.Token] = t
	return t
}

// chargeToken authorizes on a stored token. Without the scope that the charge needs, or once revoked, it
// declines. Klarna does not say how it learns whether the customer is there; here a charge that brings no
// step_up_config is one without them, and nobody is ever asked on it.
func (w *World) chargeToken(account string, c Authorize) Answer {
	t, there := w.customers[c.CustomerToken], c.StepUp != nil
	needs := ScopeNotPresent
	if there {
		needs = ScopePresent
	}
	switch {
	case t == nil, t.Revoked, c.Amount == 0, !slices.Contains(t.Scopes, needs), w.behaviour.Token == TokenDeclined:
		return declined(c.Purchase)
	case there && (c.StepUp.Required || w.behaviour.Token == TokenStepUp):
		return stepUp(w.open(account, c.Purchase))
	}
	return w.approve(account, c.Purchase, nil)
}

// RevokeReference ends every token of the customer whom a partner calls so, and reports how many.
func (w *World) RevokeReference(reference string) int {
	n := 0
	for _, t := range w.customers {
		if t.Reference == reference && !t.Revoked {
			t.Revoked = true
			n++
		}
	}
	return n
}

// Revoke ends a customer token, as the customer can in Klarna's app.
func (w *World) Revoke(token string) error {
	t := w.customers[token]
	if t == nil {
		return fmt.Errorf("revoke customer token: %w", ErrUnknown)
	}
	t.Revoked = true
	return nil
}
