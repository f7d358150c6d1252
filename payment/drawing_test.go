// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"tillbridge/payment"
)

const (
	architecture = "../ARCHITECTURE.md"
	beginMark    = "<!-- states:begin -->"
	endMark      = "<!-- states:end -->"
)

// TestDrawingIsTheTable holds the drawing in ARCHITECTURE.md to payment.Next. With -update it is drawn anew.
func TestDrawingIsTheTable(t *testing.T) {
	b, err := os.ReadFile(architecture)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there is no ARCHITECTURE.md")
	}
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(b), "\r\n", "\n")
	head, rest, begins := strings.Cut(page, beginMark)
	old, tail, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		t.Skipf("ARCHITECTURE.md has no %s and %s", beginMark, endMark)
	}
	drawn := "\n" + drawing() + "\n"
	if given("update") {
		err := os.WriteFile(architecture, []byte(head+beginMark+drawn+endMark+tail), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := firstDifference(old, drawn); diff != "" {
		t.Errorf("the drawing in ARCHITECTURE.md is out of date (draw it anew with -update):\n%s", diff)
	}
}

// drawing writes the edges for Mermaid. Nobody has asked for a payment in none, so it is the black dot.
func drawing() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, s := range payment.States() {
		from := s.String()
		if s == payment.StateNone {
			from = "[*]"
		}
		for _, next := range payment.Next(s) {
			b.WriteString("    " + from + " --> " + next.String() + "\n")
		}
		if s.Final() {
			b.WriteString("    " + from + " --> [*]\n")
		}
	}
	b.WriteString("```")
	return b.String()
}

func TestDrawingHasEveryEdge(t *testing.T) {
	got := drawing()
	for _, s := range payment.States() {
		for _, next := range payment.Next(s) {
			if s != payment.StateNone && !strings.Contains(got, s.String()+" --> "+next.String()+"\n") {
				t.Errorf("the drawing lacks %s --> %s", s, next)
			}
		}
	}
	if strings.Contains(got, payment.StateNone.String()) || !strings.Contains(got, "[*] --> received\n") {
		t.Errorf("the drawing does not begin with a dot:\n%s", got)
	}
}
