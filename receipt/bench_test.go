// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt_test

import "testing"

func BenchmarkSale(b *testing.B) {
	s := sale()
	b.ReportAllocs()
	for b.Loop() {
		if len(s.Lines(40, "de")) == 0 {
			b.Fatal("an empty receipt")
		}
	}
}
