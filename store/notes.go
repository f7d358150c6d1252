// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"
)

// bucketNotes holds small things that a lane remembers beside its payments: name -> sealed value. It
// is made with the first note, so that a journal without one needs no new format.
const bucketNotes = "notes"

const (
	maxNoteName = 128     // bytes
	maxNote     = 4 << 10 // bytes
)

// Note is what SetNote kept under a name, and false if it kept nothing.
func (j *Journal) Note(name string) (value []byte, found bool, err error) {
	err = j.view(func(tx *bbolt.Tx) error {
		notes := tx.Bucket([]byte(bucketNotes))
		if notes == nil {
			return nil
		}
		sealed := notes.Get([]byte(name))
		if sealed == nil {
			return nil
		}
		plain, broken := unseal(sealed)
		if broken != nil {
			return damaged(0, "note %s: %v", name, broken)
		}
		value, found = bytes.Clone(plain), true
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("note %s: %w", name, err)
	}
	return value, found, nil
}

// SetNote keeps a value of at most 4 KiB under a name of at most 128 bytes, in a transaction of its
// own. A value that is there already costs no write.
func (j *Journal) SetNote(name string, value []byte) error {
	if name == "" || len(name) > maxNoteName || len(value) > maxNote {
		return fmt.Errorf("note: expected a name of 1 to %d bytes and a value of at most %d", maxNoteName, maxNote)
	}
	if known, found, err := j.Note(name); err == nil && found && bytes.Equal(known, value) {
		return nil
	}
	err := j.update(func(tx *bbolt.Tx) error {
		notes, err := tx.CreateBucketIfNotExists([]byte(bucketNotes))
		if err != nil {
			return err
		}
		return notes.Put([]byte(name), seal(value))
	})
	if err != nil {
		return fmt.Errorf("note %s: %w", name, err)
	}
	return nil
}

// verifyNotes checks every note against its checksum.
func verifyNotes(tx *bbolt.Tx) error {
	notes := tx.Bucket([]byte(bucketNotes))
	if notes == nil {
		return nil
	}
	return notes.ForEach(func(name, sealed []byte) error {
		if _, err := unseal(sealed); err != nil {
			return damaged(0, "note %s: %v", name, err)
		}
		return nil
	})
}
