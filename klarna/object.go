// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// object is a JSON object read without leniency. encoding/json matches keys whatever their case and
// lets the last of two equal keys win: both would let an answer say two things at once.
type object map[string]any

const maxDepth = 32

var errNotObject = errors.New("not exactly one JSON object")

// parseObject refuses anything before or after the object, a key that appears twice, and nesting
// deeper than 32. Its errors never show what they read.
func parseObject(b []byte) (object, error) {
	if !json.Valid(b) {
		return nil, errNotObject
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, errNotObject
	}
	return o, nil
}

func readValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, errNotObject
	}
	switch token {
	case json.Delim('{'):
		return readMembers(dec, depth)
	case json.Delim('['):
		return readItems(dec, depth)
	default:
		return token, nil
	}
}

func readMembers(dec *json.Decoder, depth int) (object, error) {
	o := object{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, errNotObject
		}
		key, ok := token.(string)
		if !ok {
			return nil, errNotObject
		}
		if _, twice := o[key]; twice {
			return nil, fmt.Errorf("a key appears twice, before byte %d", dec.InputOffset())
		}
		if o[key], err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return o, err
}

func readItems(dec *json.Decoder, depth int) ([]any, error) {
	var items []any
	for dec.More() {
		v, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := dec.Token()
	return items, err
}

// object gives the member, or an empty object where it is missing, null or something else.
func (o object) object(key string) object {
	v, ok := o[key].(object)
	if !ok {
		return object{}
	}
	return v
}

// objects gives the objects of a list and leaves out what is none.
func (o object) objects(key string) []object {
	items, ok := o[key].([]any)
	if !ok {
		return nil
	}
	var out []object
	for _, item := range items {
		if v, ok := item.(object); ok {
			out = append(out, v)
		}
	}
	return out
}

// text gives the string under the first of keys that holds a non-empty one.
func (o object) text(keys ...string) string {
	for _, key := range keys {
		if s, ok := o[key].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

// minor gives an amount: digits with an optional sign, nothing that needs rounding.
func (o object) minor(key string) (int64, bool) {
	n, ok := o[key].(json.Number)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.String(), 10, 64)
	return v, err == nil
}

// money gives amount and currency, zero where missing or unreadable.
func (o object) money() (amount int64, currency string) {
	amount, ok := o.minor("amount")
	if !ok {
		amount = 0
	}
	return amount, o.text("currency")
}

// time gives a moment in UTC, or the zero time. Klarna writes 0 to 9 digits of a second.
func (o object) time(key string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, o.text(key))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
