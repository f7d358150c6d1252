// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
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
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{command: exec.Command(self, args...), ended: make(chan struct{})} //nolint:noctx // killed below
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

// freePort is an address that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() //nolint:errcheck // it was never used
	return ln.Addr().String()
}
