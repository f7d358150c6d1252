// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"fmt"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

// The second call of a sale repeats the stored body of the first one without step_up_config.
func ExampleAccount_Finalize() {
	first := []byte(`{"currency":"EUR","request_payment_transaction":{"amount":1610},"step_up_config":{"mode":"REQUIRED"}}`)
	w, err := klarna.Account{}.Finalize("5f0c2d53-6a0e-5b0a-9a75-3f6d1e0f9c11", first, secret.New("krn:network:eu1:test:session-token:e30"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Op, w.Path)
	fmt.Println(string(w.Body))
	fmt.Println(w.SessionToken)
	// Output:
	// finalize /v2/payment/authorize
	// {"currency":"EUR","request_payment_transaction":{"amount":1610}}
	// REDACTED
}

func ExampleCheckTarget() {
	fmt.Println(klarna.CheckTarget("https://pay.klarna.com/eu/requests/1/start"))
	fmt.Println(klarna.CheckTarget("https://pay.klarna.com.evil.example/"))
	fmt.Println(klarna.CheckTarget("http://127.0.0.1:8590/phone/1", "http://127.0.0.1:8590"))
	// Output:
	// <nil>
	// address is not one of klarna's: host "pay.klarna.com.evil.example"
	// <nil>
}
