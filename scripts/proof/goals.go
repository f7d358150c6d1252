// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
)

// goal is what a size of the proof must have reached, so that a stage that quietly did nothing fails.
type goal struct {
	stages   []string
	seeds    int
	fault    int // each kind, at least
	bugs     int
	images   int
	kills    int
	parsers  int
	percent  float64 // statements of each covered folder
	failures int     // system calls that failed
}

func goals() map[string]goal {
	stages := []string{"sim", "replay", "bugs", "explore", "images", "kills", "calls", "histories", "fuzz", "cover"}
	small := goal{
		stages: stages, seeds: 5_000, fault: 10, bugs: 40, images: 50_000, kills: 100, parsers: 14, percent: 80, failures: 20,
	}
	night, release := small, small
	night.seeds, night.fault, night.images, night.kills = 200_000, 1_000, 1_000_000, 5_000
	release.seeds, release.fault, release.images, release.kills = 5_000_000, 100_000, 20_000_000, 50_000
	return map[string]goal{"pr": small, "night": night, "release": release}
}

// missed returns an error for each goal that r does not reach.
func (g goal) missed(r *results) error {
	var wrong []error
	for _, name := range g.stages {
		if !slices.ContainsFunc(r.stages, func(s stage) bool { return s.name == name }) {
			wrong = append(wrong, fmt.Errorf("stage %s has not run", name))
		}
	}
	for _, s := range r.stages {
		if s.failed {
			wrong = append(wrong, fmt.Errorf("stage %s failed, or was interrupted", s.name))
		}
	}
	few := func(what string, got, want int) {
		if got < want {
			wrong = append(wrong, fmt.Errorf("%s: %d, at least %d are wanted", what, got, want))
		}
	}
	few("seeds", r.sums["seeds"], g.seeds)
	few("kinds of faults", len(r.faults), 1)
	for _, f := range r.faults {
		few("fault "+f.name, f.n, g.fault)
	}
	for _, bug := range r.alive {
		wrong = append(wrong, fmt.Errorf("a planted bug lives: %s", bug))
	}
	few("planted bugs killed", len(r.bugs), g.bugs)
	few("crash images", r.sums["images"], g.images)
	few("kills", r.sums["kills"], g.kills)
	few("parsers fuzzed", len(r.fuzzed), g.parsers)
	if !skipped(r, "TestProofSystemCalls") {
		few("system calls that failed", total(r.calls), g.failures)
	}
	few("folders with coverage", len(r.covers), 1)
	for _, c := range r.covers {
		if c.percent() < g.percent {
			wrong = append(wrong, fmt.Errorf("coverage of %s: %.1f %%, at least %.0f are wanted", c.folder, c.percent(), g.percent))
		}
	}
	few("states met by every event", r.matrix[0], r.matrix[1])
	return errors.Join(wrong...)
}

func skipped(r *results, test string) bool {
	return slices.ContainsFunc(r.skips, func(s string) bool { return len(s) > len(test) && s[:len(test)+1] == test+":" })
}

func total(all []count) (sum int) {
	for _, c := range all {
		sum += c.n
	}
	return sum
}
