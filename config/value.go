// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

// value is a typed field of Config together with what a text must be to go into it.
type value struct {
	fields   []any  // pointers to what set writes; Changes compares them
	expected string // completes "expected …"
	list     bool   // set appends one element of a list
	required bool
	set      func(text string) *refusal
}

// must makes v a key that has to be there.
func must(v value) value {
	v.required = true
	return v
}

// parsed is the value of a field that parse can fill.
func parsed[T any](field *T, expected string, parse func(text string) (T, bool)) value {
	return value{fields: []any{field}, expected: expected, set: func(text string) *refusal {
		got, ok := parse(text)
		if !ok {
			return &refusal{expected: expected}
		}
		*field = got
		return nil
	}}
}

func choice[T ~string](field *T, options ...T) value {
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = string(option)
	}
	v := value{fields: []any{field}, expected: alternatives(names)}
	v.set = func(text string) *refusal {
		if !slices.Contains(names, text) {
			return &refusal{expected: v.expected, suggestion: nearest(text, names)}
		}
		*field = T(text)
		return nil
	}
	return v
}

func yesNo(field *bool) value {
	return parsed(field, "true or false", func(text string) (bool, bool) {
		return text == "true", text == "true" || text == "false"
	})
}

func number(field *int, low, high int) value {
	expected := "a whole number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high)
	return parsed(field, expected, func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && low <= n && n <= high
	})
}

func span(field *time.Duration, low, high time.Duration) value {
	within := func(text string) (time.Duration, bool) {
		d, ok := parseDuration(text)
		return d, ok && low <= d && d <= high
	}
	v := value{fields: []any{field}}
	v.expected = "a time from " + formatDuration(low) + " to " + formatDuration(high)
	v.set = func(text string) *refusal {
		d, ok := within(text)
		if _, seconds := within(text + "s"); !ok && seconds {
			return &refusal{expected: v.expected, suggestion: text + "s"}
		} else if !ok {
			return &refusal{expected: v.expected}
		}
		*field = d
		return nil
	}
	return v
}

func amount(field *Decimal) value {
	v := value{fields: []any{field}, expected: "an amount above zero such as 10000.00"}
	v.set = func(text string) *refusal {
		d := Decimal(text)
		if !d.valid() || !d.positive() {
			return &refusal{expected: v.expected, suggestion: suggestDecimal(text)}
		}
		*field = d
		return nil
	}
	return v
}

// maxText is the longest text for people and for Klarna, in characters.
const maxText = 255

// words is a text for people, or a name at Klarna: it prints, and has no blanks at its ends.
func words(field *string, limit int) value {
	expected := "1 to " + strconv.Itoa(limit) + " printable characters without blanks at the ends"
	return parsed(field, expected, func(text string) (string, bool) {
		hidden := func(r rune) bool { return !unicode.IsPrint(r) }
		return text, utf8.ValidString(text) && utf8.RuneCountInString(text) <= limit &&
			!strings.ContainsFunc(text, hidden) && strings.TrimSpace(text) == text
	})
}

// shaped is a text that matches a whole pattern; repair, if any, suggests what was meant.
func shaped(field *string, pattern, expected string, repair func(string) string) value {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	v := value{fields: []any{field}, expected: expected}
	v.set = func(text string) *refusal {
		if whole.MatchString(text) {
			*field = text
			return nil
		}
		r := &refusal{expected: expected}
		if repair == nil {
			return r
		}
		if meant := repair(text); whole.MatchString(meant) {
			r.suggestion = meant
		}
		return r
	}
	return v
}

// hidden is a text that no message repeats.
func hidden(field *secret.Text, pattern, expected string) value {
	var text string
	v := shaped(&text, pattern, expected, nil)
	check := v.set
	v.fields = []any{field}
	v.set = func(text string) *refusal {
		if check(text) != nil {
			return &refusal{expected: expected, private: true}
		}
		*field = secret.New(text)
		return nil
	}
	return v
}

// each is a list of at most limit different elements that parse takes.
func each(field *[]string, limit int, expected string, parse func(text string) (string, bool)) value {
	return value{fields: []any{field}, expected: expected, list: true, set: func(text string) *refusal {
		got, ok := parse(text)
		switch {
		case !ok:
			return &refusal{expected: expected}
		case slices.Contains(*field, got):
			return &refusal{what: "stands here twice", expected: "each one once"}
		case len(*field) == limit:
			return &refusal{expected: "at most " + strconv.Itoa(limit) + " of them"}
		}
		*field = append(*field, got)
		return nil
	}}
}

// laneID is the nearest lane id to what was written.
func laneID(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '.' {
			return '-'
		}
		return unicode.ToLower(r)
	}, text), "-")
}

func language(text string) (string, bool) {
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' }
	return text, len(text) == 2 && letter(text[0]) && letter(text[1])
}

// oneOf is a number out of a few; the nearest is suggested by its digits.
func oneOf(field *int, options ...int) value {
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = strconv.Itoa(option)
	}
	v := value{fields: []any{field}, expected: alternatives(names)}
	v.set = func(text string) *refusal {
		i := slices.Index(names, text)
		if i < 0 {
			return &refusal{expected: v.expected, suggestion: nearest(text, names)}
		}
		*field = options[i]
		return nil
	}
	return v
}
