// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
)

// SerialMode is how a serial line is set. The zero value of each field means 9600, 8, none and 1.
type SerialMode struct {
	Baud   int
	Bits   int    // 5 to 8
	Parity string // none, odd, even, mark or space
	Stop   int    // 1 or 2
}

const (
	// readTurn is how long a serial read cannot be interrupted when nothing comes.
	readTurn = 100 * time.Millisecond
	// writeChunk is how many bytes of a serial write cannot be: a quarter second at 9600 baud.
	writeChunk = 256
)

func (m SerialMode) mode() (*serial.Mode, error) {
	out := &serial.Mode{BaudRate: m.Baud, DataBits: m.Bits}
	if m.Baud == 0 {
		out.BaudRate = 9600
	}
	if m.Bits == 0 {
		out.DataBits = 8
	}
	switch m.Parity {
	case "", "none":
		out.Parity = serial.NoParity
	case "odd":
		out.Parity = serial.OddParity
	case "even":
		out.Parity = serial.EvenParity
	case "mark":
		out.Parity = serial.MarkParity
	case "space":
		out.Parity = serial.SpaceParity
	default:
		return nil, errors.New("parity: expected none, odd, even, mark or space")
	}
	switch m.Stop {
	case 0, 1:
		out.StopBits = serial.OneStopBit
	case 2:
		out.StopBits = serial.TwoStopBits
	default:
		return nil, errors.New("stop bits: expected 1 or 2")
	}
	return out, nil
}

// OpenSerial opens a serial line and drops what came in before.
func OpenSerial(path string, m SerialMode) (io.ReadWriteCloser, error) {
	mode, err := m.mode()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	port, err := serial.Open(path, mode)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := errors.Join(port.SetReadTimeout(readTurn), port.ResetInputBuffer()); err != nil {
		return nil, errors.Join(fmt.Errorf("set up %s: %w", path, err), port.Close())
	}
	return &serialLine{port: port}, nil
}

// serialLine makes a stream of a port. The library differs in two ways: a read that timed out says 0
// and no error; and Close frees the file's number while a Read or Write may still be about to use it, which
// then happens to whatever file has the number now. So nothing is closed while it is used, and
// every use is short.
type serialLine struct {
	port io.ReadWriteCloser

	closed  atomic.Bool
	reading sync.Mutex // held for one turn of a read, and to close
	writing sync.Mutex // held for one chunk of a write, and to close
}

// Read implements io.Reader. It returns at least one byte or an error.
func (l *serialLine) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := l.use(&l.reading, l.port.Read, p)
		if n != 0 || err != nil {
			return n, err
		}
	}
}

// Write implements io.Writer, in chunks between which the line may be closed.
func (l *serialLine) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := l.use(&l.writing, l.port.Write, p[done:min(done+writeChunk, len(p))])
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

func (l *serialLine) use(turn *sync.Mutex, f func([]byte) (int, error), p []byte) (int, error) {
	turn.Lock()
	defer turn.Unlock()
	if l.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	return f(p)
}

// Close implements io.Closer. It unblocks Read and Write within one turn.
func (l *serialLine) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.port.Close()
}

// RunSerial serves the till behind a serial line until ctx ends. A line that cannot be opened, or that
// breaks because an adapter was pulled, is opened again for ever. open is usually OpenSerial.
func (s *Server) RunSerial(ctx context.Context, open func() (io.ReadWriteCloser, error)) error {
	lane := s.lane
	lane.Lasting, lane.last = true, &terms{}
	lost, wait := false, retryMin
	for ctx.Err() == nil {
		line, err := open()
		if err == nil {
			if lost {
				lane.Log.Info("serial line is back")
			}
			lost, wait = false, retryMin
			err = s.serve(ctx, line, &lane)
		}
		if ctx.Err() == nil && !lost {
			lane.Log.Warn("serial line lost", "error", err)
		}
		lost = true
		_ = pause(ctx, wait) // its end is the loop's
		wait = min(2*wait, retryMax)
	}
	return nil
}
