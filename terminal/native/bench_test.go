// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"testing"
	"time"

	"tillbridge/terminal/native"
)

func BenchmarkParseRequest(b *testing.B) {
	for name, line := range map[string]string{
		"pay":     `{"type":"pay","id":"T1-000817","amount":1610,"currency":"EUR","ref":"R817"}`,
		"status":  `{"type":"status","id":"T1-000817"}`,
		"confirm": `{"type":"confirm","id":"T1-000817","outcome":"approved"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				object, _, err := native.Open([]byte(line))
				if err == nil {
					_, err = native.ParseRequest(object)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendLine(b *testing.B) {
	m := native.Result{
		ID: "T1-000817", Outcome: "approved", Code: "approved", Text: "Paid with Klarna.", Amount: 1610, Currency: "EUR",
		Reference: "K7QX42ZD", At: time.Date(2026, 11, 20, 14, 35, 5, 0, time.UTC),
	}
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line = native.AppendLine(line[:0], m, true)
	}
	if len(line) == 0 {
		b.Fatal("nothing was written")
	}
}
