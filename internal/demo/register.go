// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// registerWait bounds one call to the simulator.
const registerWait = 5 * time.Second

// register makes a webhook at the simulator that leads to address, and puts its signing key where the
// daemon looks for it. A simulator that starts again has forgotten both.
func (f folder) register(ctx context.Context, sandbox, address string) error {
	key, err := os.ReadFile(f.key())
	if err != nil {
		return fmt.Errorf("register the webhook: %w", err)
	}
	call := caller{sandbox + "/v2/notification/", "Basic " + strings.TrimSpace(string(key))}
	var made struct {
		ID  string `json:"signing_key_id"`
		Key string `json:"signing_key"`
	}
	if err = call.post(ctx, "signing-keys", struct{}{}, &made); err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	// The key first: an event whose key nobody knows is lost.
	if err = os.WriteFile(f.hooks(), []byte(made.ID+" "+made.Key+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the signing key: %w", err)
	}
	hook := map[string]any{
		"url": address, "event_types": []string{"payment.*"}, "event_version": "v2", "signing_key_id": made.ID,
	}
	if err = call.post(ctx, "webhooks", hook, &struct{}{}); err != nil {
		return fmt.Errorf("register the webhook: %w", err)
	}
	return nil
}

// caller calls the simulator as its customer.
type caller struct{ base, authorization string }

func (c caller) post(ctx context.Context, path string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, registerWait)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", c.authorization)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Klarna-Idempotency-Key", rand.Text())
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }() // read as far as it is wanted
	if got.StatusCode != http.StatusCreated {
		return fmt.Errorf("answered with %s", got.Status)
	}
	return json.NewDecoder(got.Body).Decode(answer)
}
