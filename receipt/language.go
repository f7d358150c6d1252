// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillbridge/payment"
)

// language is one of the files lang_*.go.
type language struct {
	format format
	words  map[string]string
}

// format is how numbers and times are written (Unicode CLDR 46, numbers and dates of the language; the
// place of the currency in German is that of card terminals).
type format struct {
	decimal string
	group   string // between thousands
	// groupLeast is how many digits stand before the first group separator at least.
	groupLeast int
	money      string // of {currency} and {number}
	day        string // a layout of package time, as time
	time       string
}

// languages is every language by its code (ISO 639-1).
func languages() map[string]func() language {
	return map[string]func() language{
		"da": danish, "de": german, "en": english, "es": spanish, "fi": finnish, "fr": french, "it": italian,
		"nb": norwegian, "nl": dutch, "pl": polish, "sv": swedish,
	}
}

// Languages lists the codes of the languages, in order.
func Languages() []string { return slices.Sorted(maps.Keys(languages())) }

// languageOf is a language, or English if the program does not have it.
func languageOf(code string) language {
	if in, ok := languages()[code]; ok {
		return in()
	}
	return english()
}

// money is an amount as people of the language write it.
func (f format) amount(a payment.Amount) string {
	whole, fraction, _ := strings.Cut(a.Decimal(), ".")
	digits, negative := strings.CutPrefix(whole, "-")
	n := f.grouped(digits)
	if negative {
		n = "-" + n
	}
	if fraction != "" {
		n += f.decimal + fraction
	}
	return strings.NewReplacer("{currency}", string(a.Currency), "{number}", n).Replace(f.money)
}

func (f format) grouped(digits string) string {
	const thousand = 3
	if len(digits) < thousand+f.groupLeast {
		return digits
	}
	first := len(digits) % thousand
	var parts []string
	if first > 0 {
		parts = append(parts, digits[:first])
	}
	for i := first; i < len(digits); i += thousand {
		parts = append(parts, digits[i:i+thousand])
	}
	return strings.Join(parts, f.group)
}

func (f format) date(t time.Time) string  { return stamp(t, f.day) }
func (f format) clock(t time.Time) string { return stamp(t, f.time) }

// stamp is empty for no time at all, which leaves its line out.
func stamp(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// numbered is a number in a fixed width, and empty for 0, which leaves its line out.
func numbered(n, width int) string {
	if n == 0 {
		return ""
	}
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(width-len(s), 0)) + s
}
