// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain adds -update, which rewrites what is generated (testdata/matrix.txt and the drawing), and
// -exhaustive. More random lives than the default are drawn with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite generated files")
	flag.Bool("exhaustive", false, "follow every event from every payment that can be reached; takes a minute")
	for name, value := range map[string]string{"rapid.checks": "1000", "rapid.nofailfile": "true"} {
		if f := flag.Lookup(name); f != nil {
			_ = f.Value.Set(value) // a default; the command line is read later
		}
	}
	m.Run()
}

// given reports whether a flag without a value is set.
func given(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() == "true"
}

// golden compares got with a file of testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if given("update") {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := firstDifference(got, strings.ReplaceAll(string(want), "\r\n", "\n")); diff != "" {
		t.Errorf("%s is out of date (rewrite it with -update and review it):\n%s", path, diff)
	}
}

// firstDifference shows the first line in which two texts differ, and nothing if there is none.
func firstDifference(got, want string) string {
	if got == want {
		return ""
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			return "got  " + lineOr(g, i) + "\nwant " + lineOr(w, i)
		}
	}
	return ""
}

func lineOr(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
