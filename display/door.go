// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"net/http"
	"time"
)

// enter counts a connection before its handshake, or says with which status it is turned away.
func (h *Hub) enter(from string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed, h.total >= inAll:
		return http.StatusServiceUnavailable
	case h.counted[from] >= perAddress:
		return http.StatusTooManyRequests
	}
	h.total++
	h.counted[from]++
	h.running.Add(1)
	return 0
}

func (h *Hub) exit(from string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total--
	if h.counted[from]--; h.counted[from] == 0 {
		delete(h.counted, from)
	}
	h.running.Done()
}

// open makes a connection known to those who may have to end it.
func (h *Hub) open(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sockets[s] = struct{}{}
	if h.closed {
		s.bye(stopping)
	}
}

func (h *Hub) forget(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
}

// join lets a screen see its lane, if its first message has the lane's token.
func (h *Hub) join(s *socket, hello message) (goodbye, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[s.lane]
	known := hello.Kind == kindHello && !l.token.Empty() && l.token.Equal(hello.Token.Reveal())
	switch {
	case !known:
		return wrongToken, false
	case len(l.sockets) >= perToken:
		return tooMany, false
	}
	s.lang = hello.Lang
	l.sockets[s] = struct{}{}
	l.changed = true
	h.nudge()
	h.log.Info("display connected", "lane", s.lane, "address", s.from, "screens", len(l.sockets))
	return gone, true
}

func (h *Hub) part(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[s.lane]
	delete(l.sockets, s)
	h.nudge()
	h.log.Info("display gone", "lane", s.lane, "address", s.from, "screens", len(l.sockets))
}

// close ends every connection and waits for all of them. Those that do not take a goodbye are cut.
func (h *Hub) close() {
	h.mu.Lock()
	h.closed = true
	for s := range h.sockets {
		s.bye(stopping)
	}
	h.mu.Unlock()
	cut := time.AfterFunc(stopWait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for s := range h.sockets {
			_ = s.conn.NetConn().Close()
		}
	})
	defer cut.Stop()
	h.running.Wait()
}
