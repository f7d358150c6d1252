// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// raw is a till that says bytes and looks at bytes, on a connection of its own.
type raw struct {
	w    *world
	conn net.Conn
	got  chan []byte // whole APDUs, in order; closed with the connection

	mu     sync.Mutex
	writes [][]byte // guarded by mu; what the terminal wrote, write by write
}

// wires is the terminal's end of a connection: it keeps its writes apart.
type wires struct {
	net.Conn

	r *raw
}

func (c wires) Write(p []byte) (int, error) {
	c.r.mu.Lock()
	c.r.writes = append(c.r.writes, bytes.Clone(p))
	c.r.mu.Unlock()
	return c.Conn.Write(p)
}

func (w *world) connect() *raw {
	near, far := net.Pipe()
	r := &raw{w: w, conn: near, got: make(chan []byte, 1000)}
	server := terminal.NewServer("lane-1", w.zvt, w.engine, terminal.Options{Log: w.log})
	w.ended.Go(func() { _ = server.Serve(w.ctx, wires{far, r}) }) // may be cut
	w.ended.Go(r.read)
	return r
}

func (r *raw) read() {
	defer close(r.got)
	var part []byte
	buf := make([]byte, 4096)
	for {
		n, err := r.conn.Read(buf)
		part = append(part, buf[:n]...)
		for {
			apdu, rest, short := zvt.Cut(part)
			if short != nil {
				break
			}
			r.got <- bytes.Clone(apdu)
			part = bytes.Clone(rest)
		}
		if err != nil {
			return
		}
	}
}

// close ends the line, and returns once the terminal has seen it: while it has not, the payment is still that line's.
func (r *raw) close() {
	_ = r.conn.Close()
	synctest.Wait()
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// say sends hexadecimal bytes.
func (r *raw) say(text string) {
	r.w.t.Helper()
	if _, err := r.conn.Write(unhex(r.w.t, text)); err != nil {
		r.w.t.Fatalf("say %s: %v", text, err)
	}
}

// next is the next APDU, and empty if none comes within a time.
func (r *raw) next(within time.Duration) string {
	select {
	case b := <-r.got:
		return strings.ToUpper(hex.EncodeToString(b))
	case <-time.After(within):
		return ""
	}
}

// hears wants the next APDU to begin so.
func (r *raw) hears(begin string) string {
	r.w.t.Helper()
	got := r.next(10 * time.Minute)
	if !strings.HasPrefix(got, strings.ReplaceAll(begin, " ", "")) {
		r.w.t.Fatalf("the terminal said %q, want %s…", got, begin)
	}
	return got
}

// quiet wants nothing more to be said.
func (r *raw) quiet(within time.Duration) {
	r.w.t.Helper()
	if got := r.next(within); got != "" {
		r.w.t.Fatalf("the terminal said %s, want silence", got)
	}
}

// result answers every 04 FF with 80 00 00 and returns the 04 0F that follows.
func (r *raw) result() string {
	r.w.t.Helper()
	const begin = "040F"
	for {
		got := r.next(15 * time.Minute)
		if strings.HasPrefix(got, "04FF") {
			r.say("80 00 00")
			continue
		}
		if !strings.HasPrefix(got, begin) {
			r.w.t.Fatalf("the terminal said %q, want %s…", got, begin)
		}
		return got
	}
}

// info reads a 04 0F.
func (r *raw) info(apdu string) zvt.StatusInfo {
	r.w.t.Helper()
	m, err := zvt.Parse(unhex(r.w.t, apdu), zvt.CP437)
	i, ok := m.(zvt.StatusInfo)
	if err != nil || !ok {
		r.w.t.Fatalf("%s is %T, %v; want a 04 0F", apdu, m, err)
	}
	return i
}

const (
	registers    = "06 00 06 12 34 56 8E 09 78" // 04 FF and print commands
	registersOld = "06 00 04 12 34 56 02"       // neither
	asks1610     = "06 01 07 04 00 00 00 00 16 10"
	asksEUR      = "06 01 0A 04 00 00 00 00 16 10 49 09 78"
	yes          = "80 00 00"
)

// registered opens a connection and registers on it.
func (w *world) registered(registration string) *raw {
	w.t.Helper()
	r := w.connect()
	r.say(registration)
	r.hears(yes)
	r.hears("06 0F")
	r.say(yes)
	return r
}

// paying begins a sale and goes on to its 04 0F.
func (r *raw) paying() zvt.StatusInfo {
	r.w.t.Helper()
	r.say(asks1610)
	r.hears(yes)
	return r.info(r.result())
}

// story runs one test in a bubble.
func story(t *testing.T, c customer, change func(*terminal.ZVTOptions), tell func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newKlarna(c), change)
		defer w.close()
		tell(w)
	})
}

var _ io.Writer = wires{}
