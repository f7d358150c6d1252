// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"time"

	"tillbridge/payment"
)

const (
	// batch bounds how many inputs share one commit.
	batch = 256
	// parting is how long Run lets writes in flight end after it was asked to stop, so that their
	// answers are on disk before the process goes.
	parting = 3 * time.Second
	// roomEvery is how often the journal is asked whether it has room.
	roomEvery = 10 * time.Second
)

// Run takes over what is unfinished, then serves until ctx ends or the journal fails. When it returns,
// nothing of the engine runs any more.
func (e *Engine) Run(ctx context.Context) error {
	calling, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer e.calls.Wait()
	defer stop()
	defer close(e.done)
	defer e.alarm.stop()
	defer func() { _ = e.alone() }() // Run knows why it ends
	if err := e.take(func() error { return e.begin(calling) }); err != nil {
		return err
	}
	return e.serve(ctx, calling)
}

// begin takes over what is unfinished.
func (e *Engine) begin(calling context.Context) error {
	e.turns.own = func(in Input) error { return e.handle(calling, []Input{in}) }
	if err := e.journal.Damage(); err != nil {
		e.log.Error("journal damaged, serving results only", "error", err)
		e.core.damaged = true
		return nil
	}
	saved, err := Load(e.journal)
	if err != nil {
		return err
	}
	e.core.full = e.full()
	commit, actions := e.core.Start(e.uptime.now(), saved)
	return e.carryOut(calling, commit, actions)
}

func (e *Engine) serve(ctx, calling context.Context) error {
	room := time.NewTicker(roomEvery)
	defer room.Stop()
	leaving := ctx.Done()
	var left <-chan time.Time
	for {
		var err error
		select {
		case in := <-e.inputs:
			err = e.take(func() error { return e.handle(calling, e.drain(in)) })
		case <-e.alarm.rings: // alone: what it forgets is read again, and must be durable by then
			err = e.take(func() error {
				e.alarm.heard()
				return e.handle(calling, []Input{Tick{}})
			})
		case <-room.C:
			err = e.take(func() error { return e.handle(calling, []Input{Room{Full: e.full()}}) })
		case ask := <-e.asks:
			err = e.take(func() error { ask(e.core); return nil })
		case <-e.turns.failed:
			err = e.take(func() error { return nil })
		case <-leaving:
			err = e.alone()
			leaving, left = nil, time.After(parting)
		case <-left:
			return nil
		}
		if err != nil {
			return err
		}
		if leaving == nil && !e.core.Writing() {
			return nil
		}
	}
}

// full asks whether the journal takes no new payments, for want of room or because it is damaged, and logs when that
// changes: the shop's sales have ended then.
func (e *Engine) full() bool {
	err := e.journal.Damage()
	if err == nil {
		err = e.journal.Room()
	}
	switch {
	case err != nil && !e.core.full:
		e.log.Error("no new payments are taken", "error", err)
	case err == nil && e.core.full:
		e.log.Info("new payments are taken again")
	}
	return err != nil
}

// drain takes everything that is waiting, so that it shares one commit.
func (e *Engine) drain(first Input) []Input {
	all := []Input{first}
	defer func() { e.turns.waiting.Add(-int64(len(all))) }() // the turn has begun: none can overtake any more
	for len(all) < batch {
		select {
		case in := <-e.inputs:
			all = append(all, in)
		default:
			return all
		}
	}
	return all
}

// handle decides about a batch, makes the decisions durable together, then carries them out.
func (e *Engine) handle(calling context.Context, batch []Input) error {
	var commit payment.Commit
	var actions []Action
	now := e.uptime.now()
	for _, in := range batch {
		if len(commit.Forget) > 0 { // what was forgotten must not be read again
			if err := e.carryOut(calling, commit, actions); err != nil {
				return err
			}
			commit, actions, now = payment.Commit{}, nil, e.uptime.now()
		}
		if err := e.core.Recall(now, e.journal, in); err != nil {
			e.log.Error("journal not read", "error", err)
			actions = append(actions, e.core.Unread(now, in)...)
			continue
		}
		more, then := e.core.Handle(now, in)
		commit.Add(more)
		actions = append(actions, then...)
	}
	return e.carryOut(calling, commit, actions)
}

// carryOut is the one place where the order stands: first the commit, then the actions.
func (e *Engine) carryOut(calling context.Context, commit payment.Commit, actions []Action) error {
	if !commit.Empty() {
		if err := e.journal.Commit(commit); err != nil {
			return fmt.Errorf("journal before acting: %w", err) // nothing of it was done
		}
		for _, r := range commit.Records {
			e.log.Info("payment moved", "payment", r.After.ID.String(), "event", r.Event.Kind(),
				"state", r.After.State.String(), "version", r.After.Version, "reason", string(r.After.Reason))
		}
	}
	for _, a := range actions {
		e.perform(calling, a)
	}
	return nil
}

func (e *Engine) perform(ctx context.Context, a Action) {
	switch a := a.(type) {
	case Tell:
		e.tell(a)
	case Show:
		e.screen.Show(a.Scene)
	case Ruled:
		e.mu.Lock()
		ruled := e.rulers[a.Ticket]
		delete(e.rulers, a.Ticket)
		e.mu.Unlock()
		if ruled != nil {
			ruled <- a.Err
		}
	case Send:
		e.call(func() Input {
			c := a.Call
			return Answered{c.Payment.ID, c.Intent.Key, e.provider.Send(ctx, c)}
		})
	case ReadRequest:
		e.call(func() Input {
			return RequestRead{a.ID, a.Request, e.provider.ReadRequest(ctx, a.Request)}
		})
	case CancelRequest:
		e.call(func() Input {
			return RequestCancelled{a.ID, a.Request, e.provider.CancelRequest(ctx, a.Request)}
		})
	case ReadTransaction:
		e.call(func() Input {
			return TransactionRead{a.ID, e.provider.ReadTransaction(ctx, a.Transaction)}
		})
	}
}

// tell says a word to a link. A panic there may be recovered by whoever has this turn, who then leaves its link.
func (e *Engine) tell(a Tell) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if hear := e.hear[a.Link]; hear != nil {
		hear(a.Word)
	}
}

// call runs one call to Klarna beside the core and posts its outcome.
func (e *Engine) call(do func() Input) {
	e.calls.Go(func() { e.Post(do()) })
}
