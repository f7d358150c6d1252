// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
	"tillbridge/store"
)

const (
	lineLimit   = "limit: file of its final size, overwritten, fdatasync"
	lineJournal = "tillbridge, one record of a sale with its snapshot"
)

// writers are ways to make one record durable.
type writers struct {
	work  string
	close []func() error
	all   []contestant
}

func (w *writers) add(name string, n int, put func() error) {
	w.all = append(w.all, contestant{name, repeat(n, put)})
}

// record is as long as the program's own with its key.
func record() []byte { return []byte(strings.Repeat("r", 313)) }

// openWriters opens every journal in the same folder.
func openWriters(work string, n int) (*writers, error) {
	w := &writers{work: work}
	raw, err := openRaw(filepath.Join(work, "limit"))
	if err != nil {
		return w, err
	}
	w.add(lineLimit, n, func() error { return raw.append(record()) })
	for _, kind := range []string{"fdatasync", "fsync"} {
		if err = w.addAppend(kind, n); err != nil {
			return w, err
		}
	}
	if err = w.addSQLite(n); err != nil {
		return w, err
	}
	if err = w.addBolt(n); err != nil {
		return w, err
	}
	return w, w.addOurs(n)
}

func (w *writers) addAppend(kind string, n int) error {
	f, err := os.Create(filepath.Join(w.work, kind)) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	w.close = append(w.close, f.Close)
	flush := f.Sync
	if kind == "fdatasync" {
		flush = func() error { return fdatasync(f) }
	}
	w.add("append and "+kind, n, func() error {
		_, err := f.Write(record())
		return errors.Join(err, flush())
	})
	return nil
}

// bolt is a bbolt file with one bucket whose keys only grow.
type bolt struct{ *bbolt.DB }

func openBolt(path string) (bolt, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return bolt{}, err
	}
	return bolt{db}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("records"))
		return err
	})
}

func put(tx *bbolt.Tx) error {
	bucket := tx.Bucket([]byte("records"))
	seq, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	return bucket.Put(binary.BigEndian.AppendUint64(nil, seq), record())
}

func (w *writers) addBolt(n int) error {
	ways := map[string]func(bolt) error{
		"bbolt, Update":            func(db bolt) error { return db.Update(put) },
		"bbolt, Batch as it comes": func(db bolt) error { return db.Batch(put) },
	}
	for _, name := range slices.Sorted(maps.Keys(ways)) {
		run := ways[name]
		db, err := openBolt(filepath.Join(w.work, strconv.Itoa(len(w.all))+".bolt"))
		if err != nil {
			return err
		}
		w.close = append(w.close, db.Close)
		pieces := n
		if strings.Contains(name, "Batch") {
			pieces = min(n, 3) // each waits for a timer of 10 ms
		}
		w.add(name, pieces, func() error { return run(db) })
	}
	return nil
}

// ours is the program's journal with whole sales one after the other, a record at a time: what a shop's days are made
// of. Were they begun and never ended, ever more of them would be open, as in no shop.
type ours struct {
	*store.Journal

	n    int
	rest []payment.Record // of the sale that has begun
}

func openOurs(path string) (*ours, error) {
	j, err := store.Open(path, store.Options{})
	return &ours{Journal: j}, err
}

// next is the next record of the sale, or the first of another one, at a moment of the benchmark's own past.
func (o *ours) next() (payment.Record, error) {
	if len(o.rest) == 0 {
		o.n++
		now := time.Now().UTC()
		id := payment.ID{Lane: "lane-9", Till: payment.TillID(fmt.Sprintf("%s-%d", strconv.FormatInt(now.UnixNano(), 36), o.n))}
		var err error
		if o.rest, err = lived(id, now, wholeSale); err != nil {
			return payment.Record{}, err
		}
	}
	r := o.rest[0]
	o.rest = o.rest[1:]
	return r, nil
}

func (o *ours) commit(records int) error {
	var c payment.Commit
	for range records {
		r, err := o.next()
		if err != nil {
			return err
		}
		c.Records = append(c.Records, r)
	}
	return o.Commit(c)
}

func (w *writers) addOurs(n int) error {
	folder := filepath.Join(w.work, "ours")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	o, err := openOurs(filepath.Join(folder, "journal.db"))
	if err != nil {
		return err
	}
	w.close = append(w.close, o.Close)
	w.add(lineJournal, n, func() error { return o.commit(1) })
	return nil
}

func (w *writers) end() error {
	var all []error
	for _, c := range w.close {
		all = append(all, c())
	}
	return errors.Join(all...)
}

func runJournal(ctx context.Context, b *bench, r *result) (err error) {
	if err = b.needsDisk(); err != nil {
		return err
	}
	w, err := openWriters(b.work, 20)
	defer func() { err = errors.Join(err, w.end()) }()
	if err != nil {
		return err
	}
	s, err := play(ctx, b.pick(100, 5), w.all)
	if err != nil {
		return err
	}
	rows := s.rows(w.all, lineLimit, 0.5, 0)
	for i, c := range w.all {
		n, ok, err := flushesOf(ctx, c)
		if err != nil {
			return err
		}
		if ok {
			rows[i].Note = fmt.Sprintf("%.1f flushes of the device", n)
		}
	}
	r.add("One writer, one durable record, median", lineLimit, rows...)
	r.add("The same, 99th percentile", lineLimit, s.rows(w.all, lineLimit, 0.99, 10)...)
	r.goal("G6", ratioOf(rows, lineJournal), fmt.Sprintf("%.2f× bbolt's own Update of one bare record", valueOf(rows, lineJournal)/valueOf(rows, "bbolt, Update")))
	return b.grouped(ctx, r)
}

// grouped is 32 who want to write at once. Ours is what the engine does: one takes what is waiting and commits it
// together, without waiting for more.
func (b *bench) grouped(ctx context.Context, r *result) error {
	const many = 32
	raw, err := openRaw(filepath.Join(b.work, "grouped"))
	if err != nil {
		return err
	}
	single, err := openBolt(filepath.Join(b.work, "single.bolt"))
	if err != nil {
		return err
	}
	batch, err := openBolt(filepath.Join(b.work, "batch.bolt"))
	if err != nil {
		return err
	}
	folder := filepath.Join(b.work, "grouped-ours")
	if err = os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	o, err := openOurs(filepath.Join(folder, "journal.db"))
	if err != nil {
		return err
	}
	wants := make(chan chan error, many)
	var group sync.WaitGroup
	group.Go(func() { o.serve(wants) })
	ask := func() error {
		done := make(chan error, 1)
		wants <- done
		return <-done
	}
	each := func(put func() error) func(context.Context) ([]float64, error) {
		return crowd(many, b.pick(20, 4), put)
	}
	const limit, line = "limit: raw, group commit", "tillbridge, its engine's group commit"
	all := []contestant{
		{limit, each(func() error { return raw.append(record()) })},
		{"bbolt, Update each", each(func() error { return single.Update(put) })},
		{"bbolt, Batch as it comes", each(func() error { return batch.Batch(put) })},
		{line, each(ask)},
	}
	s, err := play(ctx, b.pick(15, 2), all)
	close(wants)
	group.Wait()
	if err != nil {
		return errors.Join(err, o.Close())
	}
	r.add("32 writers at once, median of one record", limit, s.rows(all, limit, 0.5, 0)...)
	return errors.Join(single.Close(), batch.Close(), o.Close())
}

func (o *ours) serve(wants <-chan chan error) {
	for first := range wants {
		all := []chan error{first}
		for waiting := true; waiting && len(all) < 256; {
			select {
			case more, ok := <-wants:
				if waiting = ok; ok {
					all = append(all, more)
				}
			default:
				waiting = false
			}
		}
		err := o.commit(len(all))
		for _, done := range all {
			done <- err
		}
	}
}

// crowd lets many do n pieces each at the same time.
func crowd(many, n int, do func() error) func(context.Context) ([]float64, error) {
	return func(ctx context.Context) ([]float64, error) {
		all, failed := make([][]float64, many), make([]error, many)
		var everybody sync.WaitGroup
		for i := range many {
			everybody.Go(func() { all[i], failed[i] = repeat(n, do)(ctx) })
		}
		everybody.Wait()
		var together []float64
		for _, one := range all {
			together = append(together, one...)
		}
		return together, errors.Join(failed...)
	}
}
