// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package terminal

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
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
