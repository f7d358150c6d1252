// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"tillbridge/payment"
	"tillbridge/qr"
)

// drawn is a code and the address it says, so that each is encoded once.
type drawn struct {
	address string
	code    qr.Code
}

// ahead is a code that is being encoded before a scene asks for it.
type ahead struct {
	address string
	done    chan struct{} // closed when what follows is set
	code    qr.Code
	err     error
}

// Expect begins to encode the code of an address that a lane will show soon, beside whatever must come before. Nothing is
// shown by it. It does not block, and a scene with another address is drawn as if nothing had been said.
func (h *Hub) Expect(id payment.LaneID, address string) {
	distance := h.options.Look(id).DistanceMM
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[id]
	if l == nil || len(l.sockets) == 0 || h.closed {
		return
	}
	a := &ahead{address: address, done: make(chan struct{})}
	rooms := l.rooms(distance)
	l.ahead = a
	h.running.Go(func() {
		defer h.nudge()
		defer close(a.done)
		h.draws <- struct{}{} // first come, first drawn: side by side, fifty codes would all be late
		defer func() { <-h.draws }()
		a.code, a.err = qr.Fit(address, rooms...)
	})
}

// keeps reports whether a scene has to wait for a: its end nudges the hub.
func (a *ahead) keeps(s Scene) bool {
	if a == nil || s.screen() != ScreenScan || s.Payment.Request.URL != a.address {
		return false
	}
	select {
	case <-a.done:
		return false
	default:
		return true
	}
}

// encode takes the code that was expected, or makes it now.
func (h *Hub) encode(id payment.LaneID, address string, rooms []qr.Room) (qr.Code, error) {
	h.mu.Lock()
	a := h.lanes[id].ahead
	h.lanes[id].ahead = nil
	h.mu.Unlock()
	if a == nil || a.address != address {
		return qr.Fit(address, rooms...)
	}
	<-a.done
	return a.code, a.err
}
