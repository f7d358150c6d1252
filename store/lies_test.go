// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

// longLife is a journal whose first sales lie further back than Open looks, so that a lie about them is met in use.
func longLife(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	s.pay(id("lane-1", 1))
	s.pay(id("lane-3", 2))
	s.short(morning(), id("lane-1", 3))
	for n := range 91 {
		s.pay(id("lane-2", 100+n))
	}
	s.wait(id("lane-1", 200))
	must(t, s.SetNote("lane-1", []byte("registered")))
	_, err := s.SeenEvent("event-1", morning())
	must(t, err)
	s.close()
	t.Cleanup(func() { s.Journal = nil })
	return s
}

// forged begins the name of a lie that carries the right checksum: nothing but a hand can tell it.
const forged = "forged"

// lies are the ways in which one entry is changed.
func lies(value []byte) map[string][]byte {
	return map[string][]byte{
		"empty": {}, "short": {7}, "zeros": make([]byte, len(value)), "longer": append(bytes.Clone(value), 'x'),
		"nothing": nil, "another number": store.Number(12), "no number": store.Number(1 << 40),
		forged + " bytes": store.Seal([]byte(`{"body":`)), forged + " number": store.Seal(append(store.Number(1), "{}"...)),
		forged + " nothing": store.Seal(nil),
	}
}

// early reports whether an entry is one that Open may overlook, or of which there are few.
func early(bucket string, key []byte) bool {
	return bucket != "records" && bucket != "payments" || bytes.Compare(key, store.Number(25)) < 0
}

// entriesOf lists the entries that are worth a lie, by bucket: all in the small buckets, the first ones in the long.
func entriesOf(t *testing.T, path string) map[string][][2][]byte {
	t.Helper()
	all := map[string][][2][]byte{}
	must(t, store.Change(path, func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				if bucket := string(name); early(bucket, k) && len(all[bucket]) < 2 {
					all[bucket] = append(all[bucket], [2][]byte{bytes.Clone(k), bytes.Clone(v)})
				}
				return nil
			})
		})
	}))
	return all
}

// Row 56: whatever one entry says, nothing that the journal answers is untrue, nothing panics, and what it still writes
// is found again.
func TestRow56AnEntryThatLies(t *testing.T) {
	s := longLife(t)
	file, err := os.ReadFile(s.path)
	must(t, err)
	entries := entriesOf(t, s.path)
	if len(entries) < 10 {
		t.Fatalf("only %d buckets hold anything", len(entries))
	}
	folder, n := t.TempDir(), 0
	for bucket, all := range entries {
		for _, entry := range all {
			for lie, value := range lies(entry[1]) {
				path := filepath.Join(folder, strconv.Itoa(n))
				n++
				put(t, path, file)
				sparseReserve(t, path)
				must(t, store.Change(path, func(tx *bbolt.Tx) error { return tell(tx.Bucket([]byte(bucket)), entry[0], value) }))
				if err := s.interrogate(path); err != nil && !strings.HasPrefix(lie, forged) {
					t.Errorf("%s %x is %s: %v", bucket, entry[0], lie, err)
				}
				for _, name := range []string{path, path + ".head", path + ".reserve"} {
					_ = os.Remove(name)
				}
			}
		}
	}
}

// tell puts a lie in an entry's place. Where a day's events are, that is a value where a bucket was.
func tell(b *bbolt.Bucket, key, value []byte) error {
	if b.Bucket(key) != nil {
		if err := b.DeleteBucket(key); err != nil {
			return err
		}
		if value == nil {
			return nil
		}
		return b.Put(key, value)
	}
	if value == nil {
		return b.Delete(key)
	}
	return b.Put(key, value)
}

// interrogate asks everything of a journal that holds a lie, then writes to it. It returns what was untrue.
func (s *shop) interrogate(path string) error {
	j, err := store.Open(path, store.Options{})
	if err != nil {
		return nil //nolint:nilerr // a journal that is refused says nothing untrue
	}
	_ = j.VerifyRest(context.Background())
	untrue := errors.Join(s.questions(j), s.writes(j))
	_ = j.Close()
	_, _ = store.Compact(path, year, morning().Add(3*year))
	return untrue
}

func (s *shop) questions(j *store.Journal) error {
	var wrong []error
	differs := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			wrong = append(wrong, fmt.Errorf("%s = %+v, want %+v", what, got, want))
		}
	}
	for _, id := range s.order {
		want := s.truth[id]
		if got, ok, err := j.Find(id); err == nil {
			differs("Find "+id.String(), got, want)
			differs("found", ok, true)
		}
		if got, ok, err := j.ByTransaction(want.Transaction.ID); want.Transaction.ID != "" && err == nil && ok {
			differs("ByTransaction "+id.String(), got, want)
		}
		if got, err := j.History(id); err == nil && len(got) > 0 {
			differs("length of the history of "+id.String(), len(got), want.Version)
		}
		for _, w := range []payment.Write{payment.WriteAuthorize, payment.WriteFinalize, payment.WriteCapture} {
			if b, ok, err := j.Blob(key(id, w)); err == nil && ok {
				differs("Blob of "+id.String(), b, payment.Blob{ID: id, Key: key(id, w), Body: body(key(id, w)), Token: token})
			}
		}
		_, _, _ = j.ByRequest(want.Request.ID)
	}
	for p, err := range j.Payments() {
		if err != nil {
			break
		}
		differs("payment of the list", p, s.truth[p.ID])
	}
	if value, ok, err := j.Note("lane-1"); err == nil && ok && j.Damage() == nil {
		differs("note", string(value), "registered")
	}
	for _, lane := range []payment.LaneID{"lane-1", "lane-2", "lane-3"} {
		if p, ok, err := j.Last(lane); err == nil && ok {
			differs("lane of the last payment", p.ID.Lane, lane)
		}
		_, _ = j.Totals(lane, 0)
		_, _, _ = j.Newest(lane, "sale-")
	}
	_, _ = j.Unfinished()
	_ = j.Export(io.Discard)
	return errors.Join(wrong...)
}

// writes commits something about each payment of the beginning, until the journal stops, and looks for it again.
func (s *shop) writes(j *store.Journal) error {
	_, _ = j.SeenEvent("event-1", morning())
	_, _ = j.SeenEvent("event-2", morning().AddDate(0, 0, 5))
	_ = j.SetNote("lane-1", []byte("again"))
	for _, n := range []payment.ID{id("lane-1", 1), id("lane-3", 2), id("lane-1", 200), id("lane-4", 1)} {
		c := s.next(n)
		if err := j.Commit(c); err != nil {
			continue
		}
		after := c.Records[len(c.Records)-1].After
		if got, ok, err := j.Find(n); err != nil || !ok || !reflect.DeepEqual(got, after) {
			return fmt.Errorf("committed %s and found %s, %t, %w", after.State, got.State, ok, err)
		}
	}
	return nil
}

// next is what may happen to a payment now.
func (s *shop) next(n payment.ID) payment.Commit {
	s.t.Helper()
	switch p, known := s.truth[n]; {
	case !known:
		return s.commit(n, asked(n), intended(n, payment.WriteAuthorize))
	case p.State == payment.StateWaiting:
		return s.commit(n, payment.CancelAsked{At: morning(), Why: payment.WhyTill})
	default:
		return s.commit(n, payment.ReversalAsked{At: morning()}, intended(n, payment.WriteRefund))
	}
}

// A journal without one of its buckets is damaged, whatever is asked of it.
func TestRow56AMissingBucketIsDamage(t *testing.T) {
	s := longLife(t)
	file, err := os.ReadFile(s.path)
	must(t, err)
	for _, bucket := range slices.Sorted(maps.Keys(entriesOf(t, s.path))) {
		if bucket == "notes" {
			continue // it is made with the first note
		}
		path := writeFile(t, file)
		must(t, store.Change(path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(bucket)) }))
		j, err := store.Open(path, store.Options{})
		must(t, err)
		wantDamage(t, j.Damage())
		if err := s.questions(j); err != nil {
			t.Errorf("without %s: %v", bucket, err)
		}
		wantDamage(t, j.Commit(s.next(id("lane-1", 200))))
		must(t, j.Close())
	}
}

// What is asked of a closed journal is an error, and says so.
func TestAClosedJournalAnswersNothing(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	j := s.Journal
	s.close()
	p, till := id("lane-1", 1), payment.TillID("sale-1")
	for name, ask := range map[string]func() error{
		"Find":          func() error { _, _, err := j.Find(p); return err },
		"Last":          func() error { _, _, err := j.Last("lane-1"); return err },
		"ByRequest":     func() error { _, _, err := j.ByRequest(request(p)); return err },
		"ByTransaction": func() error { _, _, err := j.ByTransaction(transaction(p)); return err },
		"Blob":          func() error { _, _, err := j.Blob(key(p, payment.WriteAuthorize)); return err },
		"History":       func() error { _, err := j.History(p); return err },
		"Unfinished":    func() error { _, err := j.Unfinished(); return err },
		"Head":          func() error { _, err := j.Head(); return err },
		"Totals":        func() error { _, err := j.Totals("lane-1", 0); return err },
		"Newest":        func() error { _, _, err := j.Newest("lane-1", string(till)); return err },
		"Note":          func() error { _, _, err := j.Note("a"); return err },
		"SetNote":       func() error { return j.SetNote("a", nil) },
		"SeenEvent":     func() error { _, err := j.SeenEvent("a", morning()); return err },
		"Export":        func() error { return j.Export(io.Discard) },
		"Snapshot":      func() error { return j.Snapshot(filepath.Join(t.TempDir(), "s.db")) },
		"Verify":        func() error { return j.Verify(t.Context(), nil) },
		"VerifyRest":    func() error { return j.VerifyRest(t.Context()) },
		"Commit":        func() error { return j.Commit(s.next(id("lane-1", 2))) },
		"Payments": func() error {
			for _, err := range j.Payments() {
				return err
			}
			return nil
		},
	} {
		if ask() == nil {
			t.Errorf("%s of a closed journal is no error", name)
		}
	}
}
