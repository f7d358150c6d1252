// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"

	"tillbridge/audit"
	"tillbridge/engine"
	"tillbridge/payment"
	"tillbridge/store"
	"tillbridge/terminal"
)

const (
	// flushEvery is how often what was seen is written.
	flushEvery = 10 * time.Second
	// maxTraces and maxTrace bound what waits: payments, and notes of each.
	maxTraces = 512
	maxTrace  = 200
	// tooLate: a payment that waits for its code longer than this does not hold up the writing any more.
	tooLate = time.Minute
)

// The parties of a note.
const (
	whoTill   = "till"
	whoKlarna = "klarna"
	whoScreen = "screen"
)

// flights notes what is seen of payments beside their records: words to and from tills, calls to Klarna,
// screens. It stands between the engine and the outside and changes nothing of what passes. Notes wait in memory
// and are written apart from every payment's commit, never while one waits for its code; those of the last
// seconds before a crash are lost, and nothing depends on them.
//
// A note holds names of ours and numbers alone: no text of a till, a customer or Klarna.
type flights struct {
	journal *store.Journal
	log     *slog.Logger

	mu     sync.Mutex
	traces map[payment.ID]*trace             // guarded by mu
	lanes  map[payment.LinkID]payment.LaneID // guarded by mu
}

// trace is what waits of one payment.
type trace struct {
	notes []audit.Note
	early time.Time // when it was asked for, while it waits for its code; else zero
}

func newFlights(j *store.Journal, log *slog.Logger) *flights {
	return &flights{journal: j, log: log, traces: map[payment.ID]*trace{}, lanes: map[payment.LinkID]payment.LaneID{}}
}

// note keeps one thing. The same thing again is counted.
func (f *flights) note(id payment.ID, who, what string) {
	if id.Till == "" {
		return
	}
	now := time.Now().Round(0).UTC()
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.traces[id]
	if t == nil {
		if len(f.traces) == maxTraces {
			return
		}
		t = &trace{}
		f.traces[id] = t
	}
	for i := len(t.notes) - 1; i >= 0; i-- {
		if last := &t.notes[i]; last.Who == who {
			if last.What == what {
				last.Times = max(last.Times, 1) + 1
				return
			}
			break
		}
	}
	if len(t.notes) < maxTrace {
		t.notes = append(t.notes, audit.Note{At: now, Who: who, What: what})
	}
}

// begins and shown bound the time in which a payment waits for its code.
func (f *flights) begins(id payment.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.traces[id]; t != nil {
		t.early = time.Now()
	}
}

func (f *flights) shown(id payment.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.traces[id]; t != nil {
		t.early = time.Time{}
	}
}

// run writes from time to time, until ctx ends.
func (f *flights) run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if !f.waits(now) {
				f.flush()
			}
		}
	}
}

// waits reports whether a payment waits for its code: no write may come before it then.
func (f *flights) waits(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.traces {
		if !t.early.IsZero() && now.Sub(t.early) < tooLate {
			return true
		}
	}
	return false
}

// flush writes everything that waits, in one transaction. What cannot be written is dropped.
func (f *flights) flush() {
	f.mu.Lock()
	traces := f.traces
	f.traces = make(map[payment.ID]*trace)
	f.mu.Unlock()
	list := make([]store.Flight, 0, len(traces))
	for id, t := range traces {
		list = append(list, store.Flight{ID: id, Bytes: linesOf(t.notes)})
	}
	if err := f.journal.AddFlights(list); err != nil {
		f.log.Debug("flight records not kept", "error", err)
	}
}

// linesOf is notes as the journal keeps them: a JSON object per line.
func linesOf(notes []audit.Note) []byte {
	var b []byte
	for _, n := range notes {
		line, err := json.Marshal(n)
		if err == nil { // it is made of texts and a time
			b = append(append(b, line...), '\n')
		}
	}
	return b
}

func notesOf(lines []byte) ([]audit.Note, error) {
	var all []audit.Note
	for line := range strings.Lines(string(lines)) {
		var n audit.Note
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			return nil, fmt.Errorf("what was seen: %w", err)
		}
		all = append(all, n)
	}
	return all, nil
}

// flightBridge is the engine as tills reach it, with everything that is said noted.
type flightBridge struct {
	terminal.Bridge

	flights *flights
}

func (b flightBridge) Connect(l payment.Link, hear func(payment.Word)) payment.LinkID {
	id := b.Bridge.Connect(l, func(w payment.Word) {
		b.flights.told(l.Lane, w)
		hear(w)
	})
	b.flights.mu.Lock()
	defer b.flights.mu.Unlock()
	b.flights.lanes[id] = l.Lane
	return id
}

func (b flightBridge) Ask(id payment.LinkID, a payment.Ask) {
	b.flights.mu.Lock()
	lane := b.flights.lanes[id]
	b.flights.mu.Unlock()
	p := payment.ID{Lane: lane, Till: named(a)}
	b.flights.note(p, whoTill, "said: "+described(a))
	if _, pays := a.(payment.Pay); pays {
		b.flights.begins(p)
	}
	b.Bridge.Ask(id, a)
}

func (b flightBridge) Disconnect(id payment.LinkID) {
	b.Bridge.Disconnect(id)
	b.flights.mu.Lock()
	defer b.flights.mu.Unlock()
	delete(b.flights.lanes, id)
}

// told notes a word on its way to a till. It is called by the engine and does not wait.
func (f *flights) told(lane payment.LaneID, w payment.Word) {
	id := payment.ID{Lane: lane, Till: named(w)}
	f.note(id, whoTill, "told: "+described(w))
	switch any(w).(type) {
	case payment.Display, payment.Result, payment.Refusal, payment.Cancelling:
		f.shown(id)
	}
}

// flightProvider is Klarna as the engine reaches it.
type flightProvider struct {
	engine.Provider

	flights *flights
}

func (p flightProvider) Send(ctx context.Context, c engine.Call) engine.Answer {
	began := time.Now()
	a := p.Provider.Send(ctx, c)
	p.flights.note(c.Payment.ID, whoKlarna, fmt.Sprintf("%s, attempt %d: %s after %s", c.Intent.Write, c.Intent.Attempt, described(a), took(began)))
	return a
}

func (p flightProvider) ReadRequest(ctx context.Context, id payment.RequestID) engine.Reading {
	r := p.Provider.ReadRequest(ctx, id)
	p.flights.noteRequest(id, "read request: "+orNothing(string(r.Status)))
	return r
}

func (p flightProvider) CancelRequest(ctx context.Context, id payment.RequestID) engine.Closing {
	c := p.Provider.CancelRequest(ctx, id)
	what := orNothing(string(c.Status))
	if c.Refused {
		what = "refused"
	}
	p.flights.noteRequest(id, "delete request: "+what)
	return c
}

func (p flightProvider) ReadTransaction(ctx context.Context, id payment.TransactionID) engine.Holding {
	h := p.Provider.ReadTransaction(ctx, id)
	if of, found, err := p.flights.journal.ByTransaction(id); err == nil && found {
		p.flights.note(of.ID, whoKlarna, "read transaction: "+orNothing(string(h.Status)))
	}
	return h
}

func (f *flights) noteRequest(id payment.RequestID, what string) {
	if of, found, err := f.journal.ByRequest(id); err == nil && found {
		f.note(of.ID, whoKlarna, what)
	}
}

func orNothing(status string) string {
	if status == "" {
		return "no answer"
	}
	return status
}

// took is rounded, so that equal calls look equal.
func took(began time.Time) time.Duration { return time.Since(began).Round(10 * time.Millisecond) }

// flightScreen is the customers' screens as the engine reaches them.
type flightScreen struct {
	engine.Screen

	flights *flights
}

func (s flightScreen) Show(e engine.Scene) {
	what := "shows: " + e.Payment.State.String()
	if e.Fresh {
		what += ", with the code"
	}
	if e.Offline {
		what += ", Klarna does not answer"
	}
	s.flights.note(e.Payment.ID, whoScreen, what)
	s.Screen.Show(e)
}

// named is the payment that a till's question or our word is about, "" if none. It is their ID, but for a refund, which
// has an ID of its own.
func named(v any) payment.TillID {
	switch v := v.(type) {
	case payment.RefundPart:
		return v.Of
	case payment.Refunded:
		return v.Of
	}
	field := reflect.ValueOf(v).FieldByName("ID")
	if !field.IsValid() {
		return ""
	}
	id, _ := reflect.TypeAssert[payment.TillID](field)
	return id
}

// described is what is safe of a word, a question or an answer: its name, and members out of closed sets.
func described(v any) string {
	name := strings.ToLower(reflect.TypeOf(v).Name())
	switch v := v.(type) {
	case payment.Pay:
		return fmt.Sprintf("%s %s", name, v.Order.Amount)
	case payment.Confirm:
		return fmt.Sprintf("%s %s, %t", name, word(v.Outcome), v.OK)
	case payment.Progress:
		return fmt.Sprintf("%s %s", name, v.Phase)
	case payment.Result:
		return fmt.Sprintf("%s %s, reason %s, given back %t, replay %t", name, v.Outcome, v.Reason, v.GivenBack, v.Replay)
	case payment.Update:
		return fmt.Sprintf("%s %s, reason %s, replay %t", name, v.Outcome, v.Reason, v.Replay)
	case payment.Recorded:
		return fmt.Sprintf("%s %s, %t", name, word(v.Outcome), v.OK)
	case payment.Refusal:
		return fmt.Sprintf("%s, reason %s", name, v.Reason)
	case engine.Refused:
		return fmt.Sprintf("%s %s", name, payment.CleanText(v.Code, 64))
	}
	return name
}

// word is an outcome that a till may have made up.
func word(o payment.Outcome) payment.Outcome {
	if o.Valid() {
		return o
	}
	return "?"
}
