// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "time"

// Route names a kind of call, for counters, faults and the list of requests seen.
type Route string

// The routes. Authorize is the call without a usable session token, finalize the one with it.
const (
	RouteAuthorize         Route = "authorize"
	RouteFinalize          Route = "finalize"
	RouteRead              Route = "read"
	RouteCancel            Route = "cancel"
	RouteCapture           Route = "capture"
	RouteRefund            Route = "refund"
	RouteVoid              Route = "void"
	RouteWebhook           Route = "webhook" // a delivery by us, the one route that runs the other way
	RouteCreate            Route = "create"
	RouteUpdate            Route = "update"
	RouteReadTransaction   Route = "read_transaction"
	RouteUpdateTransaction Route = "update_transaction"
)

// Request is one call of the API, with everything HTTP already taken off.
type Request struct {
	Account string // partner account of the path; empty for direct partners
	Key     string // idempotency key; empty if none was sent
	// Hash stands for the bytes of the body: two calls with one key must have equal hashes.
	Hash [32]byte
	Call Call
}

// Call is what a request asks for. The set is closed.
//
//sumtype:decl
type Call interface {
	isCall()
}

// Authorize is authorizePayment, both the first call and the one that finalizes.
type Authorize struct {
	Purchase

	// The three headers that can carry a session token. NetworkToken finalizes if it was issued by a
	// completed payment request and is context of a first call otherwise. PaymentToken always means
	// to finalize. InteropToken never does.
	NetworkToken, PaymentToken, InteropToken string
	// CustomerToken charges a stored token.
	CustomerToken string
}

// Create is createPaymentRequest.
type Create struct{ Purchase }

// Read is readPaymentRequest.
type Read struct{ ID string }

// Update is updatePaymentRequest. Only the expiry can change.
type Update struct {
	ID     string
	Expiry Expiry
}

// Cancel is cancelPaymentRequest.
type Cancel struct{ ID string }

// ReadTransaction is readPaymentTransaction.
type ReadTransaction struct{ ID string }

// UpdateTransaction is updatePaymentTransaction. Only the reference can change.
type UpdateTransaction struct{ ID, Reference string }

// Take is capturePaymentTransaction.
type Take struct {
	ID        string
	Amount    int64
	Reference string
}

// GiveBack is refundPaymentTransaction, or refundPaymentCapture if Capture is set.
type GiveBack struct {
	ID, Capture string
	Amount      int64
	Reference   string
}

// Void is voidPaymentTransaction.
type Void struct{ ID string }

// OrderRead is getOrder of Order Management v1, by the UUID in a transaction's identifier.
type OrderRead struct{ Order string }

// OrderTake is captureOrder.
type OrderTake struct {
	Order     string
	Amount    int64
	Reference string
}

// OrderGiveBack is refundOrder.
type OrderGiveBack struct {
	Order     string
	Amount    int64
	Reference string
}

// OrderCancel is cancelOrder.
type OrderCancel struct{ Order string }

// OrderRelease is releaseRemainingAuthorization.
type OrderRelease struct{ Order string }

func (Authorize) isCall()         {}
func (Create) isCall()            {}
func (Read) isCall()              {}
func (Update) isCall()            {}
func (Cancel) isCall()            {}
func (ReadTransaction) isCall()   {}
func (UpdateTransaction) isCall() {}
func (Take) isCall()              {}
func (GiveBack) isCall()          {}
func (Void) isCall()              {}
func (OrderRead) isCall()         {}
func (OrderTake) isCall()         {}
func (OrderGiveBack) isCall()     {}
func (OrderCancel) isCall()       {}
func (OrderRelease) isCall()      {}

// Purchase is what is bought and how the customer may be asked.
type Purchase struct {
	Currency string
	// Amount is in minor units; 0 asks for a customer token alone.
	Amount            int64
	Reference         string // payment_transaction_reference
	CaptureNow        bool
	PurchaseReference string
	OptionID          string // payment_option_id
	Lines             []Line
	NetworkData       string // passed through by partners, compared byte for byte
	StepUp            *StepUp
	Token             *TokenAsk
}

// Line is one line of the basket; all amounts are in minor units and may be negative for discounts.
type Line struct {
	Name        string
	Quantity    int64
	UnitPrice   int64
	TotalAmount int64
	TotalTax    int64
	Product     string
	Reference   string
}

// StepUp says how the customer may be asked.
type StepUp struct {
	Reference string // payment_request_reference
	Method    string // MethodQR, MethodHandover or MethodSDK
	ReturnURL string

	AppReturnURL string
	Required     bool // mode REQUIRED: no approval without the customer
	Expiry       Expiry
	Location     Location
}

// The ways to reach the customer.
const (
	MethodQR       = "QR_CODE"
	MethodHandover = "HANDOVER"
	MethodSDK      = "SDK"
)

// Expiry is when a payment request ends: after a time, or at one. Zero is Klarna's default of 3 hours.
type Expiry struct {
	After time.Duration
	At    time.Time
}

// Location is where the purchase happens. Exactly one of StoreID, StoreReference and NewStore is wanted.
type Location struct {
	Placement      string // where it stood: "step_up_config", "top_level", or "" for nowhere
	StoreID        string
	StoreReference string
	NewStore       string // reference of a store that is onboarded by this very call
	Terminal       string
}

// TokenAsk asks for a customer token.
type TokenAsk struct {
	Scopes    []string
	Reference string
}

// writes reports whether the route takes an idempotency key: every POST and PATCH does.
func (r Route) writes() bool {
	return r != RouteRead && r != RouteReadTransaction && r != RouteCancel
}
