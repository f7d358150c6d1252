// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// desk is a core on a table: the test plays the till, Klarna, the clock and the disk, and reads what
// the core wants in words. Every commit is folded into disk before its actions are looked at.
type desk struct {
	t    *testing.T
	core *engine.Core
	now  engine.Instant
	disk map[payment.ID]payment.Payment
	blob map[payment.Key]payment.Blob
	// What the last input led to.
	commits int
	said    []string
	calls   []engine.Action
	sent    map[payment.Key][]string // bodies by key, over all processes
	scene   engine.Scene
	words   []payment.Word   // what answerAndShow saw
	forgot  []payment.Handle // what commits forget
}

type plainBodies struct{}

func (plainBodies) Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error) {
	return fmt.Appendf(nil, "%s %s %s after %d", w, p.Reference, p.Order.Amount, len(first)), nil
}

func (plainBodies) RefundBody(p payment.Payment, r payment.Refund) ([]byte, error) {
	return fmt.Appendf(nil, "refund %s of %s %s", r.Reference, p.Reference, r.Amount), nil
}

func settings() engine.Settings {
	return engine.Settings{
		Lanes: []engine.Lane{
			{ID: "lane-1", Currency: "EUR", Names: payment.Names{Store: "S1", Terminal: "T1", Epoch: "e"}},
			{ID: "lane-2", Currency: "EUR", Names: payment.Names{Store: "S1", Terminal: "T2", Epoch: "e"}},
		},
		MaxMinor: 1_000_000, Waiting: 5 * time.Minute, Scanned: 10 * time.Minute,
		TillGrace: 20 * time.Second, Listed: 10 * time.Minute, Seed: 1,
	}
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskWith(t, settings())
}

func newDeskWith(t *testing.T, set engine.Settings) *desk {
	t.Helper()
	return &desk{
		t: t, core: engine.NewCore(set, plainBodies{}),
		now:  engine.Instant{Wall: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)},
		disk: map[payment.ID]payment.Payment{}, blob: map[payment.Key]payment.Blob{}, sent: map[payment.Key][]string{},
	}
}

func (d *desk) input(in engine.Input) {
	d.t.Helper()
	d.said, d.calls = nil, nil
	d.take(d.core.Handle(d.now, in))
}

func (d *desk) take(c payment.Commit, actions []engine.Action) {
	d.t.Helper()
	if !c.Empty() {
		d.commits++
	}
	for _, r := range c.Records {
		d.disk[r.After.ID] = r.After
	}
	for _, b := range c.Blobs {
		d.blob[b.Key] = b
	}
	for _, k := range c.Erase {
		delete(d.blob, k)
	}
	for _, e := range c.Forget {
		d.forgot = append(d.forgot, e.Handle)
	}
	for _, a := range actions {
		d.note(a)
	}
}

func (d *desk) note(a engine.Action) {
	d.t.Helper()
	switch a := a.(type) {
	case engine.Tell:
		d.said = append(d.said, spell(a))
	case engine.Send:
		p := d.disk[a.Call.Payment.ID]
		if p.Version != a.Call.Payment.Version {
			d.t.Errorf("I1: %s leaves before its intent is durable", a.Call.Intent.Write)
		}
		d.sent[a.Call.Intent.Key] = append(d.sent[a.Call.Intent.Key], string(a.Call.Body))
		d.calls = append(d.calls, a)
	case engine.Show:
		d.scene = a.Scene
	case engine.ReadRequest, engine.CancelRequest, engine.ReadTransaction, engine.Ruled:
		d.calls = append(d.calls, a)
	}
}

func spell(a engine.Tell) string {
	switch w := a.Word.(type) {
	case payment.Accepted:
		return "accepted"
	case payment.Display:
		return "display " + w.QR
	case payment.Progress:
		return "progress " + string(w.Phase)
	case payment.AskHere:
		return "ask"
	case payment.Cancelling:
		return "cancelling"
	case payment.Result:
		return "result " + string(w.Outcome) + flag(w.Replay, " replay") + flag(w.GivenBack, " given back")
	case payment.Update:
		return "update " + string(w.Outcome) + flag(w.Replay, " replay")
	case payment.Recorded:
		return "recorded " + string(w.Outcome)
	case payment.Refusal:
		return "refusal " + string(w.Reason)
	case payment.Refunded:
		return "refund " + string(w.ID) + " " + string(w.Outcome) + flag(w.Replay, " replay")
	case payment.LaneState:
		return "lane " + w.State
	case payment.Forgotten:
		return "forgotten " + string(w.Handle)
	}
	return "?"
}

func flag(on bool, s string) string {
	if on {
		return s
	}
	return ""
}

// after lets time pass, ticking whenever the core wants to.
func (d *desk) after(span time.Duration) {
	d.t.Helper()
	end := d.now.Up + span
	var said []string
	var calls []engine.Action
	for {
		next, ok := d.core.Next()
		if !ok || next > end {
			break
		}
		if step := next - d.now.Up; step > 0 {
			d.now = engine.Instant{Up: next, Wall: d.now.Wall.Add(step)}
		}
		d.input(engine.Tick{})
		said, calls = append(said, d.said...), append(calls, d.calls...)
	}
	d.now = engine.Instant{Up: end, Wall: d.now.Wall.Add(end - d.now.Up)}
	d.said, d.calls = said, calls
}

const amount = 1610

//nolint:gochecknoglobals // the one payment of every test here
var p1 = payment.ID{Lane: "lane-1", Till: "T1-1"}

func (d *desk) open(link payment.LinkID, probe bool) {
	d.t.Helper()
	d.input(engine.LinkOpened{Link: link, Of: payment.Link{Lane: "lane-1", Probe: probe}})
}

func (d *desk) pay() {
	d.t.Helper()
	d.say(1, payment.Pay{ID: p1.Till, Order: payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}, Ref: "R1"}})
}

func (d *desk) say(link payment.LinkID, a payment.Ask) {
	d.t.Helper()
	d.input(engine.Heard{Link: link, Ask: a})
}

// lastSend is the write that the last input sent.
func (d *desk) lastSend() engine.Call {
	d.t.Helper()
	for _, a := range d.calls {
		if s, ok := a.(engine.Send); ok {
			return s.Call
		}
	}
	d.t.Fatalf("nothing was sent; said %q", d.said)
	return engine.Call{}
}

// answer ends the write in flight.
func (d *desk) answer(c engine.Call, a engine.Answer) {
	d.t.Helper()
	d.input(engine.Answered{ID: c.Payment.ID, Key: c.Intent.Key, Answer: a})
}

func stepUp(id string) engine.StepUp {
	return engine.StepUp{
		Request: payment.Request{ID: payment.RequestID(id), URL: "https://pay.test.klarna.com/" + id},
		Amount:  payment.Amount{Minor: amount, Currency: "EUR"},
	}
}

func (d *desk) approved() engine.Approved {
	return engine.Approved{Transaction: payment.Transaction{
		ID: "tx-1", Amount: payment.Amount{Minor: amount, Currency: "EUR"}, Reference: d.disk[p1].Reference,
	}}
}

func (d *desk) read(status payment.RequestStatus) {
	d.t.Helper()
	r := engine.Reading{Status: status}
	if status == payment.RequestCompleted {
		r.Token = secret.New("token")
	}
	d.input(engine.RequestRead{ID: p1, Request: d.disk[p1].Request.ID, Reading: r})
}

// restart kills the process: only the disk stays, and the clock goes on.
func (d *desk) restart(down time.Duration) {
	d.t.Helper()
	d.now = engine.Instant{Wall: d.now.Wall.Add(down)}
	d.core = engine.NewCore(settings(), plainBodies{})
	var saved []engine.Saved
	for _, p := range d.disk {
		if p.Final() {
			continue
		}
		s := engine.Saved{Payment: p}
		for _, b := range d.blob {
			if b.ID == p.ID {
				s.Blobs = append(s.Blobs, b)
			}
		}
		saved = append(saved, s)
	}
	d.said, d.calls = nil, nil
	d.take(d.core.Start(d.now, saved))
}

func (d *desk) wantState(want payment.State) {
	d.t.Helper()
	if got := d.disk[p1].State; got != want {
		d.t.Fatalf("state = %s, want %s (said %q)", got, want, d.said)
	}
}

func (d *desk) wantSaid(want ...string) {
	d.t.Helper()
	if got := strings.Join(d.said, ", "); got != strings.Join(want, ", ") {
		d.t.Fatalf("said %q, want %q", got, strings.Join(want, ", "))
	}
}

func (d *desk) wantNoCall() {
	d.t.Helper()
	if len(d.calls) > 0 {
		d.t.Fatalf("called %#v, want nothing", d.calls)
	}
}

// toWaiting brings a payment to its code.
func (d *desk) toWaiting() {
	d.t.Helper()
	d.open(1, false)
	d.pay()
	d.answer(d.lastSend(), stepUp("r1"))
	d.wantState(payment.StateWaiting)
}

// toFinalizing brings a payment to its second authorize and returns that call.
func (d *desk) toFinalizing() engine.Call {
	d.t.Helper()
	d.toWaiting()
	d.read(payment.RequestCompleted)
	d.wantState(payment.StateFinalizing)
	return d.lastSend()
}

// toOffered brings a payment to an approval that the till has heard.
func (d *desk) toOffered() {
	d.t.Helper()
	d.answer(d.toFinalizing(), d.approved())
	d.wantSaid("result approved")
}

func token() secret.Text { return secret.New("token") }
