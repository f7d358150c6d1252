// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// asProgram makes the test binary be the program (TestMain).
const asProgram = "TILLBRIDGE_AS_PROGRAM"

// transcript keeps what somebody said, for reading while it goes on.
type transcript struct {
	mu  sync.Mutex
	out bytes.Buffer // guarded by mu
}

func (p *transcript) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *transcript) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *transcript) has(text string) bool { return strings.Contains(p.log(), text) }

// process is the program, running on its own.
type process struct {
	transcript

	command *exec.Cmd
	ended   chan struct{}
}

// kill is a power cut for the process: nothing of it runs on.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may be gone already
	<-p.ended
}

// start runs the program with these arguments, until the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startUnder(t, nil, args...)
}

// startUnder runs the program under a command, such as a tracer, that takes it as its arguments.
func startUnder(t *testing.T, under []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launch(t, append(append(slices.Clone(under), self), args...)...)
}

// launch runs any program, until the test ends.
func launch(t *testing.T, line ...string) *process {
	t.Helper()
	p := &process{command: exec.Command(line[0], line[1:]...), ended: make(chan struct{})} //nolint:noctx // killed below
	p.command.Env = append(os.Environ(), asProgram+"=1")
	p.command.Stdout, p.command.Stderr = p, p
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // killed, or its log says why
	}()
	t.Cleanup(p.kill)
	return p
}
