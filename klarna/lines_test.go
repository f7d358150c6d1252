// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tillbridge/klarna"
)

type sentLine struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total_amount"`
}

func sentLines(t *testing.T, amount int64, lines []klarna.Line) []sentLine {
	t.Helper()
	s := sale()
	s.Amount, s.Lines = amount, lines
	var body struct {
		Purchase struct {
			Lines []sentLine `json:"line_items"`
		} `json:"supplementary_purchase_data"`
	}
	if err := json.Unmarshal(must(t)(klarna.Account{}.Authorize(testKey, s)).Body, &body); err != nil {
		t.Fatal(err)
	}
	return body.Purchase.Lines
}

func TestBasketAlwaysAddsUp(t *testing.T) {
	whole := []sentLine{{"Purchase", 1, 500}}
	tests := map[string]struct {
		lines []klarna.Line
		want  []sentLine
	}{
		"no basket":            {nil, whole},
		"exact":                {[]klarna.Line{{Name: "a", Quantity: 2, Total: 500}}, []sentLine{{"a", 2, 500}}},
		"one cent short":       {[]klarna.Line{{Name: "a", Quantity: 1, Total: 499}}, []sentLine{{"a", 1, 499}, {"Rounding", 1, 1}}},
		"one cent over":        {[]klarna.Line{{Name: "a", Quantity: 1, Total: 501}}, []sentLine{{"a", 1, 501}, {"Rounding", 1, -1}}},
		"no quantity, no name": {[]klarna.Line{{Quantity: -3, Total: 500}}, []sentLine{{"Item", 1, 500}}},
		"total beyond limits":  {[]klarna.Line{{Name: "a", Quantity: 1, Total: 1 << 40}}, whole},
		"most negative total":  {[]klarna.Line{{Name: "a", Quantity: 1, Total: -1 << 63}}, whole},
		"difference too large": {[]klarna.Line{{Name: "a", Quantity: 1, Total: -2147483647}, {Name: "b", Total: -2147483647}}, whole},
		"too many":             {make([]klarna.Line, 1001), whole},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := sentLines(t, 500, tt.lines); !slices.Equal(got, tt.want) {
				t.Errorf("lines = %v, want %v", got, tt.want)
			}
		})
	}
	if d, whole := klarna.BasketDifference([]klarna.Line{{Total: 499}}, 500); d != 1 || whole {
		t.Errorf("BasketDifference = %d, %v, want 1, false", d, whole)
	}
}

func TestNamesAreMadePlain(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"control characters":  {"a\x00b\tc\x1b[31m\u0085", "abc[31m"},
		"right-to-left mark":  {"a\u202eb", "ab"},
		"broken UTF-8":        {"a\xffb", "ab"},
		"300 umlauts":         {strings.Repeat("ü", 300), strings.Repeat("ü", 255)},
		"nothing left":        {"\x00\x01", "Item"},
		"row 35: no markup":   {"<img onerror=x></b><!--", "img onerror=x>/b>!--"},
		"a size is no markup": {"Bolt <8 mm> a<", "Bolt <8 mm> a<"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := sentLines(t, 500, []klarna.Line{{Name: tt.in, Quantity: 1, Total: 500}})[0].Name
			if got != tt.want {
				t.Errorf("name of %q = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// A body over 1 MB is refused by Klarna with 413; the sale goes on without its basket.
func TestHugeBasketBecomesOneLine(t *testing.T) {
	lines := make([]klarna.Line, 1000)
	for i := range lines {
		lines[i] = klarna.Line{Name: strings.Repeat("€", 255), Quantity: 1, Product: strings.Repeat("€", 255)}
	}
	if got := sentLines(t, 500, lines); len(got) != 1 || got[0].Total != 500 {
		t.Errorf("%d lines were sent, want one of 500", len(got))
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x00b", 1)
	f.Add(strings.Repeat("\u202e€", 300), 255)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := klarna.Clean(s, limit)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\n\x1b\u202e") {
			t.Errorf("Clean(%q) = %q", s, got)
		}
		if limit >= 0 && utf8.RuneCountInString(got) > limit {
			t.Errorf("Clean(%q, %d) has %d characters", s, limit, utf8.RuneCountInString(got))
		}
	})
}
