// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// contestant does the same work as the others. A slice is a little of it, and returns how long each piece
// took, in nanoseconds.
type contestant struct {
	name  string
	slice func(context.Context) ([]float64, error)
}

// scores are each contestant's samples, by round.
type scores map[string][][]float64

// play lets everybody have a turn in each round. Who begins moves on, so that nobody always follows the
// same neighbour.
func play(ctx context.Context, rounds int, all []contestant) (scores, error) {
	s := make(scores)
	for _, c := range all { // caches and connections are warm before anything counts
		if _, err := c.slice(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := range rounds {
		for i := range all {
			c := all[(round+i)%len(all)]
			took, err := c.slice(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", c.name, round, err)
			}
			s[c.name] = append(s[c.name], took)
		}
	}
	return s, ctx.Err()
}

// quantile of any samples, which stay as they are. NaN for none.
func quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(samples)
	slices.Sort(sorted)
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// each is one quantile of every round.
func each(rounds [][]float64, q float64) []float64 {
	all := make([]float64, len(rounds))
	for i, r := range rounds {
		all[i] = quantile(r, q)
	}
	return all
}

// pool joins rounds to at most groups larger ones, so that a high quantile means something in each.
func pool(rounds [][]float64, groups int) [][]float64 {
	all := make([][]float64, min(groups, len(rounds)))
	for i, r := range rounds {
		g := i * len(all) / len(rounds)
		all[g] = append(all[g], r...)
	}
	return all
}

// spread is a median with its 10th and 90th percentile.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

func spreadOf(samples []float64) spread {
	return spread{quantile(samples, 0.5), quantile(samples, 0.1), quantile(samples, 0.9)}
}

// against is how much larger a is than b, round by round.
func against(a, b []float64) spread {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = a[i] / b[i]
	}
	return spreadOf(ratios)
}

// rows tells every contestant beside the reference.
func (s scores) rows(order []contestant, reference string, q float64, groups int) []row {
	of := func(name string) []float64 {
		if groups > 0 {
			return each(pool(s[name], groups), q)
		}
		return each(s[name], q)
	}
	all := make([]row, 0, len(order))
	for _, c := range order {
		r := row{Line: c.name, Unit: "ns", Value: spreadOf(of(c.name)), Rounds: len(of(c.name))}
		if c.name != reference {
			ratio := against(of(c.name), of(reference))
			r.Ratio = &ratio
		}
		all = append(all, r)
	}
	return all
}

// stopwatch measures one piece.
func stopwatch(do func() error) (float64, error) {
	began := time.Now()
	err := do()
	return float64(time.Since(began)), err
}

// repeat makes a slice of n pieces.
func repeat(n int, do func() error) func(context.Context) ([]float64, error) {
	return func(context.Context) ([]float64, error) {
		took := make([]float64, n)
		for i := range took {
			var err error
			if took[i], err = stopwatch(do); err != nil {
				return nil, err
			}
		}
		return took, nil
	}
}

// batched is repeat for pieces that are too short for the clock: each sample is the mean of per of them.
func batched(n, per int, do func() error) func(context.Context) ([]float64, error) {
	return func(context.Context) ([]float64, error) {
		took := make([]float64, n)
		for i := range took {
			began := time.Now()
			for range per {
				if err := do(); err != nil {
					return nil, err
				}
			}
			took[i] = float64(time.Since(began)) / float64(per)
		}
		return took, nil
	}
}
