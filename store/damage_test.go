// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

// sample is a small journal: two lanes, one sale done, one waiting, one in the middle.
func sample(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	s.pay(id("lane-1", 1))
	s.wait(id("lane-2", 1))
	s.begin(id("lane-1", 2))
	s.close()
	t.Cleanup(func() { s.Journal = nil })
	return s
}

// seenOrHarmless opens a journal that something was done to, and fails if it answers anything that is
// not the truth without saying that it is damaged.
func seenOrHarmless(t *testing.T, s *shop, path string) (seen bool, err error) {
	t.Helper()
	// Some flips make bbolt run for minutes: those the watchdog has to see.
	j, err := store.Open(path, store.Options{OpenTimeout: 5 * time.Second})
	if err != nil {
		return true, nil
	}
	defer func() { _ = j.Close() }()
	known := j.Damage()
	answers := agree(j, s.truth, s.order)
	if errors.Is(answers, errUntrue) {
		return false, answers
	}
	full := j.Verify(context.WithoutCancel(t.Context()), nil)
	if full == nil && answers != nil {
		return false, fmt.Errorf("Verify sees nothing, yet: %w", answers)
	}
	return known != nil || full != nil, nil
}

// Bytes all over the file, flipped in one bit: no answer is ever untrue. Verify finds the flip, or,
// where the byte means nothing, every answer is still there.
func TestAFlippedBitIsSeenOrHarmless(t *testing.T) {
	if raceDetector {
		t.Skip("on a broken page bbolt reads beyond it, into memory of other goroutines")
	}
	s := sample(t)
	sound, err := os.ReadFile(s.path)
	must(t, err)
	head, err := os.ReadFile(s.path + ".head") // shows that bbolt fell back to its older meta page
	must(t, err)
	step := 37
	if testing.Short() {
		step = 211
	}
	random := rand.New(rand.NewPCG(1, 2))
	flips, seen := 0, 0
	folder := t.TempDir()
	for at := random.IntN(step); at < len(sound); at += step {
		flipped := bytes.Clone(sound)
		flipped[at] ^= 1 << random.IntN(8)
		path := filepath.Join(folder, strconv.Itoa(at)) // its own, because a late open may still hold it
		put(t, path, flipped)
		put(t, path+".head", head)
		sparseReserve(t, path)
		found, err := seenOrHarmless(t, s, path)
		if err != nil {
			t.Errorf("byte %d: %v", at, err)
		}
		for _, name := range []string{path, path + ".head", path + ".reserve"} {
			_ = os.Remove(name)
		}
		flips++
		if found {
			seen++
		}
	}
	t.Logf("%d flips, %d seen", flips, seen)
	if seen < flips/20 {
		t.Errorf("only %d of %d flips were seen: the test does not reach the data", seen, flips)
	}
}

// Wherever a record's bytes lie in the file, one flipped bit of them is named by Verify.
func TestAFlippedBitOfARecordIsNamed(t *testing.T) {
	s := sample(t)
	sound, err := os.ReadFile(s.path)
	must(t, err)
	records := recordBytes(t, s.path)
	step := 7
	if testing.Short() {
		step = 61
	}
	random := rand.New(rand.NewPCG(3, 4))
	path := writeFile(t, nil)
	for i, value := range records {
		place := bytes.LastIndex(sound, value)
		for at := random.IntN(step); at < len(value); at += step {
			flipped := bytes.Clone(sound)
			for p := place; p >= 0; p = bytes.LastIndex(flipped[:p], value) { // older copies of the page too
				flipped[p+at] ^= 1 << random.IntN(8)
			}
			put(t, path, flipped)
			d := damage(t, verdict(t, path))
			if d.Seq != uint64(i+1) {
				t.Fatalf("a flip in byte %d of record %d: Verify = %v", at, i+1, d)
			}
		}
	}
}

func recordBytes(t *testing.T, path string) [][]byte {
	t.Helper()
	var all [][]byte
	must(t, store.Change(path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("records")).ForEach(func(_, v []byte) error {
			all = append(all, bytes.Clone(v))
			return nil
		})
	}))
	return all
}

func TestNoBitOfARecordIsFree(t *testing.T) {
	for i, value := range recordBytes(t, sample(t).path) {
		if same, err := store.Recode(value); err != nil || !bytes.Equal(same, value) {
			t.Fatalf("record %d does not survive being read and written: %v", i+1, err)
		}
		for bit := range 8 * len(value) {
			flipped := bytes.Clone(value)
			flipped[bit/8] ^= 1 << (bit % 8)
			if _, err := store.Recode(flipped); err == nil {
				t.Fatalf("record %d with bit %d flipped is taken for good", i+1, bit)
			}
		}
		for size := range value {
			if _, err := store.Recode(value[:size]); err == nil {
				t.Fatalf("record %d cut to %d bytes is taken for good", i+1, size)
			}
		}
	}
}

// edits are lies inside a file whose pages are in order. Each names what Verify says about it.
func edits() map[string]struct {
	edit   func(tx *bbolt.Tx) error
	seq    uint64
	atOpen bool // Open must see it, because a restart would act upon it
} {
	records, payments, open := []byte("records"), []byte("payments"), []byte("open")
	swap := func(bucket []byte, a, b uint64) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			from := tx.Bucket(bucket)
			one, two := bytes.Clone(from.Get(store.Number(a))), bytes.Clone(from.Get(store.Number(b)))
			if err := from.Put(store.Number(a), two); err != nil {
				return err
			}
			return from.Put(store.Number(b), one)
		}
	}
	remove := func(bucket []byte, key []byte) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Delete(key) }
	}
	set := func(bucket string, key, value []byte) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key, value) }
	}
	return map[string]struct {
		edit   func(tx *bbolt.Tx) error
		seq    uint64
		atOpen bool
	}{
		"two records are swapped":               {swap(records, 4, 5), 4, true},
		"a record is missing":                   {remove(records, store.Number(3)), 3, true},
		"the first record is missing":           {remove(records, store.Number(1)), 1, true},
		"the last record is missing":            {remove(records, store.Number(16)), 15, true},
		"a record is empty":                     {set("records", store.Number(2), []byte{1}), 2, true},
		"a record too many":                     {set("records", store.Number(17), []byte("x")), 17, true},
		"a record with a strange key":           {set("records", []byte("zzz"), []byte("x")), 17, true},
		"two snapshots are swapped":             {swap(payments, 12, 15), 0, true},
		"the snapshot of an open sale is gone":  {remove(payments, store.Number(12)), 12, true},
		"the snapshot of a done sale is gone":   {remove(payments, store.Number(1)), 1, true},
		"a done sale cannot be found by its id": {remove([]byte("ids"), []byte("lane-1\x00sale-1")), 1, true},
		"an open sale cannot be found by its id": {
			remove([]byte("ids"), []byte("lane-2\x00sale-1")), 12, true,
		},
		"an id leads to another sale":               {set("ids", []byte("lane-1\x00sale-1"), store.Number(12)), 1, true},
		"an unfinished sale is not listed":          {remove(open, store.Number(15)), 16, false},
		"a done sale is listed as unfinished":       {set("open", store.Number(1), []byte{1}), 11, true},
		"a sale that is not there is unfinished":    {set("open", store.Number(9), []byte{1}), 9, true},
		"a lane does not know its newest sale":      {set("lanes", []byte("lane-1"), store.Number(1)), 15, false},
		"an index leads nowhere":                    {set("requests", []byte("0123456789abcdef"), store.Number(99)), 0, false},
		"an index entry is too short":               {set("ids", []byte("lane-1\x00sale-2"), []byte("x")), 0, true},
		"the head is of another time":               {set("meta", []byte("head"), make([]byte, 40)), 16, true},
		"the head is too short":                     {set("meta", []byte("head"), []byte("x")), 0, true},
		"the identity is another one":               {set("meta", []byte("identity"), []byte("some other identity")), 0, true},
		"the format number is unreadable":           {set("meta", []byte("version"), []byte{0, 0, 0, 1}), 0, true},
		"a bucket is missing":                       {func(tx *bbolt.Tx) error { return tx.DeleteBucket(open) }, 0, true},
		"everything is missing":                     {func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }, 0, true},
		"a bucket where a value should be":          {func(tx *bbolt.Tx) error { _, err := tx.Bucket(records).CreateBucket([]byte("a")); return err }, 17, true},
		"all records are missing":                   {func(tx *bbolt.Tx) error { return emptied(tx, records) }, 0, true},
		"all payments are missing":                  {func(tx *bbolt.Tx) error { return emptied(tx, payments) }, 1, true},
		"the payments and their list are missing":   {func(tx *bbolt.Tx) error { return emptied(tx, payments, open) }, 1, true},
		"a snapshot that is longer than it was":     {longer, 11, false},
		"a snapshot's last record is another's":     {func(tx *bbolt.Tx) error { return relinked(tx, 12, 13) }, 14, true},
		"a snapshot is one of an hour ago, renamed": {func(tx *bbolt.Tx) error { return relinked(tx, 1, 10) }, 11, true},
	}
}

func emptied(tx *bbolt.Tx, names ...[]byte) error {
	for _, name := range names {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return nil
}

func longer(tx *bbolt.Tx) error {
	payments := tx.Bucket([]byte("payments"))
	return payments.Put(store.Number(1), append(bytes.Clone(payments.Get(store.Number(1))), ' '))
}

func relinked(tx *bbolt.Tx, payment, last uint64) error {
	payments := tx.Bucket([]byte("payments"))
	value := bytes.Clone(payments.Get(store.Number(payment)))
	copy(value, store.Number(last))
	return payments.Put(store.Number(payment), value)
}

func TestVerifyNamesTheFirstBrokenRecord(t *testing.T) {
	for name, tt := range edits() {
		t.Run(name, func(t *testing.T) {
			s := sample(t)
			must(t, os.Remove(s.path+".head"))
			must(t, store.Change(s.path, tt.edit))
			j, err := store.Open(s.path, store.Options{})
			must(t, err)
			defer func() { _ = j.Close() }()
			if (j.Damage() != nil) != tt.atOpen {
				t.Errorf("Damage() after Open = %v, want it seen: %t", j.Damage(), tt.atOpen)
			}
			d := damage(t, j.Verify(t.Context(), nil))
			if tt.seq != 0 && d.Seq != tt.seq {
				t.Errorf("Verify = %v, want record %d", d, tt.seq)
			}
			if tt.atOpen {
				wantDamage(t, j.Commit(s.commit(id("lane-1", 9), asked(id("lane-1", 9)))))
				if _, ok, err := j.Find(id("lane-1", 4711)); ok || err == nil {
					t.Errorf("Find(unknown) in a damaged journal = %t, %v, want an error: it may have been there", ok, err)
				}
				if err := j.Room(); err == nil {
					t.Error("Room() of a damaged journal says that there is room")
				}
			}
			s.Journal = nil
		})
	}
}

// A break that the background finds stops intake, and lets running payments end.
func TestVerifyRestRemembersDamage(t *testing.T) {
	s := newShop(t)
	for n := range 120 { // more records than Open verifies
		s.pay(id("lane-1", n))
	}
	s.wait(id("lane-2", 1))
	s.close()
	must(t, store.Change(s.path, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("records")).Put(store.Number(7), []byte("broken"))
	}))
	j, err := store.Open(s.path, store.Options{})
	must(t, err)
	must(t, j.Damage())
	if d := damage(t, j.VerifyRest(t.Context())); d.Seq != 7 {
		t.Errorf("VerifyRest = %v, want record 7", d)
	}
	wantDamage(t, j.Damage())
	c := s.commit(id("lane-2", 1), payment.CancelAsked{At: morning(), Why: payment.WhyTill})
	c.Records[0].At = morning().Add(3 * year)
	must(t, j.Commit(c))
	must(t, j.Close())
	if _, err := store.Compact(s.path, year, morning().Add(3*year)); err == nil {
		t.Error("Compact rewrote a damaged journal")
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Verify(ctx, nil); err == nil {
		t.Error("Verify went on after its context ended")
	}
	if s.Damage() != nil {
		t.Errorf("an interrupted Verify is taken for damage: %v", s.Damage())
	}
	var steps []uint64
	must(t, s.Verify(t.Context(), func(done, total uint64) { steps = append(steps, done, total) }))
	if len(steps) != 2 || steps[0] != 11 || steps[1] != 11 {
		t.Errorf("progress = %d, want 11 of 11", steps)
	}
}

// Row 56: whatever is left of the file answers truly or not at all.
func TestRow56ACutFileAnswersWhatIsReadable(t *testing.T) {
	s := newShop(t)
	for n := range 40 {
		s.pay(id("lane-1", n))
	}
	s.wait(id("lane-1", 100))
	file := filepath.Join(t.TempDir(), "whole.db") // without the unused pages at the end of a live file
	must(t, s.Snapshot(file))
	whole, err := os.ReadFile(file)
	must(t, err)
	page, found := os.Getpagesize(), 0
	sizes := []int{0, 1, 100, page - 1, page, 2 * page, 3 * page, 4*page + 17, len(whole) / 2, len(whole) * 3 / 4, len(whole) - page}
	for _, size := range sizes {
		path := writeFile(t, whole[:size])
		j, err := store.Open(path, store.Options{})
		must(t, err)
		wantDamage(t, j.Damage())
		wantDamage(t, j.Commit(s.commit(id("lane-1", 100), payment.CancelAsked{At: morning(), Why: payment.WhyTill})))
		for _, id := range s.order {
			got, ok, failed := j.Find(id)
			switch {
			case failed != nil:
			case !ok:
				t.Errorf("cut to %d bytes: Find(%s) says that it never was", size, id)
			case got.Version != s.truth[id].Version:
				t.Errorf("cut to %d bytes: Find(%s) = version %d, want %d", size, id, got.Version, s.truth[id].Version)
			default:
				found++
			}
		}
		if j.Verify(t.Context(), nil) == nil {
			t.Errorf("cut to %d bytes: Verify sees nothing", size)
		}
		must(t, j.Close())
		after, err := os.ReadFile(path)
		must(t, err)
		if !bytes.Equal(after, whole[:size]) {
			t.Errorf("cut to %d bytes: the file was changed", size)
		}
	}
	if found == 0 {
		t.Error("nothing was readable in any of the cut files")
	}
}

func TestRow57AnOlderCopyIsNoticed(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	s.close()
	yesterday, err := os.ReadFile(s.path)
	must(t, err)
	s.open()
	s.wait(id("lane-1", 2))
	s.close()
	today, err := os.ReadFile(s.path)
	must(t, err)

	put(t, s.path, yesterday)
	j, err := store.Open(s.path, store.Options{})
	must(t, err)
	if d := damage(t, j.Damage()); d.Seq != 11 || !strings.Contains(d.Why, "older copy") {
		t.Errorf("Damage() = %v, want an older copy that ends with record 11", d)
	}
	wantDamage(t, j.Commit(s.commit(id("lane-1", 3), asked(id("lane-1", 3)))))
	p, ok, err := j.Find(id("lane-1", 1))
	if !ok || err != nil || p.State != payment.StateCaptured {
		t.Errorf("Find(an old result) = %s, %t, %v, want it answered", p.State, ok, err)
	}
	must(t, j.Close())
	wantDamage(t, verdict(t, s.path))

	must(t, os.Remove(s.path+".head")) // the operator accepts it
	j, err = store.Open(s.path, store.Options{})
	must(t, err)
	must(t, j.Damage())
	// Another life of the same journal, of the same length as the one that was lost.
	must(t, j.Commit(payment.Commit{Records: s.commit(id("lane-1", 7), asked(id("lane-1", 7))).Records}))
	must(t, j.Commit(payment.Commit{Records: s.commit(id("lane-1", 8), asked(id("lane-1", 8))).Records}))
	must(t, j.Commit(payment.Commit{Records: s.commit(id("lane-1", 9), asked(id("lane-1", 9))).Records}))
	must(t, j.Close())
	put(t, s.path, today)
	j, err = store.Open(s.path, store.Options{})
	must(t, err)
	if d := damage(t, j.Damage()); d.Seq != 14 {
		t.Errorf("Damage() = %v, want record 14 of another life", d)
	}
	must(t, j.Close())
	must(t, os.Remove(s.path+".head"))
}

// A witness that is behind, unreadable or of another journal proves nothing.
func TestAWitnessThatProvesNothingIsIgnored(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	behind, err := os.ReadFile(s.path + ".head")
	must(t, err)
	s.wait(id("lane-1", 2))
	s.close()
	other := newShop(t)
	for n := range 9 {
		other.pay(id("lane-1", n))
	}
	foreign, err := os.ReadFile(other.path + ".head")
	must(t, err)
	for name, text := range map[string][]byte{
		"behind": behind, "empty": nil, "torn": append(behind[:40:40], foreign[40:]...), "of another journal": foreign,
		"zeros": make([]byte, len(behind)), "too long": bytes.Repeat(behind, 2),
	} {
		put(t, s.path+".head", text)
		j, err := store.Open(s.path, store.Options{})
		must(t, err)
		if j.Damage() != nil {
			t.Errorf("a witness that is %s: Damage() = %v", name, j.Damage())
		}
		must(t, j.Close())
	}
	s.open()
}

func FuzzDecodeRecord(f *testing.F) {
	header := append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 64)...)
	f.Add([]byte{})
	f.Add(header)
	f.Add(append(header, `{"at":"2026-03-02T09:00:00Z","lane":"lane-1","id":"1","event":"offered","fields":{},"state":"approved","version":2}`...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = store.Recode(b)
		again, err := store.Recode(store.Seal(b)) // past the checksum
		if err != nil {
			return
		}
		if third, err := store.Recode(again); err != nil || !bytes.Equal(again, third) {
			t.Errorf("a record that was read and written reads differently: %v", err)
		}
	})
}
