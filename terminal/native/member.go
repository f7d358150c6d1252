// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// reader takes members out of one object. The first error stays; after it every answer is zero.
type reader struct {
	m    members
	path string
	err  *SyntaxError
}

func (r *reader) refuse(name, why string) {
	if r.err == nil {
		r.err = &SyntaxError{Code: CodeBadRequest, Path: join(r.path, name), Why: why}
	}
}

// raw is a member's value, nil if it is absent or null.
func (r *reader) raw(name string) json.RawMessage {
	v, ok := r.m[name]
	if !ok || r.err != nil || string(v) == "null" {
		return nil
	}
	return v
}

// must is raw for a member that has to be there.
func (r *reader) must(name string) json.RawMessage {
	v := r.raw(name)
	if v == nil {
		r.refuse(name, "is missing")
	}
	return v
}

// notNull refuses null for a member whose absence decides about money: a till that writes null has lost what it meant.
func (r *reader) notNull(name, want string) {
	if string(r.m[name]) == "null" {
		r.refuse(name, "is null, expected "+want)
	}
}

// text reads a string of at most limit characters; absent is "".
func (r *reader) text(name string, limit int) string {
	v := r.raw(name)
	if v == nil {
		return ""
	}
	if v[0] != '"' {
		r.refuse(name, "expected text")
		return ""
	}
	s := unquote(v)
	if utf8.RuneCountInString(s) > limit {
		r.refuse(name, "expected at most "+strconv.Itoa(limit)+" characters")
		return ""
	}
	return s
}

// id reads a till's name of a payment. Nothing is normalized.
func (r *reader) id(name string) string {
	v := r.must(name)
	if v == nil {
		return ""
	}
	s := r.text(name, maxID)
	if !validID(s) {
		r.refuse(name, "expected 1 to 64 printable ASCII characters")
		return ""
	}
	return s
}

func validID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

// integer reads a whole number between low and high; absent is 0. want is the phrase for the error.
func (r *reader) integer(name string, low, high int64, want string) int64 {
	v := r.raw(name)
	if v == nil {
		return 0
	}
	n, ok := whole(v)
	if !ok || n < low || n > high {
		r.refuse(name, "expected "+want+", "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
		return 0
	}
	return n
}

// whole reads an integer without fraction, exponent or negative zero, so that nothing is rounded.
func whole(v []byte) (int64, bool) {
	digits := v
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil && string(v) != "-0"
}

// money reads an amount to charge.
func (r *reader) money(name string) int64 {
	return r.integer(name, 1, maxMinor, minorUnits)
}

// currency reads an ISO 4217 code in capitals.
func (r *reader) currency(name string) string {
	s := r.text(name, 3)
	if s != "" && !letters(s, 3, 'A', 'Z') || r.raw(name) != nil && s == "" {
		r.refuse(name, "expected a currency of three capital letters such as EUR")
		return ""
	}
	return s
}

func letters(s string, length int, from, to byte) bool {
	for i := range len(s) {
		if s[i] < from || s[i] > to {
			return false
		}
	}
	return len(s) == length
}

func (r *reader) flag(name string) bool {
	switch v := r.raw(name); string(v) {
	case "true":
		return true
	case "", "false":
	default:
		r.refuse(name, "expected true or false")
	}
	return false
}

// time reads an instant of RFC 3339; absent is the zero time.
func (r *reader) time(name string) time.Time {
	if r.raw(name) == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, r.text(name, maxTime))
	if err != nil {
		r.refuse(name, "expected a time such as 2026-11-20T14:33:41Z")
		return time.Time{}
	}
	return t.UTC()
}

// array splits an array of at most limit elements.
func (r *reader) array(name string, limit int) []json.RawMessage {
	v := r.raw(name)
	if v == nil {
		return nil
	}
	if v[0] != '[' {
		r.refuse(name, "expected an array")
		return nil
	}
	var all []json.RawMessage
	w := walker{b: v}
	for w.next(']') {
		from := w.i
		if w.value(0) != nil { // its depth was checked with the line
			return nil
		}
		if all = append(all, json.RawMessage(w.b[from:w.i])); len(all) > limit {
			r.refuse(name, "expected at most "+strconv.Itoa(limit)+" elements")
			return nil
		}
	}
	return all
}

// texts reads an array of short texts.
func (r *reader) texts(name string, limit int) []string {
	var all []string
	for i, v := range r.array(name, limit) {
		if v[0] != '"' || len(v) > maxText {
			r.refuse(name+"["+strconv.Itoa(i)+"]", "expected a short text")
			return nil
		}
		all = append(all, unquote(v))
	}
	return all
}

// one reads a text out of a closed set; absent is "".
func (r *reader) one(name string, of ...string) string {
	s := r.text(name, maxID)
	if s != "" && !slices.Contains(of, s) {
		r.refuse(name, "is not one of the known words")
		return ""
	}
	return s
}
