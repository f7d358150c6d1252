// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDecimalMinor(t *testing.T) {
	for _, test := range []struct {
		text   Decimal
		digits int
		want   int64 // below zero: refused
	}{
		{"10000.00", 2, 1000000},
		{"10000.00", 0, 10000},
		{"10000", 2, 1000000},
		{"0.01", 2, 1},
		{"0.1", 2, 10},
		{"0.010", 2, 1},
		{"0.29", 2, 29}, // 0.29 * 100 is 28.999… as a float
		{"999999999999.9999", 4, 9999999999999999},
		{"0.001", 2, -1},
		{"0.5", 0, -1},
		{"1", 5, -1},
		{"1", -1, -1},
		{"", 2, -1},
		{".5", 2, -1},
		{"1.", 2, -1},
		{"-1", 2, -1},
		{"1e4", 2, -1},
		{"1000000000000", 2, -1},
	} {
		got, err := test.text.Minor(test.digits)
		if test.want < 0 && err == nil || test.want >= 0 && (err != nil || got != test.want) {
			t.Errorf("Decimal(%q).Minor(%d) = %d, %v, want %d", test.text, test.digits, got, err, test.want)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"20s": 20 * time.Second, "1h30m": 90 * time.Minute, "400d": 400 * day, "0d": 0,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("parseDuration(%q) = %v, %t, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "5", "-1d", "1.5d", "65536d", "1d1h", "d", "5 m"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("parseDuration(%q) = %v, want a refusal", text, got)
		}
	}
	for d, want := range map[time.Duration]string{
		5 * time.Minute: "5m", 90 * time.Second: "1m30s", 10 * time.Second: "10s", day: "24h", 400 * day: "400d", 90 * time.Minute: "1h30m",
	} {
		if got := formatDuration(d); got != want {
			t.Errorf("formatDuration(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"environment", "native", "zvt", "base64", "as_is"}
	for word, want := range map[string]string{
		"nativ": "native", "Native": "native", "antive": "native", "envronment": "environment", "zv": "zvt", "base46": "base64",
		"": "", "x": "", "json": "", "nat": "", "as-is": "as_is",
		strings.Repeat("native", 1000): "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestShownHidesWhatMayBeSecret(t *testing.T) {
	for text, want := range map[string]string{
		"as it is":                       "as it is",
		"x klarna_live_api_canary":       "x klarna_live_api_…",
		"http://me:canary@host":          "http://…@host",
		"http://me:c@nary@host":          "http://…@host",
		strings.Repeat("a", 201):         strings.Repeat("a", 200) + "…",
		strings.Repeat("a", 199) + "äää": strings.Repeat("a", 199) + "…",
	} {
		if got := shown(text); got != want {
			t.Errorf("shown(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want float64 // by WCAG's own examples
	}{
		{"#000000", "#ffffff", 21},
		{"#ffffff", "#ffffff", 1},
		{"#777777", "#ffffff", 4.48},
		{"#767676", "#FFFFFF", 4.54},
	} {
		if got := contrast(test.a, test.b); math.Abs(got-test.want) > 0.005 {
			t.Errorf("contrast(%s, %s) = %.3f, want %.2f", test.a, test.b, got, test.want)
		}
	}
}
