// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

func TestEverythingCommittedIsFound(t *testing.T) {
	s := newShop(t)
	s.check()
	s.pay(id("lane-1", 1))
	s.wait(id("lane-2", 1))
	s.begin(id("lane-1", 2))
	s.happen(id("lane-2", 7), payment.CancelAsked{At: morning(), Why: payment.WhyTill}) // a tombstone
	s.check()

	epoch := s.Epoch()
	s.close()
	s.open()
	s.check()
	if s.Epoch() != epoch || len(epoch) != 8 {
		t.Errorf("Epoch() = %q after reopening, want %q of eight characters", s.Epoch(), epoch)
	}
	for lane, want := range map[payment.LaneID]payment.TillID{"lane-1": "sale-2", "lane-2": "sale-1"} {
		if p, ok, err := s.Last(lane); p.ID.Till != want || !ok || err != nil {
			t.Errorf("Last(%s) = %s, %t, %v, want %s: a tombstone is not the last sale", lane, p.ID, ok, err, want)
		}
	}
	if _, ok, err := s.Last("lane-3"); ok || err != nil {
		t.Errorf("Last(unknown lane) = %t, %v", ok, err)
	}
}

func TestBytesOfAnIntentSurviveAndCanBeErased(t *testing.T) {
	s := newShop(t)
	sale := id("lane-1", 1)
	s.pay(sale)
	k := key(sale, payment.WriteFinalize)
	got, ok, err := s.Blob(k)
	want := payment.Blob{ID: sale, Key: k, Body: body(k), Token: token}
	if err != nil || !ok || !reflect.DeepEqual(got, want) {
		t.Fatalf("Blob(%s) = %+v, %t, %v, want %+v", k, got, ok, err, want)
	}
	if err := s.Commit(payment.Commit{Erase: []payment.Key{k, "never planned"}}); err != nil {
		t.Fatalf("Commit(erase): %v", err)
	}
	if _, ok, err := s.Blob(k); ok || err != nil {
		t.Errorf("Blob(erased) = %t, %v, want false", ok, err)
	}
	if _, ok, _ := s.Blob(key(sale, payment.WriteAuthorize)); !ok {
		t.Error("Blob(another intent) is gone too")
	}
}

func TestRecordsTellTheWholeStory(t *testing.T) {
	s := newShop(t)
	for n := range 60 { // several batches of reading
		s.pay(id("lane-1", n))
	}
	want := uint64(1)
	folded := make(map[payment.ID]payment.Payment)
	for e, err := range s.Records(0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != want {
			t.Fatalf("record %d follows record %d", e.Seq, want-1)
		}
		want++
		event, err := e.Event()
		if err != nil {
			t.Fatal(err)
		}
		at := payment.ID{Lane: e.Lane, Till: e.ID}
		p := folded[at]
		p.ID = at
		if folded[at], _, err = payment.Step(p, event); err != nil {
			t.Fatal(err)
		}
		if folded[at].State != e.State || folded[at].Version != e.Version {
			t.Fatalf("record %d says %s version %d, its events %s version %d", e.Seq, e.State, e.Version, folded[at].State, folded[at].Version)
		}
	}
	if !reflect.DeepEqual(folded, s.truth) {
		t.Error("the events do not lead to the payments")
	}
	head, err := s.Head()
	if err != nil || head.Seq != want-1 || head.Seq <= 600 {
		t.Errorf("Head() = %d, %v, want %d, the last record", head.Seq, err, want-1)
	}
	for e, err := range s.Records(head.Seq) {
		if err != nil || e.Hash != head.Hash {
			t.Errorf("the last record has hash %s (%v), the head %s", e.Hash, err, head.Hash)
		}
	}
	var all []payment.ID
	for p, err := range s.Payments() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p.ID)
	}
	if !slices.Equal(all, s.order) {
		t.Errorf("Payments() = %v, want %v", all, s.order)
	}
}

func TestHistoryIsOnePaymentOnly(t *testing.T) {
	s := newShop(t)
	s.wait(id("lane-2", 1))
	s.pay(id("lane-1", 1))
	entries, err := s.History(id("lane-1", 1))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Kind)
	}
	want := []string{
		"asked", "intended", "step_up_required", "request_seen", "request_seen", "intended", "approved_by_klarna",
		"offered", "confirmed", "intended", "captured",
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("History = %q, want %q", kinds, want)
	}
	if none, err := s.History(id("lane-1", 2)); none != nil || err != nil {
		t.Errorf("History(unknown) = %v, %v, want none", none, err)
	}
}

func TestExportHasNoSecretsAndNoBodies(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	var out bytes.Buffer
	if err := s.Export(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), token) || strings.Contains(out.String(), `\"key\"`) {
		t.Errorf("Export shows a token or a body:\n%s", out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 11 {
		t.Fatalf("Export = %d lines, want 11", len(lines))
	}
	var first struct {
		Epoch, Lane, ID, Event, State, Hash string
		Seq                                 uint64
		Fields                              struct{ Order payment.Order }
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.Epoch != s.Epoch() || first.Seq != 1 || first.Event != "asked" || first.State != "received" || first.ID != "sale-1" ||
		first.Fields.Order.Amount.Minor != 1610 || len(first.Hash) != 64 {
		t.Errorf("first line = %s", lines[0])
	}
	s.close()
	// The file holds what a restart needs, but no record does.
	raw, err := os.ReadFile(s.path)
	if err != nil || !bytes.Contains(raw, []byte(token)) {
		t.Errorf("the token is not in the journal's file (%v), so that this test proves nothing", err)
	}
	s.open()
}

func TestCommitRefusesWhatCannotFollow(t *testing.T) {
	sale, ended := id("lane-1", 1), id("lane-1", 2)
	cancel := payment.CancelAsked{At: morning(), Why: payment.WhyTill}
	named := func(s *shop, id payment.ID) payment.Commit {
		return payment.Commit{Records: s.commit(id, asked(id)).Records}
	}
	tests := map[string]func(s *shop) payment.Commit{
		"a version is skipped": func(s *shop) payment.Commit {
			c := s.commit(sale, cancel)
			c.Records[0].After.Version++
			return c
		},
		"a version comes twice": func(s *shop) payment.Commit {
			c := s.commit(sale, cancel)
			c.Records = append(c.Records, c.Records[0])
			return c
		},
		"the second of two payments is wrong": func(s *shop) payment.Commit {
			c := s.commit(id("lane-1", 3), asked(id("lane-1", 3)))
			c.Records = append(c.Records, s.commit(sale, cancel, payment.Told{At: morning(), Outcome: payment.Cancelled}).Records[1])
			return c
		},
		"an edge that the state machine does not have": func(s *shop) payment.Commit {
			c := s.commit(sale, cancel)
			c.Records[0].After.State = payment.StateApproved
			return c
		},
		"an ended payment begins again": func(s *shop) payment.Commit {
			c := named(s, id("lane-1", 3))
			c.Records[0].After.ID, c.Records[0].After.Version = ended, 2
			return c
		},
		"bytes that were not decided": func(*shop) payment.Commit {
			return payment.Commit{Blobs: []payment.Blob{{ID: sale, Key: key(sale, payment.WriteAuthorize), Body: []byte("{}")}}}
		},
		"bytes without an intent": func(*shop) payment.Commit {
			return payment.Commit{Blobs: []payment.Blob{{ID: sale, Key: "other", Body: body("other")}}}
		},
		"bytes without a key": func(*shop) payment.Commit {
			return payment.Commit{Blobs: []payment.Blob{{ID: sale}}}
		},
		"no lane":              func(s *shop) payment.Commit { return named(s, payment.ID{Till: "1"}) },
		"a NUL in the lane":    func(s *shop) payment.Commit { return named(s, payment.ID{Lane: "a\x00b", Till: "1"}) },
		"no id":                func(s *shop) payment.Commit { return named(s, payment.ID{Lane: "a"}) },
		"a line end in the id": func(s *shop) payment.Commit { return named(s, payment.ID{Lane: "a", Till: "1\n"}) },
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.wait(sale)
			s.happen(ended, cancel)
			before, _ := s.Head()
			err := s.Commit(prepare(s))
			if !errors.Is(err, store.ErrStopped) {
				t.Fatalf("Commit = %v, want ErrStopped", err)
			}
			if again := s.Commit(s.commit(sale, cancel)); !errors.Is(again, err) {
				t.Errorf("next Commit = %v, want the same error, %v", again, err)
			}
			if _, err := s.SeenEvent("evt", morning()); !errors.Is(err, store.ErrStopped) {
				t.Errorf("SeenEvent after a failed commit = %v, want ErrStopped", err)
			}
			if after, _ := s.Head(); after != before {
				t.Errorf("the head moved from %d to %d", before.Seq, after.Seq)
			}
			s.check()
		})
	}
}

func TestAnEmptyCommitCostsNothing(t *testing.T) {
	s := newShop(t)
	writes := 0
	s.Intercept(func(next store.WriteAt) store.WriteAt {
		return func(b []byte, off int64) (int, error) { writes++; return next(b, off) }
	})
	if err := s.Commit(payment.Commit{}); err != nil || writes != 0 {
		t.Errorf("Commit(nothing) = %v with %d writes, want none", err, writes)
	}
}

// One commit is one transaction: one write of the pages and one of bbolt's meta page, however many
// payments are in it.
func TestACommitOfManyPaymentsIsOneTransaction(t *testing.T) {
	s := newShop(t)
	metas := 0
	s.Intercept(func(next store.WriteAt) store.WriteAt {
		return func(b []byte, off int64) (int, error) {
			if off < int64(2*os.Getpagesize()) {
				metas++
			}
			return next(b, off)
		}
	})
	var all payment.Commit
	for n := range 30 {
		sale := id("lane-1", n)
		c := s.commit(sale, asked(sale), intended(sale, payment.WriteAuthorize))
		all.Records, all.Blobs = append(all.Records, c.Records...), append(all.Blobs, c.Blobs...)
	}
	if err := s.Commit(all); err != nil {
		t.Fatal(err)
	}
	s.accept(all)
	s.check()
	if metas != 1 {
		t.Errorf("30 payments were %d transactions, want 1", metas)
	}
}

func TestReadersDoNotDisturb(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 0))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				seq := uint64(0)
				for e, err := range s.Records(0) {
					if err != nil || e.Seq != seq+1 {
						t.Errorf("record %d after %d: %v", e.Seq, seq, err)
						return
					}
					seq = e.Seq
				}
				if _, _, err := s.Find(id("lane-1", 0)); err != nil {
					t.Error(err)
				}
				if err := s.VerifyRest(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := 1; n < 20; n++ {
		s.pay(id("lane-1", n))
	}
	close(stop)
	readers.Wait()
	s.check()
}

func TestWebhookEventsAreFreshOnce(t *testing.T) {
	s := newShop(t)
	seen := func(event string, at time.Time, want bool) {
		t.Helper()
		if got, err := s.SeenEvent(event, at); got != want || err != nil {
			t.Errorf("SeenEvent(%.20q, %s) = %t, %v, want %t", event, at.Format(time.DateTime), got, err, want)
		}
	}
	late := morning().Add(14*time.Hour + 59*time.Minute)
	seen("a", morning(), true)
	seen("a", morning(), false)
	seen(strings.Repeat("x", 100_000), morning(), true)
	seen(strings.Repeat("x", 100_000), morning(), false)
	seen("", morning(), true)
	seen("late", late, true)
	s.close()
	s.open()
	seen("a", morning().Add(48*time.Hour), false)
	seen("late", late.Add(48*time.Hour), false)
	seen("a", morning().Add(-time.Hour), false)
	seen("b", morning().Add(30*24*time.Hour), true) // sweeps
	seen("a", morning(), true)
	seen("b", morning().Add(30*24*time.Hour), true) // swept in turn: a clock that jumps forgets, it does not grow
}

// Row 53: a replay costs no write.
func TestRow53AReplayedEventWritesNothing(t *testing.T) {
	s := newShop(t)
	if _, err := s.SeenEvent("a", morning()); err != nil {
		t.Fatal(err)
	}
	s.Intercept(func(store.WriteAt) store.WriteAt {
		return func([]byte, int64) (int, error) { return 0, errors.New("written") }
	})
	for range 1000 {
		if fresh, err := s.SeenEvent("a", morning()); fresh || err != nil {
			t.Fatalf("SeenEvent(replay) = %t, %v", fresh, err)
		}
	}
}

func TestSnapshotIsAJournal(t *testing.T) {
	s := newShop(t)
	s.pay(id("lane-1", 1))
	s.wait(id("lane-1", 2))
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Snapshot(file); err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot(file); !errors.Is(err, os.ErrExist) {
		t.Errorf("Snapshot(a file that is there) = %v, want ErrExist", err)
	}
	if err := s.Snapshot(s.path); !errors.Is(err, os.ErrExist) {
		t.Errorf("Snapshot(the journal itself) = %v, want ErrExist", err)
	}
	truth, order := s.truth[id("lane-1", 1)], slices.Clone(s.order)
	s.happen(id("lane-1", 2), payment.CancelAsked{At: morning(), Why: payment.WhyTill})

	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the snapshot has mode %s (%v), want 0600", info.Mode(), err)
	}
	verify(t, file)
	j, err := store.OpenReadOnly(file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if got, ok, err := j.Find(order[0]); !ok || err != nil || !reflect.DeepEqual(got, truth) {
		t.Errorf("Find in the snapshot = %+v, %t, %v", got, ok, err)
	}
	if got, _, _ := j.Find(order[1]); got.State != payment.StateWaiting {
		t.Errorf("the snapshot has a payment that is %s, want waiting as it was then", got.State)
	}
	if err := j.Commit(s.commit(order[1], payment.Told{At: morning(), Outcome: payment.Cancelled})); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Commit into a snapshot = %v, want ErrReadOnly", err)
	}
	if names := glob(t, filepath.Dir(file)); len(names) != 1 {
		t.Errorf("the snapshot left %q", names)
	}
}

func glob(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
