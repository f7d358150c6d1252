// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxSeen is how many sightings are kept.
const maxSeen = 1000

// Sighting is what the sandbox noticed about one call of Klarna's API. It holds no secret and,
// of the body, only what a receipt would tell.
type Sighting struct {
	At             time.Time `json:"at"`
	Method         string    `json:"method"`
	Path           string    `json:"path"`
	Route          Route     `json:"route"` // empty if the call never reached the world
	Account        string    `json:"account"`
	Auth           string    `json:"auth"`    // as_is, base64, user_pass_base64, user_pass_as_is; empty if refused
	Dialect        string    `json:"dialect"` // network, interop, mixed, or empty if nothing told
	IdempotencyKey string    `json:"idempotency_key"`
	CorrelationID  string    `json:"partner_correlation_id"`
	Integration    string    `json:"integration_metadata"`
	StoreID        string    `json:"store_id"`
	StoreReference string    `json:"store_reference"`
	Terminal       string    `json:"terminal_reference"`
	Placement      string    `json:"location_placement"` // step_up_config, top_level, or empty
	Reference      string    `json:"payment_transaction_reference"`
	Capture        string    `json:"capture"`     // NOW or LATER on authorize
	Interaction    string    `json:"interaction"` // QR_CODE, HANDOVER, SDK; empty if nobody may be asked
	OptionID       string    `json:"payment_option_id"`
	// Lines is the basket; it is empty where none came.
	Lines []SeenLine `json:"line_items"`
	// What must not be shown, as SHA-256 in hexadecimal digits; empty where nothing came.
	SessionToken  string   `json:"session_token_sha256"`
	NetworkData   string   `json:"network_data_sha256"`
	CustomerToken string   `json:"customer_token_sha256"`
	Warnings      []string `json:"warnings"`
	Status        int      `json:"status"` // 0 if no answer was sent
}

// SeenLine is one line of a basket.
type SeenLine struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total_amount"` // minor units
}

// sight starts the sighting of a call.
func sight(r *http.Request) Sighting {
	got := Sighting{
		Method: r.Method, Path: r.URL.Path, Account: r.PathValue("account"),
		Dialect: dialect(r.Header, object{}), IdempotencyKey: r.Header.Get("Klarna-Idempotency-Key"),
		CorrelationID: r.Header.Get("Partner-Correlation-Id"),
		Integration:   r.Header.Get("Klarna-Integration-Metadata"), Lines: []SeenLine{}, Warnings: []string{},
	}
	if token := r.PathValue("token"); token != "" {
		got.Path = strings.ReplaceAll(got.Path, token, "REDACTED")
	}
	if r.Method == http.MethodPost && got.IdempotencyKey == "" {
		got.Warnings = append(got.Warnings, "no Klarna-Idempotency-Key")
	}
	return got
}

// describe adds what the call was about.
func (g *Sighting) describe(c Call) {
	var p Purchase
	switch c := c.(type) {
	case Authorize:
		p = c.Purchase
		g.SessionToken = fingerprintOf(cmp.Or(c.NetworkToken, c.PaymentToken, c.InteropToken))
		g.CustomerToken = fingerprintOf(c.CustomerToken)
	case Create:
		p = c.Purchase
	case Read, Update, Cancel, ReadTransaction, UpdateTransaction, Take, GiveBack, Void, OrderRead, OrderTake, OrderGiveBack,
		OrderCancel, OrderRelease:
		return
	}
	g.Reference, g.Capture = p.Reference, "LATER"
	g.OptionID, g.NetworkData = p.OptionID, fingerprintOf(p.NetworkData)
	for _, l := range p.Lines {
		g.Lines = append(g.Lines, SeenLine{l.Name, l.Quantity, l.TotalAmount})
	}
	if p.CaptureNow {
		g.Capture = "NOW"
	}
	if p.Amount != 0 && p.Lines == nil {
		g.Warnings = append(g.Warnings, "no supplementary_purchase_data.line_items")
	}
	if p.StepUp == nil {
		return
	}
	g.Interaction = p.StepUp.Method
	l := p.StepUp.Location
	g.StoreID, g.StoreReference, g.Terminal, g.Placement = l.StoreID, l.StoreReference, l.Terminal, l.Placement
	if l.NewStore != "" {
		g.StoreReference = l.NewStore
		g.Warnings = append(g.Warnings, "a store was onboarded by a sale")
	}
}

// fingerprintOf shows that two secrets are the same without showing either.
func fingerprintOf(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// keep adds a sighting that is complete.
func (s *Server) keep(g Sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.At = s.nowLocked()
	if len(s.seen) == maxSeen {
		s.seen = slices.Delete(s.seen, 0, 1)
	}
	s.seen = append(s.seen, g)
}

// dialect is the generation of names that a call uses, in its headers or in its body.
func dialect(h http.Header, o object) string {
	network := h.Get("Klarna-Network-Session-Token") != "" || o.has("klarna_network_data")
	interop := h.Get("Klarna-Payment-Token") != "" || h.Get("Klarna-Interoperability-Token") != "" ||
		o.has("interoperability_data")
	switch {
	case network && interop:
		return "mixed"
	case network:
		return "network"
	case interop:
		return "interop"
	}
	return ""
}
