// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt_test

import "testing"

func BenchmarkSale(b *testing.B) {
	for b.Loop() {
		_ = sale().Lines(40, "de")
	}
}
