// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"tillbridge/payment"
)

//go:embed lang
var files embed.FS // the languages

// fallback is the language of whoever asks for one that is not there.
const fallback = "en"

// language is one file of lang.
type language struct {
	Name   string            `json:"name"` // in itself
	Format format            `json:"format"`
	Words  map[string]string `json:"words"`
}

// format is how numbers and times are written (Unicode CLDR 46, numbers and dates of the language; the
// place of the currency in German is that of card terminals).
type format struct {
	Decimal string `json:"decimal"`
	Group   string `json:"group"` // between thousands
	// GroupLeast is how many digits stand before the first group separator at least.
	GroupLeast int    `json:"group_least"`
	Money      string `json:"money"` // of {currency} and {number}
	Day        string `json:"day"`   // a layout of package time
	Time       string `json:"time"`
}

// Languages lists the codes of the languages, in order.
func Languages() []string {
	entries, err := fs.ReadDir(files, "lang")
	if err != nil {
		panic("receipt: " + err.Error()) // it is part of the program
	}
	all := make([]string, 0, len(entries))
	for _, e := range entries {
		all = append(all, strings.TrimSuffix(e.Name(), ".json"))
	}
	return all
}

// languageOf reads a language, or English if the program does not have it.
func languageOf(code string) language {
	l, err := readLanguage(code)
	if err != nil {
		l, err = readLanguage(fallback)
	}
	if err != nil {
		panic("receipt: " + err.Error()) // it is part of the program
	}
	return l
}

func readLanguage(code string) (language, error) {
	var l language
	b, err := files.ReadFile(path.Join("lang", code+".json"))
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil {
		return language{}, fmt.Errorf("language %s: %w", code, err)
	}
	return l, nil
}

// money is an amount as people of the language write it.
func (f format) money(a payment.Amount) string {
	whole, fraction, _ := strings.Cut(a.Decimal(), ".")
	digits, negative := strings.CutPrefix(whole, "-")
	n := f.grouped(digits)
	if negative {
		n = "-" + n
	}
	if fraction != "" {
		n += f.Decimal + fraction
	}
	return strings.NewReplacer("{currency}", string(a.Currency), "{number}", n).Replace(f.Money)
}

func (f format) grouped(digits string) string {
	const thousand = 3
	if len(digits) < thousand+f.GroupLeast {
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
	return strings.Join(parts, f.Group)
}

func (f format) day(t time.Time) string  { return stamp(t, f.Day) }
func (f format) time(t time.Time) string { return stamp(t, f.Time) }

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
