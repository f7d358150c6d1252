// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"bytes"
	"testing"
)

func TestBCD(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		n    uint64
		size int
		want []byte
		ok   bool
	}{
		"an amount":           {1610, 6, []byte{0, 0, 0, 0, 0x16, 0x10}, true},
		"nothing":             {0, 2, []byte{0, 0}, true},
		"all digits":          {9999, 2, []byte{0x99, 0x99}, true},
		"one digit too many":  {10000, 2, []byte{0, 0}, false},
		"the largest of all":  {999_999_999_999_999_999, 9, bytes.Repeat([]byte{0x99}, 9), true},
		"no room for a digit": {1, 0, []byte{}, false},
	}
	for name, tt := range tests {
		got, ok := appendBCD([]byte{}, tt.n, tt.size)
		if !bytes.Equal(got, tt.want) || ok != tt.ok {
			t.Errorf("%s: appendBCD(%d, %d) = % X, %t, want % X, %t", name, tt.n, tt.size, got, ok, tt.want, tt.ok)
		}
		if back, fine := parseBCD(tt.want); tt.ok && (back != tt.n || !fine) {
			t.Errorf("%s: parseBCD(% X) = %d, %t", name, tt.want, back, fine)
		}
	}
	for name, in := range map[string][]byte{"a high half": {0xa0}, "a low half": {0x0f}, "ten bytes": make([]byte, 10)} {
		if n, ok := parseBCD(in); ok {
			t.Errorf("%s: parseBCD(% X) = %d", name, in, n)
		}
	}
}

func TestLengthsOfTexts(t *testing.T) {
	t.Parallel()
	for n := range 1000 {
		for _, digits := range []int{2, 3} {
			if digits == 2 && n > 99 {
				continue
			}
			b := appendLength(nil, n, digits)
			if got, ok := parseLength(append(b, 0), digits); got != n || !ok || len(b) != digits {
				t.Errorf("parseLength(% X) = %d, %t, want %d", b, got, ok, n)
			}
		}
	}
}

// TestEveryFieldHasItsLength holds the table of ZVT PA00P015, "Bitmaps", in the order of the paper.
func TestEveryFieldHasItsLength(t *testing.T) {
	t.Parallel()
	table := map[int][]byte{
		1: {
			0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x72, 0x73, 0x74, 0x75, 0x76, 0x8a, 0x8c, 0xa0, 0xd0, 0xd2, 0xd3,
			0xe0, 0xe9, 0xea, 0xfb, 0xfc, 0xf0, 0xf9, 0xfa, 0xfd,
		},
		2:       {0x0d, 0x0e, 0x17, 0x3a, 0x49, 0x87},
		3:       {0x0b, 0x0c, 0x37, 0x3d, 0x88, 0xaa},
		4:       {0x29, 0x70, 0x71},
		5:       {0xba},
		6:       {0x04},
		8:       {0x3b, 0xeb},
		15:      {0x2a},
		formLL:  {0x22, 0x23, 0x2d, 0x4c, 0x8b, 0xa7, 0xd1, 0xe1, 0xe2, 0xe7, 0xe8, 0xf1, 0xf2, 0xf7, 0xf8},
		formLLL: {0x24, 0x2e, 0x3c, 0x60, 0x9a, 0xaf},
		formTLV: {0x06},
		unknown: {0x00, 0x07, 0x1f, 0x92, 0xe0 - 1, 0xec, 0xfe, 0xff},
	}
	for want, all := range table {
		for _, bmp := range all {
			if got := formOf(bmp); got != want {
				t.Errorf("formOf(%02X) = %d, want %d", bmp, got, want)
			}
		}
	}
}

func TestChecksumIsKermit(t *testing.T) {
	t.Parallel()
	var crc uint16
	for _, c := range []byte("123456789") {
		crc = sum(crc, c)
	}
	if crc != 0x2189 {
		t.Errorf("the check value of trap 1 is %04X, want 2189", crc)
	}
}

func TestTheTableOfCommandsIsComplete(t *testing.T) {
	t.Parallel()
	seen := make(map[Command]bool)
	for _, s := range shapes() {
		if seen[s.command] || s.name == "" || s.parse == nil {
			t.Errorf("%s is not right", s.command)
		}
		seen[s.command] = true
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add([]byte{0x16, 0x10})
	f.Add([]byte{0xf1, 0xf9, 0xf0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, ok := parseBCD(b); ok {
			if got, fits := appendBCD(nil, n, len(b)); !fits || !bytes.Equal(got, b) {
				t.Errorf("parseBCD(% X) = %d, which is % X, %t", b, n, got, fits)
			}
		}
		for _, digits := range []int{2, 3} {
			if n, ok := parseLength(b, digits); ok && !bytes.Equal(appendLength(nil, n, digits), b[:digits]) {
				t.Errorf("parseLength(% X) = %d", b, n)
			}
		}
	})
}
