// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"slices"
	"time"

	"tillbridge/payment"
	"tillbridge/qr"
)

// scansKept is of how many scans a lane's median is made.
const scansKept = 20

// scans measures how long customers need from the code on the screen to the scan, as far as polling
// and webhooks tell when that was. The zero scans has measured nothing.
type scans struct {
	sale string    // the one whose code is on a screen
	at   time.Time // since when; zero once it was scanned
	took []time.Duration
}

// shown notes the first screen that has drawn the code of the sale. What other screens draw, and what
// comes back after the phone let go, is not the beginning.
func (c *scans) shown(sale string, now time.Time) {
	if c.sale != sale {
		c.sale, c.at = sale, now
	}
}

// moved looks at the lane's newest scene. It returns the time once, when the sale was first seen scanned.
func (c *scans) moved(s Scene, now time.Time) (time.Duration, bool) {
	if c.at.IsZero() || s.sale() != c.sale || s.Payment.State == payment.StateWaiting {
		return 0, false
	}
	took := now.Sub(c.at)
	c.at = time.Time{}
	scanned := []payment.State{payment.StateScanned, payment.StateAccepted, payment.StateFinalizing}
	if !slices.Contains(scanned, s.Payment.State) {
		return 0, false // cancelled, expired or lost: nobody scanned
	}
	c.took = append(c.took, took)
	c.took = c.took[max(0, len(c.took)-scansKept):]
	return took, true
}

// median is zero without a scan.
func (c *scans) median() time.Duration {
	if len(c.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(c.took))
	return sorted[len(sorted)/2]
}

// Panel is what a screen says of the code as it draws it, or would.
type Panel struct {
	Millimetres float64 // of a side, without the quiet zone; 0: nobody has held a card to this screen
	Pixels      int     // of a module, in device pixels
	Room        int     // side that a code may have with its quiet zone, in device pixels
	PerMM       float64 // device pixels in a millimetre; 0: nobody has held a card to this screen
	Fits        bool    // large enough for the lane's distance, as far as the screen knows its size
}

// Status is what a lane's screens are and how its codes are scanned.
type Status struct {
	Connected int
	Panels    []Panel       // of those that have told
	Scans     int           // of which Median is made, at most 20
	Median    time.Duration // from the code on a screen to the scan
}

// Status looks at a lane's screens.
func (h *Hub) Status(id payment.LaneID) Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[id]
	if l == nil {
		return Status{}
	}
	s := Status{Connected: len(l.sockets), Scans: len(l.scans.took), Median: l.scans.median()}
	for socket := range l.sockets {
		if socket.panel != nil {
			s.Panels = append(s.Panels, *socket.panel)
		}
	}
	slices.SortFunc(s.Panels, func(a, b Panel) int { return int(a.Millimetres*10) - int(b.Millimetres*10) })
	return s
}

// rooms is what the lane's screens have for a code that is scanned from a distance in millimetres. A
// screen that has said nothing has no room.
func (l *lane) rooms(distance int) []qr.Room {
	rooms := make([]qr.Room, 0, len(l.sockets))
	for s := range l.sockets {
		room := qr.Room{LeastMM: CodeMM(distance)}
		if s.panel != nil {
			room.Pixels, room.PerMM = s.panel.Room, s.panel.PerMM
		}
		rooms = append(rooms, room)
	}
	return rooms
}

// CodeMM is the side that a code should have for a distance, both in millimetres: a tenth of the
// distance is what a phone needs, and three tenths more what a hurried hand does.
func CodeMM(distance int) int { return (distance*13 + 50) / 100 }

func (h *Hub) shown(id payment.LaneID, sale string) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lanes[id]
	if sale != "" && sale == l.scene.sale() && l.scene.Payment.State == payment.StateWaiting {
		l.scans.shown(sale, now)
	}
}

// measured keeps what a screen says of itself, and tells staff once when its code is too small.
func (h *Hub) measured(s *socket, p Panel) {
	h.mu.Lock()
	small := !p.Fits && (s.panel == nil || s.panel.Fits)
	s.panel = &p
	h.mu.Unlock()
	if small {
		h.log.Warn("screen is too small for its distance", "lane", s.lane, "address", s.from, "code_mm", p.Millimetres, "module_px", p.Pixels)
	}
}
