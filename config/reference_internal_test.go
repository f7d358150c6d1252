// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const reference = "../scripts/tillbridge.yaml"

func noEnvironment(name string) string {
	if name == "HOME" {
		return "/home/till"
	}
	return ""
}

// TestReferenceShowsEveryKeyWithItsDefault: the reference file is what people copy from.
func TestReferenceShowsEveryKeyWithItsDefault(t *testing.T) {
	data, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	full, err := parse(reference, data, noEnvironment)
	if err != nil {
		t.Fatalf("Load(%s) =\n%v", reference, err)
	}
	short, err := parse("short.yaml", fmt.Appendf(nil, `{version: 1, store: {reference: S0042}, lanes: [
  {id: lane-1, terminal_reference: T03, currency: EUR, till: {protocol: native, listen: "tcp://127.0.0.1:8585"}},
  {id: lane-2, terminal_reference: T04, currency: EUR, till: {protocol: zvt, listen: %q}}]}`, full.Lanes[1].Till.Listen), noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(full, short) {
		t.Errorf("the reference file is not the defaults:\n%+v, want\n%+v", full, short)
	}

	l := &loader{file: reference, origins: make(map[string]origin)}
	l.config(l.document(bytes.NewReader(data)), noEnvironment)
	for _, s := range full.settings(files{getenv: noEnvironment}) {
		if _, ok := l.origins[s.key]; !ok && s.key != "store.id" { // that one excludes store.reference
			t.Errorf("the reference file lacks %s", s.key)
		}
	}
	for _, s := range full.Lanes[0].settings(files{getenv: noEnvironment}) {
		_, first := l.origins["lanes[0]."+s.key]
		if _, second := l.origins["lanes[1]."+s.key]; !first && !second {
			t.Errorf("the reference file lacks a lane's %s", s.key)
		}
	}
	if !strings.Contains(string(data), "# id:") {
		t.Error("the reference file lacks store.id")
	}
}

// TestReferenceMarksWhatIsLive holds the file's [live] marks against the table.
func TestReferenceMarksWhatIsLive(t *testing.T) {
	data, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	var lane Lane
	f := files{getenv: noEnvironment}
	for _, s := range append(lane.settings(f), c.settings(f)...) {
		group, name := "", s.key
		if dot := strings.LastIndexByte(s.key, '.'); dot >= 0 {
			group, name = s.key[:dot], s.key[dot+1:]
		}
		marked := regexp.MustCompile(`(?m)^ *`+name+`:.*\[live\]`).Match(data) ||
			group == "deadlines" || group == "undelivered" || group == "display.colours" ||
			group == "receipts" || group == "day_end" || group == "settlement"
		if marked != (s.applies == atOnce) {
			t.Errorf("%s: marked [live] = %t, but applies at once = %t", s.key, marked, s.applies == atOnce)
		}
	}
}

func TestSettingsAreSound(t *testing.T) {
	var c Config
	var lane Lane
	f := files{getenv: noEnvironment}
	for name, table := range map[string][]setting{"file": c.settings(f), "lane": lane.settings(f)} {
		keys, variables := make(map[string]bool), make(map[string]bool)
		for _, s := range table {
			if keys[s.key] || variables[variable(s.key)] {
				t.Errorf("%s: %s stands there twice", name, s.key)
			}
			keys[s.key], variables[variable(s.key)] = true, true
			if s.key != strings.ToLower(s.key) {
				t.Errorf("%s: %s: viper would lower it", name, s.key)
			}
			for _, text := range s.split(s.fallback) {
				if r := s.set(text); r != nil {
					t.Errorf("%s: %s refuses its own default: %v", name, s.key, r)
				}
			}
		}
	}
}
