// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"bytes"
	"slices"
)

// encoder builds the data of one APDU. The first error stays.
type encoder struct {
	cs      Charset
	command Command
	b       []byte
	err     *ValueError
}

func (e *encoder) refuse(part, why string) {
	if e.err == nil {
		e.err = &ValueError{Path: e.command.String() + ", " + part, Why: why}
	}
}

// password writes three bytes; what was not given is 000000, as most tills do.
func (e *encoder) password(p Password) { e.b = append(e.b, p.digits[:]...) }

// octet writes a field of one byte.
func (e *encoder) octet(bmp byte, v Opt[byte]) {
	if v.Set {
		e.b = append(e.b, bmp, v.Value)
	}
}

// digits writes a field of digits, size bytes of it.
func (e *encoder) digits(bmp byte, n uint64, set bool, size int, part string) {
	if !set {
		return
	}
	var ok bool
	if e.b, ok = appendBCD(append(e.b, bmp), n, size); !ok {
		e.refuse(part, "has too many digits")
	}
}

func (e *encoder) amount(v Opt[Amount]) {
	e.digits(bmpAmount, uint64(v.Value), v.Set, 6, "BMP 04")
}

func (e *encoder) currency(v Opt[Currency]) {
	e.digits(bmpCurrency, uint64(v.Value), v.Set, 2, "BMP 49")
}

// bareCurrency writes the currency without its BMP, as some commands have it.
func (e *encoder) bareCurrency(v Opt[Currency]) {
	if !v.Set {
		return
	}
	if !v.Value.plain() {
		e.refuse("currency", "expected one that cannot be taken for a field")
	}
	start := len(e.b)
	e.currency(v)
	e.b = slices.Delete(e.b, start, start+1)
}

func (e *encoder) receipt(v Opt[Receipt]) {
	e.digits(bmpReceipt, uint64(v.Value), v.Set, 2, "BMP 87")
}

func (e *encoder) clock(v Opt[TimeOfDay]) {
	t := v.Value
	if t.Minute > 99 || t.Second > 99 {
		e.refuse("BMP 0C", "has too many digits")
	}
	e.digits(bmpTime, uint64(t.Hour)*10000+uint64(t.Minute)*100+uint64(t.Second), v.Set, 3, "BMP 0C")
}

// date writes BMP 0D, or BMP AA with the year.
func (e *encoder) date(bmp byte, v Opt[Date]) {
	t, size, n := v.Value, 2, uint64(0)
	if bmp == bmpDateOfYear {
		size, n = 3, uint64(t.Year)*10000
	}
	if t.Month > 99 || t.Day > 99 {
		e.refuse("date", "has too many digits")
	}
	e.digits(bmp, n+uint64(t.Month)*100+uint64(t.Day), v.Set, size, "date")
}

// terminalID writes BMP 29: at most eight digits, nothing for "".
func (e *encoder) terminalID(id string) {
	if id == "" {
		return
	}
	var n uint64
	for i := range len(id) {
		c := id[i] - '0'
		if c > 9 || len(id) > 8 {
			e.refuse("BMP 29", "expected at most eight digits")
			return
		}
		n = n*10 + uint64(c)
	}
	e.digits(bmpTerminalID, n, true, 4, "BMP 29")
}

// fixed writes ASCII that fills size bytes, nothing for "".
func (e *encoder) fixed(bmp byte, s string, size int, pad byte) {
	text := bytes.TrimRight(ASCII.Append(nil, ASCII.Cut(s, size)), string(pad))
	if len(text) == 0 { // what is left would be read as nothing
		return
	}
	e.b = append(e.b, bmp)
	end := len(e.b) + size
	e.b = append(e.b, text...)
	for len(e.b) < end {
		e.b = append(e.b, pad)
	}
}

// variable writes text with a length of 2 or 3 digits in front, nothing for "". Text that is too long
// is cut. tail ends it, within the length.
func (e *encoder) variable(bmp byte, s string, cs Charset, digits int, tail string) {
	if s == "" {
		return
	}
	limit := 99
	if digits == 3 {
		limit = 999
	}
	s = cs.Cut(s, limit-len(tail))
	e.b = appendLength(append(e.b, bmp), cs.Len(s)+len(tail), digits)
	e.b = append(cs.Append(e.b, s), tail...)
}

func (e *encoder) text(s string)     { e.variable(bmpText, s, ASCII, 3, "") }
func (e *encoder) cardName(s string) { e.variable(bmpCardName, s, ASCII, 2, "\x00") }

// totals writes BMP 60, always 53 bytes: a till that waits for more hangs.
func (e *encoder) totals(t *SingleTotals) {
	if t == nil {
		return
	}
	e.b = appendLength(append(e.b, bmpTotals), sizeOfTotals, 3)
	number := func(n uint64, size int) {
		var ok bool
		if e.b, ok = appendBCD(e.b, n, size); !ok {
			e.refuse("BMP 60", "has too many digits")
		}
	}
	number(uint64(t.First), 2)
	number(uint64(t.Last), 2)
	for _, slot := range t.slots() {
		e.b = append(e.b, slot.Count)
		number(uint64(slot.Sum), 6)
	}
}

// tlv writes BMP 06.
func (e *encoder) tlv(c *Container) {
	if c == nil {
		return
	}
	v := e.container(c)
	e.b = append(appendSize(append(e.b, bmpTLV), len(v)), v...)
}
