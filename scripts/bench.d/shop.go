// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// premises are what a shop is made with. The zero value has one lane and no Klarna.
type premises struct {
	name    string // of its folder
	lanes   int
	klarna  string           // where Klarna is
	root    string           // file of its certificate; "" where there is none
	till    func(int) string // where the lanes listen, from lane 1 on; nil: TCP
	extra   string           // more keys of the config's klarna section
	program []string         // what is started; nil: the program
	data    string           // its data folder; "": a new one
}

// shop is the program, running, with its tills and screens.
type shop struct {
	*process

	b       *bench
	own     premises
	file    string // its configuration
	web     string
	listen  []string // by lane, from 0
	tills   []*till
	screens []*screen
}

// program is the built program.
func (b *bench) program() string { return filepath.Join(b.root, "tmp", "bench", "tillbridge") }

// openShop writes the configuration and starts the program. It returns once a till is answered.
func (b *bench) openShop(ctx context.Context, own premises) (*shop, error) {
	s := &shop{b: b, own: own}
	folder := filepath.Join(b.work, own.name)
	if own.data == "" {
		s.own.data = filepath.Join(folder, "data")
	}
	if own.program == nil {
		s.own.program = []string{b.program()}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	key := filepath.Join(folder, "key")
	if err := os.WriteFile(key, []byte("klarna_test_api_bench\n"), 0o600); err != nil {
		return nil, err
	}
	var err error
	if s.web, err = b.freePort(ctx); err != nil {
		return nil, err
	}
	var c strings.Builder
	fmt.Fprintf(&c, "version: 1\ndata_dir: %q\nhttp: {listen: %q}\nstore: {reference: S0042}\n", s.own.data, s.web)
	fmt.Fprintf(&c, "klarna: {environment: test, base_url: %q, api_key_file: %q%s}\nlanes:\n", own.klarna, key, own.extra)
	for n := range own.lanes {
		at, failed := b.freePort(ctx)
		if failed != nil {
			return nil, failed
		}
		at = "tcp://" + at
		if own.till != nil {
			at = own.till(n + 1)
		}
		s.listen = append(s.listen, at)
		fmt.Fprintf(&c, "  - {id: lane-%d, terminal_reference: T%03d, currency: EUR, till: {protocol: native, listen: %q}}\n", n+1, n+1, at)
	}
	s.file = filepath.Join(folder, "till.yaml")
	if err = os.WriteFile(s.file, []byte(c.String()), 0o600); err != nil {
		return nil, err
	}
	return s, s.start(ctx)
}

// start begins the program and returns once a till is answered.
func (s *shop) start(ctx context.Context) error {
	var env []string
	if s.own.root != "" {
		env = append(env, "SSL_CERT_FILE="+s.own.root) // crypto/x509 reads it in place of the system's
	}
	var err error
	if s.process, err = s.b.launch(ctx, s.own.name, env, append(slices.Clip(s.own.program), "serve", "--config", s.file)); err != nil {
		return err
	}
	if err = until(ctx, time.Millisecond, func() bool { return s.answers(ctx) || s.gone() }); err == nil && s.gone() {
		err = fmt.Errorf("the daemon ended: %s", s.tail())
	}
	return err
}

func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// answers reports whether the first till is heard: its question goes through the core and the journal.
func (s *shop) answers(ctx context.Context) bool {
	t, err := s.dial(ctx, 0)
	if err != nil {
		return false
	}
	defer t.close()
	if t.say(`{"type":"ping","n":1}`) != nil {
		return false
	}
	_, err = t.hear(ofType("pong", ""))
	return err == nil
}

// dial connects a till to a lane, counted from 0.
func (s *shop) dial(ctx context.Context, lane int) (*till, error) {
	network, address, _ := strings.Cut(s.listen[lane], "://")
	return dialTill(ctx, network, address)
}

// staff connects a till to each lane, and so many screens.
func (s *shop) staff(ctx context.Context, screens int) error {
	for n := range s.own.lanes {
		var t *till
		var err error
		if waited := until(ctx, time.Millisecond, func() bool { t, err = s.dial(ctx, n); return err == nil }); waited != nil {
			return errors.Join(waited, err)
		}
		s.tills = append(s.tills, t)
	}
	for n := range screens {
		one, err := s.watch(ctx, n)
		if err != nil {
			return err
		}
		s.screens = append(s.screens, one)
	}
	return nil
}

// watch opens the n-th screen; lanes get theirs in turn.
func (s *shop) watch(ctx context.Context, n int) (*screen, error) {
	lane := fmt.Sprintf("lane-%d", n%s.own.lanes+1)
	token, err := os.ReadFile(filepath.Join(s.own.data, "keys", "display-"+lane)) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	const each = 60 // of the 64 that one address may have
	return dialScreen(ctx, s.web, lane, strings.TrimSpace(string(token)), fmt.Sprintf("127.0.0.%d", 2+n/each))
}

// close ends tills, screens and the program.
func (s *shop) close() {
	if s == nil {
		return
	}
	for _, t := range s.tills {
		t.close()
	}
	for _, one := range s.screens {
		one.close()
	}
	if s.process != nil {
		s.stop()
	}
}

// openFloor starts the floor with tills and screens, as if it were a shop.
func (b *bench) openFloor(ctx context.Context, m *mock, lanes int, codes string) (*shop, error) {
	name := "floor-" + codes
	line := []string{
		b.self, "floor", "-lanes", fmt.Sprint(lanes), "-klarna", m.base, "-root", m.root,
		"-journal", filepath.Join(b.work, name+".journal"), "-codes", codes,
	}
	p, err := b.launch(ctx, name, nil, line)
	if err != nil {
		return nil, err
	}
	s := &shop{process: p, b: b, own: premises{name: name, lanes: lanes}}
	where, err := p.said()
	if err != nil {
		return s, err
	}
	var at string
	if _, err = fmt.Sscan(where, &at, &s.web); err != nil {
		return s, err
	}
	for n := range lanes {
		t, err := dialTill(ctx, "tcp", at)
		if err == nil {
			err = t.say("%d", n)
		}
		if err != nil {
			return s, err
		}
		s.tills = append(s.tills, t)
		one, err := dialScreen(ctx, s.web, fmt.Sprintf("lane-%d", n+1), "", "")
		if err != nil {
			return s, err
		}
		s.screens = append(s.screens, one)
	}
	return s, nil
}
