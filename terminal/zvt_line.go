// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tillbridge/terminal/zvt"
)

const (
	// zvtGap is T1: the longest silence inside a serial block. The paper says 200 ms; adapters deliver in
	// batches (ZVT PA00P016, RS-232).
	zvtGap = 300 * time.Millisecond
	// zvtAckWait is T2: how long a block waits for its ACK before it is sent again.
	zvtAckWait = 5 * time.Second
	// zvtSendings is how often a block is sent in all.
	zvtSendings = 3
	// zvtBlockTime is how long a serial block may take. The longest that a till sends takes a second.
	zvtBlockTime = 10 * time.Second
	// zvtQueue is how many APDUs wait between a line and its session. Till and terminal alternate, so more
	// than two are only there if somebody misbehaves.
	zvtQueue = 16
)

// zvtHeard is what a line hands to its session.
type zvtHeard struct {
	apdu []byte
	// lost: the last block that we sent was never acknowledged by the line's other end.
	lost bool
}

// zvtLine carries APDUs over one link.
type zvtLine interface {
	// run reads until the link ends, and hands over what comes.
	run(ctx context.Context, heard chan<- zvtHeard) error
	// send hands one APDU to the link. Those of one caller leave in order.
	send(ctx context.Context, apdu []byte) error
	// drain waits until everything that was sent has arrived, as far as the link can tell, or the link is over.
	drain(over <-chan struct{})
}

func newZVTLine(rwc io.ReadWriteCloser, serial bool) zvtLine {
	if serial {
		return &zvtSerial{rwc: rwc, out: make(chan []byte, zvtQueue), idle: make(chan struct{})}
	}
	return &zvtSocket{rwc: rwc}
}

func hand(ctx context.Context, heard chan<- zvtHeard, h zvtHeard) error {
	select {
	case heard <- h:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// writeOnce writes b in one call and in time: a till that does not take it loses its link, and an APDU
// in two segments breaks some tills.
func writeOnce(rwc io.ReadWriteCloser, b []byte) error {
	late := time.AfterFunc(writeWait, func() { _ = rwc.Close() }) // the write says so
	defer late.Stop()
	n, err := rwc.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// zvtSocket is a connection: bare APDUs, one after the other.
type zvtSocket struct{ rwc io.ReadWriteCloser }

func (l *zvtSocket) send(_ context.Context, apdu []byte) error {
	if err := writeOnce(l.rwc, apdu); err != nil {
		return fmt.Errorf("write to the till: %w", err)
	}
	return nil
}

func (*zvtSocket) drain(<-chan struct{}) {} // send has written it

// run closes a connection on which an APDU stops half-way.
func (l *zvtSocket) run(ctx context.Context, heard chan<- zvtHeard) error {
	var part []byte
	var clock *time.Timer
	stop := func() {
		if clock != nil {
			clock.Stop()
			clock = nil
		}
	}
	defer stop()
	buf := make([]byte, chunk)
	for {
		n, err := l.rwc.Read(buf)
		part = append(part, buf[:n]...)
		for {
			apdu, rest, short := zvt.Cut(part)
			if short != nil {
				break
			}
			stop()
			if failed := hand(ctx, heard, zvtHeard{apdu: append([]byte(nil), apdu...)}); failed != nil {
				return failed
			}
			part = append(part[:0:0], rest...)
		}
		if len(part) > 0 && clock == nil {
			clock = time.AfterFunc(lineWait, func() { _ = l.rwc.Close() }) // the read says so
		}
		if err != nil {
			return err
		}
	}
}

// zvtSerial is a serial line: blocks with checksums, each answered by one byte. Its state belongs to the
// goroutine of run.
type zvtSerial struct {
	rwc io.ReadWriteCloser
	out chan []byte
	// idle takes one whenever nothing of ours is on its way.
	idle chan struct{}

	rx    zvt.Receiver
	block []byte // ours, not yet acknowledged; nil if none
	tries int
	since time.Time // when the block that is coming in began; zero if none is
	t1    *time.Timer
	t2    *time.Timer
}

func (l *zvtSerial) send(ctx context.Context, apdu []byte) error {
	select {
	case l.out <- apdu:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *zvtSerial) drain(over <-chan struct{}) {
	late := time.NewTimer(zvtAckWait)
	defer late.Stop()
	select {
	case <-l.idle:
	case <-late.C:
	case <-over:
	}
}

func (l *zvtSerial) run(ctx context.Context, heard chan<- zvtHeard) error {
	chunks, ended := make(chan []byte), make(chan error, 1)
	gone := make(chan struct{})
	over := make(chan struct{})
	defer func() {
		close(gone)
		_ = l.rwc.Close() // unblocks the reader
		<-over
	}()
	go func() {
		defer close(over)
		ended <- l.read(chunks, gone)
	}()
	l.t1, l.t2 = stopped(), stopped()
	defer l.t1.Stop()
	defer l.t2.Stop()
	for {
		if err := l.turn(ctx, heard, chunks, ended); err != nil {
			return err
		}
	}
}

func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

func (l *zvtSerial) read(chunks chan<- []byte, gone <-chan struct{}) error {
	buf := make([]byte, chunk)
	for {
		n, err := l.rwc.Read(buf)
		if n > 0 {
			select {
			case chunks <- append([]byte(nil), buf[:n]...):
			case <-gone:
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}

// turn does one thing. A block of ours begins only while none is waiting and none is coming in.
func (l *zvtSerial) turn(ctx context.Context, heard chan<- zvtHeard, chunks <-chan []byte, ended <-chan error) error {
	var out <-chan []byte
	var idle chan<- struct{}
	if l.block == nil && !l.rx.Open() {
		out = l.out
		if len(l.out) == 0 {
			idle = l.idle
		}
	}
	select {
	case idle <- struct{}{}:
		return nil
	case b := <-chunks:
		return l.take(ctx, heard, b)
	case apdu := <-out:
		l.block, l.tries = zvt.AppendBlock(nil, apdu), 0
		l.rx.Sent()
		return l.write(ctx, heard)
	case <-l.t1.C:
		return l.broken(ctx, heard)
	case <-l.t2.C:
		return l.write(ctx, heard)
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write sends the block of the moment, or gives it up after the last sending.
func (l *zvtSerial) write(ctx context.Context, heard chan<- zvtHeard) error {
	if l.block == nil {
		return nil
	}
	if l.tries == zvtSendings {
		l.block = nil
		for len(l.out) > 0 {
			<-l.out // what was to follow makes no sense alone
		}
		return hand(ctx, heard, zvtHeard{lost: true})
	}
	l.tries++
	l.t2.Reset(zvtAckWait)
	return l.put(l.block)
}

func (l *zvtSerial) put(b []byte) error {
	if err := writeOnce(l.rwc, b); err != nil {
		return fmt.Errorf("write to the till: %w", err)
	}
	return nil
}

func (l *zvtSerial) take(ctx context.Context, heard chan<- zvtHeard, b []byte) error {
	for _, e := range l.rx.Push(b) {
		l.since = time.Time{}
		if err := l.event(ctx, heard, e); err != nil {
			return err
		}
	}
	switch now := time.Now(); {
	case !l.rx.Open():
		l.t1.Stop()
		l.since = time.Time{}
		return nil
	case l.since.IsZero():
		l.since = now
	case now.Sub(l.since) >= zvtBlockTime: // it must not keep ours from leaving
		l.since = time.Time{}
		return l.broken(ctx, heard)
	}
	l.t1.Reset(zvtGap)
	return nil
}

// broken ends a block that stopped in the middle, or that never does.
func (l *zvtSerial) broken(ctx context.Context, heard chan<- zvtHeard) error {
	l.t1.Stop()
	if e, ok := l.rx.Timeout().(zvt.Broken); ok {
		return l.event(ctx, heard, e)
	}
	return nil
}

func (l *zvtSerial) event(ctx context.Context, heard chan<- zvtHeard, e zvt.Event) error {
	switch e := e.(type) {
	case zvt.Block:
		if err := l.put([]byte{zvt.ACK}); err != nil {
			return err
		}
		if e.Repeat { // executed already: only our answer was missed, if there is one yet
			return l.write(ctx, heard)
		}
		return hand(ctx, heard, zvtHeard{apdu: e.APDU})
	case zvt.Broken:
		return l.put([]byte{zvt.NAK})
	case zvt.Ack:
		if !e.Stray {
			l.block = nil
			l.t2.Stop()
		}
	case zvt.Nak:
		if !e.Stray {
			return l.write(ctx, heard)
		}
	case zvt.Noise:
	}
	return nil
}

// errLineOver is for a line that ended without an error of its own.
var errLineOver = errors.New("the line has ended")
