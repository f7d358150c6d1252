// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

// A deleted journal must not be forgotten: its payments may be open at Klarna.
func TestRow57ADeletedJournalIsMissed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j, err := store.Open(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	id := payment.ID{Lane: "lane-1", Till: "T1"}
	buried, _, err := payment.Step(payment.Payment{ID: id}, payment.CancelAsked{Why: payment.WhyTill})
	if err != nil {
		t.Fatal(err)
	}
	commit := payment.Commit{Records: []payment.Record{{Event: payment.CancelAsked{Why: payment.WhyTill}, After: buried}}}
	if err = errors.Join(j.Commit(commit), j.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	if _, err = store.Open(path, store.Options{}); !errors.Is(err, store.ErrPlace) || !strings.Contains(err.Error(), "begin anew") {
		t.Fatalf("Open() = %v, want to hear that a journal is missing", err)
	}
	if err = os.Remove(path + ".head"); err != nil {
		t.Fatal(err)
	}
	j, err = store.Open(path, store.Options{})
	if err != nil {
		t.Fatalf("Open() = %v once the operator has said so, want a new journal", err)
	}
	if err = j.Close(); err != nil {
		t.Fatal(err)
	}
}
