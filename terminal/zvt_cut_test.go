// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// breakAfter makes the next link break after so many bytes; -1 never.
func (w *world) breakAfter(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.used, w.news = n, 0, false
}

func (w *world) bytes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.used
}

// patient is a till's patience with one sale.
func (w *world) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.ctx, 12*time.Minute)
}

// again repeats a command of a till until it gets through.
func (w *world) again(do func(context.Context) (terminal.ZVTEnded, error)) terminal.ZVTEnded {
	w.t.Helper()
	ctx, stop := w.patient()
	defer stop()
	for {
		e, err := do(ctx)
		if err == nil {
			return e
		}
		if ctx.Err() != nil {
			w.t.Fatalf("the till never got through: %v", err)
		}
		time.Sleep(3 * time.Second)
	}
}

// flow is one thing that a till does over a link that breaks.
type flow struct {
	customer customer                   // empty: approves
	waiting  time.Duration              // the customer's; 0: five minutes
	change   func(*terminal.ZVTOptions) // may be nil
	amount   int64                      // that a paid sale comes to; 0: 1610
	before   int64                      // what Klarna keeps of an earlier sale
	prepare  func(*world)
	run      func(*world) payment.Outcome // what the till believes; empty if the flow has no payment
	// kept is what Klarna keeps at the end; nil: what the till believes decides.
	kept func(*world) (charges int, kept int64)
}

func sells(cancelAfter time.Duration, change func(*terminal.ZVTTill)) func(*world) payment.Outcome {
	return func(w *world) payment.Outcome {
		till := w.till()
		if change != nil {
			change(&till)
		}
		ctx, stop := w.patient()
		defer stop()
		var cancel chan struct{}
		if cancelAfter > 0 {
			cancel = make(chan struct{})
			timer := time.AfterFunc(cancelAfter, func() { close(cancel) })
			defer timer.Stop()
		}
		e, err := till.Pay(ctx, 1610, cancel)
		if err != nil {
			return payment.Unknown
		}
		return e.Outcome
	}
}

func paidBefore(w *world) { w.pays(w.till(), payment.Approved, zvt.CodeOK) }

func oneSale(*world) (int, int64) { return 1, 1610 }
func nothing(*world) (int, int64) { return 0, 0 }

func withPassword(o *terminal.ZVTOptions) { o.Password = secret.New("123456") }

// toldBefore is a sale whose result the till heard and did not answer.
func toldBefore(w *world) {
	till := w.till()
	till.Answer = answerPaid(terminal.Silent{})
	link, err := till.Open(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	if _, err := link.Pay(ctx, 1610, nil); err == nil {
		w.t.Error("the sale went to its end without an answer")
	}
	link.Close()
	time.Sleep(time.Second)
}

// does is a command until it gets through.
func does(m zvt.Message) func(*world) payment.Outcome {
	return func(w *world) payment.Outcome {
		w.again(func(ctx context.Context) (terminal.ZVTEnded, error) {
			l, err := w.till().Open(ctx)
			if err != nil {
				return terminal.ZVTEnded{}, err
			}
			defer l.Close()
			return l.Do(ctx, m, nil)
		})
		return ""
	}
}

// laterPaid asks for a paid 04 0F again so often, then takes it.
func laterPaid(times int) func(zvt.Message) zvt.Message {
	return func(m zvt.Message) zvt.Message {
		if i, ok := m.(zvt.StatusInfo); !ok || i.Result != zvt.CodeOK || times == 0 {
			return nil
		}
		times--
		return zvt.Refused{Code: zvt.CodeWait}
	}
}

// neverTakes is a sale whose result the till wants once more and no oftener, and does not take then either.
func neverTakes(w *world) payment.Outcome {
	till := w.till()
	till.Answer = answerPaid(zvt.Refused{Code: zvt.CodeWait})
	link, err := till.Open(w.ctx)
	if err != nil {
		return ""
	}
	defer link.Close()
	ctx, stop := w.patient()
	defer stop()
	e, err := link.Do(ctx, zvt.Payment{Amount: zvt.Some(zvt.Amount(1610)), MaxInfos: zvt.Some[byte](1)}, nil)
	if err != nil {
		return payment.Unknown
	}
	return e.Outcome
}

// onOneLink is a day on one connection. The till believes what it heard of its sale.
func onOneLink(w *world) payment.Outcome {
	believed := payment.Outcome("")
	link, err := w.till().Open(w.ctx)
	if err != nil {
		return believed
	}
	defer link.Close()
	ctx, stop := w.patient()
	defer stop()
	for _, do := range []func(context.Context) (terminal.ZVTEnded, error){link.Status, link.Register} {
		if _, err = do(ctx); err != nil {
			return believed
		}
	}
	e, err := link.Pay(ctx, 1610, nil)
	if err != nil {
		return payment.Unknown
	}
	believed = e.Outcome
	for _, do := range []func(context.Context) (terminal.ZVTEnded, error){link.Repeat, link.EndOfDay, link.LogOff} {
		if _, err = do(ctx); err != nil {
			break
		}
	}
	return believed
}

func flows() map[string]flow {
	admin := func(do func(terminal.ZVTTill, context.Context) (terminal.ZVTEnded, error)) func(*world) payment.Outcome {
		return func(w *world) payment.Outcome {
			w.again(func(ctx context.Context) (terminal.ZVTEnded, error) { return do(w.till(), ctx) })
			return ""
		}
	}
	return map[string]flow{
		"a sale that is approved":   {run: sells(0, nil)},
		"one without registration":  {run: sells(0, func(t *terminal.ZVTTill) { t.Unregistered = true })},
		"one without a currency":    {run: sells(0, func(t *terminal.ZVTTill) { t.Currency = "" })},
		"one that is declined":      {customer: rejects, run: sells(0, nil)},
		"one that expires":          {customer: leaves, waiting: 40 * time.Second, run: sells(0, nil)},
		"one that the till aborts":  {customer: leaves, run: sells(7*time.Second, nil)},
		"an abort that comes late":  {run: sells(5*time.Second, nil)},
		"one that the till refuses": {run: sells(0, func(t *terminal.ZVTTill) { t.Answer = answerPaid(zvt.Refused{Code: zvt.CodeProcessing}) })},
		"one with its receipt in 06 D3": {run: sells(0, func(t *terminal.ZVTTill) {
			t.TLV = &zvt.Container{Commands: []zvt.Command{zvt.CmdPrintBlock}}
		})},
		"one that the till issues in part": {amount: 1000, run: sells(0, func(t *terminal.ZVTTill) {
			t.Answer = answerPaid(zvt.Refused{Code: zvt.CodePartialIssue, Amount: zvt.Some(zvt.Amount(1000))})
		})},
		"one that the till asks for again": {run: sells(0, func(t *terminal.ZVTTill) { t.Answer = laterPaid(2) })},
		"one that the till never takes":    {run: neverTakes},
		"one with a wrong password": {change: withPassword, run: func(w *world) payment.Outcome {
			till := w.till()
			till.Password = "654321"
			for _, do := range []func(context.Context) (terminal.ZVTEnded, error){till.Register, till.EndOfDay, till.Repeat} {
				if e := w.again(do); !e.Refused || e.Code != 0x37 {
					w.t.Errorf("a wrong password is answered with %s, want 84 37", e.Code)
				}
			}
			return ""
		}, kept: nothing},
		"one behind another of the same amount": {prepare: paidBefore, before: 1610, run: sells(0, nil)},
		"everything on one connection":          {run: onOneLink},
		"a repeat that acknowledges":            {prepare: toldBefore, run: admin(terminal.ZVTTill.Repeat), kept: oneSale},
		"a reprint":                             {prepare: paidBefore, run: does(zvt.Reprint{From: zvt.Some(zvt.Receipt(1))}), kept: oneSale},
		"a reset":                               {prepare: paidBefore, run: does(zvt.Reset{}), kept: oneSale},
		"totals":                                {prepare: paidBefore, run: does(zvt.Totals{}), kept: oneSale},
		"a refund that names no payment":        {prepare: paidBefore, run: does(zvt.Refund{Amount: zvt.Some(zvt.Amount(1610))}), kept: oneSale},
		"a registration":                        {run: admin(terminal.ZVTTill.Register)},
		"a status":                              {run: admin(terminal.ZVTTill.Status)},
		"a log-off":                             {run: admin(terminal.ZVTTill.LogOff)},
		"a repeat":                              {prepare: paidBefore, run: admin(terminal.ZVTTill.Repeat), kept: oneSale},
		"an end of day": {prepare: paidBefore, run: func(w *world) payment.Outcome {
			e := w.again(func(ctx context.Context) (terminal.ZVTEnded, error) { return w.till().EndOfDay(ctx) })
			if e.Info == nil || e.Info.Amount.Value != 1610 || e.Info.Totals.Other.Count != 1 {
				w.t.Errorf("the till that asked until it got through has %+v, want one sale of 16.10", e.Info)
			}
			return ""
		}, kept: oneSale},
		"a reversal": {prepare: paidBefore, run: func(w *world) payment.Outcome {
			e := w.again(func(ctx context.Context) (terminal.ZVTEnded, error) { return w.till().Reverse(ctx, 1, 1610) })
			if e.Code != zvt.CodeOK && e.Code != zvt.CodeReversed {
				w.t.Errorf("the reversal ends with %s, want 00 or B4", e.Code)
			}
			return ""
		}, kept: func(*world) (int, int64) { return 1, 0 }},
	}
}

// answerPaid answers every paid 04 0F in the same way.
func answerPaid(answer zvt.Message) func(zvt.Message) zvt.Message {
	return func(m zvt.Message) zvt.Message {
		if i, ok := m.(zvt.StatusInfo); ok && i.Result == zvt.CodeOK {
			return answer
		}
		return nil
	}
}

// TestZVTALinkCutAfterEveryByte breaks every flow after every byte of it, in either direction, over TCP and
// over a serial line. Whatever the till believes at the end, Klarna's books agree.
func TestZVTALinkCutAfterEveryByte(t *testing.T) {
	for name, f := range flows() {
		for line, serial := range map[string]bool{"tcp": false, "serial": true} {
			t.Run(name+" over "+line, func(t *testing.T) {
				t.Parallel()
				total := 0
				inBubble(t, "whole", f, serial, func(w *world) {
					w.breakAfter(-1)
					f.judge(w, f.run(w))
					total = w.bytes()
				})
				step := 1
				if testing.Short() || underRace {
					step = 7 // every byte is for the run without the race detector
				}
				for n := 0; n < total; n += step {
					inBubble(t, fmt.Sprintf("after byte %d of %d", n, total), f, serial, func(w *world) {
						w.breakAfter(n)
						f.judge(w, f.run(w))
					})
				}
			})
		}
	}
}

func inBubble(t *testing.T, name string, f flow, serial bool, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := worldThatWaits(t, newKlarna(f.customer), f.change, cmp.Or(f.waiting, 5*time.Minute))
		w.serial = serial
		defer func() {
			w.close()
			if t.Failed() {
				t.Logf("it was the link cut %s", name)
			}
		}()
		if f.prepare != nil {
			f.prepare(w)
		}
		story(w)
	})
}

// judge holds what the till believes against Klarna's books, once everything has settled.
func (f flow) judge(w *world, believed payment.Outcome) {
	w.t.Helper()
	time.Sleep(20 * time.Minute)
	synctest.Wait()
	charges, kept, held := w.klarna.books()
	if f.kept != nil {
		if wantCharges, want := f.kept(w); charges != wantCharges || kept != want || held != 0 {
			w.t.Errorf("Klarna has %d charges, %d kept and %d held; want %d, %d and none", charges, kept, held, wantCharges, want)
		}
		return
	}
	if f.before > 0 {
		charges, kept = charges-1, kept-f.before
	}
	if charges > 1 {
		w.t.Errorf("%d charges for one sale", charges)
	}
	paid := cmp.Or(f.amount, 1610)
	p, sold, err := w.disk.Last("lane-1")
	if err != nil {
		w.t.Fatal(err)
	}
	switch {
	case believed == payment.Approved:
		if kept != paid || held != 0 {
			w.t.Errorf("the till heard approved and Klarna keeps %d and holds %d", kept, held)
		}
	case believed == payment.Unknown:
		waits := p.Undelivered() && held == 1610 && kept == 0
		took := p.Acknowledged == payment.Approved && kept == paid && held == 0
		if !waits && !took && (kept != 0 || held != 0) {
			w.t.Errorf("the till knows nothing, Klarna keeps %d and holds %d, and the payment is %s", kept, held, p.State)
		}
	case kept != 0 || held != 0:
		w.t.Errorf("the till heard %q and Klarna keeps %d and holds %d", believed, kept, held)
	}
	if sold && p.Busy() {
		w.t.Errorf("the payment is still %s", p.State)
	}
}
