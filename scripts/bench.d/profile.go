// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// owner is who a sample belongs to: the first that matches, from the innermost frame outwards.
type owner struct {
	name   string
	frames []string
	about  string
}

func owners() []owner {
	return []owner{
		{"the code's modules (skip2/go-qrcode)", []string{"github.com/skip2/"}, "The library makes a new polynomial for each step of its Reed-Solomon arithmetic, and scores eight masks on matrices of booleans. It is asked once per code, outside of every lock and while the answer is made durable."},
		{"flushes and pages (bbolt)", []string{"go.etcd.io/bbolt."}, "Writing pages and the two flushes of each commit; a flush also waits, which no profile of the processor shows."},
		{"records and snapshots (store)", []string{"tillbridge/store."}, "JSON, checksum and hash of each record, and the snapshot that it leads to."},
		{"calls to Klarna (klarna, net/http, TLS)", []string{"tillbridge/klarna.", "net/http.", "crypto/tls."}, "One request for each write and each read, over a kept connection; and net/http's server where a screen connects."},
		{"the till's lines (terminal)", []string{"tillbridge/terminal"}, "JSON in and out."},
		{"views (display, gorilla/websocket)", []string{"tillbridge/display.", "github.com/gorilla/"}, "A whole view as JSON for each change."},
		{"decisions (engine, payment)", []string{"tillbridge/engine.", "tillbridge/payment."}, "The core and its state machine."},
		{"the log (slog)", []string{"log/slog."}, "One line for each change of a payment."},
		{"the rest of the program", []string{"tillbridge/", "main."}, ""},
		{"memory, scheduling, waiting (Go's runtime)", []string{""}, "Collecting garbage, waking goroutines, and the network poller."},
	}
}

// shares adds up a profile as `go tool pprof -traces` prints it: blocks of a value and its innermost frame, then
// the frames around it.
func shares(traces string) map[string]time.Duration {
	sums := map[string]time.Duration{}
	for block := range strings.SplitSeq(traces, "-----------+") {
		var value time.Duration
		var stack []string
		for line := range strings.Lines(block) {
			fields := strings.Fields(line)
			if len(fields) == 0 || strings.HasPrefix(fields[0], "---") {
				continue
			}
			if d, err := time.ParseDuration(fields[0]); err == nil && len(stack) == 0 && len(fields) > 1 {
				value, fields = d, fields[1:]
			}
			stack = append(stack, fields[0])
		}
		if value > 0 {
			sums[ownerOf(stack)] += value
		}
	}
	return sums
}

func ownerOf(stack []string) string {
	all := owners()
	rest := all[len(all)-1]
	for _, frame := range stack {
		for _, o := range all[:len(all)-1] {
			if slices.ContainsFunc(o.frames, func(f string) bool { return strings.HasPrefix(frame, f) }) {
				return o.name
			}
		}
	}
	return rest.name
}

func runProfile(ctx context.Context, b *bench, r *result) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	file := filepath.Join(b.root, "tmp", "bench", "cpu.pprof") // it stays, for whoever wants to look closer
	program := filepath.Join(b.root, "tmp", "bench", "program.test")
	const lanes = 50
	s, err := b.openShop(ctx, premises{
		name: "shop", lanes: lanes, klarna: m.base, root: m.root,
		program: []string{"env", "TILLBRIDGE_AS_PROGRAM=1", "TILLBRIDGE_CPU_PROFILE=" + file, program},
	})
	defer s.close()
	if err != nil {
		return err
	}
	if err = s.staff(ctx, lanes); err != nil {
		return err
	}
	g := newStage(m)
	g.shops[lineProgram] = s
	sales := b.pick(4000, 300)
	if _, err = g.alone(lineProgram, sales)(ctx); err != nil {
		return err
	}
	s.stop()
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", program, file).CombinedOutput() //nolint:gosec // our own files
	if err != nil {
		return fmt.Errorf("go tool pprof: %w: %s", err, out)
	}
	sums := shares(string(out))
	var total time.Duration
	for _, d := range sums {
		total += d
	}
	if total == 0 {
		return fmt.Errorf("the profile is empty: %s", out)
	}
	all := owners()
	slices.SortStableFunc(all, func(a, b owner) int { return cmp.Compare(sums[b.name], sums[a.name]) })
	var rows []row
	for _, o := range all {
		rows = append(rows, plain(o.name, "%", 100*float64(sums[o.name])/float64(total)))
	}
	r.add(fmt.Sprintf("Processor time of %d sales one after the other, each with its cancel: %.2f ms a sale", sales, total.Seconds()*1000/float64(sales)), "", rows...)
	for i, o := range all[:3] {
		r.note("%d. %s: %.0f %%. %s", i+1, o.name, 100*float64(sums[o.name])/float64(total), o.about)
	}
	return nil
}
