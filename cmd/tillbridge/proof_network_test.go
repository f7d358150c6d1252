// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/terminaltest"
)

// toxiproxy is a proxy that makes trouble, steered over HTTP (github.com/Shopify/toxiproxy). It runs as
// a program of its own: as a library it would bring sixteen modules into ours.
type toxiproxy struct {
	t       *testing.T
	control string // origin
	listen  string // host:port
}

// troubles are toxics by name: what to add to which direction of a connection.
func troubles() map[string]map[string]any {
	toxic := func(kind, stream string, attributes map[string]any) map[string]any {
		return map[string]any{"name": "trouble", "type": kind, "stream": stream, "attributes": attributes}
	}
	all := map[string]map[string]any{"refused": nil}
	ways := []string{"downstream", "upstream"}
	if !thorough() {
		ways = ways[:1]
	}
	for _, way := range ways {
		all["slow line, "+way] = toxic("latency", way, map[string]any{"latency": 700, "jitter": 600})
		all["thin line, "+way] = toxic("bandwidth", way, map[string]any{"rate": 1})                                          // kB/s
		all["slow drip, "+way] = toxic("slicer", way, map[string]any{"average_size": 8, "size_variation": 4, "delay": 5000}) // bytes, µs
		all["black hole, "+way] = toxic("timeout", way, map[string]any{"timeout": 0})
		all["dropped after a while, "+way] = toxic("timeout", way, map[string]any{"timeout": 500})
		all["reset, "+way] = toxic("reset_peer", way, map[string]any{"timeout": 20})
		all["cut short, "+way] = toxic("limit_data", way, map[string]any{"bytes": 150})
		all["half closed, "+way] = toxic("slow_close", way, map[string]any{"delay": 3000})
	}
	return all
}

// newToxiproxy stands before an address that may not listen yet.
func newToxiproxy(t *testing.T, upstream string) *toxiproxy {
	t.Helper()
	program, err := exec.LookPath("../../bin/toxiproxy")
	if err != nil {
		t.Skip("bin/toxiproxy is missing (scripts/tools --proof): the network makes no trouble")
	}
	at := terminaltest.FreePort(t)
	p := &toxiproxy{t: t, control: "http://" + at, listen: terminaltest.FreePort(t)}
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	program, err = filepath.Abs(program)
	if err != nil {
		t.Fatal(err)
	}
	launch(t, program, "-host", host, "-port", port)
	if !becomes(func() bool { return p.ask(http.MethodGet, "/version", nil) == http.StatusOK }) {
		t.Fatal("toxiproxy does not answer")
	}
	p.must("", map[string]any{"name": "line", "listen": p.listen, "upstream": upstream, "enabled": true})
	return p
}

// begin starts a trouble, end stops it; connections that are open have it too.
func (p *toxiproxy) begin(toxic map[string]any) {
	p.t.Helper()
	if toxic == nil {
		p.must("/line", map[string]any{"enabled": false})
		return
	}
	p.must("/line/toxics", toxic)
}

func (p *toxiproxy) end(toxic map[string]any) {
	p.t.Helper()
	if toxic == nil {
		p.must("/line", map[string]any{"enabled": true})
		return
	}
	if code := p.ask(http.MethodDelete, "/proxies/line/toxics/trouble", nil); code/100 != 2 {
		p.t.Fatalf("toxiproxy ends a trouble with %d", code)
	}
}

func (p *toxiproxy) must(path string, body map[string]any) {
	p.t.Helper()
	if code := p.ask(http.MethodPost, "/proxies"+path, body); code/100 != 2 {
		p.t.Fatalf("toxiproxy answers POST /proxies%s with %d", path, code)
	}
}

// ask is one request; 0 means that nobody answered.
func (p *toxiproxy) ask(method, path string, body map[string]any) int {
	p.t.Helper()
	return (&shop{t: p.t, client: &http.Client{Timeout: 10 * time.Second}}).call(method, p.control+path, body, nil)
}

// strike lets a trouble come and go at moments that the seed draws.
func (p *toxiproxy) strike(toxic map[string]any, seed int) {
	p.t.Helper()
	random := rand.New(rand.NewPCG(uint64(seed), 4))
	<-time.After(time.Duration(random.IntN(600)) * time.Millisecond)
	p.begin(toxic)
	<-time.After(time.Duration(500+random.IntN(3500)) * time.Millisecond)
	p.end(toxic)
	p.t.Log("made trouble 1 times")
}

// eachTrouble runs body for every trouble, with as many seeds as the flag of the kills asks for.
func eachTrouble(t *testing.T, body func(t *testing.T, toxic map[string]any, seed int)) {
	t.Helper()
	for name, toxic := range troubles() {
		for seed := range max(1, *kills/20) {
			t.Run(fmt.Sprintf("%s, seed %d", name, seed), func(t *testing.T) {
				t.Parallel()
				body(t, toxic, seed)
			})
		}
	}
}

func TestProofTroubleBetweenDaemonAndKlarna(t *testing.T) {
	t.Parallel()
	eachTrouble(t, func(t *testing.T, toxic map[string]any, seed int) { //nolint:thelper // it is the test
		phones := terminaltest.FreePort(t)
		p := newToxiproxy(t, phones)
		s := openShop(t, premises{phones: phones, klarna: p.listen})
		s.behaviour(map[string]any{"customer": "approve", "after": "1s"})
		s.payAside()
		p.strike(toxic, seed)
		s.comeBack()
		s.proved("approved", "failed") // failed: Klarna was not reached at all
	})
}

func TestProofTroubleBetweenTillAndDaemon(t *testing.T) {
	t.Parallel()
	eachTrouble(t, func(t *testing.T, toxic map[string]any, seed int) { //nolint:thelper // it is the test
		lane := terminaltest.FreePort(t)
		p := newToxiproxy(t, lane)
		s := openShop(t, premises{till: "tcp://" + lane})
		s.behaviour(map[string]any{"customer": "approve", "after": "1s"})
		ended := s.sellOver(func(ctx context.Context) (io.ReadWriteCloser, error) {
			return terminal.Dial(ctx, terminal.Target{Scheme: "tcp", Address: p.listen})
		}, nil)
		p.strike(toxic, seed)
		s.knows(<-ended)
	})
}
