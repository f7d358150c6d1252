// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// zvtAnswer is T3: how long a command of ours waits for its answer.
	zvtAnswer = 5 * time.Second
	// zvtRecorded is how long the bridge may take to make something durable before the till is answered
	// without it; the till itself waits T3.
	zvtRecorded = 4 * time.Second
	// zvtStraggler is how late an answer may come: twice T3.
	zvtStraggler = 10 * time.Second
)

// errNewCommand means that the till began something else in the middle of a dialogue: it has given that
// dialogue up.
var errNewCommand = errors.New("the till has begun something else")

// zvtSession is one link in ZVT. All of it belongs to the goroutine of Serve; the line has one of its own.
type zvtSession struct {
	z    *ZVT
	lane *Lane
	rwc  io.ReadWriteCloser
	line zvtLine
	shut sync.Once

	heard chan zvtHeard
	words chan payment.Word

	link   payment.LinkID
	linked bool

	// open: a 04 FF has not been answered on this link. While it is, no 04 0F leaves, so that a late answer
	// is never taken for an acknowledgement.
	open bool
	// straggler is until when an answer of the dialogue before may still come; zero if none can.
	straggler time.Time
	// doubtful: there was one answer that may have been of the open 04 FF or of the dialogue before.
	doubtful bool
	// owed is the result whose 04 0F may still be answered; empty if none.
	owed zvtOwed
	next zvt.Message // a command that ended the dialogue before it
}

// zvtOwed is a 04 0F that was not answered in time.
type zvtOwed struct {
	id      payment.TillID
	outcome payment.Outcome
	amount  payment.Amount
}

// zvtEvent is what a session waits for: one of its fields is set.
type zvtEvent struct {
	message zvt.Message
	word    payment.Word
	lost    bool // a block of ours never arrived
	late    bool // the time is over
	beat    bool // it is time for a 04 FF
}

// Serve implements Protocol.
func (z *ZVT) Serve(ctx context.Context, rwc io.ReadWriteCloser, lane *Lane) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &zvtSession{
		z: z, lane: lane, rwc: rwc, line: newZVTLine(rwc, lane.Lasting),
		heard: make(chan zvtHeard, zvtQueue), words: make(chan payment.Word, queueRoom),
	}
	ended := make(chan struct{})
	cut := context.AfterFunc(ctx, s.close)
	defer func() {
		cut()
		s.close()
		<-ended
		z.end(s)
		s.disconnect()
	}()
	go func() {
		defer close(ended)
		stop(s.listen(ctx))
	}()
	err := s.run(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) || errors.Is(err, errLineOver) {
		return nil
	}
	return err
}

// listen runs the line, and keeps a mistake of ours in one link.
func (s *zvtSession) listen(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.lane.Log.Error("link given up", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("lane %s: link given up: %v", s.lane.ID, v)
		}
		if err == nil {
			err = errLineOver
		}
	}()
	return s.line.run(ctx, s.heard)
}

func (s *zvtSession) close() {
	s.shut.Do(func() {
		if err := s.rwc.Close(); err != nil {
			s.lane.Log.Debug("link did not close cleanly", "error", err)
		}
	})
}

// hear is called by the bridge and must not block.
func (s *zvtSession) hear(w payment.Word) {
	select {
	case s.words <- w:
	default:
		s.lane.Log.Warn("till does not listen, link closed")
		go s.close() // closing may wait for a serial write
	}
}

// connect announces the link, before the first command that needs the engine. A till that only polls its
// terminal's status is told of no payment.
func (s *zvtSession) connect() {
	if s.linked {
		return
	}
	l := payment.Link{Lane: s.lane.ID, Probe: s.terms().wants04FF()}
	s.link, s.linked = s.lane.Bridge.Connect(l, s.hear), true
}

// disconnect leaves every payment behind: none counts this till as there any more.
func (s *zvtSession) disconnect() {
	if !s.linked {
		return
	}
	s.lane.Bridge.Disconnect(s.link)
	s.linked = false
	for {
		select {
		case <-s.words:
		default:
			return
		}
	}
}

func (s *zvtSession) ask(a payment.Ask) {
	s.connect()
	s.lane.Bridge.Ask(s.link, a)
}

func (s *zvtSession) terms() zvtTerms { return s.z.registered(s.lane.ID) }

// run serves command after command. Between two dialogues the terminal is silent.
func (s *zvtSession) run(ctx context.Context) error {
	for {
		m := s.next
		s.next = nil
		if m == nil {
			e, err := s.wait(ctx, nil)
			if err != nil {
				return err
			}
			if m = e.message; m == nil {
				continue // words are for those who ask, and a lost block has nobody left to hear of it
			}
		}
		if err := s.dialogue(ctx, m); err != nil {
			return err
		}
	}
}

// dialogue carries out one command to its end.
func (s *zvtSession) dialogue(ctx context.Context, m zvt.Message) error {
	if m.Command().Answer() {
		return s.lateAnswer(ctx, m)
	}
	if err := s.delay(ctx, m); err != nil {
		return err
	}
	if _, abort := m.(zvt.Abort); !abort {
		if s.open || s.owed.id != "" { // the till is master again
			s.straggler = time.Now().Add(zvtStraggler)
		}
		s.owed, s.open, s.doubtful = zvtOwed{}, false, false
	}
	err := s.command(ctx, m)
	if errors.Is(err, errNewCommand) {
		s.lane.Log.Warn("till began something else in the middle of a dialogue", "name", s.next.Command().Name())
		s.disconnect()
		err = nil
	}
	return err
}

// delay holds back a till that asks faster than its lane may.
func (s *zvtSession) delay(ctx context.Context, m zvt.Message) error {
	switch m.Command() { //nolint:exhaustive // all others are answered from memory
	case zvt.CmdPayment, zvt.CmdReversal, zvt.CmdRegistration, zvt.CmdLogOff, zvt.CmdEndOfDay, zvt.CmdRepeatReceipt:
		return s.lane.pace.writes.wait(ctx)
	}
	return s.lane.pace.reads.wait(ctx)
}

// wait returns the next thing that happens. What cannot be read is refused here, as the paper wants it.
func (s *zvtSession) wait(ctx context.Context, late <-chan time.Time) (zvtEvent, error) {
	return s.waitBeat(ctx, late, nil)
}

func (s *zvtSession) waitBeat(ctx context.Context, late, beat <-chan time.Time) (zvtEvent, error) {
	for {
		select {
		case h := <-s.heard:
			if h.lost {
				return zvtEvent{lost: true}, nil
			}
			m, err := zvt.Parse(h.apdu, s.terms().charset())
			s.trace("in", h.apdu, err)
			if err == nil {
				return zvtEvent{message: m}, nil
			}
			if err := s.unreadable(ctx, h.apdu); err != nil {
				return zvtEvent{}, err
			}
		case w := <-s.words:
			return zvtEvent{word: w}, nil
		case <-late:
			return zvtEvent{late: true}, nil
		case <-beat:
			return zvtEvent{beat: true}, nil
		case <-ctx.Done():
			return s.rest(ctx)
		}
	}
}

// rest hands on what came before the line ended: an acknowledgement in front of a closed connection
// counts.
func (s *zvtSession) rest(ctx context.Context) (zvtEvent, error) {
	select {
	case h := <-s.heard:
		if m, err := zvt.Parse(h.apdu, s.terms().charset()); err == nil && m.Command().Answer() {
			return zvtEvent{message: m}, nil
		}
	default:
	}
	return zvtEvent{}, context.Cause(ctx)
}

// unreadable refuses a broken command. A broken answer is none.
func (s *zvtSession) unreadable(ctx context.Context, apdu []byte) error {
	if a, err := zvt.ParseAPDU(apdu); err == nil && a.Command.Answer() {
		return nil
	}
	return s.say(ctx, zvt.Refused{Code: zvt.CodeNotPossible})
}

// say sends one APDU and waits for nothing.
func (s *zvtSession) say(ctx context.Context, m zvt.Message) error {
	b, err := zvt.Append(nil, m, s.terms().charset())
	if err != nil {
		return fmt.Errorf("lane %s: %w", s.lane.ID, err)
	}
	s.trace("out", b, nil)
	return s.line.send(ctx, b)
}

func (s *zvtSession) accept(ctx context.Context) error { return s.say(ctx, zvt.Accepted{}) }

func (s *zvtSession) refuse(ctx context.Context, c zvt.Code) error {
	return s.say(ctx, zvt.Refused{Code: c})
}

// trace logs the command and the length, never the data: they may be a card's.
func (s *zvtSession) trace(direction string, apdu []byte, broken error) {
	a, err := zvt.ParseAPDU(apdu)
	if err != nil {
		broken = err
	}
	args := []any{"direction", direction, "command", a.Command.String(), "name", a.Command.Name(), "length", len(apdu)}
	if broken != nil {
		args = append(args, "error", broken)
	}
	s.lane.Log.Debug("wire", args...)
}

// exchange sends a command and waits for its answer. Nil is silence. A wish to abort comes too late here;
// any other command means that the till has given the dialogue up.
func (s *zvtSession) exchange(ctx context.Context, m zvt.Message, patience time.Duration) (zvt.Message, error) {
	if err := s.say(ctx, m); err != nil {
		return nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	return s.answer(ctx, timer.C)
}

// finish ends a dialogue. A till need not answer that, and what it answers changes nothing; but the answer
// may come late, even in the dialogue after.
func (s *zvtSession) finish(ctx context.Context, m zvt.Message) error {
	s.straggler = time.Now().Add(zvtStraggler)
	s.z.end(s) // before it leaves: the till's next command may be faster than we are
	return s.say(ctx, m)
}

// between answers a command that comes while we are the ones who speak. aborting answers 06 B0.
func (s *zvtSession) between(ctx context.Context, m zvt.Message, aborting zvt.Message) error {
	switch m.(type) {
	case zvt.Abort:
		return s.say(ctx, aborting)
	case zvt.StatusEnquiry: // 80 00 and 06 0F would end the dialogue before it
		return s.refuse(ctx, zvt.CodeWait)
	case zvt.DisplayText:
		return s.accept(ctx)
	case zvt.Other:
		return s.refuse(ctx, zvt.CodeNotPossible)
	}
	if ours(m.Command()) {
		return s.refuse(ctx, zvt.CodeNotPossible)
	}
	s.next = m
	return errNewCommand
}

// ours reports whether a command is one of the terminal. A till that sends it does not begin anything.
func ours(c zvt.Command) bool {
	switch c { //nolint:exhaustive // all others are the till's
	case zvt.CmdSetTillClock, zvt.CmdStatusInfo, zvt.CmdIntermediateStatus, zvt.CmdCompletion, zvt.CmdAborted, zvt.CmdPrintLine,
		zvt.CmdPrintBlock:
		return true
	}
	return false
}

// positive reports whether the answer is 80 00 or 84 00.
func positive(answer zvt.Message) bool {
	_, ok := answer.(zvt.Accepted)
	return ok
}
