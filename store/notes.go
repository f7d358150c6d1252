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

// Note is a value of at most 4 KiB under a name of 1 to 128 bytes.
type Note struct {
	Name  string
	Value []byte
}

// SetNote keeps one note, in a transaction of its own. A value that is there already costs no write.
func (j *Journal) SetNote(name string, value []byte) error {
	if known, found, err := j.Note(name); err == nil && found && bytes.Equal(known, value) {
		return nil
	}
	return j.SetNotes(Note{name, value})
}

// SetNotes keeps all of these or, if it fails, none, in a transaction of their own.
func (j *Journal) SetNotes(all ...Note) error {
	for _, n := range all {
		if n.Name == "" || len(n.Name) > maxNoteName || len(n.Value) > maxNote {
			return fmt.Errorf("note: expected a name of 1 to %d bytes and a value of at most %d", maxNoteName, maxNote)
		}
	}
	err := j.update(func(tx *bbolt.Tx) error {
		notes, err := tx.CreateBucketIfNotExists([]byte(bucketNotes))
		if err != nil {
			return err
		}
		for _, n := range all {
			if err := notes.Put([]byte(n.Name), seal(n.Value)); err != nil {
				return fmt.Errorf("note %s: %w", n.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("notes: %w", err)
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
