// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tillbridge/terminal/zvt"
)

func charsets() []zvt.Charset {
	return []zvt.Charset{zvt.CP437, zvt.ASCII, zvt.Latin1, zvt.Latin9, zvt.UTF8}
}

func TestCharset(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cs      zvt.Charset
		in, hex string
		back    string // "" for in
	}{
		"umlauts in code page 437":         {zvt.CP437, "äöüßÄÖÜ", "84 94 81 E1 8E 99 9A", ""},
		"umlauts in ISO 8859-1":            {zvt.Latin1, "äöüßÄÖÜ", "E4 F6 FC DF C4 D6 DC", ""},
		"umlauts in ISO 8859-15":           {zvt.Latin9, "äöüßÄÖÜ", "E4 F6 FC DF C4 D6 DC", ""},
		"umlauts in UTF-8":                 {zvt.UTF8, "äß", "C3 A4 C3 9F", ""},
		"umlauts in ASCII":                 {zvt.ASCII, "äöüßÄÖÜẞ", "61 65 6F 65 75 65 73 73 41 65 4F 65 55 65 53 53", "aeoeuessAeOeUeSS"},
		"the corners of code page 437":     {zvt.CP437, "Ç\u00a0~", "80 FF 7E", ""},
		"the euro has no place":            {zvt.CP437, "5 €", "35 20 45 55 52", "5 EUR"},
		"the euro in ISO 8859-15":          {zvt.Latin9, "5 €", "35 20 A4", ""},
		"the euro in ISO 8859-1":           {zvt.Latin1, "€", "45 55 52", "EUR"},
		"what ISO 8859-15 has new":         {zvt.Latin9, "ŠšŽžŒœŸ", "A6 A8 B4 B8 BC BD BE", ""},
		"what ISO 8859-15 has lost":        {zvt.Latin9, "¤¦½", "3F 3F 3F", "???"},
		"accents that a set does not have": {zvt.CP437, "Łódź Čapek", "4C A2 64 7A 20 43 61 70 65 6B", "Lódz Capek"},
		"signs of a word processor":        {zvt.ASCII, "„a“ – b… ‚c’ × d•\u00a0æœÆŒ", "22 61 22 20 2D 20 62 2E 2E 2E 20 27 63 27 20 78 20 64 2A 20 61 65 6F 65 41 65 4F 65", "\"a\" - b... 'c' x d* aeoeAeOe"},
		"what nobody has":                  {zvt.CP437, "日\U0001f600", "3F 3F", "??"},
		"a printer's commands are spaces":  {zvt.CP437, "a\x1b\r\n\x00\x7f\u0085b", "61 20 20 20 20 20 20 62", "a      b"},
		"control characters in UTF-8":      {zvt.UTF8, "a\x1b\u009bb", "61 20 20 62", "a  b"},
		"bytes that are no UTF-8":          {zvt.UTF8, "a\xffb", "61 3F 62", "a?b"},
		"bytes that are no UTF-8 either":   {zvt.CP437, "a\xffb", "61 3F 62", "a?b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := unhex(t, tt.hex)
			got := tt.cs.Append([]byte{1}, tt.in)
			if string(got[1:]) != string(want) || tt.cs.Len(tt.in) != len(want) {
				t.Errorf("Append(%q) = % X, Len %d, want % X", tt.in, got[1:], tt.cs.Len(tt.in), want)
			}
			if tt.back == "" {
				tt.back = tt.in
			}
			if back := tt.cs.Decode(want); back != tt.back {
				t.Errorf("Decode(% X) = %q, want %q", want, back, tt.back)
			}
		})
	}
}

func TestDecodeOfWhatIsNotInTheSet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cs   zvt.Charset
		in   []byte
		want string
	}{
		{zvt.ASCII, []byte{'a', 0x84}, "a\ufffd"},
		{zvt.UTF8, []byte{'a', 0xc3}, "a\ufffd"},
		{zvt.Latin1, []byte{0x85, 0x1b}, "  "},
		{zvt.Latin9, []byte{0x9f, 0xa4}, " €"},
		{zvt.CP437, nil, ""},
	}
	for _, tt := range tests {
		if got := tt.cs.Decode(tt.in); got != tt.want {
			t.Errorf("%d.Decode(% X) = %q, want %q", tt.cs, tt.in, got, tt.want)
		}
	}
}

func TestCharsetHasAName(t *testing.T) {
	t.Parallel()
	for _, cs := range charsets() {
		if got, ok := zvt.CharsetOf(cs.Tag14()); got != cs || !ok {
			t.Errorf("CharsetOf(%02X) = %d, %t, want %d", cs.Tag14(), got, ok, cs)
		}
	}
	if got, ok := zvt.CharsetOf(0x02); ok || got != zvt.CP437 {
		t.Errorf("CharsetOf(02) = %d, %t, want none", got, ok)
	}
}

func TestEveryByteOfASetComesBack(t *testing.T) {
	t.Parallel()
	for _, cs := range []zvt.Charset{zvt.CP437, zvt.Latin1, zvt.Latin9} {
		for c := range 256 {
			if c < 0x20 || c == 0x7f || cs != zvt.CP437 && c >= 0x80 && c < 0xa0 {
				continue
			}
			s := cs.Decode([]byte{byte(c)})
			if got := cs.Append(nil, s); len(got) != 1 || got[0] != byte(c) {
				t.Errorf("%d: byte %02X is %q, which is % X", cs, c, s, got)
			}
		}
	}
}

func TestCutEndsAtACharacter(t *testing.T) {
	t.Parallel()
	if got := zvt.UTF8.Cut("äö", 3); got != "ä" {
		t.Errorf("Cut(äö, 3) = %q, want ä", got)
	}
	if got := zvt.ASCII.Cut("5 €", 4); got != "5 " {
		t.Errorf("Cut(5 €, 4) = %q, want no half EUR", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		cs := rapid.SampledFrom(charsets()).Draw(t, "set")
		s := rapid.String().Draw(t, "text")
		limit := rapid.IntRange(0, 30).Draw(t, "limit")
		got := cs.Cut(s, limit)
		b := cs.Append(nil, got)
		switch {
		case len(b) > limit, len(b) != cs.Len(got), s[:len(got)] != got, utf8.ValidString(s) && !utf8.ValidString(got):
			t.Fatalf("Cut(%q, %d) = %q, % X", s, limit, got, b)
		case len(got) < len(s):
			_, n := utf8.DecodeRuneInString(s[len(got):])
			if cs.Len(s[:len(got)+n]) <= limit {
				t.Fatalf("Cut(%q, %d) = %q, one more would fit", s, limit, got)
			}
		}
	})
}
