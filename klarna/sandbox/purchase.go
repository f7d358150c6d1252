// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "time"

// Limits of Klarna's strings and lists (Data types; Request limits; Interoperability).
const (
	maxText  = 255
	maxURL   = 2048
	maxData  = 10240
	maxToken = 8192
	maxLines = 1000
)

// purchase reads the body of an authorization or of a payment request: the two differ in where the
// amount and the interaction stand, and either place is taken.
func (o object) purchase() Purchase {
	p := Purchase{Currency: o.text("currency", 3), NetworkData: o.either("klarna_network_data", "interoperability_data", maxData)}
	if t, ok := o.object("request_payment_transaction"); ok {
		p.Amount = t.integer("amount")
		p.Reference = t.text("payment_transaction_reference", maxText)
		p.CaptureNow = t.oneOf("capture", "NOW", "LATER") == "NOW"
		p.OptionID = t.text("payment_option_id", maxURL)
		t.needed("amount")
	} else if o.has("amount") {
		p.Amount = o.integer("amount")
	}
	if d, ok := o.object("supplementary_purchase_data"); ok {
		p.PurchaseReference = d.text("purchase_reference", maxText)
		p.Lines = d.lines()
	}
	if a, ok := o.object("request_customer_token"); ok {
		p.Token = &TokenAsk{Scopes: a.scopes(), Reference: a.text("customer_token_reference", maxText)}
	}
	p.StepUp = o.stepUp()
	o.needed("currency")
	return p
}

// needed complains about fields that are not there.
func (o object) needed(names ...string) {
	for _, name := range names {
		if !o.has(name) {
			o.complain(name, "is missing")
		}
	}
}

// either is a text that goes by a newer and an older name. Two different values are one too many.
func (o object) either(newer, older string, limit int) string {
	a, b := o.text(newer, limit), o.text(older, limit)
	if a != "" && b != "" && a != b {
		o.complain(newer, "differs from "+older)
	}
	if a == "" {
		return b
	}
	return a
}

func (o object) scopes() []string {
	scopes := o.texts("scopes", 3)
	for _, s := range scopes {
		if s != ScopePresent && s != ScopeNotPresent && s != ScopeLogin {
			o.complain("scopes", "has the unknown scope "+s)
		}
	}
	o.needed("scopes")
	return scopes
}

func (o object) lines() []Line {
	if !o.has("line_items") {
		return nil
	}
	lines := []Line{}
	for _, l := range o.objects("line_items", maxLines) {
		lines = append(lines, l.line())
	}
	return lines
}

// money is a signed amount whose sums cannot overflow.
func (o object) money(name string) int64 {
	n := o.integer(name)
	if n < -maxAmount || n > maxAmount {
		o.complain(name, "must be between -2147483647 and 2147483647")
		return 0
	}
	return n
}

// stepUp reads step_up_config, or the fields that createPaymentRequest has at the top.
func (o object) stepUp() *StepUp {
	s, placed := o, "top_level"
	if inner, ok := o.object("step_up_config"); ok {
		s, placed = inner, "step_up_config"
	} else if !o.has("customer_interaction_config") {
		return nil
	}
	s.needed("customer_interaction_config")
	config, _ := s.object("customer_interaction_config")
	out := &StepUp{
		Reference: s.text("payment_request_reference", maxText),
		Method:    config.text("method", maxText),
		ReturnURL: config.returnURL("return_url"), AppReturnURL: config.returnURL("app_return_url"),
		Required: s.oneOf("mode", "REQUIRED") != "",
		Expiry:   config.expiry(),
	}
	from := s
	if !s.has("point_of_checkout") && !s.has("point_of_transaction") {
		from, placed = o, "top_level"
	}
	out.Location = from.location(placed)
	return out
}

func (o object) location(placed string) Location {
	checkout, inStore := o.object("point_of_checkout")
	point, atTerminal := o.object("point_of_transaction")
	if !inStore && !atTerminal {
		return Location{}
	}
	l := Location{
		Placement:      placed,
		StoreID:        checkout.text("store_id", maxText),
		StoreReference: checkout.text("store_reference", maxText),
	}
	if store, ok := checkout.object("store"); ok {
		store.oneOf("type", "PHYSICAL_STORE")
		store.needed("type", "store_reference", "address")
		l.NewStore = store.text("store_reference", maxText)
		store.object("address")
	}
	if atTerminal {
		point.oneOf("type", "TERMINAL")
		point.needed("type")
		l.Terminal = point.terminal()
	}
	return l
}

// terminal reads either shape that the drafts allow: flat, or in an object of its own.
func (o object) terminal() string {
	if inner, ok := o.object("terminal"); ok {
		return inner.text("terminal_reference", maxText)
	}
	return o.text("terminal_reference", maxText)
}

// expiry reads interaction_expiry, which may be absent.
func (o object) expiry() Expiry {
	e, ok := o.object("interaction_expiry")
	if !ok {
		return Expiry{}
	}
	var out Expiry
	if s := e.text("duration", maxText); s != "" {
		d, err := parseDuration(s)
		if err != nil || d == 0 {
			e.complain("duration", "must be a duration such as PT30M")
		}
		out.After = d
	}
	if s := e.text("timestamp", maxText); s != "" {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			e.complain("timestamp", "must be a time such as 2026-01-01T12:30:00Z")
		}
		out.At = t
	}
	if e.has("duration") == e.has("timestamp") {
		o.complain("interaction_expiry", "needs exactly one of duration and timestamp")
	}
	return out
}

// newExpiry reads the body of an update, which may name the whole path to the expiry or its end only.
func (o object) newExpiry() Expiry {
	at := o
	for _, name := range []string{"step_up_config", "customer_interaction_config"} {
		if inner, ok := at.object(name); ok {
			at = inner
		}
	}
	at.needed("interaction_expiry")
	return at.expiry()
}
