// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
)

// A charge of the wrong amount is given back whole, not by what the till asked for.
func TestARefundGivesBackWhatWasCharged(t *testing.T) {
	k := &provider{account: klarna.Account{}, log: slog.New(slog.DiscardHandler)}
	p := payment.Payment{
		Order:       payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}},
		Transaction: payment.Transaction{ID: "krn:payment:eu1:transaction:1", Amount: payment.Amount{Minor: 1999, Currency: "EUR"}},
		Reference:   "6f1c7a52-0e3b-5d41-9a86-2f0f8a4f6f10",
	}
	body, err := k.Body(p, payment.WriteRefund, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(body, []byte(`"amount":1999`)) {
		t.Errorf("refund body %s, want the charged 1999", body)
	}
}

// That Klarna has no such transaction is an answer; that it did not say is none.
func TestATransactionThatKlarnaDoesNotHave(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   engine.Holding
	}{
		"there is none":   {http.StatusNotFound, `{"error_code":"RESOURCE_NOT_FOUND"}`, engine.Holding{Status: payment.TransactionMissing}},
		"no such path":    {http.StatusNotFound, `{"error_code":"NOT_FOUND"}`, engine.Holding{}},
		"some other host": {http.StatusNotFound, "<html>", engine.Holding{}},
		"out of order":    {http.StatusServiceUnavailable, "", engine.Holding{}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer server.Close()
			client, err := klarna.New(server.URL, klarna.Account{}, secret.New(sandboxKey), klarna.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			k := &provider{client: client, log: slog.New(slog.DiscardHandler)}
			if got := k.ReadTransaction(t.Context(), "krn:payment:eu1:transaction:1"); got != tt.want {
				t.Errorf("Klarna holds %+v, want %+v", got, tt.want)
			}
		})
	}
}
