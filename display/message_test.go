// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"errors"
	"strings"
	"testing"

	"tillbridge/internal/secret"
)

func TestParseMessage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want message
	}{
		"hello":                          {`{"type":"hello","token":"secret","lang":"en"}`, message{Kind: kindHello, Token: secret.New("secret"), Lang: "en"}},
		"hello without a language":       {`{"type":"hello","token":"secret"}`, message{Kind: kindHello, Token: secret.New("secret")}},
		"a language":                     {`{"type":"lang","lang":"de"}`, message{Kind: kindLang, Lang: "de"}},
		"a language that is none":        {`{"type":"lang","lang":"../de"}`, message{Kind: kindLang}},
		"more time":                      {`{"type":"more_time","sale":"8ZRW1RFC"}`, message{Kind: kindMoreTime, Sale: "8ZRW1RFC"}},
		"cancel":                         {`{"type":"cancel","sale":"8ZRW1RFC"}`, message{Kind: kindCancel, Sale: "8ZRW1RFC"}},
		"shown":                          {`{"type":"shown","sale":"8ZRW1RFC","ms":41.7}`, message{Kind: kindShown, Sale: "8ZRW1RFC", Shown: 41}},
		"a beat":                         {`{"type":"beat","sale":"8ZRW1RFC"}`, message{Kind: kindBeat}},
		"a screen":                       {`{"type":"screen","mm":63.1,"px":9,"fits":true}`, message{Kind: kindScreen, Panel: Panel{Millimetres: 63.1, Pixels: 9, Fits: true}}},
		"a screen that is too small":     {`{"type":"screen","mm":21,"px":4,"fits":false}`, message{Kind: kindScreen, Panel: Panel{Millimetres: 21, Pixels: 4}}},
		"a screen of nothing":            {`{"type":"screen"}`, message{Kind: kindScreen}},
		"row 31: a screen below nothing": {`{"type":"screen","mm":-1,"px":4,"fits":true}`, message{}},
		"row 31: an absurd screen":       {`{"type":"screen","mm":1e300,"px":4,"fits":true}`, message{}},
		"a screen and its room":          {`{"type":"screen","mm":63.1,"px":9,"room":560.4,"per_mm":6.7,"fits":true}`, message{Kind: kindScreen, Panel: Panel{63.1, 9, 560, 6.7, true}}},
		"row 31: an absurd room":         {`{"type":"screen","mm":60,"px":9,"room":1e18}`, message{}},
		"row 31: a room below nothing":   {`{"type":"screen","mm":60,"px":9,"room":-1}`, message{}},
		"row 31: absurdly small dots":    {`{"type":"screen","mm":60,"px":9,"room":500,"per_mm":1e9}`, message{}},
		"row 31: absurd pixels":          {`{"type":"screen","mm":60,"px":1e18,"fits":true}`, message{}},
		"shown, negative":                {`{"type":"shown","ms":-1}`, message{}},
		"shown, absurd":                  {`{"type":"shown","ms":1e300}`, message{}},
		"row 31: paid":                   {`{"paid":true}`, message{}},
		"row 31: finalize":               {`{"finalize":"now"}`, message{}},
		"row 31: a type of its own":      {`{"type":"finalize","sale":"8ZRW1RFC"}`, message{}},
		"row 31: an outcome with a type": {`{"type":"lang","lang":"de","outcome":"approved"}`, message{Kind: kindLang, Lang: "de"}},
		"row 10: a second object":        {`{"type":"cancel"}{"type":"cancel"}`, message{}},
		"row 10: a list":                 {`[{"type":"cancel"}]`, message{}},
		"row 10: a wrong type":           {`{"type":7}`, message{}},
		"row 10: deep nesting":           {strings.Repeat("[", 4000), message{}},
		"too long for us":                {`{"type":"cancel","sale":"` + strings.Repeat("x", 4096) + `"}`, message{}},
		"nothing":                        {"", message{}},
		"null":                           {"null", message{}},
		"a token is not taken by a lang": {`{"type":"lang","lang":"de","token":"secret"}`, message{Kind: kindLang, Lang: "de"}},
		"a sale is not taken by a hello": {`{"type":"hello","token":"t","sale":"x"}`, message{Kind: kindHello, Token: secret.New("t")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseMessage([]byte(tt.in))
			if err != nil || !same(got, tt.want) {
				t.Errorf("parseMessage(%.60q) = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
		})
	}
	if _, err := parseMessage([]byte("{\"type\":\"lang\",\"lang\":\"\xff\"}")); !errors.Is(err, errText) {
		t.Errorf("row 31: bad UTF-8 = %v, want errText", err)
	}
}

func same(a, b message) bool {
	return a.Kind == b.Kind && a.Token.Reveal() == b.Token.Reveal() && a.Lang == b.Lang && a.Sale == b.Sale && a.Shown == b.Shown && a.Panel == b.Panel
}

func FuzzParseMessage(f *testing.F) {
	for _, s := range []string{
		`{"type":"hello","token":"t","lang":"en"}`, `{"type":"lang","lang":"de"}`, `{"type":"more_time","sale":"x"}`,
		`{"type":"cancel","sale":"x"}`, `{"type":"shown","ms":12}`, `{"type":"screen","mm":63.1,"px":9,"fits":true}`, `{"type":"beat"}`, `{"paid":true}`, "", "null", "[[[[", "\xff", `{"type":"shown","ms":1e999}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil && !same(m, message{}) {
			t.Errorf("parseMessage(%q) = %+v with error %v", b, m, err)
		}
		switch m.Kind {
		case "", kindHello, kindLang, kindMoreTime, kindCancel, kindShown, kindScreen, kindBeat:
		default:
			t.Errorf("parseMessage(%q) = kind %q", b, m.Kind)
		}
		if (m.Lang != "" && len(m.Lang) != 2) || m.Shown < 0 || m.Shown > maxShown ||
			m.Panel.Millimetres < 0 || m.Panel.Millimetres > maxMillimetres || m.Panel.Pixels < 0 || m.Panel.Pixels > maxPixels {
			t.Errorf("parseMessage(%q) = %+v", b, m)
		}
		if m.Kind != kindHello && !m.Token.Empty() {
			t.Errorf("parseMessage(%q) keeps a token outside a hello", b)
		}
	})
}
