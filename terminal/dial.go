// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// dialWait is how long a connection may take to come about.
const dialWait = 10 * time.Second

// Target is where a till finds its lane on a line.
type Target struct {
	Scheme  string      // tcp, unix or serial
	Address string      // host:port, the socket's path, the device
	Mode    SerialMode  // serial
	TLS     *tls.Config // tcp; nil means plain
}

// Dial opens the till's end of a line.
func Dial(ctx context.Context, t Target) (io.ReadWriteCloser, error) {
	ctx, stop := context.WithTimeout(ctx, dialWait)
	defer stop()
	var d net.Dialer
	var conn io.ReadWriteCloser
	var err error
	switch {
	case t.Scheme == "serial":
		return OpenSerial(t.Address, t.Mode)
	case t.Scheme == "tcp" && t.TLS != nil:
		conn, err = (&tls.Dialer{NetDialer: &d, Config: t.TLS}).DialContext(ctx, "tcp", t.Address)
	case t.Scheme == "tcp", t.Scheme == "unix":
		conn, err = d.DialContext(ctx, t.Scheme, t.Address)
	default:
		err = errors.New("expected tcp, unix or serial")
	}
	if err != nil {
		return nil, fmt.Errorf("reach the bridge at %s: %w", t.Address, err)
	}
	return conn, nil
}
