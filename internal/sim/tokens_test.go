// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"testing"

	"tillbridge/internal/sim"
)

// TestSeedsWithStoredCustomers lives through worlds in which tills ask for customer tokens, charge them, with the
// customer there and not, and forget them, under every trouble of the others.
func TestSeedsWithStoredCustomers(t *testing.T) {
	t.Parallel()
	var tokens, charges, absent, forgotten int
	for seed := given.from; seed < given.from+max(given.seeds/15, 20); seed++ {
		r := sim.Run(seed, sim.Options{Tokens: true})
		for _, v := range r.Violations {
			t.Fatalf("seed %d, after %v: %s: %s\nthe whole story: go test ./internal/sim -run TestSeeds -v -sim.tokens -sim.seed %d",
				seed, v.At, v.Invariant, v.What, seed)
		}
		tokens, charges = tokens+r.Tokens, charges+r.TokenCharges
		absent, forgotten = absent+r.AbsentCharges, forgotten+r.Forgotten
	}
	t.Logf("%d tokens, %d charges of them, %d of absent customers, %d forgotten", tokens, charges, absent, forgotten)
	for name, n := range map[string]int{"token": tokens, "charge": charges, "charge of an absent customer": absent, "forgotten token": forgotten} {
		if n == 0 {
			t.Errorf("there was no %s: nothing was proved", name)
		}
	}
}
