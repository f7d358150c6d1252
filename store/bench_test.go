// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"tillbridge/payment"
	"tillbridge/store"
)

// BenchmarkCommit is one durable commit of one record. Compare flushes, not machines.
func BenchmarkCommit(b *testing.B) {
	for _, before := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("after %d payments", before), func(b *testing.B) {
			s := &shop{t: b, path: filepath.Join(b.TempDir(), "journal.db"), truth: make(map[payment.ID]payment.Payment)}
			s.open()
			defer s.close()
			fill(b, s, before)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				sale := id("lane-2", n)
				n++
				if err := s.Commit(payment.Commit{Records: s.commit(sale, asked(sale)).Records}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func fill(b *testing.B, s *shop, payments int) {
	b.Helper()
	var c payment.Commit
	for n := range payments {
		sale := id("lane-1", n)
		c.Records = append(c.Records, s.commit(sale, asked(sale), payment.CancelAsked{At: morning(), Why: payment.WhyTill}).Records...)
		if len(c.Records) >= 2000 || n == payments-1 {
			must(b, s.Commit(c))
			c = payment.Commit{}
		}
	}
}

// BenchmarkOpen is what a start costs.
func BenchmarkOpen(b *testing.B) {
	s := &shop{t: b, path: filepath.Join(b.TempDir(), "journal.db"), truth: make(map[payment.ID]payment.Payment)}
	s.open()
	fill(b, s, 10_000)
	s.close()
	b.ReportAllocs()
	for b.Loop() {
		j, err := store.Open(s.path, store.Options{})
		if err != nil || j.Damage() != nil {
			b.Fatal(err, j.Damage())
		}
		must(b, j.Close())
	}
}
