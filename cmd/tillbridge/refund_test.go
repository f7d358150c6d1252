// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func refundedSale() payment.Payment {
	cents := func(minor int64) payment.Amount { return payment.Amount{Minor: minor, Currency: "EUR"} }
	return payment.Payment{
		ID: payment.ID{Lane: "lane-1", Till: "A1"}, State: payment.StateCaptured, Reason: payment.ReasonApproved,
		Order: payment.Order{Amount: cents(1610)}, Reference: "reference-0", CaptureID: "capture-1",
		Transaction: payment.Transaction{ID: "transaction-1", Amount: cents(1610)},
		Refunds: []payment.Refund{
			{ID: "R1", Amount: cents(500), Reference: "reference-1", Status: payment.RefundIsDone, Reason: payment.ReasonRefunded},
			{
				ID: "R2", Amount: cents(600), Reference: "reference-2", Status: payment.RefundAttention, Reason: payment.ReasonRefundUnknown,
				At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
			},
		},
	}
}

func TestTheBytesOfARefundSayHowMuchAndWhich(t *testing.T) {
	t.Parallel()
	k := &provider{}
	p := refundedSale()
	body, err := k.RefundBody(p, p.Refunds[1])
	if want := `{"amount":600,"payment_refund_reference":"reference-2"}`; err != nil || string(body) != want {
		t.Errorf("RefundBody = %s, %v, want %s", body, err, want)
	}
	w, err := k.write(p, payment.WriteRefund, "key", nil, secret.Text{})
	if err != nil || w.Path != "/v2/payment/transactions/transaction-1/captures/capture-1/refunds" {
		t.Errorf("a refund goes to %q, %v, want its capture", w.Path, err)
	}
}

// A payment that is on its way is listed for what holds it up, not for where it goes.
func TestWhatHoldsAPaymentUpIsItsReason(t *testing.T) {
	t.Parallel()
	captured := payment.Transaction{Captured: true}
	for name, tt := range map[string]struct {
		p    payment.Payment
		want payment.Reason
	}{
		"a yes that no till confirms": {payment.Payment{State: payment.StateApproved, Reason: payment.ReasonApproved}, payment.ReasonUndelivered},
		"a capture":                   {payment.Payment{State: payment.StateCapturing, Reason: payment.ReasonApproved}, payment.ReasonCaptureRefused},
		"a release":                   {payment.Payment{State: payment.StateCapturing, Reason: payment.ReasonApproved, Transaction: captured}, payment.ReasonRestRefused},
		"a give-back":                 {payment.Payment{State: payment.StateReversing, Reason: payment.ReasonGivenBack}, payment.ReasonGiveBackRefused},
		"anything else":               {payment.Payment{State: payment.StateAttention, Reason: payment.ReasonKeyTooOld}, payment.ReasonKeyTooOld},
	} {
		if rows := attentionRows(tt.p); len(rows) != 1 || rows[0].Reason != string(tt.want) {
			t.Errorf("%s: listed %+v, want one row for %s", name, rows, tt.want)
		}
	}
}

func TestARefundInDoubtIsListedByItself(t *testing.T) {
	t.Parallel()
	rows := attentionRows(refundedSale())
	if len(rows) != 1 || rows[0].ID != "R2" || rows[0].Of != "A1" || rows[0].Amount != 600 || rows[0].Reason != "refund_unknown" {
		t.Fatalf("listed %+v, want the refund R2 alone", rows)
	}
	var out bytes.Buffer
	if err := showAttention(&out, rows); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"lane-1  refund R2 of A1  6.00 EUR  attention  reference ", "\n  No clear answer from Klarna about a refund.\n",
		"\n  Not known. Do not refund again.\n", "\n  Look in Klarna's portal, then record what it shows.\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("shown %q, want %q in it", out.String(), line)
		}
	}
	sale := refundedSale()
	sale.State, sale.Reason = payment.StateAttention, payment.ReasonGiveBackRefused
	if rows := attentionRows(sale); len(rows) != 1 || rows[0].ID != "A1" || rows[0].Of != "" {
		t.Errorf("listed %+v, want the sale A1 alone", rows)
	}
}
