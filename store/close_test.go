// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

func (s *shop) closes() [][]byte {
	s.t.Helper()
	all, err := s.Closes()
	must(s.t, err)
	return all
}

func TestClosesAndFlightsSurviveTheProcess(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if all := s.closes(); len(all) != 0 {
		t.Errorf("an empty journal has %d closes", len(all))
	}
	sale, other := id("lane-1", 1), id("lane-1", 2)
	s.pay(sale)
	s.pay(other)
	for n := uint64(1); n <= 3; n++ {
		must(t, s.AddClose(n, fmt.Appendf(nil, "close %d", n)))
	}
	must(t, s.AddFlights([]store.Flight{{sale, []byte("a")}, {id("lane-1", 3), []byte("nobody")}, {sale, []byte("b")}}))
	must(t, s.AddFlights([]store.Flight{{sale, []byte("c")}, {other, []byte("x")}}))
	s.close()
	s.open()
	want := [][]byte{[]byte("close 1"), []byte("close 2"), []byte("close 3")}
	if got := s.closes(); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("Closes = %q, want %q", got, want)
	}
	if file, n, err := s.LastClose(); err != nil || n != 3 || string(file) != "close 3" {
		t.Errorf("LastClose = %q, %d, %v", file, n, err)
	}
	for id, want := range map[payment.ID]string{sale: "abc", other: "x", id("lane-1", 3): ""} {
		if got, err := s.Flight(id); err != nil || string(got) != want {
			t.Errorf("Flight(%s) = %q, %v; want %q", id, got, err, want)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	must(t, s.Snapshot(copied))
	j, err := store.OpenReadOnly(copied, store.Options{})
	must(t, err)
	if all, err := j.Closes(); err != nil || len(all) != 3 {
		t.Errorf("a snapshot has %d closes, %v", len(all), err)
	}
	must(t, j.Close())
}

// TestAWrongCloseStopsNothing: what is refused before it is written leaves the journal writable.
func TestAWrongCloseStopsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, n := range map[string]uint64{"none before it": 2, "number 0": 0} {
		if err := s.AddClose(n, []byte("x")); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	must(t, s.AddClose(1, []byte("x")))
	for name, file := range map[string][]byte{"empty": nil, "large": make([]byte, 1<<20+1)} {
		if err := s.AddClose(2, file); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if err := s.AddClose(1, []byte("y")); err == nil {
		t.Error("a close was replaced")
	}
	s.pay(id("lane-1", 1))
}

func TestAFlightIsBounded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sale := id("lane-1", 1)
	s.begin(sale)
	for range 100 {
		must(t, s.AddFlights([]store.Flight{{sale, make([]byte, 1000)}}))
	}
	if got, err := s.Flight(sale); err != nil || len(got) != 65_000 {
		t.Errorf("%d bytes are kept, %v; want 65000", len(got), err)
	}
	s.SetFree(func(string) (uint64, bool) { return 0, true })
	if err := s.AddFlights([]store.Flight{{sale, []byte("x")}}); !errors.Is(err, store.ErrRoom) {
		t.Errorf("with a full disk: %v", err)
	}
	if got, err := s.Flight(sale); err != nil || len(got) != 65_000 {
		t.Errorf("with a full disk %d bytes are kept, %v", len(got), err)
	}
}

// TestRetentionKeepsTheClosesAndTakesTheFlights: a close is about sums; what was seen is about a payment.
func TestRetentionKeepsTheClosesAndTakesTheFlights(t *testing.T) {
	s := newShop(t)
	old, recent := id("lane-1", 1), id("lane-1", 2)
	s.short(morning(), old)
	head, err := s.Head()
	must(t, err)
	s.short(morning().Add(2*year), recent)
	must(t, s.AddClose(1, []byte("close 1")))
	must(t, s.AddFlights([]store.Flight{{old, []byte("old")}, {recent, []byte("recent")}}))
	if removed := compact(t, s, morning().Add(2*year)); removed != 2 {
		t.Fatalf("Compact removed %d records, want 2", removed)
	}
	if got := s.closes(); len(got) != 1 || string(got[0]) != "close 1" {
		t.Errorf("Closes = %q", got)
	}
	for id, want := range map[payment.ID]string{old: "", recent: "recent"} {
		if got, err := s.Flight(id); err != nil || string(got) != want {
			t.Errorf("Flight(%s) = %q, %v; want %q", id, got, err, want)
		}
	}
	if s.Removed() != head {
		t.Errorf("Removed = %+v, want %+v", s.Removed(), head)
	}
	for seq, want := range map[uint64]bool{1: false, 2: true, 3: true, 4: true, 5: false} {
		if m, err := s.MarkAt(seq); (err == nil) != want || want && m.Seq != seq {
			t.Errorf("MarkAt(%d) = %+v, %v", seq, m, err)
		}
	}
	s.forget(1)
}

func TestABrokenCloseIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]func(tx *bbolt.Tx) error{
		"a bit of a close is wrong": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("closes")).Put(store.Number(1), []byte("0000close 1"))
		},
		"a close is missing": func(tx *bbolt.Tx) error { return tx.Bucket([]byte("closes")).Delete(store.Number(1)) },
		"a bit of what was seen is wrong": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("flights")).Put(store.Number(1), []byte("0000x"))
		},
		"something was seen of nobody": func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("flights")).Put(store.Number(99), store.Seal([]byte("x")))
		},
	}
	for name, spoil := range tests {
		s := newShop(t)
		s.pay(id("lane-1", 1))
		must(t, s.AddClose(1, []byte("close 1")))
		must(t, s.AddClose(2, []byte("close 2")))
		must(t, s.AddFlights([]store.Flight{{id("lane-1", 1), []byte("x")}}))
		s.close()
		broken := copyFile(t, s.path)
		must(t, store.Change(broken, spoil))
		if err := verdict(t, broken); err == nil {
			t.Errorf("%s: Verify found nothing", name)
		} else {
			wantDamage(t, err)
		}
	}
}

func TestALifeIsTheRecordsPlayedAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second := id("lane-1", 1), id("lane-2", 1)
	s.begin(first)
	s.pay(second)
	head, err := s.Head()
	must(t, err)
	s.happen(first, stepUp(first))
	life, err := s.Life(first)
	must(t, err)
	if len(life) != 3 || life[0].Seq != 1 || life[2].Seq != head.Seq+1 || life[2].After.Version != 3 || life[2].After.State != payment.StateWaiting {
		t.Errorf("Life = %+v", life)
	}
	if none, err := s.Life(id("lane-1", 9)); err != nil || len(none) != 0 {
		t.Errorf("Life of nobody = %+v, %v", none, err)
	}
	tests := map[string]struct {
		after, through uint64
		want           []payment.ID
	}{
		"everything": {0, head.Seq + 1, []payment.ID{first, second}},
		"the second": {2, head.Seq, []payment.ID{second}},
		"the last":   {head.Seq, head.Seq + 9, []payment.ID{first}},
		"nothing":    {head.Seq + 1, head.Seq + 9, nil},
	}
	for name, tt := range tests {
		if got, err := s.Touched(tt.after, tt.through); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: Touched = %v, %v; want %v", name, got, err, tt.want)
		}
	}
}
