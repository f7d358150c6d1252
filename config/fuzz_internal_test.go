// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(reference)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, seed := range []string{
		"", "#", "---", "null", "- a", "{", "a: &a [*a]", "version: 1\nversion: 1", "lanes: [{}, [], x, *y]",
		"? {a: b}\n: c", "http: {hosts: [a, b]}\nstore: {id: !!binary x}", "lanes:\n- till: {listen: \"serial:///COM3?baud=1\"}",
		"\"a\\nb\": 1", "retention: 99999999999999999999d\nmax_amount: 999999999999.9999", "%YAML 9.9\n---\na",
		"version: 1\nstore: {id: s}\nlanes: [{id: a, terminal_reference: t, currency: EUR, till: {protocol: zvt}}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse("fuzz.yaml", data, noEnvironment)
		again, errAgain := parse("fuzz.yaml", data, noEnvironment)
		if err != nil {
			wantReadable(t, err)
			if errAgain == nil || err.Error() != errAgain.Error() {
				t.Fatalf("two readings differ: %v and %v", err, errAgain)
			}
			return
		}
		if live, restart := Changes(c, again); len(live)+len(restart) > 0 {
			t.Fatalf("two readings differ in %q %q", live, restart)
		}
		wantSound(t, c)
	})
}

// wantReadable wants problems that say something, a line each.
func wantReadable(t *testing.T, err error) {
	t.Helper()
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("got %v, want Problems", err)
	}
	for _, p := range problems {
		if p.What == "" && p.Expected == "" || strings.ContainsAny(p.String(), "\r\n\x00\x1b") {
			t.Fatalf("not a readable problem: %q", p.String())
		}
	}
}

// wantSound wants what the rest of the program relies on.
func wantSound(t *testing.T, c Config) {
	t.Helper()
	if c.Version != 1 || len(c.Lanes) == 0 || c.Klarna.BaseURL == nil || (c.Store.Reference == "") == (c.Store.ID == "") {
		t.Fatalf("accepted %+v", c)
	}
	if _, err := c.MaxAmount.Minor(maxFraction); err != nil || c.Deadlines.Scanned < c.Deadlines.Waiting {
		t.Fatalf("accepted %+v", c)
	}
	for _, lane := range c.Lanes {
		if lane.ID == "" || lane.Currency == "" || lane.Till.Protocol == "" || len(lane.Display.Languages) == 0 {
			t.Fatalf("accepted lane %+v", lane)
		}
		if zvt := lane.Till.ZVT; (lane.Till.Protocol == ProtocolZVT) == reflect.DeepEqual(zvt, ZVT{}) {
			t.Fatalf("accepted lane %+v", lane)
		}
	}
}

func FuzzParseSigningKeys(f *testing.F) {
	f.Add([]byte("krn:a secret\r\n# b\n\nkrn:c\tsecret"))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, r := parseSigningKeys(data)
		if r != nil {
			return
		}
		for _, k := range keys {
			if k.ID == "" || k.Secret.Empty() || strings.ContainsAny(k.ID+k.Secret.Reveal(), " \t\r\n\x00") {
				t.Fatalf("parseSigningKeys(%q) has the key %q %q", data, k.ID, k.Secret.Reveal())
			}
		}
	})
}
