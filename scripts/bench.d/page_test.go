// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"
)

func TestAVerdictKnowsBothDirections(t *testing.T) {
	t.Parallel()
	most := goal{name: "most", must: 3, aim: 2, unit: "×"}
	least := goal{name: "least", must: 98, aim: 100, unit: " %", below: true}
	tests := map[string]struct {
		goal  goal
		value float64
		want  string
	}{
		"at the aim":           {most, 2, "aim"},
		"between aim and must": {most, 2.5, "must"},
		"past the must":        {most, 3.1, "**missed**"},
		"more is better":       {least, 100, "aim"},
		"enough":               {least, 98, "must"},
		"too little":           {least, 97, "**missed**"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.goal.verdict(figure{Value: tt.value}); got != tt.want {
				t.Errorf("verdict(%g) = %s, want %s", tt.value, got, tt.want)
			}
		})
	}
}

func TestThePageSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	text := page([]*result{{
		Part: "qr", At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		Tables: []table{{Title: "A code", Reference: "others", Rows: []row{
			{Line: "others", Unit: "ns", Value: spread{Median: 2_000_000}},
			{Line: "ours", Unit: "ns", Value: spread{Median: 500_000}, Ratio: &spread{0.25, 0.2, 0.3}},
		}}},
		Goals: map[string]figure{"G9": {Value: 0.19, Text: "and more"}},
	}})
	for _, want := range []string{
		"| others | 2 ms | 1 |", "| ours | 500 µs | **0.25** [0.20..0.30] |", "## Floor",
		"| G9 | code as SVG | skip2's PNG(512) | ≤ 0.2× | ≤ 0.2× | 0.19× (and more) | aim |",
		"| – | not measured |", "## Not measured\n\npath, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "quick run") {
		t.Error("a full run is called quick")
	}
	if quick := page([]*result{{Part: "qr", Quick: true}}); !strings.Contains(quick, "Its figures mean nothing") {
		t.Error("a quick run must say that it is one")
	}
}

func TestGoalsAreNamedOnceAndInOrder(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range goals() {
		if seen[g.name] {
			t.Errorf("goal %s stands there twice", g.name)
		}
		seen[g.name] = true
		if g.below != (g.aim > g.must) && g.aim != g.must {
			t.Errorf("goal %s: must %g and aim %g point the other way", g.name, g.must, g.aim)
		}
	}
}

func TestQuantitiesAreReadable(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"12.3 µs": quantity(12_345, "ns"), "1.50 s": quantity(1.5e9, "ns"), "100%": quantity(100, "%"),
		"248 B": quantity(248, "B"), "4": quantity(4, ""), "0.25 MiB": quantity(0.25, "MiB"),
	} {
		if got != want {
			t.Errorf("quantity = %q, want %q", got, want)
		}
	}
}
