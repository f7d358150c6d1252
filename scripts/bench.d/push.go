// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
	"tillbridge/qr"
)

// scene is a lane that waits for a scan.
func scene() display.Scene {
	return display.Scene{
		Payment: payment.Payment{
			ID: payment.ID{Lane: "lane-1", Till: "P1"}, State: payment.StateWaiting, Reference: "0b1f2c3d4e5f60718293",
			Order:   payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "R1"},
			Request: payment.Request{ID: "krn:payment:eu1:request:1", URL: target(1)},
		},
		Fresh: true, Left: 4 * time.Minute,
	}
}

// view is what such a lane's screens get.
func view() ([]byte, error) {
	book, err := display.ReadBook()
	if err != nil {
		return nil, err
	}
	code, err := qr.New(target(1))
	if err != nil {
		return nil, err
	}
	return json.Marshal(display.ViewOf(scene(), display.Look{}, book, code, "en"))
}

// audience is a server with its screens, which are plain TCP clients. The server greets each with a first view.
type audience struct {
	push    func() error
	clients []*client
	frame   func(*bufio.Reader) error
	close   func()
}

// client is one screen. It reads by itself once everybody is there.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	got  chan error
}

// seat connects the next client. Hello is what it says first; an HTTP server's answer to that ends with an empty
// line, and after it the client says more.
func (a *audience) seat(ctx context.Context, at, hello, more string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	c := &client{conn, bufio.NewReaderSize(conn, 16<<10), make(chan error, 1024)}
	a.clients = append(a.clients, c)
	if hello != "" {
		if _, err = conn.Write([]byte(hello)); err != nil {
			return err
		}
		for line := "?"; strings.TrimSpace(line) != ""; {
			if line, err = c.in.ReadString('\n'); err != nil {
				return fmt.Errorf("handshake: %w", err)
			}
		}
	}
	if _, err = conn.Write([]byte(more)); err != nil {
		return err
	}
	return a.frame(c.in)
}

// listen lets clients read by themselves.
func (a *audience) listen(clients []*client) {
	for _, c := range clients {
		go func() {
			for err := error(nil); err == nil; {
				err = a.frame(c.in)
				c.got <- err
			}
		}()
	}
}

// pushes is a slice of n views, each until every one of these clients has it.
func (a *audience) pushes(n int, clients []*client) func(context.Context) ([]float64, error) {
	return repeat(n, func() error {
		if err := a.push(); err != nil {
			return err
		}
		limit := time.NewTimer(30 * time.Second)
		defer limit.Stop()
		for _, c := range clients {
			select {
			case err := <-c.got:
				if err != nil {
					return err
				}
			case <-limit.C:
				return errScreen
			}
		}
		return nil
	})
}

func (a *audience) end() {
	if a == nil {
		return
	}
	for _, c := range a.clients {
		_ = c.conn.Close() // the server sees it
	}
	if a.close != nil {
		a.close()
	}
}

// serveHTTP serves h until the audience ends.
func (a *audience) serveHTTP(ctx context.Context, h http.Handler) (at string, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(ln) }() // ends with close
	a.close = func() { _ = s.Close() }
	return ln.Addr().String(), nil
}

const (
	audienceSize = 10
	lineRaw      = "limit: raw TCP, write loop"
	lineHub      = "tillbridge's hub"
)

func runPush(ctx context.Context, b *bench, r *result) error {
	one, err := view()
	if err != nil {
		return err
	}
	var all []contestant
	for _, open := range []struct {
		name string
		open func(context.Context, []byte) (*audience, error)
	}{
		{lineRaw, openRawTCP},
		{"gorilla/websocket, write loop", openGorilla},
		{"coder/websocket, write loop", openCoder},
		{"server-sent events over net/http", openEvents},
		{lineHub, openHub},
	} {
		a, failed := open.open(ctx, one)
		defer a.end()
		if failed != nil {
			return fmt.Errorf("%s: %w", open.name, failed)
		}
		a.listen(a.clients)
		all = append(all, contestant{open.name, a.pushes(20, a.clients)})
	}
	s, err := play(ctx, b.pick(150, 5), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, lineRaw, 0.5, 0)
	r.add(fmt.Sprintf("A view of %d bytes to ten screens, until the last one has it, median", len(one)), lineRaw, rows...)
	r.add("The same, 99th percentile", lineRaw, s.rows(all, lineRaw, 0.99, 10)...)
	r.goal("G12", ratioOf(rows, lineHub), "")
	return b.frozen(ctx, r, one)
}

// frozen is one screen among ten that does not read any more, for the other nine.
func (b *bench) frozen(ctx context.Context, r *result, one []byte) error {
	before := statusOf(pid(), "VmRSS")
	well, err := openHub(ctx, one)
	defer well.end()
	if err != nil {
		return err
	}
	ill, err := openHub(ctx, one)
	defer ill.end()
	if err != nil {
		return err
	}
	others := ill.clients[1:] // the first has read its greeting, and never reads again
	if tcp, ok := ill.clients[0].conn.(*net.TCPConn); ok {
		if err = tcp.SetReadBuffer(4096); err != nil {
			return err
		}
	}
	well.listen(well.clients[1:])
	ill.listen(others)
	go drain(well.clients[0], well.frame)
	const without, with = "nine of ten screens, all read", "nine of ten screens, the tenth is frozen"
	all := []contestant{{without, well.pushes(100, well.clients[1:])}, {with, ill.pushes(100, others)}}
	s, err := play(ctx, b.pick(200, 10), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, without, 0.5, 0)
	r.add("A frozen screen among ten, for the other nine, median", without, rows...)
	r.add("The same, 99th percentile", without, s.rows(all, without, 0.99, 10)...)
	r.goal("G13", ratioOf(rows, with), fmt.Sprintf("%d views while it was frozen; both hubs and their clients grew by %.1f MiB together",
		b.pick(201, 11)*100, statusOf(pid(), "VmRSS")-before))
	return nil
}

func drain(c *client, frame func(*bufio.Reader) error) {
	for frame(c.in) == nil {
	}
}

var errLongFrame = errors.New("a frame of 64 KiB or more")
