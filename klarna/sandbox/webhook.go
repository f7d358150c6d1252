// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"tillbridge/internal/secret"
)

// maxSigningKeys is the most signing keys that an account may have (Klarna, Webhooks).
const maxSigningKeys = 50

// maxHooks bounds the webhooks; Klarna publishes no number.
const maxHooks = 50

// SigningKey signs webhooks. Its secret is handed out once, by CreateSigningKey.
type SigningKey struct {
	ID        string
	CreatedAt time.Time
}

// Webhook is where events go.
type Webhook struct {
	ID           string
	URL          string
	EventTypes   []string // names, or prefixes that end in *
	Version      string
	SigningKeyID string
	Status       string // "ENABLED" or "DISABLED"
	CreatedAt    time.Time
}

func (h *Webhook) enabled() bool { return h.Status != "DISABLED" }

var (
	// ErrWebhook means that a webhook cannot be as asked for.
	ErrWebhook = errors.New("webhook refused")
	// ErrDuplicate means that there is one like it.
	ErrDuplicate = errors.New("exists already")
	// ErrLimit means that there are too many.
	ErrLimit = errors.New("too many")
	// ErrNoWebhook means that there is no webhook or signing key with the identifier.
	ErrNoWebhook = errors.New("no such webhook or signing key")
)

// CreateSigningKey makes a key and tells its secret, this once.
func (w *World) CreateSigningKey(now time.Time) (SigningKey, secret.Text, error) {
	w.Advance(now)
	if len(w.keys) >= maxSigningKeys {
		return SigningKey{}, secret.Text{}, fmt.Errorf("create signing key: %w", ErrLimit)
	}
	k := signingKey{
		SigningKey: SigningKey{ID: "krn:partner:global:notification:signing-key:" + w.uuid(), CreatedAt: w.now},
		secret:     secret.New("sandbox_signing_key_" + w.uuid()),
	}
	w.keys = append(w.keys, k)
	return k.SigningKey, k.secret, nil
}

// SigningKeys lists the keys, oldest first, without their secrets.
func (w *World) SigningKeys() []SigningKey {
	out := make([]SigningKey, 0, len(w.keys))
	for _, k := range w.keys {
		out = append(out, k.SigningKey)
	}
	return out
}

// DeleteSigningKey removes a key that no webhook uses.
func (w *World) DeleteSigningKey(id string) error {
	for _, h := range w.hooks {
		if h.SigningKeyID == id {
			return fmt.Errorf("delete signing key %q: in use: %w", id, ErrDuplicate)
		}
	}
	before := len(w.keys)
	w.keys = slices.DeleteFunc(w.keys, func(k signingKey) bool { return k.ID == id })
	if len(w.keys) == before {
		return fmt.Errorf("delete signing key %q: %w", id, ErrNoWebhook)
	}
	return nil
}

func (w *World) signingKey(id string) (secret.Text, bool) {
	for _, k := range w.keys {
		if k.ID == id {
			return k.secret, true
		}
	}
	return secret.Text{}, false
}

// CreateWebhook registers h; its ID, Version, Status and CreatedAt are filled in.
func (w *World) CreateWebhook(now time.Time, h Webhook) (Webhook, error) {
	w.Advance(now)
	if len(w.hooks) >= maxHooks {
		return Webhook{}, fmt.Errorf("create webhook: %w", ErrLimit)
	}
	if err := w.checkWebhook(h); err != nil {
		return Webhook{}, err
	}
	h.ID = "krn:partner:global:notification:webhook:" + w.uuid()
	h.Version, h.CreatedAt = "v2", w.now
	if h.Status == "" {
		h.Status = "ENABLED"
	}
	w.hooks = append(w.hooks, &h)
	return h, nil
}

// checkWebhook also refuses a second webhook for the same address and events as another one's.
func (w *World) checkWebhook(h Webhook) error {
	if err := checkHookURL(h.URL); err != nil {
		return err
	}
	if len(h.EventTypes) == 0 {
		return fmt.Errorf("webhook without event types: %w", ErrWebhook)
	}
	if h.Status != "" && h.Status != "ENABLED" && h.Status != "DISABLED" {
		return fmt.Errorf("webhook status %q: %w", h.Status, ErrWebhook)
	}
	if _, ok := w.signingKey(h.SigningKeyID); !ok {
		return fmt.Errorf("signing key %q of webhook: %w", h.SigningKeyID, ErrWebhook)
	}
	for _, other := range w.hooks {
		if other.ID != h.ID && other.URL == h.URL && slices.Equal(other.EventTypes, h.EventTypes) {
			return fmt.Errorf("webhook for %q: %w", h.URL, ErrDuplicate)
		}
	}
	return nil
}

// checkHookURL wants https on port 443 or 8443 (Klarna, Webhooks), or any form of http on this
// machine, where the bridge under test listens.
func checkHookURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return fmt.Errorf("webhook address %q: %w", address, ErrWebhook)
	}
	ip := net.ParseIP(u.Hostname())
	if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); local && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	if port := u.Port(); u.Scheme != "https" || port != "" && port != "443" && port != "8443" {
		return fmt.Errorf("webhook address %q, want https on port 443 or 8443: %w", address, ErrWebhook)
	}
	return nil
}

// Webhooks lists the webhooks, oldest first.
func (w *World) Webhooks() []Webhook {
	out := make([]Webhook, 0, len(w.hooks))
	for _, h := range w.hooks {
		out = append(out, *h)
	}
	return out
}

// Webhook is the webhook with this identifier.
func (w *World) Webhook(id string) (Webhook, error) {
	for _, h := range w.hooks {
		if h.ID == id {
			return *h, nil
		}
	}
	return Webhook{}, fmt.Errorf("webhook %q: %w", id, ErrNoWebhook)
}

// UpdateWebhook replaces the address, events, signing key and status of a webhook.
func (w *World) UpdateWebhook(h Webhook) (Webhook, error) {
	for _, old := range w.hooks {
		if old.ID != h.ID {
			continue
		}
		if err := w.checkWebhook(h); err != nil {
			return Webhook{}, err
		}
		old.URL, old.EventTypes, old.SigningKeyID, old.Status = h.URL, h.EventTypes, h.SigningKeyID, h.Status
		return *old, nil
	}
	return Webhook{}, fmt.Errorf("update webhook %q: %w", h.ID, ErrNoWebhook)
}

// DeleteWebhook removes a webhook. What is on its way to it still goes out.
func (w *World) DeleteWebhook(id string) error {
	before := len(w.hooks)
	w.hooks = slices.DeleteFunc(w.hooks, func(h *Webhook) bool { return h.ID == id })
	if len(w.hooks) == before {
		return fmt.Errorf("delete webhook %q: %w", id, ErrNoWebhook)
	}
	return nil
}

// placeholder is a session token that finalizes nothing.
const placeholder = "krn:network:eu1:test:session-token:simulated"

// Simulate sends a test event with identifiers that stand for nothing, whatever the webhook asked for.
func (w *World) Simulate(now time.Time, id, event string) error {
	w.Advance(now)
	for _, h := range w.hooks {
		if h.ID == id {
			w.post(h, "", event, requestPayload{
				ID:    "krn:payment:eu1:request:00000000-0000-0000-0000-000000000000",
				State: StateCompleted, Previous: StateInProgress, Token: placeholder,
			})
			return nil
		}
	}
	return fmt.Errorf("simulate for webhook %q: %w", id, ErrNoWebhook)
}
