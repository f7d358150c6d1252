// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

// SigningKey signs webhooks. Klarna shows Secret once and never again.
type SigningKey struct {
	ID        string
	Secret    secret.Text
	CreatedAt time.Time
}

// Registration is a webhook as Klarna knows it.
type Registration struct {
	ID           string
	URL          string
	EventTypes   []string
	SigningKeyID string
	Status       string // ENABLED, DISABLED
}

var errNotification = errors.New("answer without what was asked for")

// CreateSigningKey makes a signing key; an account has room for 50. key is the idempotency key: with
// the same one a repeat within 24 h gives the same signing key.
func (c *Client) CreateSigningKey(ctx context.Context, key string) (SigningKey, error) {
	o, err := c.post(ctx, "create signing key", pathSigningKeys, key, []byte("{}"))
	if err != nil {
		return SigningKey{}, err
	}
	k := SigningKey{ID: o.text("signing_key_id"), Secret: secret.New(o.text("signing_key")), CreatedAt: o.time("created_at")}
	if !headerSafe(k.ID, maxIdentifier) || !isKeyText(k.Secret.Reveal()) {
		return SigningKey{}, fmt.Errorf("create signing key: %w", errNotification)
	}
	return k, nil
}

// CreateWebhook makes Klarna report request and transaction events to address, signed with the key
// signingKeyID. The address is https, public, on port 443 or 8443 (Klarna, Webhooks).
func (c *Client) CreateWebhook(ctx context.Context, key, address, signingKeyID string) (Registration, error) {
	if err := checkWebhookURL(address); err != nil {
		return Registration{}, fmt.Errorf("create webhook: %w", err)
	}
	body, err := encode(struct {
		URL          string   `json:"url"`
		EventTypes   []string `json:"event_types"`
		EventVersion string   `json:"event_version"`
		SigningKeyID string   `json:"signing_key_id"`
		Status       string   `json:"status"`
	}{address, []string{"payment.request.*", "payment.transaction.*"}, "v2", signingKeyID, "ENABLED"})
	if err != nil {
		return Registration{}, fmt.Errorf("create webhook: %w", err)
	}
	o, err := c.post(ctx, "create webhook", pathWebhooks, key, body)
	if err != nil {
		return Registration{}, err
	}
	r := readRegistration(o)
	if r.ID == "" {
		return Registration{}, fmt.Errorf("create webhook: %w", errNotification)
	}
	return r, nil
}

// Webhooks lists what is registered.
func (c *Client) Webhooks(ctx context.Context) ([]Registration, error) {
	const doing = "list webhooks"
	r, err := c.ask(ctx, call{doing: doing, method: http.MethodGet, path: pathWebhooks, timeout: readTimeout})
	if err != nil {
		return nil, err
	}
	o, err := parseObject(r.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", doing, err, describe(r.Answer, Problem{}))
	}
	var out []Registration
	for _, item := range o.objects("webhooks") {
		out = append(out, readRegistration(item))
	}
	return out, nil
}

func (c *Client) post(ctx context.Context, doing, path, key string, body []byte) (object, error) {
	if !headerSafe(key, maxReference) {
		return nil, fmt.Errorf("%s: unusable idempotency key", doing)
	}
	r, err := c.ask(ctx, call{
		doing: doing, method: http.MethodPost, path: path, body: body, timeout: readTimeout,
		header: http.Header{"Klarna-Idempotency-Key": {key}},
	})
	if err != nil {
		return nil, err
	}
	o, err := parseObject(r.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", doing, err, describe(r.Answer, Problem{}))
	}
	return o, nil
}

func readRegistration(o object) Registration {
	r := Registration{
		ID:           clean(o.text("webhook_id"), maxIdentifier),
		URL:          clean(o.text("url"), maxPath),
		SigningKeyID: clean(o.text("signing_key_id"), maxIdentifier),
		Status:       clean(o.text("status"), maxReference),
	}
	types, ok := o["event_types"].([]any)
	if !ok {
		return r
	}
	for _, t := range types {
		if s, ok := t.(string); ok {
			r.EventTypes = append(r.EventTypes, clean(s, maxReference))
		}
	}
	return r
}

func checkWebhookURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !headerSafe(address, maxPath) {
		return errors.New("the address must be https://<public host>/…")
	}
	if port := u.Port(); port != "" && port != "443" && port != "8443" {
		return fmt.Errorf("klarna delivers to port 443 or 8443 only, not %s", port)
	}
	if isLoopbackHost(u.Hostname()) {
		return fmt.Errorf("klarna cannot reach %s", u.Hostname())
	}
	return nil
}

// maxKeyText is the longest secret of a signing key that is believed, in bytes.
const maxKeyText = 1024

func isKeyText(s string) bool {
	if s == "" || len(s) > maxKeyText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == ' ' || r == unicode.ReplacementChar || r == '\uFEFF' {
			return false
		}
	}
	return true
}
