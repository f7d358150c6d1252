// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// A till that paid over one link and lost it hears its approval over another that is open on its lane.
func TestAnApprovalIsToldOverAnotherLinkOfItsLane(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.open(2, false) // before there is anything to tell
	d.answer(call, d.approved())
	d.wantSaid("result approved")
	d.input(engine.LinkClosed{Link: 1})
	d.input(engine.LinkOpened{Link: 7, Of: payment.Link{Lane: "lane-2"}})
	d.after(6 * time.Second)
	d.wantSaid("result approved replay")
	d.say(2, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
	d.wantSaid("recorded approved")
}
