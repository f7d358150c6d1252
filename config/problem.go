// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one reason why a config is refused. Every field but Source may be empty.
type Problem struct {
	Source     string // the file as it was named, or the environment variable
	Line       int    // from 1; 0 where no line is to blame
	Column     int    // from 1; 0 like Line
	Key        string // where it stands: lanes[0].till.protocol
	Text       string // what stands there; left out where it may be a secret
	What       string // what is wrong with it: unknown key, missing, …
	Expected   string // what would have been right
	Suggestion string // what was probably meant
}

// String is one line, as in
//
//	till.yaml:7: lanes[0].till.protocol: "nativ": expected native or zvt; did you mean native?
func (p Problem) String() string {
	place := p.Source
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d", p.Source, p.Line)
	}
	text, expected := "", ""
	if p.Text != "" {
		text = fmt.Sprintf("%q", p.Text)
	}
	if p.Expected != "" {
		expected = "expected " + p.Expected
	}
	parts := slices.DeleteFunc([]string{place, p.Key, text, p.What, expected}, func(s string) bool { return s == "" })
	line := strings.Join(parts, ": ")
	if p.Suggestion != "" {
		line += "; did you mean " + p.Suggestion + "?"
	}
	return line
}

// Problems is the error of Load: everything that is wrong, in the order of the file.
type Problems []Problem //nolint:errname // people read Problems, not ProblemsError

// Error is one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
}

// refusal is why one text is not taken. The loader adds where it stands.
type refusal struct {
	what       string
	expected   string
	suggestion string
	private    bool // the text may be a secret and is not repeated
}

func (r refusal) String() string {
	return Problem{What: r.what, Expected: r.expected, Suggestion: r.suggestion}.String()
}

// maxShown is how much of an offending text is repeated, in bytes.
const maxShown = 200

// shown is text as it may be repeated in a message: without the secret part of a Klarna key that
// was pasted into the wrong place, without the user part of an address, and not too long.
func shown(text string) string {
	for _, prefix := range []string{liveKeyPrefix, testKeyPrefix} {
		if at := strings.Index(text, prefix); at >= 0 {
			return text[:at] + prefix + "…"
		}
	}
	scheme, user := strings.Index(text, "://"), strings.LastIndex(text, "@")
	if scheme >= 0 && user > scheme {
		text = text[:scheme+len("://")] + "…" + text[user:]
	}
	if len(text) <= maxShown {
		return text
	}
	cut := maxShown
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
