// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"tillbridge/terminal/zvt"
)

func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	var stream []byte
	var want [][]byte
	for _, f := range frames(t, "E*.txt") {
		stream = append(stream, f.apdu...)
		want = append(want, f.apdu)
	}
	for cut := range stream {
		var got [][]byte
		var buf []byte
		for _, piece := range [][]byte{stream[:cut], stream[cut:]} {
			buf = append(buf, piece...)
			for {
				apdu, rest, err := zvt.Cut(buf)
				if err != nil {
					break
				}
				got, buf = append(got, apdu), rest
			}
		}
		if len(got) != len(want) || len(buf) != 0 || !bytes.Equal(bytes.Join(got, nil), stream) {
			t.Fatalf("cut at %d: %d APDUs and %d bytes, want %d", cut, len(got), len(buf), len(want))
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		size int // of the APDU, 0 for ErrShort
	}{
		"nothing":                          {"", 0},
		"half a command":                   {"06", 0},
		"no length":                        {"06 0F", 0},
		"no data":                          {"06 0F 00", 3},
		"two in one segment":               {"80 00 00 06 0F 00", 3},
		"half an extended length":          {"06 D3 FF 01", 0},
		"an extended length of nothing":    {"06 D3 FF 00 00 06", 5},
		"the low byte of it comes first":   {"06 D3 FF 02 00 AA BB CC", 7},
		"row 19: 65535 bytes are declared": {"06 D3 FF FF FF 01 02 03", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := unhex(t, tt.in)
			apdu, rest, err := zvt.Cut(in)
			if len(apdu) != tt.size || !bytes.Equal(append(apdu, rest...), in) || errors.Is(err, zvt.ErrShort) != (tt.size == 0) {
				t.Errorf("Cut(%s) = % X, % X, %v, want %d bytes", tt.in, apdu, rest, err, tt.size)
			}
		})
	}
}

func TestCutDoesNotLendTheNextAPDU(t *testing.T) {
	t.Parallel()
	apdu, rest, err := zvt.Cut([]byte{0x80, 0, 0, 6, 0x0f, 0})
	_ = append(apdu, 0xff)
	if err != nil || !bytes.Equal(rest, []byte{6, 0x0f, 0}) {
		t.Errorf("after append to the first: % X, %v", rest, err)
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	tests := map[int]string{0: "06 D1 00", 254: "06 D1 FE", 255: "06 D1 FF FF 00", 256: "06 D1 FF 00 01", 65535: "06 D1 FF FF FF"}
	for size, head := range tests {
		b, err := zvt.APDU{Command: zvt.CmdPrintLine, Data: make([]byte, size)}.Append([]byte{1})
		if err != nil || !bytes.HasPrefix(b[1:], unhex(t, head)) {
			t.Errorf("APDU of %d bytes begins with % X, %v, want %s", size, b[:min(len(b), 6)], err, head)
		}
		a, err := zvt.ParseAPDU(b[1:])
		if err != nil || a.Command != zvt.CmdPrintLine || len(a.Data) != size {
			t.Errorf("ParseAPDU of %d bytes = %s, %d bytes, %v", size, a.Command, len(a.Data), err)
		}
	}
	b, err := zvt.APDU{Data: make([]byte, 65536)}.Append([]byte{1})
	if _, ok := errors.AsType[*zvt.ValueError](err); !ok || len(b) != 1 {
		t.Errorf("APDU of 65536 bytes = %d bytes, %v", len(b), err)
	}
}

func TestParseAPDURefusesWhatIsNotOne(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "06", "06 01", "06 01 01", "06 01 00 00", "06 01 FF", "06 01 FF 01 00"} {
		if a, err := zvt.ParseAPDU(unhex(t, in)); err == nil {
			t.Errorf("ParseAPDU(%s) = %v", in, a)
		}
		if m, err := zvt.Parse(unhex(t, in), zvt.CP437); err == nil {
			t.Errorf("Parse(%s) = %v", in, m)
		}
	}
}

// segments counts writes, and fails after some bytes.
type segments struct {
	all  [][]byte
	room int
	err  error
}

func (s *segments) Write(b []byte) (int, error) {
	s.all = append(s.all, bytes.Clone(b))
	return min(len(b), s.room), s.err
}

func TestTrap2AnAPDUIsOneWrite(t *testing.T) {
	t.Parallel()
	for file, all := range messages(t) {
		for _, m := range all {
			s := segments{room: zvt.MaxAPDU}
			if err := zvt.Write(&s, m, zvt.CP437); err != nil || len(s.all) != 1 {
				t.Errorf("%s: Write(%s) made %d writes, %v, want 1", file, m.Command(), len(s.all), err)
			}
			if _, rest, err := zvt.Cut(s.all[0]); err != nil || len(rest) != 0 {
				t.Errorf("%s: Write(%s) wrote % X", file, m.Command(), s.all[0])
			}
		}
	}
}

func TestWriteReportsWhatWentWrong(t *testing.T) {
	t.Parallel()
	if err := zvt.Write(&segments{room: 2}, zvt.Completion{}, zvt.CP437); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Write of a part = %v", err)
	}
	err := zvt.Write(&segments{err: io.ErrClosedPipe}, zvt.Completion{}, zvt.CP437)
	if !errors.Is(err, io.ErrClosedPipe) || err.Error() != "write 06 0F: "+io.ErrClosedPipe.Error() {
		t.Errorf("Write = %v", err)
	}
	s := segments{}
	err = zvt.Write(&s, zvt.Payment{Amount: zvt.Some(zvt.MaxAmount + 1)}, zvt.CP437)
	if _, ok := errors.AsType[*zvt.ValueError](err); !ok || len(s.all) != 0 {
		t.Errorf("Write of an amount that does not fit = %v, %d writes", err, len(s.all))
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command          zvt.Command
		text, name       string
		known, ends, ans bool
	}{
		{zvt.CmdPayment, "06 01", "payment", true, true, false},
		{zvt.CmdAbort, "06 B0", "abort", true, false, false},
		{zvt.CmdLogOff, "06 02", "log-off", true, false, false},
		{zvt.CmdDisplayText, "06 E0", "display text", true, false, false},
		{zvt.CmdStatusEnquiry, "05 01", "status enquiry", true, true, false},
		{zvt.CmdAccepted, "80 00", "answer", true, false, true},
		{0x8483, "84 83", "answer", true, false, true},
		{0x8400, "84 00", "answer", true, false, true},
		{0x06c0, "06 C0", "unknown", false, false, false},
		{0x8001, "80 01", "unknown", false, false, false},
	}
	for _, tt := range tests {
		c := tt.command
		if c.String() != tt.text || c.Name() != tt.name || c.Known() != tt.known || c.Completes() != tt.ends || c.Answer() != tt.ans {
			t.Errorf("%s: %q, known %t, completes %t, answer %t", c, c.Name(), c.Known(), c.Completes(), c.Answer())
		}
	}
}
