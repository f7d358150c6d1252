// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"tillbridge/terminal/zvt"
)

const (
	// factor bounds what a parser allocates: so many bytes for each byte that it reads.
	factor = 64
	// fixed is what the struct of a message and its container need, however short the APDU.
	fixed = 1 << 10
)

// allocated is the bytes that one call of f allocates, on average.
func allocated(runs int, f func()) int {
	var before, after runtime.MemStats
	f()
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc-before.TotalAlloc) / runs
}

// frugal checks the bound while fuzzing. Below 4 KiB the fuzzer's own work would drown it.
func frugal(t *testing.T, size int, f func()) {
	t.Helper()
	if size < 4<<10 {
		f()
		return
	}
	if got := allocated(4, f); got > factor*size+fixed {
		t.Errorf("%d bytes made it allocate %d", size, got)
	}
}

// wrap makes an APDU out of a command and data, shortened to what fits.
func wrap(tb testing.TB, c zvt.Command, data []byte) []byte {
	tb.Helper()
	b, err := zvt.APDU{Command: c, Data: data[:min(len(data), zvt.MaxData)]}.Append(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// inside makes an APDU with a container that holds in.
func inside(tb testing.TB, c zvt.Command, in []byte) []byte {
	tb.Helper()
	in = in[:min(len(in), zvt.MaxData-4)]
	return wrap(tb, c, append([]byte{6, 0x82, byte(len(in) >> 8), byte(len(in))}, in...))
}

// nest puts in into one object.
func nest(tag byte, in []byte) []byte {
	in = in[:min(len(in), zvt.MaxData-8)]
	return append([]byte{tag, 0x82, byte(len(in) >> 8), byte(len(in))}, in...)
}

func TestParsersAreFrugal(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	read := func(b []byte) func() {
		return func() {
			_, _ = zvt.Parse(b, zvt.CP437)
			_, _ = zvt.ParseStatusReport(b, zvt.UTF8)
		}
	}
	push := func(b []byte) func() {
		return func() {
			var r zvt.Receiver
			r.Push(b)
			r.Timeout()
		}
	}
	for _, size := range []int{1, 2, 16, 100, 1000, 60000} {
		repeat := func(s string) []byte { return []byte(strings.Repeat(s, size/len(s)+1)) }
		tests := map[string]struct {
			in  []byte
			use func([]byte) func()
		}{
			"ACKs":                        {repeat("\x06"), push},
			"ACKs among noise":            {repeat("a\x06"), push},
			"blocks without a command":    {repeat("\x10\x02\x10\x03ab"), push},
			"small blocks":                {repeat(string(zvt.AppendBlock(nil, []byte{5, 1, 0}))), push},
			"blocks that begin again":     {repeat("\x10\x02a"), push},
			"DLEs":                        {repeat("\x10"), push},
			"a block without end":         {append([]byte{0x10, 2}, repeat("a")...), push},
			"two broken blocks":           {append(append([]byte{0x10, 2}, repeat("a")...), append([]byte{0x10, 3, 0, 0, 0x10, 2}, repeat("a")...)...), push},
			"fields":                      {wrap(t, zvt.CmdPayment, repeat("\x05\x01")), read},
			"a long text":                 {wrap(t, zvt.CmdPayment, append([]byte{0x3c, 0xf9, 0xf9, 0xf9}, bytes.Repeat([]byte{0xb0}, 999)...)), read},
			"a line of three-byte signs":  {wrap(t, zvt.CmdPrintLine, repeat("\xb0")), read},
			"empty objects":               {inside(t, zvt.CmdPayment, repeat("\x07\x00")), read},
			"empty objects of a card":     {inside(t, zvt.CmdPayment, repeat("\x5a\x00")), read},
			"lines for the display":       {inside(t, zvt.CmdIntermediateStatus, nest(0x24, repeat("\x07\x00"))), read},
			"lines for the printer":       {inside(t, zvt.CmdPrintBlock, nest(0x25, repeat("\x07\x00"))), read},
			"feeds for the printer":       {inside(t, zvt.CmdPrintBlock, nest(0x25, repeat("\x09\x01\xff"))), read},
			"commands":                    {inside(t, zvt.CmdPayment, nest(0x26, repeat("\x0a\x02\x06\xd3"))), read},
			"sets":                        {inside(t, zvt.CmdPayment, nest(0x27, repeat("\x14\x01\xff"))), read},
			"lists of commands":           {inside(t, zvt.CmdPayment, repeat("\x26\x04\x0a\x02\x06\xd3")), read},
			"lists of lines":              {inside(t, zvt.CmdPayment, repeat("\x24\x02\x07\x00")), read},
			"objects in objects":          {inside(t, zvt.CmdPayment, nest(0xe0, nest(0xe0, nest(0xe0, nest(0xe0, nest(0xe0, repeat("\x07\x00"))))))), read},
			"a registration of two kinds": {wrap(t, zvt.CmdRegistration, append([]byte{0, 0, 0, 0, 9, 0x78}, inside(t, 0, repeat("\x07\x00"))[3:]...)), read},
		}
		for name, tt := range tests {
			if got := allocated(3, tt.use(tt.in)); got > factor*len(tt.in)+2*fixed {
				t.Errorf("%s: %d bytes made it allocate %d, %d for each", name, len(tt.in), got, got/len(tt.in))
			}
		}
	}
}

func TestReadingAShortAPDUAllocatesLittle(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	tests := map[string]struct {
		in   string
		most float64
	}{
		"an answer":  {"80 00 00", 2},
		"a payment":  {"06 01 0A 04 00 00 00 00 16 10 49 09 78", 2},
		"an unknown": {"06 C0 01 1E", 2},
	}
	for name, tt := range tests {
		b := unhex(t, tt.in)
		if got := testing.AllocsPerRun(100, func() { _, _ = zvt.Parse(b, zvt.CP437) }); got > tt.most {
			t.Errorf("%s: %.0f allocations, want at most %.0f", name, got, tt.most)
		}
	}
}

func FuzzReceiver(f *testing.F) {
	for _, v := range frames(f, "E*.txt") {
		if v.block != nil {
			f.Add(v.block, 3)
		}
	}
	f.Add([]byte("\x10\x02\x05\x01\x00\x10\x03\x10\x07\x06\x15\x10\x06\x10\x02\x10"), 5)
	f.Fuzz(func(t *testing.T, line []byte, cut int) {
		var whole, pieces zvt.Receiver
		want := words(pushAll(&whole, line))
		if cut < 0 || cut > len(line) {
			cut = len(line) / 2
		}
		if got := words(pushAll(&pieces, line[:cut], line[cut:])); got != want {
			t.Errorf("cut at %d: %s, want %s", cut, got, want)
		}
		if w, p := whole.Timeout(), pieces.Timeout(); w != p || whole.Open() {
			t.Errorf("Timeout = %v and %v", w, p)
		}
		if got := words(whole.Push(block(6, 2, 0))); !strings.HasSuffix(strings.TrimSuffix(got, " again"), "block 06 02 00") {
			t.Errorf("the next good block: %s", got)
		}
		frugal(t, len(line), func() { new(zvt.Receiver).Push(line) })
	})
}

func FuzzCut(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 6, 0x0f, 0})
	f.Add([]byte{6, 0xd3, 0xff, 2, 0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := b
		for {
			apdu, next, err := zvt.Cut(rest)
			if err != nil {
				if !bytes.Equal(next, rest) || len(apdu) != 0 || len(rest) >= zvt.MaxAPDU {
					t.Errorf("Cut(% X) = % X, % X", rest, apdu, next)
				}
				return
			}
			if a, err := zvt.ParseAPDU(apdu); err != nil || len(apdu) < 3 || len(a.Data) > zvt.MaxData {
				t.Errorf("Cut gave % X: %v", apdu, err)
			}
			rest = next
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"E*.txt", "sloppy.txt"} {
		for _, v := range frames(f, pattern) {
			f.Add(v.apdu, byte(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, set byte) {
		cs := charsets()[int(set)%len(charsets())]
		for _, read := range []func([]byte, zvt.Charset) (zvt.Message, error){zvt.Parse, zvt.ParseStatusReport} {
			m, err := read(b, cs)
			if (m == nil) == (err == nil) {
				t.Fatalf("Parse(% X) = %v, %v", b, m, err)
			}
			if err == nil {
				stable(t, m)
			}
			frugal(t, len(b), func() { _, _ = read(b, cs) })
		}
	})
}

// FuzzContainer puts the input into BMP 06 of a message, and into each object of objects there.
func FuzzContainer(f *testing.F) {
	f.Add([]byte{0x12, 1, 0x40, 0x26, 4, 0x0a, 2, 6, 0xd3})
	f.Add([]byte{9, 1, 0x40, 7, 1, 'a', 9, 1, 0x81})
	f.Add([]byte{0x1f, 0x10, 1, 1, 0x1f, 0x80, 6, 0})
	f.Add([]byte{0xe0, 4, 0x5a, 2, 0x41, 0x11})
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, tag := range []byte{0, 0x24, 0x25, 0x26, 0x27, 0x2f, 0xe0} {
			body := in
			if tag != 0 {
				body = nest(tag, in)
			}
			for _, c := range []zvt.Command{zvt.CmdPayment, zvt.CmdPrintBlock} {
				apdu := inside(t, c, body)
				m, err := zvt.Parse(apdu, zvt.CP437)
				if err != nil && (tag != 0 || c == zvt.CmdPrintBlock && m != nil) {
					t.Fatalf("an object that is broken inside breaks the message % X: %v", apdu, err)
				}
				if err == nil {
					stable(t, m)
				}
				frugal(t, len(apdu), func() { _, _ = zvt.Parse(apdu, zvt.CP437) })
			}
		}
	})
}

func FuzzParseTLV(f *testing.F) {
	f.Add([]byte{7, 1, 'a', 0x1f, 7, 1, 2, 0x1f, 0x80, 6, 0})
	f.Add([]byte{7, 0x82, 0, 1, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := zvt.ParseTLV(b)
		var again []byte
		for _, o := range all {
			var bad error
			if again, bad = zvt.AppendObject(again, o); bad != nil {
				t.Fatalf("AppendObject(%X): %v", uint32(o.Tag), bad)
			}
		}
		if len(again) > len(b) || err != nil && all != nil {
			t.Errorf("ParseTLV(% X) = %v, %v, which is % X", b, all, err, again)
		}
		frugal(t, len(b), func() { _, _ = zvt.ParseTLV(b) })
	})
}

func FuzzCharset(f *testing.F) {
	f.Add([]byte("\x84\x94\x81\xe1"), "äöüß €", 5)
	f.Fuzz(func(t *testing.T, b []byte, s string, limit int) {
		for _, cs := range charsets() {
			if got := cs.Append(nil, s); len(got) != cs.Len(s) || bytes.ContainsAny(got, "\x00\n\r\x1b") {
				t.Errorf("%d.Append(%q) = % X, Len %d", cs, s, got, cs.Len(s))
			}
			if limit >= 0 && cs.Len(cs.Cut(s, limit)) > limit {
				t.Errorf("%d.Cut(%q, %d) is too long", cs, s, limit)
			}
			once := cs.Append(nil, cs.Decode(b))
			if twice := cs.Append(nil, cs.Decode(once)); !bytes.Equal(once, twice) {
				t.Errorf("%d: % X, and once more % X", cs, once, twice)
			}
			frugal(t, len(b), func() { cs.Decode(b) })
		}
	})
}
