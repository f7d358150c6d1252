// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

const (
	// maxDepth is how deep objects and arrays may lie in each other: pay, lines, line.
	maxDepth = 8
	// maxMembers bounds one object, and with it the memory for finding members that appear twice.
	maxMembers = 64
	// maxName is the longest member name in bytes that an error repeats.
	maxName = 40
)

// members is one object: the raw value of each member by its decoded name.
type members map[string]json.RawMessage

// parseObject reads b as exactly one object, strictly: no member twice, nothing behind it, no invalid
// UTF-8, bounded in depth and members.
func parseObject(b []byte) (members, *SyntaxError) {
	if len(b) > MaxLine {
		return nil, tooLarge()
	}
	if !utf8.Valid(b) {
		return nil, &SyntaxError{Code: CodeBadJSON, Offset: invalid(b), Why: "expected UTF-8"}
	}
	var whole json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		bad := &SyntaxError{Code: CodeBadJSON, Why: "expected one JSON object"}
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			bad.Offset = int(s.Offset)
		}
		return nil, bad
	}
	w := walker{b: b}
	w.space()
	if w.b[w.i] != '{' {
		return nil, &SyntaxError{Code: CodeBadJSON, Offset: w.i, Why: "expected one JSON object"}
	}
	top := make(members, 8)
	if err := w.object(1, top); err != nil {
		return nil, err
	}
	return top, nil
}

// invalid is the offset of the first byte that is not UTF-8.
func invalid(b []byte) int {
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return i
}

// walker goes over JSON that is known to be valid, so it never checks for the end of b.
type walker struct {
	b []byte
	i int
}

func (w *walker) space() {
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case ' ', '\t', '\r', '\n':
			w.i++
		default:
			return
		}
	}
}

// object walks one object. into takes its members; nil only checks.
func (w *walker) object(depth int, into members) *SyntaxError {
	start := w.i
	if depth > maxDepth {
		return w.refuse("nested too deeply")
	}
	var seen map[string]struct{}
	for w.next('}') {
		at := w.i
		name := w.name()
		if _, twice := seen[name]; twice {
			w.i = at
			return w.refuse("appears twice").within(name)
		}
		if len(seen) == maxMembers {
			w.i = start
			return w.refuse("expected at most " + strconv.Itoa(maxMembers) + " members")
		}
		if seen == nil {
			seen = make(map[string]struct{}, 8)
		}
		seen[name] = struct{}{}
		from := w.i
		if err := w.value(depth); err != nil {
			return err.within(name)
		}
		if into != nil {
			into[name] = json.RawMessage(w.b[from:w.i])
		}
	}
	return nil
}

func (w *walker) array(depth int) *SyntaxError {
	if depth > maxDepth {
		return w.refuse("nested too deeply")
	}
	for n := 0; w.next(']'); n++ {
		if err := w.value(depth); err != nil {
			err.Path = join("["+strconv.Itoa(n)+"]", err.Path)
			return err
		}
	}
	return nil
}

func (w *walker) value(depth int) *SyntaxError {
	switch w.b[w.i] {
	case '{':
		return w.object(depth+1, nil)
	case '[':
		return w.array(depth + 1)
	case '"':
		w.text()
		return nil
	}
	for w.i < len(w.b) {
		switch w.b[w.i] {
		case ',', ']', '}', ' ', '\t', '\r', '\n':
			return nil
		}
		w.i++
	}
	return nil
}

// next steps over an opening bracket or a comma to the next element, or over the closing bracket.
func (w *walker) next(closing byte) bool {
	w.space()
	more := w.b[w.i] != closing
	w.i++
	if more {
		w.space()
		if w.b[w.i] == closing { // an empty object or array
			w.i++
			return false
		}
	}
	return more
}

// name reads a member's name and steps to its value.
func (w *walker) name() string {
	from := w.i
	w.text()
	name := unquote(w.b[from:w.i])
	w.space()
	w.i++ // the colon
	w.space()
	return name
}

// text steps over a string.
func (w *walker) text() {
	for w.i++; w.b[w.i] != '"'; w.i++ {
		if w.b[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
}

func (w *walker) refuse(why string) *SyntaxError {
	return &SyntaxError{Code: CodeBadJSON, Offset: w.i, Why: why}
}

// within puts a member's name before the path. A name that none of ours could be is not repeated.
func (e *SyntaxError) within(name string) *SyntaxError {
	if !plain(name) {
		name = "?"
	}
	e.Path = join(name, e.Path)
	return e
}

// join puts two paths behind each other: a and b, a and [0].
func join(outer, inner string) string {
	if outer == "" || inner == "" || inner[0] == '[' {
		return outer + inner
	}
	return outer + "." + inner
}

// unquote decodes a valid JSON string.
func unquote(b []byte) string {
	if len(b) > 1 && bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1])
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}

func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}
