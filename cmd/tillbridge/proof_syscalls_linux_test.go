// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sweep bounds how many occurrences of each system call are made to fail; scripts/prove asks for all.
//
//nolint:gochecknoglobals // a test flag
var sweep = flag.Int("sweep", 1, "occurrences of each system call that fail, one per sale")

// TestProofSystemCalls lets the disk's system calls of one sale fail, one after the other: the first
// pwrite64 of a thread, the second, and so on until none is left. The daemon may stop, or never start;
// started again, it tells the truth.
func TestProofSystemCalls(t *testing.T) {
	t.Parallel()
	needsStrace(t)
	failures := []string{"error=EIO", "error=ENOSPC", "signal=KILL"}
	if *sweep == 1 {
		failures = failures[:1]
	}
	for _, call := range []string{"pwrite64", "fdatasync", "fsync", "ftruncate", "openat", "rename,renameat,renameat2,link,linkat"} {
		for _, failure := range failures {
			t.Run(call+" "+failure, func(t *testing.T) {
				t.Parallel()
				fired := 0
				for n, missed := 1, 0; n <= *sweep && missed < 2; n++ {
					missed++
					if failedCall(t, call, fmt.Sprintf("%s:when=%d", failure, n)) {
						fired, missed = fired+1, 0
					}
				}
				t.Logf("swept %s %s: %d points", call, failure, fired)
			})
		}
	}
}

// needsStrace skips where system calls cannot be made to fail.
func needsStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is missing: no system call is made to fail")
	}
	if out, err := exec.CommandContext(t.Context(), "strace", "-f", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v: %s", err, out)
	}
}

// failedCall makes one sale under one rule of strace and reports whether the rule struck.
func failedCall(t *testing.T, call, rule string) bool {
	t.Helper()
	dir := t.TempDir()
	data, trace := filepath.Join(dir, "data"), filepath.Join(dir, "trace")
	under := []string{ // --seccomp-bpf would be faster, and of signals it sends the first alone (strace 6.1)
		"strace", "-D", "-f", "-qq", "-o", trace,
		"-e", "trace=" + call, "-e", "inject=" + call + ":" + rule,
	}
	if call == "openat" { // the others of a process that starts are none of a sale
		for _, name := range []string{"journal.db", "journal.db.reserve", "keys"} {
			under = append(under, "-P", filepath.Join(data, name))
		}
	}
	s := openDoors(t, premises{data: data, under: under})
	s.sell()
	killed := s.daemon.gone()
	s.daemon.kill()
	said, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	s.restart()
	s.proved("approved")
	if strings.HasPrefix(rule, "signal=KILL") {
		return killed // nothing else kills it
	}
	return bytes.Contains(said, []byte("(INJECTED)"))
}
