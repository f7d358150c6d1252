// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminaltest

import (
	"sync"
	"testing"
	"time"

	"tillbridge/payment"
)

// patience is how long a test waits for something that must happen. It is only ever used up by a test
// that fails.
const patience = 30 * time.Second

// Asked is one thing that a link did.
type Asked struct {
	Link payment.LinkID
	Ask  payment.Ask   // nil when the link opened or closed
	Open *payment.Link // set when it opened
}

// Bridge is a scripted engine: it answers nothing by itself. Make one with NewBridge.
type Bridge struct {
	asked chan Asked

	mu    sync.Mutex
	count payment.LinkID                                   // guarded by mu
	hears map[payment.LinkID]func(payment.Word)            // guarded by mu; the open links
	reply func(payment.LinkID, payment.Ask) []payment.Word // guarded by mu
}

// NewBridge returns a bridge that answers what reply says; a nil reply answers nothing.
func NewBridge(reply func(payment.LinkID, payment.Ask) []payment.Word) *Bridge {
	return &Bridge{
		asked: make(chan Asked, 1<<16), // no test asks more, so no link ever waits
		hears: make(map[payment.LinkID]func(payment.Word)),
		reply: reply,
	}
}

// Connect implements terminal.Bridge.
func (b *Bridge) Connect(l payment.Link, hear func(payment.Word)) payment.LinkID {
	b.mu.Lock()
	b.count++
	id := b.count
	b.hears[id] = hear
	b.mu.Unlock()
	b.asked <- Asked{Link: id, Open: &l}
	return id
}

// Ask implements terminal.Bridge.
func (b *Bridge) Ask(id payment.LinkID, a payment.Ask) {
	b.asked <- Asked{Link: id, Ask: a}
	if b.reply == nil {
		return
	}
	for _, w := range b.reply(id, a) {
		b.Say(id, w)
	}
}

// Disconnect implements terminal.Bridge.
func (b *Bridge) Disconnect(id payment.LinkID) {
	b.mu.Lock()
	delete(b.hears, id)
	b.mu.Unlock()
	b.asked <- Asked{Link: id}
}

// Say tells one link a word, as the engine's goroutine would: in order.
func (b *Bridge) Say(id payment.LinkID, w payment.Word) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if hear := b.hears[id]; hear != nil {
		hear(w)
	}
}

// Links is how many links are open.
func (b *Bridge) Links() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.hears)
}

// Next waits for the next thing that a link did.
func (b *Bridge) Next(t *testing.T) Asked {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case a := <-b.asked:
		return a
	case <-late.C:
		t.Fatal("the bridge was not asked")
		return Asked{}
	}
}

// Quiet reports what the bridge was asked that no test has looked at.
func (b *Bridge) Quiet() []Asked {
	var left []Asked
	for {
		select {
		case a := <-b.asked:
			left = append(left, a)
		default:
			return left
		}
	}
}

// Expect waits for the next thing that a till asked, past openings, and wants it to be an A.
func Expect[A payment.Ask](t *testing.T, b *Bridge) (payment.LinkID, A) {
	t.Helper()
	for {
		next := b.Next(t)
		if next.Open != nil {
			continue
		}
		got, ok := next.Ask.(A)
		if !ok {
			t.Fatalf("the bridge was asked %#v, want %T", next.Ask, got)
		}
		return next.Link, got
	}
}

// ExpectGone waits for a link to close, past anything that it still asks.
func ExpectGone(t *testing.T, b *Bridge) {
	t.Helper()
	for {
		if next := b.Next(t); next.Open == nil && next.Ask == nil {
			return
		}
	}
}
