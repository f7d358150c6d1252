// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"fmt"
	"time"
)

// Opt is a value that a message may carry or leave out; the zero value is left out.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some is a value that is there.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// Or is the value, or other if there is none.
func (o Opt[T]) Or(other T) T {
	if o.Set {
		return o.Value
	}
	return other
}

// Amount is money in minor units of the message's currency, 0 to MaxAmount. It is never negative.
type Amount uint64

// MaxAmount is what twelve digits hold.
const MaxAmount Amount = 999_999_999_999

// Receipt is a receipt number, 0 to 9999.
type Receipt uint16

// Trace is a trace or turnover number, 0 to 999999.
type Trace uint32

// TimeOfDay is local time as BMP 0C carries it. What is read consists of digits, but is not checked
// against the clock.
type TimeOfDay struct{ Hour, Minute, Second uint8 }

// Date is a date as BMP 0D (no year) and BMP AA (two digits of the year) carry it.
type Date struct{ Year, Month, Day uint8 }

// Stamp is t's time and date, in t's location.
func Stamp(t time.Time) (TimeOfDay, Date) {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return TimeOfDay{uint8(hour), uint8(minute), uint8(second)}, Date{uint8(year % 100), uint8(month), uint8(day)}
}

// Password is the six digits in front of some commands, or nothing. It prints as REDACTED.
type Password struct {
	digits [3]byte
	given  bool
}

// NewPassword makes a password of six digits.
func NewPassword(digits string) (Password, error) {
	p := Password{given: true}
	if len(digits) != 6 {
		return Password{}, &ValueError{Path: "password", Why: "expected six digits"}
	}
	for i := range digits {
		c := digits[i] - '0'
		if c > 9 {
			return Password{}, &ValueError{Path: "password", Why: "expected six digits"}
		}
		p.digits[i/2] = p.digits[i/2]<<4 | c
	}
	return p, nil
}

// Given reports whether the message carried a password at all.
func (p Password) Given() bool { return p.given }

// Is reports whether p was given and is other.
func (p Password) Is(other Password) bool { return p.given && p == other }

// Format implements fmt.Formatter: no verb shows the digits.
func (p Password) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("REDACTED")) }

// appendBCD appends n as size bytes of two digits each; false if it does not fit.
func appendBCD(dst []byte, n uint64, size int) ([]byte, bool) {
	start := len(dst)
	for range size {
		dst = append(dst, 0)
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte(n/10%10<<4 | n%10)
		n /= 100
	}
	return dst, n == 0
}

// parseBCD reads at most nine bytes of two digits each; false if a half byte is no digit.
func parseBCD(b []byte) (uint64, bool) {
	var n uint64
	for _, c := range b {
		if c>>4 > 9 || c&15 > 9 {
			return 0, false
		}
		n = n*100 + uint64(c>>4)*10 + uint64(c&15)
	}
	return n, len(b) <= 9
}

// appendLength appends the length of an LLVAR (2 digits) or LLLVAR (3 digits): F1 F9 is 19. The
// caller knows that it fits.
func appendLength(dst []byte, n, digits int) []byte {
	if digits == 3 {
		dst = append(dst, 0xf0|byte(n/100))
	}
	return append(dst, 0xf0|byte(n/10%10), 0xf0|byte(n%10))
}

// parseLength reads such a length from the front of b.
func parseLength(b []byte, digits int) (int, bool) {
	if len(b) < digits {
		return 0, false
	}
	n := 0
	for _, c := range b[:digits] {
		if c < 0xf0 || c > 0xf9 {
			return 0, false
		}
		n = n*10 + int(c&15)
	}
	return n, true
}
