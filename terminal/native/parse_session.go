// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxData is the longest klarna_network_data in bytes, and maxToken the longest session token (Klarna,
	// Interoperability).
	maxData  = 10240
	maxToken = 8192
	maxURL   = 2048
	// maxReference is the longest reference of ours (Klarna, Identifiers and references).
	maxReference = 255
)

// TokenRequest asks for a customer token beside the payment.
type TokenRequest struct {
	Scopes    []string `json:"scopes"`
	Reference string   `json:"reference"` // the shop's name of the customer
}

// session reads what a sale in the shop's own app, checkout or customer list has besides its money.
func (r *reader) session(p *Pay) {
	p.Interaction = r.one("interaction", "QR_CODE", "HANDOVER")
	p.ReturnURL = r.plain("return_url", maxURL)
	p.AppReturnURL = r.plain("app_return_url", maxURL)
	p.NetworkData = r.data("klarna_network_data")
	p.InteropData = r.data("interoperability_data")
	r.agree("klarna_network_data", p.NetworkData, "interoperability_data", p.InteropData)
	p.NetworkToken = r.plain("klarna_network_session_token", maxToken)
	p.InteropToken = r.plain("interoperability_token", maxToken)
	r.agree("klarna_network_session_token", p.NetworkToken, "interoperability_token", p.InteropToken)
	p.OptionID = r.plain("payment_option_id", maxURL)
	p.WantsToken = r.tokenRequest("request_customer_token")
	p.CustomerToken = r.handle("customer_token", false)
	if r.raw("present") != nil {
		present := r.flag("present")
		p.Present = &present
	}
}

// plain is text of visible ASCII, as addresses and tokens are. It is never changed.
func (r *reader) plain(name string, limit int) string {
	v := r.raw(name)
	if v == nil {
		return ""
	}
	s := r.text(name, limit)
	if !visible(s) || s == "" {
		r.refuse(name, "expected 1 to "+strconv.Itoa(limit)+" visible ASCII characters")
		return ""
	}
	return s
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// data is text that is handed on byte for byte. Half of a surrogate pair has no bytes of its own: the
// decoder would put another character in its place, so that what went on would not be what came. Klarna
// takes no control characters (Data types).
func (r *reader) data(name string) string {
	v := r.raw(name)
	if v == nil {
		return ""
	}
	s := r.text(name, maxData)
	if s == "" || len(s) > maxData || strings.ContainsRune(s, utf8.RuneError) || strings.ContainsFunc(s, unicode.IsControl) {
		r.refuse(name, "expected text of 1 to "+strconv.Itoa(maxData)+" bytes without control characters, to be handed on unchanged")
		return ""
	}
	return s
}

// agree refuses two names of one thing that say two things.
func (r *reader) agree(name, value, older, said string) {
	if value != "" && said != "" && value != said {
		r.refuse(name, "expected the same as "+older+", or only one of the two")
	}
}

// handle reads a name that we have given.
func (r *reader) handle(name string, must bool) string {
	if must {
		r.must(name)
	}
	return r.plain(name, maxID)
}

func (r *reader) tokenRequest(name string) *TokenRequest {
	v := r.raw(name)
	if v == nil {
		return nil
	}
	if v[0] != '{' {
		r.refuse(name, "expected an object")
		return nil
	}
	in := reader{m: make(members, 4), path: join(r.path, name)}
	w := walker{b: v}
	if in.err = w.object(1, in.m); in.err == nil {
		in.must("scopes")
		in.must("reference")
	}
	t := &TokenRequest{Scopes: in.scopes("scopes"), Reference: in.text("reference", maxReference)}
	if in.err == nil && t.Reference == "" {
		in.refuse("reference", "expected 1 to "+strconv.Itoa(maxReference)+" characters")
	}
	if r.err = in.err; r.err != nil {
		return nil
	}
	return t
}

// scopes are what a customer may allow (Klarna, Tokenized payments).
func (r *reader) scopes(name string) []string {
	all := r.texts(name, 3)
	for _, s := range all {
		switch s {
		case "payment:customer_present", "payment:customer_not_present", "customer:login":
		default:
			r.refuse(name, "expected payment:customer_present, payment:customer_not_present or customer:login")
			return nil
		}
	}
	if len(all) == 0 {
		r.refuse(name, "expected at least one")
	}
	return all
}

func (r *reader) handOver() HandOver {
	return HandOver{
		RequestID: r.text("payment_request_id", maxText), RequestURL: r.text("payment_request_url", maxURL),
		RequestData: r.text("payment_request_data", maxLong),
	}
}

func (r *reader) brought() Brought {
	return Brought{CustomerToken: r.text("customer_token", maxID), ResponseData: r.text("klarna_network_response_data", maxLong)}
}
