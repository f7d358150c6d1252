// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"io"
	"reflect"
	"time"
	"unsafe"

	"go.etcd.io/bbolt"
)

// Format is the number of the format that this version writes.
const Format = format

// Recode decodes a record and encodes it again: what the fuzzer needs.
func Recode(b []byte) ([]byte, error) {
	r, err := decodeRecord(b)
	if err != nil {
		return nil, err
	}
	return r.encode()
}

// Seal puts the right checksum before b.
func Seal(b []byte) []byte { return seal(b) }

// WriteAt is how bbolt writes pages.
type WriteAt = func(b []byte, off int64) (int, error)

// Intercept replaces the one function through which bbolt writes pages.
func (j *Journal) Intercept(with func(next WriteAt) WriteAt) {
	field := reflect.ValueOf(j.db).Elem().FieldByName("ops").FieldByName("writeAt")
	p := (*WriteAt)(unsafe.Pointer(field.UnsafeAddr())) //nolint:gosec // bbolt has no hook of its own
	*p = with(*p)
}

// SetFree replaces the question for free space.
func (j *Journal) SetFree(free func(string) (uint64, bool)) { j.reserve.free = free }

// Change edits a journal file past all rules.
func Change(path string, edit func(*bbolt.Tx) error) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Update(edit); err != nil {
		return err
	}
	return db.Close()
}

// SetVersion makes a journal look like one of another version.
func SetVersion(tx *bbolt.Tx, version uint32) error { return putVersion(tx, version) }

// Number is a key of records and payments.
func Number(n uint64) []byte { return number(n) }

// Recent counts the payments that are kept in memory.
func (j *Journal) Recent() int { return len(j.recent) }

// Knows reports whether a webhook event's id is remembered, without remembering it.
func (j *Journal) Knows(id string, at time.Time) (bool, error) { return j.knowsEvent(id, seenOn(at)) }

// WitnessText is what the witness file says of a record.
func WitnessText(epoch string, m Mark) string { return witnessText(epoch, m) }

// CheckTree walks the tree of pages.
func CheckTree(file io.ReaderAt, size int64) error { return checkTree(file, size) }

// WalkRest is what VerifyRest does before it follows any page.
func (j *Journal) WalkRest() error { return j.view(j.walkRest) }
