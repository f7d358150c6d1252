// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"bytes"
	"encoding/hex"
)

// MaxLine is the longest line in bytes, its end not counted.
const MaxLine = 64 << 10

// Cut takes the first line off b, without its LF or CR LF. ErrShort means that b holds no whole line; a
// line, whole or not, that is longer than MaxLine is a SyntaxError with CodeTooLarge, and rest is
// what follows its LF, nil if that has not come yet.
func Cut(b []byte) (line, rest []byte, err error) {
	end := bytes.IndexByte(b, '\n')
	switch {
	case end > MaxLine+1, end < 0 && len(b) > MaxLine+1:
		if end >= 0 {
			rest = b[end+1:]
		}
		return nil, rest, tooLarge()
	case end < 0:
		return nil, b, ErrShort
	}
	line, rest = bytes.TrimSuffix(b[:end], []byte("\r")), b[end+1:]
	if len(line) > MaxLine {
		return nil, rest, tooLarge()
	}
	return line, rest, nil
}

// tooLarge leaves the value out, and with it every byte of the line.
func tooLarge() *SyntaxError {
	return &SyntaxError{Code: CodeTooLarge, Offset: MaxLine, Why: "expected a line of at most 65536 bytes"}
}

// Checksum is the exclusive or of all bytes of b.
func Checksum(b []byte) byte {
	var sum byte
	for _, c := range b {
		sum ^= c
	}
	return sum
}

// Open takes the checksum off a line, if it carries one. Space around the object is not part of it.
func Open(line []byte) (object []byte, checked bool, err error) {
	object = bytes.Trim(line, " \t\r")
	star := len(object) - 3
	if star < 1 || object[star] != '*' || object[star-1] != '}' {
		return object, false, nil
	}
	var sum [1]byte
	if _, err := hex.Decode(sum[:], object[star+1:]); err != nil || sum[0] != Checksum(object[:star]) {
		return nil, true, &SyntaxError{Code: CodeBadJSON, Offset: star, Why: "checksum does not match"}
	}
	return object[:star], true, nil
}

// AppendLine appends m as one line, with a checksum if checked.
func AppendLine(dst []byte, m Message, checked bool) []byte {
	start := len(dst)
	dst = Append(dst, m)
	if checked {
		sum := Checksum(dst[start:])
		dst = append(dst, '*')
		dst = hex.AppendEncode(dst, []byte{sum})
	}
	return append(dst, '\n')
}
