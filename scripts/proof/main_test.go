// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestEveryRowIsHeldOrOpen is the rule itself: no row of the catalogue without a test.
func TestEveryRowIsHeldOrOpen(t *testing.T) {
	t.Parallel()
	h, err := heldRows(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if err = wrongRows(h); err != nil {
		t.Error(err)
	}
}

func TestRowsAreFoundWhereTestsNameThem(t *testing.T) {
	t.Parallel()
	const head = "package x\n\n"
	tests := map[string]struct {
		name, text string
		want       []string
	}{
		"in the name":           {"a/x_test.go", head + "func TestRow7NoFloats() {}", []string{"7: a.TestRow7NoFloats"}},
		"two in the name":       {"a/x_test.go", head + "func TestRow58AndRow72X() {}", []string{"58: a.TestRow58AndRow72X", "72: a.TestRow58AndRow72X"}},
		"two, said once":        {"a/x_test.go", head + "func TestRow3And4X() {}", []string{"3: a.TestRow3And4X", "4: a.TestRow3And4X"}},
		"with a letter":         {"a/x_test.go", head + "func TestRow74aSilence() {}", []string{"74a: a.TestRow74aSilence"}},
		"an article behind it":  {"a/x_test.go", head + "func TestRow21ALine() {}", []string{"21: a.TestRow21ALine"}},
		"in a case":             {"a/x_test.go", head + "func TestX() { _ = \"row 6: negative\" }", []string{"6: a.TestX"}},
		"in a comment above":    {"a/x_test.go", head + "// Row 53: a replay.\nfunc TestX() {}", []string{"53: a.TestX"}},
		"several in a sentence": {"a/x_test.go", head + "func TestX() { _ = \"rows 5 and 9: other\" }", []string{"5: a.TestX", "9: a.TestX"}},
		"in a script":           {"a/pay.txtar", "# row 33: screens\n", []string{"33: a/pay.txtar"}},
		"not in the program":    {"a/x.go", head + "// Row 53: a replay.\nfunc x() {}", nil},
		"not outside a test":    {"a/x_test.go", head + "// Row 53: a replay.\n\nvar x = 1", nil},
		"no row at all":         {"a/x_test.go", head + "func TestX() { _ = \"arrow 6\" }", nil},
		"a longer number":       {"a/x_test.go", head + "func TestX() { _ = \"row 600\" }", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := heldRows(fstest.MapFS{tt.name: {Data: []byte(tt.text)}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for row, tests := range h {
				got = append(got, row+": "+strings.Join(tests, ", "))
			}
			if slices.Sort(got); !slices.Equal(got, tt.want) {
				t.Errorf("heldRows(%s) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestARowWithoutATestIsWrong(t *testing.T) {
	t.Parallel()
	h := held{}
	for _, row := range rows() {
		h[row] = []string{"a.TestX"}
	}
	if err := wrongRows(h); err != nil {
		t.Fatalf("wrongRows of all = %v, want nil", err)
	}
	delete(h, "74b")
	if err := wrongRows(h); err == nil || !strings.Contains(err.Error(), "row 74b") {
		t.Errorf("wrongRows without 74b = %v, want it named", err)
	}
	if got := len(rows()); got != 77 {
		t.Errorf("%d rows, want 77: 1 to 75, 74a and 74b", got)
	}
}

// whole is what the logs of a run that reaches every goal of pr say.
func whole() map[string]string {
	const end = "prove: ended with 0 after 7 s\n"
	var fuzzed strings.Builder
	for i := range 14 {
		fmt.Fprintf(&fuzzed, "check: fuzz ./a FuzzX%d: execs: 100\n", i)
	}
	return map[string]string{
		"sim-00000001.log": "    sim_test.go:1: 2500 seeds, 100 payments, 50 charges, 9 crashes, 800 events, 1 before a person, 99 seeds/s\n" + end,
		"sim-00002501.log": "    sim_test.go:1: 2500 seeds, 100 payments, 50 charges, 9 crashes, 800 events, 0 before a person, 99 seeds/s\n" + end,
		"a.faults":         "| fault | fired |\n|---|---|\n| crash | 6 |\n",
		"b.faults":         "| fault | fired |\n|---|---|\n| crash | 4 |\n",
		"planted.bugs":     "| bug | what | seeds | by |\n|---|---|---|---|\n" + strings.Repeat("| b | w | 3 | I1 |\n", 40) + "\n| promise | bugs |\n|---|---|\n| I1 | 40 |\n",
		"images.log":       "    images_test.go:1: images: built=50000 opened=49000 damage_seen=1000 complete_sets=7 sampled_sets=8 lives=2 first_life=1\n" + end,
		"kills.log":        strings.Repeat("    kill_test.go:1: killed the daemon 4 times\n", 25) + end,
		"calls.log":        "    p_test.go:1: swept fsync error=EIO: 20 points\n" + end,
		"fuzz.log":         fuzzed.String() + end,
		"all.cover":        "mode: set\ntillbridge/engine/a.go:1.1,2.2 4 1\ntillbridge/engine/a.go:3.1,4.2 1 0\n",
		"replay.log":       end, "bugs.log": end, "explore.log": end, "histories.log": end, "cover.log": end,
	}
}

func read(t *testing.T, files map[string]string) (*results, error) {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	r, err := readResults(folder)
	if r != nil {
		r.matrix = [2]int{6, 6}
	}
	return r, err
}

func TestAWholeRunReachesItsGoals(t *testing.T) {
	t.Parallel()
	r, err := read(t, whole())
	if err != nil {
		t.Fatal(err)
	}
	if err = goals()["pr"].missed(r); err != nil {
		t.Fatal(err)
	}
	text := page("pr", r)
	for _, want := range []string{
		"\n## Planted bugs\n", "40 of 40 were killed", "| promise | bugs |", "5000 seeds, 200 payments, 100 charges, 18 crashes", "| crash | 10 |",
		"50000 images", "100 kills", "| fsync error=EIO | 20 |", "| a FuzzX13 | 100 |", "| engine | 4 | 5 | 80.0 |", "| 74b | none |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if got := r.stages[slices.IndexFunc(r.stages, func(s stage) bool { return s.name == "sim" })].seconds; got != 14 {
		t.Errorf("sim took %d s, want its parts together: 14", got)
	}
	if err = goals()["night"].missed(r); err == nil || !strings.Contains(err.Error(), "seeds: 5000, at least 200000") {
		t.Errorf("as a night's work it missed %v, want the seeds among it", err)
	}
}

// A page must not come out of a run that something is missing from.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, text string // "" takes the file away
		want       string
	}{
		"a stage that did not run": {"replay.log", "", "stage replay has not run"},
		"a stage that failed":      {"replay.log", "prove: ended with 1 after 3 s\n", "stage replay failed"},
		"a stage cut off":          {"replay.log", "ok\n", "stage replay failed, or was interrupted"},
		"one part of a stage":      {"sim-00002501.log", "prove: ended with 2 after 3 s\n", "stage sim failed"},
		"an empty cell":            {"b.faults", "| fault | fired |\n|---|---|\n| crash | 4 |\n| flood | 0 |\n", "fault flood: 0"},
		"no faults at all":         {"a.faults", "", "fault crash: 4"},
		"a bug that lives":         {"planted.bugs", "| bug | what | seeds | by |\n|---|---|---|---|\n" + "| x | y | survived |  |\n", "a planted bug lives: | x | y | survived |"},
		"too few bugs":             {"planted.bugs", "| bug |\n|---|\n| b | w | 3 | I1 |\n", "planted bugs killed: 1"},
		"no images":                {"images.log", "prove: ended with 0 after 7 s\n", "crash images: 0"},
		"a parser without fuzzing": {"fuzz.log", "check: fuzz ./a FuzzX: execs: 9\nprove: ended with 0 after 7 s\n", "parsers fuzzed: 1"},
		"calls that all went well": {"calls.log", "    p_test.go:1: swept fsync error=EIO: 0 points\nprove: ended with 0 after 1 s\n", "system calls that failed: 0"},
		"a folder hardly covered":  {"all.cover", "tillbridge/engine/a.go:1.1,2.2 4 0\n", "coverage of engine: 0.0 %"},
		"no coverage":              {"all.cover", "", "folders with coverage: 0"},
		"numbers nobody can count": {"kills.log", "    a_test.go:1: killed the daemon 99999999999999999999 times\nprove: ended with 0 after 1 s\n", "kills: 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := whole()
			files[tt.file] = tt.text
			if tt.text == "" {
				delete(files, tt.file)
			}
			r, err := read(t, files)
			if err != nil {
				t.Fatal(err)
			}
			if err = goals()["pr"].missed(r); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("missed = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestSkippedTestsAreNamedWithTheirReasons(t *testing.T) {
	t.Parallel()
	files := whole()
	files["calls.log"] = "=== RUN   TestProofSystemCalls\n    p_test.go:9: strace is missing\n--- SKIP: TestProofSystemCalls (0.00s)\n" +
		"prove: ended with 0 after 1 s\n"
	r, err := read(t, files)
	if err != nil {
		t.Fatal(err)
	}
	if err = goals()["pr"].missed(r); err != nil {
		t.Errorf("missed = %v, want nil: what the machine cannot do is no failure", err)
	}
	if text := page("pr", r); !strings.Contains(text, "- TestProofSystemCalls: strace is missing\n") {
		t.Errorf("the page does not say what was skipped:\n%s", text)
	}
}

func TestReadCoverAddsUpBinaries(t *testing.T) {
	t.Parallel()
	got, err := readCover("mode: set\ntillbridge/a/x.go:1.1,2.2 3 0\ntillbridge/a/x.go:1.1,2.2 3 1\ntillbridge/b/y.go:1.1,2.2 2 0\n")
	want := []cover{{"a", 3, 3}, {"b", 0, 2}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("readCover = %v, %v, want %v", got, err, want)
	}
	for _, broken := range []string{"one\n", "a/x.go:1.1,2.2 many 1\n", "a b c d\n"} {
		if _, err := readCover(broken); !errors.Is(err, errCover) {
			t.Errorf("readCover(%q) = %v, want errCover", broken, err)
		}
	}
}

func TestMatrixCountsCells(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "matrix.txt")
	if err := os.WriteFile(file, []byte("# all\nstate a b\nx - =\ny y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readMatrix(file)
	if err != nil || got != [2]int{3, 4} {
		t.Errorf("readMatrix = %v, %v, want 3 of 4", got, err)
	}
	if _, err = readMatrix(file + ".none"); err == nil {
		t.Error("a table that is not there was read")
	}
}

func TestWrongUseIsRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"page"}, {"rows", "all"}, {"page", "tonight", t.TempDir()}, {"pages", "pr", "x"}} {
		if err := run(args, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("run(%q) = %v, want the usage", args, err)
		}
	}
}
