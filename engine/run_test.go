// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// disk is a journal in memory. It can fail like a real one: with nothing known.
type disk struct {
	mu        sync.Mutex
	payments  map[payment.ID]payment.Payment
	blobs     map[payment.Key]payment.Blob
	last      map[payment.LaneID]payment.ID
	customers map[payment.Handle]payment.CustomerToken
	erased    []payment.Erasure
	commits   []int // records in each
	fail      error
	damage    error
	full      error
}

func newDisk() *disk {
	return &disk{
		payments: map[payment.ID]payment.Payment{}, blobs: map[payment.Key]payment.Blob{}, last: map[payment.LaneID]payment.ID{},
		customers: map[payment.Handle]payment.CustomerToken{},
	}
}

func (d *disk) Commit(c payment.Commit) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	d.commits = append(d.commits, len(c.Records))
	for _, r := range c.Records {
		d.keep(r.After)
	}
	for _, b := range c.Blobs {
		d.blobs[b.Key] = b
	}
	for _, k := range c.Erase {
		delete(d.blobs, k)
	}
	for _, t := range c.Customers {
		d.customers[t.Handle] = t
	}
	for _, h := range c.Forget {
		delete(d.customers, h.Handle)
	}
	d.erased = append(d.erased, c.Forget...)
	return nil
}

// keep files a payment; the caller holds the lock, or is alone.
func (d *disk) keep(p payment.Payment) {
	if _, known := d.payments[p.ID]; !known {
		d.last[p.ID.Lane] = p.ID
	}
	d.payments[p.ID] = p
}

func (d *disk) Unfinished() ([]payment.Payment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []payment.Payment
	for _, p := range d.payments {
		if !p.Final() {
			all = append(all, p)
		}
	}
	return all, nil
}

func (d *disk) Refund(id payment.ID) (payment.Payment, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.payments {
		if _, ok := p.Refund(id.Till); ok && p.ID.Lane == id.Lane {
			return p, true, nil
		}
	}
	return payment.Payment{}, false, d.damage
}

func (d *disk) Find(id payment.ID) (payment.Payment, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.payments[id]
	return p, ok, d.unless(ok)
}

func (d *disk) Last(lane payment.LaneID) (payment.Payment, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.last[lane]
	return d.payments[id], ok, d.unless(ok)
}

func (d *disk) Blob(k payment.Key) (payment.Blob, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, ok := d.blobs[k]
	return b, ok, d.unless(ok)
}

func (d *disk) Customer(h payment.Handle) (payment.CustomerToken, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.customers[h]
	return t, ok, nil
}

func (d *disk) Room() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.full
}

// breaks makes every commit fail from now on; nil mends the disk, and gives it room.
func (d *disk) breaks(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail, d.full = err, nil
}

// state is what the disk says about the one payment.
func (d *disk) state() payment.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.payments[p1].State
}

func (d *disk) Damage() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.damage
}

// unless is what a damaged journal answers in place of not found. The caller holds the lock.
func (d *disk) unless(found bool) error {
	if found {
		return nil
	}
	return d.damage
}

// rots damages the journal while it is open.
func (d *disk) rots() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.damage = errors.New("record 7 is broken")
}

// kind is a Klarna that steps up once, and whose customer agrees after two reads.
type kind struct {
	plainBodies

	mu    sync.Mutex
	reads int
	sends []payment.Write
	hang  chan struct{} // a finalize waits for it, if it is there
}

func (k *kind) Send(ctx context.Context, c engine.Call) engine.Answer {
	k.mu.Lock()
	k.sends = append(k.sends, c.Intent.Write)
	hang := k.hang
	k.mu.Unlock()
	switch c.Intent.Write {
	case payment.WriteAuthorize:
		return engine.StepUp{Request: payment.Request{ID: "r1", URL: "https://pay.klarna.com/1"}, Amount: c.Payment.Order.Amount}
	case payment.WriteFinalize:
		if hang != nil {
			select {
			case <-hang:
			case <-ctx.Done():
				return engine.Unclear{}
			}
		}
		return engine.Approved{Transaction: payment.Transaction{ID: "tx", Amount: c.Payment.Order.Amount, Reference: c.Payment.Reference}}
	case payment.WriteCapture, payment.WriteVoid, payment.WriteRefund, payment.WriteRelease:
	}
	return engine.Done{CaptureID: "c"}
}

func (k *kind) ReadRequest(context.Context, payment.RequestID) engine.Reading {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reads++
	if k.reads < 2 {
		return engine.Reading{Status: payment.RequestSubmitted}
	}
	return engine.Reading{Status: payment.RequestCompleted, Token: secret.New("token")}
}

func (*kind) CancelRequest(context.Context, payment.RequestID) engine.Closing {
	return engine.Closing{Status: payment.RequestCanceled}
}

func (*kind) ReadTransaction(context.Context, payment.TransactionID) engine.Holding {
	return engine.Holding{Status: payment.TransactionCaptured}
}

type noScreen struct{}

func (noScreen) Show(engine.Scene) {}

// running starts an engine in a synctest bubble and returns it with the way to stop it.
func running(t *testing.T, d *disk, k *kind) (*engine.Engine, func() error) {
	t.Helper()
	return runs(t, d, k, engine.Options{})
}

func runs(t *testing.T, d engine.Journal, p engine.Provider, o engine.Options) (*engine.Engine, func() error) {
	t.Helper()
	return runsWith(t, settings(), d, p, o)
}

func runsWith(t *testing.T, set engine.Settings, d engine.Journal, p engine.Provider, o engine.Options) (*engine.Engine, func() error) {
	t.Helper()
	e := engine.New(set, d, p, noScreen{}, o)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	synctest.Wait()
	return e, func() error { stop(); return <-ended }
}

// till collects what it hears.
type till struct {
	mu    sync.Mutex
	words []string
}

func (l *till) hear(w payment.Word) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.words = append(l.words, spell(engine.Tell{Word: w}))
}

func (l *till) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.words) == 0 {
		return ""
	}
	return l.words[len(l.words)-1]
}

func (l *till) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.words)
}

func order() payment.Order {
	return payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}, Ref: "R1"}
}

func TestAWholeSaleThroughTheShell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := newDisk(), &kind{}
		e, stop := running(t, d, k)
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		time.Sleep(10 * time.Second)
		if got := l.last(); got != "result approved replay" && got != "result approved" {
			t.Fatalf("last word %q, want the approval", got)
		}
		e.Ask(id, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
		synctest.Wait()
		if got := d.state(); got != payment.StateCaptured {
			t.Errorf("state %s, want captured", got)
		}
		e.Disconnect(id)
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// deaf is a Klarna whose answers are lost.
type deaf struct{ *kind }

func (d deaf) Send(ctx context.Context, c engine.Call) engine.Answer {
	d.kind.Send(ctx, c)
	return engine.Unclear{}
}

func (d deaf) sent() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.sends)
}

// While a machine sleeps its clock may stand still, and Klarna forgets the key.
func TestAKeyIsNotSentAgainAfterTheMachineSlept(t *testing.T) {
	for slept, again := range map[time.Duration]bool{0: true, 30 * time.Hour: false} {
		t.Run(slept.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := deaf{&kind{}}
				var asleep atomic.Int64
				e, stop := runs(t, newDisk(), k, engine.Options{Asleep: func() time.Duration { return time.Duration(asleep.Load()) }})
				var l till
				id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
				e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
				time.Sleep(10 * time.Second)
				asleep.Store(int64(slept))
				before := k.sent()
				time.Sleep(5 * time.Minute)
				if got := k.sent() > before; got != again || before == 0 {
					t.Errorf("sent %d times before and %d after it slept %s, want again: %t", before, k.sent(), slept, again)
				}
				if err := stop(); err != nil {
					t.Errorf("Run() = %v, want nil", err)
				}
			})
		})
	}
}

func TestI19AFailedCommitStopsTheEngineBeforeItActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := newDisk(), &kind{}
		e, stop := running(t, d, k)
		broken := errors.New("input/output error")
		d.breaks(broken)
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		if err := stop(); !errors.Is(err, broken) {
			t.Errorf("Run() = %v, want the journal's error", err)
		}
		if l.last() != "" || len(k.sends) > 0 {
			t.Errorf("said %q and sent %v after a failed commit, want nothing", l.last(), k.sends)
		}
		e.Post(engine.Tick{}) // a stopped engine takes and forgets
		if _, err := e.Lanes(t.Context()); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Lanes() = %v, want ErrClosed", err)
		}
		if err := e.Resolve(t.Context(), p1, payment.DecideNoCharge, "x", "y"); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("Resolve() = %v, want ErrClosed", err)
		}
	})
}

func TestRow63AStopWaitsForAWriteInFlightButNotForEver(t *testing.T) {
	for name, answered := range map[string]bool{"the answer comes": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k := newDisk(), &kind{hang: make(chan struct{})}
				e, stop := running(t, d, k)
				var l till
				id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
				e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
				time.Sleep(10 * time.Second)
				began := time.Now()
				if answered {
					time.AfterFunc(time.Second, func() { close(k.hang) })
				}
				if err := stop(); err != nil {
					t.Errorf("Run() = %v, want nil", err)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("stopping took %s, want at most 5 s", took)
				}
				want := payment.StateFinalizing
				if answered {
					want = payment.StateApproved
				}
				if got := d.state(); got != want {
					t.Errorf("state %s on disk, want %s", got, want)
				}
			})
		})
	}
}

func TestRow56ADamagedJournalRepeatsResultsAndCallsNothingNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := newDisk(), &kind{}
		d.keep(payment.Payment{ID: p1, State: payment.StateDeclined, Version: 3, Result: payment.Declined, Order: order()})
		p2 := payment.ID{Lane: "lane-1", Till: "T1-2"}
		d.keep(payment.Payment{ID: p2, State: payment.StateCancelling, Version: 4, Order: order()})
		d.rots()
		e, stop := running(t, d, k)
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		for _, c := range []struct {
			ask  payment.Ask
			want string
		}{
			{payment.Status{ID: p1.Till}, "result declined replay"},
			{payment.Status{ID: "never"}, "refusal unavailable"},
			{payment.Status{ID: p2.Till}, "refusal unavailable"},
			{payment.RefundPart{ID: "R1", Of: "never"}, "refusal unavailable"},
			{payment.Pay{ID: "T1-9", Order: order()}, "refusal unavailable"},
			{payment.Cancel{ID: "T1-9"}, "refusal unavailable"},
			{payment.Look{}, "lane offline"},
		} {
			e.Ask(id, c.ask)
			synctest.Wait()
			if got := l.last(); got != c.want {
				t.Errorf("%#v answered %q, want %q", c.ask, got, c.want)
			}
		}
		time.Sleep(time.Hour) // what is not finished is not pursued
		if err := stop(); err != nil || len(d.commits) > 0 || len(k.sends) > 0 {
			t.Errorf("Run() = %v with %d commits and %d calls, want none", err, len(d.commits), len(k.sends))
		}
	})
}

// Damage that is found while sales run ends the taking of new ones, and nothing else.
func TestRow56DamageThatIsFoundLaterRefusesNewPaymentsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, stop := running(t, d, &kind{})
		var l, other till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		synctest.Wait()
		d.rots()
		second := e.Connect(payment.Link{Lane: "lane-2"}, other.hear)
		e.Ask(second, payment.Pay{ID: "T2-1", Order: order()})
		e.Ask(second, payment.Status{ID: "T2-0"})
		time.Sleep(11 * time.Second) // the journal is asked every ten
		if got := other.last(); got != "refusal unavailable" {
			t.Errorf("the other lane hears %q, want unavailable", got)
		}
		if got := d.state(); got != payment.StateApproved {
			t.Errorf("the running sale is %s, want approved", got)
		}
		e.Ask(second, payment.Look{})
		synctest.Wait()
		if got := other.last(); got != "lane offline" {
			t.Errorf("the other lane is told %q, want offline: it takes no sale", got)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

func TestRow60AFullDiskRefusesNewPaymentsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.full = errors.New("40 MiB free")
		e, stop := running(t, d, &kind{})
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		synctest.Wait()
		if got := l.last(); got != "refusal unavailable" {
			t.Errorf("said %q, want unavailable", got)
		}
		d.breaks(nil)
		time.Sleep(11 * time.Second)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		synctest.Wait()
		if got := d.state(); got != payment.StateWaiting {
			t.Errorf("state %s once there was room, want waiting", got)
		}
		_ = stop()
	})
}

func TestAFinishedPaymentIsFoundOnDiskLongAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.keep(payment.Payment{ID: p1, State: payment.StateCancelled, Version: 3, Result: payment.Cancelled, Order: order()})
		e, stop := running(t, d, &kind{})
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		for _, ask := range []payment.Ask{
			payment.Status{ID: p1.Till},
			payment.Status{Last: true},
			payment.Pay{ID: p1.Till, Order: order()},
			payment.Cancel{ID: p1.Till},
		} {
			e.Ask(id, ask)
			synctest.Wait()
			if got := l.last(); got != "result cancelled replay" {
				t.Errorf("%#v answered %q, want the stored result", ask, got)
			}
		}
		_ = stop()
	})
}

// A wall clock that was years ahead when an older sale began does not make that sale the last one.
func TestTheLastPaymentIsTheOneThatBeganLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		ahead := payment.Payment{ID: p1, State: payment.StateCancelled, Version: 3, Result: payment.Cancelled, Order: order()}
		ahead.Created = time.Now().AddDate(10, 0, 0)
		later := payment.Payment{ID: p1, State: payment.StateDeclined, Version: 3, Result: payment.Declined, Order: order()}
		later.ID.Till, later.Created = "T1-2", time.Now()
		d.keep(ahead)
		d.keep(later)
		e, stop := running(t, d, &kind{})
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		for _, step := range []struct {
			ask  payment.Ask
			want string
		}{
			{payment.Status{ID: p1.Till}, "result cancelled replay"},
			{payment.Status{Last: true}, "result declined replay"},
			{payment.Pay{ID: "T1-3", Order: order()}, "display https://pay.klarna.com/1"},
			{payment.Status{ID: p1.Till}, "result cancelled replay"},
			{payment.Status{Last: true}, "display https://pay.klarna.com/1"},
		} {
			e.Ask(id, step.ask)
			synctest.Wait()
			if got := l.last(); got != step.want {
				t.Errorf("%#v answered %q, want %q", step.ask, got, step.want)
			}
		}
		_ = stop()
	})
}

func TestManyRequestsAtOnceShareCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, stop := running(t, d, &kind{})
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		for range 50 {
			e.Ask(id, payment.Pay{ID: p1.Till, Order: order()}) // row 1
		}
		synctest.Wait()
		if n := d.commits[0]; n != 2 || len(d.payments) != 1 {
			t.Errorf("first commit holds %d records of %d payments, want 2 of 1", n, len(d.payments))
		}
		_ = stop()
	})
}
