// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
)

// What the control socket says of a lane's screens.
type (
	screensRow struct {
		Distance int        `json:"distance_mm"`
		Needs    int        `json:"needs_mm"` // side of a code for that distance
		Panels   []panelRow `json:"panels,omitempty"`
		Scans    int        `json:"scans"`   // of which the median is made
		Scan     int64      `json:"scan_ms"` // from the code on a screen to the scan
	}
	panelRow struct {
		MM   float64 `json:"mm"` // side of the code; 0: not known
		PX   int     `json:"px"` // device pixels of a module
		Fits bool    `json:"fits"`
	}
)

// screens is how many a lane has, and what they tell.
func (d *daemon) screens(lane payment.LaneID) (int, screensRow) {
	s, distance := d.hub.Status(lane), d.displayOf(lane).DistanceMM
	row := screensRow{Distance: distance, Needs: display.CodeMM(distance), Scans: s.Scans, Scan: s.Median.Milliseconds()}
	for _, p := range s.Panels {
		row.Panels = append(row.Panels, panelRow{p.Millimetres, p.Pixels, p.Fits})
	}
	return s.Connected, row
}

// scan is how long customers need, or empty before the first one.
func (s screensRow) scan() string {
	if s.Scans == 0 {
		return ""
	}
	return fmt.Sprintf("%s, median of %d", (time.Duration(s.Scan) * time.Millisecond).Round(100*time.Millisecond), s.Scans)
}

// warnings is what staff should know about the screens, a line each.
func (s screensRow) warnings() []string {
	var out []string
	for _, p := range s.Panels {
		switch {
		case !p.Fits && p.MM > 0:
			out = append(out, fmt.Sprintf("the code is %.0f mm wide, but at %d mm a phone needs %d mm: take a larger screen, or bring it nearer and set display.distance_mm", p.MM, s.Distance, s.Needs))
		case !p.Fits:
			out = append(out, "a screen has too few pixels for a code: open its page full screen, or take a larger one")
		case p.MM == 0:
			out = append(out, "nobody has told a screen its size: hold its lower corner for three seconds, then a bank card to the frame")
		}
	}
	return slices.Compact(out)
}

// displays looks for languages without words, and at the screens of a running daemon.
func (e *examiner) displays() {
	const what = "display"
	book, err := display.ReadBook()
	if err != nil {
		e.fail(what, "%v", err)
		return
	}
	for _, l := range e.cfg.Lanes {
		for _, code := range l.Display.Languages {
			if _, ok := book[code]; !ok {
				e.warn(what, "%s: no words for language %s, so it is left out; there are %s", l.ID, code, strings.Join(slices.Sorted(maps.Keys(book)), ", "))
			}
		}
	}
	for _, r := range e.lanes {
		warnings := r.warnings()
		for _, w := range warnings {
			e.warn(what, "%s: %s", r.Lane, w)
		}
		if r.Screens > 0 && len(warnings) == 0 {
			e.ok(what, "%s: %d connected", r.Lane, r.Screens)
		}
	}
}
