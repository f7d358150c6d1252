// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// openWindow is how many of the newest records Open verifies.
const openWindow = 1000

// checkShape refuses a file without the places where everything lies.
func (j *Journal) checkShape(tx *bbolt.Tx) error {
	for _, name := range buckets() {
		if tx.Bucket([]byte(name)) == nil {
			return damaged(0, "%s are missing", name)
		}
	}
	var err error
	j.id, err = getIdentity(tx)
	return err
}

// verifyOpening checks what a restart acts upon: the size, the head, the newest records, every
// unfinished payment with its records, and the witness.
func (j *Journal) verifyOpening() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	return j.view(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return damaged(0, "the file was cut: %d of %d bytes are left", info.Size(), tx.Size())
		}
		head, err := getHead(tx)
		if err != nil {
			return err
		}
		if err := j.verifyWindow(tx, head); err != nil {
			return err
		}
		if err := verifyUnfinished(tx); err != nil {
			return err
		}
		return j.heed(tx, head)
	})
}

func (j *Journal) verifyWindow(tx *bbolt.Tx, head Mark) error {
	start := j.id.Removed.Seq
	if head.Seq > start+openWindow {
		start = head.Seq - openWindow
	}
	mark, err := markAt(tx, j.id, start)
	if err != nil {
		return err
	}
	mark, err = followChain(tx, mark, openWindow+1, 0) // one more, to see a record behind the head
	if err != nil {
		return err
	}
	if mark != head {
		return damaged(mark.Seq, "it is the last one, but the head is record %d", head.Seq)
	}
	return nil
}

func verifyUnfinished(tx *bbolt.Tx) error {
	return tx.Bucket([]byte(bucketOpen)).ForEach(func(k, _ []byte) error {
		s, err := loadOpen(tx, k)
		if err != nil {
			return err
		}
		if err = verifyIndex(tx, s); err != nil {
			return err
		}
		_, err = history(tx, s)
		return err
	})
}

// markAt is the place of one record in the chain, checked by itself only.
func markAt(tx *bbolt.Tx, id identity, seq uint64) (Mark, error) {
	if seq == id.Removed.Seq {
		return id.Removed, nil
	}
	if _, err := readRecord(tx, seq); err != nil {
		return Mark{}, err
	}
	value := tx.Bucket([]byte(bucketRecords)).Get(number(seq))
	return Mark{Seq: seq, Hash: sha256.Sum256(value)}, nil
}

// followChain checks at most limit records after a mark, each against the one before, and returns the
// last. It ends early, but not before the first record, when it took longer than a time that is not 0.
func followChain(tx *bbolt.Tx, m Mark, limit int, within time.Duration) (Mark, error) {
	start := time.Now()
	cursor := tx.Bucket([]byte(bucketRecords)).Cursor()
	for k, v := cursor.Seek(number(m.Seq + 1)); k != nil && limit > 0; k, v = cursor.Next() {
		rec, err := decodeRecord(v)
		switch {
		case !bytes.Equal(k, number(m.Seq+1)):
			return m, damaged(m.Seq+1, "it is missing")
		case err != nil:
			return m, damaged(m.Seq+1, "%v", err)
		case rec.seq != m.Seq+1:
			return m, damaged(m.Seq+1, "record %d lies in its place", rec.seq)
		case rec.prev != m.Hash:
			return m, damaged(rec.seq, "it does not follow the record before")
		}
		if err := verifyKnown(tx, rec); err != nil {
			return m, err
		}
		m = Mark{Seq: rec.seq, Hash: sha256.Sum256(v)}
		if limit--; within > 0 && time.Since(start) > within {
			break
		}
	}
	return m, nil
}

// verifyKnown checks that a record's payment was not set back to before it: a disk that lost the page
// of a snapshot shows the one that lay there earlier, which is whole and has a record of its own.
func verifyKnown(tx *bbolt.Tx, rec record) error {
	n, err := readNumber(tx.Bucket([]byte(bucketIDs)).Get(idKey(rec.content.id())))
	if err != nil {
		return err
	}
	if n == 0 || rec.before == 0 && n != rec.seq {
		return damaged(rec.seq, "its payment cannot be found by its id")
	}
	value := tx.Bucket([]byte(bucketPayments)).Get(number(n))
	if len(value) < numberSize {
		return damaged(rec.seq, "its payment is missing")
	}
	if last := binary.BigEndian.Uint64(value); last < rec.seq {
		return damaged(rec.seq, "its payment was set back to record %d", last)
	}
	return nil
}

// VerifyRest checks everything that Open did not, in the background: it may run beside everything
// else. Damage is returned and remembered.
func (j *Journal) VerifyRest(ctx context.Context) error {
	return j.verify(ctx, func(uint64, uint64) {}, verifyPayment)
}

// Verify checks the whole journal: the chain, every payment and every index, then that each payment's
// events lead to its snapshot again, then bbolt's own pages. The error names the first broken record.
// Progress, unless nil, is called with the records done and their number. When ctx ends, the check of
// the pages, which can hang on a broken file, is left behind.
func (j *Journal) Verify(ctx context.Context, progress func(done, total uint64)) error {
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	if damage := j.Damage(); damage != nil {
		return damage
	}
	if err := j.verify(ctx, progress, replayPayment); err != nil {
		return err
	}
	return j.verifyPages(ctx)
}

type readPayment func(tx *bbolt.Tx, n uint64) (stored, error)

func (j *Journal) verify(ctx context.Context, progress func(done, total uint64), read readPayment) error {
	err := j.view(j.walkRest) // before anything follows its pages
	if err == nil {
		err = j.verifyChain(ctx, progress)
	}
	if err == nil {
		err = j.verifyPayments(ctx, read)
	}
	for _, part := range []func(*bbolt.Tx) error{verifyBack, verifyNotes, verifyCustomers, verifyErasures, verifyCloses, verifyFlights} {
		if err == nil {
			err = j.view(part)
		}
	}
	if _, ok := errors.AsType[*DamageError](err); ok {
		j.found(err)
	}
	return err
}

func (j *Journal) verifyChain(ctx context.Context, progress func(done, total uint64)) error {
	head, err := j.Head()
	if err != nil {
		return err
	}
	mark := j.id.Removed
	for mark.Seq < head.Seq {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify at record %d: %w", mark.Seq, err)
		}
		before := mark.Seq
		err := j.view(func(tx *bbolt.Tx) error {
			var err error
			mark, err = followChain(tx, mark, batchRecords, batchTime)
			return err
		})
		if err != nil {
			return err
		}
		if mark.Seq == before {
			return damaged(before+1, "it and all after it are missing")
		}
		progress(mark.Seq-j.id.Removed.Seq, head.Seq-j.id.Removed.Seq)
	}
	return nil
}

func (j *Journal) verifyPayments(ctx context.Context, read readPayment) error {
	newest := make(map[payment.LaneID]uint64)
	for next := uint64(0); ; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify at payment %d: %w", next, err)
		}
		batch, err := j.payments(next, read)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		for _, s := range batch {
			if !s.payment.Tombstone {
				newest[s.payment.ID.Lane] = s.number
			}
		}
		next = batch[len(batch)-1].number + 1
	}
	return j.view(func(tx *bbolt.Tx) error { return verifyLanes(tx, newest) })
}

// verifyLanes: sales may have come since newest was collected, so that the index may be ahead.
func verifyLanes(tx *bbolt.Tx, newest map[payment.LaneID]uint64) error {
	for lane, least := range newest {
		n, err := readNumber(tx.Bucket([]byte(bucketLanes)).Get([]byte(lane)))
		if err != nil {
			return err
		}
		if n < least {
			return damaged(least, "lane %s does not know its newest payment", lane)
		}
	}
	return nil
}

// verifyPayment checks a snapshot against its last record and everything that leads to it.
func verifyPayment(tx *bbolt.Tx, n uint64) (stored, error) {
	s, err := load(tx, n)
	if err != nil {
		return s, err
	}
	return s, verifyIndex(tx, s)
}

func verifyIndex(tx *bbolt.Tx, s stored) error {
	p := s.payment
	leads := func(bucket string, key []byte) bool {
		return bytes.Equal(tx.Bucket([]byte(bucket)).Get(key), number(s.number))
	}
	switch {
	case !leads(bucketIDs, idKey(p.ID)):
		return damaged(s.number, "the payment that it began cannot be found by its id")
	case p.Request.ID != "" && !leads(bucketRequests, digest(p.Request.ID)):
		return damaged(s.last, "its payment cannot be found by its request")
	case p.Transaction.ID != "" && !leads(bucketMoney, digest(p.Transaction.ID)):
		return damaged(s.last, "its payment cannot be found by its transaction")
	case p.Final() != (tx.Bucket([]byte(bucketOpen)).Get(number(s.number)) == nil):
		return damaged(s.last, "its payment is %s, and the list of unfinished ones is wrong about it", p.State)
	}
	return verifyRefunds(tx, s)
}

// verifyBack checks that no index names a payment that is not there.
func verifyBack(tx *bbolt.Tx) error {
	payments := tx.Bucket([]byte(bucketPayments))
	for _, bucket := range []string{bucketIDs, bucketRequests, bucketMoney, bucketLanes, bucketRefunds} {
		index := tx.Bucket([]byte(bucket))
		if index == nil && bucket == bucketRefunds {
			continue
		}
		err := index.ForEach(func(_, v []byte) error {
			if len(v) != numberSize || payments.Get(v) == nil {
				return damaged(0, "an entry of %s leads nowhere", bucket)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return tx.Bucket([]byte(bucketOpen)).ForEach(func(k, _ []byte) error {
		if payments.Get(k) == nil {
			return damaged(0, "an unfinished payment is missing")
		}
		return nil
	})
}

// replayPayment also folds the state machine over the payment's events and compares every step.
func replayPayment(tx *bbolt.Tx, n uint64) (stored, error) {
	s, err := verifyPayment(tx, n)
	if err != nil {
		return s, err
	}
	entries, err := history(tx, s)
	if err != nil {
		return s, err
	}
	p := payment.Payment{ID: s.payment.ID}
	for _, e := range entries {
		event, err := e.Event()
		if err != nil {
			return s, damaged(e.Seq, "%v", err)
		}
		if p, _, err = payment.Step(p, event); err != nil {
			return s, damaged(e.Seq, "%v", err)
		}
		again, err := json.Marshal(p)
		if err != nil {
			return s, damaged(e.Seq, "%v", err)
		}
		value := tx.Bucket([]byte(bucketRecords)).Get(number(e.Seq))
		if rec, err := decodeRecord(value); err != nil || rec.after != sha256.Sum256(again) {
			return s, damaged(e.Seq, "its event does not lead to what the payment became")
		}
	}
	return s, nil
}

// verifyPages runs bbolt's own check. It cannot be interrupted.
func (j *Journal) verifyPages(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		done <- j.view(func(tx *bbolt.Tx) error {
			var first error
			for err := range tx.Check() {
				if first == nil {
					first = damaged(0, "pages: %v", err)
				}
			}
			return first
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		j.abandoned.Store(true)
		return fmt.Errorf("check of the pages: %w", ctx.Err())
	}
}
