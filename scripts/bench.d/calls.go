// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

// runCalls counts connections to Klarna: fifty tills with twenty sales each, and one sale after a long rest.
func runCalls(ctx context.Context, b *bench, r *result) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	const lanes = 50
	s, err := b.openShop(ctx, premises{name: "shop", lanes: lanes, klarna: m.base, root: m.root})
	defer s.close()
	if err != nil {
		return err
	}
	if err = s.staff(ctx, lanes); err != nil {
		return err
	}
	g := newStage(m)
	g.shops[lineProgram] = s
	m.delay.Store(int64(20 * time.Millisecond))
	burst := g.together(lineProgram)
	var firstOpened, firstCalls int64
	for round := range b.pick(20, 3) {
		if _, err = burst(ctx); err != nil {
			return err
		}
		if round == 0 { // fifty at once need fifty connections, once
			firstOpened, firstCalls = m.opened.Load(), m.calls.Load()
		}
	}
	opened, calls := float64(m.opened.Load()), float64(m.calls.Load())
	r.add("Fifty tills with twenty sales each", "", plain("calls", "", calls), plain("connections opened", "", opened))
	later := 100 * (1 - float64(m.opened.Load()-firstOpened)/float64(m.calls.Load()-firstCalls))
	r.goal("G16 reuse", later, fmt.Sprintf("after the first fifty calls; of all %.1f %%", 100*(1-opened/calls)))
	r.goal("G17", opened/lanes, "")

	m.delay.Store(0)
	return b.rested(ctx, r, g)
}

// rested is the first sale after a rest that is longer than the 90 s after which net/http's default would have
// dropped every connection.
func (b *bench) rested(ctx context.Context, r *result, g *stage) (err error) {
	alone := g.alone(lineProgram, 1)
	var warm, rested []float64
	for range b.pick(20, 2) {
		if rested, err = alone(ctx); err != nil {
			return err
		}
		warm = append(warm, rested...)
	}
	before := g.mock.opened.Load()
	if err = wait(ctx, time.Duration(b.pick(110, 1))*time.Second); err != nil {
		return err
	}
	if rested, err = alone(ctx); err != nil {
		return err
	}
	r.add("A sale after almost two minutes without any", "", plain("sales one after the other", "ns", warm...),
		plain("the first after the rest", "ns", rested...), plain("connections that it had to open", "", float64(g.mock.opened.Load()-before)))
	r.goal("G16 idle", 1+2*float64(g.mock.opened.Load()-before), "round trips before the answer: a new connection would cost two more")
	return nil
}
