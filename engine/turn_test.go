// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// connected is a till whose link the engine knows, with nothing else waiting.
func connected(e *engine.Engine, l *till) payment.LinkID {
	id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
	synctest.Wait()
	return id
}

// stopped reports whether Run has ended without being asked to.
func stopped(t *testing.T, e *engine.Engine) bool {
	t.Helper()
	synctest.Wait()
	_, err := e.Lanes(t.Context())
	return errors.Is(err, engine.ErrClosed)
}

func TestATillThatAsksAloneIsAnsweredBeforeAskReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stop := running(t, newDisk(), &kind{})
		var l till
		id := connected(e, &l)
		e.Ask(id, payment.Status{ID: "T1-9"})
		if got := l.last(); got != "refusal not_found" {
			t.Errorf("heard %q when Ask returned, want the answer", got)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		e.Ask(id, payment.Look{})
		if got := l.last(); got != "refusal not_found" {
			t.Errorf("heard %q of a stopped engine, want nothing more", got)
		}
	})
}

func TestI19AFailedCommitOfATillsOwnTurnStopsTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := newDisk(), &kind{}
		e, stop := running(t, d, k)
		var l till
		id := connected(e, &l)
		broken := errors.New("input/output error")
		d.breaks(broken)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		d.breaks(nil)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()}) // nobody knows what is on disk: nothing may follow
		if !stopped(t, e) {
			t.Error("the engine goes on after a failed commit")
		}
		if err := stop(); !errors.Is(err, broken) {
			t.Errorf("Run() = %v, want the journal's error", err)
		}
		if l.last() != "" || len(k.sends) > 0 || len(d.commits) > 0 {
			t.Errorf("said %q, sent %v and made %d commits after a failed one, want nothing", l.last(), k.sends, len(d.commits))
		}
	})
}

// dizzy is a Klarna whose first body is a mistake of ours.
type dizzy struct {
	*kind

	asked int
}

func (d *dizzy) Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error) {
	if d.asked++; d.asked == 1 {
		panic("no body")
	}
	return d.kind.Body(p, w, first)
}

func TestAPanicInATillsOwnTurnStopsTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, stop := runs(t, d, &dizzy{kind: &kind{}}, engine.Options{})
		var l till
		id := connected(e, &l)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("Ask did not panic")
				}
			}()
			e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		}()
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()}) // as a link does that has recovered
		if !stopped(t, e) {
			t.Error("the engine goes on with half a decision")
		}
		if err := stop(); err == nil {
			t.Error("Run() = nil, want an error")
		}
		if l.last() != "" || len(d.commits) > 0 {
			t.Errorf("said %q and made %d commits of half a decision, want nothing", l.last(), len(d.commits))
		}
	})
}

// slow is a journal whose disk takes a second.
type slow struct{ *disk }

func (s slow) Commit(c payment.Commit) error {
	time.Sleep(time.Second)
	return s.disk.Commit(c)
}

func TestWhoeverAsksWhileATurnFailsIsNotLeftWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, stop := runs(t, slow{d}, &kind{}, engine.Options{})
		var l till
		id := connected(e, &l)
		d.breaks(errors.New("input/output error"))
		go e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		synctest.Wait() // in its commit
		if _, err := e.Lanes(t.Context()); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Lanes() = %v, want ErrClosed", err)
		}
		if err := stop(); err == nil {
			t.Error("Run() = nil, want the journal's error")
		}
	})
}

func TestAStopWaitsForATillsOwnTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, stop := runs(t, slow{d}, &kind{}, engine.Options{})
		var l till
		id := connected(e, &l)
		go e.Ask(id, payment.Cancel{ID: "T1-9"})
		synctest.Wait() // in its commit
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		if n := len(d.commits); n != 1 { // whoever waits for Run closes the journal next
			t.Errorf("%d commits were made when Run returned, want the one that had begun", n)
		}
		synctest.Wait()
	})
}

func TestAPanicOfALinkLeavesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stop := running(t, newDisk(), &kind{})
		id := e.Connect(payment.Link{Lane: "lane-1"}, func(payment.Word) { panic("deaf") })
		synctest.Wait()
		func() {
			defer func() { _ = recover() }()
			e.Ask(id, payment.Look{})
		}()
		e.Disconnect(id) // as a link does that has recovered
		if err := stop(); err == nil {
			t.Error("Run() = nil, want an error")
		}
	})
}

// Two inputs that share a turn both count as no longer waiting.
func TestATillIsAnsweredAtOnceAgainAfterACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stop := runs(t, slow{newDisk()}, &kind{}, engine.Options{})
		var l till
		id := connected(e, &l)
		go e.Ask(id, payment.Cancel{ID: "T1-8"})
		synctest.Wait() // in its commit
		for range 10 {
			e.Post(engine.Tick{})
		}
		time.Sleep(time.Minute)
		e.Ask(id, payment.Status{ID: "T1-9"})
		if got := l.last(); got != "refusal not_found" {
			t.Errorf("heard %q when Ask returned, want the answer", got)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// The engine's clock and the system's part while the machine sleeps; what is due then must not wait for the latter.
func TestADeadlineComesInTimeAfterTheMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asleep atomic.Int64
		e, stop := runs(t, newDisk(), &kind{hang: make(chan struct{})}, engine.Options{Asleep: func() time.Duration { return time.Duration(asleep.Load()) }})
		var l till
		id := connected(e, &l)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		time.Sleep(time.Minute) // finalizing, where nothing else makes the engine look
		asleep.Store(int64(time.Hour))
		time.Sleep(15 * time.Second)
		if got := l.last(); got != "result unknown" {
			t.Errorf("last word %q a quarter of a minute after an hour's sleep, want what the deadline says", got)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

func TestWhoeverAsksDuringATurnIsAnsweredAfterItInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, stop := runs(t, slow{newDisk()}, &kind{}, engine.Options{})
		var payer, other till
		pays, asks := connected(e, &payer), connected(e, &other)
		go e.Ask(pays, payment.Pay{ID: p1.Till, Order: order()})
		synctest.Wait() // in its commit
		began := time.Now()
		e.Ask(asks, payment.Status{ID: p1.Till})
		e.Ask(asks, payment.Status{ID: "T1-9"})
		if took := time.Since(began); took > 0 || other.last() != "" {
			t.Errorf("asking took %v and heard %q, want to be heard after the commit", took, other.last())
		}
		time.Sleep(3 * time.Second)
		if got := other.all(); len(got) < 2 || got[0] != "progress creating" || !slices.Contains(got, "refusal not_found") {
			t.Errorf("heard %q, want both answers, the first one first", got)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}
