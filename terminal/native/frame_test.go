// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"tillbridge/terminal/native"
)

func TestCut(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", native.MaxLine)
	tests := map[string]struct {
		in, line, rest string
		code           native.Code // of the error
		short          bool
	}{
		"a line":                                {in: "ab\ncd", line: "ab", rest: "cd"},
		"a line of a Windows till":              {in: "ab\r\n", line: "ab"},
		"an empty line":                         {in: "\ncd", rest: "cd"},
		"no end yet":                            {in: "ab", short: true, rest: "ab"},
		"nothing":                               {in: "", short: true},
		"the longest line":                      {in: longest + "\n", line: longest},
		"the longest line of Windows":           {in: longest + "\r\nx", line: longest, rest: "x"},
		"one byte more":                         {in: longest + "x\ny", code: native.CodeTooLarge, rest: "y"},
		"too long, and no end in sight":         {in: longest + "xx", code: native.CodeTooLarge},
		"too long by far, and then another one": {in: longest + longest + "\ny\n", code: native.CodeTooLarge, rest: "y\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line, rest, err := native.Cut([]byte(tt.in))
			bad, _ := errors.AsType[*native.SyntaxError](err)
			switch {
			case string(line) != tt.line, string(rest) != tt.rest, errors.Is(err, native.ErrShort) != tt.short:
				t.Errorf("Cut = %d bytes, %q, %v, want %d bytes, %q, short %t", len(line), rest, err, len(tt.line), tt.rest, tt.short)
			case bad != nil && bad.Code != tt.code, bad == nil && tt.code != "":
				t.Errorf("Cut: %v, want %q", err, tt.code)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in, object  string
		checked, ok bool
	}{
		"no checksum":                    {`{"type":"alive"}`, `{"type":"alive"}`, false, true},
		"a checksum":                     {`{"type":"ping","n":1}*7d`, `{"type":"ping","n":1}`, true, true},
		"a checksum in capitals":         {`{"type":"ping","n":1}*7D`, `{"type":"ping","n":1}`, true, true},
		"space around":                   {"\t{\"type\":\"ping\",\"n\":1}*7d \r", `{"type":"ping","n":1}`, true, true},
		"row 18: a wrong checksum":       {`{"type":"ping","n":1}*00`, "", true, false},
		"row 18: a flipped bit":          {`{"type":"ping","n":3}*7d`, "", true, false},
		"row 18: a checksum of no digit": {`{"type":"ping","n":1}*zz`, "", true, false},
		"half a checksum is no object":   {`{"type":"ping","n":1}*7`, `{"type":"ping","n":1}*7`, false, true},
		"only a checksum":                {`*00`, `*00`, false, true},
		"nothing":                        {"  ", "", false, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object, checked, err := native.Open([]byte(tt.in))
			if string(object) != tt.object || checked != tt.checked || (err == nil) != tt.ok {
				t.Errorf("Open(%q) = %q, %t, %v, want %q, %t, ok %t", tt.in, object, checked, err, tt.object, tt.checked, tt.ok)
			}
		})
	}
}

func TestAppendLineIsWhatOpenReads(t *testing.T) {
	t.Parallel()
	for _, checked := range []bool{false, true} {
		line := native.AppendLine([]byte("before"), native.Ping{N: 1}, checked)
		line = bytes.TrimPrefix(line, []byte("before"))
		cut, rest, err := native.Cut(line)
		if err != nil || len(rest) != 0 {
			t.Fatalf("Cut(%q) = %q, %q, %v", line, cut, rest, err)
		}
		object, got, err := native.Open(cut)
		if err != nil || got != checked || string(object) != `{"type":"ping","n":1}` {
			t.Errorf("Open(%q) = %q, %t, %v, want a ping, checked %t", cut, object, got, err, checked)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("ab\r\ncd"))
	f.Add([]byte(`{"type":"ping","n":1}*7d` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		line, rest, err := native.Cut(b)
		switch {
		case errors.Is(err, native.ErrShort):
			if bytes.IndexByte(b, '\n') >= 0 || len(b) > native.MaxLine+1 {
				t.Fatal("a line that is there, or can never be, was waited for")
			}
		case err == nil:
			if len(line) > native.MaxLine || bytes.IndexByte(line, '\n') >= 0 || len(line)+len(rest) >= len(b) {
				t.Fatalf("Cut(%q) = %q, %q", b, line, rest)
			}
			if object, _, err := native.Open(line); err == nil && len(object) > len(line) {
				t.Fatalf("Open(%q) = %q", line, object)
			}
		}
	})
}
