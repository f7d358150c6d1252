// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// said is a line to a till, as far as it matters here.
type said struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Phase   string `json:"phase"`
	Outcome string `json:"outcome"`
	QR      string `json:"qr"`
}

// link is a socket or a serial line.
type link interface {
	io.ReadWriteCloser
	SetReadDeadline(at time.Time) error
}

// till is one end of a lane's link.
type till struct {
	conn  link
	lines *bufio.Reader
}

func dialTill(ctx context.Context, network, address string) (*till, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newTill(conn), nil
}

func newTill(l link) *till { return &till{conn: l, lines: bufio.NewReaderSize(l, 64<<10)} }

func (t *till) say(format string, args ...any) error {
	_, err := fmt.Fprintf(t.conn, format+"\n", args...)
	return err
}

var errTill = errors.New("the till was told something else than it waited for")

// hear returns the first line that is what the caller waits for.
func (t *till) hear(wanted func(said) bool) (said, error) {
	if err := t.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return said{}, err
	}
	for {
		line, err := t.lines.ReadSlice('\n')
		if err != nil {
			return said{}, fmt.Errorf("read the till's line: %w", err)
		}
		var s said
		if err = json.Unmarshal(line, &s); err != nil {
			return s, fmt.Errorf("line %q: %w", line, err)
		}
		if s.Type == "error" || s.Type == "refused" {
			return s, fmt.Errorf("%w: %s", errTill, line)
		}
		if wanted(s) {
			return s, nil
		}
	}
}

func ofType(name, id string) func(said) bool {
	return func(s said) bool { return s.Type == name && (id == "" || s.ID == id) }
}

func (t *till) pay(id string) error {
	return t.say(`{"type":"pay","id":"%s","amount":1610,"currency":"EUR","ref":"R1"}`, id)
}

// end cancels a payment and confirms what came of it, so that the lane is free.
func (t *till) end(id string) error {
	if err := t.say(`{"type":"cancel","id":"%s"}`, id); err != nil {
		return err
	}
	s, err := t.hear(ofType("result", id))
	if err != nil {
		return err
	}
	if s.Outcome != "cancelled" {
		return fmt.Errorf("%w: %s ended %s", errTill, id, s.Outcome)
	}
	return t.confirm(s)
}

func (t *till) confirm(s said) error {
	return t.say(`{"type":"confirm","id":"%s","outcome":"%s"}`, s.ID, s.Outcome)
}

func (t *till) close() {
	if t != nil {
		_ = t.conn.Close() // the other side sees it
	}
}
