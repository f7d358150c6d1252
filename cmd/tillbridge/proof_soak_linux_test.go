// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// soak is how long sales follow each other without a pause; scripts/prove --only soak asks for more.
//
//nolint:gochecknoglobals // a test flag
var soak = flag.Duration("soak", 0, "how long TestProofSoak sells")

// soakLanes sell at once: a sale takes about 3 s, so that these make more than two a second.
const soakLanes = 8

// TestProofSoak sells without a pause while a hundredth of all calls to Klarna goes wrong. In the end
// Klarna's books agree with every word, and the daemon has neither more memory nor more files open than
// after its first tenth, give or take.
func TestProofSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("no time given: -soak 1m")
	}
	s := openShop(t, premises{lanes: soakLanes})
	began := time.Now()
	var mu sync.Mutex
	approved := make(map[string]bool) // guarded by mu, by sale
	var before, after usage
	var lanes sync.WaitGroup
	for lane := range soakLanes {
		lanes.Go(func() {
			mine := *s // each lane has a sale of its own
			random := rand.New(rand.NewPCG(uint64(lane), 5))
			for n := 0; time.Since(began) < *soak; n++ {
				mine.sale = fmt.Sprintf("/v1/lanes/lane-%d/payments/S%d", lane+1, n)
				word := mine.soakOne(random)
				mu.Lock()
				approved[mine.sale] = word == "approved"
				if before == (usage{}) && time.Since(began) > *soak/10 {
					before = s.uses()
				}
				mu.Unlock()
			}
		})
	}
	lanes.Wait()
	yes := 0
	for _, is := range approved {
		if is {
			yes++
		}
	}
	s.eventually("the books to agree", func() bool { return s.captured() == int64(yes)*1610 })
	after = s.uses()
	if after.kilobytes > before.kilobytes+before.kilobytes/20+16<<10 { // 16 MiB: the collector breathes
		t.Errorf("memory grew from %d to %d kB", before.kilobytes, after.kilobytes)
	}
	if after.files > before.files+2*soakLanes {
		t.Errorf("open files grew from %d to %d", before.files, after.files)
	}
	t.Logf("soak: %d sales, %d approved, memory %d to %d kB, files %d to %d",
		len(approved), yes, before.kilobytes, after.kilobytes, before.files, after.files)
}

// soakOne is one sale, with trouble on the way now and then.
func (s *shop) soakOne(random *rand.Rand) (word string) {
	s.t.Helper()
	if random.IntN(25) == 0 { // a sale is about four calls
		route := []string{"authorize", "finalize", "read", "capture"}[random.IntN(4)]
		fault := []string{"reset_before", "reset_after", "status"}[random.IntN(3)]
		s.faults(map[string]any{"route": route, "nth": 1, "times": 1, "fault": fault, "status": 500})
	}
	s.behaviour(map[string]any{"customer": []string{"approve", "approve", "reject"}[random.IntN(3)]})
	s.eventually("the end of "+s.sale, func() bool {
		word = s.again()
		return word != ""
	})
	return word
}

// usage is what a process holds.
type usage struct{ kilobytes, files int }

func (s *shop) uses() (u usage) {
	s.t.Helper()
	proc := "/proc/" + strconv.Itoa(s.daemon.command.Process.Pid)
	text, err := os.ReadFile(proc + "/status")
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			if u.kilobytes, err = strconv.Atoi(strings.Fields(rest)[0]); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(proc + "/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	u.files = len(files)
	return u
}
