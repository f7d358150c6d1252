// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestQuantileIsBetweenItsNeighbours(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		samples []float64
		q, want float64
	}{
		"the middle of three":          {[]float64{3, 1, 2}, 0.5, 2},
		"between two":                  {[]float64{1, 2}, 0.5, 1.5},
		"the least":                    {[]float64{5, 4}, 0, 4},
		"the largest":                  {[]float64{5, 4}, 1, 5},
		"the only one":                 {[]float64{7}, 0.9, 7},
		"a tenth of the way to a jump": {[]float64{0, 0, 0, 0, 10}, 0.8, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.samples)
			if got := quantile(tt.samples, tt.q); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("quantile(%v, %g) = %g, want %g", tt.samples, tt.q, got, tt.want)
			}
			if !slices.Equal(before, tt.samples) {
				t.Error("the samples were sorted in place: their order is that of the rounds")
			}
		})
	}
	if !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("the quantile of nothing must not look like a figure")
	}
}

// A machine that is busy for a while is busy for everybody of a round: the ratio stays.
func TestARatioIsTakenWithinARound(t *testing.T) {
	t.Parallel()
	s := scores{
		"reference": {{1}, {100}, {1}, {1}, {1}},
		"other":     {{2}, {200}, {2}, {2}, {2}},
	}
	rows := s.rows([]contestant{{name: "reference"}, {name: "other"}}, "reference", 0.5, 0)
	if rows[0].Ratio != nil {
		t.Error("the reference has no ratio to itself")
	}
	if got := *rows[1].Ratio; got != (spread{2, 2, 2}) {
		t.Errorf("ratio = %v, want 2 in every round", got)
	}
	if got := ratioOf(rows, "other"); got != 2 {
		t.Errorf("ratioOf = %g, want 2", got)
	}
}

func TestEverybodyHasATurnInEachRoundAndBeginsInSome(t *testing.T) {
	t.Parallel()
	var order []string
	one := func(name string) contestant {
		return contestant{name, func(context.Context) ([]float64, error) {
			order = append(order, name)
			return []float64{1}, nil
		}}
	}
	s, err := play(t.Context(), 3, []contestant{one("a"), one("b"), one("c")})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(order, ""), "abc"+"abc"+"bca"+"cab"; got != want {
		t.Errorf("turns = %s, want %s: once to warm up, then three rounds", got, want)
	}
	if len(s["b"]) != 3 {
		t.Errorf("%d rounds of b count, want 3", len(s["b"]))
	}
	broken := errors.New("broken")
	_, err = play(t.Context(), 1, []contestant{{"d", func(context.Context) ([]float64, error) { return nil, broken }}})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "d") {
		t.Errorf("play = %v, want the error and whose it was", err)
	}
}

func TestPoolLosesNoSample(t *testing.T) {
	t.Parallel()
	rounds := [][]float64{{1}, {2, 3}, {4}, {5}, {6, 7}}
	pooled := pool(rounds, 2)
	if len(pooled) != 2 || !slices.Equal(slices.Concat(pooled...), []float64{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("pool = %v, want two groups of all samples", pooled)
	}
	if got := pool(rounds, 9); len(got) != len(rounds) {
		t.Errorf("pool into more groups than rounds = %d groups, want %d", len(got), len(rounds))
	}
}

func TestSharesGoToTheInnermostOwner(t *testing.T) {
	t.Parallel()
	const traces = `File: program.test
Type: cpu
-----------+-------------------------------------------------------
      20ms   runtime.memmove
             go.etcd.io/bbolt.(*node).write
             tillbridge/store.(*Journal).Commit
-----------+-------------------------------------------------------
      10ms   encoding/json.Marshal
             tillbridge/store.record.encode
-----------+-------------------------------------------------------
     1.50s   runtime.findRunnable
             runtime.mcall
-----------+-------------------------------------------------------
`
	got := shares(traces)
	want := map[string]time.Duration{
		"flushes and pages (bbolt)":                  20 * time.Millisecond,
		"records and snapshots (store)":              10 * time.Millisecond,
		"memory, scheduling, waiting (Go's runtime)": 1500 * time.Millisecond,
	}
	if len(got) != len(want) {
		t.Errorf("shares = %v, want %v", got, want)
	}
	for name, d := range want {
		if got[name] != d {
			t.Errorf("%s: %v, want %v", name, got[name], d)
		}
	}
}

func TestReadFrameTakesOneWholeFrame(t *testing.T) {
	t.Parallel()
	long := string([]byte{0x81, 126, 1, 0}) + strings.Repeat("x", 256)
	r := bufio.NewReaderSize(strings.NewReader("\x81\x02hi"+long+"\x81\x00"), 16<<10)
	for range 3 {
		if err := readFrame(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("something is left after three frames")
	}
	if err := readFrame(bufio.NewReader(strings.NewReader("\x81\x7f12345678"))); !errors.Is(err, errLongFrame) {
		t.Errorf("readFrame of a huge frame = %v, want errLongFrame", err)
	}
}
