// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"strings"
	"testing"
	"time"

	"tillbridge/terminal/zvt"
)

// TestZVTAnyPaymentWaitsForTheAcknowledgement: whatever is wrong with it, a 06 01 behind an unanswered
// approval asks for the receipt to be repeated, and charges nothing.
func TestZVTAnyPaymentWaitsForTheAcknowledgement(t *testing.T) {
	t.Parallel()
	for name, asks := range map[string]string{
		"the same amount":     asks1610,
		"another amount":      "06 01 07 04 00 00 00 00 00 01",
		"another currency":    "06 01 0A 04 00 00 00 00 16 10 49 08 40",
		"no amount":           "06 01 00",
		"too much":            "06 01 07 04 99 99 99 99 99 99",
		"with a free timeout": "06 01 0B 04 00 00 00 00 16 10 01 FF 02 00",
	} {
		for link, open := range map[string]*bool{" on the same connection": nil, " on another": new(false), " beside it": new(true)} {
			t.Run(name+link, func(t *testing.T) {
				t.Parallel()
				story(t, approves, nil, func(w *world) {
					r := w.registered(registersOld)
					r.paying()
					if open != nil {
						if !*open {
							r.close()
							time.Sleep(time.Second)
						}
						r = w.connect()
					}
					r.say(asks)
					r.hears(yes)
					if i := r.info(r.hears("04 0F")); i.Result != zvt.CodeWait || !strings.Contains(i.Text, "BELEG WIEDERHOLEN") {
						w.t.Errorf("the till hears %s %q, want 9C and to repeat the receipt", i.Result, i.Text)
					}
					r.say(yes)
					r.hears("06 1E 01 9C")
					w.books(1, 0, 1610)
				})
			})
		}
	}
}
