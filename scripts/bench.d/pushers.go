// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	coder "github.com/coder/websocket"
	"github.com/gorilla/websocket"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func pid() int { return os.Getpid() }

// readFrame reads one frame of a websocket server (RFC 6455 §5.2), whatever is in it.
func readFrame(r *bufio.Reader) error {
	head, err := r.Peek(2)
	if err != nil {
		return err
	}
	skip, size := 2, int(head[1]&0x7f)
	switch size {
	case 126:
		if head, err = r.Peek(4); err != nil {
			return err
		}
		skip, size = 4, int(binary.BigEndian.Uint16(head[2:]))
	case 127:
		return errLongFrame
	}
	_, err = r.Discard(skip + size)
	return err
}

// handshake is a browser's, with the key of RFC 6455 §1.3.
func handshake(path, host string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// masked is a client's short text frame. With a mask of zeros it reads as it is (RFC 6455 §5.3).
func masked(text string) string {
	return string([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}) + text
}

// crowdOf keeps what a server writes to.
type crowdOf[T any] struct {
	mu  sync.Mutex
	all []T
}

func (c *crowdOf[T]) join(one T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
}

// each writes to everybody, one after the other.
func (c *crowdOf[T]) each(write func(T) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.all {
		if err := write(one); err != nil {
			return err
		}
	}
	return nil
}

// sockets are plain ones.
type sockets struct{ crowdOf[net.Conn] }

// accept greets the next.
func (s *sockets) accept(ln net.Listener, greet func(net.Conn) error) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	s.join(conn)
	return greet(conn)
}

// openRawTCP writes the bytes of a frame to sockets.
func openRawTCP(ctx context.Context, view []byte) (*audience, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	bytes := append([]byte{0x81, 126, byte(len(view) >> 8), byte(len(view))}, view...)
	a, conns := &audience{frame: readFrame, close: func() { _ = ln.Close() }}, &sockets{}
	write := func(c net.Conn) error {
		_, failed := c.Write(bytes)
		return failed
	}
	a.push = func() error { return conns.each(write) }
	for range audienceSize {
		accepted := make(chan error, 1)
		go func() { accepted <- conns.accept(ln, write) }()
		if err = a.seat(ctx, ln.Addr().String(), "", ""); err != nil {
			return a, err
		}
		if err = <-accepted; err != nil {
			return a, err
		}
	}
	return a, nil
}

func openGorilla(ctx context.Context, view []byte) (*audience, error) {
	a, conns := &audience{frame: readFrame}, &crowdOf[*websocket.Conn]{}
	write := func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, view) }
	a.push = func() error { return conns.each(write) }
	at, err := a.serveHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{}
		conn, err := up.Upgrade(w, r, nil)
		if err != nil || write(conn) != nil {
			return
		}
		conns.join(conn)
	}))
	return a, a.fill(ctx, at, err, handshake("/", at), "")
}

func openCoder(ctx context.Context, view []byte) (*audience, error) {
	a, conns := &audience{frame: readFrame}, &crowdOf[*coder.Conn]{}
	write := func(c *coder.Conn) error { return c.Write(ctx, coder.MessageText, view) }
	a.push = func() error { return conns.each(write) }
	at, err := a.serveHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := coder.Accept(w, r, nil)
		if err != nil || write(conn) != nil {
			return
		}
		conns.join(conn)
		<-conn.CloseRead(ctx).Done()
	}))
	return a, a.fill(ctx, at, err, handshake("/", at), "")
}

func openEvents(ctx context.Context, view []byte) (*audience, error) {
	type stream struct {
		w http.ResponseWriter
		c *http.ResponseController
	}
	a, streams := &audience{frame: readEvent}, &crowdOf[stream]{}
	event := fmt.Appendf(nil, "data: %s\n\n", view)
	write := func(s stream) error {
		if _, err := s.w.Write(event); err != nil {
			return err
		}
		return s.c.Flush()
	}
	a.push = func() error { return streams.each(write) }
	at, err := a.serveHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		s := stream{w, http.NewResponseController(w)}
		if write(s) != nil {
			return
		}
		streams.join(s)
		<-r.Context().Done()
	}))
	return a, a.fill(ctx, at, err, "GET / HTTP/1.1\r\nHost: "+at+"\r\n\r\n", "")
}

// readEvent reads up to the end of an event; net/http's chunks around it have no empty line of "\n" alone.
func readEvent(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 1 {
			return nil
		}
	}
}

// fill takes a server's address, or why there is none, and seats everybody.
func (a *audience) fill(ctx context.Context, at string, err error, hello, more string) error {
	for range audienceSize {
		if err == nil {
			err = a.seat(ctx, at, hello, more)
		}
	}
	return err
}

// openHub is the program's own hub with three lanes: a lane has four screens at most.
func openHub(ctx context.Context, _ []byte) (*audience, error) {
	lanes := []payment.LaneID{"lane-1", "lane-2", "lane-3"}
	token, host := strings.Repeat("t", 26), ""
	o := display.Options{
		Tokens: map[payment.LaneID]secret.Text{},
		Hosts:  func() []string { return []string{host} }, Origins: func() []string { return []string{"http://" + host} },
	}
	for _, l := range lanes {
		o.Tokens[l] = secret.New(token)
	}
	hub := display.NewHub(o)
	n := 0
	a := &audience{frame: readFrame, push: func() error {
		n++
		for _, l := range lanes {
			s := scene()
			s.Left -= time.Duration(n) * time.Millisecond
			hub.Show(l, s)
		}
		return nil
	}}
	var err error
	if host, err = a.serveHTTP(ctx, hub.Handler()); err != nil {
		return a, err
	}
	a.run(ctx, hub)
	if err = a.push(); err != nil {
		return a, err
	}
	for i := range audienceSize {
		path := "/display/" + string(lanes[i%len(lanes)]) + "/socket"
		if err = a.seat(ctx, host, handshake(path, host), masked(`{"type":"hello","token":"`+token+`","lang":"en"}`)); err != nil {
			return a, err
		}
	}
	return a, a.quiet()
}

// run keeps the hub sending until the audience ends.
func (a *audience) run(ctx context.Context, hub *display.Hub) {
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = hub.Run(running) // it ends because it was asked to
	}()
	closeServer := a.close
	a.close = func() {
		stop()
		<-ended
		closeServer()
	}
}

// quiet reads away what screens get when others join their lane.
func (a *audience) quiet() error {
	for _, c := range a.clients {
		for {
			if err := c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
				return err
			}
			if _, err := c.in.Peek(1); err != nil {
				break // nothing more comes
			}
			if err := a.frame(c.in); err != nil {
				return err
			}
		}
		if err := c.conn.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
