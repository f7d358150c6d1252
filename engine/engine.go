// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tillbridge/payment"
)

// Options are the optional parts of an Engine.
type Options struct {
	Log    *slog.Logger         // nil discards
	Asleep func() time.Duration // how long the machine has slept since it booted; nil means never
}

// Engine is the shell around a Core.
type Engine struct {
	turns    turns
	core     *Core // used in turns only
	alarm    *alarm
	journal  Journal
	provider Provider
	screen   Screen
	log      *slog.Logger
	uptime   *uptime

	inputs chan Input
	asks   chan func(*Core) // questions that change nothing
	done   chan struct{}    // closed when Run has returned

	mu     sync.Mutex
	nextID payment.LinkID                        // guarded by mu
	hear   map[payment.LinkID]func(payment.Word) // guarded by mu
	rulers map[uint64]chan error                 // guarded by mu
	ticket uint64                                // guarded by mu

	calls sync.WaitGroup // calls to Klarna in flight, waited for by Run
}

// New returns an engine that is idle until Run.
func New(set Settings, j Journal, p Provider, s Screen, o Options) *Engine {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if o.Asleep == nil {
		o.Asleep = func() time.Duration { return 0 }
	}
	return &Engine{
		turns: turns{turn: make(chan struct{}, 1), failed: make(chan struct{}, 1)},
		core:  NewCore(set, p), alarm: newAlarm(), uptime: newUptime(o.Asleep),
		journal: j, provider: p, screen: s, log: log,
		inputs: make(chan Input, 1024), asks: make(chan func(*Core)), done: make(chan struct{}),
		hear: map[payment.LinkID]func(payment.Word){}, rulers: map[uint64]chan error{},
	}
}

// ErrClosed is returned to those who ask a stopped engine.
var ErrClosed = errors.New("the engine has stopped")

// Connect announces an open link of a till. hear is called in order, one word at a time: it must neither
// block nor call the engine.
func (e *Engine) Connect(l payment.Link, hear func(payment.Word)) payment.LinkID {
	e.mu.Lock()
	e.nextID++
	id := e.nextID
	e.hear[id] = hear
	e.mu.Unlock()
	e.Post(LinkOpened{id, l})
	return id
}

// Ask hands over what a till said on its link. The answer comes through hear, often before Ask returns.
func (e *Engine) Ask(id payment.LinkID, a payment.Ask) {
	if in := (Heard{id, a}); !e.atOnce(in) {
		e.Post(in)
	}
}

// Disconnect ends a link. hear is not called after it has returned.
func (e *Engine) Disconnect(id payment.LinkID) {
	e.mu.Lock()
	delete(e.hear, id)
	e.mu.Unlock()
	e.Post(LinkClosed{id})
}

// Post hands an input to the core. It waits while the core is behind, and drops the input once the
// engine has stopped.
func (e *Engine) Post(in Input) {
	e.turns.waiting.Add(1)
	select {
	case e.inputs <- in:
	case <-e.done:
	}
}

// Resolve carries out a decision of staff. It returns once the decision is durable.
func (e *Engine) Resolve(ctx context.Context, id payment.ID, as payment.Decision, reason, by string) error {
	return e.rule(ctx, func(ticket uint64) Input {
		return Decided{ID: id, As: as, Reason: reason, By: by, Ticket: ticket}
	})
}

// Forget erases a stored customer token for a member of staff. It returns once that is durable, with who and why.
func (e *Engine) Forget(ctx context.Context, h payment.Handle, reason, by string) error {
	return e.rule(ctx, func(ticket uint64) Input {
		return ForgetCustomer{Handle: h, Reason: reason, By: by, Ticket: ticket}
	})
}

// rule posts what staff want and waits for the answer.
func (e *Engine) rule(ctx context.Context, in func(ticket uint64) Input) error {
	ruled := make(chan error, 1)
	e.mu.Lock()
	e.ticket++
	ticket := e.ticket
	e.rulers[ticket] = ruled
	e.mu.Unlock()
	e.Post(in(ticket))
	select {
	case err := <-ruled:
		return err
	case <-e.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Attention lists the payments that need a person.
func (e *Engine) Attention(ctx context.Context) (list []payment.Payment, err error) {
	err = e.inspect(ctx, func(c *Core) { list = c.Attention(e.uptime.now()) })
	return list, err
}

// Lanes reports every lane. It also proves that the core is alive, which is what a watchdog wants to know.
func (e *Engine) Lanes(ctx context.Context) (list []LaneReport, err error) {
	err = e.inspect(ctx, func(c *Core) { list = c.Lanes(e.uptime.now()) })
	return list, err
}

func (e *Engine) inspect(ctx context.Context, ask func(*Core)) error {
	answered := make(chan struct{})
	select {
	case e.asks <- func(c *Core) { ask(c); close(answered) }:
	case <-e.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-answered:
		return nil
	case <-e.done: // a turn has failed, and no other follows
		return ErrClosed
	}
}
