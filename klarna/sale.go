// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

// Sale is what one purchase adds to an Account. References are ours; Klarna gives them back.
type Sale struct {
	Amount   int64  // minor units, 1..2147483647, tax and discounts included
	Currency string // ISO 4217, upper case

	TransactionReference string // the same in the first call and in the finalize
	RequestReference     string
	PurchaseReference    string // receipt number, the one the customer sees; empty: TransactionReference

	Lines    []Line        // empty: one line for the whole amount
	Capture  CaptureMode   // empty: LATER
	Expiry   time.Duration // life of the request at Klarna, whole minutes, 15 min to 48 h; 0: 30 min
	Location Location
	Interact Interaction

	NetworkData   string        // klarna_network_data, handed on unchanged
	TokenRequest  *TokenRequest // asks for a customer token
	SessionToken  secret.Text   // handed on by an online partner
	CustomerToken secret.Text   // charges a stored customer token
	OptionID      string        // payment_option_id, handed on by an online partner
	// Absent means: the customer of the token is not there. Without step_up_config Klarna asks nobody, and
	// declines what it would have asked about (Klarna, On-demand charge with a customer token).
	Absent bool
}

// CaptureMode says when the authorized money is taken.
type CaptureMode string

// The capture modes of authorize (Klarna, Auto-capture).
const (
	CaptureLater CaptureMode = "LATER"
	CaptureNow   CaptureMode = "NOW"
)

// Interaction says how the customer reaches the purchase journey.
type Interaction struct {
	Method       string // MethodQRCode (also the zero value) or MethodHandover
	ReturnURL    string // HANDOVER only, and needed there
	AppReturnURL string // HANDOVER only
}

// The interaction methods that are sent.
const (
	MethodQRCode   = "QR_CODE"
	MethodHandover = "HANDOVER"
)

// TokenRequest asks for a customer token beside the payment.
type TokenRequest struct {
	Scopes    []string // e.g. payment:customer_present
	Reference string
}

// Limits of the request. Klarna, Data types; Custom Payment Request expiry.
const (
	maxAmount     = 2147483647
	maxReference  = 255
	maxNetData    = 10240
	maxOptionID   = 2048 // ours: Klarna calls it opaque and gives no length
	defaultExpiry = 30 * time.Minute
	minExpiry     = 15 * time.Minute
	maxExpiry     = 48 * time.Hour
	maxScopes     = 16
)

var errSale = errors.New("unusable sale")

func (s Sale) check(p Placement) error {
	if s.Amount < 1 || s.Amount > maxAmount {
		return fmt.Errorf("%w: amount %d is outside 1..%d minor units", errSale, s.Amount, maxAmount)
	}
	if !isCurrency(s.Currency) {
		return fmt.Errorf("%w: currency %.16q is not three capital letters", errSale, s.Currency)
	}
	if s.Capture != "" && s.Capture != CaptureLater && s.Capture != CaptureNow {
		return fmt.Errorf("%w: capture %.16q", errSale, string(s.Capture))
	}
	if s.Expiry != 0 && (s.Expiry < minExpiry || s.Expiry > maxExpiry || s.Expiry%time.Minute != 0) {
		return fmt.Errorf("%w: expiry %v is not whole minutes within %v..%v", errSale, s.Expiry, minExpiry, maxExpiry)
	}
	if len(s.NetworkData) > maxNetData || !utf8.ValidString(s.NetworkData) {
		return fmt.Errorf("%w: network data of %d bytes", errSale, len(s.NetworkData))
	}
	if s.OptionID != "" && !headerSafe(s.OptionID, maxOptionID) {
		return fmt.Errorf("%w: payment option id of %d characters", errSale, len(s.OptionID))
	}
	if s.Absent && (s.TokenRequest != nil || s.Interact != Interaction{}) {
		return fmt.Errorf("%w: a customer who is not there cannot be asked", errSale)
	}
	return errors.Join(s.checkReferences(), s.Location.check(p), s.Interact.check(), s.TokenRequest.check())
}

func (s Sale) checkReferences() error {
	var errs []error
	for _, r := range []struct{ name, text string }{
		{"transaction reference", s.TransactionReference},
		{"request reference", s.RequestReference},
		{"purchase reference", s.purchaseReference()},
	} {
		if !isReference(r.text) {
			errs = append(errs, fmt.Errorf("%w: %s %.64q is not 1..%d printable characters", errSale, r.name, r.text, maxReference))
		}
	}
	return errors.Join(errs...)
}

func (s Sale) purchaseReference() string {
	if s.PurchaseReference == "" {
		return s.TransactionReference
	}
	return s.PurchaseReference
}

func (s Sale) expiry() string {
	d := s.Expiry
	if d == 0 {
		d = defaultExpiry
	}
	return fmt.Sprintf("PT%dM", int(d/time.Minute))
}

func (i Interaction) check() error {
	switch i.Method {
	case "", MethodQRCode:
		if i.ReturnURL != "" || i.AppReturnURL != "" {
			return fmt.Errorf("%w: a QR code takes no return address", errSale)
		}
		return nil
	case MethodHandover:
		return i.checkHandOver()
	default:
		return fmt.Errorf("%w: interaction method %.32q", errSale, i.Method)
	}
}

func (t *TokenRequest) check() error {
	if t == nil {
		return nil
	}
	if len(t.Scopes) == 0 || len(t.Scopes) > maxScopes || !isReference(t.Reference) {
		return fmt.Errorf("%w: a customer token needs scopes and a reference", errSale)
	}
	for _, scope := range t.Scopes {
		if !headerSafe(scope, maxReference) {
			return fmt.Errorf("%w: customer token scope %.64q", errSale, scope)
		}
	}
	return nil
}

// isReference: Klarna, Identifiers and references: 1..255, no control characters.
func isReference(s string) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxReference {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}
