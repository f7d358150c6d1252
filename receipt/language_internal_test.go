// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"tillbridge/payment"
)

// TestEveryLanguageIsComplete: the customer's screen speaks eleven languages, and a slip in another one
// than the screen would be read by nobody.
func TestEveryLanguageIsComplete(t *testing.T) {
	t.Parallel()
	want := []string{"da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "sv"}
	if got := Languages(); !slices.Equal(got, want) {
		t.Fatalf("Languages() = %q, want %q", got, want)
	}
	words := slices.Sorted(maps.Keys(languageOf(fallback).Words))
	day := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, code := range want {
		l, err := readLanguage(code)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(l.Words)); !slices.Equal(got, words) {
			t.Errorf("%s has the words %q, want %q", code, got, words)
		}
		for name, word := range l.Words {
			if word == "" || word != strings.TrimSpace(word) || clean(word) != word || strings.ContainsAny(word, "{}|^") {
				t.Errorf("%s: %s is %q", code, name, word)
			}
			if strings.IndexFunc(word, unicode.IsDigit) >= 0 {
				t.Errorf("%s: %s is %q: a digit beside a number changes it", code, name, word)
			}
		}
		f := l.Format
		if f.Decimal == "" || f.Group == "" || f.Decimal == f.Group || f.GroupLeast < 1 {
			t.Errorf("%s: numbers are written %+v", code, f)
		}
		if !strings.Contains(f.Money, "{currency}") || !strings.Contains(f.Money, "{number}") {
			t.Errorf("%s: money is written %q", code, f.Money)
		}
		if d := f.day(day); !strings.Contains(d, "2026") || !strings.Contains(d, "1") || !strings.Contains(d, "2") {
			t.Errorf("%s: a day is written %q", code, d)
		}
		if c := strings.ReplaceAll(f.time(day), ".", ":"); c != "15:04:05" {
			t.Errorf("%s: a time is written %q", code, c)
		}
	}
}

// TestTemplatesNameWhatIsThere: a word that no language has would leave its line out for ever.
func TestTemplatesNameWhatIsThere(t *testing.T) {
	t.Parallel()
	words := languageOf(fallback).Words
	found := 0
	for _, template := range []string{saleTemplate, refundTemplate, totalsTemplate, setupTemplate} {
		for _, match := range regexp.MustCompile(`\{\.([a-z_]*)\}`).FindAllStringSubmatch(template, -1) {
			found++
			if words[match[1]] == "" {
				t.Errorf("no language has %s", match[1])
			}
		}
	}
	if found == 0 {
		t.Error("no word was found in any template")
	}
}

func TestMoneyIsWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	large, thousand := payment.Amount{Minor: -123456789, Currency: "EUR"}, payment.Amount{Minor: 123456, Currency: "EUR"}
	tests := map[string][2]string{
		"en": {"EUR -1,234,567.89", "EUR 1,234.56"},
		"de": {"EUR -1.234.567,89", "EUR 1.234,56"},
		"nl": {"EUR -1.234.567,89", "EUR 1.234,56"},
		"nb": {"EUR -1 234 567,89", "EUR 1 234,56"},
		"da": {"-1.234.567,89 EUR", "1.234,56 EUR"},
		"it": {"-1.234.567,89 EUR", "1.234,56 EUR"},
		"sv": {"-1 234 567,89 EUR", "1 234,56 EUR"},
		"fi": {"-1 234 567,89 EUR", "1 234,56 EUR"},
		"fr": {"-1 234 567,89 EUR", "1 234,56 EUR"},
		"es": {"-1.234.567,89 EUR", "1234,56 EUR"},
		"pl": {"-1 234 567,89 EUR", "1234,56 EUR"},
	}
	for _, code := range Languages() {
		f := languageOf(code).Format
		if got := [2]string{f.money(large), f.money(thousand)}; got != tests[code] {
			t.Errorf("%s: %q, want %q", code, got, tests[code])
		}
	}
	small := languageOf("de").Format
	for minor, want := range map[int64]string{0: "EUR 0,00", 5: "EUR 0,05", -5: "EUR -0,05", 99999: "EUR 999,99", 100000: "EUR 1.000,00"} {
		if got := small.money(payment.Amount{Minor: minor, Currency: "EUR"}); got != want {
			t.Errorf("%d: %q, want %q", minor, got, want)
		}
	}
}
