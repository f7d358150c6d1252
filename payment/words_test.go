// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"tillbridge/payment"
)

// TestReasonsIsComplete reads the source, so that a new reason cannot be without words.
func TestReasonsIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []payment.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, payment.Reason(text))
		}
		return true
	})
	listed := payment.Reasons()
	slices.Sort(declared)
	slices.Sort(listed)
	if len(declared) == 0 || !slices.Equal(declared, listed) {
		t.Errorf("reason.go declares %v, Reasons lists %v", declared, listed)
	}
	if len(slices.Compact(listed)) != len(declared) {
		t.Error("two reasons have the same name")
	}
}

func TestEveryReasonHasWords(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		for _, r := range payment.Reasons() {
			w, ok := payment.WordsFor(r, lang)
			if !ok {
				t.Errorf("%s has no words in %s", r, lang)
			}
			for _, line := range []string{w.What, w.Money, w.Do} {
				checkLine(t, r, lang, line)
			}
			if want := w.What + " " + w.Money + " " + w.Do; w.String() != want {
				t.Errorf("String() = %q, want %q", w, want)
			}
		}
	}
}

// checkLine holds a line to what fits on a till and on a slip, and to what helps a cashier.
func checkLine(t *testing.T, r payment.Reason, lang, line string) {
	t.Helper()
	n := utf8.RuneCountInString(line)
	if n == 0 || n > 60 || line != strings.TrimSpace(line) || !strings.HasSuffix(line, ".") {
		t.Errorf("%s in %s: %q has %d characters, want a sentence of 1 to 60", r, lang, line, n)
	}
	for _, word := range []string{"error", "fehler", "exception", "timeout", "null"} {
		if strings.Contains(strings.ToLower(line), word) {
			t.Errorf("%s in %s: %q says %q to a cashier", r, lang, line, word)
		}
	}
}

func TestGermanWordsAreGerman(t *testing.T) {
	for _, r := range payment.Reasons() {
		de, _ := payment.WordsFor(r, "de")
		en, _ := payment.WordsFor(r, "en")
		if de.What == en.What || de.Money == en.Money || de.Do == en.Do {
			t.Errorf("%s: a line is the same in both languages: %q, %q", r, de, en)
		}
	}
}

func TestWordsForOtherLanguagesAreEnglish(t *testing.T) {
	want, _ := payment.WordsFor(payment.ReasonNoAnswer, "en")
	for _, lang := range []string{"", "fr", "DE", "de-AT"} {
		if got, ok := payment.WordsFor(payment.ReasonNoAnswer, lang); !ok || got != want {
			t.Errorf("WordsFor(%q) = %q, %v, want %q", lang, got, ok, want)
		}
	}
	for _, lang := range []string{"en", "de"} {
		if got, ok := payment.WordsFor("because", lang); ok || got != (payment.Words{}) {
			t.Errorf("WordsFor of an unknown reason = %q, %v, want none", got, ok)
		}
	}
}

// Doubt must never read as permission to charge again.
func TestNoWordsPromiseWhatIsNotKnown(t *testing.T) {
	for lang, noMoney := range map[string]string{"en": "No money", "de": "kein Geld"} {
		for _, r := range []payment.Reason{
			payment.ReasonNoAnswer, payment.ReasonKeyTooOld, payment.ReasonMismatch, payment.ReasonNoProof,
			payment.ReasonGiveBackRefused, payment.ReasonCaptureRefused,
		} {
			if w, _ := payment.WordsFor(r, lang); strings.Contains(w.String(), noMoney) {
				t.Errorf("%s in %s says %q, though nobody knows", r, lang, w)
			}
		}
	}
}
