// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"tillbridge/terminal/zvt"
)

func TestParseTLV(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{'x'}, 300)
	tests := map[string]struct {
		in   []byte
		want []zvt.Object
		at   int // of the error, if want is nil
	}{
		"nothing":                        {nil, []zvt.Object{}, 0},
		"tags of one, two, three, four":  {unhex(t, "07 01 41 1F 07 01 02 1F 80 06 00 1F 81 82 03 01 00"), []zvt.Object{{zvt.TagText, []byte("A")}, {zvt.TagReceiptType, []byte{2}}, {0x1f8006, []byte{}}, {0x1f818203, []byte{0}}}, 0},
		"lengths of one, two, three":     {append(unhex(t, "07 00 07 81 00 07 82 01 2C"), long...), []zvt.Object{{7, []byte{}}, {7, []byte{}}, {7, long}}, 0},
		"length 80":                      {unhex(t, "07 80"), nil, 0},
		"length 83":                      {unhex(t, "07 00 07 83 00 00 00"), nil, 2},
		"length FF":                      {unhex(t, "07 FF"), nil, 0},
		"half a length":                  {unhex(t, "07 82 01"), nil, 0},
		"no length":                      {unhex(t, "07"), nil, 0},
		"half a tag":                     {unhex(t, "07 01 41 1F"), nil, 3},
		"a tag of five bytes":            {unhex(t, "1F 81 82 83 04 00"), nil, 0},
		"row 19: more than there is":     {unhex(t, "07 82 FF FF 41"), nil, 0},
		"an inner object is not visited": {unhex(t, "26 02 0A 09"), []zvt.Object{{zvt.TagCommands, []byte{0x0a, 9}}}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := zvt.ParseTLV(tt.in)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("ParseTLV(% X) = %v, want %v", tt.in, got, tt.want)
			}
			bad, _ := errors.AsType[*zvt.SyntaxError](err)
			if (bad == nil) != (tt.want != nil) || bad != nil && bad.Offset != tt.at {
				t.Errorf("ParseTLV(% X): %v, want an error at %d: %t", tt.in, err, tt.at, tt.want == nil)
			}
		})
	}
}

func TestTLVRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tags := []zvt.Tag{0, 7, 0x1e, 0x26, 0x1f00, 0x1f07, 0x3f7f, 0x9f1f, 0x1f8000, 0x1f8010, 0xffff7f, 0x1f818203}
		want := make([]zvt.Object, rapid.IntRange(0, 5).Draw(t, "objects"))
		var b []byte
		for i := range want {
			size := rapid.SampledFrom([]int{0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff}).Draw(t, "size")
			want[i] = zvt.Object{Tag: rapid.SampledFrom(tags).Draw(t, "tag"), Value: bytes.Repeat([]byte{byte(i)}, size)}
			var err error
			if b, err = zvt.AppendObject(b, want[i]); err != nil {
				t.Fatalf("AppendObject(%X, %d bytes): %v", uint32(want[i].Tag), size, err)
			}
		}
		if got, err := zvt.ParseTLV(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("ParseTLV: %v", err)
		}
	})
}

func TestAppendObjectRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, o := range []zvt.Object{
		{Tag: 0x1f}, {Tag: 0x1f80}, {Tag: 0x2607}, {Tag: 0x1f0707}, {Tag: 7, Value: make([]byte, 0x10000)},
	} {
		b, err := zvt.AppendObject([]byte{1}, o)
		if _, ok := errors.AsType[*zvt.ValueError](err); !ok || len(b) != 1 {
			t.Errorf("AppendObject(%X, %d bytes) = %d bytes, %v", uint32(o.Tag), len(o.Value), len(b), err)
		}
	}
}

func TestConstructed(t *testing.T) {
	t.Parallel()
	tests := map[zvt.Tag]bool{7: false, 0x26: true, 0x2f: true, 0x1f07: false, 0x3f07: true, 0x1f8020: false, 0xe3: true}
	for tag, want := range tests {
		if tag.Constructed() != want {
			t.Errorf("%X.Constructed() = %t, want %t", uint32(tag), !want, want)
		}
	}
}
