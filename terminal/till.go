// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

const (
	// pingEvery and quietFor find a line that has silently died.
	pingEvery = 5 * time.Second
	quietFor  = 15 * time.Second
	// confirmWait is how long a till waits for the word that its confirmation is on disk.
	confirmWait = 10 * time.Second
	// askAgain is the pause before a till tries the line again.
	askAgain = 2 * time.Second
	// maxNoise is how often a till says something again that arrived broken.
	maxNoise = 5
)

// Ended is what a till knows at the end of a sale.
type Ended struct {
	// Outcome is the last word that was said, and unknown if there was none in time. An approval that was
	// given back is reversed, and one that somebody gives back is unknown.
	Outcome payment.Outcome
	// Last is the result, update or state that said it, or nil.
	Last native.Event
}

// RefusedError means that the bridge did not take a request: nothing happened.
type RefusedError struct{ Event native.Error }

// Error implements error.
func (r *RefusedError) Error() string {
	return fmt.Sprintf("refused: %s: %s", r.Event.Code, r.Event.Text)
}

// ErrLost means that a line ended before it was answered.
var ErrLost = errors.New("line lost")

// LineTill is a till on a line. It may be used for one thing at a time.
type LineTill struct {
	Dial  func(context.Context) (io.ReadWriteCloser, error)
	Name  string      // told in hello; may be empty
	Token secret.Text // the lane's; empty means none
	Hear  func(native.Event)
}

// Pay makes one sale. It confirms every result, answers ask, and after a lost line comes back and asks
// for the sale by its id until ctx ends. When cancel is closed it sends the wish to cancel and goes on:
// the result decides. An error means that nothing happened: the bridge refused, or was never reached.
func (t LineTill) Pay(ctx context.Context, p native.Pay, cancel <-chan struct{}) (Ended, error) {
	s := &lineSale{till: t, pay: p, cancel: cancel, outcome: payment.Unknown}
	for {
		conn, err := t.Dial(ctx)
		if err == nil {
			err = s.line(ctx, conn)
		}
		refused, _ := errors.AsType[*RefusedError](err)
		switch {
		case refused != nil:
			return Ended{}, err
		case err != nil && !s.sent:
			return Ended{}, fmt.Errorf("payment %s was not sent: %w", p.ID, err)
		}
		if over := err == nil || pause(ctx, askAgain) != nil; over {
			return s.ended(), nil // a lost line is no news about the sale
		}
	}
}

// lineSale is one sale of a till, over any number of lines.
type lineSale struct {
	till   LineTill
	pay    native.Pay
	cancel <-chan struct{} // nil once it was heard

	sent     bool // pay may have left
	accepted bool // the bridge has it
	asking   bool // the last thing said about it was a question
	unwanted bool // cancel was heard
	noise    int

	outcome payment.Outcome
	said    string // the same in the bridge's word, which is what is confirmed
	last    native.Event
	done    bool // the last word is confirmed

	out io.Writer // the line of the moment
}

func (s *lineSale) ended() Ended { return Ended{Outcome: s.outcome, Last: s.last} }

// line drives the sale over one line. Nil means that it is over.
func (s *lineSale) line(ctx context.Context, conn io.ReadWriteCloser) error {
	events := make(chan native.Event)
	gone := make(chan struct{})
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		listen(conn, events, gone)
	}()
	defer func() {
		close(gone)
		_ = conn.Close() // what was said is said
		<-heard
	}()
	s.out = conn
	if err := s.greet(); err != nil {
		return err
	}
	return s.talk(ctx, events, heard)
}

// greet introduces the till and says what the sale needs now.
func (s *lineSale) greet() error {
	hello := native.Hello{V: native.Version, Name: s.till.Name, Probe: true, Token: s.till.Token.Reveal()}
	if err := s.say(hello); err != nil {
		return err
	}
	if s.sent {
		return s.ask()
	}
	s.sent = true
	return s.say(s.pay)
}

// ask asks for the sale. A wish to cancel is said again: the first may have been lost.
func (s *lineSale) ask() error {
	s.asking = true
	if s.unwanted && s.outcome == payment.Unknown {
		if err := s.say(native.Cancel{ID: s.pay.ID}); err != nil {
			return err
		}
	}
	return s.say(native.Status{ID: s.pay.ID})
}

// say writes one message in time.
func (s *lineSale) say(q native.Request) error {
	late := time.AfterFunc(writeWait, func() {
		if c, ok := s.out.(io.Closer); ok {
			_ = c.Close() // the write says so
		}
	})
	defer late.Stop()
	if _, err := s.out.Write(native.AppendLine(nil, q, false)); err != nil {
		return fmt.Errorf("say %s: %w", q.Type(), err)
	}
	return nil
}

// talk runs until the sale is over or the line is lost.
func (s *lineSale) talk(ctx context.Context, events <-chan native.Event, heard <-chan struct{}) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	quiet := time.NewTimer(quietFor)
	defer quiet.Stop()
	var enough <-chan time.Time // set by the first final word
	var n int64
	for !s.done {
		var err error
		select {
		case e := <-events:
			quiet.Reset(quietFor)
			err = s.hear(e)
			switch {
			case s.outcome == payment.Unknown:
				enough = nil
			case enough == nil:
				enough = time.After(confirmWait)
			}
		case <-s.cancel:
			s.cancel, s.unwanted = nil, true
			err = s.say(native.Cancel{ID: s.pay.ID})
		case <-ping.C:
			n++
			err = s.say(native.Ping{N: n})
		case <-heard:
			err = ErrLost
		case <-quiet.C:
			err = ErrLost
		case <-enough:
			return nil
		case <-ctx.Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hear takes in one event.
func (s *lineSale) hear(e native.Event) error {
	if s.till.Hear != nil {
		s.till.Hear(e)
	}
	switch e := e.(type) {
	case native.Accepted:
		s.began(e.ID)
	case native.Progress:
		s.began(e.ID)
	case native.Cancelling:
		s.began(e.ID)
	case native.Display:
		s.began(e.ID)
	case native.Ask:
		return s.here(e.ID)
	case native.Result, native.Update, native.State:
		return s.told(e, toldBy(e))
	case native.Confirmed:
		s.done = s.done || e.ID == s.pay.ID && s.outcome != payment.Unknown && e.Outcome == s.said
	case native.Error:
		return s.refused(e)
	case native.Welcome, native.Pong, native.Notice, native.Alive, native.Forgotten,
		native.Refunded, native.Sums:
	}
	return nil
}

func (s *lineSale) began(id string) {
	if id == s.pay.ID {
		s.accepted, s.asking = true, false
	}
}

// here answers only for a sale that is still wanted.
func (s *lineSale) here(id string) error {
	if id != s.pay.ID || s.unwanted {
		return nil
	}
	return s.say(native.Here{ID: id})
}

// told keeps the last word and confirms it, unless the sale goes back.
func (s *lineSale) told(e native.Event, t told) error {
	if t.id != s.pay.ID {
		return nil
	}
	s.began(t.id)
	if t.word == "" {
		return nil
	}
	s.outcome, s.last = t.outcome, e
	if t.returning() {
		return nil
	}
	s.said = t.word
	return s.say(native.Confirm{ID: t.id, Outcome: t.word, OK: true})
}

// refused: before the bridge has the sale, a no to it ends it; after that no error can.
func (s *lineSale) refused(e native.Error) error {
	ours := e.ID == s.pay.ID
	switch {
	case s.accepted:
		s.notConfirmed(ours, e.Code)
		return nil
	case e.ID == "" && (e.Code == native.CodeBadJSON || e.Code == native.CodeTooLarge):
		if s.noise++; s.noise > maxNoise {
			return &RefusedError{e}
		}
		return s.ask() // it may be the pay that arrived broken
	case ours && s.asking && e.Code == native.CodeNotFound && !s.unwanted:
		s.asking = false
		return s.say(s.pay)
	case ours && s.asking && e.Code == native.CodeNotFound:
		return nil // asked before the wish to cancel, whose answer comes next
	case (ours || e.ID == "") && s.asking && provesNothing(e.Code):
		return nil // the next line asks again
	case ours, e.ID == "":
		return &RefusedError{e}
	}
	return nil
}

// provesNothing: an error of this code is no word about what was asked for before.
func provesNothing(c native.Code) bool {
	return c == native.CodeUnavailable || c == native.CodeNotAllowed
}

// notConfirmed: a yes that was not taken is not the end of a sale, except where it was given back.
func (s *lineSale) notConfirmed(ours bool, code native.Code) {
	switch {
	case !ours || s.said != string(payment.Approved):
	case code == native.CodeGivenBack:
		s.outcome, s.done = payment.Reversed, true
	case code == native.CodeGivingBack:
		s.outcome = payment.Unknown
	}
}

// listen hands on what the bridge says, until the line ends. It skips what it does not understand.
func listen(r io.Reader, events chan<- native.Event, gone <-chan struct{}) {
	in := lines{r: r}
	for {
		line, err := in.next()
		if _, broken := errors.AsType[*native.SyntaxError](err); broken {
			continue
		}
		if err != nil {
			return
		}
		object, _, err := native.Open(line)
		if err != nil || len(object) == 0 {
			continue
		}
		e, err := native.ParseEvent(object)
		if err != nil {
			continue
		}
		select {
		case events <- e:
		case <-gone:
			return
		}
	}
}

// Status asks once: for a payment by its id, for the last one of the lane, or, with neither, how the
// lane is. The answer is a State, Result, Update or Progress, or a Welcome. Errors of the bridge are a
// *RefusedError.
func (t LineTill) Status(ctx context.Context, q native.Status) (native.Event, error) {
	lane := q.ID == "" && !q.Last
	var told native.Event
	err := t.once(ctx, func(s *lineSale, events <-chan native.Event, heard <-chan struct{}) error {
		if !lane {
			if err := s.say(q); err != nil {
				return err
			}
		}
		var err error
		told, err = firstOf(ctx, events, heard, q, lane)
		return err
	})
	return told, err
}

func firstOf(ctx context.Context, events <-chan native.Event, heard <-chan struct{}, q native.Status, lane bool) (native.Event, error) {
	for {
		select {
		case e := <-events:
			if answers(e, q, lane) {
				return e, nil
			}
			if refusal, ok := e.(native.Error); ok {
				return nil, &RefusedError{refusal}
			}
		case <-heard:
			return nil, ErrLost
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the answer: %w", context.Cause(ctx))
		}
	}
}

func answers(e native.Event, q native.Status, lane bool) bool {
	fits := func(id string) bool { return !lane && (q.Last || id == q.ID) }
	switch e := e.(type) {
	case native.Welcome:
		return lane
	case native.State:
		return fits(e.ID)
	case native.Result:
		return fits(e.ID)
	case native.Update:
		return fits(e.ID)
	case native.Progress:
		return fits(e.ID)
	case native.Cancelling:
		return fits(e.ID)
	case native.Pong, native.Accepted, native.Display, native.Ask, native.Confirmed, native.Error, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
	return false
}
