// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"testing"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// TestZVTAttachIsForOneSale: the next customer's sale of the same amount is a sale of its own, however
// soon it comes.
func TestZVTAttachIsForOneSale(t *testing.T) {
	t.Parallel()
	attach := func(o *terminal.ZVTOptions) { o.Repeat = terminal.RepeatAttach }
	tests := map[string]func(*world, *raw){
		"after the repeated sale was paid": func(_ *world, r *raw) {
			r.paying()
			r.say(yes)
			r.hears("06 0F")
			r.say(yes)
		},
		"after its result was repeated": func(w *world, r *raw) {
			time.Sleep(6 * time.Second)
			r.say("06 20 05 12 34 56 03 03")
			r.hears(yes)
			if got := r.next(time.Minute); got[:4] != "040F" { // it went on; ask once more
				r.say(yes)
				time.Sleep(10 * time.Second)
				r.say("06 20 05 12 34 56 03 03")
				r.hears(yes)
				r.hears("04 0F")
			}
			r.say(yes)
			r.hears("06 0F")
			r.say(yes)
		},
		"after it was given up": func(w *world, r *raw) {
			r.say("06 B0 00") // nothing runs on this link
			r.hears(yes)
			r.say("06 01 07 04 00 00 00 00 00 01") // another sale clears it away
			r.hears(yes)
			r.result()
			r.say(yes)
			r.hears("06 0F")
			r.say(yes)
		},
	}
	for name, settle := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, approves, attach, func(w *world) {
				r := w.registered(registersOld)
				r.say(asks1610)
				r.hears(yes)
				r.close()
				time.Sleep(time.Second)
				r = w.connect()
				settle(w, r)
				before, _, _ := w.klarna.books()
				i := r.paying()
				if i.Result != zvt.CodeOK || i.Trace.Value == 1 {
					w.t.Errorf("the next customer's sale ends with %s, trace %d", i.Result, i.Trace.Value)
				}
				if after, _, _ := w.klarna.books(); after != before+1 {
					w.t.Errorf("Klarna has %d charges after %d, want one more", after, before)
				}
			})
		})
	}
}
