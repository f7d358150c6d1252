// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// TestZVTReceiptsFitTheTill: no line is wider than the till's paper, and no 06 D3 is so long that its length
// would take three bytes.
func TestZVTReceiptsFitTheTill(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tlv  string // of the registration, with BMP 06 and its length
		want int    // columns
	}{
		"06 D1, no width":        {"", 24},
		"06 D3, no width":        {"06 06 26 04 0A 02 06 D3", 24},
		"06 D3 of 48":            {"06 09 12 01 48 26 04 0A 02 06 D3", 48},
		"06 D3 of 99":            {"06 09 12 01 99 26 04 0A 02 06 D3", 80},
		"06 D3 of 4":             {"06 09 12 01 04 26 04 0A 02 06 D3", 24},
		"06 D1 of 40":            {"06 03 12 01 40", 40},
		"06 D3 of 48, in UTF-8":  {"06 0C 12 01 48 14 01 FE 26 04 0A 02 06 D3", 48},
		"06 D3 of 80, in CP437":  {"06 0C 12 01 80 14 01 FF 26 04 0A 02 06 D3", 80},
		"06 D1 of 24, in 8859-1": {"06 06 12 01 24 14 01 01", 24},
		"06 D1 of 24, in ASCII":  {"06 06 12 01 24 14 01 00", 24},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full := func(o *terminal.ZVTOptions) { o.Print = fullLines }
			story(t, approves, full, func(w *world) {
				extra := unhex(w.t, tt.tlv)
				r := w.registered(fmt.Sprintf("06 00 %02X 12 34 56 8E 09 78 %X", 6+len(extra), extra))
				r.paying()
				r.say(yes)
				if lines := w.printedOn(r); len(lines) != 40 {
					w.t.Errorf("%d lines were printed, want 40", len(lines))
				} else if got := len([]rune(strings.TrimSpace(lines[0]))); got != tt.want {
					w.t.Errorf("a full line has %d characters, want %d", got, tt.want)
				}
			})
		})
	}
}

// fullLines are forty lines of the whole width, with letters that take more than a byte in some sets.
func fullLines(s terminal.Slip) []string {
	lines := make([]string, 40)
	for i := range lines {
		lines[i] = strings.Repeat("äöüß", s.Columns/4)
	}
	return lines
}

// printedOn takes what is printed until the dialogue ends, byte for byte.
func (w *world) printedOn(r *raw) []string {
	w.t.Helper()
	var all []string
	for {
		apdu := unhex(w.t, r.next(time.Minute))
		if len(apdu) < 3 || apdu[2] == 0xff {
			w.t.Fatalf("the terminal says % X…, want a length of one byte", apdu[:min(len(apdu), 8)])
		}
		r.say(yes)
		switch {
		case apdu[0] == 0x06 && apdu[1] == 0x0f:
			return all
		case apdu[1] == 0xd1 && apdu[3] == zvt.AttributeLast:
		case apdu[1] == 0xd1:
			m, err := zvt.Parse(apdu, w.charset())
			line, ok := m.(zvt.PrintLine)
			if err != nil || !ok {
				w.t.Fatalf("% X: %v", apdu, err)
			}
			all = append(all, line.Text)
		default:
			m, err := zvt.Parse(apdu, w.charset())
			block, ok := m.(zvt.PrintBlock)
			if err != nil || !ok {
				w.t.Fatalf("% X: %v", apdu, err)
			}
			for _, line := range block.Lines {
				all = append(all, line.Text)
			}
		}
	}
}

// charset is what the till agreed on.
func (w *world) charset() zvt.Charset {
	w.t.Helper()
	cs := zvt.CP437
	for tag, set := range map[string]zvt.Charset{`"charset":254`: zvt.UTF8, `"charset":1,`: zvt.Latin1} {
		if strings.Contains(w.disk.notes["zvt/lane-1/registration"], tag) {
			cs = set
		}
	}
	return cs
}
