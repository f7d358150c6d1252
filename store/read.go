// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// stored is a payment's snapshot with where it lies: its number and its last record.
type stored struct {
	payment      payment.Payment
	number, last uint64
}

// view runs one short read transaction.
func (j *Journal) view(read func(*bbolt.Tx) error) error {
	if j.db == nil {
		return j.Damage()
	}
	return guard(func() error { return j.db.View(read) })
}

// guard turns bbolt's panics on broken pages, and faults of the mapped file, into an error. A file
// that was cut short under the map raises a fault that would otherwise end the process.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamageError{Why: fmt.Sprintf("unreadable pages: %v", r), torn: true}
		}
	}()
	return do()
}

// load reads the payment with a number and checks it against its last record.
func load(tx *bbolt.Tx, n uint64) (stored, error) {
	value := tx.Bucket([]byte(bucketPayments)).Get(number(n))
	if len(value) < numberSize {
		return stored{}, damaged(n, "the payment that it began is missing")
	}
	s := stored{number: n, last: binary.BigEndian.Uint64(value)}
	rec, err := readRecord(tx, s.last)
	if err != nil {
		return stored{}, err
	}
	if s.payment, err = rec.payment(value[numberSize:]); err != nil {
		return stored{}, err
	}
	return s, nil
}

func readRecord(tx *bbolt.Tx, seq uint64) (record, error) {
	value := tx.Bucket([]byte(bucketRecords)).Get(number(seq))
	if value == nil {
		return record{}, damaged(seq, "it is missing")
	}
	rec, err := decodeRecord(value)
	if err != nil {
		return record{}, damaged(seq, "%v", err)
	}
	if rec.seq != seq {
		return record{}, damaged(seq, "record %d lies in its place", rec.seq)
	}
	return rec, nil
}

// Unfinished returns every payment that has something left to do, in the order of intake.
func (j *Journal) Unfinished() ([]payment.Payment, error) {
	var all []payment.Payment
	err := j.view(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucketOpen)).ForEach(func(k, _ []byte) error {
			s, err := loadOpen(tx, k)
			all = append(all, s.payment)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("unfinished payments: %w", err)
	}
	return all, nil
}

// Charged reports whether Klarna has made a transaction of any payment here.
func (j *Journal) Charged() (bool, error) {
	var charged bool
	err := j.view(func(tx *bbolt.Tx) error {
		first, _ := tx.Bucket([]byte(bucketMoney)).Cursor().First()
		charged = first != nil
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("whether anything was charged: %w", err)
	}
	return charged, nil
}

func loadOpen(tx *bbolt.Tx, key []byte) (stored, error) {
	n, err := readNumber(key)
	if err != nil {
		return stored{}, err
	}
	s, err := load(tx, n)
	if err == nil && s.payment.Final() {
		err = damaged(s.last, "the payment is listed as unfinished, but is %s", s.payment.State)
	}
	return s, err
}

// Find returns the payment that a till named. In a damaged journal nothing is ever "not found": what
// cannot be read may have been there.
func (j *Journal) Find(id payment.ID) (payment.Payment, bool, error) {
	p, ok, err := j.find(bucketIDs, idKey(id))
	if ok && p.ID != id {
		p, ok, err = payment.Payment{}, false, damaged(0, "the index leads to another payment")
	}
	if err != nil {
		return payment.Payment{}, false, fmt.Errorf("payment %s: %w", id, err)
	}
	return p, ok, nil
}

// Last returns the newest payment of a lane. A cancel of a payment that never began is not one.
func (j *Journal) Last(lane payment.LaneID) (payment.Payment, bool, error) {
	p, ok, err := j.find(bucketLanes, []byte(lane))
	if ok && p.ID.Lane != lane {
		p, ok, err = payment.Payment{}, false, damaged(0, "the index leads to another lane")
	}
	if err != nil {
		return payment.Payment{}, false, fmt.Errorf("last payment of %s: %w", lane, err)
	}
	return p, ok, nil
}

// ByRequest returns the payment that has or had a payment request at Klarna.
func (j *Journal) ByRequest(r payment.RequestID) (payment.Payment, bool, error) {
	p, ok, err := j.find(bucketRequests, digest(r))
	if err != nil {
		return payment.Payment{}, false, fmt.Errorf("payment of request %s: %w", r, err)
	}
	return p, ok, nil
}

// ByTransaction returns the payment that a transaction at Klarna paid.
func (j *Journal) ByTransaction(t payment.TransactionID) (payment.Payment, bool, error) {
	p, ok, err := j.find(bucketMoney, digest(t))
	if ok && p.Transaction.ID != t {
		p, ok, err = payment.Payment{}, false, damaged(0, "the index leads to another transaction")
	}
	if err != nil {
		return payment.Payment{}, false, fmt.Errorf("payment of transaction %s: %w", t, err)
	}
	return p, ok, nil
}

func (j *Journal) find(bucket string, key []byte) (payment.Payment, bool, error) {
	var p payment.Payment
	ok := false
	err := j.view(func(tx *bbolt.Tx) error {
		index := tx.Bucket([]byte(bucket))
		if index == nil { // only refunds have none until there is one
			return nil
		}
		n, err := readNumber(index.Get(key))
		if err != nil || n == 0 {
			return err
		}
		s, err := load(tx, n)
		p, ok = s.payment, err == nil
		return err
	})
	if err == nil && !ok {
		err = j.Damage()
	}
	return p, ok, err
}

// Blob returns the bytes of an intent, and false if they were erased or never decided. Bytes that are
// not those of the intent are damage, not an answer.
func (j *Journal) Blob(k payment.Key) (payment.Blob, bool, error) {
	var found payment.Blob
	err := j.view(func(tx *bbolt.Tx) error {
		value := tx.Bucket([]byte(bucketBlobs)).Get([]byte(k))
		if value == nil {
			return j.Damage()
		}
		var err error
		found, err = readBlob(tx, k, value)
		return err
	})
	if err != nil {
		return payment.Blob{}, false, fmt.Errorf("bytes of %s: %w", k, err)
	}
	return found, found.Key != "", nil
}

func readBlob(tx *bbolt.Tx, k payment.Key, value []byte) (payment.Blob, error) {
	value, err := unseal(value)
	if err != nil || len(value) < numberSize {
		return payment.Blob{}, damaged(0, "the bytes are unreadable")
	}
	s, err := load(tx, binary.BigEndian.Uint64(value))
	if err != nil {
		return payment.Blob{}, err
	}
	var b blob
	if err := json.Unmarshal(value[numberSize:], &b); err != nil {
		return payment.Blob{}, damaged(s.last, "bytes: %v", err)
	}
	if i, ok := intent(s.payment, k); ok && i.Hash != bodyHash(b.Body) {
		return payment.Blob{}, damaged(s.last, "the bytes are not those that were decided")
	}
	found := payment.Blob{ID: s.payment.ID, Key: k, Body: b.Body, Token: b.Token, Reply: b.Reply}
	if b.Customer != nil {
		found.Customer = *b.Customer
	}
	return found, nil
}
