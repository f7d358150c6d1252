// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"time"
)

// FNV-1a, 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// script is the record of a run: a hash always, lines if they are wanted.
type script struct {
	keep  bool
	hash  uint64
	lines []string
}

func (s *script) mix(text string) {
	h := s.hash
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * fnvPrime
	}
	s.hash = (h ^ 0x1f) * fnvPrime
}

// say records that something happened: what, to whom, and more about it.
func (w *world) say(what, who, more string) {
	s := &w.script
	s.hash = (s.hash ^ uint64(w.now)) * fnvPrime
	s.mix(what)
	s.mix(who)
	s.mix(more)
	if s.keep {
		s.lines = append(s.lines, fmt.Sprintf("%s  %-18s %-16s %s", clock(w.now), what, who, more))
	}
}

// sayf is say with details that are only made when somebody reads them. They are not hashed.
func (w *world) sayf(what, who, format string, args ...any) {
	if w.script.keep {
		w.say(what, who, fmt.Sprintf(format, args...))
	} else {
		w.say(what, who, "")
	}
}

func clock(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%3d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// fail records a broken promise and ends the run.
func (w *world) fail(invariant, format string, args ...any) {
	v := Violation{Invariant: invariant, At: w.now, What: fmt.Sprintf(format, args...)}
	w.oracle.violations = append(w.oracle.violations, v)
	w.say("VIOLATION", invariant, v.What)
	w.stopped = true
}
