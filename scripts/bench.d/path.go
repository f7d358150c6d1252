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

// The lines of the whole path. What is measured is from the till's line to the first frame with the code.
const (
	lineFloor    = "floor: raw journal, one flush"
	lineFloorRSC = "floor, code by rsc.io/qr"
	lineProgram  = "tillbridge"
)

// stage is the floors and the program beside one mock.
type stage struct {
	mock  *mock
	shops map[string]*shop
	sold  int
	next  map[string]int
	used  map[int]time.Time  // when each lane of the program had its last sale
	sales map[string]int     // made together
	peak  map[string]float64 // largest memory in the first memorySales of them, in MiB
}

func newStage(m *mock) *stage {
	return &stage{
		mock: m, shops: map[string]*shop{}, next: map[string]int{}, used: map[int]time.Time{},
		sales: map[string]int{}, peak: map[string]float64{},
	}
}

// memorySales are the sales whose memory is a goal.
const memorySales = 2000

// lanePace: a sale with its cancel is three requests, and a lane takes ten a second without delay.
const lanePace = 320 * time.Millisecond

// ready waits until the program's lane takes a sale without delay.
func (g *stage) ready(ctx context.Context, name string, lane int) error {
	if name != lineProgram {
		return nil
	}
	err := wait(ctx, lanePace-time.Since(g.used[lane]))
	g.used[lane] = time.Now()
	return err
}

// perform opens everything for so many lanes.
func (b *bench) perform(ctx context.Context, lanes int) (*stage, error) {
	if err := b.needsDisk(); err != nil {
		return nil, err
	}
	m, err := b.newMock(ctx)
	if err != nil {
		return nil, err
	}
	g := newStage(m)
	for name, codes := range map[string]string{lineFloor: "owner", lineFloorRSC: "rsc"} {
		if g.shops[name], err = b.openFloor(ctx, m, lanes, codes); err != nil {
			return g, err
		}
	}
	s, err := b.openShop(ctx, premises{name: "shop", lanes: lanes, klarna: m.base, root: m.root})
	g.shops[lineProgram] = s
	if err != nil {
		return g, err
	}
	return g, s.staff(ctx, lanes)
}

func (g *stage) close() {
	if g == nil {
		return
	}
	for _, s := range g.shops {
		s.close()
	}
	g.mock.close()
}

// sale makes one sale at a lane up to its code, and then ends it, which does not count.
func (g *stage) sale(name string, lane int, id string) (float64, error) {
	s := g.shops[name]
	began := time.Now()
	if err := s.tills[lane].pay(id); err != nil {
		return 0, err
	}
	shown, err := s.screens[lane].code()
	if err != nil {
		return 0, err
	}
	took := float64(shown.Sub(began))
	return took, g.finish(name, lane, id)
}

// finish ends a sale. The floor has said its result already.
func (g *stage) finish(name string, lane int, id string) error {
	t := g.shops[name].tills[lane]
	if name == lineProgram {
		return t.end(id)
	}
	_, err := t.hear(ofType("result", id))
	return err
}

// alone is a slice of n sales, one after the other, each at the next lane.
func (g *stage) alone(name string, n int) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		all := make([]float64, n)
		for i := range all {
			lane := g.next[name] % len(g.shops[name].tills)
			g.next[name]++
			g.sold++
			err := g.ready(ctx, name, lane)
			if err != nil {
				return nil, err
			}
			if all[i], err = g.sale(name, lane, fmt.Sprintf("P%d", g.sold)); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
}

// together is a slice in which every lane begins one sale at the same moment; they end once all codes are there.
func (g *stage) together(name string) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		s := g.shops[name]
		g.sold++
		for lane := range s.tills {
			if err := g.ready(ctx, name, lane); err != nil {
				return nil, err
			}
		}
		all, failed := make([]float64, len(s.tills)), make([]error, len(s.tills))
		id := func(lane int) string { return fmt.Sprintf("C%d-%d", g.sold, lane) }
		var lanes sync.WaitGroup
		began := time.Now()
		for lane := range s.tills {
			lanes.Go(func() {
				at := time.Now()
				if failed[lane] = s.tills[lane].pay(id(lane)); failed[lane] != nil {
					return
				}
				var shown time.Time
				if shown, failed[lane] = s.screens[lane].code(); failed[lane] == nil {
					all[lane] = float64(shown.Sub(at))
				}
			})
		}
		lanes.Wait()
		took := float64(time.Since(began))
		if err := errors.Join(failed...); err != nil {
			return nil, err
		}
		for lane := range s.tills {
			lanes.Go(func() { failed[lane] = g.finish(name, lane, id(lane)) })
		}
		lanes.Wait()
		if g.sales[name] += len(s.tills); g.sales[name] <= memorySales {
			g.peak[name] = s.status("VmHWM")
		}
		return append(all, took), errors.Join(failed...)
	}
}

// contest makes a contestant of each line.
func contest(slice func(name string) func(context.Context) ([]float64, error)) []contestant {
	var all []contestant
	for _, name := range []string{lineFloor, lineFloorRSC, lineProgram} {
		all = append(all, contestant{name, slice(name)})
	}
	return all
}

func runPath(ctx context.Context, b *bench, r *result) error {
	g, err := b.perform(ctx, 50)
	defer g.close()
	if err != nil {
		return err
	}
	all := contest(func(name string) func(context.Context) ([]float64, error) { return g.alone(name, b.pick(40, 4)) })
	s, err := play(ctx, b.pick(60, 3), all)
	if err != nil {
		return err
	}
	half := s.rows(all, lineFloor, 0.5, 0)
	high := s.rows(all, lineFloor, 0.99, 10)
	r.add("One till, Klarna answers at once, median", lineFloor, half...)
	r.add("The same, 99th percentile", lineFloor, high...)
	rsc := s.rows(all, lineFloorRSC, 0.5, 0)
	r.goal("G1", ratioOf(half, lineProgram), fmt.Sprintf("%.2f× the floor with rsc.io/qr", ratioOf(rsc, lineProgram)))
	r.goal("G2", ratioOf(high, lineProgram), "")

	const call = 80 * time.Millisecond
	g.mock.delay.Store(int64(call))
	all = contest(func(name string) func(context.Context) ([]float64, error) { return g.alone(name, b.pick(8, 2)) })
	if s, err = play(ctx, b.pick(25, 3), all); err != nil {
		return err
	}
	half, high = s.rows(all, lineFloor, 0.5, 0), s.rows(all, lineFloor, 0.99, 5)
	r.add("One till, Klarna takes 80 ms, median", lineFloor, half...)
	r.add("The same, 99th percentile", lineFloor, high...)
	over := func(rows []row) float64 { return 100 * (valueOf(rows, lineProgram) - float64(call)) / float64(call) }
	r.goal("G3 p50", over(half), "")
	r.goal("G3 p99", over(high), "")
	return nil
}

func runCrowd(ctx context.Context, b *bench, r *result) error {
	g, err := b.perform(ctx, 50)
	defer g.close()
	if err != nil {
		return err
	}
	warm := g.shops[lineProgram].status("VmRSS")
	all := contest(g.together)
	var last []row
	for _, c := range []struct {
		title  string
		delay  time.Duration
		rounds int
	}{{"Klarna answers at once", 0, b.pick(60, 3)}, {"Klarna takes 80 ms", 80 * time.Millisecond, b.pick(30, 2)}} {
		g.mock.delay.Store(int64(c.delay))
		before := g.shops[lineProgram].cpu()
		s, err := play(ctx, c.rounds, all)
		if err != nil {
			return err
		}
		whole := g.shops[lineProgram].cpu() - before
		sales := float64((c.rounds + 1) * len(g.shops[lineProgram].tills))
		codes, bursts := split(s)
		half := codes.rows(all, lineFloor, 0.5, 0)
		r.add("Fifty tills at once, "+c.title+", median", lineFloor, half...)
		r.add("The same, 99th percentile", lineFloor, codes.rows(all, lineFloor, 0.99, 10)...)
		last = bursts.rows(all, lineFloor, 0.5, 0)
		r.add("The same, until all fifty codes are shown", lineFloor, last...)
		if c.delay == 0 {
			rsc := codes.rows(all, lineFloorRSC, 0.5, 0)
			r.goal("G4 p50", ratioOf(half, lineProgram), fmt.Sprintf("%.2f× the floor with rsc.io/qr", ratioOf(rsc, lineProgram)))
			r.goal("G4 throughput", 1/ratioOf(last, lineProgram), "")
			r.goal("G23 cpu", whole/sales/float64(200*time.Microsecond), fmt.Sprintf("%.2f ms a sale, its cancel included", whole/sales/1e6))
		}
	}
	few := min(g.sales[lineProgram], memorySales)
	r.goal("G23 rss", g.peak[lineProgram]/20, fmt.Sprintf("%.1f MiB after %d sales", g.peak[lineProgram], few))
	r.add("Memory with fifty tills and fifty screens", "", plain("before the first sale", "MiB", warm),
		plain(fmt.Sprintf("largest in %d sales", few), "MiB", g.peak[lineProgram]),
		plain(fmt.Sprintf("largest in %d sales", g.sales[lineProgram]), "MiB", g.shops[lineProgram].status("VmHWM")))
	return nil
}

// split takes the whole burst, the last sample of each round, apart from the sales.
func split(s scores) (sales, bursts scores) {
	sales, bursts = scores{}, scores{}
	for name, rounds := range s {
		for _, round := range rounds {
			sales[name] = append(sales[name], round[:len(round)-1])
			bursts[name] = append(bursts[name], round[len(round)-1:])
		}
	}
	return sales, bursts
}
