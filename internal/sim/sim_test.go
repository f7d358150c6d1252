// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillbridge/internal/sim"
)

// options are the flags of this package's tests.
type options struct {
	seeds, from, one uint64
	ordinary         uint64
	bugs, hunt       bool
	tokens           bool
	bug, table       string
	depth            int
}

//nolint:gochecknoglobals // flags must be declared before the tests are
var given = func() *options {
	o := &options{}
	flag.Uint64Var(&o.seeds, "sim.seeds", 300, "how many seeds TestSeeds lives through")
	flag.Uint64Var(&o.from, "sim.from", 1, "the first of them")
	flag.Uint64Var(&o.one, "sim.seed", 0, "live through this seed alone and print its transcript")
	flag.Uint64Var(&o.ordinary, "sim.ordinary", 40, "how many seeds TestAnOrdinaryShop lives through")
	flag.BoolVar(&o.bugs, "sim.bugs", false, "plant every bug of the catalogue and look for it")
	flag.BoolVar(&o.hunt, "sim.hunt", false, "look for the first seed that breaks a promise")
	flag.BoolVar(&o.tokens, "sim.tokens", false, "store customers in the worlds of -sim.seed and -sim.hunt")
	flag.StringVar(&o.bug, "sim.bug", "", "plant this bug alone")
	flag.StringVar(&o.table, "sim.table", "", "write what TestSeeds or TestPlantedBugs counted to this file")
	flag.IntVar(&o.depth, "sim.depth", 0, "how deep TestExplore goes; 0 means as deep as fits in a few seconds")
	return o
}()

// TestMain gives the collector room: a world is short-lived and small.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	m.Run()
}

func TestSeeds(t *testing.T) {
	if given.one != 0 {
		r := sim.Run(given.one, sim.Options{Transcript: true, Tokens: given.tokens})
		t.Log("\n" + strings.Join(r.Transcript, "\n"))
		report(t, r)
		return
	}
	began := time.Now()
	sum := runAll(t, given.from, given.seeds)
	took := time.Since(began)
	t.Logf("%d seeds, %d payments, %d charges, %d crashes, %d events, %d before a person, %.0f seeds/s",
		given.seeds, sum.Payments, sum.Charges, sum.Crashes, sum.Events, sum.Attention, float64(given.seeds)/took.Seconds())
	if given.table != "" {
		writeTable(t, sum)
	}
	t.Run("every fault fires", func(t *testing.T) { wantFaults(t, sum) })
}

// oneIn is how many seeds TestSeeds goes on before it lives through one twice.
const oneIn = 100

// enough is how many seeds it takes until every kind of trouble has come up.
const enough = 300

func wantFaults(t *testing.T, sum sim.Result) {
	t.Helper()
	if given.seeds < enough {
		t.Skipf("%d seeds are too few", given.seeds)
	}
	for _, f := range sim.Faults() {
		if sum.Faults[f] == 0 {
			t.Errorf("fault %q never fired", f)
		}
	}
}

// runAll lives through n seeds on every processor and adds up what happened.
func runAll(t *testing.T, from, n uint64) sim.Result {
	t.Helper()
	var next atomic.Uint64
	var mu sync.Mutex
	var sum sim.Result
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= n {
					return
				}
				r := sim.Run(from+i, sim.Options{})
				if i%oneIn == 0 {
					livesAgain(t, r)
				}
				mu.Lock()
				add(&sum, r)
				stop := len(r.Violations) > 0
				if stop {
					report(t, r)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return sum
}

func add(sum *sim.Result, r sim.Result) {
	for f := range r.Faults {
		sum.Faults[f] += r.Faults[f]
	}
	sum.Payments += r.Payments
	sum.Charges += r.Charges
	sum.Crashes += r.Crashes
	sum.Attention += r.Attention
	sum.Commits += r.Commits
	sum.Events += r.Events
}

func report(t *testing.T, r sim.Result) {
	t.Helper()
	for _, v := range r.Violations {
		t.Errorf("seed %d, after %v: %s: %s\nthe whole story: go test ./internal/sim -run TestSeeds -v -sim.seed %d",
			r.Seed, v.At.Round(time.Millisecond), v.Invariant, v.What, r.Seed)
	}
}

func writeTable(t *testing.T, sum sim.Result) {
	t.Helper()
	var b strings.Builder
	b.WriteString("| fault | fired |\n|---|---|\n")
	for _, f := range sim.Faults() {
		fmt.Fprintf(&b, "| %s | %d |\n", f, sum.Faults[f])
	}
	if err := os.WriteFile(given.table, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 10; seed++ {
		livesAgain(t, sim.Run(seed, sim.Options{}))
	}
}

// livesAgain runs the seed of r once more: it must be r to the last event.
func livesAgain(t *testing.T, r sim.Result) {
	t.Helper()
	if b := sim.Run(r.Seed, sim.Options{}); r.Hash != b.Hash || r.Events != b.Events {
		t.Errorf("seed %d ran twice and differed: %x after %d events, %x after %d", r.Seed, r.Hash, r.Events, b.Hash, b.Events)
	}
}
