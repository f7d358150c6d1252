// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"strings"
	"testing"
	"time"

	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// issues is a till that issues goods for 10.00 of every paid sale.
func issues(w *world) terminal.ZVTTill {
	till := w.till()
	till.Answer = answerPaid(zvt.Refused{Code: zvt.CodePartialIssue, Amount: zvt.Some(zvt.Amount(1000))})
	return till
}

// TestZVTASaleIssuedInPart goes on as a sale of that part: what is printed, repeated, closed and reversed.
func TestZVTASaleIssuedInPart(t *testing.T) {
	t.Parallel()
	inWorld(t, always(approves), func(w *world) {
		e := w.pays(issues(w), payment.Approved, zvt.CodeOK)
		if lines := strings.Join(e.Lines, ", "); !strings.Contains(lines, "10.00 EUR") || strings.Contains(lines, "16.10") {
			w.t.Errorf("the receipt says %q, want 10.00", lines)
		}
		w.books(1, 1000, 0)
		w.restart()
		if e = w.must(w.till().Repeat(w.ctx)); e.Info == nil || e.Info.Result != zvt.CodeOK || e.Info.Amount.Value != 1000 {
			w.t.Errorf("the repeated result is %+v, want 10.00", e.Info)
		}
		if e = w.must(w.till().EndOfDay(w.ctx)); e.Info.Amount.Value != 1000 {
			w.t.Errorf("the end of day says %d, want 1000", e.Info.Amount.Value)
		}
		if e = w.must(w.till().Reverse(w.ctx, 1, 1610)); e.Code != zvt.CodeWrongAmount {
			w.t.Errorf("the reversal of the whole ends with %s, want B7", e.Code)
		}
		if e = w.must(w.till().Reverse(w.ctx, 1, 1000)); e.Code != zvt.CodeOK || e.Info.Amount.Value != 1000 {
			w.t.Errorf("the reversal ends with %s, %+v", e.Code, e.Info)
		}
		w.books(1, 0, 0)
	})
}

// TestZVTAPartIsSaidOnRepeat: the till answers only the repeated result with a part.
func TestZVTAPartIsSaidOnRepeat(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.paying()
		r.close()
		r = w.connect()
		r.say("06 20 05 12 34 56 03 03")
		r.hears(yes)
		r.hears("04 0F")
		r.say("84 9D 07 04 00 00 00 00 10 00")
		r.hears("06 0F 00")
		w.books(1, 1000, 0)
		r.say(yes)
		r.say("06 20 05 12 34 56 03 03") // and once more, with another part: it is taken already
		r.hears(yes)
		if i := r.info(r.hears("04 0F")); i.Amount.Value != 1000 {
			w.t.Errorf("the repeated amount is %d, want 1000", i.Amount.Value)
		}
		r.say("84 9D 07 04 00 00 00 00 05 00")
		r.hears("06 0F 00")
		w.books(1, 1000, 0)
	})
}

// TestZVTAPartSurvivesKlarna: every answer to the capture and to the release is lost once.
func TestZVTAPartSurvivesKlarna(t *testing.T) {
	t.Parallel()
	for name, route := range map[string]sandbox.Route{"the capture": sandbox.RouteCapture, "the release": sandbox.RouteVoid} {
		for _, kind := range []sandbox.FaultKind{sandbox.FaultStatus, sandbox.FaultResetAfter} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				story(t, approves, nil, func(w *world) {
					w.klarna.breaks(sandbox.Fault{Route: route, Kind: kind, Times: 2, Executed: kind == sandbox.FaultResetAfter})
					w.pays(issues(w), payment.Approved, zvt.CodeOK)
					time.Sleep(time.Second)
					w.restart()
					time.Sleep(10 * time.Minute)
					w.books(1, 1000, 0)
				})
			})
		}
	}
}
