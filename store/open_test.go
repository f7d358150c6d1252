// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

func TestRow59OpenRefusesUnsafePlaces(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are different there")
	}
	sound := func(t *testing.T) string {
		t.Helper()
		s := newShop(t)
		s.close()
		return s.path
	}
	tests := map[string]func(t *testing.T) string{
		"row 59: a symbolic link to a journal": func(t *testing.T) string {
			t.Helper()
			link := filepath.Join(t.TempDir(), "journal.db")
			must(t, os.Symlink(sound(t), link))
			return link
		},
		"row 59: a link that leads nowhere": func(t *testing.T) string {
			t.Helper()
			link := filepath.Join(t.TempDir(), "journal.db")
			must(t, os.Symlink(filepath.Join(t.TempDir(), "nothing"), link))
			return link
		},
		"row 59: a folder": func(t *testing.T) string { t.Helper(); return t.TempDir() },
		"row 59: a file that everybody may write": func(t *testing.T) string {
			t.Helper()
			path := sound(t)
			must(t, os.Chmod(path, 0o666))
			return path
		},
		"a file that others may read, because it holds session tokens": func(t *testing.T) string {
			t.Helper()
			path := sound(t)
			must(t, os.Chmod(path, 0o640))
			return path
		},
		"row 59: a folder in which everybody may write": func(t *testing.T) string {
			t.Helper()
			folder := t.TempDir()
			must(t, os.Chmod(folder, 0o1777))
			return filepath.Join(folder, "journal.db")
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			path := prepare(t)
			j, err := store.Open(path, store.Options{})
			if !errors.Is(err, store.ErrPlace) {
				t.Errorf("Open = %v, %v, want ErrPlace", j, err)
			}
		})
	}
	if _, err := store.Open(filepath.Join(t.TempDir(), "no", "journal.db"), store.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open in a folder that is missing = %v, want ErrNotExist", err)
	}
	if _, err := store.OpenReadOnly(t.TempDir(), store.Options{}); !errors.Is(err, store.ErrPlace) {
		t.Errorf("OpenReadOnly(folder) = %v, want ErrPlace", err)
	}
	if _, err := store.OpenReadOnly(filepath.Join(t.TempDir(), "journal.db"), store.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenReadOnly(missing) = %v, want ErrNotExist", err)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func TestOpenMakesAFileForItsOwnerAlone(t *testing.T) {
	s := newShop(t)
	info, err := os.Lstat(s.path)
	must(t, err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the journal has mode %s, want 0600", info.Mode())
	}
	other := newShop(t)
	if s.Epoch() == other.Epoch() {
		t.Errorf("two journals have the epoch %s", s.Epoch())
	}
}

func TestRow62ASecondOwnerIsRefused(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-1", 1))
	before := glob(t, filepath.Dir(s.path))
	for name, open := range map[string]func() (*store.Journal, error){
		"Open": func() (*store.Journal, error) { return store.Open(s.path, store.Options{LockWait: time.Millisecond}) },
		"OpenReadOnly": func() (*store.Journal, error) {
			return store.OpenReadOnly(s.path, store.Options{LockWait: time.Millisecond})
		},
	} {
		if _, err := open(); !errors.Is(err, store.ErrLocked) {
			t.Errorf("%s of a journal with an owner = %v, want ErrLocked", name, err)
		}
	}
	if after := glob(t, filepath.Dir(s.path)); len(after) != len(before) {
		t.Errorf("the second owner left %q", after)
	}
	s.pay(id("lane-1", 2)) // the first one is unharmed
	s.check()
}

func TestRow62TheWaitForTheLockEnds(t *testing.T) {
	s := newShop(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if _, err := store.Open(s.path, store.Options{}); !errors.Is(err, store.ErrLocked) {
			t.Errorf("Open = %v, want ErrLocked", err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("a second owner waited %s, want 3 s at most", took)
		}
	})
}

func TestManyOwnersAtOnceAreOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	var all sync.WaitGroup
	var mu sync.Mutex
	var owners []*store.Journal
	for range 8 {
		all.Go(func() {
			j, err := store.Open(path, store.Options{LockWait: time.Millisecond})
			if err != nil {
				if !errors.Is(err, store.ErrLocked) {
					t.Errorf("Open = %v, want ErrLocked", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			owners = append(owners, j)
		})
	}
	all.Wait()
	if len(owners) != 1 {
		t.Errorf("%d of 8 own the journal, want one", len(owners))
	}
	for _, j := range owners {
		must(t, j.Close())
	}
	verify(t, path)
}

func TestTheWatchdogEndsAnOpenThatHangs(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-1", 1))
	synctest.Test(t, func(t *testing.T) {
		// The lock stands for anything that does not come back.
		j, err := store.Open(s.path, store.Options{LockWait: time.Hour, OpenTimeout: time.Minute})
		must(t, err)
		if d := damage(t, j.Damage()); !strings.Contains(d.Why, "longer than 1m0s") {
			t.Errorf("Damage() = %v", d)
		}
		if _, ok, err := j.Find(id("lane-1", 1)); ok || err == nil {
			t.Errorf("Find = %t, %v, want an error", ok, err)
		}
		wantDamage(t, j.Commit(s.commit(id("lane-1", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill})))
		must(t, j.Close())
		s.close() // the late open now gets the lock, and must let go of it
		time.Sleep(time.Second)
		synctest.Wait()
		s.open()
	})
	s.check()
}

func TestRow58AndRow72ANewerJournalIsNotTouched(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-1", 1)) // an open payment, which the older version must leave alone
	s.close()
	must(t, store.Change(s.path, func(tx *bbolt.Tx) error { return store.SetVersion(tx, store.Format+1) }))
	before, err := os.ReadFile(s.path)
	must(t, err)
	files := glob(t, filepath.Dir(s.path))

	for name, open := range map[string]func(string, store.Options) (*store.Journal, error){
		"Open": store.Open, "OpenReadOnly": store.OpenReadOnly,
	} {
		_, err = open(s.path, store.Options{})
		v, ok := errors.AsType[*store.VersionError](err)
		if !ok || v.Found != store.Format+1 || v.Known != store.Format {
			t.Errorf("%s = %v, want a VersionError", name, err)
		}
	}
	if _, err = store.Compact(s.path, year, morning()); err == nil {
		t.Error("Compact of a newer journal went on")
	}
	after, err := os.ReadFile(s.path)
	must(t, err)
	if !bytes.Equal(before, after) || len(files) != len(glob(t, filepath.Dir(s.path))) {
		t.Error("the journal of a newer version was touched")
	}
	must(t, store.Change(s.path, func(tx *bbolt.Tx) error { return store.SetVersion(tx, store.Format) }))
	s.open() // the upgrade goes on where the payment was
	s.check()
}

// Row 64: killed again and again. What a crash leaves is a file that was not closed, and files that
// were not finished.
func TestRow64CrashesAtStartAreHarmless(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	s.wait(id("lane-1", 2))
	path := copyFile(t, s.path)
	folder := filepath.Dir(path)
	for range 10 {
		put(t, filepath.Join(folder, "journal.db.new-1"), []byte("half a file"))
		put(t, filepath.Join(folder, "journal.db.head"), []byte("half a li"))
		j, err := store.Open(path, store.Options{})
		must(t, err)
		must(t, j.Damage())
		if err := agree(j, s.truth, s.order); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(filepath.Join(folder, "journal.db.new-1")); err == nil {
			t.Error("Open left what an earlier crash left")
		}
		next := copyFile(t, path)
		must(t, j.Close())
		path, folder = next, filepath.Dir(next)
	}
	verify(t, path)
}

// The journal remembers what it has written of running payments, and no more.
func TestAnEndedPaymentIsNotKeptInMemory(t *testing.T) {
	s := newShop(t)
	for n := range 3 {
		s.wait(id("lane-1", n))
	}
	if n := s.Recent(); n != 3 {
		t.Errorf("%d payments are in memory, want the three that run", n)
	}
	s.happen(id("lane-1", 0), payment.CancelAsked{At: morning(), Why: payment.WhyTill},
		payment.RequestSeen{At: morning(), Request: request(id("lane-1", 0)), Status: payment.RequestCanceled})
	if n := s.Recent(); n != 2 {
		t.Errorf("%d payments are in memory after one has ended, want two", n)
	}
	s.check()
}

func TestRow60AFullDiskStopsIntakeAndFreesTheReserve(t *testing.T) {
	s := newShop(t)
	reserve := s.path + ".reserve"
	info, err := os.Lstat(reserve)
	if err != nil || info.Size() != 8<<20 {
		t.Fatalf("the reserve is missing: %v", err)
	}
	free := uint64(100 << 20)
	s.SetFree(func(string) (uint64, bool) { return free, true })
	s.wait(id("lane-1", 1))
	if err := s.Room(); err != nil {
		t.Errorf("Room() with 100 MiB = %v", err)
	}
	free = 63 << 20
	if err := s.Room(); !errors.Is(err, store.ErrRoom) {
		t.Errorf("Room() with 63 MiB = %v, want ErrRoom", err)
	}
	s.happen(id("lane-1", 1), payment.RequestSeen{At: morning(), Request: request(id("lane-1", 1)), Status: payment.RequestInProgress})
	if _, err := os.Lstat(reserve); err != nil {
		t.Error("the reserve is gone before it was needed")
	}
	free = 7 << 20
	s.happen(id("lane-1", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill})
	if _, err := os.Lstat(reserve); err == nil {
		t.Error("the disk is all but full and the reserve is still there")
	}
	s.check()
	s.close()
	s.open() // with room again
	if _, err := os.Lstat(reserve); err != nil {
		t.Error("the reserve was not made again")
	}
}
