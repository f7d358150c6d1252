// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"fmt"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
	"tillbridge/qr"
)

func ExampleViewOf() {
	book, err := display.ReadBook()
	if err != nil {
		fmt.Println(err)
		return
	}
	p := payment.Payment{
		State: payment.StateFinalizing, Reference: "0f0e7c1c-6f9a-5d58-9b7c-3f1c55b0a001",
		Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Lang: "de"},
	}
	look := display.Look{Languages: []string{"en", "de"}}
	for _, since := range []time.Duration{0, time.Minute} {
		v := display.ViewOf(display.Scene{Payment: p, Since: since}, look, book, qr.Code{}, "")
		fmt.Println(v.State, "|", v.Title, "|", v.Text)
	}
	// Output:
	// confirming | Einen Moment | Ihre Zahlung wird bestätigt.
	// confirming | Bitte sprechen Sie uns an | Nicht noch einmal bezahlen.
}
