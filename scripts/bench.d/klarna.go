// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// klarna is the program's simulator of Klarna, in a process of its own.
type klarna struct {
	*process

	base   string
	client *http.Client
}

func (b *bench) openKlarna(ctx context.Context, name string) (*klarna, error) {
	at, err := b.freePort(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.launch(ctx, name, nil, []string{b.program(), "sandbox", "--listen", at})
	if err != nil {
		return nil, err
	}
	k := &klarna{p, "http://" + at, &http.Client{Timeout: time.Minute}}
	return k, until(ctx, 10*time.Millisecond, func() bool { return k.call(ctx, http.MethodGet, "/sandbox/ledger", "", nil) == nil || p.gone() })
}

// call is one request, of a partner where the route wants one.
func (k *klarna) call(ctx context.Context, method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, k.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Basic klarna_test_api_bench")
	r.Header.Set("Klarna-Idempotency-Key", path)
	resp, err := k.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, resp.StatusCode, bytes.TrimSpace(text))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// phone is what the customer does next.
func (k *klarna) phone(ctx context.Context, code, does string) error {
	return k.call(ctx, http.MethodPost, strings.TrimPrefix(code, k.base)+"/"+does, "", nil)
}

// behave makes every later customer approve by himself.
func (k *klarna) behave(ctx context.Context, how string) error {
	return k.call(ctx, http.MethodPost, "/sandbox/behaviour", how, nil)
}

// hook registers a webhook for a shop to come, and returns what its configuration must say.
func (b *bench) hook(ctx context.Context, k *klarna) (string, error) {
	at, err := b.freePort(ctx)
	if err != nil {
		return "", err
	}
	var made struct {
		ID  string `json:"signing_key_id"`
		Key string `json:"signing_key"`
	}
	if err = k.call(ctx, http.MethodPost, "/v2/notification/signing-keys", "{}", &made); err != nil {
		return "", err
	}
	body := fmt.Sprintf(`{"url":"http://%s/","event_types":["payment.request.*"],"event_version":"v2","status":"ENABLED","signing_key_id":"%s"}`, at, made.ID)
	if err = k.call(ctx, http.MethodPost, "/v2/notification/webhooks", body, nil); err != nil {
		return "", err
	}
	keys := filepath.Join(b.work, "signing_keys")
	if err = os.WriteFile(keys, []byte(made.ID+" "+made.Key+"\n"), 0o600); err != nil {
		return "", err
	}
	return fmt.Sprintf(", webhook: {listen: %q, signing_keys_file: %q}", at, keys), nil
}
