// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// runIdle is a large shop at rest, and what happens when its screens all come back in one moment.
func runIdle(ctx context.Context, b *bench, r *result) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	const lanes, screens = 64, 128
	s, err := b.openShop(ctx, premises{name: "shop", lanes: lanes, klarna: m.base, root: m.root})
	defer s.close()
	if err != nil {
		return err
	}
	empty := s.status("VmRSS")
	if err = s.staff(ctx, screens); err != nil {
		return err
	}
	rest := time.Duration(b.pick(20, 2)) * time.Second
	before := s.cpu()
	if err = wait(ctx, rest); err != nil {
		return err
	}
	idle, busy := s.status("VmRSS"), (s.cpu()-before)/float64(rest)
	r.add("64 lanes at rest", "", plain("memory without tills and screens", "MiB", empty),
		plain("memory with 64 tills and 128 screens", "MiB", idle), plain("processor time, percent of one core", "%", 100*busy))
	r.goal("idle", idle, "")
	return b.storm(ctx, r, s)
}

// storm cuts every screen and lets 256 connect at once, four to a lane, as after a power cut of the screens.
func (b *bench) storm(ctx context.Context, r *result, s *shop) error {
	const screens = 256
	var took, beside []float64
	for range b.pick(5, 1) {
		for _, one := range s.screens {
			one.close()
		}
		if err := wait(ctx, time.Second); err != nil { // their places are free again
			return err
		}
		all, failed := make([]*screen, screens), make([]error, screens)
		var back sync.WaitGroup
		began := time.Now()
		for n := range all {
			back.Go(func() { all[n], failed[n] = s.watch(ctx, n) })
		}
		asked := time.Now() // a till in the middle of it
		if err := s.tills[0].say(`{"type":"ping","n":1}`); err != nil {
			return err
		}
		if _, err := s.tills[0].hear(ofType("pong", "")); err != nil {
			return err
		}
		beside = append(beside, float64(time.Since(asked)))
		back.Wait()
		took = append(took, float64(time.Since(began)))
		if err := errors.Join(failed...); err != nil {
			return fmt.Errorf("%d screens at once: %w", screens, err)
		}
		s.screens = all
	}
	r.add("256 screens come back at once", "", plain("until each of them shows its view", "ns", took...),
		plain("a till's question meanwhile", "ns", beside...), plain("largest memory", "MiB", s.status("VmHWM")))
	return nil
}
