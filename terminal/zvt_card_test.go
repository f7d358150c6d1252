// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestZVTCardDataAreNotKept sends a card in every way that the protocol has, then looks for it in
// everything that was written down: row 70: a card number among what a till sends.
func TestZVTCardDataAreNotKept(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ says, answer string }{
		"its number":              {"06 01 19 04 00 00 00 00 16 10 22 F0 F8 54 13 33 00 89 02 00 11 3C F0 F0 F3 41 42 43", "84 83 00"},
		"its second track":        {"06 01 12 04 00 00 00 00 16 10 23 F0 F8 54 13 33 00 89 02 00 11", "84 83 00"},
		"its third track":         {"06 01 13 04 00 00 00 00 16 10 24 F0 F0 F8 54 13 33 00 89 02 00 11", "84 83 00"},
		"its first track":         {"06 01 12 04 00 00 00 00 16 10 2D F0 F8 54 13 33 00 89 02 00 11", "84 83 00"},
		"its number in EMV":       {"06 01 13 04 00 00 00 00 16 10 06 0A 5A 08 54 13 33 00 89 02 00 11", "84 83 00"},
		"a number cut short":      {"06 01 0E 04 00 00 00 00 16 10 22 F0 F8 54 13 33 00", "84 83 00"},
		"a reversal with a card":  {"06 30 11 12 34 56 87 00 01 22 F0 F8 54 13 33 00 89 02 00 11", "84 83 00"},
		"a reservation":           {"06 22 12 04 00 00 00 00 16 10 22 F0 F8 54 13 33 00 89 02 00 11", "84 83 00"},
		"a vendor's own":          {"0F 10 08 54 13 33 00 89 02 00 11", "84 83 00"},
		"a text to be shown":      {"06 E0 15 F0 05 F1 F1 F6 35 34 31 33 33 33 30 30 38 39 30 32 30 30 31 31", "80 00 00"},
		"a command that is none":  {"54 13 08 33 00 89 02 00 11 54 13", "84 83 00"},
		"its number in a text":    {"06 01 1B 04 00 00 00 00 16 10 3C F0 F1 F6 35 34 31 33 33 33 30 30 38 39 30 32 30 30 31 31", "80 00 00"},
		"its number as a till id": {"06 01 1C 04 00 00 00 00 16 10 06 13 1F 35 10 35 34 31 33 33 33 30 30 38 39 30 32 30 30 31 31", "80 00 00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, leaves, nil, func(w *world) {
				var log bytes.Buffer
				w.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				r := w.connect()
				r.say(tt.says)
				if got := r.hears(tt.answer); got == "" {
					w.t.Error("no answer")
				}
				time.Sleep(time.Second)
				r.close()
				w.close()
				said := log.String() + fmt.Sprintf("%+v %+v", w.disk.payments, w.disk.notes)
				if !strings.Contains(said, "wire") {
					w.t.Errorf("nothing was logged: %s", said)
				}
				for _, card := range []string{"5413330089020011", "5413", "54 13 33", "84 19 51", "\x54\x13\x33", "3534313333"} {
					if strings.Contains(said, card) && !strings.Contains(tt.says[:5], "54 13") {
						w.t.Errorf("%q was written down: %s", card, said)
					}
				}
				w.restart() // the story closes it again
			})
		})
	}
}
