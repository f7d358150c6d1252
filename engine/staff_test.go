// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// approvedSale sells p1 up to the approval, captured once the till has confirmed it, and returns the disk.
func approvedSale(t *testing.T, confirmed bool) *disk {
	t.Helper()
	d := newDisk()
	e, stop := running(t, d, &kind{})
	var l till
	id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
	e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
	time.Sleep(10 * time.Second)
	if confirmed {
		e.Ask(id, payment.Confirm{ID: p1.Till, Outcome: payment.Approved, OK: true})
		time.Sleep(time.Second)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *disk) change(change func(*payment.Payment)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.payments[p1]
	change(&p)
	d.payments[p1] = p
}

// What staff may decide does not depend on whether another sale has begun since.
func TestStaffDecideAboutASaleThatIsNotInMemoryAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := approvedSale(t, true), &kind{}
		e, stop := running(t, d, k)
		if err := e.Resolve(t.Context(), p1, payment.DecideGiveBack, "wrong goods", "Ada"); err != nil {
			t.Errorf("Resolve() = %v, want nil", err)
		}
		time.Sleep(time.Second)
		if got := d.state(); got != payment.StateReversed || !slices.Equal(k.sends, []payment.Write{payment.WriteRefund}) {
			t.Errorf("the sale is %s after %v, want reversed after a refund", got, k.sends)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// A lane that is taken out of the configuration leaves sales behind, which end like any other.
func TestSalesOfALaneThatIsGoneAreEnded(t *testing.T) {
	for name, tt := range map[string]struct {
		disk   func(*testing.T) *disk
		decide payment.Decision
		want   payment.State
		sends  payment.Write
	}{
		"a captured one is given back": {func(t *testing.T) *disk { return approvedSale(t, true) }, payment.DecideGiveBack, payment.StateReversed, payment.WriteRefund},    //nolint:thelper // it is a step
		"delivered goods are paid for": {func(t *testing.T) *disk { return approvedSale(t, false) }, payment.DecideDelivered, payment.StateCaptured, payment.WriteCapture}, //nolint:thelper // it is a step
		"an approval that no till has heard of is voided": {func(t *testing.T) *disk { //nolint:thelper // it is a step
			d := approvedSale(t, false)
			d.change(func(p *payment.Payment) {
				p.Offered, p.OfferedAt, p.Result, p.ResultAt = false, time.Time{}, "", time.Time{}
			})
			return d
		}, "", payment.StateReversed, payment.WriteVoid},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, set := tt.disk(t), &kind{}, settings()
				set.Lanes, set.Names = set.Lanes[1:], payment.Names{Store: "S1", Epoch: "e"}
				e, stop := runsWith(t, set, d, k, engine.Options{})
				if tt.decide != "" {
					if err := e.Resolve(t.Context(), p1, tt.decide, "seen on the slip", "Ada"); err != nil {
						t.Errorf("Resolve() = %v, want nil", err)
					}
				}
				time.Sleep(time.Hour)
				if got := d.state(); got != tt.want || !slices.Equal(k.sends, []payment.Write{tt.sends}) {
					t.Errorf("the sale is %s after %v, want %s after one %s", got, k.sends, tt.want, tt.sends)
				}
				if err := stop(); err != nil {
					t.Errorf("Run() = %v, want nil", err)
				}
			})
		})
	}
}

// Nothing is decided out of a journal that cannot be trusted, and asking for it does not end the daemon.
func TestRow56NothingIsDecidedOutOfADamagedJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := approvedSale(t, true), &kind{}
		d.rots()
		d.breaks(errors.New("the journal is read only"))
		e, stop := running(t, d, k)
		for range 2 {
			if err := e.Resolve(t.Context(), p1, payment.DecideGiveBack, "wrong goods", "Ada"); !errors.Is(err, engine.ErrDamaged) {
				t.Errorf("Resolve() = %v, want ErrDamaged", err)
			}
		}
		if len(k.sends) > 0 {
			t.Errorf("%v were sent, want none", k.sends)
		}
		if err := stop(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// speechless cannot make the bytes of a capture.
type speechless struct{ kind }

func (s *speechless) Body(p payment.Payment, w payment.Write, first []byte) ([]byte, error) {
	if w == payment.WriteCapture {
		return nil, errors.New("no words for it")
	}
	return s.kind.Body(p, w, first)
}

func TestASaleWhoseNextCallCannotBeMadeIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := approvedSale(t, false)
		e, stop := runs(t, d, &speechless{}, engine.Options{})
		if err := e.Resolve(t.Context(), p1, payment.DecideDelivered, "goods are gone", "Ada"); err != nil {
			t.Errorf("Resolve() = %v, want nil", err)
		}
		time.Sleep(time.Minute)
		if list, err := e.Attention(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("Attention() = %v, %v, want the one sale", list, err)
		}
		_ = stop()
	})
}

// A till that was away when its approval came has the time of any other to come back for it.
func TestAnApprovalThatNoTillHasHeardIsNotListedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := newDisk(), &kind{hang: make(chan struct{})}
		e, stop := running(t, d, k)
		var l till
		id := e.Connect(payment.Link{Lane: "lane-1"}, l.hear)
		e.Ask(id, payment.Pay{ID: p1.Till, Order: order()})
		time.Sleep(10 * time.Second)
		e.Disconnect(id)
		close(k.hang)
		synctest.Wait()
		if list, err := e.Attention(t.Context()); err != nil || len(list) != 0 || d.state() != payment.StateApproved {
			t.Errorf("%s and %d listed, %v, want it approved and not listed", d.state(), len(list), err)
		}
		_ = stop()
	})
}

// unknowing is a Klarna that refuses to give a sale back and does not know its transaction.
type unknowing struct{ kind }

func (*unknowing) Send(context.Context, engine.Call) engine.Answer {
	return engine.Refused{Code: "NOT_FOUND"}
}

func (*unknowing) ReadTransaction(context.Context, payment.TransactionID) engine.Holding {
	return engine.Holding{Status: payment.TransactionMissing}
}

func TestASaleThatKlarnaDoesNotKnowIsLeftToAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := approvedSale(t, true)
		e, stop := runs(t, d, &unknowing{}, engine.Options{})
		if err := e.Resolve(t.Context(), p1, payment.DecideGiveBack, "wrong goods", "Ada"); err != nil {
			t.Errorf("Resolve() = %v, want nil", err)
		}
		time.Sleep(time.Hour)
		if got := d.state(); got != payment.StateAttention {
			t.Errorf("the sale is %s, want attention", got)
		}
		if err := e.Resolve(t.Context(), p1, payment.DecideDelivered, "given back in cash", "Ada"); err != nil {
			t.Errorf("Resolve() = %v, want nil", err)
		}
		if got := d.state(); got != payment.StateCaptured {
			t.Errorf("the sale is %s, want captured", got)
		}
		_ = stop()
	})
}

// The word that Klarna sent for the shop's own app is told again, also after somebody has decided about the sale.
func TestAReplyStaysWithASaleThatStaffDecideAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.keep(payment.Payment{ID: p1, State: payment.StateDeclined, Version: 3, Result: payment.Declined, Order: order(), Reply: "k1"})
		d.blobs["k1"] = payment.Blob{ID: p1, Key: "k1", Reply: "for the app"}
		e, stop := running(t, d, &kind{})
		var got string
		id := e.Connect(payment.Link{Lane: "lane-1"}, func(w payment.Word) {
			if r, ok := w.(payment.Result); ok {
				got = r.NetworkData
			}
		})
		if err := e.Resolve(t.Context(), p1, payment.DecideGiveBack, "slip", "Ada"); err == nil {
			t.Error("Resolve() = nil, want an error: nothing was charged")
		}
		e.Ask(id, payment.Status{ID: p1.Till})
		synctest.Wait()
		if got != "for the app" {
			t.Errorf("network data %q, want what Klarna said", got)
		}
		_ = stop()
	})
}
