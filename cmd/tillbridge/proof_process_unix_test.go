// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"net/http"
	"syscall"
	"testing"
)

func (s *shop) signal(what syscall.Signal) {
	s.t.Helper()
	if err := s.daemon.command.Process.Signal(what); err != nil {
		s.t.Fatal(err)
	}
}

// A stop parks every sale, whatever its state, and ends with 0 and without a word that is not so.
func TestProofStopInEachState(t *testing.T) {
	t.Parallel()
	eachMoment(t, ordinary, func(s *shop) {
		s.signal(syscall.SIGTERM)
		<-s.daemon.ended
		if code := s.daemon.command.ProcessState.ExitCode(); code != 0 {
			s.t.Errorf("ended with %d, want 0; it said %s", code, s.daemon.log())
		}
		s.comeBack()
		s.restart()
		s.proved("approved")
	})
}

// A second stop while the first goes on kills; that is a crash like any other.
func TestProofImpatientStop(t *testing.T) {
	t.Parallel()
	eachMoment(t, ordinary, func(s *shop) {
		s.signal(syscall.SIGTERM)
		_ = s.daemon.command.Process.Signal(syscall.SIGTERM) // it may have ended already
		<-s.daemon.ended
		s.comeBack()
		s.restart()
		s.proved("approved")
	})
}

// A frozen daemon misses an hour of Klarna's time, in which the customer decides and requests expire.
func TestProofFrozenWhileTheWorldGoesOn(t *testing.T) {
	t.Parallel()
	eachMoment(t, ordinary, func(s *shop) {
		s.signal(syscall.SIGSTOP)
		s.comeBack()
		s.call(http.MethodPost, s.sandbox+"/sandbox/clock", map[string]any{"advance": "1h"}, nil)
		s.signal(syscall.SIGCONT)
		s.proved()
	})
}
