// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// at makes every later record of c one of another time.
func (s *shop) commitAt(at time.Time, id payment.ID, events ...payment.Event) {
	s.t.Helper()
	c := s.commit(id, events...)
	for i := range c.Records {
		c.Records[i].At = at
	}
	must(s.t, s.Commit(c))
	s.accept(c)
}

// short is a sale that is cancelled before it leaves: two records.
func (s *shop) short(at time.Time, id payment.ID) {
	s.t.Helper()
	s.commitAt(at, id, asked(id), payment.CancelAsked{At: at, Why: payment.WhyTill})
}

// forget drops from the truth what retention removed.
func (s *shop) forget(n int) {
	for _, id := range s.order[:n] {
		delete(s.truth, id)
	}
	s.order = s.order[n:]
}

func compact(t *testing.T, s *shop, now time.Time) uint64 {
	t.Helper()
	s.close()
	removed, err := store.Compact(s.path, year, now)
	must(t, err)
	s.open()
	return removed
}

func TestCompactRemovesWhatIsOldAndFinished(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 0))
	for n := 1; n < 300; n++ {
		s.short(morning().Add(time.Duration(n)*day), id("lane-1", n))
	}
	now := morning().Add(year + 100*day)
	s.wait(id("lane-2", 1))
	s.happen(id("lane-2", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill}) // unfinished
	s.short(now, id("lane-1", 1000))
	epoch := s.Epoch()
	head, err := s.Head()
	must(t, err)
	removed := compact(t, s, now)
	if want := uint64(11 + 2*99); removed != want { // days 0 to 99
		t.Errorf("Compact removed %d records, want %d", removed, want)
	}
	gone := s.order[0]
	s.forget(100)
	s.check()
	if _, ok, err := s.Find(gone); ok || err != nil {
		t.Errorf("Find(removed) = %t, %v", ok, err)
	}
	if _, ok, err := s.Blob(key(gone, payment.WriteAuthorize)); ok || err != nil {
		t.Errorf("Blob(removed) = %t, %v", ok, err)
	}
	if _, ok, err := s.ByTransaction(transaction(gone)); ok || err != nil {
		t.Errorf("ByTransaction(removed) = %t, %v", ok, err)
	}
	if _, ok, _ := s.Blob(key(id("lane-2", 1), payment.WriteAuthorize)); !ok {
		t.Error("the bytes of an unfinished payment are gone")
	}
	for e, err := range s.Records(0) {
		must(t, err)
		if e.Seq != removed+1 {
			t.Errorf("the first record is %d, want %d", e.Seq, removed+1)
		}
		break
	}
	if after, err := s.Head(); err != nil || after != head || s.Epoch() != epoch {
		t.Errorf("the head is %d (%v), want %d as before: numbers and hashes go on", after.Seq, err, head.Seq)
	}
	must(t, s.Verify(t.Context(), nil))
	s.pay(id("lane-1", 2000)) // and the chain goes on
	if again := compact(t, s, now); again != 0 {
		t.Errorf("Compact again removed %d records, want none", again)
	}
	// A second prefix, weeks later.
	s.short(now.Add(30*day), id("lane-1", 2001))
	if removed := compact(t, s, now.Add(30*day)); removed != 60 {
		t.Errorf("Compact 30 days later removed %d records, want 60", removed)
	}
	s.forget(30)
	s.check()
}

func TestCompactKeeps(t *testing.T) {
	old, now := morning(), morning().Add(2*year)
	cancel := payment.CancelAsked{At: old, Why: payment.WhyTill}
	tests := map[string]struct {
		fill func(s *shop)
		now  time.Time
		want uint64
	}{
		"nothing in an empty journal": {func(*shop) {}, now, 0},
		"an unfinished payment and all after it": {func(s *shop) {
			s.short(old, id("lane-1", 1))
			s.wait(id("lane-1", 2))
			s.short(old, id("lane-1", 3))
			s.short(now, id("lane-1", 4))
		}, now, 2},
		"a payment that has a young record, and what is between": {func(s *shop) {
			s.short(old, id("lane-1", 1))
			s.commitAt(old, id("lane-1", 2), asked(id("lane-1", 2)))
			s.short(old, id("lane-1", 3))
			s.commitAt(now, id("lane-1", 2), cancel)
		}, now, 2},
		"nothing of payments that overlap until all of them are old": {func(s *shop) {
			s.commitAt(old, id("lane-1", 1), asked(id("lane-1", 1)))
			s.commitAt(old, id("lane-2", 1), asked(id("lane-2", 1)))
			s.commitAt(old, id("lane-1", 1), cancel)
			s.commitAt(old, id("lane-2", 1), cancel)
			s.short(now, id("lane-1", 2))
		}, now, 4},
		"everything when the clock has jumped ten years ahead": {func(s *shop) {
			s.short(old, id("lane-1", 1))
			s.short(old.Add(day), id("lane-1", 2))
		}, now.Add(10 * year), 0},
		"a young record behind one of a clock that was wrong": {func(s *shop) {
			s.short(now, id("lane-1", 1))
			s.short(time.Unix(0, 0).UTC(), id("lane-1", 2))
			s.short(now, id("lane-1", 3))
		}, now, 0},
		"less than a week's worth": {func(s *shop) {
			s.short(now.Add(-year-6*day), id("lane-1", 1))
			s.short(now, id("lane-1", 2))
		}, now, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			tt.fill(s)
			if got, err := s.Outdated(year, tt.now); got != (tt.want > 0) || err != nil {
				t.Errorf("Outdated = %t, %v, want %t", got, err, tt.want > 0)
			}
			if got := compact(t, s, tt.now); got != tt.want {
				t.Errorf("Compact removed %d records, want %d", got, tt.want)
			}
			for i, id := range s.order {
				if _, ok, err := s.Find(id); err != nil || !ok && i >= int(tt.want)/2 {
					t.Errorf("Find(%s) = %t, %v", id, ok, err)
				}
			}
			must(t, s.Verify(t.Context(), nil))
		})
	}
}

func TestCompactRefuses(t *testing.T) {
	s := newShop(t)
	if _, err := store.Compact(s.path, 89*day, morning()); err == nil || !strings.Contains(err.Error(), "2160h") {
		t.Errorf("Compact(89 days) = %v, want a refusal that names 90 days", err)
	}
	synctest.Test(t, func(t *testing.T) { // waits for the lock
		if _, err := store.Compact(s.path, year, morning()); !errors.Is(err, store.ErrLocked) {
			t.Errorf("Compact of an open journal = %v, want ErrLocked", err)
		}
	})
	missing := filepath.Join(t.TempDir(), "journal.db")
	if n, err := store.Compact(missing, year, morning()); n != 0 || err != nil {
		t.Errorf("Compact(missing) = %d, %v, want nothing done", n, err)
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("Compact made a journal")
	}
}

// The old file is not changed until the new one takes its place: whatever is cut short, the journal is
// one of the two.
func TestCompactCutShortIsHarmless(t *testing.T) {
	s := newShop(t)
	for n := range 20 {
		s.short(morning().Add(time.Duration(n)*day), id("lane-1", n))
	}
	s.short(morning().Add(2*year), id("lane-1", 100))
	s.close()
	before, err := os.ReadFile(s.path)
	must(t, err)
	removed, err := store.Compact(s.path, year, morning().Add(2*year))
	if err != nil || removed != 40 {
		t.Fatalf("Compact = %d, %v, want 40", removed, err)
	}
	whole, err := os.ReadFile(s.path)
	must(t, err)
	for _, size := range []int{0, 100, len(whole) / 2, len(whole)} {
		put(t, s.path, before)
		put(t, s.path+".new-42", whole[:size])
		s.open()
		s.check()
		s.close()
		if names := glob(t, filepath.Dir(s.path)); len(names) != 3 {
			t.Errorf("files after a restart: %q, want journal, head and reserve", names)
		}
	}
	s.open()
}
