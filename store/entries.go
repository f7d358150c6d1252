// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// A read transaction keeps pages from being used again, and a growing file waits for it. Long reads
// are therefore many short ones, bounded in records and, for slow media, in time.
const (
	batchRecords = 256
	batchTime    = 100 * time.Millisecond
)

// Entry is one record of the journal, for people and exporters. It holds no secret.
type Entry struct {
	Seq     uint64          `json:"seq"`
	At      time.Time       `json:"at"`
	Lane    payment.LaneID  `json:"lane"`
	ID      payment.TillID  `json:"id"`
	Kind    string          `json:"event"`
	Fields  json.RawMessage `json:"fields"` // the event's own fields
	State   payment.State   `json:"state"`  // after the event
	Version int             `json:"version"`
	Hash    Hash            `json:"hash"` // of the record; the next one repeats it
}

// Event is what happened.
func (e Entry) Event() (payment.Event, error) {
	event, err := payment.UnmarshalEvent(e.Kind, e.Fields)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", e.Seq, err)
	}
	return event, nil
}

func entry(r record, value []byte) Entry {
	c := r.content
	return Entry{
		Seq: r.seq, At: c.At, Lane: c.Lane, ID: c.Till, Kind: c.Event, Fields: c.Fields, State: c.State,
		Version: c.Version, Hash: sha256.Sum256(value),
	}
}

// Records yields every record from a number on, up to the newest at that time. It ends with the first
// error. What retention has removed is skipped.
func (j *Journal) Records(from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		next := max(from, j.id.Removed.Seq+1)
		for {
			batch, err := j.records(next)
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if len(batch) == 0 {
				return
			}
			next = batch[len(batch)-1].Seq + 1
		}
	}
}

// records reads one batch. What it read before an error is returned with it.
func (j *Journal) records(next uint64) ([]Entry, error) {
	var batch []Entry
	err := j.view(func(tx *bbolt.Tx) error {
		start := time.Now()
		cursor := tx.Bucket([]byte(bucketRecords)).Cursor()
		for k, v := cursor.Seek(number(next)); k != nil; k, v = cursor.Next() {
			seq := next + uint64(len(batch))
			rec, broken := decodeRecord(v)
			switch {
			case broken != nil:
				return damaged(seq, "%v", broken)
			case rec.seq != seq || !slices.Equal(k, number(seq)):
				return damaged(seq, "record %d lies in its place", rec.seq)
			}
			batch = append(batch, entry(rec, v))
			if len(batch) == batchRecords || time.Since(start) > batchTime {
				return nil
			}
		}
		return nil
	})
	return batch, err
}

// History returns the records of one payment, oldest first, and none if the journal does not hold it.
func (j *Journal) History(id payment.ID) ([]Entry, error) {
	var all []Entry
	err := j.view(func(tx *bbolt.Tx) error {
		n, err := readNumber(tx.Bucket([]byte(bucketIDs)).Get(idKey(id)))
		if err != nil || n == 0 {
			return err
		}
		s, err := load(tx, n)
		if err != nil {
			return err
		}
		if s.payment.ID != id {
			return damaged(s.last, "the index leads to another payment")
		}
		all, err = history(tx, s)
		return err
	})
	if err == nil && all == nil {
		err = j.Damage()
	}
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", id, err)
	}
	return all, nil
}

// history walks a payment's records back from its last one, and checks that they are one life.
func history(tx *bbolt.Tx, s stored) ([]Entry, error) {
	var all []Entry
	records := tx.Bucket([]byte(bucketRecords))
	for seq, version := s.last, s.payment.Version; seq != 0; version-- {
		rec, err := readRecord(tx, seq)
		if err != nil {
			return nil, err
		}
		if rec.content.id() != s.payment.ID || rec.content.Version != version {
			return nil, damaged(seq, "it is not version %d of %s", version, s.payment.ID)
		}
		if (rec.before == 0) != (seq == s.number) || (rec.before == 0) != (version == 1) {
			return nil, damaged(seq, "the life of %s does not begin where it should", s.payment.ID)
		}
		all = append(all, entry(rec, records.Get(number(seq))))
		seq = rec.before
	}
	slices.Reverse(all)
	return all, nil
}

// Payments yields every payment in the order of intake. It ends with the first error.
func (j *Journal) Payments() iter.Seq2[payment.Payment, error] {
	return func(yield func(payment.Payment, error) bool) {
		for next := uint64(0); ; {
			batch, err := j.payments(next, load)
			for _, s := range batch {
				if !yield(s.payment, nil) {
					return
				}
			}
			if err != nil {
				yield(payment.Payment{}, err)
				return
			}
			if len(batch) == 0 {
				return
			}
			next = batch[len(batch)-1].number + 1
		}
	}
}

func (j *Journal) payments(next uint64, read readPayment) ([]stored, error) {
	var batch []stored
	err := j.view(func(tx *bbolt.Tx) error {
		start := time.Now()
		cursor := tx.Bucket([]byte(bucketPayments)).Cursor()
		for k, _ := cursor.Seek(number(next)); k != nil; k, _ = cursor.Next() {
			if len(k) != numberSize {
				return damaged(0, "a payment's number has %d bytes", len(k))
			}
			s, err := read(tx, binary.BigEndian.Uint64(k))
			if err != nil {
				return err
			}
			batch = append(batch, s)
			if len(batch) == batchRecords || time.Since(start) > batchTime {
				return nil
			}
		}
		return nil
	})
	return batch, err
}

// Export writes every record as one JSON object per line: the fields of Entry, and the epoch, which
// with the number names a record for ever. Behind them come the stored customers that were erased, one per line, with
// the fields of Erased. There are no secrets and no bodies in it.
func (j *Journal) Export(w io.Writer) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for e, err := range j.Records(0) {
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		line := struct {
			Epoch string `json:"epoch"`
			Entry
		}{j.id.Epoch, e}
		if err := lines.Encode(line); err != nil {
			return fmt.Errorf("export record %d: %w", e.Seq, err)
		}
	}
	return j.exportErasures(lines)
}

func (j *Journal) exportErasures(lines *json.Encoder) error {
	erasures, err := j.Erasures()
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, e := range erasures {
		line := struct {
			Epoch string `json:"epoch"`
			Kind  string `json:"event"`
			Erased
		}{j.id.Epoch, "customer_forgotten", e}
		if err := lines.Encode(line); err != nil {
			return fmt.Errorf("export erasure of %s: %w", e.Handle, err)
		}
	}
	return nil
}
