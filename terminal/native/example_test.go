// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"fmt"

	"tillbridge/terminal/native"
)

func Example() {
	line := native.AppendLine(nil, native.Pay{ID: "T1-000817", Amount: 1610, Currency: "EUR"}, false)
	fmt.Print(string(line))

	e, err := native.ParseEvent([]byte(`{"type":"result","id":"T1-000817","outcome":"approved","later":true}`))
	if r, ok := e.(native.Result); ok && err == nil {
		fmt.Println(r.ID, r.Outcome)
	}
	_, err = native.ParseRequest([]byte(`{"type":"pay","id":"T1-000817","amount":16.10,"currency":"EUR"}`))
	fmt.Println(err)
	// Output:
	// {"type":"pay","id":"T1-000817","amount":1610,"currency":"EUR"}
	// T1-000817 approved
	// amount: expected integer minor units (1610 for 16.10), 1 to 2147483647
}
