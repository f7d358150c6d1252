// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import "strconv"

const (
	maxID   = 64  // characters of a till's id, and of other names
	maxText = 512 // characters of other texts
	maxTime = 40  // characters of an instant
	maxLong = MaxLine
	// maxMinor is the largest amount that Klarna takes, in minor units (Klarna, Data types).
	maxMinor = 1<<31 - 1
	// maxBasket is the longest basket.
	maxBasket = 500
	// maxCount bounds a ping's number to what every JSON reader holds exactly (RFC 8259 §6).
	maxCount = 1<<53 - 1

	minTimeout, maxTimeout     = 30, 600 // seconds
	minKeepalive, maxKeepalive = 1, 300  // seconds

	minorUnits = "integer minor units (1610 for 16.10)"
	seconds    = "whole seconds"
)

// Version is the one version of the protocol.
const Version = 1

// Message is anything that travels, in either direction.
type Message interface{ Type() string }

// Request is what a till says. The set is closed.
//
//sumtype:decl
type Request interface {
	Message
	request()
}

// Hello introduces a till. It is optional where no token is asked for.
type Hello struct {
	V         int64  `json:"v"`
	Till      string `json:"till,omitempty"`
	Name      string `json:"name,omitempty"`
	Probe     bool   `json:"probe,omitempty"`       // the till answers ask with here
	Keepalive int64  `json:"keepalive_s,omitempty"` // seconds between alive while a payment runs
	Token     string `json:"token,omitempty"`       // the lane's secret
}

// Ping asks for pong.
type Ping struct {
	N int64 `json:"n"`
}

// Pay asks for a payment. What the shop's own app made for Klarna is kept byte for byte.
type Pay struct {
	ID       string `json:"id"`
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
	Ref      string `json:"ref,omitempty"`
	Timeout  int64  `json:"timeout_s,omitempty"` // seconds
	Lang     string `json:"lang,omitempty"`      // two letters
	Lines    []Line `json:"lines,omitempty"`

	QR            []string      `json:"qr,omitempty"`          // forms of the code: text, svg, png, escpos
	Interaction   string        `json:"interaction,omitempty"` // QR_CODE or HANDOVER
	ReturnURL     string        `json:"return_url,omitempty"`
	AppReturnURL  string        `json:"app_return_url,omitempty"`
	NetworkData   string        `json:"klarna_network_data,omitempty"`
	InteropData   string        `json:"interoperability_data,omitempty"` // the older name
	NetworkToken  string        `json:"klarna_network_session_token,omitempty"`
	InteropToken  string        `json:"interoperability_token,omitempty"` // the older name
	OptionID      string        `json:"payment_option_id,omitempty"`
	WantsToken    *TokenRequest `json:"request_customer_token,omitempty"`
	CustomerToken string        `json:"customer_token,omitempty"` // a handle that a result gave
	Present       *bool         `json:"present,omitempty"`        // the customer of the token is there; true unless said
}

// Line is one position of the basket. Total and Tax are in minor units; Total may be negative.
type Line struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total"`
	Tax      int64  `json:"tax,omitempty"`
	SKU      string `json:"sku,omitempty"`
}

// Cancel is a wish; the result decides.
type Cancel struct {
	ID string `json:"id"`
}

// Status asks for the last word about a payment: by its id, or the last one of the lane.
type Status struct {
	ID   string `json:"id,omitempty"`
	Last bool   `json:"last,omitempty"`
}

// Confirm acknowledges a result; OK false is the explicit no to an approval. OK is true unless said.
type Confirm struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
	OK      bool   `json:"ok"`
}

// Here answers Ask.
type Here struct {
	ID string `json:"id"`
}

// Refund asks to give back a payment, or Amount of it.
type Refund struct {
	ID       string `json:"id"`
	Of       string `json:"of"`
	Amount   int64  `json:"amount,omitempty"` // minor units; 0 is all that is left
	Currency string `json:"currency,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Forget erases a customer token that a result gave.
type Forget struct {
	CustomerToken string `json:"customer_token"`
}

// Totals asks for the sums since an instant, or closes the day. ID is the close's own: with it the same close again is
// answered with what it came to.
type Totals struct {
	ID    string `json:"id,omitempty"`
	Since string `json:"since,omitempty"`
	Close bool   `json:"close,omitempty"`
}

func (Hello) request()   {}
func (Ping) request()    {}
func (Pay) request()     {}
func (Cancel) request()  {}
func (Status) request()  {}
func (Confirm) request() {}
func (Here) request()    {}
func (Refund) request()  {}
func (Totals) request()  {}
func (Forget) request()  {}

// Type implements Message.
func (Hello) Type() string { return "hello" }

// Type implements Message.
func (Ping) Type() string { return "ping" }

// Type implements Message.
func (Pay) Type() string { return "pay" }

// Type implements Message.
func (Cancel) Type() string { return "cancel" }

// Type implements Message.
func (Status) Type() string { return "status" }

// Type implements Message.
func (Confirm) Type() string { return "confirm" }

// Type implements Message.
func (Here) Type() string { return "here" }

// Type implements Message.
func (Refund) Type() string { return "refund" }

// Type implements Message.
func (Totals) Type() string { return "totals" }

// Type implements Message.
func (Forget) Type() string { return "forget" }

func (r *reader) lines(name string) []Line {
	var all []Line
	for i, v := range r.array(name, maxBasket) {
		path := join(r.path, name) + "[" + strconv.Itoa(i) + "]"
		if v[0] != '{' {
			r.err = &SyntaxError{Code: CodeBadRequest, Path: path, Why: "expected an object"}
			return nil
		}
		in := reader{m: make(members, 8), path: path}
		w := walker{b: v}
		if in.err = w.object(1, in.m); in.err == nil {
			all = append(all, in.line())
		}
		if r.err = in.err; r.err != nil {
			return nil
		}
	}
	return all
}

func (r *reader) line() Line {
	r.must("name")
	r.must("quantity")
	r.must("total")
	return Line{
		Name:     r.text("name", maxText),
		Quantity: r.integer("quantity", 1, maxMinor, "a whole number"),
		Total:    r.integer("total", -maxMinor, maxMinor, minorUnits),
		Tax:      r.integer("tax", -maxMinor, maxMinor, minorUnits),
		SKU:      r.text("sku", maxText),
	}
}
