// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/store"
)

// begun makes an unfinished payment.
func begun(t *testing.T, j *store.Journal) {
	t.Helper()
	asked := payment.Asked{
		At: time.Now().UTC(), Reference: "ref-1", Deadline: time.Now().Add(time.Minute), Limit: time.Now().Add(time.Hour),
		Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "R1"},
	}
	p, _, err := payment.Step(payment.Payment{ID: payment.ID{Lane: "lane-1", Till: "A1"}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	if err = j.Commit(payment.Commit{Records: []payment.Record{{At: asked.At, Event: asked, After: p}}}); err != nil {
		t.Fatal(err)
	}
}

func TestAJournalBelongsToOneEnvironmentAndItsOpenPaymentsToOneAccount(t *testing.T) {
	t.Parallel()
	of := func(e config.Environment, account string) config.Config {
		return config.Config{DataDir: "data", Klarna: config.Klarna{Environment: e, AccountID: account}}
	}
	tests := map[string]struct {
		open bool
		next config.Config
		want []string // in the refusal; nil: none
	}{
		"the same":                             {true, of(config.Test, "krn:a"), nil},
		"live, with nothing open":              {false, of(config.Live, "krn:a"), []string{"test", "live", "data_dir"}},
		"live, with a payment open":            {true, of(config.Live, "krn:a"), []string{"test", "live", "data_dir"}},
		"another account, with nothing open":   {false, of(config.Test, "krn:b"), nil},
		"another account, with a payment open": {true, of(config.Test, "krn:b"), []string{`"krn:a"`, `"krn:b"`, "1 unfinished"}},
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
			if tt.open {
				begun(t, j)
			}
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
