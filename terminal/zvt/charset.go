// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"strings"
	"unicode/utf8"
)

// Charset is how texts are written. In Go they are UTF-8 always; a Charset turns them into the bytes
// of a till and back.
type Charset uint8

// The character sets. CP437 is what tills use that did not ask for another one. Tags 14 and 27 of
// ZVT PA00P015.
const (
	CP437 Charset = iota
	ASCII
	Latin1 // ISO 8859-1
	Latin9 // ISO 8859-15
	UTF8
)

// upper is the upper half of code page 437, in order.
const upper = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
	"└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0"

// ninth is where Latin9 differs from Latin1: pairs of the character there and the one here.
const ninth = "¤€¦Š¨š´Ž¸ž¼Œ½œ¾Ÿ"

// CharsetOf is the character set that tag 14 names, false for one that is not spoken here.
func CharsetOf(tag14 byte) (Charset, bool) {
	switch tag14 {
	case 0xff:
		return CP437, true
	case 0x00:
		return ASCII, true
	case 0x01:
		return Latin1, true
	case 0x0f:
		return Latin9, true
	case 0xfe:
		return UTF8, true
	}
	return CP437, false
}

// Tag14 is the name of the character set on the wire.
func (cs Charset) Tag14() byte {
	switch cs {
	case ASCII:
		return 0x00
	case Latin1:
		return 0x01
	case Latin9:
		return 0x0f
	case UTF8:
		return 0xfe
	case CP437:
	}
	return 0xff
}

// Append appends s in this character set. A control character becomes a space, for a line of a
// printer is one line; what the set does not have becomes its nearest ASCII, else a question mark.
func (cs Charset) Append(dst []byte, s string) []byte {
	for _, r := range s {
		dst = cs.appendRune(dst, r)
	}
	return dst
}

// Len is how many bytes Append makes of s.
func (cs Charset) Len(s string) int {
	n := 0
	var b [utf8.UTFMax]byte
	for _, r := range s {
		n += len(cs.appendRune(b[:0], r))
	}
	return n
}

// Cut is the longest beginning of s that Append makes at most limit bytes of. It never ends inside a
// character.
func (cs Charset) Cut(s string, limit int) string {
	var b [utf8.UTFMax]byte
	for i, r := range s {
		limit -= len(cs.appendRune(b[:0], r))
		if limit < 0 {
			return s[:i]
		}
	}
	return s
}

func (cs Charset) appendRune(dst []byte, r rune) []byte {
	switch {
	case control(r):
		return append(dst, ' ')
	case r < 0x80:
		return append(dst, byte(r))
	case cs == UTF8 && r != utf8.RuneError:
		return utf8.AppendRune(dst, r)
	}
	if c, ok := cs.single(r); ok {
		return append(dst, c)
	}
	return append(dst, nearest(r)...)
}

func control(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// single is the byte of a character that is not ASCII.
func (cs Charset) single(r rune) (byte, bool) {
	switch cs {
	case CP437:
		n := byte(0x80)
		for _, u := range upper {
			if u == r {
				return n, true
			}
			n++
		}
	case Latin9:
		there, here := swap(r)
		return byte(there), !here && there >= 0xa0 && there <= 0xff
	case Latin1:
		return byte(r), r >= 0xa0 && r <= 0xff
	case ASCII, UTF8:
	}
	return 0, false
}

// swap finds r among the characters that Latin9 has new: there is the one in its place in Latin1.
// old means that r is one that Latin9 lost; there is then the new one.
func swap(r rune) (there rune, old bool) {
	var first rune
	for _, c := range ninth {
		if first == 0 {
			first = c
			continue
		}
		switch r {
		case c:
			return first, false
		case first:
			return c, true
		}
		first = 0
	}
	return r, false
}

// Decode turns bytes in this character set into text, bounded by three bytes for each. A control
// character becomes a space, what is not in the set U+FFFD.
func (cs Charset) Decode(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	var page [0x80]rune
	if cs == CP437 {
		page = codePage()
	}
	for len(b) > 0 {
		r, n := cs.decodeRune(b, &page)
		if control(r) {
			r = ' '
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// codePage is upper by position.
func codePage() [0x80]rune {
	var page [0x80]rune
	n := 0
	for _, r := range upper {
		page[n] = r
		n++
	}
	return page
}

func (cs Charset) decodeRune(b []byte, page *[0x80]rune) (rune, int) {
	c := rune(b[0])
	if c < 0x80 {
		return c, 1
	}
	switch cs {
	case CP437:
		return page[c-0x80], 1
	case Latin9:
		there, _ := swap(c)
		return there, 1
	case Latin1:
		return c, 1
	case UTF8:
		return utf8.DecodeRune(b)
	case ASCII:
	}
	return utf8.RuneError, 1
}
