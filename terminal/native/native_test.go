// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"tillbridge/terminal/native"
)

// vector is one line that is read and how it is written again.
type vector struct{ in, out string }

func vectors(tb testing.TB, name string) []vector {
	tb.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatalf("read vectors: %v", err)
	}
	var all []vector
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "> "):
			in := strings.TrimPrefix(line, "> ")
			all = append(all, vector{in, in})
		case strings.HasPrefix(line, "= "):
			all[len(all)-1].out = strings.TrimPrefix(line, "= ")
		}
	}
	if len(all) == 0 {
		tb.Fatalf("%s holds no vectors", name)
	}
	return all
}

func TestRequestsAreReadAndWrittenAsInTheVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "requests.txt") {
		q, err := native.ParseRequest([]byte(v.in))
		if err != nil {
			t.Errorf("ParseRequest(%s): %v", v.in, err)
			continue
		}
		if got := string(native.Append(nil, q)); got != v.out {
			t.Errorf("Append(%#v) =\n%s, want\n%s", q, got, v.out)
		}
	}
}

func TestEventsAreReadAndWrittenAsInTheVectors(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, v := range vectors(t, "events.txt") {
		e, err := native.ParseEvent([]byte(v.in))
		if err != nil {
			t.Errorf("ParseEvent(%s): %v", v.in, err)
			continue
		}
		seen[e.Type()] = true
		if got := string(native.Append(nil, e)); got != v.out {
			t.Errorf("Append(%#v) =\n%s, want\n%s", e, got, v.out)
		}
	}
	if len(seen) != 17 {
		t.Errorf("the vectors show %d kinds of events, want all 17", len(seen))
	}
}

// pay is a sale in which one member's JSON is replaced.
func pay(member, value string) string {
	m := map[string]string{"id": `"A1"`, "amount": "1610", "currency": `"EUR"`}
	m[member] = value
	var out strings.Builder
	out.WriteString(`{"type":"pay"`)
	for _, name := range []string{"id", "amount", "currency", "ref", "lang", "timeout_s", "lines", "qr", "interaction"} {
		if v, ok := m[name]; ok {
			out.WriteString(`,"` + name + `":` + v)
		}
	}
	return out.String() + "}"
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := map[string]struct {
		in   string
		code native.Code
		path string
		why  string // a part of it
	}{
		"row 6: amount zero":                     {pay("amount", "0"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount negative":                 {pay("amount", "-5"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount minus zero":               {pay("amount", "-0"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount with exponent":            {pay("amount", "1e2"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount as text with exponent":    {pay("amount", `"1e2"`), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount with three decimals":      {pay("amount", "10.005"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount hexadecimal":              {pay("amount", "0x10"), native.CodeBadJSON, "", "JSON"},
		"row 6: amount above 64 bits":            {pay("amount", "99999999999999999999"), native.CodeBadRequest, "amount", "2147483647"},
		"row 6: amount above what Klarna takes":  {pay("amount", "2147483648"), native.CodeBadRequest, "amount", "2147483647"},
		"row 6: amount text with spaces":         {pay("amount", `" 1610 "`), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount text with NUL":            {pay("amount", `"16\u000010"`), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount in full-width digits":     {pay("amount", `"１６１０"`), native.CodeBadRequest, "amount", "integer minor units"},
		"row 6: amount with a leading zero":      {pay("amount", "01610"), native.CodeBadJSON, "", "JSON"},
		"row 6: amount with a plus":              {pay("amount", "+1"), native.CodeBadJSON, "", "JSON"},
		"row 6: amount null":                     {pay("amount", "null"), native.CodeBadRequest, "amount", "missing"},
		"row 6: amount true":                     {pay("amount", "true"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 7: amount in major units":           {pay("amount", "19.99"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 7: amount with a zero fraction":     {pay("amount", "1610.0"), native.CodeBadRequest, "amount", "integer minor units"},
		"row 8: currency in small letters":       {pay("currency", `"eur"`), native.CodeBadRequest, "currency", "EUR"},
		"row 8: currency of four letters":        {pay("currency", `"EURO"`), native.CodeBadRequest, "currency", ""},
		"row 8: currency as a sign":              {pay("currency", `"€"`), native.CodeBadRequest, "currency", "EUR"},
		"row 8: currency as a number":            {pay("currency", "978"), native.CodeBadRequest, "currency", ""},
		"row 8: currency as digits":              {pay("currency", `"978"`), native.CodeBadRequest, "currency", "EUR"},
		"row 8: currency empty":                  {pay("currency", `""`), native.CodeBadRequest, "currency", "EUR"},
		"row 8: currency missing":                {pay("currency", "null"), native.CodeBadRequest, "currency", "missing"},
		"row 9: id empty":                        {pay("id", `""`), native.CodeBadRequest, "id", "printable ASCII"},
		"row 9: id of 10 KiB":                    {pay("id", `"`+strings.Repeat("x", 10<<10)+`"`), native.CodeBadRequest, "id", "64"},
		"row 9: id of 65 characters":             {pay("id", `"`+strings.Repeat("x", 65)+`"`), native.CodeBadRequest, "id", "64"},
		"row 9: id with a new line":              {pay("id", `"x\npaid"`), native.CodeBadRequest, "id", "printable ASCII"},
		"row 9: id with an escape":               {pay("id", `"x\u001b[2J"`), native.CodeBadRequest, "id", "printable ASCII"},
		"row 9: id with a right-to-left mark":    {pay("id", "\"x\u202e\""), native.CodeBadRequest, "id", "printable ASCII"},
		"row 9: id with half a surrogate":        {pay("id", `"\ud800"`), native.CodeBadRequest, "id", "printable ASCII"},
		"row 9: id that is not UTF-8":            {pay("id", "\"\xff\""), native.CodeBadJSON, "", "UTF-8"},
		"row 9: id as a number":                  {pay("id", "7"), native.CodeBadRequest, "id", "text"},
		"row 10: amount twice":                   {`{"type":"pay","id":"A1","amount":1,"amount":1610,"currency":"EUR"}`, native.CodeBadJSON, "amount", "twice"},
		"row 10: amount twice, once escaped":     {`{"type":"pay","id":"A1","amount":1,"\u0061mount":1610,"currency":"EUR"}`, native.CodeBadJSON, "amount", "twice"},
		"row 10: a member twice, deep inside":    {`{"type":"ping","x":[{"a":1,"a":2}]}`, native.CodeBadJSON, "x[0].a", "twice"},
		"row 10: a second object":                {`{"type":"ping"}{"type":"ping"}`, native.CodeBadJSON, "", "JSON"},
		"row 10: nested 30,000 deep":             {`{"type":"ping","x":` + nested(30000) + `}`, native.CodeBadJSON, "", "JSON"},
		"row 10: nested 9 deep":                  {`{"type":"ping","x":` + nested(8) + `}`, native.CodeBadJSON, "x" + strings.Repeat("[0]", 7), "deep"},
		"row 10: a byte order mark":              {"\ufeff" + `{"type":"ping"}`, native.CodeBadJSON, "", "JSON"},
		"row 10: an array":                       {`[{"type":"ping"}]`, native.CodeBadJSON, "", "object"},
		"row 10: a text":                         {`"ping"`, native.CodeBadJSON, "", "object"},
		"row 10: nothing":                        {"", native.CodeBadJSON, "", "JSON"},
		"row 10: 1,000 members":                  {"{" + strings.Repeat(`"x":1,`, 1) + members(1000) + `"type":"ping"}`, native.CodeBadJSON, "", "64 members"},
		"row 10: a huge number":                  {`{"type":"ping","n":` + strings.Repeat("9", 4000) + `}`, native.CodeBadRequest, "n", "whole number"},
		"row 10: type of the wrong type":         {`{"type":1}`, native.CodeBadRequest, "type", "text"},
		"row 10: type missing":                   {`{}`, native.CodeBadRequest, "type", "missing"},
		"row 10: type that is not known":         {`{"type":"paid"}`, native.CodeBadRequest, "type", "known"},
		"row 10: type in capitals":               {`{"type":"PAY"}`, native.CodeBadRequest, "type", "known"},
		"row 10: 65,537 bytes":                   {`{"type":"ping","x":"` + strings.Repeat("x", 65536) + `"}`, native.CodeTooLarge, "", "65536"},
		"members in capitals do not count":       {`{"type":"pay","ID":"A1","Amount":1610,"currency":"EUR"}`, native.CodeBadRequest, "id", "missing"},
		"a basket line in major units":           {pay("lines", `[{"name":"a","quantity":1,"total":16.10}]`), native.CodeBadRequest, "lines[0].total", "integer minor units"},
		"a basket line of minus zero":            {pay("lines", `[{"name":"a","quantity":1,"total":-0}]`), native.CodeBadRequest, "lines[0].total", "integer minor units"},
		"a basket line without a quantity":       {pay("lines", `[{"name":"a","quantity":1,"total":1},{"name":"b","total":1}]`), native.CodeBadRequest, "lines[1].quantity", "missing"},
		"a basket of numbers":                    {pay("lines", `[1]`), native.CodeBadRequest, "lines[0]", "object"},
		"a basket that is none":                  {pay("lines", `{}`), native.CodeBadRequest, "lines", "array"},
		"a basket of 501 lines":                  {pay("lines", "["+strings.Repeat("{},", 500)+"{}]"), native.CodeBadRequest, "lines", "500"},
		"a form that is not known":               {pay("qr", `["gif"]`), native.CodeBadRequest, "qr", "svg"},
		"an interaction that is not known":       {pay("interaction", `"NFC"`), native.CodeBadRequest, "interaction", "known"},
		"a timeout of no time":                   {pay("timeout_s", "29"), native.CodeBadRequest, "timeout_s", "30 to 600"},
		"a timeout of hours":                     {pay("timeout_s", "601"), native.CodeBadRequest, "timeout_s", "30 to 600"},
		"a language that is a sentence":          {pay("lang", `"de_DE"`), native.CodeBadRequest, "lang", ""},
		"a receipt number of 65 characters":      {pay("ref", `"`+strings.Repeat("ä", 65)+`"`), native.CodeBadRequest, "ref", "64"},
		"a later version":                        {`{"type":"hello","v":2}`, native.CodeUnsupportedVersion, "v", "1"},
		"row 6: a refund of null":                {`{"type":"refund","id":"R1","of":"A1","amount":null}`, native.CodeBadRequest, "amount", "no such member for all that is left"},
		"row 6: a refund of null in a currency":  {`{"type":"refund","id":"R1","of":"A1","amount":null,"currency":"EUR"}`, native.CodeBadRequest, "amount", "is null, expected integer minor units"},
		"row 6: a refund of zero":                {`{"type":"refund","id":"R1","of":"A1","amount":0,"currency":"EUR"}`, native.CodeBadRequest, "amount", "integer minor units"},
		"a confirmation that is neither":         {`{"type":"confirm","id":"A1","outcome":"approved","ok":null}`, native.CodeBadRequest, "ok", "true or false"},
		"a status about nothing":                 {`{"type":"status"}`, native.CodeBadRequest, "id", "missing"},
		"a status about two things":              {`{"type":"status","id":"A1","last":true}`, native.CodeBadRequest, "last", "either"},
		"a confirmation of nothing":              {`{"type":"confirm","id":"A1"}`, native.CodeBadRequest, "outcome", "missing"},
		"a confirmation of another word":         {`{"type":"confirm","id":"A1","outcome":"paid"}`, native.CodeBadRequest, "outcome", "known"},
		"a confirmation with a text for ok":      {`{"type":"confirm","id":"A1","outcome":"approved","ok":"no"}`, native.CodeBadRequest, "ok", "true or false"},
		"a refund without a sale":                {`{"type":"refund","id":"A1"}`, native.CodeBadRequest, "of", "missing"},
		"a refund of an amount without currency": {`{"type":"refund","id":"A1","of":"A0","amount":5}`, native.CodeBadRequest, "currency", "missing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := native.ParseRequest([]byte(tt.in))
			bad, ok := errors.AsType[*native.SyntaxError](err)
			if !ok {
				t.Fatalf("ParseRequest = %#v, %v, want a SyntaxError", q, err)
			}
			if bad.Code != tt.code || bad.Path != tt.path || !strings.Contains(bad.Why, tt.why) {
				t.Errorf("ParseRequest = %q at %q: %q, want %q at %q: …%s…", bad.Code, bad.Path, bad.Why, tt.code, tt.path, tt.why)
			}
		})
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"m` + strings.Repeat("i", i%50) + string(rune('a'+i/50)) + `":0,`)
	}
	return b.String()
}

func TestRow9IdsAreKeptByteForByte(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"7", "007", "../x", " a ", "a/b", "%2e", `"\`, strings.Repeat("x", 64)} {
		in := native.Append(nil, native.Cancel{ID: id})
		q, err := native.ParseRequest(in)
		if err != nil || q != (native.Cancel{ID: id}) {
			t.Errorf("ParseRequest(%s) = %#v, %v, want the id %q", in, q, err, id)
		}
	}
}

func TestErrorsCarryTheIDAndNoValue(t *testing.T) {
	t.Parallel()
	_, err := native.ParseRequest([]byte(`{"type":"pay","id":"A1","amount":"4111111111111111","currency":"EUR"}`))
	bad, ok := errors.AsType[*native.SyntaxError](err)
	if !ok || bad.ID != "A1" {
		t.Fatalf("ParseRequest: %#v, want an error with the id A1", err)
	}
	for _, in := range []string{
		`{"type":"pay","id":"A1","amount":"4111111111111111","currency":"EUR"}`,
		`{"4111111111111111 name":1,"4111111111111111 name":2}`,
		`4111111111111111`,
	} {
		if _, err := native.ParseRequest([]byte(in)); err == nil || strings.Contains(err.Error(), "4111") {
			t.Errorf("ParseRequest(%s): %v, want an error without the value", in, err)
		}
	}
}

func TestParseBodyTakesTypeAndIDFromTheAddress(t *testing.T) {
	t.Parallel()
	want := native.Pay{ID: "../x", Amount: 1610, Currency: "EUR"}
	for _, in := range []string{
		`{"amount":1610,"currency":"EUR"}`,
		`{"type":"pay","id":"../x","amount":1610,"currency":"EUR"}`,
	} {
		if q, err := native.ParseBody("pay", "../x", []byte(in)); err != nil || !reflect.DeepEqual(q, want) {
			t.Errorf("ParseBody(%s) = %#v, %v, want %#v", in, q, err, want)
		}
	}
	for in, path := range map[string]string{
		`{"type":"refund","amount":1610,"currency":"EUR"}`: "type",
		`{"id":"x","amount":1610,"currency":"EUR"}`:        "id",
		`{"id":1,"amount":1610,"currency":"EUR"}`:          "id",
	} {
		_, err := native.ParseBody("pay", "../x", []byte(in))
		if bad, ok := errors.AsType[*native.SyntaxError](err); !ok || bad.Path != path {
			t.Errorf("ParseBody(%s): %v, want an error about %s", in, err, path)
		}
	}
}

// It is not parallel, because allocations of other tests would be counted.
func TestHostileLinesCostLittleMemory(t *testing.T) {
	room := native.MaxLine - 40
	lines := map[string]string{
		"brackets":      `{"type":"ping","x":` + strings.Repeat("[", room/2) + strings.Repeat("]", room/2) + "}",
		"empty objects": `{"type":"ping","x":[` + strings.Repeat("{},", room/3-1) + "{}]}",
		"members":       "{" + members(1200) + `"type":"ping"}`,
		"a basket":      `{"type":"pay","lines":[` + strings.Repeat("{},", room/4) + "{}]}",
		"digits":        `{"type":"ping","n":` + strings.Repeat("9", room) + "}",
	}
	for name, line := range lines {
		if len(line) > native.MaxLine {
			t.Fatalf("%s: the line has %d bytes", name, len(line))
		}
		got := testing.AllocsPerRun(3, func() { _, _ = native.ParseRequest([]byte(line)) })
		if most := 600.0; got > most {
			t.Errorf("%s: %v allocations for one line, want at most %v", name, got, most)
		}
	}
}

// again writes what was read and reads it again: nothing may change any more.
func again[M native.Message](t *testing.T, m M, parse func([]byte) (M, error)) {
	t.Helper()
	once := native.Append(nil, m)
	if len(once) > native.MaxLine {
		return // escapes made it longer
	}
	second, err := parse(once)
	if err != nil {
		t.Fatalf("what was written is refused: %s: %v", once, err)
	}
	if twice := native.Append(nil, second); !bytes.Equal(once, twice) {
		t.Fatalf("writing, reading and writing again gives\n%s, want\n%s", twice, once)
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, v := range vectors(f, "requests.txt") {
		f.Add([]byte(v.in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := native.ParseRequest(b)
		if err != nil {
			if _, ok := errors.AsType[*native.SyntaxError](err); !ok {
				t.Fatalf("ParseRequest: %v, want a SyntaxError", err)
			}
			return
		}
		if p, ok := q.(native.Pay); ok && (p.Amount < 1 || len(p.Currency) != 3 || p.ID == "") {
			t.Fatalf("ParseRequest let %#v pass", p)
		}
		again(t, q, native.ParseRequest)
	})
}

func FuzzParseEvent(f *testing.F) {
	for _, v := range vectors(f, "events.txt") {
		f.Add([]byte(v.in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := native.ParseEvent(b); err == nil {
			again(t, e, native.ParseEvent)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add("A1", []byte(`{"amount":1610,"currency":"EUR"}`))
	f.Add("\xff", []byte(`{"id":"x"}`))
	f.Fuzz(func(t *testing.T, id string, b []byte) {
		q, err := native.ParseBody("pay", id, b)
		if p, ok := q.(native.Pay); err == nil && (!ok || p.ID != id) {
			t.Fatalf("ParseBody(%q, %s) = %#v, want a pay with this id", id, b, q)
		}
	})
}
