// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"tillbridge/payment"
)

// socket is one screen's connection. Its reader is the goroutine of its HTTP request, which waits for
// its writer.
type socket struct {
	conn *websocket.Conn // immutable
	lane payment.LaneID  // immutable
	from string          // immutable; the peer's address

	next  chan []byte  // room for one; filled by Hub.send alone
	leave chan goodbye // room for one

	lang  string // guarded by Hub.mu
	panel *Panel // guarded by Hub.mu; nil until the page has said

	pace    pace      // the reader's
	joined  bool      // the reader's
	reading bool      // the reader's; a message has begun
	beat    time.Time // the reader's; the page's last one
}

// offer replaces what the screen has not been sent yet. It never blocks, because only one goroutine
// offers.
func (s *socket) offer(frame []byte) {
	select {
	case <-s.next:
	default:
	}
	s.next <- frame
}

// bye asks the writer to end the connection. It never blocks; the first reason counts.
func (s *socket) bye(g goodbye) {
	select {
	case s.leave <- g:
	default:
	}
}

// write sends views and pings until the connection ends, and ends it.
func (s *socket) write() {
	defer func() { _ = s.conn.Close() }()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case g := <-s.leave:
			if g != gone {
				text := websocket.FormatCloseMessage(g.code(), g.String())
				_ = s.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(stopWait))
			}
			return
		case frame := <-s.next:
			// The deadline must be set before each write: it does not free one that blocks already.
			if err = s.conn.SetWriteDeadline(time.Now().Add(writeWait)); err == nil {
				err = s.conn.WriteMessage(websocket.TextMessage, frame)
			}
		case <-ping.C:
			err = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
		}
		if err != nil {
			return
		}
	}
}

var errFlood = errors.New("too many messages")

// listen sets the limits of what the screen may send.
func (s *socket) listen() {
	s.conn.SetReadLimit(maxMessage) // answers a longer message with 1009 by itself
	s.patience(helloWait)
	s.conn.SetPongHandler(func(string) error {
		if s.joined && !s.reading {
			s.patience(s.rest())
		}
		return s.count()
	})
	s.conn.SetPingHandler(func(data string) error {
		if err := s.count(); err != nil {
			return err
		}
		_ = s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(stopWait))
		return nil
	})
}

// rest is how long the line may be silent now. A browser answers pings although its page hangs, so a
// page that has once beaten must go on; one of an older version never has.
func (s *socket) rest() time.Duration {
	if s.beat.IsZero() {
		return silence
	}
	return min(silence, time.Until(s.beat.Add(hang)))
}

func (s *socket) patience(d time.Duration) { _ = s.conn.SetReadDeadline(time.Now().Add(d)) }

func (s *socket) count() error {
	if !s.pace.allow(time.Now()) {
		return errFlood
	}
	return nil
}

// receive reads one message, or says why there will be none.
func (s *socket) receive() (m message, g goodbye, ok bool) {
	kind, r, err := s.conn.NextReader()
	if err == nil {
		err = s.count()
	}
	if err != nil {
		return message{}, why(err), false
	}
	if kind != websocket.TextMessage {
		return message{}, binary, false
	}
	if s.joined { // a hello has its own limit, which fragments must not stretch
		s.reading = true
		s.patience(messageWait)
	}
	b, err := io.ReadAll(r) // at most maxMessage, by the read limit
	s.reading = false
	if err != nil {
		return message{}, why(err), false
	}
	m, err = parseMessage(b)
	if m.Kind == kindBeat {
		s.beat = time.Now()
	}
	if s.joined {
		s.patience(s.rest())
	}
	return m, notText, err == nil
}

func why(err error) goodbye {
	if errors.Is(err, errFlood) {
		return flood
	}
	return gone
}

// serveSocket is one screen from handshake to end.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request, lane payment.LaneID) {
	from := address(r)
	if status := h.enter(from); status != 0 {
		w.WriteHeader(status)
		return
	}
	defer h.exit(from)
	upgrader := websocket.Upgrader{
		HandshakeTimeout: helloWait, ReadBufferSize: 1024, WriteBufferSize: maxMessage,
		CheckOrigin: func(*http.Request) bool { return true }, // the gate has, by stricter rules
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	s := &socket{conn: conn, lane: lane, from: from, next: make(chan []byte, 1), leave: make(chan goodbye, 1)}
	h.open(s)
	defer h.forget(s)
	var writer sync.WaitGroup
	writer.Go(s.write)
	s.bye(h.converse(s))
	writer.Wait()
}

// converse hears a screen out and returns why it ended.
func (h *Hub) converse(s *socket) goodbye {
	s.listen()
	hello, g, ok := s.receive()
	if !ok {
		return g
	}
	if g, ok = h.join(s, hello); !ok {
		h.log.Warn("display refused", "lane", s.lane, "address", s.from, "reason", g.String())
		return g
	}
	defer h.part(s)
	s.joined = true
	s.patience(silence)
	for {
		m, g, ok := s.receive()
		if !ok {
			return g
		}
		h.hear(s, m)
	}
}

// hear does what little a screen may ask for.
func (h *Hub) hear(s *socket, m message) {
	switch m.Kind {
	case kindLang:
		h.mu.Lock()
		s.lang = m.Lang
		h.lanes[s.lane].changed = true
		h.mu.Unlock()
		h.nudge()
	case kindMoreTime:
		h.wish(s, m, h.options.MoreTime)
	case kindCancel:
		if h.options.Look(s.lane).MayCancel {
			h.wish(s, m, h.options.Cancel)
		}
	case kindShown:
		h.shown(s.lane, m.Sale)
		if h.options.Shown != nil {
			h.options.Shown(s.lane, time.Duration(m.Shown)*time.Millisecond)
		}
	case kindScreen:
		h.measured(s, m.Panel)
	}
}

// wish passes on what the customer touched, if it was about the sale that still is on the screen.
func (h *Hub) wish(s *socket, m message, tell func(payment.ID)) {
	now := time.Now()
	h.mu.Lock()
	l := h.lanes[s.lane]
	scene := l.scene.after(now.Sub(l.at))
	screen := scene.screen()
	open := screen == ScreenScan || screen == ScreenInProgress
	ok := tell != nil && open && m.Sale == scene.sale() && now.Sub(l.wished) >= wishEvery
	if ok {
		l.wished = now
	}
	h.mu.Unlock()
	if ok {
		tell(scene.Payment.ID)
	}
}
