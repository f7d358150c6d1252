// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
)

// happens commits what events make of a payment.
func happens(t *testing.T, j *store.Journal, events ...payment.Event) {
	t.Helper()
	p := payment.Payment{ID: payment.ID{Lane: "lane-1", Till: "A1"}}
	for _, e := range events {
		var err error
		if p, _, err = payment.Step(p, e); err != nil {
			t.Fatal(err)
		}
		if err = j.Commit(payment.Commit{Records: []payment.Record{{At: time.Now().UTC(), Event: e, After: p}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// begun makes an unfinished payment.
func begun() []payment.Event {
	now := time.Now().UTC()
	return []payment.Event{payment.Asked{
		At: now, Reference: "ref-1", Deadline: now.Add(time.Minute), Limit: now.Add(time.Hour), CaptureNow: true,
		Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "R1"},
	}}
}

// sold makes a finished sale.
func sold() []payment.Event {
	now := time.Now().UTC()
	return append(begun(),
		payment.Intended{At: now, Intent: payment.Intent{Write: payment.WriteAuthorize, Key: "k", Attempt: 1}},
		payment.ApprovedByKlarna{At: now, Key: "k", Transaction: payment.Transaction{
			ID: "t", Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "ref-1", Captured: true,
		}},
		payment.Offered{At: now},
		payment.Confirmed{At: now, Outcome: payment.Approved, OK: true},
	)
}

// declined makes a sale that Klarna refused.
func declined() []payment.Event {
	now := time.Now().UTC()
	return append(begun(),
		payment.Intended{At: now, Intent: payment.Intent{Write: payment.WriteAuthorize, Key: "k", Attempt: 1}},
		payment.DeclinedByKlarna{At: now, Key: "k"},
	)
}

func TestAJournalBelongsToOneEnvironmentAndItsPaymentsToOneAccount(t *testing.T) {
	t.Parallel()
	of := func(e config.Environment, account string) config.Config {
		return config.Config{DataDir: "data", Klarna: config.Klarna{Environment: e, AccountID: account}}
	}
	tests := map[string]struct {
		before []payment.Event
		next   config.Config
		want   []string // in the refusal; nil: none
	}{
		"the same":                              {begun(), of(config.Test, "krn:a"), nil},
		"the same, after a sale":                {sold(), of(config.Test, "krn:a"), nil},
		"live, with nothing in it":              {nil, of(config.Live, "krn:a"), []string{"test", "live", "data_dir"}},
		"live, with a payment open":             {begun(), of(config.Live, "krn:a"), []string{"test", "live", "data_dir"}},
		"another account, with nothing in it":   {nil, of(config.Test, "krn:b"), nil},
		"another account, after a declined one": {declined(), of(config.Test, "krn:b"), nil},
		"another account, with a payment open":  {begun(), of(config.Test, "krn:b"), []string{`"krn:a"`, `"krn:b"`, "1 unfinished"}},
		"another account, after a sale":         {sold(), of(config.Test, "krn:b"), []string{`"krn:a"`, `"krn:b"`, "give back"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := store.Open(filepath.Join(t.TempDir(), journalFile), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = j.Close() }()
			if err = claim(j, of(config.Test, "krn:a")); err != nil {
				t.Fatalf("a new journal: %v", err)
			}
			happens(t, j, tt.before...)
			err = claim(j, tt.next)
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("claim = %v, want an error: %v", err, tt.want != nil)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %s", err, part)
				}
			}
			if again := belongs(j, of(config.Test, "krn:a")); tt.want != nil && again != nil {
				t.Errorf("after a refusal it belongs no longer to whom it did: %v", again)
			}
		})
	}
}

// A journal that does not say any more whose it is can still be read.
func TestAJournalOfNobodyKnowsWhomIsOnlyRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), journalFile)
	cfg := config.Config{Klarna: config.Klarna{Environment: config.Test}}
	j, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err = claim(j, cfg); err != nil {
		t.Fatal(err)
	}
	happens(t, j, sold()...)
	if err = j.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, path, "notes", ownerNote)
	if j, err = store.Open(path, store.Options{}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if err = claim(j, cfg); err != nil || j.Damage() == nil {
		t.Errorf("claim = %v and damage %v, want damage alone", err, j.Damage())
	}
	if err = j.SetNote("anything", nil); err == nil {
		t.Error("it is still written to")
	}
	if _, found, err := j.Find(payment.ID{Lane: "lane-1", Till: "A1"}); err != nil || !found {
		t.Errorf("the sale is found: %v, %v", found, err)
	}
}

// flip changes the last byte of a value in a file of bbolt.
func flip(t *testing.T, path, bucket, key string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		value := bytes.Clone(b.Get([]byte(key)))
		value[len(value)-1] ^= 1
		return b.Put([]byte(key), value)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
