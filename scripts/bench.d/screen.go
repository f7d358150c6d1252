// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

var errScreen = errors.New("the screen showed no code")

// screen is a customer screen that tells when a new code arrived.
type screen struct {
	conn  *websocket.Conn
	codes chan time.Time // when the first frame with a sale's code was there
	ended chan struct{}
}

// dialScreen opens a lane's socket and waits for its first view. From is the address that we come from: one
// address may have 64 sockets.
func dialScreen(ctx context.Context, web, lane, token, from string) (*screen, error) {
	d := websocket.Dialer{HandshakeTimeout: 20 * time.Second}
	if from != "" {
		d.NetDialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext
	}
	//nolint:bodyclose // an upgraded connection has no body
	conn, _, err := d.DialContext(ctx, "ws://"+web+"/display/"+lane+"/socket", http.Header{"Origin": {"http://" + web}})
	if err != nil {
		return nil, fmt.Errorf("screen of %s: %w", lane, err)
	}
	hello := fmt.Sprintf(`{"type":"hello","token":"%s","lang":"en"}`, token)
	if err = conn.WriteMessage(websocket.TextMessage, []byte(hello)); err != nil {
		return nil, err
	}
	s := &screen{conn: conn, codes: make(chan time.Time, 16), ended: make(chan struct{})}
	first := make(chan struct{})
	go s.read(first)
	select {
	case <-first:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("screen of %s was sent away: %w", lane, errScreen)
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("screen of %s was shown nothing: %w", lane, errScreen)
	}
}

// read notes when each new code arrives. The clock is read before anything is looked at.
func (s *screen) read(first chan<- struct{}) {
	defer close(s.ended)
	var last []byte
	for n := 0; ; n++ {
		_, frame, err := s.conn.ReadMessage()
		now := time.Now()
		if err != nil {
			return
		}
		if n == 0 {
			close(first)
		}
		code := member(frame, `"bits":"`)
		if len(code) == 0 || bytes.Equal(code, last) {
			continue
		}
		last = append(last[:0], code...)
		select {
		case s.codes <- now:
		default: // nobody waits for it
		}
	}
}

// member is the text after a key, up to its closing quote.
func member(frame []byte, key string) []byte {
	_, rest, ok := bytes.Cut(frame, []byte(key))
	if !ok {
		return nil
	}
	value, _, _ := bytes.Cut(rest, []byte{'"'})
	return value
}

// code waits for the next new code.
func (s *screen) code() (time.Time, error) {
	select {
	case at := <-s.codes:
		return at, nil
	case <-s.ended:
		return time.Time{}, fmt.Errorf("socket ended: %w", errScreen)
	case <-time.After(time.Minute):
		return time.Time{}, errScreen
	}
}

func (s *screen) close() {
	if s != nil {
		_ = s.conn.Close() // the other side sees it
	}
}
