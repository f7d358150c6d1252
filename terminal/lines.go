// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"errors"
	"io"
	"time"

	"tillbridge/terminal/native"
)

const (
	// lineWait is how long a line that has begun may take on a socket.
	lineWait = 10 * time.Second
	// lineGap is the longest silence within a line on a serial carrier. There the whole may take long: 64
	// KiB need more than a minute at 9600 baud.
	lineGap = 3 * time.Second
	// chunk is how much is read at once, in bytes.
	chunk = 4096
)

// lines cuts a stream into lines. It holds one line and one chunk at most.
type lines struct {
	r io.Reader
	// late is called by a timer when a line takes longer than lineWait. On a lasting carrier it is nil, and
	// a line that stopped half-way is dropped when the next byte comes.
	late func()

	buf   []byte // for one read
	part  []byte // read, but not yet cut
	clock *time.Timer
	heard time.Time // when the last byte came
	skip  bool      // the line is too long: its rest is dropped
}

// next returns the next line, which is valid until the next call. A line that is too long is a
// *native.SyntaxError, once; every other error is the stream's.
func (l *lines) next() ([]byte, error) {
	for {
		if l.skip {
			l.drop()
		}
		line, rest, err := native.Cut(l.part)
		switch {
		case l.skip || errors.Is(err, native.ErrShort):
			l.start()
			if err = l.read(); err != nil {
				l.stop()
				return nil, err
			}
			continue
		case err != nil:
			l.skip, l.part = rest == nil, rest
		default:
			l.part = rest
		}
		l.stop()
		return line, err
	}
}

// drop throws away what belongs to a line that is too long.
func (l *lines) drop() {
	end := bytes.IndexByte(l.part, '\n')
	if end < 0 {
		l.part = nil
		return
	}
	l.part, l.skip = l.part[end+1:], false
	l.stop()
}

func (l *lines) read() error {
	if l.buf == nil {
		l.buf = make([]byte, chunk)
	}
	n, err := l.r.Read(l.buf)
	if n == 0 {
		return err
	}
	now := time.Now()
	if l.late == nil && now.Sub(l.heard) > lineGap {
		l.part, l.skip = nil, false
	}
	l.heard, l.part = now, append(l.part, l.buf[:n]...)
	return nil // an error comes again
}

// start watches over a line that has begun; one that came whole needs no timer.
func (l *lines) start() {
	if l.late != nil && l.clock == nil && (len(l.part) > 0 || l.skip) {
		l.clock = time.AfterFunc(lineWait, l.late)
	}
}

func (l *lines) stop() {
	if l.clock != nil {
		l.clock.Stop()
		l.clock = nil
	}
}
