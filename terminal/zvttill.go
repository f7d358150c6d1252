// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// ZVTTill is a till that speaks ZVT: for tests, for integrators and for the command line. Its methods open
// a link each; Open gives one for several commands. It may be used for one thing at a time.
type ZVTTill struct {
	Dial     func(context.Context) (io.ReadWriteCloser, error)
	Serial   bool // the link is a serial line
	Password string
	Currency payment.Currency // sent with every amount; empty sends none
	// Config is what Register asks for; 0 means intermediate status and receipts as print commands.
	Config zvt.Config
	// TLV is what Register sends in a container; nil sends none.
	TLV *zvt.Container
	// Unregistered makes Pay of the till leave the registration out.
	Unregistered bool

	Hear func(zvt.Message) // everything that the terminal says; may be nil
	// Answer replaces the answer to a command of the terminal. Nil, or a nil answer, is 80 00 00; Silent
	// says nothing.
	Answer func(zvt.Message) zvt.Message
	// Quiet is how long the terminal may say nothing; 0 means T4, 180 s.
	Quiet time.Duration
}

// zvtQuiet is T4 (ZVT PA00P016).
const zvtQuiet = 180 * time.Second

// ZVTEnded is how a dialogue ended.
type ZVTEnded struct {
	// Outcome is what a payment came to. Unknown promises nothing.
	Outcome payment.Outcome
	Code    zvt.Code // of the end, or of the refusal
	// Refused: the terminal refused the command; nothing happened.
	Refused bool
	Info    *zvt.StatusInfo // the last 04 0F; nil if there was none
	Report  zvt.StatusReport
	Done    zvt.Completion
	Lines   []string // that were to be printed
}

// Text is what the terminal says to the cashier, if anything.
func (e ZVTEnded) Text() string {
	if e.Info == nil {
		return ""
	}
	return e.Info.Text
}

// Open dials. The link must be closed.
func (t ZVTTill) Open(ctx context.Context) (*ZVTLink, error) {
	rwc, err := t.Dial(ctx)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	l := &ZVTLink{
		till: t, rwc: rwc, line: newZVTLine(rwc, t.Serial), stop: stop, running: running,
		heard: make(chan zvtHeard, zvtQueue), ended: make(chan struct{}),
	}
	go func() {
		defer close(l.ended)
		err := l.line.run(running, l.heard)
		if err == nil {
			err = errLineOver
		}
		stop(err)
	}()
	return l, nil
}

// once opens a link for one command.
func (t ZVTTill) once(ctx context.Context, do func(*ZVTLink) (ZVTEnded, error)) (ZVTEnded, error) {
	l, err := t.Open(ctx)
	if err != nil {
		return ZVTEnded{}, err
	}
	defer l.Close()
	return do(l)
}

// Register is 06 00.
func (t ZVTTill) Register(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.Register(ctx) })
}

// Reverse is 06 30.
func (t ZVTTill) Reverse(ctx context.Context, r zvt.Receipt, amount int64) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.Reverse(ctx, r, amount) })
}

// EndOfDay is 06 50.
func (t ZVTTill) EndOfDay(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.EndOfDay(ctx) })
}

// Repeat is 06 20 with status information.
func (t ZVTTill) Repeat(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.Repeat(ctx) })
}

// Status is 05 01.
func (t ZVTTill) Status(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.Status(ctx) })
}

// LogOff is 06 02.
func (t ZVTTill) LogOff(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.LogOff(ctx) })
}

// Abort is 06 B0 on a link of its own.
func (t ZVTTill) Abort(ctx context.Context) (ZVTEnded, error) {
	return t.once(ctx, func(l *ZVTLink) (ZVTEnded, error) { return l.Abort(ctx) })
}

// Pay makes one sale. After a lost line it comes back and asks for the last result until ctx ends, as a
// careful till does. When cancel is closed it aborts and goes on: the result decides. An error means that
// nothing happened, or, with ErrLost in it, that nobody knows whether the terminal heard of the sale.
func (t ZVTTill) Pay(ctx context.Context, amount int64, cancel <-chan struct{}) (ZVTEnded, error) {
	l, err := t.Open(ctx)
	if err != nil {
		return ZVTEnded{}, err
	}
	if !t.Unregistered {
		if e, failed := l.Register(ctx); failed != nil || e.Refused {
			l.Close()
			return e, failed
		}
	}
	ended, err := l.Pay(ctx, amount, cancel)
	begun := l.began
	l.Close()
	if err == nil || !begun {
		return ended, err
	}
	for pause(ctx, askAgain) == nil {
		ended, err = t.recall(ctx, amount)
		if err == nil && ended.Outcome != payment.Unknown {
			return ended, nil
		}
	}
	return ZVTEnded{Outcome: payment.Unknown, Code: zvt.CodeDialUp}, nil
}

// recall asks for the last result and takes it only if it can be this sale's.
func (t ZVTTill) recall(ctx context.Context, amount int64) (ZVTEnded, error) {
	ours := t
	ours.Answer = func(m zvt.Message) zvt.Message {
		i, info := m.(zvt.StatusInfo)
		if info && i.Result == zvt.CodeOK && i.Amount.Value != zvt.Amount(amount) {
			return Silent{}
		}
		if t.Answer != nil {
			return t.Answer(m)
		}
		return nil
	}
	ended, err := ours.Repeat(ctx)
	if err != nil {
		return ended, err
	}
	if ended.Info == nil || ended.Info.Amount.Value != zvt.Amount(amount) {
		return ZVTEnded{Outcome: payment.Unknown, Code: zvt.CodeDialUp}, nil
	}
	if ended.Code == zvt.CodeOK { // the repetition went well; the result is what it repeated
		ended.Code = ended.Info.Result
	}
	ended.Outcome = outcomeOf(ended.Code, ended.Text())
	return ended, nil
}

// outcomeOf is what a result code says. The text tells time over from an abort.
func outcomeOf(c zvt.Code, text string) payment.Outcome {
	switch {
	case c == zvt.CodeOK:
		return payment.Approved
	case c == zvt.CodeAborted && (text == "ZEIT ABGELAUFEN" || text == "TIME IS OVER"):
		return payment.Expired
	case c == zvt.CodeAborted:
		return payment.Cancelled
	case c == zvt.CodeDialUp:
		return payment.Unknown
	case c < zvt.CodeCardUnreadable:
		return payment.Declined
	}
	return payment.Failed
}

// Silent is an answer that is not given.
type Silent struct{ zvt.Abort }

// ErrNoAnswer means that the terminal did not answer in time.
var ErrNoAnswer = errors.New("the terminal does not answer")

// ZVTLink is an open link of a till. It may be used for one thing at a time.
type ZVTLink struct {
	till    ZVTTill
	rwc     io.ReadWriteCloser
	line    zvtLine
	heard   chan zvtHeard
	running context.Context //nolint:containedctx // ends with the line, and its cause says why
	stop    context.CancelCauseFunc
	ended   chan struct{}
	began   bool // the command of the moment has its 80 00 00
}

// Close ends the link, once the other end has what was said last.
func (l *ZVTLink) Close() {
	l.line.drain(l.running.Done())
	l.stop(nil)
	_ = l.rwc.Close() // what was said is said
	<-l.ended
}

func (l *ZVTLink) password() zvt.Password {
	p, err := zvt.NewPassword(l.till.Password)
	if err != nil {
		p, _ = zvt.NewPassword("000000")
	}
	return p
}

func (l *ZVTLink) currency() zvt.Opt[zvt.Currency] {
	if c, ok := zvt.CurrencyOf(string(l.till.Currency)); ok {
		return zvt.Some(c)
	}
	return zvt.Opt[zvt.Currency]{}
}

// Register is 06 00.
func (l *ZVTLink) Register(ctx context.Context) (ZVTEnded, error) {
	config := l.till.Config
	if config == 0 {
		config = zvt.ConfigUnregistered | zvt.ConfigIntermediate
	}
	return l.Do(ctx, zvt.Registration{Password: l.password(), Config: config, Currency: l.currency(), TLV: l.till.TLV}, nil)
}

// Pay is 06 01. When cancel is closed it says 06 B0.
func (l *ZVTLink) Pay(ctx context.Context, amount int64, cancel <-chan struct{}) (ZVTEnded, error) {
	return l.Do(ctx, zvt.Payment{Amount: zvt.Some(zvt.Amount(amount)), Currency: l.currency()}, cancel)
}

// Reverse is 06 30; an amount of 0 is not sent.
func (l *ZVTLink) Reverse(ctx context.Context, r zvt.Receipt, amount int64) (ZVTEnded, error) {
	m := zvt.Reversal{Password: l.password(), Receipt: zvt.Some(r)}
	if amount != 0 {
		m.Amount, m.Currency = zvt.Some(zvt.Amount(amount)), l.currency()
	}
	return l.Do(ctx, m, nil)
}

// EndOfDay is 06 50.
func (l *ZVTLink) EndOfDay(ctx context.Context) (ZVTEnded, error) {
	return l.Do(ctx, zvt.EndOfDay{Password: l.password()}, nil)
}

// Repeat is 06 20 with status information.
func (l *ZVTLink) Repeat(ctx context.Context) (ZVTEnded, error) {
	return l.Do(ctx, zvt.RepeatReceipt{Password: l.password(), Service: zvt.Some(zvt.ServiceStatusInfo)}, nil)
}

// Status is 05 01.
func (l *ZVTLink) Status(ctx context.Context) (ZVTEnded, error) {
	return l.Do(ctx, zvt.StatusEnquiry{}, nil)
}

// LogOff is 06 02.
func (l *ZVTLink) LogOff(ctx context.Context) (ZVTEnded, error) { return l.Do(ctx, zvt.LogOff{}, nil) }

// Abort is 06 B0 while nothing runs on this link.
func (l *ZVTLink) Abort(ctx context.Context) (ZVTEnded, error) { return l.Do(ctx, zvt.Abort{}, nil) }

// Do carries out one command to its end. ErrLost and ErrNoAnswer say that the link did not last so long.
func (l *ZVTLink) Do(ctx context.Context, m zvt.Message, cancel <-chan struct{}) (ZVTEnded, error) {
	l.began = false
	if err := l.say(ctx, m); err != nil {
		return ZVTEnded{}, err
	}
	d := &zvtDialogue{link: l, command: m, cancel: cancel}
	quiet := time.NewTimer(zvtAnswer * 2)
	defer quiet.Stop()
	for {
		over, err := d.turn(ctx, quiet)
		if err != nil || over {
			return d.ended, err
		}
	}
}

func (l *ZVTLink) say(ctx context.Context, m zvt.Message) error {
	b, err := zvt.Append(nil, m, zvt.CP437)
	if err != nil {
		return err
	}
	if err := l.line.send(ctx, b); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

// zvtDialogue is one command of a till.
type zvtDialogue struct {
	link    *ZVTLink
	command zvt.Message
	cancel  <-chan struct{} // nil once it was heard
	aborted bool            // the answer to 06 B0 is due
	ended   ZVTEnded
}

func (d *zvtDialogue) turn(ctx context.Context, quiet *time.Timer) (bool, error) {
	l := d.link
	select {
	case h := <-l.heard:
		if h.lost {
			return false, ErrNoAnswer
		}
		patience := l.till.Quiet
		if patience == 0 {
			patience = zvtQuiet
		}
		quiet.Reset(patience)
		return d.hear(ctx, h.apdu)
	case <-d.cancel:
		d.cancel, d.aborted = nil, true
		return false, l.say(ctx, zvt.Abort{})
	case <-quiet.C:
		return false, ErrNoAnswer
	case <-l.running.Done():
		return false, l.lost()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// lost says why the line has ended.
func (l *ZVTLink) lost() error { return fmt.Errorf("%w: %w", ErrLost, context.Cause(l.running)) }

func (d *zvtDialogue) hear(ctx context.Context, apdu []byte) (bool, error) {
	parse := zvt.Parse
	if d.command.Command() == zvt.CmdStatusEnquiry {
		parse = zvt.ParseStatusReport
	}
	m, err := parse(apdu, zvt.CP437)
	if err != nil {
		return false, fmt.Errorf("what the terminal said: %w", err)
	}
	if d.link.till.Hear != nil {
		d.link.till.Hear(m)
	}
	if m.Command().Answer() {
		return d.answered(m), nil
	}
	return d.told(ctx, m)
}

// answered takes 80 00 and 84 xx, to the command or to the abort in the middle of it.
func (d *zvtDialogue) answered(m zvt.Message) bool {
	if d.link.began && d.aborted {
		d.aborted = false
		return false
	}
	if r, no := m.(zvt.Refused); no {
		d.ended.Refused, d.ended.Code, d.ended.Outcome = true, r.Code, payment.Failed
		return true
	}
	d.link.began = true
	return !d.command.Command().Completes()
}

// told takes a command of the terminal and answers it.
func (d *zvtDialogue) told(ctx context.Context, m zvt.Message) (bool, error) {
	over := false
	switch m := m.(type) {
	case zvt.StatusInfo:
		d.ended.Info = &m
	case zvt.PrintLine:
		d.ended.Lines = append(d.ended.Lines, m.Text)
	case zvt.PrintBlock:
		for _, line := range m.Lines {
			d.ended.Lines = append(d.ended.Lines, line.Text)
		}
	case zvt.Completion:
		over, d.ended.Done, d.ended.Code, d.ended.Outcome = true, m, zvt.CodeOK, payment.Approved
	case zvt.StatusReport:
		over, d.ended.Report, d.ended.Code = true, m, zvt.CodeOK
	case zvt.Aborted:
		over, d.ended.Code, d.ended.Outcome = true, m.Code, outcomeOf(m.Code, d.ended.Text())
	}
	return over, d.reply(ctx, m)
}

func (d *zvtDialogue) reply(ctx context.Context, m zvt.Message) error {
	var answer zvt.Message
	if d.link.till.Answer != nil {
		answer = d.link.till.Answer(m)
	}
	switch answer.(type) {
	case nil:
		answer = zvt.Accepted{}
	case Silent:
		return nil
	}
	return d.link.say(ctx, answer)
}
