// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"net/url"
	"strings"
)

// line reads one line of the basket, as strictly as the pages allow: no markup in a name (Klarna, Data
// types), at least one piece, and tax that is a part of its line.
func (o object) line() Line {
	o.needed("name", "quantity", "total_amount")
	l := Line{
		Name: o.text("name", maxText), Quantity: o.integer("quantity"), UnitPrice: o.integer("unit_price"),
		TotalAmount: o.money("total_amount"), TotalTax: o.money("total_tax_amount"),
		Product: o.text("product_identifier", maxText), Reference: o.text("line_item_reference", maxText),
	}
	if hasMarkup(l.Name) {
		o.complain("name", "must not have HTML")
	}
	if o.has("quantity") && l.Quantity < 1 {
		o.complain("quantity", "must be at least 1")
	}
	if l.TotalTax < 0 != (l.TotalAmount < 0) && l.TotalTax != 0 || max(l.TotalTax, -l.TotalTax) > max(l.TotalAmount, -l.TotalAmount) {
		o.complain("total_tax_amount", "must be a part of total_amount")
	}
	return l
}

// hasMarkup reports whether a browser would see a tag, a comment or an end of one.
func hasMarkup(s string) bool {
	for i, r := range s {
		if r != '<' || i+1 == len(s) {
			continue
		}
		if c := s[i+1]; c == '/' || c == '!' || c == '?' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return true
		}
	}
	return false
}

// placeholders are what Klarna replaces in a return address, of both generations.
func placeholders() []string {
	return []string{
		"{klarna.payment_request.id}", "{klarna.payment_request.state}",
		"{klarna.payment_request.klarna_network_session_token}", "{klarna.payment_request.payment_token}",
		"{klarna.payment_request.payment_request_reference}",
	}
}

// returnURL is an address with placeholders that are known.
func (o object) returnURL(name string) string {
	s := o.text(name, maxURL)
	plain := s
	for _, p := range placeholders() {
		plain = strings.ReplaceAll(plain, p, "x")
	}
	u, err := url.Parse(plain)
	switch {
	case s == "":
	case err != nil || !u.IsAbs() || u.Scheme == "http":
		o.complain(name, "must be an absolute address that is not plain http")
	case strings.ContainsAny(plain, "{}"):
		o.complain(name, "has an unknown placeholder")
	}
	return s
}

// networkReply is what Klarna says to the partner who sent klarna_network_data (Klarna, Payment
// authorization): one string that the partner's own code reads.
func (p Purchase) networkReply(r Result, transaction string) string {
	if p.NetworkData == "" {
		return ""
	}
	response := map[string]any{"result": r}
	if transaction != "" {
		response["payment_transaction"] = map[string]any{
			"payment_transaction_id": transaction, "payment_transaction_reference": p.Reference,
			"amount": p.Amount, "currency": p.Currency,
		}
	}
	text, err := json.Marshal(map[string]any{
		"content_type": "vnd.klarna.network-data.v1+json",
		"content":      map[string]any{"operation": "payment_request", "response": response},
	})
	if err != nil {
		panic("sandbox: reply cannot be encoded: " + err.Error())
	}
	return string(text)
}

// handOverData is for a page of the partner's own; a code needs none.
func (r PaymentRequest) handOverData() string {
	if r.Method == MethodQR {
		return ""
	}
	text, err := json.Marshal(map[string]string{"payment_request_id": r.ID, "payment_request_url": r.TargetURL})
	if err != nil {
		panic("sandbox: hand-over data cannot be encoded: " + err.Error())
	}
	return string(text)
}
