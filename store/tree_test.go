// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

// bbolt follows a branch that leads back to itself until the stack ends, which nothing can recover:
// the daemon would die at every start, or at the first question of a till.
func TestAPageThatLeadsBackIsSeen(t *testing.T) {
	s := newShop(t)
	for n := range 8 {
		s.pay(id("lane-1", n))
	}
	s.close()
	t.Cleanup(func() { s.Journal = nil })
	sound, err := os.ReadFile(s.path)
	must(t, err)
	page := os.Getpagesize()
	branches := 0
	for number := range len(sound) / page {
		at := sound[number*page:]
		if number < 2 || binary.NativeEndian.Uint16(at[8:]) != 1 {
			continue
		}
		for _, to := range []int{number, 0, 1 << 40} {
			looped := append([]byte(nil), sound...)
			binary.NativeEndian.PutUint64(looped[number*page+16+8:], uint64(to))
			path := writeFile(t, looped)
			sparseReserve(t, path)
			j, err := store.Open(path, store.Options{})
			must(t, err)
			if d := j.Damage(); d == nil {
				continue // a page that is not used any more
			} else if strings.Contains(d.Error(), "tree of pages") {
				branches++
			}
			for _, id := range s.order {
				if got, ok, err := j.Find(id); err == nil && (!ok || got.Version != s.truth[id].Version) {
					t.Errorf("Find(%s) = version %d, %t, want the truth or an error", id, got.Version, ok)
				}
			}
			must(t, j.Close())
		}
	}
	if branches < 3 {
		t.Errorf("%d loops were seen: the test does not reach a branch in use", branches)
	}
}

// Open does not walk all of a large journal, so what it left is walked before anything follows its pages.
func TestAPageThatLeadsBackIsSeenInAnOpenJournal(t *testing.T) {
	s := newShop(t)
	for n := range 8 {
		s.pay(id("lane-1", n))
	}
	if err := s.WalkRest(); err != nil {
		t.Fatalf("WalkRest of a sound journal = %v", err)
	}
	f, err := os.OpenFile(s.path, os.O_RDWR, 0o600)
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	sound, err := os.ReadFile(s.path)
	must(t, err)
	page, seen := os.Getpagesize(), 0
	for number := 2; number < len(sound)/page; number++ {
		if binary.NativeEndian.Uint16(sound[number*page+8:]) != 1 {
			continue
		}
		at := int64(number*page + 16 + 8)
		_, err = f.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(number)), at)
		must(t, err)
		if _, ok := errors.AsType[*store.DamageError](s.WalkRest()); ok {
			seen++
		}
		_, err = f.WriteAt(sound[at:at+8], at)
		must(t, err)
	}
	if seen == 0 {
		t.Error("no loop was seen: the test does not reach a branch in use")
	}
}

// A disk that loses the page of a snapshot shows the one that lay there before, which is whole: to act
// upon it would be to decide again what was decided.
func TestASnapshotThatWasSetBackIsSeenAtOpen(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-1", 1))
	var old []byte
	must(t, s.Close())
	must(t, store.Change(s.path, func(tx *bbolt.Tx) error {
		old = append(old, tx.Bucket([]byte("payments")).Get(store.Number(1))...)
		return nil
	}))
	s.open()
	s.happen(id("lane-1", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill})
	s.close()
	t.Cleanup(func() { s.Journal = nil })
	must(t, store.Change(s.path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("payments")).Put(store.Number(1), old)
	}))
	j, err := store.Open(s.path, store.Options{})
	must(t, err)
	if d := damage(t, j.Damage()); d.Seq != 4 || !strings.Contains(d.Why, "set back to record 3") {
		t.Errorf("Damage() = %v, want record 4, whose payment was set back to record 3", d)
	}
	must(t, refuses(j))
	must(t, j.Close())
}

// FuzzCheckTree overwrites a part of a sound journal with anything.
func FuzzCheckTree(f *testing.F) {
	s := newShop(f)
	for n := range 8 {
		s.pay(id("lane-1", n))
	}
	sound, err := os.ReadFile(s.path)
	must(f, err)
	if err := store.CheckTree(bytes.NewReader(sound), int64(len(sound))); err != nil {
		f.Fatalf("CheckTree of a sound journal = %v", err)
	}
	page := uint32(os.Getpagesize())
	f.Add(page+16, []byte{0})
	f.Add(2*page, []byte{2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 255, 255, 255, 255, 255, 255})
	f.Add(3*page+16, []byte{1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		file := bytes.Clone(sound)
		copy(file[int(at)%len(file):], with)
		err := store.CheckTree(bytes.NewReader(file), int64(len(file)))
		if _, ok := errors.AsType[*store.DamageError](err); err != nil && !ok {
			t.Errorf("CheckTree = %v, want a DamageError or nil", err)
		}
	})
}
