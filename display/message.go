// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

// maxMessage is the longest message from a screen, in bytes. The largest honest one has about 150.
const maxMessage = 4096

// The kinds of message. Every other kind is ignored.
const (
	kindHello    = "hello"
	kindLang     = "lang"
	kindMoreTime = "more_time"
	kindCancel   = "cancel"
	kindShown    = "shown"
	kindScreen   = "screen"
	kindBeat     = "beat"
)

// maxShown bounds what a screen may claim to have needed for drawing, in milliseconds.
const maxShown = 60_000

// What a screen may claim of its code: millimetres of a side, device pixels of a module and of the room
// there is, and device pixels in a millimetre.
const (
	maxMillimetres = 5000
	maxPixels      = 1000
	maxRoom        = 100_000
	maxPerMM       = 100
)

// errText means that a message is not UTF-8, which RFC 6455 §8.1 answers by closing.
var errText = errors.New("message is not UTF-8")

// message is what a screen says. None of its fields can name a state, an outcome or an amount.
type message struct {
	Kind  string
	Token secret.Text // of a hello
	Lang  string      // of a hello or lang: two letters, or empty for the default
	Sale  string      // of a wish or a shown: the sale that was on the screen then
	Shown int         // of a shown: milliseconds from frame to picture
	Panel Panel       // of a screen
}

// parseMessage reads one text message. What it does not understand is the zero message.
func parseMessage(b []byte) (message, error) {
	if !utf8.Valid(b) {
		return message{}, errText
	}
	var raw struct {
		Type  string  `json:"type"`
		Token string  `json:"token"`
		Lang  string  `json:"lang"`
		Sale  string  `json:"sale"`
		MS    float64 `json:"ms"`
		MM    float64 `json:"mm"`
		PX    float64 `json:"px"`
		Room  float64 `json:"room"`
		PerMM float64 `json:"per_mm"`
		Fits  bool    `json:"fits"`
	}
	if err := json.Unmarshal(b, &raw); err != nil || len(b) > maxMessage {
		return message{}, nil //nolint:nilerr // nonsense is ignored: a newer page may say what we do not know
	}
	m := message{Kind: raw.Type}
	switch raw.Type {
	case kindHello:
		m.Token, m.Lang = secret.New(raw.Token), language(raw.Lang)
	case kindLang:
		m.Lang = language(raw.Lang)
	case kindMoreTime, kindCancel:
		m.Sale = raw.Sale
	case kindBeat:
	case kindScreen:
		if raw.MM < 0 || raw.MM > maxMillimetres || raw.PX < 0 || raw.PX > maxPixels ||
			raw.Room < 0 || raw.Room > maxRoom || raw.PerMM < 0 || raw.PerMM > maxPerMM {
			return message{}, nil
		}
		m.Panel = Panel{Millimetres: raw.MM, Pixels: int(raw.PX), Room: int(raw.Room), PerMM: raw.PerMM, Fits: raw.Fits}
	case kindShown:
		if raw.MS < 0 || raw.MS > maxShown {
			return message{}, nil
		}
		m.Sale, m.Shown = raw.Sale, int(raw.MS)
	default:
		return message{}, nil
	}
	return m, nil
}

// language lets through two small letters and nothing else.
func language(s string) string {
	if len(s) != 2 || s[0] < 'a' || s[0] > 'z' || s[1] < 'a' || s[1] > 'z' {
		return ""
	}
	return s
}
