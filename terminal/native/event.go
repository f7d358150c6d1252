// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/json"
	"time"
)

// Forms of a code in display.
const (
	FormText   = "text"
	FormSVG    = "svg"
	FormPNG    = "png"    // standard base64
	FormESCPOS = "escpos" // standard base64 of what a receipt printer takes
)

// Event is what a till hears. The set is closed. Instants are RFC 3339 in UTC.
//
//sumtype:decl
type Event interface {
	Message
	event()
}

// Welcome answers hello; on the wire it is a hello, too.
type Welcome struct {
	V          int64    `json:"v"`
	Terminal   string   `json:"terminal"`
	Software   string   `json:"software"`
	Currencies []string `json:"currencies"`
	Limits     Limits   `json:"limits"`
	Mode       string   `json:"mode"` // test or live
	State      string   `json:"state"`
	Open       *string  `json:"open"` // the running payment, or null
}

// Limits are the bounds of pay.
type Limits struct {
	MinAmount  int64 `json:"min_amount"` // minor units, as MaxAmount
	MaxAmount  int64 `json:"max_amount"`
	MinTimeout int64 `json:"min_timeout_s"` // seconds, as MaxTimeout
	MaxTimeout int64 `json:"max_timeout_s"`
	MaxLine    int64 `json:"max_line"` // bytes
}

// LimitsUpTo gives the bounds of this codec, with a smaller largest amount if most is positive.
func LimitsUpTo(most int64) Limits {
	if most <= 0 || most > maxMinor {
		most = maxMinor
	}
	return Limits{MinAmount: 1, MaxAmount: most, MinTimeout: minTimeout, MaxTimeout: maxTimeout, MaxLine: MaxLine}
}

// Pong answers ping.
type Pong struct {
	N     int64     `json:"n"`
	Time  time.Time `json:"time"`
	State string    `json:"state"` // ready, busy or offline
}

// Accepted means that the payment is on disk.
type Accepted struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Display carries the code for a till with a screen or printer of its own.
type Display struct {
	ID        string    `json:"id"`
	QR        string    `json:"qr"`
	SVG       string    `json:"svg,omitempty"`
	PNG       string    `json:"png,omitempty"`
	ESCPOS    string    `json:"escpos,omitempty"`
	ShortCode string    `json:"short_code,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	NoDisplay bool      `json:"no_display,omitempty"` // no customer screen is connected
	HandOver
}

// HandOver is what a till passes on to its customer, or to the page that its customer uses.
type HandOver struct {
	RequestID   string `json:"payment_request_id,omitempty"`
	RequestURL  string `json:"payment_request_url,omitempty"`
	RequestData string `json:"payment_request_data,omitempty"`
}

// Brought is what came with Klarna's word besides it.
type Brought struct {
	CustomerToken string `json:"customer_token,omitempty"`               // our handle of the token that was asked for
	ResponseData  string `json:"klarna_network_response_data,omitempty"` // for the shop's own app, unchanged
}

// Progress is news on the way.
type Progress struct {
	ID        string    `json:"id"`
	Phase     string    `json:"phase"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Text      string    `json:"text,omitempty"`
}

// Ask wants Here back.
type Ask struct {
	ID string `json:"id"`
}

// Cancelling answers cancel.
type Cancelling struct {
	ID string `json:"id"`
}

// Result is the one result of a payment.
type Result struct {
	ID        string    `json:"id"`
	Outcome   string    `json:"outcome"`
	Code      string    `json:"code,omitempty"` // the reason, for programs
	Text      string    `json:"text,omitempty"` // the reason, for people
	Amount    int64     `json:"amount,omitempty"`
	Currency  string    `json:"currency,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Receipt   []string  `json:"receipt,omitempty"`          // the customer's copy
	Merchant  []string  `json:"merchant_receipt,omitempty"` // the shop's copy
	At        time.Time `json:"at,omitzero"`
	By        string    `json:"by,omitempty"` // till, customer, timeout or terminal
	GivenBack bool      `json:"given_back,omitempty"`
	Replay    bool      `json:"replay,omitempty"`
	Brought
}

// Update is the one later correction of a result.
type Update struct {
	ID        string    `json:"id"`
	Outcome   string    `json:"outcome"`
	Code      string    `json:"code,omitempty"`
	Text      string    `json:"text,omitempty"`
	Receipt   []string  `json:"receipt,omitempty"` // as in Result
	Merchant  []string  `json:"merchant_receipt,omitempty"`
	At        time.Time `json:"at,omitzero"`
	GivenBack bool      `json:"given_back,omitempty"`
	Replay    bool      `json:"replay,omitempty"`
	Brought
}

// State answers status: the members of the last word, which has an outcome if it is a result or an
// update and a phase if the payment still runs.
type State struct {
	ID        string    `json:"id"`
	Phase     string    `json:"phase,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Outcome   string    `json:"outcome,omitempty"`
	Code      string    `json:"code,omitempty"`
	Text      string    `json:"text,omitempty"`
	Amount    int64     `json:"amount,omitempty"`
	Currency  string    `json:"currency,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Receipt   []string  `json:"receipt,omitempty"`
	Merchant  []string  `json:"merchant_receipt,omitempty"`
	At        time.Time `json:"at,omitzero"`
	By        string    `json:"by,omitempty"`
	GivenBack bool      `json:"given_back,omitempty"`
	Replay    bool      `json:"replay,omitempty"`
	Brought
	HandOver
}

// Confirmed means that the acknowledgement is on disk.
type Confirmed struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
	OK      bool   `json:"ok"`
}

// Error answers a request that was not taken.
type Error struct {
	ID           string `json:"id,omitempty"`
	Code         Code   `json:"code"`
	Text         string `json:"text,omitempty"`
	BusyID       string `json:"busy_id,omitempty"`
	BusyAmount   int64  `json:"busy_amount,omitempty"` // minor units
	BusyCurrency string `json:"busy_currency,omitempty"`
	BusyAge      int64  `json:"busy_age_s,omitempty"` // seconds
}

// Refunded is how a refund stands: the answer to refund, and again when that changes.
type Refunded struct {
	ID        string    `json:"id"`
	Of        string    `json:"of"`
	Outcome   string    `json:"outcome"`          // running, done, refused or unknown
	Code      string    `json:"code,omitempty"`   // the reason, for programs
	Text      string    `json:"text,omitempty"`   // the reason, for people
	Amount    int64     `json:"amount,omitempty"` // minor units
	Currency  string    `json:"currency,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Receipt   []string  `json:"receipt,omitempty"`          // the customer's copy
	Merchant  []string  `json:"merchant_receipt,omitempty"` // the shop's copy
	At        time.Time `json:"at,omitzero"`
	Replay    bool      `json:"replay,omitempty"`
}

// Sums answers totals: what a lane took in a period. Reversals are sales that were given back whole.
type Sums struct {
	ID        string    `json:"id,omitempty"` // of the close, where it has one
	Period    int64     `json:"period"`       // counts closes, from 1
	From      time.Time `json:"from,omitzero"`
	At        time.Time `json:"at"`
	Closed    bool      `json:"closed,omitempty"`
	Currency  string    `json:"currency"`
	Sales     Sum       `json:"sales"`
	Refunds   Sum       `json:"refunds"`
	Reversals Sum       `json:"reversals"`
	Net       int64     `json:"net"`                        // minor units: sales less refunds and reversals
	Merchant  []string  `json:"merchant_receipt,omitempty"` // of a close, for the shop
	Replay    bool      `json:"replay,omitempty"`
}

// Sum is a number of movements and their amount in minor units.
type Sum struct {
	Count  int64 `json:"count"`
	Amount int64 `json:"amount"`
}

// Notice is a change outside a payment.
type Notice struct {
	State string `json:"state"` // ready, busy, offline or closing
	Text  string `json:"text,omitempty"`
}

// Forgotten means that the token is not there any more, whether or not it ever was.
type Forgotten struct {
	CustomerToken string `json:"customer_token"`
}

// Alive is the heartbeat that a till asked for in hello.
type Alive struct{}

func (Welcome) event()    {}
func (Pong) event()       {}
func (Accepted) event()   {}
func (Display) event()    {}
func (Progress) event()   {}
func (Ask) event()        {}
func (Cancelling) event() {}
func (Result) event()     {}
func (Update) event()     {}
func (State) event()      {}
func (Confirmed) event()  {}
func (Error) event()      {}
func (Notice) event()     {}
func (Alive) event()      {}
func (Forgotten) event()  {}
func (Refunded) event()   {}
func (Sums) event()       {}

// Type implements Message.
func (Welcome) Type() string { return "hello" }

// Type implements Message.
func (Pong) Type() string { return "pong" }

// Type implements Message.
func (Accepted) Type() string { return "accepted" }

// Type implements Message.
func (Display) Type() string { return "display" }

// Type implements Message.
func (Progress) Type() string { return "progress" }

// Type implements Message.
func (Ask) Type() string { return "ask" }

// Type implements Message.
func (Cancelling) Type() string { return "cancelling" }

// Type implements Message.
func (Result) Type() string { return "result" }

// Type implements Message.
func (Update) Type() string { return "update" }

// Type implements Message.
func (State) Type() string { return "state" }

// Type implements Message.
func (Confirmed) Type() string { return "confirmed" }

// Type implements Message.
func (Error) Type() string { return "error" }

// Type implements Message.
func (Notice) Type() string { return "notice" }

// Type implements Message.
func (Alive) Type() string { return "alive" }

// Type implements Message.
func (Forgotten) Type() string { return "forgotten" }

// Type implements Message.
func (Refunded) Type() string { return "refund" }

// Type implements Message.
func (Sums) Type() string { return "totals" }

// Append appends m as one object, without line end. Text that is not UTF-8 is repaired; a raw member
// that is not JSON makes the message null, which every reader refuses.
func Append(dst []byte, m Message) []byte {
	fields, err := json.Marshal(m)
	if err != nil {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, m.Type()...)
	dst = append(dst, '"')
	if len(fields) > len("{}") {
		dst = append(dst, ',')
	}
	return append(dst, fields[1:]...)
}
