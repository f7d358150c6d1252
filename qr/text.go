// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package qr

import "strings"

// Text draws the code with its quiet zone in half blocks, two rows of modules per line, each line
// ended by a newline.
//
// The *light* modules are the ones with ink: on a terminal that writes light on dark, which most do,
// the code comes out dark on light as scanners want it. On a terminal that writes dark on light, and
// on paper, it comes out reversed, which some phones refuse; ANSI is right on every terminal that
// knows colours.
func (c Code) Text() string { return c.lines("", "") }

// ANSI is Text with black and white forced by escape sequences, for terminals of any colours.
func (c Code) ANSI() string {
	// 256-colour codes 231 and 16, because themes are free to repaint the sixteen basic colours.
	return c.lines("\x1b[38;5;231;48;5;16m", "\x1b[0m")
}

func (c Code) lines(before, after string) string {
	var b strings.Builder
	for y := -QuietZone; y < c.size+QuietZone; y += 2 {
		b.WriteString(before)
		for x := -QuietZone; x < c.size+QuietZone; x++ {
			// A row below the last one is drawn light: the side is odd, the quiet zone grows by one.
			b.WriteString(glyph(c.Dark(x, y), c.Dark(x, y+1)))
		}
		b.WriteString(after)
		b.WriteByte('\n')
	}
	return b.String()
}

func glyph(upperDark, lowerDark bool) string {
	switch {
	case upperDark && lowerDark:
		return " "
	case upperDark:
		return "▄"
	case lowerDark:
		return "▀"
	}
	return "█"
}
