// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// asker is a till on one kind of link with a question and its answer.
type asker struct {
	tills []*till
	next  int
	ask   string
}

// questions is a slice of n questions at the next lane: a lane answers fifty a second without delay.
func (a *asker) questions(n int) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		t := a.tills[a.next%len(a.tills)]
		a.next++
		return repeat(n, func() error {
			if err := t.say("%s", a.ask); err != nil {
				return err
			}
			_, err := t.lines.ReadSlice('\n')
			return err
		})(ctx)
	}
}

// openEcho starts an echo and connects to it. The line that comes back is as long as the program's answer.
func (b *bench) openEcho(ctx context.Context, network, at, line string) (*process, *asker, error) {
	p, err := b.launch(ctx, "echo-"+network, nil, []string{b.self, "echo", "-network", network, "-at", at})
	if err != nil {
		return nil, nil, err
	}
	if _, err = p.said(); err != nil {
		return p, nil, err
	}
	t, err := dialTill(ctx, network, at)
	return p, &asker{tills: []*till{t}, ask: line}, err
}

const (
	lanesPerLink = 20
	perSlice     = 40
)

func runLink(ctx context.Context, b *bench, r *result) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	for _, network := range []string{"unix", "tcp"} {
		if err = b.statusOver(ctx, r, m, network); err != nil {
			return err
		}
	}
	return b.statusOverSerial(ctx, r, m)
}

// statusOver asks about a payment whose result is known, beside an echo of the same question.
func (b *bench) statusOver(ctx context.Context, r *result, m *mock, network string) error {
	own := premises{name: "shop-" + network, lanes: lanesPerLink, klarna: m.base, root: m.root}
	if network == "unix" {
		own.till = func(n int) string { return "unix://" + filepath.Join(b.work, fmt.Sprintf("lane-%d.sock", n)) }
	}
	s, err := b.openShop(ctx, own)
	defer s.close()
	if err != nil {
		return err
	}
	if err = s.staff(ctx, 0); err != nil {
		return err
	}
	ours := &asker{tills: s.tills, ask: `{"type":"status","id":"L1"}`}
	for _, t := range s.tills {
		if err = sold(t, "L1"); err != nil {
			return err
		}
	}
	at := filepath.Join(b.work, "echo.sock")
	if network == "tcp" {
		if at, err = b.freePort(ctx); err != nil {
			return err
		}
	}
	p, echo, err := b.openEcho(ctx, network, at, strings.Repeat("x", 160))
	if p != nil {
		defer p.kill()
	}
	if err != nil {
		return err
	}
	floor, line := "echo over "+network, "status over "+network
	all := []contestant{{floor, echo.questions(perSlice)}, {line, ours.questions(perSlice)}}
	sc, err := play(ctx, b.pick(100, 5), all)
	if err != nil {
		return err
	}
	rows := sc.rows(all, floor, 0.5, 0)
	r.add("A status answer over "+network+", median", floor, rows...)
	r.goal("G14 "+network, ratioOf(rows, line), "")
	return nil
}

// sold makes a payment that has a result, and asks once so that it is in memory.
func sold(t *till, id string) error {
	if err := t.pay(id); err != nil {
		return err
	}
	if _, err := t.hear(func(s said) bool { return s.Type == "display" }); err != nil {
		return err
	}
	if err := t.end(id); err != nil {
		return err
	}
	if err := t.say(`{"type":"status","id":"%s"}`, id); err != nil {
		return err
	}
	_, err := t.hear(ofType("state", id))
	return err
}

// statusOverSerial is from the last byte in to the first byte out, beside an echo through the same library. A
// pseudo-terminal has no speed of its own, so what is left is ours.
func (b *bench) statusOverSerial(ctx context.Context, r *result, m *mock) error {
	far, device, err := openPTY()
	if err != nil {
		r.note("Serial line not measured: %v.", err)
		return nil
	}
	defer func() { _ = far.Close() }() // nothing is kept in it
	echoFar, echoDevice, err := openPTY()
	if err != nil {
		return err
	}
	defer func() { _ = echoFar.Close() }() // nothing is kept in it
	p, err := b.launch(ctx, "echo-serial", nil, []string{b.self, "echo", "-network", "serial", "-at", echoDevice})
	if err != nil {
		return err
	}
	defer p.kill()
	if _, err = p.said(); err != nil {
		return err
	}
	s, err := b.openShop(ctx, premises{
		name: "shop-serial", lanes: 2, klarna: m.base, root: m.root,
		till: func(n int) string {
			if n == 2 {
				return "serial://" + device + "?baud=115200"
			}
			return "unix://" + filepath.Join(b.work, "other.sock")
		},
	})
	defer s.close()
	if err != nil {
		return err
	}
	t := newTill(far)
	if err = until(ctx, 100*time.Millisecond, func() bool { return t.say(`{"type":"ping","n":1}`) == nil && heardPong(t) }); err != nil {
		return fmt.Errorf("serial line: %w", err)
	}
	if err = far.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	ours := &asker{tills: []*till{t}, ask: `{"type":"ping","n":2}`}
	echo := &asker{tills: []*till{newTill(echoFar)}, ask: strings.Repeat("x", 60)}
	const floor, line = "echo over a pseudo-terminal", "answer over a pseudo-terminal"
	all := []contestant{{floor, echo.questions(10)}, {line, paced(ours.questions(10))}}
	sc, err := play(ctx, b.pick(100, 5), all)
	if err != nil {
		return err
	}
	rows := sc.rows(all, floor, 0.5, 0)
	r.add("An answer over a serial line without the line's own time, median", floor, rows...)
	r.goal("G15", ratioOf(rows, line), "no idle time-out: a line ends with its last byte")
	return nil
}

// paced waits before each slice of ten questions: a lane answers fifty a second without delay.
func paced(slice func(context.Context) ([]float64, error)) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		if err := wait(ctx, 220*time.Millisecond); err != nil {
			return nil, err
		}
		return slice(ctx)
	}
}

func heardPong(t *till) bool {
	if t.conn.SetReadDeadline(time.Now().Add(time.Second)) != nil {
		return false
	}
	line, err := t.lines.ReadString('\n')
	return err == nil && strings.Contains(line, "pong")
}
