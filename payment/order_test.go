// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tillbridge/payment"
)

// The card numbers are the public test numbers of the card schemes.
const (
	visa     = "4111111111111111"
	visa13   = "4222222222222"
	visa19   = "4111111111111111110"
	amex     = "378282246310005"
	discover = "6011000990139424"
	notLuhn  = "4111111111111112"
	twelve   = "411111111117"         // passes Luhn, too short for a card
	twenty   = "41111111111111111101" // too long for a card
	fourByte = "\U0001f375"
)

func TestMaskCards(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"row 70: 16 digits":                      {visa, strings.Repeat("*", 16)},
		"row 70: with spaces":                    {"4111 1111 1111 1111", strings.Repeat("*", 19)},
		"row 70: with dashes":                    {"4111-1111-1111-1111", strings.Repeat("*", 19)},
		"row 70: every digit apart":              {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", strings.Repeat("*", 31)},
		"row 70: inside words":                   {"card " + visa + ", thanks", "card ****************, thanks"},
		"row 70: between letters":                {"x" + visa + "y", "x****************y"},
		"row 70: nines in groups":                {"6011 0009 9013 9424", strings.Repeat("*", 19)},
		"row 70: a nine begins a group":          {"x 9 6011000990139424", "x 9 " + strings.Repeat("*", 16)},
		"row 70: 15 digits":                      {amex, strings.Repeat("*", 15)},
		"row 70: 13 digits":                      {visa13, strings.Repeat("*", 13)},
		"row 70: 19 digits":                      {visa19, strings.Repeat("*", 19)},
		"row 70: a space behind it stays":        {visa + " ", strings.Repeat("*", 16) + " "},
		"row 70: a dash before it stays":         {"-" + visa, "-" + strings.Repeat("*", 16)},
		"row 70: two, with a comma between":      {visa + "," + amex, strings.Repeat("*", 16) + "," + strings.Repeat("*", 15)},
		"row 70: 12 digits are no card":          {twelve, twelve},
		"row 70: 20 digits are no card":          {twenty, twenty},
		"row 70: a wrong check digit":            {notLuhn, notLuhn},
		"row 70: a wrong check digit, spaced":    {"4111 1111 1111 1112", "4111 1111 1111 1112"},
		"two spaces end a number":                {"4111 1111  1111 1111", "4111 1111  1111 1111"},
		"a phone number":                         {"+49 30 901820", "+49 30 901820"},
		"a date and a time":                      {"2026-03-14 09:00", "2026-03-14 09:00"},
		"nothing":                                {"", ""},
		"text around stays as it was":            {"grün " + fourByte + " tea", "grün " + fourByte + " tea"},
		"separators alone":                       {" - - ", " - - "},
		"invalid UTF-8 does not stop the search": {"\xff" + visa, "\xff" + strings.Repeat("*", 16)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := payment.MaskCards(tt.in); got != tt.want {
				t.Errorf("MaskCards(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// People write more numbers than one: the receipt's before the card's, the expiry and the check value
// behind it. None of them may hide the card.
func TestMaskCardsFindsACardBesideOtherNumbers(t *testing.T) {
	tests := map[string]struct{ in, keep string }{
		"row 70: the expiry behind it":             {visa + " 12/27", "/27"},
		"row 70: the expiry behind a spaced one":   {"4111 1111 1111 1111 12/27", "/27"},
		"row 70: the check value behind it":        {visa + " 737", ""},
		"row 70: the receipt's number before it":   {"bon 3 " + visa, "bon "},
		"row 70: the quantity before a spaced one": {"2 4111 1111 1111 1111", ""},
		"row 70: both":                              {"bon 35 4111-1111-1111-1111 12/27", "bon "},
		"row 70: two cards with a space between":    {visa + " " + visa, ""},
		"row 70: a date before it":                  {"2026-03-14 " + visa, ""},
		"row 70: a long reference before the card":  {"10000000000000000000001 " + visa, ""},
		"row 70: a long reference behind the card":  {visa + "-10000000000000000000001", ""},
		"row 70: a dash and a number before a card": {"kasse-1 " + visa, "kasse-"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := payment.MaskCards(tt.in)
			bare := strings.NewReplacer(" ", "", "-", "").Replace(got)
			if strings.Contains(bare, "11111") || !strings.Contains(got, tt.keep) {
				t.Errorf("MaskCards(%q) = %q, want no card in it and %q kept", tt.in, got, tt.keep)
			}
		})
	}
}

func TestCleanText(t *testing.T) {
	tests := map[string]struct {
		in    string
		limit int
		want  string
	}{
		"plain":                               {"bon 7", 64, "bon 7"},
		"row 69: a line end":                  {"x\npaid lane=1", 64, "xpaid lane=1"},
		"row 69: a carriage return and ESC":   {"a\r\x1b[31mb", 64, "a[31mb"},
		"row 35: a right-to-left override":    {"a\u202eb\u2066c", 64, "abc"},
		"row 35: markup is text":              {"<img onerror=x>", 64, "<img onerror=x>"},
		"NUL and DEL":                         {"a\x00b\x7fc", 64, "abc"},
		"a C1 control":                        {"a\u0085b\u009bc", 64, "abc"},
		"a soft hyphen and a byte order mark": {"a\u00adb\ufeffc", 64, "abc"},
		"private use":                         {"a\ue000b", 64, "ab"},
		"invalid UTF-8":                       {"a\xff\xfeb", 64, "ab"},
		"half a character at the end":         {"a\xf0\x9f", 64, "a"},
		"cut at runes, not bytes":             {"äöüß", 3, "äöü"},
		"what is dropped does not count":      {"\u200ba\u200bb\u200bc", 3, "abc"},
		"spaces around":                       {"  tea  ", 64, "tea"},
		"spaces that only a cut uncovers":     {"tea   x", 5, "tea"},
		"nothing may stay":                    {"tea", 0, ""},
		"10 KiB":                              {strings.Repeat("a", 10<<10), 64, strings.Repeat("a", 64)},
		"row 70: a card number":               {"card 4111 1111 1111 1111", 64, "card *******************"},
		"row 70: a card number that the cut would halve": {
			strings.Repeat("x", 50) + visa, 64, strings.Repeat("x", 50) + strings.Repeat("*", 14),
		},
		"row 70: a card number that hides behind zero-width spaces": {
			"4111\u200b1111\u200b1111\u200b1111", 64, strings.Repeat("*", 16),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := payment.CleanText(tt.in, tt.limit); got != tt.want {
				t.Errorf("CleanText(%.60q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
			}
		})
	}
}

func TestOrderCleanCleansEveryText(t *testing.T) {
	dirty := payment.Order{
		Amount: price(), Ref: "bon\n" + strings.Repeat("7", 100), Lang: "de",
		Lines: []payment.Line{
			{Name: "tea " + visa, Quantity: 2, Total: 1800, Tax: 100, SKU: "s\x00" + strings.Repeat("k", 100)},
			{Name: strings.Repeat("n", 300), Quantity: 1, Total: -190},
		},
	}
	before := payment.Payment{Order: dirty}
	kept := deepCopy(before)
	want := payment.Order{
		Amount: price(), Ref: "bon" + strings.Repeat("7", 61), Lang: "de",
		Lines: []payment.Line{
			{Name: "tea " + strings.Repeat("*", 16), Quantity: 2, Total: 1800, Tax: 100, SKU: "s" + strings.Repeat("k", 63)},
			{Name: strings.Repeat("n", 255), Quantity: 1, Total: -190},
		},
	}
	if got := dirty.Clean(); !reflect.DeepEqual(got, want) {
		t.Errorf("Clean() = %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(before, kept) {
		t.Error("Clean wrote into the lines that it was given")
	}
}

func TestSameSale(t *testing.T) {
	sale := asked().Order
	tests := map[string]struct {
		change func(*payment.Order)
		want   bool
	}{
		"row 1: sent twice":              {func(*payment.Order) {}, true},
		"another language":               {func(o *payment.Order) { o.Lang = "en" }, true},
		"another basket":                 {func(o *payment.Order) { o.Lines = nil }, true},
		"another limit":                  {func(o *payment.Order) { o.Timeout = 1 }, true},
		"row 3: a cent more":             {func(o *payment.Order) { o.Amount.Minor++ }, false},
		"row 4: another currency":        {func(o *payment.Order) { o.Amount.Currency = "SEK" }, false},
		"another receipt":                {func(o *payment.Order) { o.Ref = "bon 8" }, false},
		"the receipt's number is absent": {func(o *payment.Order) { o.Ref = "" }, false},
	}
	for name, tt := range tests {
		other := sale
		tt.change(&other)
		if got := sale.SameSale(other); got != tt.want || other.SameSale(sale) != tt.want {
			t.Errorf("%s: SameSale = %v, want %v both ways", name, got, tt.want)
		}
	}
}

// FuzzCleanText: whatever a till writes, the result is short, valid, and cleaning it again changes nothing
// that could be dangerous.
func FuzzCleanText(f *testing.F) {
	for _, s := range []string{visa, "4111 1111 1111 1111 12/27", "a\u202eb", "\xff\xf0\x9f", " \x00 " + visa19 + "-" + amex} {
		f.Add(s, 64)
	}
	f.Fuzz(func(t *testing.T, in string, limit int) {
		limit = max(0, min(limit, 1<<10))
		got := payment.CleanText(in, limit)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit {
			t.Fatalf("CleanText(%q, %d) = %q", in, limit, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("CleanText(%q) = %q keeps %U", in, got, r)
			}
		}
		whole := payment.CleanText(in, len(in)) // a cut can make a card's number of what was none
		if masked := payment.MaskCards(whole); masked != whole {
			t.Fatalf("MaskCards(%q) = %q: a card was left", whole, masked)
		}
	})
}
