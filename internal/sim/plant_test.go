// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillbridge/internal/sim"
)

// killWithin is the most seeds that a planted bug may live through.
const killWithin = 2000

// TestHunt looks for the first seed that breaks a promise, and says so in one line. It is what a planted bug's
// test binary is asked to run.
func TestHunt(t *testing.T) {
	if !given.hunt {
		t.Skip("only with -sim.hunt")
	}
	for seed := uint64(1); seed <= given.seeds; seed++ {
		if r := sim.Run(seed, sim.Options{Tokens: given.tokens}); len(r.Violations) > 0 {
			v := r.Violations[0]
			t.Logf("killed|%d|%s|%s", seed, v.Invariant, v.What)
			return
		}
	}
	t.Log("survived")
}

// TestPlantedBugs plants each bug of the catalogue in a copy of the source and demands that the simulator finds it.
func TestPlantedBugs(t *testing.T) {
	if !given.bugs && given.bug == "" {
		t.Skip("only with -sim.bugs or -sim.bug NAME: each bug is a build")
	}
	t.Chdir("../..")
	bugs := catalogue()
	killed := make([]struct{ seeds, by string }, len(bugs))
	t.Run("all", func(t *testing.T) { // returns when all have ended
		for i, b := range bugs {
			if given.bug == "" || given.bug == b.name {
				t.Run(b.name, func(t *testing.T) {
					t.Parallel()
					killed[i].seeds, killed[i].by = hunt(t, b)
				})
			}
		}
	})
	var table strings.Builder
	table.WriteString("| bug | what it is | seeds | killed by |\n|---|---|---|---|\n")
	killers := map[string]int{}
	for i, k := range killed {
		if k.seeds != "" {
			killers[k.by]++
			fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", bugs[i].name, bugs[i].what, k.seeds, k.by)
		}
	}
	table.WriteString("\n| promise | bugs that it killed first |\n|---|---|\n")
	for _, by := range slices.Sorted(maps.Keys(killers)) {
		fmt.Fprintf(&table, "| %s | %d |\n", by, killers[by])
	}
	if given.table != "" {
		if err := os.WriteFile(given.table, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// hunt builds the simulator with b in it and lets it look.
func hunt(t *testing.T, b bug) (seeds, by string) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "sim.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay(t, dir, b), "-o", binary, "./internal/sim")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", b.name, err, out)
	}
	look := exec.CommandContext(t.Context(), binary, "-test.run", "^TestHunt$", "-test.v", "-sim.hunt",
		"-sim.seeds", fmt.Sprint(killWithin), fmt.Sprintf("-sim.tokens=%t", b.tokens()))
	out, err := look.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: the hunt itself broke: %v\n%s", b.name, err, out)
	}
	for line := range bytes.Lines(out) {
		if _, found, ok := strings.Cut(string(line), "killed|"); ok {
			part := strings.SplitN(strings.TrimSpace(found), "|", 3)
			t.Logf("killed by seed %s, %s: %s", part[0], part[1], part[2])
			return part[0], part[1]
		}
	}
	t.Errorf("%s (%s) lives after %d seeds", b.name, b.what, killWithin)
	return "survived", ""
}

// overlay writes the changed files of b and tells the build where they are.
func overlay(t *testing.T, dir string, b bug) string {
	t.Helper()
	changed := map[string]string{}
	for _, e := range b.edits {
		text, ok := changed[e.file]
		if !ok {
			raw, err := os.ReadFile(e.file)
			if err != nil {
				t.Fatal(err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s: the text to change stands %d times in %s, expected once:\n%s", b.name, n, e.file, e.old)
		}
		changed[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	replace := map[string]string{}
	for file, text := range changed {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[file] = path
	}
	out, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCatalogue checks the catalogue itself: names, and that every text to change is there.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, b := range catalogue() {
		if names[b.name] || b.what == "" || len(b.edits) == 0 {
			t.Errorf("%q is doubled or says nothing", b.name)
		}
		names[b.name] = true
		for _, e := range b.edits {
			raw, err := os.ReadFile("../../" + e.file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(raw), e.old); n != 1 || e.old == e.new {
				t.Errorf("%s: the text to change stands %d times in %s, expected once:\n%s", b.name, n, e.file, e.old)
			}
		}
	}
	if len(names) < 40 {
		t.Errorf("%d bugs, expected 40 or more", len(names))
	}
}
