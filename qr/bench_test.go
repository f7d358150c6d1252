// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"testing"

	"tillbridge/qr"
)

// BenchmarkNew is the library's matrix and our packing of it.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qr.New(address); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFit is a code for a screen that has room for a stronger one: two levels are weighed, one is drawn.
func BenchmarkFit(b *testing.B) {
	room := qr.Room{Pixels: 1000, PerMM: 4}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qr.Fit(address, room); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDraw is each form of a code that is there.
func BenchmarkDraw(b *testing.B) {
	c, err := qr.New(address)
	if err != nil {
		b.Fatal(err)
	}
	for name, draw := range map[string]func() int{
		"packed":                func() int { return len(c.Packed()) },
		"SVG":                   func() int { return len(c.SVG()) },
		"text":                  func() int { return len(c.Text()) },
		"PNG, a pixel a module": func() int { p, _ := c.PNG(1); return len(p) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if draw() == 0 {
					b.Fatal("nothing was drawn")
				}
			}
		})
	}
}
