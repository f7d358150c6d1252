// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// starter is a program that can be started and asked whether it is there.
type starter struct {
	name   string
	line   func(at string) []string
	env    []string
	answer func(ctx context.Context, at string) bool
	memory []float64 // resident
	own    []float64 // of it what is not a page of a file, which others share and the system can take back
}

// accepts is the first connection: what most programs call started.
func accepts(ctx context.Context, at string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// serves is the first answer to a request.
func serves(path string) func(context.Context, string) bool {
	return func(ctx context.Context, at string) bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+path, http.NoBody)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}
}

// begin is a slice: one start, until the answer; then a second for the memory, and the end.
func (s *starter) begin(b *bench) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		at, err := b.freePort(ctx)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		p, err := b.launch(ctx, "started", s.env, s.line(at))
		if err != nil {
			return nil, err
		}
		defer p.kill()
		err = until(ctx, 500*time.Microsecond, func() bool { return s.answer(ctx, at) || p.gone() })
		took := float64(time.Since(began))
		if err == nil && p.gone() {
			err = fmt.Errorf("%s ended: %s", s.name, p.tail())
		}
		if err == nil {
			err = wait(ctx, time.Second)
		}
		s.memory, s.own = append(s.memory, p.status("VmRSS")), append(s.own, p.status("RssAnon"))
		return []float64{took}, err
	}
}

const (
	lineExporter  = "prometheus-node-exporter"
	lineMosquitto = "mosquitto" //nolint:misspell // its name
)

// starters are all that is here, and the names of those that are not.
func (b *bench) starters(s *shop) (all []*starter, missing []string) {
	mini := filepath.Join(b.root, "tmp", "bench", "mini")
	all = []*starter{{name: lineProgram, env: []string{"SSL_CERT_FILE=" + s.own.root}, line: func(string) []string { return append(s.own.program, "serve", "--config", s.file) }, answer: func(ctx context.Context, _ string) bool { return s.answers(ctx) }}}
	all = append(all, &starter{name: "its libraries alone", line: func(at string) []string {
		return []string{mini, "-listen", at, "-journal", filepath.Join(b.work, "mini.db")}
	}, answer: accepts})
	for name, line := range map[string]func(program, at string) []string{
		lineExporter: func(program, at string) []string {
			return []string{program, "--web.listen-address=" + at, "--collector.disable-defaults"}
		},
		"nats-server": func(program, at string) []string {
			host, port, _ := net.SplitHostPort(at)
			return []string{program, "-a", host, "-p", port}
		},
		lineMosquitto: func(program, at string) []string {
			_, port, _ := net.SplitHostPort(at)
			return []string{program, "-p", port}
		},
	} {
		program := b.peer(name)
		if program == "" {
			missing = append(missing, name)
			continue
		}
		one := &starter{name: name, env: b.peerEnv(), line: func(at string) []string { return line(program, at) }, answer: accepts}
		if name == lineExporter {
			one.answer = serves("/")
		}
		all = append(all, one)
	}
	return all, missing
}

func runStart(ctx context.Context, b *bench, r *result) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	first := time.Now()
	s, err := b.openShop(ctx, premises{name: "shop", lanes: 1, klarna: m.base, root: m.root})
	if err != nil {
		s.close()
		return err
	}
	cold := float64(time.Since(first))
	s.close()
	all, missing := b.starters(s)
	for _, name := range missing {
		r.note("%s is not here: not measured.", name)
	}
	var players []contestant
	for _, one := range all {
		players = append(players, contestant{one.name, one.begin(b)})
	}
	reference := lineExporter
	if len(missing) > 0 && missing[0] == lineExporter {
		reference = "its libraries alone"
	}
	sc, err := play(ctx, b.pick(21, 2), players)
	if err != nil {
		return err
	}
	rows := sc.rows(players, reference, 0.5, 0)
	r.add("From exec to ready: ours answers a till's question, others accept a connection or answer a request", reference, rows...)
	r.add("The very first start, which makes journal, reserve and keys", "", plain(lineProgram, "ns", cold))
	var memory, own []row
	for _, one := range all {
		memory, own = append(memory, plain(one.name, "MiB", one.memory...)), append(own, plain(one.name, "MiB", one.own...))
	}
	r.add("Memory a second later (resident set)", "", memory...)
	r.add("Of it what is not a page of a file", "", own...)
	r.goal("G22", ratioOf(rows, lineProgram), "")
	if ours, theirs := valueOf(memory, lineProgram), valueOf(memory, lineExporter); theirs > 0 {
		r.goal("G21", ours/theirs, fmt.Sprintf("%.1f MiB, of which %.1f MiB are no pages of files; node-exporter's are %.1f; %s: %.1f MiB in all",
			ours, valueOf(own, lineProgram), valueOf(own, lineExporter), lineMosquitto, valueOf(memory, lineMosquitto)))
	}
	return b.sizes(r)
}

// sizes compares the files.
func (b *bench) sizes(r *result) error {
	var size [2]float64
	for i, path := range []string{b.program(), filepath.Join(b.root, "tmp", "bench", "mini")} {
		info, err := os.Stat(path)
		if err != nil {
			return errors.Join(errors.New("scripts/bench builds what is measured"), err)
		}
		size[i] = float64(info.Size()) / (1 << 20)
	}
	r.add("Size of the stripped program", "", plain(lineProgram, "MiB", size[0]), plain("its libraries alone", "MiB", size[1]))
	r.goal("G20", size[0]/size[1], fmt.Sprintf("%.1f MiB", size[0]))
	return nil
}
