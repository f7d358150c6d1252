// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"
)

// acceptance is a shop at a simulator of its own, and the times from the customer's yes to the till's approved.
type acceptance struct {
	k *klarna
	s *shop
	n int
}

// openAcceptance takes so many lanes that the quota of calls is not what is measured.
func (b *bench) openAcceptance(ctx context.Context, name string, webhook bool) (*acceptance, error) {
	k, err := b.openKlarna(ctx, "klarna-"+name)
	if err != nil {
		return nil, err
	}
	a := &acceptance{k: k}
	own := premises{name: name, lanes: 4, klarna: k.base}
	if webhook {
		if own.extra, err = b.hook(ctx, k); err != nil {
			return a, err
		}
	}
	if a.s, err = b.openShop(ctx, own); err != nil {
		return a, err
	}
	return a, a.s.staff(ctx, own.lanes)
}

func (a *acceptance) close() {
	if a != nil {
		a.s.close()
		a.k.stop()
	}
}

// sales makes one sale at each lane, whose customer scans, thinks for one to three seconds, and says yes.
func (a *acceptance) sales(ctx context.Context) ([]float64, error) {
	a.n++
	all, failed := make([]float64, len(a.s.tills)), make([]error, len(a.s.tills))
	var lanes sync.WaitGroup
	for lane := range a.s.tills {
		lanes.Go(func() { all[lane], failed[lane] = a.sale(ctx, a.s.tills[lane], fmt.Sprintf("A%d-%d", a.n, lane)) })
	}
	lanes.Wait()
	return all, errors.Join(failed...)
}

func (a *acceptance) sale(ctx context.Context, t *till, id string) (float64, error) {
	if err := t.pay(id); err != nil {
		return 0, err
	}
	shown, err := t.hear(func(s said) bool { return s.Type == "display" && s.QR != "" })
	if err != nil {
		return 0, err
	}
	if err = a.k.phone(ctx, shown.QR, "open"); err != nil {
		return 0, err
	}
	if _, err = t.hear(func(s said) bool { return s.Type == "progress" && s.Phase == "scanned" }); err != nil {
		return 0, err
	}
	if err = wait(ctx, time.Second+time.Duration(rand.Int64N(int64(2*time.Second)))); err != nil { //nolint:gosec // a customer, not a secret
		return 0, err
	}
	began := time.Now()
	if err = a.k.phone(ctx, shown.QR, "approve"); err != nil {
		return 0, err
	}
	end, err := t.hear(ofType("result", id))
	took := float64(time.Since(began))
	if err == nil && end.Outcome != "approved" {
		err = fmt.Errorf("%w: %s", errTill, end.Outcome)
	}
	if err != nil {
		return 0, err
	}
	return took, t.confirm(end)
}

// plainWork is what lies between a webhook and the till's word at the least: one call to read, one flush, one
// call to finalize.
func (b *bench) plainWork(ctx context.Context, k *klarna) (contestant, error) {
	j, err := openRaw(filepath.Join(b.work, "accept.journal"))
	call := func() error { return k.call(ctx, http.MethodGet, "/sandbox/ledger", "", nil) }
	return contestant{"floor: call, one flush, call", repeat(4, func() error {
		return errors.Join(call(), j.append([]byte("accepted")), call())
	})}, err
}

func runAccept(ctx context.Context, b *bench, r *result) error {
	if err := b.needsDisk(); err != nil {
		return err
	}
	polls, err := b.openAcceptance(ctx, "polls", false)
	defer polls.close()
	if err != nil {
		return err
	}
	hooks, err := b.openAcceptance(ctx, "hooks", true)
	defer hooks.close()
	if err != nil {
		return err
	}
	floor, err := b.plainWork(ctx, hooks.k)
	if err != nil {
		return err
	}
	const poll, webhook = "tillbridge, by poll", "tillbridge, by webhook"
	all := []contestant{floor, {webhook, hooks.sales}, {poll, polls.sales}}
	s, err := play(ctx, b.pick(10, 2), all)
	if err != nil {
		return err
	}
	r.add("From the customer's yes to \"approved\" at the till, median", floor.name, s.rows(all, floor.name, 0.5, 0)...)
	slowest := s.rows(all, floor.name, 0.95, 4)
	r.add("The same, 95th percentile", floor.name, slowest...)
	r.note("Four lanes at once. After the scan a poll comes every second (0.8 to 1.2), so that half a second is the best a poll can do on average.")
	return nil
}
