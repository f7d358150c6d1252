// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"
)

// bucketCloses holds the signed closes of days: number, from 1 -> sealed bytes. Like notes it is made
// with the first one. Retention leaves them: they are small, and the chain of closes begins with the first.
const bucketCloses = "closes"

// maxClose bounds one close, in bytes.
const maxClose = 1 << 20

// Removed is the last record that retention took away, with its hash; before that it is record 0.
func (j *Journal) Removed() Mark { return j.id.Removed }

// MarkAt is the place of a record that is in the journal, or of the last one that retention took away.
func (j *Journal) MarkAt(seq uint64) (Mark, error) {
	var m Mark
	err := j.view(func(tx *bbolt.Tx) error {
		var err error
		m, err = markAt(tx, j.id, seq)
		return err
	})
	if err != nil {
		return Mark{}, fmt.Errorf("record %d: %w", seq, err)
	}
	return m, nil
}

// Closes is every close, oldest first.
func (j *Journal) Closes() ([][]byte, error) {
	var all [][]byte
	err := j.view(func(tx *bbolt.Tx) error {
		all = nil
		return eachClose(tx, func(file []byte) { all = append(all, bytes.Clone(file)) })
	})
	if err != nil {
		return nil, fmt.Errorf("closes: %w", err)
	}
	return all, nil
}

// LastClose is the newest close and its number, 0 if there is none.
func (j *Journal) LastClose() (file []byte, n uint64, err error) {
	err = j.view(func(tx *bbolt.Tx) error {
		closes := tx.Bucket([]byte(bucketCloses))
		if closes == nil {
			return nil
		}
		key, sealed := closes.Cursor().Last()
		if key == nil {
			return nil
		}
		plain, broken := unseal(sealed)
		if broken != nil || len(key) != numberSize {
			return damaged(0, "the last close: %v", broken)
		}
		file, n = bytes.Clone(plain), binary.BigEndian.Uint64(key)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("last close: %w", err)
	}
	return file, n, nil
}

// AddClose makes the n-th close durable, in a transaction of its own. One goroutine at a time may add.
func (j *Journal) AddClose(n uint64, file []byte) error {
	if len(file) == 0 || len(file) > maxClose {
		return fmt.Errorf("close %d of %d bytes: expected 1 to %d", n, len(file), maxClose)
	}
	if _, last, err := j.LastClose(); err != nil || n != last+1 {
		return fmt.Errorf("close %d: %d is the last one: %w", n, last, err)
	}
	err := j.update(func(tx *bbolt.Tx) error {
		closes, err := tx.CreateBucketIfNotExists([]byte(bucketCloses))
		if err != nil {
			return err
		}
		return closes.Put(number(n), seal(file))
	})
	if err != nil {
		return fmt.Errorf("close %d: %w", n, err)
	}
	return nil
}

// eachClose checks the closes against their checksums and numbers. What they say is for others to check.
func eachClose(tx *bbolt.Tx, do func(file []byte)) error {
	closes := tx.Bucket([]byte(bucketCloses))
	if closes == nil {
		return nil
	}
	n := uint64(0)
	return closes.ForEach(func(key, sealed []byte) error {
		n++
		plain, broken := unseal(sealed)
		switch {
		case !bytes.Equal(key, number(n)):
			return damaged(0, "close %d is missing", n)
		case broken != nil:
			return damaged(0, "close %d: %v", n, broken)
		}
		do(plain)
		return nil
	})
}

func verifyCloses(tx *bbolt.Tx) error { return eachClose(tx, func([]byte) {}) }

// copyOptional copies what stays of a bucket that need not be there.
func copyOptional(dst *bbolt.DB, src *bbolt.Tx, name string, keep func(k, v []byte) bool) error {
	if src.Bucket([]byte(name)) == nil {
		return nil
	}
	err := dst.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists([]byte(name))
		return err
	})
	if err != nil {
		return err
	}
	return copyBucket(dst, src, name, keep)
}
