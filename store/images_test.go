// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"tillbridge/store"
)

//nolint:gochecknoglobals // test flags; scripts/prove asks for more
var (
	imageCount = flag.Int("images", 3000, "how many crash images of the journal TestCrashImages builds")
	imageSeed  = flag.Uint64("images.seed", 1, "the first shop's life that they are taken from")
)

// imageCounts is what the line at the end says.
type imageCounts struct {
	built, opened, damaged  atomic.Int64
	complete, sampled, lies atomic.Int64
}

// A power cut at any moment of a shop's life leaves the journal as it was before the commit or as it is
// after it, never between, and never without what was acknowledged. bbolt writes pages, flushes, writes
// one of two meta pages, and flushes again: until a flush, any of the writes since the one before may be
// missing, there, or torn. A disk that ignores flushes may leave anything: then damage is allowed, and
// an untrue answer is not.
func TestCrashImages(t *testing.T) {
	var n imageCounts
	lives := 0
	for left := *imageCount; left > 0; lives++ {
		left -= imagesOf(t, live(t, *imageSeed+uint64(lives)), left, &n)
		if t.Failed() {
			break
		}
	}
	t.Logf("images: built=%d opened=%d damage_seen=%d complete_sets=%d sampled_sets=%d ignored_flush_sets=%d lives=%d first_life=%d",
		n.built.Load(), n.opened.Load(), n.damaged.Load(), n.complete.Load(), n.sampled.Load(), n.lies.Load(), lives, *imageSeed)
}

// share is how many images are made of one cut, and whether they are all that there are.
type share struct {
	cut      *cut
	images   int
	complete bool
}

// perCut bounds the images of cuts that have too many combinations.
const perCut = 500

// shares divides a budget: the cuts with the fewest combinations are completed first.
func shares(cuts []*cut, budget int) []share {
	if raceDetector { // on a broken page bbolt reads beyond it, into memory of other goroutines
		cuts = slices.DeleteFunc(slices.Clone(cuts), func(c *cut) bool { return c.lies })
	}
	all := make([]share, 0, len(cuts))
	for _, c := range cuts {
		need := c.combinations()
		if c.lies { // complete would say nothing: there is no end to what it may do
			need = 0
		}
		all = append(all, share{cut: c, images: need, complete: need > 0})
	}
	slices.SortStableFunc(all, func(a, b share) int {
		return cmp.Compare(cmp.Or(a.images, perCut), cmp.Or(b.images, perCut))
	})
	for i := range all {
		fair := (budget + len(all) - i - 1) / (len(all) - i)
		if all[i].cut.lies {
			fair = min(fair, 20+budget/(20*len(all)))
		}
		if need := cmp.Or(all[i].images, perCut); !all[i].complete || need > fair {
			all[i].images, all[i].complete = min(need, fair), false
		}
		budget -= all[i].images
	}
	return all
}

// imagesOf tries up to budget images of one life, on every core, and returns how many.
func imagesOf(t *testing.T, l *life, budget int, n *imageCounts) int {
	t.Helper()
	type job struct {
		share
		number int
	}
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			o := &opener{t: t, folder: t.TempDir(), epoch: l.Epoch(), names: l.names}
			o.move()
			for j := range jobs {
				if t.Failed() {
					continue
				}
				random := rand.New(rand.NewPCG(l.seed, uint64(j.number)))
				keep := j.cut.sample(random)
				if j.complete {
					keep = j.cut.combination(j.number)
				} else if all := j.cut.combinations(); all > 0 && j.number%2 == 0 {
					keep = j.cut.combination(random.IntN(all))
				}
				seen, err := o.try(j.cut, keep, random)
				n.opened.Add(1)
				if seen {
					n.damaged.Add(1)
				}
				if err != nil {
					t.Errorf("%s, image %d of %d: %v\nimage: %s", j.cut.name, j.number, j.images, err, keepImage(t, o))
				}
			}
		})
	}
	built := 0
	for _, s := range shares(l.cuts, budget) {
		for number := range s.images {
			jobs <- job{s, number}
			built++
		}
		switch {
		case s.images == 0:
		case s.complete:
			n.complete.Add(1)
		case s.cut.lies:
			n.lies.Add(1)
		default:
			n.sampled.Add(1)
		}
	}
	close(jobs)
	workers.Wait()
	n.built.Add(int64(built))
	return built
}

// keepImage keeps an image that should be looked at.
func keepImage(t *testing.T, o *opener) string {
	t.Helper()
	file := filepath.Join(t.ArtifactDir(), fmt.Sprintf("%p.db", o))
	_ = os.WriteFile(file, o.buf, 0o600)
	return file
}

// Row 57: the journal as it was after any earlier commit, beside the witness of the last one. Flipped
// bits, cut files and swapped records are TestAFlippedBitIsSeenOrHarmless, TestAFlippedBitOfARecordIsNamed,
// TestRow56ACutFileAnswersWhatIsReadable and TestVerifyNamesTheFirstBrokenRecord.
func TestRow57EveryOlderCopyIsNoticed(t *testing.T) {
	l := live(t, *imageSeed)
	o := &opener{t: t, folder: t.TempDir(), epoch: l.Epoch(), names: l.names}
	o.move()
	for i, s := range l.states {
		put(t, o.path, s.file)
		put(t, o.path+".head", []byte(store.WitnessText(o.epoch, l.now.head)))
		j, err := store.Open(o.path, store.Options{OpenTimeout: imageTime})
		must(t, err)
		older := s.now.head != l.now.head
		if (j.Damage() != nil) != older {
			t.Errorf("copy %d of %d ends with record %d: Damage() = %v, want it seen: %t", i, len(l.states), s.now.head.Seq, j.Damage(), older)
		} else if older {
			must(t, refuses(j))
		}
		must(t, o.untrue(j, []*model{l.now, s.now}))
		must(t, j.Close())
	}
}
