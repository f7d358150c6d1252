// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth is the deepest nesting that a body may have.
const maxDepth = 32

// ErrJSON means that a body is not one JSON value as we want it.
var ErrJSON = errors.New("not valid JSON")

// object is one JSON object of a body with its place in it. Names are compared exactly and numbers
// are kept as written: a bridge that sends "Amount" or 1e3 should learn of it here, not at Klarna.
type object struct {
	path   string
	fields map[string]any
	bad    *[]Violation // shared by all objects of a body
}

// parseBody reads a body that must be exactly one JSON object.
func parseBody(b []byte) (object, error) {
	v, err := parseJSON(b)
	if err != nil {
		return object{}, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return object{}, fmt.Errorf("body is no object: %w", ErrJSON)
	}
	return object{fields: fields, bad: new([]Violation)}, nil
}

// parseJSON reads exactly one JSON value, refusing duplicate names, bad UTF-8 and deep nesting.
func parseJSON(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("body is not UTF-8: %w", ErrJSON)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("text after the value: %w", ErrJSON)
	}
	return v, nil
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("offset %d: %w", d.InputOffset(), ErrJSON)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels: %w", maxDepth, ErrJSON)
	}
	switch t {
	case json.Delim('{'):
		return parseFields(d, depth)
	case json.Delim('['):
		return parseList(d, depth)
	}
	return t, nil
}

func parseFields(d *json.Decoder, depth int) (map[string]any, error) {
	fields := map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("offset %d: %w", d.InputOffset(), ErrJSON)
		}
		key, ok := name.(string)
		if _, twice := fields[key]; twice || !ok {
			return nil, fmt.Errorf("duplicate name %q: %w", key, ErrJSON)
		}
		if fields[key], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	return fields, closing(d)
}

func parseList(d *json.Decoder, depth int) ([]any, error) {
	var list []any
	for d.More() {
		v, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, closing(d)
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("offset %d: %w", d.InputOffset(), ErrJSON)
	}
	return nil
}

func (o object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func (o object) complain(name, reason string) {
	*o.bad = append(*o.bad, Violation{o.at(name), reason})
}

// has reports whether a field is there; null is not.
func (o object) has(name string) bool { return o.fields[name] != nil }

// only complains about fields of other names.
func (o object) only(names ...string) {
	for _, name := range sortedNames(o.fields) {
		if !slices.Contains(names, name) {
			o.complain(name, "is not a known field")
		}
	}
}

func sortedNames(fields map[string]any) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text is a string of 1 to limit runes without control characters, or empty if it is not there.
func (o object) text(name string, limit int) string {
	if !o.has(name) {
		return ""
	}
	s, ok := o.fields[name].(string)
	switch {
	case !ok:
		o.complain(name, "must be a string")
		return ""
	case s == "" || utf8.RuneCountInString(s) > limit:
		o.complain(name, "must have 1 to "+strconv.Itoa(limit)+" characters")
		return ""
	case strings.ContainsFunc(s, unicode.IsControl):
		o.complain(name, "must not have control characters")
		return ""
	}
	return s
}

// oneOf is a string of a closed set, or empty if it is not there.
func (o object) oneOf(name string, allowed ...string) string {
	s := o.text(name, maxText)
	if s != "" && !slices.Contains(allowed, s) {
		o.complain(name, "must be one of "+strings.Join(allowed, ", "))
		return ""
	}
	return s
}

// integer is a whole number written as one, or 0 if it is not there.
func (o object) integer(name string) int64 {
	if !o.has(name) {
		return 0
	}
	n, ok := o.fields[name].(json.Number)
	i, err := strconv.ParseInt(string(n), 10, 64)
	if !ok || err != nil || string(n) == "-0" {
		o.complain(name, "must be a whole number")
		return 0
	}
	return i
}

// truth is a boolean, or false if it is not there.
func (o object) truth(name string) bool {
	if !o.has(name) {
		return false
	}
	b, ok := o.fields[name].(bool)
	if !ok {
		o.complain(name, "must be true or false")
	}
	return b
}

// object is a nested object and whether it is there.
func (o object) object(name string) (object, bool) {
	none := object{path: o.at(name), bad: o.bad}
	if !o.has(name) {
		return none, false
	}
	fields, ok := o.fields[name].(map[string]any)
	if !ok {
		o.complain(name, "must be an object")
		return none, false
	}
	none.fields = fields
	return none, true
}

// list is a list of at most limit values, or nil if it is not there.
func (o object) list(name string, limit int) []any {
	if !o.has(name) {
		return nil
	}
	l, ok := o.fields[name].([]any)
	if !ok || len(l) > limit {
		o.complain(name, "must be a list of at most "+strconv.Itoa(limit)+" items")
		return nil
	}
	return l
}

// texts is a list of strings.
func (o object) texts(name string, limit int) []string {
	var out []string
	for i, v := range o.list(name, limit) {
		item := object{path: o.path, fields: map[string]any{name: v}, bad: o.bad}
		if s := item.text(name, maxText); s != "" {
			out = append(out, s)
		} else if v == nil {
			o.complain(name+"["+strconv.Itoa(i)+"]", "must be a string")
		}
	}
	return out
}

// objects is a list of objects.
func (o object) objects(name string, limit int) []object {
	var out []object
	for i, v := range o.list(name, limit) {
		at := name + "[" + strconv.Itoa(i) + "]"
		fields, ok := v.(map[string]any)
		if !ok {
			o.complain(at, "must be an object")
			continue
		}
		out = append(out, object{path: o.at(at), fields: fields, bad: o.bad})
	}
	return out
}
