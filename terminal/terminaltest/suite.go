// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminaltest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"tillbridge/payment"
	"tillbridge/terminal"
)

// ErrNotSpoken means that a language has no way to say something.
var ErrNotSpoken = errors.New("this till's language cannot say that")

// Heard is one word as a till understood it. Kind is the word: accepted, display, progress, ask,
// cancelling, result, update, recorded or refused.
type Heard struct {
	Kind    string
	ID      payment.TillID
	Outcome payment.Outcome
	Reason  payment.Reason
}

// Till speaks one language from the till's side. Hear returns the next word, and skips everything
// that is only of the language.
type Till interface {
	Pay(payment.TillID, payment.Amount) error
	Cancel(payment.TillID) error
	Status(payment.TillID) error
	Confirm(id payment.TillID, o payment.Outcome, ok bool) error
	Here(payment.TillID) error
	Hear() (Heard, error)
}

// Suite is what a protocol brings.
type Suite struct {
	Protocol terminal.Protocol
	// New makes the protocol of one lane, where it keeps something of its lane; then Protocol is nil.
	New func() terminal.Protocol
	// Till speaks over its end of a link.
	Till func(io.ReadWriteCloser) Till
	// Noise are bytes that a broken line may bring and that the protocol must get over.
	Noise []byte
}

// carrier opens both ends of a link.
type carrier struct {
	name    string
	serial  bool
	connect func(t *testing.T) (till, bridge io.ReadWriteCloser)
}

func carriers() []carrier {
	return []carrier{
		{"pipe", false, func(*testing.T) (io.ReadWriteCloser, io.ReadWriteCloser) { return net.Pipe() }},
		{"tcp", false, overTCP},
		{"serial", true, overPTY},
	}
}

func overTCP(t *testing.T) (till, bridge io.ReadWriteCloser) {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	defer func() { _ = ln.Close() }() // both ends are there
	var d net.Dialer
	till, err = d.DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	bridge, err = ln.Accept()
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return till, bridge
}

// overPTY gives the bridge the device and the till the other side of it.
func overPTY(t *testing.T) (till, bridge io.ReadWriteCloser) {
	t.Helper()
	far, device := OpenPTY(t)
	bridge, err := terminal.OpenSerial(device, terminal.SerialMode{})
	if err != nil {
		t.Fatalf("OpenSerial(%s): %v", device, err)
	}
	return far, bridge
}

// bench is one link under test.
type bench struct {
	bridge *Bridge
	till   Till
	end    io.Closer // the till's end
	stop   context.CancelFunc
}

// Run runs every body over every carrier.
func Run(t *testing.T, s Suite) {
	t.Helper()
	bodies := map[string]func(*testing.T, Suite, bench){
		"a sale is asked, told and acknowledged":           sale,
		"row 74: an explicit no reaches the bridge":        explicitNo,
		"row 1: the same request twice is passed on twice": twice,
		"row 12: a cancel is a wish and the result a word": cancelled,
		"row 14: an unknown payment is not declined":       unknown,
		"a till is asked whether it is there":              here,
		"row 17: a good request after noise is understood": noise,
		"row 21: a till that leaves is reported":           leaves,
		"a stop ends the link and reports it":              stops,
	}
	for _, c := range carriers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for name, body := range bodies {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					body(t, s, open(t, s, c))
				})
			}
		})
	}
}

// open starts a server on one end, as its carrier does, and cleans up after the test.
func open(t *testing.T, s Suite, c carrier) bench {
	t.Helper()
	till, line := c.connect(t)
	b := NewBridge(nil)
	protocol := s.Protocol
	if s.New != nil {
		protocol = s.New()
	}
	server := terminal.NewServer("lane-1", protocol, b, terminal.Options{})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, server, line, c.serial) }()
	t.Cleanup(func() {
		stop()
		_ = till.Close() // a till that still writes stops
		ended(t, served)
		if b.Links() != 0 {
			t.Errorf("%d links are open after the server has ended, want 0", b.Links())
		}
	})
	return bench{bridge: b, till: s.Till(till), end: till, stop: stop}
}

// serve gives a serial server its line once; after that the adapter is gone.
func serve(ctx context.Context, s *terminal.Server, line io.ReadWriteCloser, serial bool) error {
	if !serial {
		return s.Serve(ctx, line)
	}
	var once sync.Once
	return s.RunSerial(ctx, func() (io.ReadWriteCloser, error) {
		err := errors.New("no such device")
		once.Do(func() { err = nil })
		return line, err
	})
}
