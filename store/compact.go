// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

const (
	// minRetention is how long a till's ids are remembered at least: for as long, asking again about a
	// payment must give the same answer.
	minRetention = 90 * 24 * time.Hour
	// compactEvery: the file is only written anew once there is a week's worth to remove.
	compactEvery = 7 * 24 * time.Hour
	// copyEntries is how many entries one transaction of the copy holds.
	copyEntries = 4096
)

// Compact removes from the journal at path, which nobody may have open, the oldest records that are
// older than the retention: always a prefix, and never a record of a payment that is not finished or
// that has later records. It returns how many. The rest is copied into a new file that then takes the
// journal's name, so that being interrupted at any moment is harmless.
//
// Ages are measured from now or from the newest record, whichever is earlier: a clock that has jumped
// ahead removes nothing. A journal that is damaged is left as it is, and so is one with less than a
// week's worth to remove.
func Compact(path string, retention time.Duration, now time.Time) (removed uint64, err error) {
	if retention < minRetention {
		return 0, fmt.Errorf("compact journal: retention of %s: expected at least %s", retention, minRetention)
	}
	if _, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	j, err := Open(path, Options{})
	if err != nil {
		return 0, fmt.Errorf("compact: %w", err)
	}
	defer func() { err = errors.Join(err, j.closeAfterCompact()) }()
	if err = j.Damage(); err != nil {
		return 0, fmt.Errorf("compact: %w", err)
	}
	cut, err := j.cut(now, retention)
	if err != nil || cut.Seq == j.id.Removed.Seq {
		return 0, err
	}
	// Nothing broken is carried into a file that looks new.
	if err = j.VerifyRest(context.Background()); err != nil {
		return 0, fmt.Errorf("compact journal %s: %w", path, err)
	}
	removed = cut.Seq - j.id.Removed.Seq
	if err = j.rewrite(cut); err != nil {
		return 0, fmt.Errorf("compact journal %s: %w", path, err)
	}
	return removed, nil
}

// Outdated reports whether Compact would find something to remove. It looks at as many records as it would remove,
// and where there is nothing at one.
func (j *Journal) Outdated(retention time.Duration, now time.Time) (bool, error) {
	if j.db == nil || j.Damage() != nil {
		return false, j.Damage()
	}
	cut, err := j.cut(now, max(retention, minRetention))
	if err != nil {
		return false, fmt.Errorf("retention: %w", err)
	}
	return cut.Seq != j.id.Removed.Seq, nil
}

// closeAfterCompact: on Windows the file had to be closed before it could be replaced.
func (j *Journal) closeAfterCompact() error {
	if j.db == nil {
		return nil
	}
	return j.Close()
}

// cut finds the last record to remove: the newest one such that it and all before it are old, and
// every payment that they belong to ended before it.
func (j *Journal) cut(now time.Time, retention time.Duration) (Mark, error) {
	cut, mark := j.id.Removed, j.id.Removed
	err := j.view(func(tx *bbolt.Tx) error {
		head, err := getHead(tx)
		if err != nil || head.Seq == mark.Seq {
			return err
		}
		newest, err := readRecord(tx, head.Seq)
		if err != nil {
			return err
		}
		if newest.content.At.Before(now) {
			now = newest.content.At
		}
		limit, first, last := now.Add(-retention), true, uint64(0)
		for mark.Seq < head.Seq {
			if mark, err = followChain(tx, mark, 1, 0); err != nil {
				return err
			}
			rec, err := readRecord(tx, mark.Seq)
			if err != nil {
				return err
			}
			if !rec.content.At.Before(limit) || first && !rec.content.At.Before(limit.Add(-compactEvery)) {
				return nil
			}
			first = false
			end, err := endOf(tx, rec.content.id())
			if err != nil {
				return err
			}
			if end == 0 {
				return nil
			}
			if last = max(last, end); last == mark.Seq {
				cut = mark
			}
		}
		return nil
	})
	return cut, err
}

// endOf is the last record of a finished payment, 0 if it is not finished.
func endOf(tx *bbolt.Tx, id payment.ID) (uint64, error) {
	s, err := current(tx, id)
	if err != nil || !s.payment.Final() {
		return 0, err
	}
	return s.last, nil
}

// rewrite copies what stays into a new file and puts it in the journal's place. The old file keeps its
// lock until it is replaced, and whoever waits for that lock finds the file replaced.
func (j *Journal) rewrite(cut Mark) error {
	fill := func(dst *bbolt.DB) error {
		id := identity{Epoch: j.id.Epoch, Removed: cut}
		if err := dst.Update(func(tx *bbolt.Tx) error { return foundation(tx, id) }); err != nil {
			return err
		}
		return j.db.View(func(src *bbolt.Tx) error { return copyAfter(dst, src, cut) })
	}
	return build(j.path, fill, func(temporary, path string) error {
		if runtime.GOOS == "windows" {
			if err := j.Close(); err != nil {
				return err
			}
			j.db = nil
		}
		if err := os.Rename(temporary, path); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(path))
	})
}

// copyAfter copies what belongs to payments that began after cut. Webhook event ids are left behind:
// one that comes again is only a hint.
func copyAfter(dst *bbolt.DB, src *bbolt.Tx, cut Mark) error {
	byKey := func(k, _ []byte) bool { return after(k, cut) }
	byValue := func(_, v []byte) bool { return after(v, cut) }
	bySealed := func(_, v []byte) bool { return len(v) > 4 && after(v[4:], cut) }
	for bucket, keep := range map[string]func(k, v []byte) bool{
		bucketRecords: byKey, bucketPayments: byKey, bucketOpen: byKey,
		bucketIDs: byValue, bucketRequests: byValue, bucketMoney: byValue, bucketLanes: byValue,
		bucketBlobs: bySealed,
	} {
		if err := copyBucket(dst, src, bucket, keep); err != nil {
			return fmt.Errorf("copy %s: %w", bucket, err)
		}
	}
	all := func(_, _ []byte) bool { return true } // few, such as a till's closes, and not about a payment
	for bucket, keep := range map[string]func(k, v []byte) bool{
		bucketNotes: all, bucketCustomers: all, bucketCloses: all, bucketFlights: byKey, bucketErasures: byKey,
	} {
		if err := copyOptional(dst, src, bucket, keep); err != nil {
			return fmt.Errorf("copy %s: %w", bucket, err)
		}
	}
	if src.Bucket([]byte(bucketRefunds)) != nil {
		if err := copyBucket(dst, src, bucketRefunds, byValue); err != nil {
			return fmt.Errorf("copy %s: %w", bucketRefunds, err)
		}
	}
	head, err := getHead(src)
	if err != nil {
		return err
	}
	return dst.Update(func(tx *bbolt.Tx) error { return putHead(tx, head) })
}

// after reports whether b begins with the number of a payment that began after cut.
func after(b []byte, cut Mark) bool {
	return len(b) >= numberSize && binary.BigEndian.Uint64(b) > cut.Seq
}

// copyBucket copies the entries that stay, some thousand per transaction.
func copyBucket(dst *bbolt.DB, src *bbolt.Tx, name string, keep func(k, v []byte) bool) error {
	cursor := src.Bucket([]byte(name)).Cursor()
	for k, v := cursor.First(); k != nil; {
		err := dst.Update(func(tx *bbolt.Tx) error {
			to, err := tx.CreateBucketIfNotExists([]byte(name)) // refunds have none until there is one
			if err != nil {
				return err
			}
			to.FillPercent = fillRecords
			for n := 0; k != nil && n < copyEntries; k, v = cursor.Next() {
				if !keep(k, v) {
					continue
				}
				if err := to.Put(k, v); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
