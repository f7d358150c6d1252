// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillbridge/display"
	"tillbridge/payment"
	"tillbridge/qr"
)

func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	words := book(t)
	want := []string{"da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "sv"}
	if got := slices.Sorted(maps.Keys(words)); !slices.Equal(got, want) {
		t.Fatalf("the book has %q, want %q", got, want)
	}
	for code, w := range words {
		if len(code) != 2 || w.Name == "" || (w.Direction != "ltr" && w.Direction != "rtl") {
			t.Errorf("%s: name %q, direction %q", code, w.Name, w.Direction)
		}
		for _, screen := range display.Screens() {
			if w.Screens[string(screen)].Title == "" {
				t.Errorf("%s: screen %s has no words", code, screen)
			}
		}
		for key := range words["en"].Screens {
			if (w.Screens[key].Title == "") || (w.Screens[key].Text == "") != (words["en"].Screens[key].Text == "") {
				t.Errorf("%s: %s is incomplete", code, key)
			}
		}
		for key := range w.Screens {
			if _, ok := words["en"].Screens[key]; !ok {
				t.Errorf("%s: %s is a key that nothing asks for", code, key)
			}
		}
		labels := reflect.ValueOf(w.Labels)
		for i := range labels.NumField() {
			if labels.Field(i).String() == "" {
				t.Errorf("%s: label %s is empty", code, labels.Type().Field(i).Name)
			}
		}
		if len(w.Steps) != 3 || !strings.Contains(w.Labels.SecondsLeft, "%d") {
			t.Errorf("%s: %d steps, seconds %q", code, len(w.Steps), w.Labels.SecondsLeft)
		}
		if code != "en" && (w.Name == words["en"].Name || w.Screens["scan"] == words["en"].Screens["scan"] || slices.Equal(w.Steps, words["en"].Steps)) {
			t.Errorf("%s: is English", code)
		}
		for _, text := range []string{w.Screens["idle"].Text, w.Screens["scan"].Title, w.Screens["offline"].Title, w.Steps[2], w.Labels.Code} {
			if !strings.Contains(text, "Klarn") { // Finnish and Polish inflect it; nobody translates it
				t.Errorf("%s: %q does not name Klarna", code, text)
			}
		}
	}
}

func TestWordsAreShort(t *testing.T) {
	t.Parallel()
	for code, w := range book(t) {
		for key, text := range w.Screens {
			for _, sentence := range append(strings.SplitAfter(text.Text, "."), text.Title) {
				if n := len(strings.Fields(sentence)); n > 8 {
					t.Errorf("%s: %s: %q has %d words, want at most 8", code, key, sentence, n)
				}
			}
		}
		for _, step := range w.Steps {
			if n := len(strings.Fields(step)); n > 8 {
				t.Errorf("%s: step %q has %d words, want at most 8", code, step, n)
			}
		}
	}
}

// TestEverySceneHasWords walks every state and reason in every language: whatever ends a sale, the
// customer reads a sentence and never a key or a reason.
func TestEverySceneHasWords(t *testing.T) {
	t.Parallel()
	words := book(t)
	for code := range words {
		for _, reason := range payment.Reasons() {
			for _, state := range payment.States() {
				p := sale(state)
				p.Reason = reason
				v := display.ViewOf(display.Scene{Payment: p, Fresh: true, Left: 1}, display.Look{Languages: []string{code}}, words, qr.Code{}, "")
				if v.Title == "" || v.Lang != code || strings.Contains(v.Title+v.Text, string(reason)+" ") {
					t.Errorf("%s: %s because of %s: %q in %q", code, state, reason, v.Title, v.Lang)
				}
			}
		}
	}
}

// The page must run in browsers of 2020, and under a policy that allows no inline code and no markup
// from strings. What a test can see of that is the absence of what came later.
func TestPageStaysOldAndPlain(t *testing.T) {
	t.Parallel()
	bans := map[string][]string{
		"web/display.js": {
			`innerHTML`, `outerHTML`, `insertAdjacent`, `document\.write`, `\beval\(`, `new Function`, `DOMParser`, `sessionStorage`, `indexedDB`, `cookie`, `localStorage\.(?:clear|removeItem|key)`,
			`\.at\(-`, `replaceAll`, `replaceChildren`, `\|\|=`, `&&=`, `\?\?=`, `structuredClone`, `Object\.hasOwn`, `https?://(?!www\.w3\.org/2000/svg)`,
		},
		"web/display.css": {
			`:has\(`, `:is\(`, `:where\(`, `\binset\b\s*:`, `aspect-ratio\s*:`, `(?m)^[^/*]*[{;\s]gap\s*:`, `(?:margin|padding)-inline\s*:`, `\binset-`, `dvh`,
			// Right to left by itself: what has a side is said by where a line starts and ends.
			`(?:margin|padding|border)-(?:left|right)`, `text-align:\s*(?:left|right)`, `float:`, `\d[sdl]v[hw]\b`, `@import`, `url\(`, `@layer`, `color-mix`, `oklch`,
		},
		"web/index.html": {`<style`, `\sstyle=`, `\son[a-z]+=`, `<script>`, `https?:`},
	}
	total := 0
	for file, patterns := range bans {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		total += len(b)
		for _, pattern := range patterns {
			pattern = strings.ReplaceAll(pattern, `https?://(?!www\.w3\.org/2000/svg)`, `https?://[^w]`)
			if found := regexp.MustCompile(pattern).FindString(string(b)); found != "" {
				t.Errorf("%s has %q", file, found)
			}
		}
	}
	if total > 60<<10 {
		t.Errorf("the page has %d bytes, want at most 60 KiB", total)
	}
}

func TestPageHasOnlyFilesThatAreServed(t *testing.T) {
	t.Parallel()
	var files []string
	err := fs.WalkDir(os.DirFS("web"), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(path, "lang/") {
			files = append(files, path)
		}
		return err
	})
	if want := []string{"display.css", "display.js", "icon.svg", "index.html"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("web has %v (%v), want %v", files, err, want)
	}
}
