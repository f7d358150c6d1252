// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	core "tillbridge/engine"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// disk is a journal in memory: what was committed, and the notes.
type disk struct {
	mu       sync.Mutex
	payments map[payment.ID]payment.Payment // guarded by mu
	order    []payment.ID                   // guarded by mu; by intake
	blobs    map[payment.Key]payment.Blob   // guarded by mu
	notes    map[string]string              // guarded by mu
	moves    []payment.Record               // guarded by mu
}

func newDisk() *disk {
	return &disk{payments: map[payment.ID]payment.Payment{}, blobs: map[payment.Key]payment.Blob{}, notes: map[string]string{}}
}

func (d *disk) Commit(c payment.Commit) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range c.Records {
		before, known := d.payments[r.After.ID]
		if r.After.Version != before.Version+1 {
			return fmt.Errorf("version %d follows %d", r.After.Version, before.Version)
		}
		if !known {
			d.order = append(d.order, r.After.ID)
		}
		d.payments[r.After.ID] = r.After
		d.moves = append(d.moves, r)
	}
	for _, b := range c.Blobs {
		d.blobs[b.Key] = b
	}
	for _, k := range c.Erase {
		delete(d.blobs, k)
	}
	return nil
}

func (d *disk) Unfinished() ([]payment.Payment, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []payment.Payment
	for _, id := range d.order {
		if p := d.payments[id]; !p.State.Final() {
			all = append(all, p)
		}
	}
	return all, nil
}

func (d *disk) Refund(payment.ID) (payment.Payment, bool, error) {
	return payment.Payment{}, false, nil // no till here asks for one
}

func (d *disk) Find(id payment.ID) (payment.Payment, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.payments[id]
	return p, ok, nil
}

func (d *disk) Last(lane payment.LaneID) (payment.Payment, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var last payment.Payment
	for _, id := range d.order {
		if id.Lane == lane {
			last = d.payments[id]
		}
	}
	return last, last.ID.Lane != "", nil
}

func (d *disk) Blob(k payment.Key) (payment.Blob, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, ok := d.blobs[k]
	return b, ok, nil
}

func (*disk) Room() error   { return nil }
func (*disk) Damage() error { return nil }

func (d *disk) Customer(payment.Handle) (payment.CustomerToken, bool, error) {
	return payment.CustomerToken{}, false, nil
}

func (d *disk) Newest(lane payment.LaneID, prefix string) (payment.TillID, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var newest payment.TillID
	for _, id := range d.order {
		if id.Lane == lane && strings.HasPrefix(string(id.Till), prefix) && id.Till > newest {
			newest = id.Till
		}
	}
	return newest, newest != "", nil
}

// Totals counts as the journal does: what was acknowledged, minus what was given back.
func (d *disk) Totals(lane payment.LaneID, after uint64) (terminal.DayTotals, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	sum := terminal.DayTotals{Through: uint64(len(d.moves))}
	for _, r := range d.moves[after:] {
		if r.After.ID.Lane != lane {
			continue
		}
		c, confirmed := r.Event.(payment.Confirmed)
		if confirmed && c.OK && c.Outcome == payment.Approved {
			sum.Sales++
			sum.SaleSum += r.After.Charged().Minor
			if sum.First == "" {
				sum.First = r.After.ID.Till
			}
			sum.Last = r.After.ID.Till
		}
		if r.After.State == payment.StateReversed && r.After.Acknowledged == payment.Approved {
			sum.Backs++
			sum.BackSum += r.After.Charged().Minor
		}
	}
	return sum, nil
}

func (d *disk) Note(name string) ([]byte, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.notes[name]
	return []byte(v), ok, nil
}

func (d *disk) SetNote(name string, value []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes[name] = string(value)
	return nil
}

type blank struct{}

func (blank) Show(core.Scene) {}

// counter is one end of a link that breaks after so many bytes in both directions.
type counter struct {
	io.ReadWriteCloser

	mu   *sync.Mutex
	left *int // guarded by mu; negative: never breaks
	used *int // guarded by mu
}

func (c *counter) spend(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *c.left >= 0 {
		n = min(n, *c.left)
		*c.left -= n
	}
	*c.used += n
	return n
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p[:1])
	if n > 0 && c.spend(1) == 0 {
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *counter) Write(p []byte) (int, error) {
	allowed := c.spend(len(p))
	n, err := c.ReadWriteCloser.Write(p[:allowed])
	if allowed < len(p) {
		_ = c.Close()
		return n, io.ErrClosedPipe
	}
	return n, err
}

// world is a shop in memory: engine, terminal, Klarna and a disk, in a synctest bubble.
type world struct {
	t      *testing.T
	disk   *disk
	klarna *klarna
	engine *core.Engine
	zvt    *terminal.ZVT
	serial bool
	log    *slog.Logger // of links; nil discards
	// waiting is how long a customer may take.
	waiting time.Duration

	ctx   context.Context //nolint:containedctx // of the bubble
	stop  context.CancelFunc
	lines chan io.ReadWriteCloser
	ended sync.WaitGroup
	// cut is how many bytes the next link lets through; -1 means all.
	mu   sync.Mutex
	cut  int  // guarded by mu
	used int  // guarded by mu; bytes of the first link
	news bool // guarded by mu; a link was opened
}

func zvtOptions(d *disk) terminal.ZVTOptions {
	return terminal.ZVTOptions{
		Memory: d, Book: d, Epoch: "EPOCH", Currency: "EUR", MaxMinor: 1_000_000, TerminalID: "12345678",
		Wishes: func() terminal.ZVTWishes { return terminal.ZVTWishes{Language: "de"} }, Software: "tillbridge test",
		Print: func(s terminal.Slip) []string {
			return []string{string(s.Kind), fmt.Sprintf("merchant %t", s.Merchant), fmt.Sprintf("Beleg %04d", s.Receipt), s.Amount.String()}
		},
	}
}

func newWorld(t *testing.T, k *klarna, change func(*terminal.ZVTOptions)) *world {
	t.Helper()
	return worldThatWaits(t, k, change, 5*time.Minute)
}

// worldThatWaits is a world with another deadline for its customers.
func worldThatWaits(t *testing.T, k *klarna, change func(*terminal.ZVTOptions), waiting time.Duration) *world {
	t.Helper()
	d := newDisk()
	w := &world{t: t, disk: d, klarna: k, lines: make(chan io.ReadWriteCloser), cut: -1, waiting: waiting}
	w.start(change)
	return w
}

func (w *world) start(change func(*terminal.ZVTOptions)) {
	o := zvtOptions(w.disk)
	if change != nil {
		change(&o)
	}
	w.zvt = terminal.NewZVT(o)
	w.engine = core.New(core.Settings{
		Lanes:    []core.Lane{{ID: "lane-1", Currency: "EUR", Names: payment.Names{Store: "S", Terminal: "T", Epoch: "EPOCH"}}},
		MaxMinor: 1_000_000, Waiting: w.waiting, Scanned: 10 * time.Minute, TillGrace: 20 * time.Second,
		Listed: 10 * time.Minute, Seed: 1,
	}, w.disk, w.klarna, blank{}, core.Options{})
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.ended.Go(func() {
		if err := w.engine.Run(w.ctx); err != nil {
			w.t.Errorf("engine: %v", err)
		}
	})
}

// close stops everything and waits for it.
func (w *world) close() {
	w.stop()
	w.ended.Wait()
}

// restart is a new process on the same disk.
func (w *world) restart() {
	w.close()
	w.start(nil)
}

// dial opens a link, over TCP or a serial line as the world is.
func (w *world) dial(context.Context) (io.ReadWriteCloser, error) {
	near, far := net.Pipe()
	w.mu.Lock()
	left, used := -1, new(int)
	if !w.news {
		left, used = w.cut, &w.used
	}
	w.news = true
	w.mu.Unlock()
	till := &counter{near, &sync.Mutex{}, &left, used}
	server := terminal.NewServer("lane-1", w.zvt, w.engine, terminal.Options{Log: w.log})
	if w.serial {
		w.ended.Go(func() { w.serveSerial(server, far) }) //nolint:contextcheck // the world's
		return till, nil
	}
	w.ended.Go(func() { _ = server.Serve(w.ctx, far) }) // a link that is cut may end with an error
	return till, nil
}

// serveSerial serves one opening of a serial line.
func (w *world) serveSerial(server *terminal.Server, line io.ReadWriteCloser) {
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	first := true
	_ = server.RunSerial(ctx, func() (io.ReadWriteCloser, error) {
		if !first {
			stop() // a new opening comes with a new dial
			return nil, errors.New("unplugged")
		}
		first = false
		return line, nil
	})
}

func (w *world) till() terminal.ZVTTill {
	return terminal.ZVTTill{Dial: w.dial, Serial: w.serial, Currency: "EUR"}
}

// must ends the test on an error.
func (w *world) must(e terminal.ZVTEnded, err error) terminal.ZVTEnded {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("the till: %v", err)
	}
	return e
}

// pays makes a sale of 16.10 over a link of its own and wants this end.
func (w *world) pays(till terminal.ZVTTill, want payment.Outcome, code zvt.Code) terminal.ZVTEnded {
	w.t.Helper()
	e := w.must(till.Pay(w.ctx, 1610, nil))
	if e.Outcome != want || e.Code != code {
		w.t.Fatalf("the till heard %s with %s %q, want %s with %s", e.Outcome, e.Code, e.Text(), want, code)
	}
	return e
}

// books wants Klarna to hold so much, after everything had time to settle.
func (w *world) books(charges int, kept, held int64) {
	w.t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	if c, k, h := w.klarna.books(); c != charges || k != kept || h != held {
		w.t.Errorf("Klarna has %d charges, %d kept and %d held; want %d, %d and %d", c, k, h, charges, kept, held)
	}
}

// inWorld runs a story in a bubble.
func inWorld(t *testing.T, k func() *klarna, story func(*world)) {
	t.Helper()
	for name, serial := range map[string]bool{"tcp": false, "serial": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, k(), nil)
				w.serial = serial
				story(w)
				w.close()
			})
		})
	}
}
