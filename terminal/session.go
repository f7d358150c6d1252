// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

const (
	// writeWait is how long one message may take to leave, and slowByte how much more each byte of it may on a
	// serial line: at 1200 baud one takes 8 to 10 ms.
	writeWait = 5 * time.Second
	slowByte  = 10 * time.Millisecond
	// tokenWait is how long a till may take to show its token.
	tokenWait = 10 * time.Second
	// maxGarbage is how many broken lines in a row are answered.
	maxGarbage = 64
)

var (
	// ErrGarbage means that a socket sent nothing but broken lines.
	ErrGarbage = errors.New("too many broken lines in a row")
	// ErrToken means that a till did not show the lane's token.
	ErrToken = errors.New("no valid token")
)

// session is one link in the native protocol. Its reader is the goroutine of Serve; another one that Serve starts
// writes what comes while the reader waits for the till. What they share is the queue, which keeps everything in
// order, and the writer.
type session struct {
	native Native
	lane   *Lane
	rwc    io.ReadWriteCloser
	socket syscall.RawConn // nil where rwc is none
	traced bool            // the log takes every message

	queue   *queue
	writer  *writer
	over    chan struct{} // closed when the reader has ended
	written chan struct{} // closed when the writer has ended
	shut    sync.Once
	link    atomic.Uint64 // set by the reader
	linked  chan struct{} // closed when link is set for the first time

	// Owned by the reader.
	terms     terms
	connected bool
	token     *time.Timer // closes the link until the token is shown; nil if none is wanted
	garbage   int         // broken lines in a row
}

// Name implements Protocol.
func (Native) Name() string { return "native" }

// Serve implements Protocol.
func (n Native) Serve(ctx context.Context, rwc io.ReadWriteCloser, lane *Lane) error {
	s := &session{
		native: n, lane: lane, rwc: rwc, socket: socketOf(rwc), traced: lane.Log.Enabled(ctx, slog.LevelDebug),
		queue: newQueue(), over: make(chan struct{}), written: make(chan struct{}),
		linked: make(chan struct{}),
	}
	s.writer = newWriter(s)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(s.written)
		defer stop()
		defer s.close()
		defer func() { _ = s.rescue(recover()) }()
		s.writer.run(ctx)
	}()
	err := s.read(reading)
	if s.connected {
		lane.Bridge.Disconnect(s.id())
	}
	close(s.over)
	<-s.written
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// close may be called from anywhere, and unblocks both goroutines.
func (s *session) close() {
	s.shut.Do(func() {
		if err := s.rwc.Close(); err != nil {
			s.lane.Log.Debug("link did not close cleanly", "error", err)
		}
	})
}

// rescue keeps a mistake of ours in one link. The till comes back and asks for its payment.
func (s *session) rescue(v any) error {
	if v == nil {
		return nil
	}
	s.lane.Log.Error("link given up", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	s.close()
	return fmt.Errorf("lane %s: link given up: %v", s.lane.ID, v)
}

func (s *session) id() payment.LinkID { return payment.LinkID(s.link.Load()) }

// socketOf is what rwc offers to look at its socket; nil where it is none.
func socketOf(rwc io.ReadWriteCloser) syscall.RawConn {
	conn, ok := rwc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// takes reports whether the till takes a message without anybody waiting.
func (s *session) takes() bool {
	free := false
	return s.socket != nil && s.socket.Control(func(fd uintptr) { free = writable(fd) }) == nil && free
}

// hear is called by the bridge and must not block: a till that does not read loses its link.
func (s *session) hear(w payment.Word) { s.queued(s.queue.put(w)) }

// say answers at once.
func (s *session) say(e native.Event) { s.queued(s.queue.put(e)) }

// note tells the writer something about an answer that is about to be asked for.
func (s *session) note(i item) { s.queued(s.queue.note(i)) }

func (s *session) queued(room bool) {
	if !room {
		s.lane.Log.Warn("till does not read, link closed")
		go s.close() // closing may wait for a serial write; the reader's end waits for it
	}
}

// read runs the link until it ends.
func (s *session) read(ctx context.Context) (err error) {
	defer func() {
		if gaveUp := s.rescue(recover()); gaveUp != nil {
			err = gaveUp
		}
	}()
	in := lines{r: s.rwc}
	defer in.stop()
	if s.lane.last != nil {
		s.terms = *s.lane.last
		s.note(s.terms)
	}
	s.terms.known = s.terms.known || s.lane.Token.Empty()
	if s.lane.Lasting {
		// Its till does not notice that a cable was pulled, and does not introduce itself again.
		if s.terms.known {
			s.connect()
		}
		return s.lines(ctx, &in)
	}
	in.late = s.close
	if !s.terms.known {
		s.token = time.AfterFunc(tokenWait, s.close)
		defer s.token.Stop()
	}
	return s.lines(ctx, &in)
}

// lines handles line after line.
func (s *session) lines(ctx context.Context, in *lines) error {
	for ctx.Err() == nil {
		line, err := in.next()
		if bad, ok := errors.AsType[*native.SyntaxError](err); ok {
			err = s.broken(bad, native.MaxLine)
		} else if err == nil && len(line) > 0 {
			err = s.line(ctx, line)
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// line handles one line.
func (s *session) line(ctx context.Context, line []byte) error {
	object, checked, err := native.Open(line)
	if err == nil && len(object) == 0 {
		return nil
	}
	var q native.Request
	if err == nil {
		q, err = native.ParseRequest(object)
	}
	if err != nil {
		bad, ok := errors.AsType[*native.SyntaxError](err)
		if !ok {
			return err
		}
		return s.broken(bad, len(line))
	}
	s.garbage = 0
	s.trace(q, len(line))
	if checked != s.terms.checked {
		s.terms.checked = checked
		s.keep()
	}
	if err := s.delay(ctx, q); err != nil {
		return err
	}
	return s.request(q)
}

// broken answers a line that was not understood. A socket that sends nothing else is closed; on a
// serial carrier, where it may be noise, the answers stop.
func (s *session) broken(bad *native.SyntaxError, length int) error {
	s.lane.Log.Debug("wire", "direction", "in", "name", "broken", "length", length, "code", bad.Code, "path", bad.Path)
	if s.garbage++; s.garbage > maxGarbage {
		if s.lane.Lasting {
			return nil
		}
		return ErrGarbage
	}
	s.say(s.native.syntax(bad))
	return nil
}

// trace logs what is safe of a request: no text that a till made up but its id, which is printable.
func (s *session) trace(q native.Request, length int) {
	if !s.traced {
		return // a line of the log costs more than the message
	}
	args := []any{"direction", "in", "name", q.Type(), "length", length}
	switch q := q.(type) {
	case native.Pay:
		args = append(args, "id", q.ID, "amount", q.Amount, "currency", q.Currency)
	case native.Cancel:
		args = append(args, "id", q.ID)
	case native.Status:
		args = append(args, "id", q.ID)
	case native.Confirm:
		args = append(args, "id", q.ID, "outcome", q.Outcome, "ok", q.OK)
	case native.Here:
		args = append(args, "id", q.ID)
	case native.Refund:
		args = append(args, "id", q.ID, "amount", q.Amount, "currency", q.Currency)
	case native.Hello, native.Ping, native.Totals, native.Forget:
	}
	s.lane.Log.Debug("wire", args...)
}
