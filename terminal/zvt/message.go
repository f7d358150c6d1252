// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Message is one of the structs of this package. Parse returns them as values.
type Message interface {
	// Command is the command that the message is written with.
	Command() Command

	encode(e *encoder)
}

// Other is a command that this package does not know. Its data are not kept: they may be a card's.
// A terminal answers it with Refused and CodeNotPossible.
type Other struct {
	Cmd  Command
	Size int // bytes of data; written as nothing
}

// Command is the command that was read.
func (m Other) Command() Command { return m.Cmd }

func (Other) encode(*encoder) {}

func parseOther(d *decoder) Message { return Other{Cmd: d.command, Size: len(d.b)} }

// Parse reads b as exactly one APDU. Texts are in cs. A completion that answers a status enquiry has
// another form than every other one: read it with ParseStatusReport.
//
// An error is a SyntaxError; the command, if there was one, is still in the first two bytes of b.
func Parse(b []byte, cs Charset) (Message, error) {
	return parse(b, cs, nil)
}

// ParseStatusReport reads b as Parse does, but a completion (06 0F) as a StatusReport. It is for a
// till that has sent a StatusEnquiry.
func ParseStatusReport(b []byte, cs Charset) (Message, error) {
	return parse(b, cs, parseStatusReport)
}

// parse reads one APDU; completion, if not nil, reads a 06 0F.
func parse(b []byte, cs Charset, completion func(*decoder) Message) (Message, error) {
	a, err := ParseAPDU(b)
	if err != nil {
		return nil, err
	}
	read := parseOther
	if s, ok := lookup(a.Command); ok {
		read = s.parse
	}
	if completion != nil && a.Command == CmdCompletion {
		read = completion
	}
	d := &decoder{cs: cs, command: a.Command, head: len(b) - len(a.Data), b: a.Data}
	m := read(d)
	if d.err != nil {
		return nil, d.err
	}
	return m, nil
}

// Append appends m as one APDU with its texts in cs. Texts that are too long are cut; a number that
// does not fit, or an APDU that is too long, is a ValueError, and dst comes back as it was.
func Append(dst []byte, m Message, cs Charset) ([]byte, error) {
	data, err := encodeData(m, cs)
	if err != nil {
		return dst, err
	}
	return APDU{Command: m.Command(), Data: data}.Append(dst)
}

func encodeData(m Message, cs Charset) ([]byte, error) {
	e := &encoder{cs: cs, command: m.Command()}
	m.encode(e)
	if e.err != nil {
		return nil, e.err
	}
	return e.b, nil
}
