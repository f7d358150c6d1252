// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"fmt"
	"net/url"

	"tillbridge/internal/secret"
)

// Dialect is the generation of names used when sending. On receipt every generation's names count.
type Dialect string

// The two generations of header and field names.
const (
	DialectNetwork Dialect = "network" // Klarna-Network-Session-Token, klarna_network_data; also the zero value
	DialectInterop Dialect = "interop" // Klarna-Interoperability-Token, Klarna-Payment-Token, interoperability_data
)

func (d Dialect) sessionHeader(op Op) string {
	switch {
	case d != DialectInterop:
		return "Klarna-Network-Session-Token"
	case op == OpFinalize:
		return "Klarna-Payment-Token"
	default:
		return "Klarna-Interoperability-Token"
	}
}

// Account prepares calls: it knows the account they are made for and the form they take, and nothing
// that changes from one sale to the next. Its methods are pure.
type Account struct {
	ID          string // krn:partner:global:account:…; empty means a direct partner, whose paths name no account
	Dialect     Dialect
	Placement   Placement
	ForceStepUp bool // sends mode REQUIRED, which Klarna marks as a future release
}

// Relative paths. Klarna publishes the first three; the names below a transaction are not in any
// published page and are kept here, in one place, until a call against the test host has settled them.
const (
	pathAuthorize       = "/payment/authorize"
	pathRequest         = "/payment/requests/%s"
	pathTransaction     = "/payment/transactions/%s"
	pathCaptures        = "/payment/transactions/%s/captures"            // unpublished
	pathRefundOfCapture = "/payment/transactions/%s/captures/%s/refunds" // unpublished
	pathRefunds         = "/payment/transactions/%s/refunds"             // unpublished
	pathVoid            = "/payment/transactions/%s/void"                // unpublished

	// Order Management v1, on a regional host (Klarna, Manage orders with the API).
	pathOrder         = "/ordermanagement/v1/orders/%s"
	pathOrderCaptures = "/ordermanagement/v1/orders/%s/captures"
	pathOrderRefunds  = "/ordermanagement/v1/orders/%s/refunds"
	pathOrderCancel   = "/ordermanagement/v1/orders/%s/cancel"
	pathOrderRelease  = "/ordermanagement/v1/orders/%s/release-remaining-authorization"

	pathWebhooks    = "/v2/notification/webhooks"
	pathSigningKeys = "/v2/notification/signing-keys"
)

const (
	maxIdentifier = 512
	maxPath       = 2048
)

// path fills form with identifiers that came from Klarna and are therefore not trusted to be harmless.
func (a Account) path(form string, ids ...string) (string, error) {
	prefix := "/v2"
	if a.ID != "" {
		if !pathSafe(a.ID) {
			return "", fmt.Errorf("account id %.64q cannot stand in a path", a.ID)
		}
		prefix += "/accounts/" + url.PathEscape(a.ID)
	}
	escaped := make([]any, len(ids))
	for i, id := range ids {
		if !pathSafe(id) {
			return "", fmt.Errorf("identifier %.64q cannot stand in a path", id)
		}
		escaped[i] = url.PathEscape(id)
	}
	return prefix + fmt.Sprintf(form, escaped...), nil
}

func pathSafe(id string) bool {
	return headerSafe(id, maxIdentifier) && id != "." && id != ".."
}

// Authorize prepares the first call of a sale.
func (a Account) Authorize(key string, s Sale) (Write, error) {
	if err := s.check(a.Placement); err != nil {
		return Write{}, fmt.Errorf("prepare authorize: %w", err)
	}
	body, err := a.authorizeBody(s)
	if err != nil {
		return Write{}, fmt.Errorf("prepare authorize: %w", err)
	}
	w := Write{Op: OpAuthorize, Key: key, Body: body, SessionToken: s.SessionToken, CustomerToken: s.CustomerToken}
	return a.at(w, pathAuthorize)
}

// Finalize prepares the call that commits a sale whose request the customer completed. first is the
// stored body of the first call: everything in it but step_up_config is sent again as it was, because
// a different amount, reference or basket is answered with a decline.
func (a Account) Finalize(key string, first []byte, token secret.Text) (Write, error) {
	body, err := withoutMember(first, "step_up_config")
	if err != nil {
		return Write{}, fmt.Errorf("prepare finalize: %w", err)
	}
	return a.at(Write{Op: OpFinalize, Key: key, Body: body, SessionToken: token}, pathAuthorize)
}

// Capture prepares the capture of amount, in minor units, of an authorized transaction.
func (a Account) Capture(key, transaction string, amount int64, reference string) (Write, error) {
	body, err := operationBody(amount, reference, captureBody{amount, reference})
	if err != nil {
		return Write{}, fmt.Errorf("prepare capture of %.64q: %w", transaction, err)
	}
	return a.at(Write{Op: OpCapture, Key: key, Body: body}, pathCaptures, transaction)
}

// Void prepares the release of an authorized transaction of which nothing was captured.
func (a Account) Void(key, transaction string) (Write, error) {
	return a.at(Write{Op: OpVoid, Key: key, Body: []byte("{}")}, pathVoid, transaction)
}

// Refund prepares giving back amount, in minor units, of a captured transaction. With a capture's
// identifier it needs no line items; without one it goes to the transaction as a whole, and Klarna wants
// line items to find the capture by (Klarna, Refund payment transactions and allocation): one for all of it.
func (a Account) Refund(key, transaction, capture string, amount int64, reference string) (Write, error) {
	content := refundBody{Amount: amount, Reference: reference}
	if capture == "" {
		content.Lines = []lineBody{{Name: "Refund", Quantity: 1, UnitPrice: amount, Total: amount, Reference: "1"}}
	}
	body, err := operationBody(amount, reference, content)
	if err != nil {
		return Write{}, fmt.Errorf("prepare refund of %.64q: %w", transaction, err)
	}
	w := Write{Op: OpRefund, Key: key, Body: body}
	if capture == "" {
		return a.at(w, pathRefunds, transaction)
	}
	return a.at(w, pathRefundOfCapture, transaction, capture)
}

// at completes w with its path and checks the whole.
func (a Account) at(w Write, form string, ids ...string) (Write, error) {
	path, err := a.path(form, ids...)
	if err != nil {
		return Write{}, fmt.Errorf("prepare %s: %w", w.Op, err)
	}
	w.Path = path
	if err := w.check(); err != nil {
		return Write{}, fmt.Errorf("prepare %s: %w", w.Op, err)
	}
	return w, nil
}
