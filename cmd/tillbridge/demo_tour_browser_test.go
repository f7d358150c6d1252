// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"testing"
)

// TestDemoTour lets the page play by itself, and reads as fast as a test does: it presses Next whenever it
// may.
func TestDemoTour(t *testing.T) {
	p := openDemo(t, "--tour")
	for chapter, title := range []string{
		"A sale", "The till cancels", "Klarna says no", "Nobody scans", "Approved after the cancel", "Power cut in mid-sale",
	} {
		p.until(onward + fmt.Sprintf(" && document.getElementById('tour-title').textContent === %q", title))
		p.shot(fmt.Sprintf("20-tour-%d", chapter+1))
	}
	p.until(onward + " && document.body.dataset.tour === 'done'")
	p.until("!document.getElementById('trouble').hidden && document.getElementById('tour').hidden")
	p.shows("€36.90")
	p.wantBooks([]string{"COMPLETED", "CANCELED", "DECLINED", "EXPIRED", "CANCELED", "COMPLETED"}, 2490, 1200)
	p.atEase()
}

// onward is always true, and has pressed Next if there was something to go on from.
const onward = "(() => { const b = document.getElementById('tour-next'); if (!b.disabled) b.click(); return true; })()"

// TestDemoTourIsTheVisitors: it can be begun, held and left, and the shop is theirs again.
func TestDemoTourIsTheVisitors(t *testing.T) {
	p := openDemo(t)
	p.press(demoTop, "#tour-start")
	p.until("!document.getElementById('tour').hidden && document.getElementById('trouble').hidden")
	p.press(demoTop, "#tour-pause")
	p.until("document.getElementById('tour-pause').textContent === 'Go on'")
	p.press(demoTop, "#tour-next")
	p.until(screenShows("scan"))
	p.press(demoTop, "#tour-end")
	p.until("document.body.dataset.tour === 'left' && document.getElementById('tour').hidden")
	p.press(demoTop, "#cancel")
	p.ended("cancelled")
	p.wantBooks([]string{"CANCELED"})
	p.atEase()
}
