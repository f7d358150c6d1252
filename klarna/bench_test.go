// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"testing"

	"tillbridge/klarna"
)

// BenchmarkAuthorize makes the exact bytes of a first call.
func BenchmarkAuthorize(b *testing.B) {
	a, s := klarna.Account{ID: testAccount}, sale()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Authorize(testKey, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	for name, body := range map[string]string{"StepUp": stepUpBody, "Approved": approvedBody} {
		b.Run(name, func(b *testing.B) {
			answer := []byte(body)
			b.ReportAllocs()
			for b.Loop() {
				if got := kind(klarna.Judge(klarna.OpAuthorize, 200, answer)); got != name {
					b.Fatalf("Judge = %s, want %s", got, name)
				}
			}
		})
	}
}

// BenchmarkParseRequest is what each poll costs beside its round trip.
func BenchmarkParseRequest(b *testing.B) {
	body := []byte(requestBody("IN_PROGRESS", ""))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := klarna.ParseRequest(body, testRequest); err != nil {
			b.Fatal(err)
		}
	}
}
