// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"testing"

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
