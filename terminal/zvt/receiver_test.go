// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tillbridge/terminal/zvt"
)

// enquiry is an APDU whose sum begins with a DLE.
func enquiry() []byte { return []byte{5, 1, 0} }

func block(apdu ...byte) []byte { return zvt.AppendBlock(nil, apdu) }

// words turns events into one line: "block 05 01 00, repeat; ack".
func words(events []zvt.Event) string {
	all := make([]string, 0, len(events))
	for _, e := range events {
		switch e := e.(type) {
		case zvt.Block:
			all = append(all, fmt.Sprintf("block % X%s", e.APDU, when(e.Repeat, " again")))
		case zvt.Broken:
			all = append(all, "broken: "+e.Why)
		case zvt.Ack:
			all = append(all, "ack"+when(e.Stray, " stray"))
		case zvt.Nak:
			all = append(all, "nak"+when(e.Stray, " stray"))
		case zvt.Noise:
			all = append(all, fmt.Sprintf("noise %d", e.Bytes))
		}
	}
	return strings.Join(all, "; ")
}

func when(is bool, s string) string {
	if is {
		return s
	}
	return ""
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	const ok = "block 05 01 00"
	b := block(enquiry()...)
	tests := map[string]struct {
		in   []byte
		want string
	}{
		"nothing":                                  {nil, ""},
		"a block":                                  {b, ok},
		"an ACK and a block in one write":          {append([]byte{6}, b...), "ack stray; " + ok},
		"a block and an ACK":                       {append(slices.Clone(b), 6), ok + "; ack stray"},
		"two blocks in one write":                  {append(slices.Clone(b), block(6, 2, 0)...), ok + "; block 06 02 00"},
		"ACK and NAK of nothing":                   {[]byte{6, 6, 0x15}, "ack stray; ack stray; nak stray"},
		"row 17: noise before a block":             {append([]byte{0, 0xff, 0x41}, b...), "noise 3; " + ok},
		"noise behind a block":                     {append(slices.Clone(b), 0xff), ok + "; noise 1"},
		"a DLE that starts nothing":                {append([]byte{0x10, 0x41}, b...), "noise 2; " + ok},
		"DLE DLE STX starts":                       {append([]byte{0x10}, b...), "noise 1; " + ok},
		"an answer DLE ACK is an ACK":              {[]byte{0x10, 6}, "noise 1; ack stray"},
		"row 18: a wrong sum":                      {unhex(t, "10 02 05 01 00 10 03 10 07"), "broken: checksum does not match"},
		"row 18: a flipped bit":                    {unhex(t, "10 02 05 01 01 10 03 10 06"), "broken: checksum does not match"},
		"a right sum over a wrong length":          {block(5, 1, 1), "broken: length does not match"},
		"more bytes than the length says":          {block(5, 1, 0, 0), "broken: length does not match"},
		"a block without a command":                {block(), "broken: length does not match"},
		"the peer gives up and begins again":       {append(unhex(t, "10 02 05 01"), b...), "noise 2; " + ok},
		"a spoiled DLE, up to the end":             {append(unhex(t, "10 02 05 10 41 06 06 15 10 10 10 03 06 15"), b...), "broken: checksum does not match; " + ok},
		"a spoiled DLE, then a new beginning":      {append(unhex(t, "10 02 05 10 41 06 10"), b[1:]...), ok},
		"row 20: the DLE of an instruction":        {block(6, 0x10, 3, 0x12, 0x34, 0x56), "block 06 10 03 12 34 56"},
		"trap 1: the XMODEM sum is wrong":          {unhex(t, "10 02 80 00 00 10 03 8B A3"), "broken: checksum does not match"},
		"trap 1: bytes of the sum are not doubled": {unhex(t, "10 02 05 01 00 10 03 10 06 06"), ok + "; ack stray"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := words(new(zvt.Receiver).Push(tt.in)); got != tt.want {
				t.Errorf("Push(% X) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

// pushAll is Push for several pieces, with noise that a cut divided counted together.
func pushAll(r *zvt.Receiver, pieces ...[]byte) []zvt.Event {
	var all []zvt.Event
	for _, p := range pieces {
		for _, e := range r.Push(p) {
			n, is := e.(zvt.Noise)
			if before, was := last(all).(zvt.Noise); is && was {
				all[len(all)-1] = zvt.Noise{Bytes: n.Bytes + before.Bytes}
				continue
			}
			all = append(all, e)
		}
	}
	return all
}

func last(all []zvt.Event) zvt.Event {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func TestReceiverSurvivesACutAtEveryByte(t *testing.T) {
	t.Parallel()
	var stream []byte
	for _, f := range append(frames(t, "E3.txt"), frames(t, "E1[34].txt")...) {
		stream = append(stream, 0x41, 0x10, 0x06)
		stream = zvt.AppendBlock(stream, f.apdu)
		stream = append(stream, 0x15)
	}
	want := words(pushAll(new(zvt.Receiver), stream))
	for i := range stream {
		if got := words(pushAll(new(zvt.Receiver), stream[:i], stream[i:])); got != want {
			t.Fatalf("cut at %d: %s, want %s", i, got, want)
		}
	}
	single := make([][]byte, len(stream))
	for i := range stream {
		single[i] = stream[i : i+1]
	}
	if got := words(pushAll(new(zvt.Receiver), single...)); got != want {
		t.Errorf("byte by byte: %s, want %s", got, want)
	}
}

func TestReceiverFindsBackAfterNoise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		apdu := drawAPDU(t, 300)
		noise := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "noise")
		var r zvt.Receiver
		r.Push(noise)
		if e := r.Timeout(); r.Open() || (e != nil && words([]zvt.Event{e}) == "") {
			t.Fatalf("Timeout = %v, open %t", e, r.Open())
		}
		got := r.Push(zvt.AppendBlock(nil, apdu))
		if b, ok := last(got).(zvt.Block); !ok || !bytes.Equal(b.APDU, apdu) {
			t.Fatalf("after % X: %s, want the block", noise, words(got))
		}
	})
}

// drawAPDU draws bytes with many control characters among them, as one APDU.
func drawAPDU(t *rapid.T, limit int) []byte {
	of := rapid.OneOf(rapid.SampledFrom([]byte{2, 3, 6, 0x10, 0x15}), rapid.Byte())
	data := rapid.SliceOfN(of, 0, limit).Draw(t, "data")
	command := zvt.Command(rapid.Uint16().Draw(t, "command"))
	b, err := zvt.APDU{Command: command, Data: data}.Append(nil)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return b
}

func TestReceiverReadsWhatAppendBlockWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r zvt.Receiver
		var line []byte
		var want []zvt.Event
		for range rapid.IntRange(1, 4).Draw(t, "blocks") {
			apdu := drawAPDU(t, 600)
			if b, ok := last(want).(zvt.Block); ok && bytes.Equal(b.APDU, apdu) {
				continue
			}
			line = zvt.AppendBlock(line, apdu)
			want = append(want, zvt.Block{APDU: apdu})
		}
		cut := rapid.IntRange(0, len(line)).Draw(t, "cut")
		if got := pushAll(&r, line[:cut], line[cut:]); !reflect.DeepEqual(got, want) {
			t.Fatalf("Push = %s, want %s", words(got), words(want))
		}
	})
}

func TestReceiverNamesOneFlippedBitAlways(t *testing.T) {
	t.Parallel()
	good := block(unhex(t, "06 01 0A 04 00 00 00 00 16 10 49 09 78")...)
	for i := range len(good) * 8 {
		bad := slices.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		var r zvt.Receiver
		events := append(r.Push(bad), r.Timeout())
		for _, e := range events {
			if b, is := e.(zvt.Block); is {
				t.Fatalf("bit %d flipped: block % X", i, b.APDU)
			}
		}
		if got := words(r.Push(good)); !strings.HasSuffix(got, "block 06 01 0A 04 00 00 00 00 16 10 49 09 78") {
			t.Fatalf("bit %d flipped, then the block again: %s", i, got)
		}
	}
}

func TestRow19ABlockThatStopsInTheMiddleEndsWithTime(t *testing.T) {
	t.Parallel()
	good := block(unhex(t, "06 01 0A 04 00 00 00 00 16 10 49 09 78")...)
	for i := range good {
		var r zvt.Receiver
		r.Push(good[:i])
		got := r.Timeout()
		switch {
		case i == 0 && got != nil, i == 1 && got != zvt.Event(zvt.Noise{Bytes: 1}):
			t.Errorf("Timeout after %d bytes = %v", i, got)
		case i > 1 && got != zvt.Event(zvt.Broken{Why: "block stopped in the middle"}):
			t.Errorf("Timeout after %d bytes = %v, want broken", i, got)
		}
		if r.Open() || r.Timeout() != nil {
			t.Errorf("after %d bytes and a time-out: still open", i)
		}
	}
}

func TestReceiverHoldsNoMoreThanTheLongestAPDU(t *testing.T) {
	t.Parallel()
	var r zvt.Receiver
	longest, err := zvt.APDU{Command: zvt.CmdPrintBlock, Data: bytes.Repeat([]byte{0x10}, zvt.MaxData)}.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := last(r.Push(block(longest...))).(zvt.Block); !ok || !bytes.Equal(got.APDU, longest) {
		t.Fatalf("the longest block was not read")
	}
	if got := words(r.Push(block(append(longest, 0)...))); got != "broken: checksum does not match" {
		t.Errorf("one byte more: %s", got)
	}
	if got := words(r.Push(block(longest[:zvt.MaxAPDU-1]...))); got != "broken: length does not match" {
		t.Errorf("one byte less: %s", got)
	}
	if got := words(r.Push(append([]byte{0x10, 2}, bytes.Repeat([]byte{0x41}, 1<<20)...))); got != "" || !r.Open() {
		t.Errorf("a block without end: %s, open %t", got, r.Open())
	}
	if got := words([]zvt.Event{r.Timeout()}); got != "broken: block stopped in the middle" {
		t.Errorf("Timeout: %s", got)
	}
}

func TestRepeatedBlocksAreNotExecutedTwice(t *testing.T) {
	t.Parallel()
	pay := block(unhex(t, "06 01 07 04 00 00 00 00 49 90")...)
	const first, again = "block 06 01 07 04 00 00 00 00 49 90", "block 06 01 07 04 00 00 00 00 49 90 again"
	ack := []byte{zvt.ACK}
	type step struct {
		sent bool   // a block of ours leaves first
		in   []byte // then this comes
		want string
	}
	tests := map[string][]step{
		"our ACK was lost": {{false, pay, first}, {false, pay, again}, {false, pay, again}},
		"our ACK was lost and our answer is on its way": {{false, pay, first}, {true, pay, again}},
		"our answer arrived, so it is a new sale":       {{false, pay, first}, {true, ack, "ack"}, {false, pay, first}},
		"an ACK for nothing proves nothing":             {{false, pay, first}, {false, ack, "ack stray"}, {false, pay, again}},
		"a late ACK for what we sent before proves nothing": {
			{true, pay, first}, {false, ack, "ack"}, {false, pay, again},
		},
		"a doubled ACK of the answer":         {{false, pay, first}, {true, []byte{6, 6}, "ack; ack stray"}, {false, pay, first}},
		"a NAK of the answer proves nothing":  {{false, pay, first}, {true, []byte{0x15}, "nak"}, {false, pay, again}},
		"another block between":               {{false, pay, first}, {false, block(6, 0xb0, 0), "block 06 B0 00"}, {false, pay, first}},
		"a broken block between":              {{false, pay, first}, {false, block(6, 0xb0), "broken: length does not match"}, {false, pay, again}},
		"noise between":                       {{false, pay, first}, {false, []byte{1, 1}, "noise 2"}, {false, pay, again}},
		"the repeat comes, then the late ACK": {{false, pay, first}, {true, append(slices.Clone(pay), 6), again + "; ack"}, {false, pay, first}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r zvt.Receiver
			for i, s := range steps {
				if s.sent {
					r.Sent()
				}
				if got := words(r.Push(s.in)); got != s.want {
					t.Errorf("step %d: %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

func TestBlocksBelongToTheCaller(t *testing.T) {
	t.Parallel()
	var r zvt.Receiver
	b := block(enquiry()...)
	one, _ := last(r.Push(b)).(zvt.Block)
	one.APDU[0] = 0xff
	clear(b)
	if got := words(r.Push(block(enquiry()...))); got != "block 05 01 00 again" {
		t.Errorf("after the caller wrote into its block: %s", got)
	}
}

func TestRow17RandomBytes(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 64<<10)
	for i := range noise {
		noise[i] = byte(source.Uint32())
	}
	var r zvt.Receiver
	for _, e := range r.Push(noise) {
		if b, is := e.(zvt.Block); is {
			t.Errorf("random bytes gave the block % X", b.APDU)
		}
	}
	r.Timeout()
	if got := words(r.Push(block(enquiry()...))); got != "block 05 01 00" {
		t.Errorf("the next good block: %s", got)
	}
}
