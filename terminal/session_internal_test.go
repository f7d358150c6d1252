// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package terminal

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tillbridge/payment"
)

// pair is a unix socket and its far end.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if far, err = (&net.Dialer{}).DialContext(t.Context(), "unix", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

// The reader writes an answer itself only where that cannot keep it from reading.
func TestTheReaderNeverWaitsForItsTillToRead(t *testing.T) {
	t.Parallel()
	near, far := pair(t)
	s := &session{rwc: near, socket: socketOf(near)}
	if !s.takes() {
		t.Error("an empty socket takes nothing")
	}
	if err := near.SetWriteDeadline(time.Now().Add(time.Second / 4)); err != nil {
		t.Fatal(err)
	}
	filled := 0
	for err := error(nil); err == nil; {
		var n int
		if n, err = near.Write(make([]byte, 4096)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		filled += n
	}
	if s.takes() {
		t.Errorf("a socket that is full with %d bytes takes more", filled)
	}
	if _, err := io.CopyN(io.Discard, far, int64(filled)); err != nil {
		t.Fatal(err)
	}
	if !s.takes() {
		t.Error("a socket that was read takes nothing")
	}
	pipe, other := net.Pipe()
	defer func() { _, _ = pipe.Close(), other.Close() }()
	if s = (&session{rwc: pipe, socket: socketOf(pipe)}); s.takes() {
		t.Error("a pipe takes something without a reader")
	}
}

// gated is a socket whose writes wait for a gate, and which sees when two write at once.
type gated struct {
	*net.UnixConn

	gate    chan struct{}
	began   chan struct{}
	writing atomic.Int32
	mixed   atomic.Bool
}

func (g *gated) Write(b []byte) (int, error) {
	if g.writing.Add(1) > 1 {
		g.mixed.Store(true)
	}
	defer g.writing.Add(-1)
	g.began <- struct{}{}
	<-g.gate
	return g.UnixConn.Write(b)
}

// parrot is a bridge that answers a look before Ask returns.
type parrot struct {
	hear      chan func(payment.Word)
	connected func(payment.Word)
}

func (p *parrot) Connect(_ payment.Link, hear func(payment.Word)) payment.LinkID {
	p.connected = hear
	p.hear <- hear
	return 1
}

func (p *parrot) Ask(_ payment.LinkID, a payment.Ask) {
	if _, ok := a.(payment.Look); ok {
		p.connected(payment.LaneState{State: payment.LaneReady})
	}
}

func (*parrot) Disconnect(payment.LinkID) {}

// answered serves a link over a gated socket, and returns the till's end of it.
func answered(t *testing.T) (*gated, *parrot, net.Conn) {
	t.Helper()
	near, far := pair(t)
	socket, ok := near.(*net.UnixConn)
	if !ok {
		t.Fatalf("a %T is no unix socket", near)
	}
	g := &gated{UnixConn: socket, gate: make(chan struct{}), began: make(chan struct{}, 8)}
	p := &parrot{hear: make(chan func(payment.Word), 1)}
	lane := &Lane{ID: "lane-1", Bridge: p, Log: slog.New(slog.DiscardHandler), pace: newPaces()}
	ended := make(chan error, 1)
	go func() { ended <- (Native{}).Serve(t.Context(), g, lane) }()
	t.Cleanup(func() {
		_ = far.Close()
		if err := <-ended; err != nil {
			t.Errorf("Serve() = %v, want nil", err)
		}
	})
	return g, p, far
}

func says(far net.Conn, line string) error {
	_, err := io.WriteString(far, line+"\n")
	return err
}

// hears wants lines with these parts, in order.
func hears(t *testing.T, far net.Conn, parts ...string) {
	t.Helper()
	in := bufio.NewScanner(far)
	for _, part := range parts {
		if !in.Scan() || !strings.Contains(in.Text(), part) {
			t.Fatalf("heard %q, %v, want %s", in.Text(), in.Err(), part)
		}
	}
}

// Whether the reader is at an answer or the writer at news, what comes meanwhile follows, and nothing is lost.
func TestReaderAndWriterTakeTurns(t *testing.T) {
	t.Parallel()
	offline := payment.LaneState{State: payment.LaneOffline}
	tests := map[string]struct {
		first, then func(net.Conn, func(payment.Word)) error

		want []string
	}{
		"news while the reader answers": {
			func(far net.Conn, _ func(payment.Word)) error { return says(far, `{"type":"ping","n":1}`) },
			func(_ net.Conn, hear func(payment.Word)) error { hear(offline); return nil },
			[]string{`"n":1`, "offline"},
		},
		"a question while the writer tells news": {
			func(_ net.Conn, hear func(payment.Word)) error { hear(offline); return nil },
			func(far net.Conn, _ func(payment.Word)) error { return says(far, `{"type":"ping","n":2}`) },
			[]string{"offline", `"n":2`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, p, far := answered(t)
			connected := says(far, `{"type":"here","id":"A1"}`) // it has no answer
			hear := <-p.hear
			first := tt.first(far, hear)
			<-g.began
			then := tt.then(far, hear)
			close(g.gate)
			if err := errors.Join(connected, first, then); err != nil {
				t.Fatal(err)
			}
			hears(t, far, tt.want...)
			if g.mixed.Load() {
				t.Error("two wrote at once")
			}
		})
	}
}

func TestTheReaderWakesAWriterThatIsBusy(t *testing.T) {
	t.Parallel()
	s := &session{queue: newQueue()}
	s.writer = newWriter(s)
	s.writer.turn <- struct{}{}
	s.queue.hold(true)
	s.queue.put(payment.AskHere{ID: "A1"})
	s.queue.hold(false)
	s.writer.help()
	if !s.queue.woken() {
		t.Error("a word that came while the writer was busy waits for ever")
	}
}
