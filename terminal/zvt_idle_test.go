// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// status is what 05 01 says on a connection of its own.
func (w *world) status() zvt.Code {
	w.t.Helper()
	return w.must(w.till().Status(w.ctx)).Report.Status
}

// TestZVTStatusTellsOfAPaymentLeftBehind: 00 only once nothing runs, and a till that polls gets there.
func TestZVTStatusTellsOfAPaymentLeftBehind(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*world, *raw){
		"the link breaks":         func(_ *world, r *raw) { r.close() },
		"the process ends":        func(w *world, _ *raw) { w.restart() },
		"both, and much later":    func(w *world, r *raw) { r.close(); w.restart(); time.Sleep(2 * time.Minute) },
		"the till begins nothing": func(_ *world, r *raw) { r.say("06 70 00"); r.next(time.Minute); r.next(time.Minute) },
	}
	for name, leaves1 := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, leaves, nil, func(w *world) {
				r := w.registered(registersOld)
				r.say(asks1610)
				r.hears(yes)
				time.Sleep(time.Second)
				if got := w.status(); got != zvt.CodeWait {
					w.t.Errorf("while it runs the status is %s, want 9C", got)
				}
				leaves1(w, r)
				time.Sleep(time.Second)
				if got := w.status(); got != zvt.CodeWait {
					w.t.Errorf("once it is left the status is %s, want 9C", got)
				}
				time.Sleep(30 * time.Second)
				w.status()
				time.Sleep(5 * time.Second)
				if got := w.status(); got != zvt.CodeOK {
					w.t.Errorf("the second poll says %s, want 00", got)
				}
				w.books(0, 0, 0)
			})
		})
	}
}

// TestZVTATillThatAsksForTheResultIsThere: its polls of the status in between do not make the payment end.
func TestZVTATillThatAsksForTheResultIsThere(t *testing.T) {
	t.Parallel()
	story(t, leaves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		time.Sleep(time.Second)
		w.restart()
		for range 10 {
			time.Sleep(10 * time.Second)
			if e := w.must(w.till().Repeat(w.ctx)); e.Code != zvt.CodeWait {
				w.t.Fatalf("the result is %s, want 9C", e.Code)
			}
			if got := w.status(); got != zvt.CodeWait {
				w.t.Fatalf("the status is %s, want 9C", got)
			}
		}
		if p, _, _ := w.disk.Last("lane-1"); !p.Busy() {
			w.t.Errorf("the payment is %s, want it to wait for its customer", p.State)
		}
	})
}

// TestZVTAResetStopsWhatRuns: 06 18 on another connection, and what its till hears.
func TestZVTAResetStopsWhatRuns(t *testing.T) {
	t.Parallel()
	story(t, leaves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		other := w.connect()
		other.say("06 18 00")
		other.hears(yes)
		other.hears("06 0F 00")
		if i := r.info(r.result()); i.Result != zvt.CodeAborted {
			w.t.Errorf("the sale ends with %s, want 6C", i.Result)
		}
		w.books(0, 0, 0)
	})
	story(t, approves, nil, func(w *world) {
		w.klarna.stuck = time.Minute
		r := w.registered(registersOld)
		r.say(asks1610)
		r.hears(yes)
		time.Sleep(10 * time.Second)
		other := w.connect()
		other.say("06 18 00")
		other.hears(yes)
		other.hears("06 1E 01 9C") // nobody knows yet how it ends
		r.result()
		w.books(1, 0, 0)
	})
}

// TestZVTDiagnosisAsksKlarna and says what came of it.
func TestZVTDiagnosisAsksKlarna(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		probe func(context.Context) error
		end   string
	}{
		"Klarna answers":        {func(context.Context) error { return nil }, "06 0F 00"},
		"Klarna is not reached": {func(context.Context) error { return errors.New("no route") }, "06 1E 01 A3"},
		"Klarna is silent":      {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "06 1E 01 A3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, func(o *terminal.ZVTOptions) { o.Probe = tt.probe }, func(w *world) {
				r := w.connect()
				r.say("06 70 00")
				r.hears(yes)
				began := time.Now()
				r.hears(tt.end)
				if d := time.Since(began); d > 15*time.Second {
					w.t.Errorf("it took %s", d)
				}
			})
		})
	}
}
