// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"strings"
	"time"
)

// envelope is a webhook event (Klarna, Webhooks, version v2).
type envelope struct {
	Metadata metadata `json:"metadata"`
	Payload  any      `json:"payload"`
}

type metadata struct {
	Type      string    `json:"event_type"`
	ID        string    `json:"event_id"`
	Version   string    `json:"event_version"`
	At        time.Time `json:"occurred_at"`
	Correlate string    `json:"correlation_id"`
	Subject   string    `json:"subject_account_id"`
	Recipient string    `json:"recipient_account_id"`
	Product   string    `json:"product_instance_id"`
	Webhook   string    `json:"webhook_id"`
	Live      bool      `json:"live"`
}

type requestPayload struct {
	ID           string        `json:"payment_request_id"`
	Reference    string        `json:"payment_request_reference,omitempty"`
	State        State         `json:"state"`
	Previous     State         `json:"previous_state,omitempty"`
	Reason       string        `json:"state_reason,omitempty"`
	Token        string        `json:"klarna_network_session_token,omitempty"`
	PaymentToken string        `json:"payment_token,omitempty"`
	Context      *tokenContext `json:"state_context,omitempty"`
	Customer     *wireCustomer `json:"klarna_customer,omitempty"`
}

type tokenContext struct {
	Token        string `json:"klarna_network_session_token,omitempty"`
	PaymentToken string `json:"payment_token,omitempty"`
}

type transactionPayload struct {
	ID               string           `json:"payment_transaction_id"`
	Reference        string           `json:"payment_transaction_reference,omitempty"`
	Amount           int64            `json:"amount"`
	Currency         string           `json:"currency"`
	State            TransactionState `json:"state"`
	CaptureID        string           `json:"payment_capture_id,omitempty"`
	CaptureReference string           `json:"payment_capture_reference,omitempty"`
}

const product = "krn:partner:product:payment:5a4d0000-0000-4000-8000-000000000001"

// emitRequest tells the webhooks about a payment request.
func (w *World) emitRequest(r *request, event string) {
	if len(w.hooks) == 0 {
		return
	}
	p := requestPayload{ID: r.ID, Reference: r.Reference, State: r.State, Previous: r.Previous, Reason: r.Reason}
	if r.State == StateCompleted && w.policy.Webhooks != TwistNoToken {
		p.Customer = customerOf(r.Customer)
		names := w.tokenNames(r.Token)
		if w.policy.TokenAtRoot {
			p.Context = &names
		} else {
			p.Token, p.PaymentToken = names.Token, names.PaymentToken
		}
	}
	w.emit(r.Account, event, p)
}

// tokenNames puts a session token under the name of the generation that Policy asks for.
func (w *World) tokenNames(token string) tokenContext {
	if w.policy.InteropNames {
		return tokenContext{PaymentToken: token}
	}
	return tokenContext{Token: token}
}

// emitTransaction tells the webhooks about a transaction, and about one capture of it if that is the news.
func (w *World) emitTransaction(t *transaction, event string, c *Capture) {
	if len(w.hooks) == 0 {
		return
	}
	p := transactionPayload{ID: t.ID, Reference: t.Reference, Amount: t.Amount, Currency: t.Currency, State: t.State}
	if c != nil {
		p.CaptureID, p.CaptureReference = c.ID, c.Reference
	}
	w.emit(t.Account, event, p)
}

// emit plans the delivery of one event to every webhook that asked for it.
func (w *World) emit(account, event string, payload any) {
	for _, h := range w.hooks {
		if h.enabled() && h.wants(event) {
			w.post(h, account, event, payload)
		}
	}
}

// wants reports whether the webhook asked for an event type, by name or by a prefix that ends in *.
func (h *Webhook) wants(event string) bool {
	for _, pattern := range h.EventTypes {
		prefix, wild := strings.CutSuffix(pattern, "*")
		if pattern == event || wild && strings.HasPrefix(event, prefix) {
			return true
		}
	}
	return false
}

func (w *World) body(h *Webhook, account, event string, payload any) []byte {
	if account == "" {
		account = w.account
	}
	if w.policy.Webhooks == TwistForeign {
		account = "krn:partner:global:account:test:SOMEBODY"
	}
	b, err := json.Marshal(envelope{
		Metadata: metadata{
			Type: event, ID: w.uuid(), Version: "v2", At: w.now, Correlate: w.uuid(), Subject: account, Recipient: account,
			Product: product, Webhook: h.ID, Live: w.policy.Webhooks == TwistLive,
		},
		Payload: payload,
	})
	if err != nil {
		panic("sandbox: event cannot be encoded: " + err.Error())
	}
	return b
}
