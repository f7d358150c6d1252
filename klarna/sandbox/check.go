// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"slices"
	"time"
)

// maxAmount is the largest amount in minor units (Klarna, Data types).
const maxAmount = 2147483647

// currencies are what Klarna settles in (Klarna, Data types).
const currencies = "AUD EUR CAD CZK DKK HUF MXN NZD NOK PLN RON SEK CHF GBP USD "

func knownCurrency(c string) bool {
	for i := 0; i+4 <= len(currencies); i += 4 {
		if currencies[i:i+3] == c {
			return true
		}
	}
	return false
}

// check lists what is wrong with a purchase. A payment request needs StepUp, an authorization does not.
func (w *World) check(p Purchase, needsStepUp bool) []Violation {
	var v []Violation
	if !knownCurrency(p.Currency) {
		v = append(v, Violation{"currency", "is not a supported currency"})
	}
	v = append(v, p.checkAmount()...)
	switch {
	case p.StepUp != nil:
		v = append(v, w.checkStepUp(*p.StepUp)...)
	case needsStepUp:
		v = append(v, Violation{"customer_interaction_config", "is missing"})
	}
	return v
}

func (p Purchase) checkAmount() []Violation {
	const parameter = "request_payment_transaction.amount"
	switch {
	case p.Amount == 0 && p.Token != nil:
		return nil
	case p.Amount < 1 || p.Amount > maxAmount:
		return []Violation{{parameter, "must be between 1 and 2147483647"}}
	case len(p.Lines) == 0:
		return nil
	}
	var sum int64
	for _, l := range p.Lines {
		sum += l.TotalAmount
	}
	if sum != p.Amount {
		return []Violation{{"supplementary_purchase_data.line_items", "total_amount does not add up to the amount"}}
	}
	return nil
}

func (w *World) checkStepUp(s StepUp) []Violation {
	v := s.Expiry.check(w.now)
	const config = "step_up_config.customer_interaction_config."
	switch s.Method {
	case MethodQR:
		v = append(v, w.checkLocation(s.Location)...)
	case MethodHandover:
		if s.ReturnURL == "" {
			v = append(v, Violation{config + "return_url", "is needed for HANDOVER"})
		}
	case MethodSDK:
	default:
		v = append(v, Violation{config + "method", "must be HANDOVER, SDK or QR_CODE"})
	}
	return v
}

func (w *World) checkLocation(l Location) []Violation {
	var v []Violation
	given := 0
	for _, s := range []string{l.StoreID, l.StoreReference, l.NewStore} {
		if s != "" {
			given++
		}
	}
	if given > 1 || given == 0 && !w.policy.OptionalLocation {
		v = append(v, Violation{"point_of_checkout", "needs exactly one of store_id, store_reference and store"})
	}
	if l.StoreReference != "" && w.stores != nil && !w.stores[l.StoreReference] {
		v = append(v, Violation{"point_of_checkout.store_reference", "is no onboarded store"})
	}
	if l.Terminal == "" && !w.policy.OptionalLocation {
		v = append(v, Violation{"point_of_transaction.terminal_reference", "is missing"})
	}
	return v
}

func (e Expiry) check(now time.Time) []Violation {
	const parameter = "step_up_config.customer_interaction_config.interaction_expiry"
	if e.After != 0 && !e.At.IsZero() {
		return []Violation{{parameter, "takes a duration or a timestamp, not both"}}
	}
	if life := e.from(now).Sub(now); life < minExpiry || life > maxExpiry {
		return []Violation{{parameter, "must be between 15 minutes and 48 hours away"}}
	}
	return nil
}

// same reports whether a second authorize is about the purchase of the first. What the second one
// leaves out is taken from the first: Klarna's own sample sends only currency and transaction.
func (p Purchase) same(first Purchase) bool {
	return p.Currency == first.Currency && p.Amount == first.Amount && p.Reference == first.Reference &&
		(p.PurchaseReference == "" || p.PurchaseReference == first.PurchaseReference) &&
		(p.NetworkData == "" || p.NetworkData == first.NetworkData) &&
		(p.Lines == nil || slices.Equal(p.Lines, first.Lines))
}
