// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

import (
	"maps"
	"path/filepath"
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
	screens, err := filepath.Glob("../display/web/lang/*.json")
	if err != nil || len(screens) == 0 {
		t.Fatalf("the screen's languages are %q, %v", screens, err)
	}
	want := make([]string, 0, len(screens))
	for _, name := range screens {
		want = append(want, strings.TrimSuffix(filepath.Base(name), ".json"))
	}
	if got := Languages(); !slices.Equal(got, want) {
		t.Fatalf("Languages() = %q, want %q", got, want)
	}
	words := slices.Sorted(maps.Keys(english().words))
	day := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, code := range want {
		l := languageOf(code)
		if got := slices.Sorted(maps.Keys(l.words)); !slices.Equal(got, words) {
			t.Errorf("%s has the words %q, want %q", code, got, words)
		}
		for name, word := range l.words {
			if word == "" || word != strings.TrimSpace(word) || clean(word) != word || strings.ContainsAny(word, "{}|^") {
				t.Errorf("%s: %s is %q", code, name, word)
			}
			if strings.IndexFunc(word, unicode.IsDigit) >= 0 {
				t.Errorf("%s: %s is %q: a digit beside a number changes it", code, name, word)
			}
		}
		f := l.format
		if f.decimal == "" || f.group == "" || f.decimal == f.group || f.groupLeast < 1 {
			t.Errorf("%s: numbers are written %+v", code, f)
		}
		if !strings.Contains(f.money, "{currency}") || !strings.Contains(f.money, "{number}") {
			t.Errorf("%s: money is written %q", code, f.money)
		}
		if d := f.date(day); !strings.Contains(d, "2026") || !strings.Contains(d, "1") || !strings.Contains(d, "2") {
			t.Errorf("%s: a day is written %q", code, d)
		}
		if c := strings.ReplaceAll(f.clock(day), ".", ":"); c != "15:04:05" {
			t.Errorf("%s: a time is written %q", code, c)
		}
	}
}

// TestTemplatesNameWhatIsThere: a word that no language has would leave its line out for ever.
func TestTemplatesNameWhatIsThere(t *testing.T) {
	t.Parallel()
	words := english().words
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
		f := languageOf(code).format
		if got := [2]string{f.amount(large), f.amount(thousand)}; got != tests[code] {
			t.Errorf("%s: %q, want %q", code, got, tests[code])
		}
	}
	small := german().format
	for minor, want := range map[int64]string{0: "EUR 0,00", 5: "EUR 0,05", -5: "EUR -0,05", 99999: "EUR 999,99", 100000: "EUR 1.000,00"} {
		if got := small.amount(payment.Amount{Minor: minor, Currency: "EUR"}); got != want {
			t.Errorf("%d: %q, want %q", minor, got, want)
		}
	}
}
