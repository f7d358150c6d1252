// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tillbridge/display"
	"tillbridge/payment"
)

// pipes is a listener in memory, so that a synctest bubble can stop the clock.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8580} }

const (
	bubbleHost   = "127.0.0.1:8580"
	bubbleOrigin = "http://127.0.0.1:8580"
)

// bubble is a running hub behind a listener in memory. It must be made inside a synctest bubble.
type bubble struct {
	hub   *display.Hub
	pipes *pipes
	from  net.IP // the address of the next lines
	stop  func() // ends Run
}

func newBubble(t *testing.T, change func(*display.Options)) *bubble {
	t.Helper()
	o := display.Options{
		Tokens:  tokens(),
		Hosts:   func() []string { return []string{bubbleHost} },
		Origins: func() []string { return []string{bubbleOrigin} },
		Version: "1.0.0",
	}
	if change != nil {
		change(&o)
	}
	b := &bubble{hub: display.NewHub(o), pipes: &pipes{conns: make(chan net.Conn), done: make(chan struct{})}, from: net.IPv4(10, 0, 0, 1)}
	server := &http.Server{Handler: b.hub.Handler(), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(b.pipes) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	b.stop = run(t, b.hub)
	return b
}

// addressed is a line in memory that says where it comes from.
type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

// line opens a connection to the listener.
func (b *bubble) line(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case b.pipes.conns <- addressed{far, &net.TCPAddr{IP: b.from, Port: 50000}}:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// dial opens a lane's socket and says nothing yet.
func (b *bubble) dial(t *testing.T, lane payment.LaneID) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return b.line(ctx) }}
	c, answer, err := d.DialContext(t.Context(), "ws://"+bubbleHost+"/display/"+string(lane)+"/socket", http.Header{"Origin": {bubbleOrigin}})
	if err != nil {
		t.Fatalf("dial %s: %v", lane, err)
	}
	_ = answer.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// screen is a page that reads whatever comes, as a browser does.
type screen struct {
	conn  *websocket.Conn
	views chan display.View
	ended chan error
}

// join opens a lane's socket with its token.
func (b *bubble) join(t *testing.T, lane payment.LaneID) *screen {
	t.Helper()
	return b.enter(t, b.dial(t, lane), lane)
}

func (b *bubble) enter(t *testing.T, c *websocket.Conn, lane payment.LaneID) *screen {
	t.Helper()
	s := listen(t, c)
	s.say(t, map[string]any{"type": "hello", "token": tokens()[lane].Reveal()})
	return s
}

func listen(t *testing.T, c *websocket.Conn) *screen {
	t.Helper()
	s := &screen{conn: c, views: make(chan display.View, 1000), ended: make(chan error, 1)}
	go func() {
		for {
			kind, frame, err := c.ReadMessage()
			if err != nil {
				s.ended <- err
				return
			}
			var v display.View
			if json.Unmarshal(frame, &v) != nil || kind != websocket.TextMessage {
				s.ended <- errors.New("a frame is not a view: " + string(frame))
				return
			}
			s.views <- v
		}
	}()
	return s
}

func (s *screen) say(t *testing.T, message any) {
	t.Helper()
	if err := s.conn.WriteJSON(message); err != nil {
		t.Fatalf("say %v: %v", message, err)
	}
}

// last takes all views that have arrived and returns the newest.
func (s *screen) last(t *testing.T) display.View {
	t.Helper()
	v, any := display.View{}, false
	for {
		select {
		case v = <-s.views:
			any = true
		default:
			if !any {
				t.Fatal("no view has arrived")
			}
			return v
		}
	}
}

// closed waits for the end of the connection and returns its close code, or 0 for a cut line.
func (s *screen) closed() int {
	if e, ok := errors.AsType[*websocket.CloseError](<-s.ended); ok {
		return e.Code
	}
	return 0
}

// status tries to open a lane's socket and returns how that was answered.
func (b *bubble) status(t *testing.T, lane payment.LaneID) int {
	t.Helper()
	d := websocket.Dialer{NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return b.line(ctx) }}
	c, answer, err := d.DialContext(t.Context(), "ws://"+bubbleHost+"/display/"+string(lane)+"/socket", http.Header{"Origin": {bubbleOrigin}})
	if err == nil {
		_ = c.Close()
	}
	if answer == nil {
		t.Fatalf("dial %s: %v", lane, err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
