// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"testing"

	"tillbridge/payment"
)

func TestReceiptNumbersRepeatOnlyAfterAll(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	n := zvtNumber{}
	for range maxReceipt {
		n = n.next()
		r := int(n.receipt())
		if r < 1 || r > maxReceipt || seen[r] {
			t.Fatalf("trace %d has receipt %d, again or out of range", n.trace, r)
		}
		seen[r] = true
	}
	if n = n.next(); n.receipt() != 1 {
		t.Errorf("after %d comes %d, want 1", maxReceipt, n.receipt())
	}
}

// FuzzNumberOf: an id is ours only if it is exactly what we would write.
func FuzzNumberOf(f *testing.F) {
	for _, id := range []string{"E-000001", "E.2-999999", "E-1", "E.01-000001", "E.-1-000001", "E-1000000", "E--00001", "", "E.2"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		n, ours := numberOf("E", payment.TillID(id))
		if ours && (n.id("E") != payment.TillID(id) || n.trace < 1 || n.trace > maxTrace) {
			t.Errorf("numberOf(%q) = %+v", id, n)
		}
	})
}
