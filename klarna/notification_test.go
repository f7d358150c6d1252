// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"tillbridge/klarna"
)

func TestCreateSigningKey(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.RequestURI != "/v2/notification/signing-keys" || r.Header.Get("Klarna-Idempotency-Key") != testKey || string(body) != "{}" {
			t.Errorf("call = %s %s %s", r.Method, r.RequestURI, body)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"signing_key_id":"krn:k","signing_key":"CANARY","created_at":"2026-01-01T00:00:00Z"}`)
	})
	k, err := c.CreateSigningKey(t.Context(), testKey)
	if err != nil || k.ID != "krn:k" || k.Secret.Reveal() != "CANARY" || k.CreatedAt.Year() != 2026 {
		t.Errorf("CreateSigningKey = %+v, %v", k, err)
	}
	if strings.Contains(fmt.Sprintf("%+v", k), "CANARY") {
		t.Error("the secret prints")
	}
}

// What was made must fit into a line of the keys file, or it would be lost: Klarna shows it once.
func TestCreateSigningKeyRefusesUnusableAnswers(t *testing.T) {
	for _, body := range []string{`{}`, `{"signing_key_id":"a b","signing_key":"s"}`, `{"signing_key_id":"a","signing_key":"s t"}`, `<html>`} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if k, err := c.CreateSigningKey(t.Context(), testKey); err == nil {
			t.Errorf("%s gave %+v", body, k)
		}
	}
}

func TestCreateWebhook(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		golden(t, "prepare/webhook.txt", r.Method+" "+r.RequestURI+"\n"+string(body)+"\n")
		_, _ = io.WriteString(w, `{"webhook_id":"krn:w","url":"https://hooks.example.com/klarna","event_types":["payment.request.*",5],"signing_key_id":"krn:k","status":"ENABLED"}`)
	})
	r, err := c.CreateWebhook(t.Context(), testKey, "https://hooks.example.com/klarna", "krn:k")
	if err != nil || r.ID != "krn:w" || r.SigningKeyID != "krn:k" || r.Status != "ENABLED" || len(r.EventTypes) != 1 {
		t.Errorf("CreateWebhook = %+v, %v", r, err)
	}
}

func TestCreateWebhookRefusesAddressesKlarnaDoesNotDeliverTo(t *testing.T) {
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.RequestURI) })
	for _, address := range []string{
		"", "http://hooks.example.com/", "https://hooks.example.com:8080/", "https://127.0.0.1/", "https://localhost/", "https://u:p@hooks.example.com/", "hooks.example.com", "https://hooks.example.com/a b",
	} {
		if _, err := c.CreateWebhook(t.Context(), testKey, address, "krn:k"); err == nil {
			t.Errorf("%q was registered", address)
		}
	}
	if _, err := c.CreateWebhook(t.Context(), "", "https://hooks.example.com/", "krn:k"); err == nil {
		t.Error("registered without an idempotency key")
	}
}

func TestWebhooksListsAndTellsWhy(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"webhooks":[{"webhook_id":"a","url":"https://x/"},{"webhook_id":"b"},7]}`)
	})
	if got, err := c.Webhooks(t.Context()); err != nil || len(got) != 2 || got[0].URL != "https://x/" {
		t.Errorf("Webhooks = %+v, %v", got, err)
	}
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"error_code":"RESOURCE_CONFLICT","error_message":"a webhook with this url exists"}`)
	})
	_, err := c.CreateWebhook(t.Context(), testKey, "https://hooks.example.com/", "krn:k")
	if !errors.Is(err, klarna.ErrRefused) || !strings.Contains(err.Error(), "a webhook with this url exists") {
		t.Errorf("CreateWebhook = %v, want Klarna's reason", err)
	}
}
