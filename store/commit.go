// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// fillRecords is how full a page of records is left when the next one begins. Records only ever
// follow each other, so room in the middle would stay empty for ever.
const fillRecords = 0.95

// maxLane bounds a lane's name in a key, in bytes.
const maxLane = 256

// Commit makes c durable in one transaction, or returns an error after which it is unknown whether c
// is durable: the caller must stop acting, and every later write is refused with the same error. A
// record that does not follow from what the journal holds is such an error too.
func (j *Journal) Commit(c payment.Commit) error {
	if c.Empty() {
		return nil
	}
	var head Mark
	err := j.update(func(tx *bbolt.Tx) error {
		var err error
		head, err = j.write(tx, c)
		return err
	})
	if err != nil {
		return err
	}
	j.witness.write(j.id.Epoch, head)
	return nil
}

// update runs one write transaction. The lock is held across the flush, so that nothing is written
// after a write that failed.
func (j *Journal) update(change func(*bbolt.Tx) error) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	if err := j.refusal(); err != nil {
		return err
	}
	j.reserve.ease()
	err := guard(func() error { return j.db.Update(change) })
	if err == nil {
		return nil
	}
	if d, ok := errors.AsType[*DamageError](err); ok && d.torn {
		j.abandoned.Store(true)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stopped = fmt.Errorf("%w: %w", ErrStopped, err)
	return j.stopped
}

// write is the whole of a commit, and returns the new head.
func (j *Journal) write(tx *bbolt.Tx, c payment.Commit) (Mark, error) {
	head, err := getHead(tx)
	if err != nil {
		return Mark{}, err
	}
	for _, r := range c.Records {
		if head, err = j.writeRecord(tx, head, r); err != nil {
			return Mark{}, fmt.Errorf("record of %s: %w", r.After.ID, err)
		}
	}
	for _, b := range c.Blobs {
		if err = j.writeBlob(tx, b); err != nil {
			return Mark{}, fmt.Errorf("bytes of %s: %w", b.Key, err)
		}
	}
	if err = writeCustomers(tx, c); err != nil {
		return Mark{}, err
	}
	for _, k := range c.Erase {
		if err = tx.Bucket([]byte(bucketBlobs)).Delete([]byte(k)); err != nil {
			return Mark{}, fmt.Errorf("erase bytes of %s: %w", k, err)
		}
	}
	return head, putHead(tx, head)
}

func (j *Journal) writeRecord(tx *bbolt.Tx, head Mark, r payment.Record) (Mark, error) {
	before, err := j.recent.current(tx, r.After.ID)
	if err != nil {
		return Mark{}, err
	}
	if err = follows(before.payment, r.After); err != nil {
		return Mark{}, err
	}
	k, next, err := newRecord(head, before.last, r)
	if err != nil {
		return Mark{}, err
	}
	records := tx.Bucket([]byte(bucketRecords))
	records.FillPercent = fillRecords
	if err = records.Put(number(next.Seq), k.Value); err != nil {
		return Mark{}, err
	}
	now := stored{payment: r.After, number: cmp.Or(before.number, next.Seq), last: next.Seq}
	j.recent.keep(now)
	return next, place(tx, before, now, k.Snapshot)
}

// recent are the unfinished payments that this process has written: they need not be read again to know what follows
// them. It may be ahead of the disk only while a transaction runs, because after one that failed nothing is written.
type recent map[payment.ID]stored

func (r recent) keep(s stored) {
	if s.payment.Final() {
		delete(r, s.payment.ID)
		return
	}
	r[s.payment.ID] = s
}

func (r recent) current(tx *bbolt.Tx, id payment.ID) (stored, error) {
	if s, ok := r[id]; ok {
		return s, nil
	}
	return current(tx, id)
}

// current is what the journal holds of a payment, the zero value with the id if nothing.
func current(tx *bbolt.Tx, id payment.ID) (stored, error) {
	if err := checkID(id); err != nil {
		return stored{}, err
	}
	n, err := readNumber(tx.Bucket([]byte(bucketIDs)).Get(idKey(id)))
	if err != nil || n == 0 {
		return stored{payment: payment.Payment{ID: id}}, err
	}
	return load(tx, n)
}

func checkID(id payment.ID) error {
	if id.Lane == "" || len(id.Lane) > maxLane || strings.ContainsRune(string(id.Lane), 0) {
		return errors.New("lane: expected 1 to 256 bytes without NUL")
	}
	return id.Till.Check()
}

// follows keeps the journal on the edges of the state machine, whatever the caller believes.
func follows(before, after payment.Payment) error {
	if after.ID != before.ID {
		return fmt.Errorf("the journal holds %s here", before.ID)
	}
	if after.Version != before.Version+1 {
		return fmt.Errorf("version %d follows version %d", after.Version, before.Version)
	}
	if after.State != before.State && !before.State.May(after.State) {
		return fmt.Errorf("state %s follows state %s", after.State, before.State)
	}
	return nil
}

// place puts the snapshot and everything that leads to it.
func place(tx *bbolt.Tx, before, now stored, snapshot []byte) error {
	p := now.payment
	if before.number == 0 {
		if err := introduce(tx, now); err != nil {
			return err
		}
	}
	key := number(now.number)
	if err := tx.Bucket([]byte(bucketPayments)).Put(key, append(number(now.last), snapshot...)); err != nil {
		return err
	}
	if p.Request.ID != "" && p.Request.ID != before.payment.Request.ID {
		if err := tx.Bucket([]byte(bucketRequests)).Put(digest(p.Request.ID), key); err != nil {
			return err
		}
	}
	if p.Transaction.ID != "" && p.Transaction.ID != before.payment.Transaction.ID {
		if err := tx.Bucket([]byte(bucketMoney)).Put(digest(p.Transaction.ID), key); err != nil {
			return err
		}
	}
	if err := placeRefunds(tx, before.payment, p, key); err != nil {
		return err
	}
	return placeOpen(tx.Bucket([]byte(bucketOpen)), key, !p.Final())
}

// placeOpen leaves a mark that is there already as it is: a page less to write.
func placeOpen(marks *bbolt.Bucket, key []byte, open bool) error {
	switch there := marks.Get(key) != nil; {
	case open == there:
		return nil
	case open:
		return marks.Put(key, []byte{1})
	}
	return marks.Delete(key)
}

// introduce makes a new payment findable. A tombstone is not the last sale of its lane.
func introduce(tx *bbolt.Tx, s stored) error {
	key := number(s.number)
	if err := tx.Bucket([]byte(bucketIDs)).Put(idKey(s.payment.ID), key); err != nil {
		return err
	}
	if s.payment.Tombstone {
		return nil
	}
	return tx.Bucket([]byte(bucketLanes)).Put([]byte(s.payment.ID.Lane), key)
}

// blob is the erasable part of an intent as it lies on disk.
type blob struct {
	Body  []byte `json:"body"`
	Token string `json:"token,omitempty"`

	Customer *payment.CustomerToken `json:"customer,omitempty"`
	Reply    string                 `json:"reply,omitempty"`
}

// writeBlob refuses bytes that are not those of a durable intent: a key must never leave with others.
func (j *Journal) writeBlob(tx *bbolt.Tx, b payment.Blob) error {
	s, err := j.recent.current(tx, b.ID)
	if err != nil {
		return err
	}
	if i, ok := intent(s.payment, b.Key); !ok || i.Hash != bodyHash(b.Body) {
		return fmt.Errorf("%s has no intent with this key and these bytes", b.ID)
	}
	kept := blob{Body: b.Body, Token: b.Token, Reply: b.Reply}
	if b.Customer.Handle != "" {
		kept.Customer = &b.Customer
	}
	body, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(bucketBlobs)).Put([]byte(b.Key), seal(append(number(s.number), body...)))
}

func intent(p payment.Payment, k payment.Key) (payment.Intent, bool) {
	for _, i := range p.Intents() {
		if i.Key == k {
			return i, true
		}
	}
	return payment.Intent{}, false
}

func bodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
