// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Event is a webhook that was signed with one of our keys. It is a hint to read the request, and it
// may be late, repeated or out of order; the session token in it is not used.
type Event struct {
	ID                   string // to recognize a repeat; never empty
	Type                 string // e.g. payment.request.state-change.completed
	OccurredAt           time.Time
	CorrelationID        string
	RequestID            string
	RequestReference     string
	TransactionID        string
	TransactionReference string
	State                string
}

// envelope is an Event with what decides whether it is ours.
type envelope struct {
	Event
	account string // subject_account_id; empty where missing
	live    *bool  // nil where missing
}

// parseEnvelope takes what it finds: only something that is no JSON object is an error.
func parseEnvelope(body []byte) (envelope, error) {
	o, err := parseObject(body)
	if err != nil {
		return envelope{}, fmt.Errorf("webhook: %w", err)
	}
	metadata, payload := o.object("metadata"), o.object("payload")
	e := envelope{
		Event: Event{
			ID:                   bounded(metadata.text("event_id")),
			Type:                 bounded(metadata.text("event_type")),
			OccurredAt:           metadata.time("occurred_at"),
			CorrelationID:        bounded(metadata.text("correlation_id")),
			RequestID:            bounded(payload.text("payment_request_id")),
			RequestReference:     bounded(payload.text("payment_request_reference")),
			TransactionID:        bounded(payload.text("payment_transaction_id")),
			TransactionReference: bounded(payload.text("payment_transaction_reference")),
			State:                bounded(payload.text("state")),
		},
		account: metadata.text("subject_account_id"),
	}
	if live, ok := metadata["live"].(bool); ok {
		e.live = &live
	}
	if e.ID == "" {
		sum := sha256.Sum256(body)
		e.ID = "sha256:" + hex.EncodeToString(sum[:])
	}
	return e, nil
}

// bounded drops a text that is no identifier of anybody's rather than cutting it into another one.
func bounded(s string) string {
	if len(s) > maxIdentifier || clean(s, maxIdentifier) != s {
		return ""
	}
	return s
}

// concerns: the event types that a till can act upon; the rest is acknowledged and forgotten.
func (e envelope) concerns() bool {
	return strings.HasPrefix(e.Type, "payment.request.") || strings.HasPrefix(e.Type, "payment.transaction.")
}
