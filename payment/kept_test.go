// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"testing"
	"time"

	"tillbridge/payment"
)

func sums(s payment.TransactionStatus, captured, refunded int64) payment.TransactionSeen {
	return payment.TransactionSeen{
		At: at(3 * time.Hour), Status: s, Captured: captured, Refunded: refunded, Counted: true, Empty: captured <= refunded,
	}
}

// What a transaction says after a refused call decides about money only by its sums: closed is also what one is called
// that is too old to be refunded, and one with a part captured is still called authorized.
func TestSumsDecideAboutMoney(t *testing.T) {
	lost := after(partly(approved()), intended(payment.WriteCapture, 1), payment.Unclear{Key: key(payment.WriteCapture, 1)}, expired(key(payment.WriteCapture, 1)))
	held := after(lost, sums(payment.TransactionAuthorized, 0, 0))
	wanted := after(captureSent(), payment.ReversalAsked{At: at(time.Hour)}, refused(key(payment.WriteCapture, 1)), sums(payment.TransactionAuthorized, 0, 0))
	back := after(sold(), payment.ReversalAsked{At: at(time.Hour)}, intended(payment.WriteRefund, 1), refused(key(payment.WriteRefund, 1)))
	doubtful := after(captureSent(), payment.Unclear{Key: key(payment.WriteCapture, 1)}, expired(key(payment.WriteCapture, 1)))
	again := after(doubtful, holding(payment.TransactionAuthorized), resolved(payment.DecideDelivered), intended(payment.WriteCapture, 2), refused(key(payment.WriteCapture, 2)))
	byHand := after(partly(approved()), intended(payment.WriteCapture, 1), refused(key(payment.WriteCapture, 1)), holding(payment.TransactionAuthorized))
	now := after(partly(captureNow()), intended(payment.WriteRelease, 1), refused(release1()))
	tests := map[string]struct {
		events []payment.Event
		want   payment.State
		reason payment.Reason
	}{
		"a reversal of a sale that is too old is not done":  {after(back, sums(payment.TransactionClosed, 1610, 0)), payment.StateAttention, payment.ReasonGiveBackRefused},
		"nor if Klarna tells no sums":                       {after(back, holding(payment.TransactionClosed)), payment.StateAttention, payment.ReasonGiveBackRefused},
		"nor if it tells of the refunds alone":              {after(back, counted(payment.TransactionClosed, 0)), payment.StateAttention, payment.ReasonGiveBackRefused},
		"nor later, without sums":                           {after(back, holding(payment.TransactionCaptured), holding(payment.TransactionClosed)), payment.StateAttention, payment.ReasonGiveBackRefused},
		"nor if a capture may have been made, without sums": {after(doubtful, holding(payment.TransactionAuthorized), holding(payment.TransactionClosed)), payment.StateAttention, payment.ReasonCaptureRefused},
		"nor if a person had it captured again":             {after(again, holding(payment.TransactionClosed), holding(payment.TransactionClosed)), payment.StateAttention, payment.ReasonCaptureRefused},
		"but with sums, if it was captured neither time":    {after(again, sums(payment.TransactionClosed, 0, 0), sums(payment.TransactionClosed, 0, 0)), payment.StateReversed, payment.ReasonGivenBack},
		"a reversal that was made all the same is done":     {after(back, sums(payment.TransactionClosed, 1610, 1610)), payment.StateReversed, payment.ReasonGivenBack},
		"nor later": {after(back, sums(payment.TransactionClosed, 1610, 0), sums(payment.TransactionCaptured, 1610, 1610), sums(payment.TransactionClosed, 1610, 1610)), payment.StateReversed, payment.ReasonGivenBack},
		"a rest of a sale that is too old is no reversal":       {after(releaseSent(), refused(release1()), holding(payment.TransactionAuthorized), sums(payment.TransactionClosed, 1000, 0)), payment.StateCaptured, payment.ReasonApproved},
		"with capture now neither":                              {after(now, sums(payment.TransactionCaptured, 1610, 0), sums(payment.TransactionClosed, 1610, 0)), payment.StateAttention, payment.ReasonRestRefused},
		"a rest that was refunded all the same is released":     {after(now, sums(payment.TransactionCaptured, 1610, 0), sums(payment.TransactionCaptured, 1610, 610)), payment.StateCaptured, payment.ReasonApproved},
		"a part that was captured all the same is taken":        {after(lost, sums(payment.TransactionAuthorized, 1000, 0)), payment.StateCapturing, payment.ReasonApproved},
		"a part that a person captures in the portal is taken":  {after(held, sums(payment.TransactionAuthorized, 1000, 0)), payment.StateCapturing, payment.ReasonApproved},
		"more than the part is not what the till was told":      {after(held, sums(payment.TransactionCaptured, 1610, 0)), payment.StateAttention, payment.ReasonCaptureRefused},
		"nor is it closed for nothing, without sums":            {after(byHand, holding(payment.TransactionCaptured), holding(payment.TransactionClosed)), payment.StateAttention, payment.ReasonCaptureRefused},
		"until the difference is given back":                    {after(held, sums(payment.TransactionCaptured, 1610, 0), sums(payment.TransactionCaptured, 1610, 610)), payment.StateCapturing, payment.ReasonApproved},
		"a person's delivered is not undone by an earlier wish": {after(wanted, resolved(payment.DecideDelivered), intended(payment.WriteCapture, 2), payment.Captured{At: at(time.Hour), Key: key(payment.WriteCapture, 2)}), payment.StateCaptured, payment.ReasonApproved},
		"nor is that of a part":                                 {after(releaseSent(), payment.ReversalAsked{At: at(time.Minute)}, refused(release1()), holding(payment.TransactionAuthorized), resolved(payment.DecideDelivered)), payment.StateCaptured, payment.ReasonApproved},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := payment.Payment{ID: life(t, tt.events[0]).ID}
			for _, e := range tt.events {
				if next, _, err := payment.Step(p, e); err == nil {
					p = next
				}
			}
			if p.State != tt.want || p.Reason != tt.reason {
				t.Errorf("%s for %s, want %s for %s", p.State, p.Reason, tt.want, tt.reason)
			}
		})
	}
}
