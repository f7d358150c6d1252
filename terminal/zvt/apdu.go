// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"fmt"
	"io"
)

const (
	// MaxData is the longest data of an APDU in bytes.
	MaxData = 0xffff

	// MaxAPDU is the longest APDU in bytes.
	MaxAPDU = 5 + MaxData

	// extended in the place of the length means that two bytes follow it, the low one first.
	extended = 0xff

	// maxShort is the longest data with a length of one byte. At least one till reports a paid sale as
	// failed if its 04 0F is longer.
	maxShort = 0xfe
)

// APDU is a command and its data.
type APDU struct {
	Command Command
	Data    []byte
}

// Append appends the wire form of a, a ValueError if its data are longer than MaxData.
func (a APDU) Append(dst []byte) ([]byte, error) {
	if len(a.Data) > MaxData {
		return dst, &ValueError{Path: a.Command.String(), Why: "expected at most 65535 bytes of data"}
	}
	dst = append(dst, byte(a.Command>>8), byte(a.Command))
	if len(a.Data) > maxShort {
		dst = append(dst, extended, byte(len(a.Data)), byte(len(a.Data)>>8))
	} else {
		dst = append(dst, byte(len(a.Data)))
	}
	return append(dst, a.Data...), nil
}

// Cut takes the first APDU off the bytes of a TCP connection. ErrShort, the only error, means that b
// holds no whole APDU; no APDU is longer than MaxAPDU. Both results share b's memory.
func Cut(b []byte) (apdu, rest []byte, err error) {
	head, size := measure(b)
	if head == 0 || len(b)-head < size {
		return nil, b, ErrShort
	}
	end := head + size
	return b[:end:end], b[end:], nil
}

// measure reads the header: its length and that of the data. 0, 0 means that it is not complete.
func measure(b []byte) (head, size int) {
	switch {
	case len(b) < 3:
		return 0, 0
	case b[2] != extended:
		return 3, int(b[2])
	case len(b) < 5:
		return 0, 0
	}
	return 5, int(b[3]) | int(b[4])<<8
}

// ParseAPDU reads b as exactly one APDU. Its data share b's memory.
func ParseAPDU(b []byte) (APDU, error) {
	head, size := measure(b)
	switch {
	case head == 0:
		return APDU{}, &SyntaxError{Offset: len(b), Why: "expected a command and a length"}
	case len(b)-head != size:
		return APDU{}, &SyntaxError{
			Path: command(b).String(), Offset: 2,
			Why: fmt.Sprintf("expected %d bytes of data, got %d", size, len(b)-head),
		}
	}
	return APDU{Command: command(b), Data: b[head:]}, nil
}

func command(b []byte) Command { return Command(b[0])<<8 | Command(b[1]) }

// Write sends m to a TCP connection in one write: some tills do not put an APDU together that comes
// in two segments. w must not buffer.
func Write(w io.Writer, m Message, cs Charset) error {
	b, err := Append(nil, m, cs)
	if err != nil {
		return err
	}
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", m.Command(), err)
	}
	return nil
}
