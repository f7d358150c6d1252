// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// stopWait is how long a process may take to end before it is killed.
	stopWait = 8 * time.Second
	// tailLines is how much of a dead process's last words is repeated.
	tailLines = 12
	// maxLine bounds one line that is kept of a process's output, in bytes.
	maxLine = 4 << 10
)

// Child is one process that a Supervisor looks after.
type Child struct {
	Name       string
	Executable string
	Args       func() []string // asked at every start
	Health     string          // an address that answers 200 once the process works
	Power      *Plug           // lets others kill it; may be nil
	// Works is called each time the process has begun to work, also after it was started again; may be nil.
	Works func(context.Context) error
}

// blackout is how long a process stays dead whose power was cut: long enough for people to see it.
const blackout = 3 * time.Second

// Plug is a process's power. It may be used by any number of goroutines.
type Plug struct {
	mu      sync.Mutex
	process *os.Process // guarded by mu; nil while there is none
	cuts    int         // guarded by mu
	dark    bool        // guarded by mu; the process died of it and has not been started again
}

// Pull kills the process as a power cut does: it is not asked and writes nothing more (SIGKILL).
func (p *Plug) Pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil && !p.dark && p.process.Kill() == nil {
		p.dark = true
		p.cuts++
	}
}

// state is the process's number, 0 while it is dead, and how often it was killed.
func (p *Plug) state() (process, cuts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil || p.dark {
		return 0, p.cuts
	}
	return p.process.Pid, p.cuts
}

// power notes the process that runs now, or nil once it has ended.
func (p *Plug) power(process *os.Process) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process = process; process != nil {
		p.dark = false
	}
}

// pause is how long the process stays dead; 0 if it was not killed.
func (p *Plug) pause() time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dark {
		return blackout
	}
	return 0
}

// run starts the process and waits for its end. When ctx ends the process is asked to stop, and killed
// when it does not.
func (c Child) run(ctx context.Context, output io.Writer) error {
	cmd := exec.CommandContext(ctx, c.Executable, c.Args()...) //nolint:gosec // G204: our own program
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = apart()
	cmd.WaitDelay = stopWait
	cmd.Cancel = func() error {
		if cmd.Process.Signal(syscall.SIGTERM) == nil {
			return nil
		}
		return cmd.Process.Kill() // a system that knows no such signal
	}
	err := cmd.Start()
	if err == nil {
		c.Power.power(cmd.Process)
		err = cmd.Wait()
		c.Power.power(nil)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		err = errors.New("it ended by itself")
	}
	return fmt.Errorf("%s: %w", c.Name, err)
}

// tail passes a process's lines on, and keeps the last ones.
type tail struct {
	name string
	out  *sharedWriter

	mu   sync.Mutex
	part []byte   // guarded by mu; a line that has not ended
	last []string // guarded by mu
}

// Write implements io.Writer. It never fails: a process must not die of its own words.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, b...)
	for {
		line, rest, ended := strings.Cut(string(t.part), "\n")
		if !ended && len(t.part) < maxLine {
			return len(b), nil
		}
		t.part = []byte(rest)
		t.keep(line)
	}
}

func (t *tail) keep(line string) {
	t.out.line(t.name, line)
	t.last = append(t.last, line)
	if len(t.last) > tailLines {
		t.last = t.last[1:]
	}
}

// words is what the process said last, and forgets it.
func (t *tail) words() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := strings.TrimSpace(strings.Join(append(t.last, string(t.part)), "\n"))
	t.last, t.part = nil, nil
	return said
}

// sharedWriter is one writer for the lines of several processes.
type sharedWriter struct {
	mu  sync.Mutex
	out io.Writer // used under mu
}

func (w *sharedWriter) line(name, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintf(w.out, "%-8s| %s\n", name, text) // nobody reads it any more if this fails
}
