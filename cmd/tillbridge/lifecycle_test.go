// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRow62ASecondDaemonLeavesTheFirstAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.pay()
	s.phase("waiting")
	second := start(t, "serve", "--config", s.file)
	<-second.ended
	if code := second.command.ProcessState.ExitCode(); code != exitLocked {
		t.Errorf("the second daemon ended with %d, want %d; it said %s", code, exitLocked, second.log())
	}
	if !second.has("another tillbridge runs on") {
		t.Errorf("the second daemon said %q, want to hear of the first", second.log())
	}
	s.phone("approve")
	if got := s.end().Outcome; got != "approved" {
		t.Errorf("the till heard %q, want approved", got)
	}
}

func TestRow63AStopParksOpenPayments(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SIGTERM is of other systems")
	}
	t.Parallel()
	s := newShop(t)
	s.pay()
	s.phase("waiting")
	began := time.Now()
	if err := s.daemon.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.daemon.ended
	if code := s.daemon.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("ended with %d, want 0; it said %s", code, s.daemon.log())
	}
	t.Logf("stopping took %s", time.Since(began))
	s.phone("approve")
	s.restart()
	if got := s.end().Outcome; got != "approved" {
		t.Errorf("the till heard %q, want approved", got)
	}
}

func TestTimingsApplyWithoutARestart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "till_grace: 5s", "till_grace: 6s", 1)
	changed = strings.Replace(changed, "terminal_reference: T03", "terminal_reference: T04", 1)
	write(t, s.file, changed)
	s.eventually("the change", func() bool { return s.daemon.has("configuration applied") })
	if !s.daemon.has("restart to apply") {
		t.Error("a change of the terminal must be said to need a restart")
	}
	write(t, s.file, "version: 1\nlanes: nonsense\n")
	s.eventually("the refusal", func() bool { return s.daemon.has("changed configuration not taken") })
	if code := s.get(s.web+"/health", nil); code != http.StatusOK {
		t.Errorf("health answers %d after a broken file, want 200", code)
	}
}
