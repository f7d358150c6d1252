// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// bucketErasures holds which stored customer was erased, when, by whom and why: number of the record that follows, and
// the handle -> sealed payment.Erasure as JSON. It is made with the first one; retention removes what lies before the
// records that it removes.
const bucketErasures = "erasures"

// Erased is an erasure and its place in the journal.
type Erased struct {
	payment.Erasure

	Before uint64 `json:"before"` // number of the record that follows it
}

// eraseCustomer erases a token and keeps that it was. One that is not there leaves nothing to tell.
func eraseCustomer(tx *bbolt.Tx, customers *bbolt.Bucket, e payment.Erasure) error {
	if customers.Get([]byte(e.Handle)) == nil {
		return nil
	}
	if err := customers.Delete([]byte(e.Handle)); err != nil {
		return err
	}
	head, err := getHead(tx)
	if err != nil {
		return err
	}
	erasures, err := tx.CreateBucketIfNotExists([]byte(bucketErasures))
	if err != nil {
		return err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return erasures.Put(append(number(head.Seq+1), e.Handle...), seal(text))
}

// Erasures lists what was erased, oldest first.
func (j *Journal) Erasures() ([]Erased, error) {
	var all []Erased
	err := j.view(func(tx *bbolt.Tx) error {
		all = nil
		return eachErasure(tx, func(e Erased) { all = append(all, e) })
	})
	if err != nil {
		return nil, fmt.Errorf("erasures: %w", err)
	}
	return all, nil
}

func eachErasure(tx *bbolt.Tx, do func(Erased)) error {
	erasures := tx.Bucket([]byte(bucketErasures))
	if erasures == nil {
		return nil
	}
	return erasures.ForEach(func(k, sealed []byte) error {
		text, err := unseal(sealed)
		if err != nil || len(k) < numberSize {
			return damaged(0, "an erasure is unreadable")
		}
		e := Erased{Before: binary.BigEndian.Uint64(k)}
		if err := json.Unmarshal(text, &e.Erasure); err != nil || string(e.Handle) != string(k[numberSize:]) {
			return damaged(0, "erasure of %q is unreadable", k[numberSize:])
		}
		do(e)
		return nil
	})
}

// verifyErasures checks every erasure against its checksum and name.
func verifyErasures(tx *bbolt.Tx) error { return eachErasure(tx, func(Erased) {}) }
