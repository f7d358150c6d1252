// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

// running starts f, and ends it with the test.
func running(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v, want nil", err)
		}
	})
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	return ln
}

func dialed(t *testing.T, target terminal.Target) *nativeTill {
	t.Helper()
	conn, err := terminal.Dial(t.Context(), target)
	if err != nil {
		t.Fatalf("Dial(%+v): %v", target, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &nativeTill{line: conn}
}

// pings wants a till to be served.
func pings(t *testing.T, till *nativeTill) {
	t.Helper()
	if err := till.say(native.Ping{N: 5}); err != nil {
		t.Fatalf("ping: %v", err)
	}
	for {
		e, err := till.event()
		if err != nil {
			t.Fatalf("wait for pong: %v", err)
		}
		if p, ok := e.(native.Pong); ok && p.N == 5 {
			return
		}
	}
}

func TestRow23LinksAreCapped(t *testing.T) {
	t.Parallel()
	ln := listen(t)
	target := terminal.Target{Scheme: "tcp", Address: ln.Addr().String()}
	slots := terminal.NewSlots(1000)
	s := terminal.NewServer("lane-1", shop(), terminaltest.NewBridge(ready), terminal.Options{Slots: slots})
	running(t, func(ctx context.Context) error { return s.RunTCP(ctx, ln) })

	first := dialed(t, target)
	pings(t, first)
	var others []*nativeTill
	for range 15 {
		others = append(others, dialed(t, target))
		pings(t, others[len(others)-1])
	}
	for range 50 {
		if _, err := dialed(t, target).event(); err == nil {
			t.Fatal("a 17th link was served, want it closed")
		}
	}
	pings(t, first)
	_ = others[0].line.Close()
	for { // its place is free as soon as its end was noticed
		again := dialed(t, target)
		if again.say(native.Ping{N: 5}) == nil {
			if _, err := again.event(); err == nil {
				break
			}
		}
	}
	pings(t, first)
}

func TestSlotsAreSharedBetweenLanes(t *testing.T) {
	t.Parallel()
	slots := terminal.NewSlots(1)
	var targets []terminal.Target
	for range 2 {
		ln := listen(t)
		targets = append(targets, terminal.Target{Scheme: "tcp", Address: ln.Addr().String()})
		s := terminal.NewServer("lane-1", shop(), terminaltest.NewBridge(ready), terminal.Options{Slots: slots})
		running(t, func(ctx context.Context) error { return s.RunTCP(ctx, ln) })
	}
	pings(t, dialed(t, targets[0]))
	if _, err := dialed(t, targets[1]).event(); err == nil {
		t.Error("the other lane has room, want none")
	}
}

// farListener listens on an address that others can reach, or says so.
type farListener struct{ net.Listener }

func (farListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 8585} }

func TestAnOpenAddressNeedsTokenAndTLS(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]terminal.Options{
		"neither":    {},
		"only token": {Token: secret.New("s")},
		"only TLS":   {TLS: certificate(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln := listen(t)
			s := terminal.NewServer("lane-1", shop(), terminaltest.NewBridge(nil), o)
			if err := s.RunTCP(t.Context(), farListener{ln}); !errors.Is(err, terminal.ErrOpen) {
				t.Errorf("RunTCP: %v, want ErrOpen", err)
			}
			if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Accept: %v, want a closed listener", err)
			}
		})
	}
}

// certificate makes a TLS configuration for 127.0.0.1.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

func TestTCPWithTLS(t *testing.T) {
	t.Parallel()
	config := certificate(t)
	ln := listen(t)
	s := terminal.NewServer("lane-1", shop(), terminaltest.NewBridge(ready), terminal.Options{Token: secret.New("s"), TLS: config})
	running(t, func(ctx context.Context) error { return s.RunTCP(ctx, farListener{ln}) })
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)

	till := dialed(t, terminal.Target{Scheme: "tcp", Address: ln.Addr().String(), TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}})
	if err := till.say(native.Hello{V: 1, Token: "s"}); err != nil {
		t.Fatal(err)
	}
	pings(t, till)

	plain := dialed(t, terminal.Target{Scheme: "tcp", Address: ln.Addr().String()})
	_ = plain.say(native.Hello{V: 1, Token: "s"}) // may be cut off already
	var b [1]byte
	for { // a TLS alert, perhaps, and then the end
		if n, err := plain.line.Read(b[:]); err != nil {
			break
		} else if n > 0 && b[0] == '{' {
			t.Fatal("a plain till was answered")
		}
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "run", "lane-1.sock")
	target := terminal.Target{Scheme: "unix", Address: path}
	server := func() *terminal.Server {
		return terminal.NewServer("lane-1", shop(), terminaltest.NewBridge(ready), terminal.Options{})
	}
	leaveBehind(t, path)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server().RunUnix(ctx, path) }()
	till := arrive(t, target)
	pings(t, till)
	for what, want := range map[string]fs.FileMode{path: 0o660, filepath.Dir(path): 0o750} {
		if info, err := os.Stat(what); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", what, info.Mode().Perm(), err, want)
		}
	}
	if err := server().RunUnix(t.Context(), path); !errors.Is(err, terminal.ErrInUse) {
		t.Errorf("a second RunUnix: %v, want ErrInUse", err)
	}
	pings(t, till)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("RunUnix: %v, want nil", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server().RunUnix(t.Context(), path); err == nil {
		t.Error("RunUnix took the place of a file")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file holds %q, %v, want it untouched", text, err)
	}
}

// leaveBehind makes a socket as a daemon does that is killed.
func leaveBehind(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	_ = ln.Close()
}

// arrive dials until somebody listens.
func arrive(t *testing.T, target terminal.Target) *nativeTill {
	t.Helper()
	for {
		conn, err := terminal.Dial(t.Context(), target)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return &nativeTill{line: conn}
		}
		if t.Context().Err() != nil {
			t.Fatalf("dial: %v", err)
		}
	}
}

func TestSerialModesAreChecked(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]terminal.SerialMode{
		"parity":    {Parity: "some"},
		"stop bits": {Stop: 3},
	} {
		if _, err := terminal.OpenSerial("/dev/null", m); err == nil {
			t.Errorf("OpenSerial with a wrong %s succeeded", name)
		}
	}
	if _, err := terminal.OpenSerial(filepath.Join(t.TempDir(), "none"), terminal.SerialMode{}); err == nil {
		t.Error("OpenSerial of nothing succeeded")
	}
}

func TestASerialLineIsAStream(t *testing.T) {
	t.Parallel()
	far, device := terminaltest.OpenPTY(t)
	line, err := terminal.OpenSerial(device, terminal.SerialMode{Baud: 115200, Parity: "even", Stop: 2})
	if err != nil {
		t.Fatalf("OpenSerial: %v", err)
	}
	text := make([]byte, 3000) // more than one chunk
	for i := range text {
		text[i] = byte('a' + i%26)
	}
	got := make([]byte, len(text))
	read := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(far, got)
		read <- err
	}()
	if n, err := line.Write(text); n != len(text) || err != nil {
		t.Fatalf("Write = %d, %v, want %d", n, err, len(text))
	}
	if err := <-read; err != nil || string(got) != string(text) {
		t.Errorf("the far end read %q, %v", got, err)
	}
	blocked := make(chan error, 1)
	go func() {
		_, err := line.Read(make([]byte, 10))
		blocked <- err
	}()
	if err := line.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-blocked; err == nil {
		t.Error("Read after Close returned no error")
	}
	if _, err := line.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write after Close: %v, want io.ErrClosedPipe: the number may be another file's by now", err)
	}
	if err := line.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}
