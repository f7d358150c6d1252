// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// decoder takes a message out of the data of one APDU. The first error stays; after it every answer
// is zero.
type decoder struct {
	cs      Charset
	command Command
	head    int // bytes before b in the APDU
	b       []byte
	i       int
	bmp     byte // of the field at hand
	err     *SyntaxError
}

// field as a part of a path is the field at hand.
const field = "BMP"

// fields is every field that some message is made of.
type fields struct {
	amount                                                         Opt[Amount]
	currency                                                       Opt[Currency]
	result                                                         Opt[Code]
	kind, timeout, infos, pump, service, cardType, duration, beeps Opt[byte]
	trace, original, turnover                                      Opt[Trace]
	receipt                                                        Opt[Receipt]
	clock                                                          Opt[TimeOfDay]
	date                                                           Opt[Date]
	terminalID, contract, aid, text, cardName                      string
	lines                                                          [displayLines]string
	totals                                                         *SingleTotals
	tlv                                                            *Container
	cardData                                                       bool
}

func (d *decoder) refuse(at int, part, why string) {
	if d.err != nil {
		return
	}
	path := d.command.String()
	if part == field {
		part = fmt.Sprintf("BMP %02X", d.bmp)
	}
	if part != "" {
		path += ", " + part
	}
	d.err = &SyntaxError{Path: path, Offset: d.head + at, Why: why}
}

func (d *decoder) left() int { return len(d.b) - d.i }

// take is the next n bytes, nil if there are fewer.
func (d *decoder) take(n int, part string) []byte {
	if d.left() < n {
		d.refuse(d.i, part, fmt.Sprintf("expected %d bytes", n))
		d.i = len(d.b)
		return nil
	}
	v := d.b[d.i : d.i+n]
	d.i += n
	return v
}

// octet is the next byte.
func (d *decoder) octet(part string) byte {
	if v := d.take(1, part); v != nil {
		return v[0]
	}
	return 0
}

// password reads three bytes of any half bytes. Tills that send nothing at all gave none.
func (d *decoder) password() Password {
	if d.left() == 0 {
		return Password{}
	}
	var p Password
	p.given = copy(p.digits[:], d.take(len(p.digits), "password")) > 0
	return p
}

// fields reads the rest as fields in any order. One that appears twice is refused: two readers of
// such a message may see two amounts.
func (d *decoder) fields() fields {
	var f fields
	var seen [256]bool
	for d.err == nil && d.left() > 0 {
		at := d.i
		bmp := d.octet("")
		d.bmp = bmp
		if seen[bmp] {
			d.refuse(at, field, "appears twice")
			break
		}
		seen[bmp] = true
		v := d.value(bmp)
		if d.err != nil {
			break
		}
		if cardField(bmp) {
			f.cardData = true
			continue
		}
		if !f.number(bmp, v) {
			d.refuse(d.i-len(v), field, "expected digits")
		}
		d.rest(&f, bmp, v)
	}
	return f
}

// value steps over the length of a field, if it has one, and over its value.
func (d *decoder) value(bmp byte) []byte {
	switch form := formOf(bmp); form {
	case unknown:
		d.refuse(d.i-1, field, "expected a known field")
		return nil
	case formTLV:
		size, n := cutSize(d.b[d.i:])
		if n == 0 {
			d.refuse(d.i, field, "expected a length of the forms 00 to 7F, 81 xx, 82 xx xx")
			return nil
		}
		d.i += n
		return d.take(size, field)
	case formLL, formLLL:
		size, ok := parseLength(d.b[d.i:], -form)
		if !ok {
			d.refuse(d.i, field, fmt.Sprintf("expected a length of %d digits, each in F0 to F9", -form))
			return nil
		}
		d.i -= form
		return d.take(size, field)
	default:
		return d.take(form, field)
	}
}

// number takes a field of one byte or of digits; false if they are none.
func (f *fields) number(bmp byte, v []byte) bool {
	if f.octet(bmp, v) {
		return true
	}
	var n uint64
	ok := true
	if len(v) <= 6 {
		n, ok = parseBCD(v)
	}
	switch bmp {
	case bmpAmount:
		f.amount = Some(Amount(n))
	case bmpCurrency:
		f.currency = Some(Currency(n))
	case bmpTrace:
		f.trace = Some(Trace(n))
	case bmpOriginal:
		f.original = Some(Trace(n))
	case bmpTurnover:
		f.turnover = Some(Trace(n))
	case bmpReceipt:
		f.receipt = Some(Receipt(n))
	case bmpTime:
		f.clock = Some(TimeOfDay{uint8(n / 10000), uint8(n / 100 % 100), uint8(n % 100)})
	case bmpDate, bmpDateOfYear:
		f.date = Some(Date{uint8(n / 10000), uint8(n / 100 % 100), uint8(n % 100)})
	case bmpTerminalID:
		f.terminalID = fmt.Sprintf("%08d", n)
	default:
		return true // not digits, or of no interest
	}
	return ok
}

// octet takes a field of one byte.
func (f *fields) octet(bmp byte, v []byte) bool {
	var to *Opt[byte]
	switch bmp {
	case bmpResult:
		f.result = Some(Code(v[0]))
		return true
	case bmpType:
		to = &f.kind
	case bmpTimeout:
		to = &f.timeout
	case bmpInfos:
		to = &f.infos
	case bmpPump:
		to = &f.pump
	case bmpService:
		to = &f.service
	case bmpCardType:
		to = &f.cardType
	case bmpDuration:
		to = &f.duration
	case bmpBeeps:
		to = &f.beeps
	default:
		return false
	}
	*to = Some(v[0])
	return true
}

// rest takes the fields that are texts or have an inside.
func (d *decoder) rest(f *fields, bmp byte, v []byte) {
	switch bmp {
	case bmpContract:
		f.contract = strings.TrimRightFunc(d.text(v), unicode.IsSpace) // after control bytes have become spaces
	case bmpAID:
		f.aid = d.text(bytes.TrimRight(v, "\x00"))
	case bmpText:
		f.text = d.text(v)
	case bmpCardName:
		name, _, _ := bytes.Cut(v, []byte{0})
		f.cardName = d.text(name)
	case bmpTotals:
		f.totals = d.totals(v)
	case bmpTLV:
		f.tlv = d.container(v, d.i-len(v))
		f.cardData = f.cardData || f.tlv != nil && f.tlv.CardData
	}
	if bmp >= bmpLine && bmp <= bmpLastLine {
		f.lines[bmp-bmpLine] = d.text(v)
	}
}

func (d *decoder) text(v []byte) string { return d.cs.Decode(v) }

// totals reads BMP 60.
func (d *decoder) totals(v []byte) *SingleTotals {
	if len(v) != sizeOfTotals {
		d.refuse(d.i-len(v), field, "expected 53 bytes")
		return nil
	}
	ok := true
	number := func(from, to int) uint64 {
		n, fine := parseBCD(v[from:to])
		ok = ok && fine
		return n
	}
	var t SingleTotals
	t.First, t.Last = Receipt(number(0, 2)), Receipt(number(2, 4))
	for i, slot := range t.slots() {
		at := 4 + 7*i
		*slot = Total{Count: v[at], Sum: Amount(number(at+1, at+7))}
	}
	if !ok {
		d.refuse(d.i-len(v), field, "expected digits")
	}
	return &t
}
