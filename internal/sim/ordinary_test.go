// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"testing"

	"tillbridge/internal/sim"
)

// onePerson bounds the share of payments that a person has to look at in an ordinary shop: 1 in so many.
const onePerson = 1000

// Of the payments of an ordinary shop hardly any needs a person, and no promise is broken.
func TestAnOrdinaryShop(t *testing.T) {
	t.Parallel()
	payments, persons := 0, 0
	for seed := range given.ordinary {
		r := sim.Run(seed+1, sim.Options{Ordinary: true})
		report(t, r)
		payments += r.Payments
		persons += r.Attention
	}
	t.Logf("ordinary shop: %d payments, %d before a person", payments, persons)
	if persons*onePerson > payments {
		t.Errorf("%d of %d payments need a person, want at most 1 in %d", persons, payments, onePerson)
	}
}
