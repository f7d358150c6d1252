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

// chargeToken authorizes on a stored token. Without a scope for payments, or once revoked, it declines;
// the customer is asked again only where the behaviour says so and the scope says that they are there.
func (w *World) chargeToken(account string, c Authorize) Answer {
	t := w.customers[c.CustomerToken]
	if t == nil || t.Revoked || c.Amount == 0 {
		return declined(c.Purchase)
	}
	present := slices.Contains(t.Scopes, ScopePresent)
	if !present && !slices.Contains(t.Scopes, ScopeNotPresent) {
		return declined(c.Purchase)
	}
	if present && c.StepUp != nil && c.StepUp.Required {
		return stepUp(w.open(account, c.Purchase))
	}
	return w.approve(account, c.Purchase, nil)
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
