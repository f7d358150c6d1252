// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"io"
	"strings"
	"testing"
	"time"
)

func TestNextPause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ last, ran, want time.Duration }{
		"the first death":                   {0, time.Millisecond, 250 * time.Millisecond},
		"one right after":                   {250 * time.Millisecond, time.Millisecond, 500 * time.Millisecond},
		"many in a row":                     {4 * time.Second, time.Second, 5 * time.Second},
		"it stays at the longest":           {5 * time.Second, time.Second, 5 * time.Second},
		"a long life makes it forget a row": {5 * time.Second, time.Minute, 250 * time.Millisecond},
	} {
		if got := nextPause(test.last, test.ran); got != test.want {
			t.Errorf("%s: nextPause(%s, %s) = %s, want %s", name, test.last, test.ran, got, test.want)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	said := &tail{name: "daemon", out: &sharedWriter{out: &out}}
	for _, part := range []string{"one\ntw", "o\n", "", "thr"} {
		if n, err := io.WriteString(said, part); n != len(part) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", part, n, err)
		}
	}
	if got, want := out.String(), "daemon  | one\ndaemon  | two\n"; got != want {
		t.Errorf("passed on %q, want %q", got, want)
	}
	if got, want := said.words(), "one\ntwo\nthr"; got != want {
		t.Errorf("words() = %q, want %q", got, want)
	}
	if got := said.words(); got != "" {
		t.Errorf("words() = %q the second time, want none", got)
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	said := &tail{name: "daemon", out: &sharedWriter{out: io.Discard}}
	for range 1000 {
		_, _ = io.WriteString(said, strings.Repeat("x", 1000)+"\n")
	}
	_, _ = io.WriteString(said, strings.Repeat("y", 1<<20)) // without an end
	if got := len(said.words()); got > (tailLines+1)*(1<<20) || len(said.part) > maxLine {
		t.Errorf("kept %d bytes", got)
	}
}
