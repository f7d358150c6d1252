// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

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

	"tillbridge/config"
)

// listeners looks at every address that serve would take.
func (e *examiner) listeners(ctx context.Context) {
	e.port(ctx, "http", "http.listen", e.cfg.HTTP.Listen)
	if e.cfg.Klarna.Environment == config.Sandbox {
		e.port(ctx, "sandbox", "klarna.sandbox_listen", e.cfg.Klarna.SandboxListen)
	}
	if e.cfg.Klarna.Webhook.SigningKeysFile != "" {
		e.port(ctx, "webhook", "klarna.webhook.listen", e.cfg.Klarna.Webhook.Listen)
	}
	for i, l := range e.cfg.Lanes {
		key := fmt.Sprintf("lanes[%d].till.listen", i)
		switch a := l.Till.Listen; a.Scheme {
		case config.SchemeTCP:
			e.port(ctx, l.ID, key, a.Host)
		case config.SchemeUnix:
			e.socket(ctx, l.ID, key, a.Path)
		case config.SchemeSerial:
			e.device(l.ID, key, a)
		case config.SchemeHTTP, config.SchemeHTTPS:
		default:
			e.ok("lane", "%s: over http alone", l.ID)
		}
	}
}

// port listens for a moment. Of a running daemon the port is in use, as it should be.
func (e *examiner) port(ctx context.Context, who, key, address string) {
	const what = "address"
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err == nil {
		err = ln.Close()
	}
	switch {
	case err == nil && e.running:
		e.warn(what, "%s: %s is free though the daemon runs: restart it to apply %s", who, address, key)
	case err == nil:
		e.ok(what, "%s: %s is free", who, address)
	case errors.Is(err, syscall.EADDRINUSE) && e.running:
		e.ok(what, "%s: %s is in use by the running daemon", who, address)
	case errors.Is(err, syscall.EADDRINUSE):
		e.fail(what, "%s: %s: port in use by another program; end it or correct %s", who, address, key)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		e.fail(what, "%s: %s: this machine does not have the address; correct %s", who, address, key)
	case errors.Is(err, fs.ErrPermission):
		e.fail(what, "%s: %s: not allowed to this user; take a port above 1023 in %s", who, address, key)
	default:
		e.fail(what, "%s: %v; correct %s", who, err, key)
	}
}

// socket looks whether serve could put its socket at path.
func (e *examiner) socket(ctx context.Context, who, key, path string) {
	const what = "address"
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		folder := nearest(path)
		if err = writable(folder); err != nil {
			e.fail(what, "%s: %s: this user cannot make it: %v; correct %s", who, path, err, key)
			return
		}
		e.ok(what, "%s: %s is free", who, path)
	case err != nil:
		e.fail(what, "%s: %v; correct %s", who, err, key)
	case info.Mode().Type() != fs.ModeSocket:
		e.fail(what, "%s: %s: something else than a socket is there; remove it or correct %s", who, path, key)
	default:
		e.occupied(ctx, who, key, path)
	}
}

// occupied looks who is behind a socket.
func (e *examiner) occupied(ctx context.Context, who, key, path string) {
	const what = "address"
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		err = conn.Close()
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		if err = writable(filepath.Dir(path)); err != nil {
			e.fail(what, "%s: %s: nobody listens, and this user cannot replace it: %v", who, path, err)
			return
		}
		e.ok(what, "%s: %s: nobody listens; serve replaces it", who, path)
	case err != nil:
		e.fail(what, "%s: %v; correct %s", who, err, key)
	case e.running:
		e.ok(what, "%s: %s is in use by the running daemon", who, path)
	default:
		e.fail(what, "%s: %s: in use by another program; end it or correct %s", who, path, key)
	}
}

// device opens a serial line for a moment, but not beside a running daemon: that would drop what the
// till is saying.
func (e *examiner) device(who, key string, a config.Address) {
	const what = "serial device"
	_, err := os.Stat(a.Path)
	there := err == nil || filepath.Base(a.Path) == a.Path // COM3 is no file
	switch {
	case !there && errors.Is(err, fs.ErrNotExist):
		e.fail(what, "%s: %s: not there; plug in the adapter or correct %s", who, a.Path, key)
		return
	case !there:
		e.fail(what, "%s: %v; correct %s", who, err, key)
		return
	case e.running:
		e.ok(what, "%s: %s is left to the running daemon", who, a.Path)
		return
	}
	line, err := serialOpener(a)()
	if err == nil {
		err = line.Close()
	}
	if err != nil {
		e.fail(what, "%s: %v; is the user in the device's group (often dialout), and nobody else on the line?", who, err)
		return
	}
	e.ok(what, "%s: %s", who, a.Path)
}
