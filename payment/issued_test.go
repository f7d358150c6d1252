// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"testing"
	"time"

	"tillbridge/payment"
)

// TestMoneyOfASaleIssuedInPart holds the figures that calls to Klarna and receipts are made of.
func TestMoneyOfASaleIssuedInPart(t *testing.T) {
	now := after(partly(captureNow()), intended(payment.WriteRelease, 1))
	tests := map[string]struct {
		events               []payment.Event
		charged, taken, rest int64
	}{
		"a whole sale":                                {captureSent(), 1610, 1610, 0},
		"a part":                                      {partly(approved()), 1000, 1000, 610},
		"a part, its rest released":                   {after(releaseSent(), payment.GivenBack{At: at(time.Hour), Key: release1()}), 1000, 1000, 610},
		"captured in one: all is taken until":         {now, 1000, 1610, 610},
		"its rest is back":                            {after(now, payment.GivenBack{At: at(time.Hour), Key: release1()}), 1000, 1000, 610},
		"all of it was issued, as the till also said": {after(approved(), payment.Offered{At: at(time.Minute)}, issued(price())), 1610, 1610, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := life(t, tt.events...)
			if c, k, r := p.Charged().Minor, p.Taken().Minor, p.Rest().Minor; c != tt.charged || k != tt.taken || r != tt.rest {
				t.Errorf("charged %d, taken %d, rest %d; want %d, %d, %d", c, k, r, tt.charged, tt.taken, tt.rest)
			}
		})
	}
}
