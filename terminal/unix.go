// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// folderMode and socketMode let in the owner and the group, which is how a till's user gets access.
	folderMode = 0o750
	socketMode = 0o660
	// probeWait is how long another daemon has to accept on its socket.
	probeWait = time.Second
)

// ErrInUse means that somebody listens on the socket.
var ErrInUse = errors.New("another program listens there")

// RunUnix listens on a socket at path and serves every till that connects until ctx ends. A missing
// folder is made; a socket that nobody listens on is replaced; anything else there is left alone.
func (s *Server) RunUnix(ctx context.Context, path string) error {
	ln, err := listenUnix(ctx, path)
	if err != nil {
		return fmt.Errorf("lane %s: listen on %s: %w", s.lane.ID, path, err)
	}
	return s.accept(ctx, ln)
}

func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return nil, fmt.Errorf("make its folder: %w", err)
	}
	if err := clearSocket(ctx, path); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("set its mode: %w", err), ln.Close())
	}
	return ln, nil
}

// clearSocket removes a socket that a daemon left behind when it was killed.
func clearSocket(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at what is there: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("something that is not a socket is there")
	}
	d := net.Dialer{Timeout: probeWait}
	conn, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(ErrInUse, conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("see whether anybody listens: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the old socket: %w", err)
	}
	return nil
}
