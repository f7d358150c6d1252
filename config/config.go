// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"time"

	"tillbridge/internal/secret"
)

// Config is everything that the daemon was told, checked. Paths are absolute, or relative to the
// working directory if the config file's own path was.
type Config struct {
	Version     int    // of the file's format; 1
	DataDir     string // journal, keys, control socket
	HTTP        HTTP
	Klarna      Klarna
	Store       Store
	Deadlines   Deadlines
	Undelivered Undelivered
	Retention   time.Duration // how long finished payments stay in the journal
	MaxAmount   Decimal       // largest amount of one sale, in the lane's currency
	Receipts    Receipts
	DayEnd      DayEnd
	Settlement  Settlement
	Lanes       []Lane // 1 to 128, ids differ
}

// HTTP is the daemon's own listener: displays, and the HTTP form of every lane.
type HTTP struct {
	Listen         string   // host:port
	Hosts          []string // further names accepted in the Host header, with or without a port
	AllowedOrigins []string // further origins accepted beside ours: scheme://host[:port]
	TLSCertFile    string   // with TLSKeyFile, or both empty
	TLSKeyFile     string
	// AllowPlainLAN lets other machines reach displays, ZVT lanes, webhook and sandbox without
	// TLS. Without TLS the native protocol and the lanes' HTTP routes stay with loopback.
	AllowPlainLAN bool
}

// TLS reports whether the listener speaks TLS.
func (h HTTP) TLS() bool { return h.TLSCertFile != "" }

// Klarna is how Klarna is reached.
type Klarna struct {
	Environment       Environment
	SandboxListen     string      // host:port of the simulator; used in Sandbox only
	BaseURL           *url.URL    // never nil after Load; for Sandbox it is SandboxListen
	AccountID         string      // krn:…, or empty for the direct partner paths
	APIKeyFile        string      // empty in Sandbox only
	APIKey            secret.Text // content of APIKeyFile
	AuthEncoding      AuthEncoding
	Dialect           Dialect
	LocationPlacement LocationPlacement
	ForceStepUp       bool
	ClientCertFile    string // mTLS, with ClientKeyFile, or both empty
	ClientKeyFile     string
	Proxy             *url.URL // nil: none
	Capture           Capture
	OrderManagement   OrderManagement // not OrdersOff only where AccountID is empty
	Webhook           Webhook
}

// ManagesOrders reports whether Order Management takes what comes after a sale.
func (k Klarna) ManagesOrders() bool {
	return k.OrderManagement != "" && k.OrderManagement != OrdersOff
}

// Webhook is the listener for Klarna's notifications. It is off without SigningKeysFile.
type Webhook struct {
	Listen          string // host:port
	SigningKeysFile string // see ReadSigningKeys; it need not exist yet, its folder must
}

// Store names the shop at Klarna; exactly one field is set.
type Store struct {
	Reference string // our name of an onboarded store
	ID        string // Klarna's id of it
}

// Deadlines bound a sale. All of them end before Klarna's own 30 minutes.
type Deadlines struct {
	Waiting   time.Duration // from the request until the customer has scanned
	Scanned   time.Duration // from the request until the customer has accepted; not below Waiting
	TillGrace time.Duration // how long an accepted sale waits for an absent till
}

// Undelivered says when a result that no till acknowledged is shown to staff.
type Undelivered struct {
	After time.Duration
}

// Lane is one till, one terminal and its displays.
type Lane struct {
	ID                string // [a-z0-9-], 1 to 32 characters
	TerminalReference string // the terminal's name at Klarna
	Currency          string // ISO 4217, three capital letters
	Till              Till
	Display           Display
}

// Till is the till's side of a lane.
type Till struct {
	Protocol Protocol
	// Listen is zero for a lane that is reached over HTTP alone. A native lane whose address is not
	// Local speaks TLS with HTTP's certificate and has a Token.
	Listen    Address
	Ack       Ack
	TokenFile string
	Token     secret.Text // content of TokenFile; empty: none needed
	ZVT       ZVT         // defaults where Protocol is ProtocolZVT, else zero
}

// ZVT is what only the ZVT protocol knows.
type ZVT struct {
	TerminalID            string        // 8 digits
	Password              secret.Text   // 6 digits; empty accepts every password
	CardType              int           // ZVT card type 0 to 255; 120 is Klarna
	ReceiptLanguage       string        // two letters
	DeadlineWithoutStatus time.Duration // for tills that asked for no status messages
	Repeat                Repeat
}

// Display is the customer's screen of a lane.
type Display struct {
	Required   bool     // refuse a sale while no display is connected
	MayCancel  bool     // the customer is offered a way to cancel
	Languages  []string // two letters each; the first is the default
	DistanceMM int      // from the customer's phone to the screen, in millimetres
	Name       string   // shop's name on the idle screen
	LogoFile   string
	Sound      Sound
	Volume     int   // of the sounds, 0 to 100
	Dark       Hours // when a screen at rest is dark
	Colours    Colours
}

// Colours of the screen as #rrggbb; empty is the page's own. The QR code is always black on white.
type Colours struct {
	Background, Text, Accent string
}
