// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"errors"
	"io"
	"testing"
)

// sleepyPort is a port whose reads time out, as the serial library's do: 0 and no error.
type sleepyPort struct{ reads, wrote int }

func (p *sleepyPort) Read(b []byte) (int, error) {
	p.reads++
	if p.reads < 5 {
		return 0, nil
	}
	if p.reads > 5 {
		return 0, errors.New("input/output error")
	}
	return copy(b, "x"), nil
}

func (p *sleepyPort) Write(b []byte) (int, error) {
	if len(b) > 256 {
		return 0, errors.New("too much at once")
	}
	n := (len(b) + 1) / 2 // a driver may take less
	p.wrote += n
	return n, nil
}

func (*sleepyPort) Close() error { return nil }

func TestASerialReadThatTimesOutIsRepeated(t *testing.T) {
	t.Parallel()
	port := &sleepyPort{}
	line := &serialLine{port: port}
	var b [8]byte
	if n, err := line.Read(b[:]); n != 1 || err != nil || port.reads != 5 {
		t.Errorf("Read = %d, %v after %d tries, want one byte after 5", n, err, port.reads)
	}
	if n, err := line.Read(b[:]); n != 0 || err == nil || errors.Is(err, io.ErrNoProgress) {
		t.Errorf("Read of a pulled adapter = %d, %v, want its error", n, err)
	}
	if n, err := line.Write(make([]byte, 1000)); n != 1000 || err != nil || port.wrote != 1000 {
		t.Errorf("Write = %d, %v, and %d bytes left, want all 1000", n, err, port.wrote)
	}
}
