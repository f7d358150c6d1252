// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"slices"
	"time"

	"tillbridge/internal/secret"
)

// Handle is our own name of a stored customer token. It is opaque, and all that a till ever sees of one.
type Handle string

// Scope is what a customer allows with a token (Klarna, Tokenized payments).
type Scope string

// The scopes.
const (
	ScopePresent    Scope = "payment:customer_present"
	ScopeNotPresent Scope = "payment:customer_not_present"
	ScopeLogin      Scope = "customer:login"
)

// TokenRequest asks Klarna for a customer token beside the payment.
type TokenRequest struct {
	Scopes    []Scope `json:"scopes"`
	Reference string  `json:"-"` // the shop's name of the customer; it goes to Klarna, and into no record
}

// CustomerToken is a token as it is kept: sealed by the part that talks to Klarna, which alone can open
// it. It never enters a record; records name its handle.
type CustomerToken struct {
	Handle    Handle  `json:"handle"`
	Reference string  `json:"reference,omitempty"`
	Scopes    []Scope `json:"scopes,omitempty"`
	Sealed    []byte  `json:"sealed"`
}

// Allows reports whether the customer has agreed to be charged with the token, there or not.
func (t CustomerToken) Allows(absent bool) bool {
	if absent {
		return slices.Contains(t.Scopes, ScopeNotPresent)
	}
	return slices.Contains(t.Scopes, ScopePresent)
}

// Erasure is a stored token that is erased, and who wanted that. It stays when the token is gone.
type Erasure struct {
	Handle Handle    `json:"customer_token"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`     // a lane's till, this program, or a member of staff
	Reason string    `json:"reason"` // in the words of whoever wanted it
}

// Interaction is how the customer reaches Klarna.
type Interaction string

// The interactions. The zero value is a code on the lane's screen.
const (
	InteractionCode     Interaction = ""
	InteractionHandOver Interaction = "HANDOVER" // by an address that the till hands over
)

// Handed is what the shop's own app or checkout handed to the till for Klarna. It goes on byte for byte
// and never enters a record: it lives until the bytes of the authorize are made, and is erased with them.
type Handed struct {
	SessionToken secret.Text
	NetworkData  secret.Text
	OptionID     string
	ReturnURL    string // of a hand-over
	AppReturnURL string
}
