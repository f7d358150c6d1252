// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/demo"
	"tillbridge/terminal/terminaltest"
)

// supervised makes processes of the test binary. Their notes tell in which order they lived.
func supervised(t *testing.T, names ...string) (s demo.Supervisor, notes func() string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "notes")
	t.Setenv(childVariable, file)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		at := terminaltest.FreePort(t)
		s.Children = append(s.Children, demo.Child{
			Name: name, Executable: self, Health: "http://" + at + "/health", Args: func() []string { return []string{name, at} },
		})
	}
	return s, func() string {
		b, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(b)
	}
}

// get asks a process; "" means that it did not answer.
func get(ctx context.Context, c demo.Child, path string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Health, "/health")+path, http.NoBody)
	if err != nil {
		return ""
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

func TestSupervisorStartsRestartsAndStopsInOrder(t *testing.T) {
	s, notes := supervised(t, "first", "second")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("Run() = %v before it was ready", err)
	}
	if got, want := notes(), "start first\nstart second\n"; got != want {
		t.Errorf("when ready the notes are %q, want %q", got, want)
	}

	before := get(ctx, s.Children[1], "/pid")
	get(ctx, s.Children[1], "/die")
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	after := ""
	for after == "" || after == before {
		<-again.C
		after = get(ctx, s.Children[1], "/pid")
	}
	if before == "" {
		t.Error("the second process did not tell its number")
	}
	if got, want := notes(), "start first\nstart second\nstart second\n"; got != want {
		t.Errorf("after a death the notes are %q, want %q", got, want)
	}

	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	if got, want := notes(), "start first\nstart second\nstart second\nstop second\nstop first\n"; got != want {
		t.Errorf("at the end the notes are %q, want %q", got, want)
	}
	for _, c := range s.Children {
		if pid := get(t.Context(), c, "/pid"); pid != "" {
			t.Errorf("%s still answers after Run as process %s", c.Name, pid)
		}
	}
}

func TestSupervisorSaysWhyOneDidNotStart(t *testing.T) {
	s, notes := supervised(t, "first", "broken", "never")
	err := s.Run(t.Context(), func() { t.Error("ready with a broken process") })
	if err == nil || !strings.Contains(err.Error(), "broken") || !strings.Contains(err.Error(), "the device is not there") {
		t.Errorf("Run() = %v, want the process and what it said", err)
	}
	if got, want := notes(), "start first\nstop first\n"; got != want {
		t.Errorf("the notes are %q, want %q", got, want)
	}
}

func TestSupervisorStopsWhileItStarts(t *testing.T) {
	s, _ := supervised(t, "first")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Run(ctx, func() { t.Error("ready though stopped") }); err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
}

// TestPowerCut: the process is not asked to stop, and Works hears each time that it works again.
func TestPowerCut(t *testing.T) {
	s, notes := supervised(t, "first")
	plug, works := &demo.Plug{}, make(chan string, 9)
	child := &s.Children[0]
	child.Power = plug
	child.Works = func(ctx context.Context) error {
		works <- get(ctx, *child, "/pid")
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, func() {}) }()
	before := <-works
	plug.Pull()
	plug.Pull() // a dead process does not die twice
	if after := <-works; before == "" || after == "" || after == before {
		t.Errorf("before the cut process %q, after it %q: want two", before, after)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run() = %v, want nil", err)
	}
	if got, want := notes(), "start first\nstart first\nstop first\n"; got != want {
		t.Errorf("the notes are %q, want %q: no last word at the cut", got, want)
	}
}
