// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

var errNoStrace = errors.New("strace is missing or may not trace here")

// traced is the program under strace, which writes one line for each flush.
func (b *bench) traced(ctx context.Context, name string, rules ...string) (line []string, trace string, err error) {
	if out, err := exec.CommandContext(ctx, "strace", "-f", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil { //nolint:gosec // nothing of it comes from outside
		return nil, "", fmt.Errorf("%w: %s", errNoStrace, out)
	}
	trace = filepath.Join(b.work, name+".trace")
	line = []string{"strace", "-D", "-f", "-qq", "-o", trace, "-e", "trace=fdatasync,fsync"}
	return append(append(line, rules...), b.program()), trace, nil
}

// flushes counts what strace has seen so far. It writes its lines when a call returns.
func flushes(trace string) int {
	text, err := os.ReadFile(trace) //nolint:gosec // our own folder
	if err != nil {
		return 0
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		// A call that was interrupted by another thread's has a second line, "resumed".
		if strings.Contains(line, "sync(") {
			n++
		}
	}
	return n
}

// settled counts once nothing has been flushed for a while.
func settled(ctx context.Context, trace string) (int, error) {
	for last := -1; ; {
		n := flushes(trace)
		if n == last {
			return n, nil
		}
		last = n
		if err := wait(ctx, 300*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

func runFlushes(ctx context.Context, b *bench, r *result) error {
	if err := b.needsDisk(); err != nil {
		return err
	}
	line, trace, err := b.traced(ctx, "flushes")
	if err != nil {
		r.note("Not counted: %v.", err)
		return nil
	}
	k, err := b.openKlarna(ctx, "klarna")
	if err != nil {
		return err
	}
	defer k.stop()
	s, err := b.openShop(ctx, premises{name: "shop", lanes: 1, klarna: k.base, program: line})
	defer s.close()
	if err != nil {
		return err
	}
	if err = s.staff(ctx, 1); err != nil {
		return err
	}
	var code, whole []float64
	for n := range b.pick(10, 2) {
		first, all, err := s.counted(ctx, k, trace, fmt.Sprintf("F%d", n))
		if err != nil {
			return err
		}
		code, whole = append(code, float64(first)), append(whole, float64(all))
	}
	r.add("Flushes of one sale, by strace (fdatasync and fsync)", "", plain("before the code is shown", "", code...),
		plain("of the whole sale, polled, up to the capture", "", whole...))
	r.goal("G5 code", quantile(code, 0.5), "")
	r.goal("G5 sale", quantile(whole, 0.5), fmt.Sprintf("%g commits of two flushes each", quantile(whole, 0.5)/2))
	return nil
}

// counted makes one whole sale: code, scan, yes, approved, acknowledged, captured.
func (s *shop) counted(ctx context.Context, k *klarna, trace, id string) (code, whole int, err error) {
	before, err := settled(ctx, trace)
	if err != nil {
		return 0, 0, err
	}
	t := s.tills[0]
	if err = t.pay(id); err != nil {
		return 0, 0, err
	}
	shown, err := t.hear(func(s said) bool { return s.Type == "display" && s.QR != "" })
	if err != nil {
		return 0, 0, err
	}
	if _, err = s.screens[0].code(); err != nil {
		return 0, 0, err
	}
	code = flushes(trace) - before
	if err = k.phone(ctx, shown.QR, "open"); err != nil {
		return 0, 0, err
	}
	if _, err = t.hear(func(s said) bool { return s.Type == "progress" && s.Phase == "scanned" }); err != nil {
		return 0, 0, err
	}
	if err = k.phone(ctx, shown.QR, "approve"); err != nil {
		return 0, 0, err
	}
	end, err := t.hear(ofType("result", id))
	if err == nil {
		err = t.confirm(end)
	}
	if err != nil {
		return 0, 0, err
	}
	after, err := settled(ctx, trace)
	return code, after - before, err
}
