// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// repeats is a 06 20 that wants the 04 0F and the receipt.
const repeats = "06 20 05 12 34 56 03 01"

// newest is the sale that was begun last.
func (w *world) newest() payment.ID {
	w.t.Helper()
	id, found, err := w.disk.Newest("lane-1", "EPOCH-")
	if err != nil || !found {
		w.t.Fatalf("no sale is known: %v", err)
	}
	return payment.ID{Lane: "lane-1", Till: id}
}

// staffGiveBack decides for the till's newest sale.
func (w *world) staffGiveBack() {
	w.t.Helper()
	if err := w.engine.Resolve(w.ctx, w.newest(), payment.DecideGiveBack, "the customer left", "staff"); err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(time.Second)
}

// stuckVoid is a Klarna that answers no void for a while.
func stuckVoid() sandbox.Fault {
	return sandbox.Fault{Route: sandbox.RouteVoid, Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable, Times: 3}
}

// A receipt that is asked for while the sale goes back is neither a result nor a slip: it is not settled. Once it is, the
// till hears reversed.
func TestZVTAReceiptIsAskedForWhileTheSaleGoesBack(t *testing.T) {
	t.Parallel()
	for name, asks := range map[string]string{
		"the result and the slip": repeats, "the result alone": "06 20 05 12 34 56 03 03", "the slip alone": "06 20 03 12 34 56",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.registered(registers)
				r.paying()
				r.close() // the 04 0F may have been lost
				w.klarna.breaks(stuckVoid())
				w.staffGiveBack()
				r = w.connect()
				r.say(asks)
				r.hears(yes)
				r.hears("06 1E 01 9C")
				r.say(yes)
				w.books(1, 0, 0)
				r.say(repeats)
				r.hears(yes)
				if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeAborted {
					t.Errorf("once it is given back the till hears %s, want 6C", i.Result)
				}
			})
		})
	}
}

// ends wants the next APDU that is no sign of life to begin so.
func (r *raw) ends(begin string) {
	r.w.t.Helper()
	got := r.next(10 * time.Minute)
	for strings.HasPrefix(got, "04FF") {
		r.say(yes)
		got = r.next(10 * time.Minute)
	}
	if !strings.HasPrefix(got, strings.ReplaceAll(begin, " ", "")) {
		r.w.t.Fatalf("the terminal said %q, want %s…", got, begin)
	}
}

// The same where the give-back begins only after the repeated 04 0F has left: the engine does not take a
// yes to it, and a no is what is being done.
func TestZVTAYesToARepeatedResultWhileStaffGiveBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answer, ends string }{
		"all of it": {yes, "06 1E 01 9B"},
		"a part":    {"84 9D 07 04 00 00 00 00 10 00", "06 1E 01 9B"},
		"none":      {"84 9A 00", "06 1E 01 6C"}, // as soon as it is given back
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				r := w.registered(registers)
				r.paying()
				r.close()
				w.klarna.breaks(stuckVoid())
				r = w.connect()
				r.say(repeats)
				r.hears(yes)
				if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeOK {
					t.Fatalf("the repeated result is %s, want 00", i.Result)
				}
				w.staffGiveBack()
				r.say(tt.answer)
				r.ends(tt.ends)
				r.say(yes)
				w.books(1, 0, 0)
			})
		})
	}
}

// earlier is a book in which a sale that goes back still stands: it was read a moment before.
type earlier struct{ *disk }

func (e earlier) Find(id payment.ID) (payment.Payment, bool, error) {
	p, found, err := e.disk.Find(id)
	if p.State == payment.StateReversing {
		p.State = payment.StateApproved
	}
	return p, found, err
}

// A 06 01 that goes on with a sale which staff give back at that moment ends in doubt, and never says 00 before.
func TestZVTAttachedToASaleThatGoesBack(t *testing.T) {
	t.Parallel()
	attach := func(o *terminal.ZVTOptions) {
		o.Repeat = terminal.RepeatAttach
		if d, ok := o.Book.(*disk); ok {
			o.Book = earlier{d}
		}
	}
	story(t, approves, attach, func(w *world) {
		r := w.registered(registers)
		r.paying()
		r.close()
		time.Sleep(time.Second)
		w.klarna.breaks(stuckVoid())
		w.staffGiveBack()
		r = w.connect()
		if i := r.paying(); i.Result != zvt.CodeDialUp || i.Text != "WIRD STORNIERT - WARE BEHALTEN" {
			t.Errorf("the till hears %s %q, want 9B and to keep the goods", i.Result, i.Text)
		}
		r.say(yes)
		r.hears("06 1E 01 9B")
		r.say(yes)
		w.books(1, 0, 0)
	})
}

// The receipt of a sale by its number is none while the sale goes back; before and after that it is.
func TestZVTReprintWhileTheSaleGoesBack(t *testing.T) {
	t.Parallel()
	const reprints = "06 12 05 12 34 56 00 01"
	story(t, approves, nil, func(w *world) {
		w.pays(w.till(), payment.Approved, zvt.CodeOK)
		time.Sleep(time.Minute) // it is captured
		if got := w.reprinted(reprints); got != "sale 0001" {
			t.Errorf("before: printed %q, want the receipt", got)
		}
		w.klarna.breaks(sandbox.Fault{Route: sandbox.RouteRefund, Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable, Times: 3})
		r := w.connect()
		r.say("06 30 06 12 34 56 87 00 01")
		r.hears(yes)
		time.Sleep(time.Second)
		if got := w.reprinted(reprints); got != "83" {
			t.Errorf("meanwhile: printed %q, want none", got)
		}
		w.books(1, 0, 0)
		if got := w.reprinted(reprints); got != "sale 0001" {
			t.Errorf("after: printed %q, want the receipt", got)
		}
	})
}
