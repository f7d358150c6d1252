// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
)

// A machine whose clock stood still without power takes an old key for a young one; Klarna has forgotten it, and would
// charge again.
func TestAnInheritedKeyLeavesOnlyIfItIsYoungByKlarnasClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := map[string]struct {
		inherited bool
		date      string // of Klarna's answers; "": none
		status    int    // of the question for it; 0: the line is cut
		want      engine.Answer
		writes    int32
	}{
		"of this process": {false, now.Add(30 * time.Hour).UTC().Format(http.TimeFormat), 404, engine.Unclear{}, 1},
		"young":           {true, now.UTC().Format(http.TimeFormat), 404, engine.Unclear{}, 1},
		"22 hours old":    {true, now.Add(22 * time.Hour).UTC().Format(http.TimeFormat), 404, engine.Unclear{}, 1},
		"a day old":       {true, now.Add(24 * time.Hour).UTC().Format(http.TimeFormat), 404, engine.Stale{}, 0},
		"a day old, and our key to the account is wrong": {true, now.Add(24 * time.Hour).UTC().Format(http.TimeFormat), 401, engine.Stale{}, 0},
		"an answer without a clock":                      {true, "", 404, engine.Unclear{}, 1},
		"no answer":                                      {true, "", 0, engine.NotExecuted{}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var writes atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && tt.status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.Header()["Date"] = nil
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				if r.Method == http.MethodGet {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte(`{"error_code":"RESOURCE_NOT_FOUND","error_id":"1"}`))
					return
				}
				writes.Add(1)
				w.WriteHeader(http.StatusInternalServerError)
			}))
			t.Cleanup(server.Close)
			client, err := klarna.New(server.URL, klarna.Account{}, secret.New(sandboxKey), klarna.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			k := &provider{client: client, log: slog.New(slog.DiscardHandler)}
			p := refundedSale()
			body, err := k.Body(p, payment.WriteCapture, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := k.Send(t.Context(), engine.Call{
				Payment: p, Intent: payment.Intent{Write: payment.WriteCapture, Key: "key", At: now}, Body: body, Inherited: tt.inherited,
			})
			if got != tt.want || writes.Load() != tt.writes {
				t.Errorf("Send = %#v with %d writes, want %#v with %d", got, writes.Load(), tt.want, tt.writes)
			}
		})
	}
}
