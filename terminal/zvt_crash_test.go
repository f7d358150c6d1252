// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillbridge/terminal/zvt"
)

// lastResult repeats the receipt until the terminal knows the result, and acknowledges it.
func (w *world) lastResult() zvt.StatusInfo {
	w.t.Helper()
	r := w.connect()
	defer r.close()
	for {
		r.say("06 20 05 12 34 56 03 03")
		r.hears(yes)
		got := r.next(time.Minute)
		if strings.HasPrefix(got, "040F") {
			i := r.info(got)
			r.say(yes)
			r.hears("06 0F")
			return i
		}
		if !strings.HasPrefix(got, "061E019C") {
			w.t.Fatalf("the terminal said %q, want a result or 9C", got)
		}
		time.Sleep(5 * time.Second)
	}
}

// TestZVTACrashAtAnyMoment stops the process in the middle of a sale and starts another one on its disk. What
// the till then hears on 06 20 is what Klarna's books say.
func TestZVTACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	for at := 250 * time.Millisecond; at < 8*time.Second; at += 250 * time.Millisecond {
		for what, stuck := range map[string]time.Duration{"": 0, ", with a slow finalize": 3 * time.Second} {
			t.Run(fmt.Sprintf("after %s%s", at, what), func(t *testing.T) {
				t.Parallel()
				story(t, approves, nil, func(w *world) {
					w.klarna.stuck = stuck
					r := w.registered(registersOld)
					r.say(asks1610)
					r.hears(yes)
					time.Sleep(at)
					w.restart()
					i := w.lastResult()
					w.t.Logf("the till heard %s", i.Result)
					kept := int64(0)
					if i.Result == zvt.CodeOK {
						kept = 1610
					}
					time.Sleep(10 * time.Minute)
					if count, got, held := w.klarna.books(); count > 1 || got != kept || held != 0 {
						w.t.Errorf("the till heard %s; Klarna has %d charges, %d kept and %d held", i.Result, count, got, held)
					}
				})
			})
		}
	}
}
