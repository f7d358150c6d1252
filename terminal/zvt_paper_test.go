// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// closes begins an end of day and goes on to its 04 0F.
func (r *raw) closes() zvt.StatusInfo {
	r.w.t.Helper()
	r.say("06 50 03 12 34 56")
	r.hears(yes)
	return r.info(r.hears("04 0F"))
}

// TestZVTAnEndOfDayIsNotLost breaks an end of day at each of its steps. The till that asks again gets the
// same figures, and nothing is counted twice.
func TestZVTAnEndOfDayIsNotLost(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		until func(*raw) // after the 04 0F
		again bool       // it is the same one: number and time
	}{
		"before its figures are answered": {func(*raw) {}, false},
		"before its end": {func(r *raw) {
			r.say(yes)
			r.next(time.Second)
		}, true},
		"before its end is answered": {func(r *raw) {
			r.say(yes)
			for !strings.HasPrefix(r.next(time.Minute), "060F") {
				r.say(yes)
			}
		}, true},
	}
	for name, tt := range tests {
		for crash, restarts := range map[string]bool{"": false, ", and the process ends": true} {
			t.Run(name+crash, func(t *testing.T) {
				t.Parallel()
				story(t, approves, nil, func(w *world) {
					w.pays(w.till(), payment.Approved, zvt.CodeOK)
					r := w.connect()
					first := r.closes()
					tt.until(r)
					r.close()
					time.Sleep(time.Second)
					if restarts {
						w.restart()
					}
					r = w.connect()
					second := r.closes()
					if second.Amount.Value != 1610 || second.Totals.Other.Count != 1 || (second.Trace == first.Trace) != tt.again {
						w.t.Errorf("asked again the day is %+v, was %+v", second, first)
					}
					if tt.again && (second.Time != first.Time || second.Date != first.Date || *second.Totals != *first.Totals) {
						w.t.Errorf("the repeated day is %+v, was %+v", second, first)
					}
					r.say(yes)
					for !strings.HasPrefix(r.next(time.Minute), "060F") {
						r.say(yes)
					}
					r.say(yes)
					time.Sleep(time.Second)
					if third := r.closes(); third.Amount.Value != 0 {
						w.t.Errorf("after its end was answered %d is left, want 0", third.Amount.Value)
					}
				})
			})
		}
	}
}

func TestZVTADayThatIsOverIsNotRepeated(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*world){
		"something was sold since": func(w *world) { w.pays(w.till(), payment.Approved, zvt.CodeOK) },
		"it is long ago":           func(*world) { time.Sleep(20 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, nil, func(w *world) {
				w.pays(w.till(), payment.Approved, zvt.CodeOK)
				w.pays(w.till(), payment.Approved, zvt.CodeOK)
				r := w.connect()
				first := r.closes()
				r.say(yes)
				r.next(time.Second)
				r.close() // its end is not answered
				between(w)
				r = w.connect()
				if second := r.closes(); second.Amount.Value >= first.Amount.Value || second.Trace == first.Trace {
					w.t.Errorf("the next day is %+v after %+v", second, first)
				}
			})
		})
	}
}

// TestZVTARepeatedReversal: 06 20 after a lost answer says what became of the reversal, never of the last
// sale.
func TestZVTARepeatedReversal(t *testing.T) {
	t.Parallel()
	inWorld(t, always(approves), func(w *world) {
		w.pays(w.till(), payment.Approved, zvt.CodeOK)
		w.pays(w.till(), payment.Approved, zvt.CodeOK)
		e := w.must(w.till().Reverse(w.ctx, 1, 1610))
		w.restart()
		again := w.must(w.till().Repeat(w.ctx))
		if again.Info == nil || again.Info.Result != zvt.CodeOK || again.Info.Original.Value != 1 || again.Info.Trace != e.Info.Trace ||
			again.Info.Receipt != e.Info.Receipt || again.Info.Amount != e.Info.Amount {
			w.t.Errorf("repeated the reversal is %+v, was %+v", again.Info, e.Info)
		}
		if !slices.Equal(again.Lines, e.Lines) {
			w.t.Errorf("its receipt is %q, was %q", again.Lines, e.Lines)
		}
		w.books(2, 1610, 0)
		sale := w.pays(w.till(), payment.Approved, zvt.CodeOK)
		if again = w.must(w.till().Repeat(w.ctx)); again.Info.Trace != sale.Info.Trace || again.Info.Original.Set {
			w.t.Errorf("after the next sale %+v is repeated", again.Info)
		}
	})
}

// TestZVTAReversalThatNeverBegan: the number was drawn, and nothing was given back.
func TestZVTAReversalThatNeverBegan(t *testing.T) {
	t.Parallel()
	story(t, approves, nil, func(w *world) {
		r := w.registered(registersOld)
		r.paying()
		r.say(yes)
		r.hears("06 0F")
		r.say(yes)
		w.disk.notes["zvt/lane-1/number"] = "EPOCH-000002"
		w.disk.notes["zvt/lane-1/papers"] = `[{"cycle":1,"trace":2,"at":"2026-11-20T14:32:05Z","sale":"EPOCH-000001"}]`
		r.say("06 20 05 12 34 56 03 01")
		r.hears(yes)
		if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeAborted || i.Original.Value != 1 || i.Receipt.Set {
			w.t.Errorf("the repeated reversal is %+v, want 6C", i)
		}
		r.say(yes)
		r.hears("06 0F 00")
		w.books(1, 1610, 0)
	})
}

// TestZVTReprint prints receipts by their numbers: a sale, its reversal and the end of day, whatever the
// process that made them.
func TestZVTReprint(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		asks string
		want string // what the receipts say, or the code of 06 1E
	}{
		"one":                   {"06 12 05 12 34 56 00 01", "sale 0001"},
		"several":               {"06 12 07 12 34 56 00 01 00 09", "sale 0001, sale 0002, reversal 0003, totals 0000"},
		"with bitmaps":          {"06 12 09 12 34 56 87 00 02 87 00 03", "sale 0002, reversal 0003"},
		"none":                  {"06 12 05 12 34 56 00 77", "83"},
		"backwards":             {"06 12 07 12 34 56 00 02 00 01", "83"},
		"no number":             {"06 12 03 12 34 56", "83"},
		"one not yet confirmed": {"06 12 05 12 34 56 00 05", "83"},
	}
	story(t, approves, nil, func(w *world) {
		w.pays(w.till(), payment.Approved, zvt.CodeOK)
		w.pays(w.till(), payment.Approved, zvt.CodeOK)
		w.must(w.till().Reverse(w.ctx, 1, 1610))
		w.must(w.till().EndOfDay(w.ctx))
		w.restart()
		w.connect().paying() // and says nothing to it
		for name, tt := range tests {
			if got := w.reprinted(tt.asks); got != tt.want {
				w.t.Errorf("%s: printed %q, want %q", name, got, tt.want)
			}
		}
	})
}

// reprinted is what is printed on a connection of its own.
func (w *world) reprinted(asks string) string {
	w.t.Helper()
	r := w.connect()
	defer r.close()
	r.say(asks)
	r.hears(yes)
	var said []string
	for {
		apdu := unhex(w.t, r.next(time.Minute))
		m, err := zvt.Parse(apdu, zvt.CP437)
		if err != nil {
			w.t.Fatalf("% X: %v", apdu, err)
		}
		switch m := m.(type) {
		case zvt.PrintLine:
			said = append(said, m.Text)
			r.say(yes)
		case zvt.Aborted:
			r.say(yes)
			return m.Code.String()
		default:
			r.say(yes)
			return receiptsIn(said)
		}
	}
}

// receiptsIn is the kind and the number of each printed receipt.
func receiptsIn(lines []string) string {
	var all []string
	kind := ""
	for _, line := range lines {
		switch {
		case line == "sale" || line == "reversal" || line == "totals":
			kind = line
		case strings.HasPrefix(line, "Beleg "):
			all = append(all, kind+" "+strings.TrimPrefix(line, "Beleg "))
		}
	}
	return strings.Join(all, ", ")
}
