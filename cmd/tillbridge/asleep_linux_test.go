// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What the machine slept and what it was awake make up the time since it booted. The clocks are read around it, so that
// the truth lies in between.
func TestAsleepIsWhatTheBootClockHasMore(t *testing.T) {
	t.Parallel()
	read := func(clock int32) int64 {
		var at unix.Timespec
		if err := unix.ClockGettime(clock, &at); err != nil {
			t.Skip("no such clock here:", err)
		}
		return at.Nano()
	}
	awake := read(unix.CLOCK_MONOTONIC)
	most := read(unix.CLOCK_BOOTTIME) - awake
	slept := asleep().Nanoseconds()
	all := read(unix.CLOCK_BOOTTIME)
	later := read(unix.CLOCK_MONOTONIC)
	if least := all - later - (later - awake); slept > most || slept < least {
		t.Errorf("it slept %d ns, want %d to %d", slept, least, most)
	}
}
