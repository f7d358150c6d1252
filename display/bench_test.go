// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"encoding/json"
	"testing"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
	"tillbridge/qr"
)

// BenchmarkView is one whole view, up to its bytes.
func BenchmarkView(b *testing.B) {
	words, err := display.ReadBook()
	if err != nil {
		b.Fatal(err)
	}
	drawn, err := qr.New(target)
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]display.Scene{
		"at rest":   {},
		"with code": {Payment: sale(payment.StateWaiting), Fresh: true, Left: 4 * time.Minute},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Marshal(display.ViewOf(s, display.Look{}, words, drawn, "en")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkShow is what the engine waits for: the hub takes the scene and draws it later.
func BenchmarkShow(b *testing.B) {
	h := display.NewHub(display.Options{
		Tokens: tokens(), Hosts: func() []string { return nil }, Origins: func() []string { return nil },
	})
	s := display.Scene{Payment: sale(payment.StateWaiting), Fresh: true, Left: 4 * time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		h.Show(laneOne, s)
	}
}
