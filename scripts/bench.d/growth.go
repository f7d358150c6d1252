// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tillbridge/store"
)

// days over which a journal's payments are spread: less than the retention, so that nothing is removed.
const days = 300 * 24 * time.Hour

// growth measures a journal of so many payments beside an empty one.
func growth(payments int) func(context.Context, *bench, *result) error {
	return func(ctx context.Context, b *bench, r *result) error {
		if err := b.needsDisk(); err != nil {
			return err
		}
		count, kind, of := payments, life(wholeSale), "whole sales of eleven records"
		if payments > 100_000 {
			kind, of = shortSale, "sales of two records, cancelled before anything left"
		}
		if b.quick {
			count = min(count, 5_000)
		}
		began := time.Now()
		full := filepath.Join(b.work, "full")
		path, err := generate(full, count, days, kind)
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		size := float64(info.Size()) / (1 << 20)
		r.note("%d %s: %.0f MiB, %.0f bytes each, made in %.0f s.", count, of, size, float64(info.Size())/float64(count), time.Since(began).Seconds())
		empty := filepath.Join(b.work, "empty")
		if _, err = generate(empty, 1, days, shortSale); err != nil {
			return err
		}
		name := fmt.Sprintf("journal of %d payments", count)
		reference, base := lineEmpty, empty
		if payments == 100_000 { // an empty journal keeps its indexes in one page
			reference, base = "journal of 1000 payments", filepath.Join(b.work, "small")
			if _, err = generate(base, 1_000, days, kind); err != nil {
				return err
			}
		}
		if err = b.commitsOf(ctx, r, payments, [2]string{reference, name}, [2]string{base, full}); err != nil {
			return err
		}
		return b.startsOf(ctx, r, payments, name, empty, full)
	}
}

const lineEmpty = "journal of one payment"

// commitsOf is how long one more commit takes.
func (b *bench) commitsOf(ctx context.Context, r *result, payments int, names, folders [2]string) (err error) {
	reference, name := names[0], names[1]
	var all []contestant
	for i, folder := range folders {
		o, failed := openOurs(filepath.Join(folder, "journal.db"))
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, o.Close()) }()
		all = append(all, contestant{names[i], repeat(20, func() error { return o.commit(1) })})
	}
	s, err := play(ctx, b.pick(60, 3), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, reference, 0.5, 0)
	r.add("One more commit, median", reference, rows...)
	r.add("The same, 99th percentile", reference, s.rows(all, reference, 0.99, 10)...)
	switch payments {
	case 100_000:
		r.goal("G7 grown", ratioOf(rows, name), "")
	case 1_000_000:
		r.goal("million commit", ratioOf(rows, name), "")
	}
	return nil
}

// startsOf is how long a start takes after kill -9, with payments that were open then.
func (b *bench) startsOf(ctx context.Context, r *result, payments int, name, empty, full string) error {
	m, err := b.newMock(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	var all []contestant
	memory := map[string][]float64{}
	for i, folder := range []string{empty, full} {
		line := []string{lineEmpty, name}[i]
		s, failed := b.openWaiting(ctx, m, i, folder)
		defer s.close()
		if failed != nil {
			return failed
		}
		all = append(all, contestant{line, func(ctx context.Context) ([]float64, error) {
			s.kill()
			began := time.Now()
			started := s.start(ctx)
			took := float64(time.Since(began))
			if started == nil {
				started = wait(ctx, time.Second)
			}
			memory[line] = append(memory[line], s.status("VmRSS"))
			return []float64{took}, started
		}})
	}
	s, err := play(ctx, b.pick(12, 2), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, lineEmpty, 0.5, 0)
	r.add("Start after kill -9 with eight open payments, until a till is answered", lineEmpty, rows...)
	r.add("Memory a second later, pages of the journal that it reads in the background included", "", plain(lineEmpty, "MiB", memory[lineEmpty]...), plain(name, "MiB", memory[name]...))
	switch payments {
	case 100_000:
		r.goal("G8", ratioOf(rows, name), "")
	case 1_000_000:
		r.goal("million start", ratioOf(rows, name), "")
	}
	return nil
}

// openWaiting is a shop with a journal of its own and eight payments that wait for their customers.
func (b *bench) openWaiting(ctx context.Context, m *mock, i int, folder string) (*shop, error) {
	s, err := b.openShop(ctx, premises{name: fmt.Sprintf("shop-%d", i), lanes: 8, klarna: m.base, root: m.root, data: folder})
	if err == nil {
		err = s.staff(ctx, 0)
	}
	if err != nil {
		return s, err
	}
	for lane, t := range s.tills {
		if err = errors.Join(t.pay(fmt.Sprintf("O%d-%d", i, lane)), heardCode(t)); err != nil {
			return s, err
		}
	}
	return s, nil
}

func heardCode(t *till) error {
	_, err := t.hear(func(s said) bool { return s.Type == "display" })
	return err
}

// runRetention removes nine tenths of a journal as the program does it at its start.
func runRetention(ctx context.Context, b *bench, r *result) (err error) {
	if err = b.needsDisk(); err != nil {
		return err
	}
	count := b.pick(100_000, 3_000)
	const keep = 400 * 24 * time.Hour
	path, err := generate(filepath.Join(b.work, "old"), count, 10*keep, wholeSale)
	if err != nil {
		return err
	}
	before, err := os.Stat(path)
	if err != nil {
		return err
	}
	began := time.Now()
	removed, err := store.Compact(path, keep, began) //nolint:contextcheck // it ends by itself
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := os.Stat(path)
	if err != nil {
		return err
	}
	r.add(fmt.Sprintf("Retention and compaction of %d whole sales", count), "",
		plain("records removed", "", float64(removed)), plain("time, once, at a start", "ns", float64(took)),
		plain("file before", "MiB", float64(before.Size())/(1<<20)), plain("file after", "MiB", float64(after.Size())/(1<<20)))
	return b.commitsAfterRetention(ctx, r, path)
}

// commitsAfterRetention is how long one more commit takes once the file was written anew.
func (b *bench) commitsAfterRetention(ctx context.Context, r *result, path string) (err error) {
	small := filepath.Join(b.work, "small")
	if _, err = generate(small, 1_000, days, wholeSale); err != nil {
		return err
	}
	pruned, err := openOurs(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pruned.Close()) }()
	fresh, err := openOurs(filepath.Join(small, "journal.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	const reference, line = "journal of 1000 payments", "journal after retention"
	all := []contestant{
		{reference, repeat(20, func() error { return fresh.commit(1) })},
		{line, repeat(20, func() error { return pruned.commit(1) })},
	}
	s, err := play(ctx, b.pick(60, 3), all)
	if err != nil {
		return err
	}
	rows := s.rows(all, reference, 0.5, 0)
	r.add("One more commit after retention, median", reference, rows...)
	r.goal("G7 pruned", ratioOf(rows, line), "")
	return nil
}
