// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"strings"
	"testing"

	"tillbridge/internal/sim"
)

// shallow is a depth that takes a few seconds on two cores.
const shallow = 2

func TestExplore(t *testing.T) {
	depth := given.depth
	if depth == 0 {
		depth = shallow
	}
	e := sim.Explore(depth)
	for _, v := range e.Violations {
		t.Errorf("%s: %s\nafter: %s", v.Invariant, v.What, strings.Join(e.Story, "\n       "))
	}
	t.Logf("depth %d: %d states, %d steps, %d endings", e.Depth, e.States, e.Steps, e.Endings)
	if e.States < 100 {
		t.Errorf("%d states in %d steps: nothing was explored", e.States, e.Depth)
	}
}
