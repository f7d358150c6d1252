// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside us.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
	log     string // path
	first   chan string
}

// launch starts a program whose first line of output can be waited for; all of it goes into a log.
func (b *bench) launch(ctx context.Context, name string, env, line []string) (*process, error) {
	log, err := os.Create(filepath.Join(b.work, name+".log")) //nolint:gosec // in our own folder
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan struct{}), log: log.Name(), first: make(chan string, 1)}
	p.command = exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // the programs are ours to choose
	p.command.Env = append(os.Environ(), env...)
	p.command.Stderr = log
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if err = p.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 0 {
				p.first <- lines.Text()
			}
			_, _ = fmt.Fprintln(log, lines.Text()) // a log for people
		}
		_ = p.command.Wait() // how it ended is in its log
		_ = log.Close()
	}()
	return p, nil
}

// said waits for the program's first line.
func (p *process) said() (string, error) {
	select {
	case line := <-p.first:
		return line, nil
	case <-p.ended:
		return "", fmt.Errorf("%s ended: %s", p.command.Path, p.tail())
	case <-time.After(time.Minute):
		return "", fmt.Errorf("%s said nothing for a minute", p.command.Path)
	}
}

// tail is the end of its log.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}

// kill ends it as a power cut would.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may be gone already
	<-p.ended
}

// stop asks it to end and waits for that.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.kill()
	}
}

// status is a number of kB that the kernel tells about the process, in MiB.
func (p *process) status(name string) float64 { return statusOf(p.command.Process.Pid, name) }

func statusOf(pid int, name string) float64 {
	fields := strings.Fields(firstOf(fmt.Sprintf("/proc/%d/status", pid), name))
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kib / 1024
}

// cpu is the processor time that the process has used, in ns. The kernel counts it in ticks of 10 ms.
func (p *process) cpu() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64) // a number, says proc(5)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) * float64(10*time.Millisecond)
}

// freePort is an address on this machine that nobody listens on, and that was not handed out before. It is below
// those that Linux gives to whoever connects (32768 and up).
func (b *bench) freePort(ctx context.Context) (string, error) {
	for ; b.port < 22_000; b.port++ {
		at := fmt.Sprintf("127.0.0.1:%d", 10_000+(b.port+os.Getpid()*97)%22_000)
		if ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at); err == nil {
			b.port++
			return at, ln.Close()
		}
	}
	return "", errors.New("no free port is left")
}

// until asks again until the answer is yes, for a minute.
func until(ctx context.Context, every time.Duration, is func() bool) error {
	again := time.NewTicker(every)
	defer again.Stop()
	limit := time.After(time.Minute)
	for !is() {
		select {
		case <-again.C:
		case <-limit:
			return errors.New("waited for a minute in vain")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
