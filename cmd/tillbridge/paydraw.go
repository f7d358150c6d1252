// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"

	"tillbridge/qr"
	"tillbridge/terminal/native"
)

// draw shows a code once, and its text below: on one machine a browser serves as the phone.
func (t *teller) draw(d native.Display) {
	if d.RequestURL != "" {
		t.news("go to " + plain(d.RequestURL))
	}
	if d.QR == "" || d.QR == t.drawn {
		return
	}
	t.drawn = d.QR
	code, err := qr.New(d.QR)
	if err != nil {
		t.news("the code cannot be drawn here")
		return
	}
	picture := code.Text()
	if t.colours {
		picture = code.ANSI()
	}
	t.print(picture)
	t.news(plain(d.QR))
}

// isTerminal reports whether w leads to a screen.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
