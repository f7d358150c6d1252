// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

// sector is what a disk writes as a whole, in bytes.
const sector = 512

// write is one page write that bbolt asked for.
type pageWrite struct {
	data []byte
	off  int64
}

// images makes what a power cut may leave. bbolt writes pages, flushes, writes one of its two meta
// pages and flushes again: before the first flush any part of the pages may be missing or torn at a
// sector, after it only the meta page may be.
func images(random *rand.Rand, before []byte, writes []pageWrite) map[string][]byte {
	meta := int64(2 * os.Getpagesize())
	with := func(keep func(w pageWrite, sector int) bool) []byte {
		b := append([]byte(nil), before...)
		for _, w := range writes {
			if missing := int(w.off) + len(w.data) - len(b); missing > 0 {
				b = append(b, make([]byte, missing)...)
			}
			for at := 0; at < len(w.data); at += sector {
				if keep(w, at/sector) {
					end := min(at+sector, len(w.data))
					copy(b[int(w.off)+at:], w.data[at:end])
				}
			}
		}
		return b
	}
	all := map[string][]byte{
		"nothing was written":             before,
		"all pages, no meta page":         with(func(w pageWrite, _ int) bool { return w.off >= meta }),
		"everything":                      with(func(pageWrite, int) bool { return true }),
		"all pages, meta page's 1st half": with(func(w pageWrite, s int) bool { return w.off >= meta || s < 4 }),
		"all pages, meta page's 2nd half": with(func(w pageWrite, s int) bool { return w.off >= meta || s >= 4 }),
	}
	for _, name := range []string{"some sectors a", "some sectors b", "some sectors c"} {
		all[name] = with(func(w pageWrite, _ int) bool { return w.off >= meta && random.IntN(2) == 0 })
	}
	return all
}

// After a power cut at any point of a commit the journal is what it was before or what it is after,
// whole, and says nothing of damage.
func TestAPowerCutLeavesBeforeOrAfter(t *testing.T) {
	s := newShop(t)
	var writes []pageWrite
	s.Intercept(func(next store.WriteAt) store.WriteAt {
		return func(b []byte, off int64) (int, error) {
			writes = append(writes, pageWrite{append([]byte(nil), b...), off})
			return next(b, off)
		}
	})
	random := rand.New(rand.NewPCG(5, 6))
	sale := id("lane-1", 2)
	for _, commit := range []func(){
		func() { s.pay(id("lane-1", 1)) },
		func() { s.begin(sale) },
		func() {
			s.happen(sale, payment.StepUpRequired{Key: key(sale, payment.WriteAuthorize), DeadlineOpen: true, Request: payment.Request{ID: request(sale)}})
		},
		func() { s.happen(sale, payment.CancelAsked{At: morning(), Why: payment.WhyTill}) },
		func() {
			s.happen(sale, payment.RequestSeen{At: morning(), Request: request(sale), Status: payment.RequestCanceled})
		},
	} {
		before, err := os.ReadFile(s.path)
		must(t, err)
		head, err := s.Head()
		must(t, err)
		writes = nil
		commit()
		if metas := countMetas(writes); metas != 1 {
			continue // several commits: only the last of them is a crash worth cutting
		}
		for name, image := range images(random, before, writes) {
			path := writeFile(t, image)
			j, err := store.Open(path, store.Options{})
			must(t, err)
			if j.Damage() != nil {
				t.Fatalf("%s: Damage() = %v", name, j.Damage())
			}
			got, err := j.Head()
			must(t, err)
			now, _ := s.Head()
			if got != head && got != now {
				t.Errorf("%s: the head is record %d, want %d or %d", name, got.Seq, head.Seq, now.Seq)
			}
			if name == "everything" && got != now {
				t.Error("a whole commit is lost")
			}
			if name == "all pages, no meta page" && got != head {
				t.Error("half a commit is taken for a whole one")
			}
			must(t, j.Close())
			verify(t, path)
		}
	}
}

func countMetas(writes []pageWrite) int {
	n := 0
	for _, w := range writes {
		if w.off < int64(2*os.Getpagesize()) {
			n++
		}
	}
	return n
}

func TestRow60AndRow61AFailedWriteStopsTheJournal(t *testing.T) {
	meta := int64(2 * os.Getpagesize())
	tests := map[string]struct {
		fails  func(off int64) bool
		after  bool // the bytes reach the disk although the error is reported
		reason error
	}{
		"row 60: the disk is full":                        {func(off int64) bool { return off >= meta }, false, syscall.ENOSPC},
		"row 61: a page cannot be written":                {func(off int64) bool { return off >= meta }, false, syscall.EIO},
		"row 61: the meta page cannot be written":         {func(off int64) bool { return off < meta }, false, syscall.EIO},
		"row 61: the meta page is there, but who knows":   {func(off int64) bool { return off < meta }, true, syscall.EIO},
		"row 61: the pages are there, but nobody says so": {func(off int64) bool { return off >= meta }, true, syscall.EIO},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			sale := id("lane-1", 1)
			s.wait(sale)
			broken := true
			s.Intercept(func(next store.WriteAt) store.WriteAt {
				return func(b []byte, off int64) (int, error) {
					if !broken || !tt.fails(off) {
						return next(b, off)
					}
					broken = false // once: the kernel forgets, and bbolt would go on
					if tt.after {
						_, _ = next(b, off)
					}
					return 0, tt.reason
				}
			})
			c := s.commit(sale, payment.CancelAsked{At: morning(), Why: payment.WhyTill})
			err := s.Commit(c)
			if !errors.Is(err, store.ErrStopped) || !errors.Is(err, tt.reason) {
				t.Fatalf("Commit = %v, want ErrStopped because of %v", err, tt.reason)
			}
			if again := s.Commit(c); !errors.Is(again, err) {
				t.Errorf("Commit again = %v, want the same error", again)
			}
			s.close()
			s.open() // the restart decides from what is there
			got, ok, err := s.Find(sale)
			must(t, err)
			if !ok || got.State != payment.StateWaiting && got.State != payment.StateCancelling {
				t.Errorf("Find after the restart = %s, %t, want waiting or cancelling", got.State, ok)
			}
			s.truth[sale] = got
			if got.State == payment.StateWaiting {
				s.happen(sale, payment.CancelAsked{At: morning(), Why: payment.WhyTill})
			}
			s.check()
		})
	}
}

// A panic inside of bbolt is an error like any other, and Close does not wait for locks that it left.
func TestAPanicWhileWritingStopsTheJournal(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-1", 1))
	s.Intercept(func(store.WriteAt) store.WriteAt {
		return func([]byte, int64) (int, error) { panic("page 17 already freed") }
	})
	err := s.Commit(s.commit(id("lane-1", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill}))
	if !errors.Is(err, store.ErrStopped) {
		t.Fatalf("Commit = %v, want ErrStopped", err)
	}
	s.close()
	s.open()
	s.check()
}
