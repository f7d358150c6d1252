// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
)

var (
	// ErrLocked means: another process owns the journal.
	ErrLocked = errors.New("another process owns the journal")
	// ErrStopped means: an earlier write failed, so what is on disk is unknown until the journal is
	// opened again.
	ErrStopped = errors.New("the journal has stopped")
	// ErrReadOnly means: the journal was opened for reading.
	ErrReadOnly = errors.New("the journal was opened for reading")
	// ErrRoom means: the disk is too full for new payments. Running ones may go on.
	ErrRoom = errors.New("the disk is too full for new payments")
	// ErrPlace means: a journal cannot be kept safely at this path.
	ErrPlace = errors.New("not a safe place for a journal")
)

// DamageError is something in the journal that cannot be true.
type DamageError struct {
	Seq uint64 // the first record concerned; 0 if it is not about one record
	Why string

	torn bool // bbolt was interrupted by it and may hold its locks
}

// Error implements error.
func (e *DamageError) Error() string {
	if e.Seq == 0 {
		return "journal damaged: " + e.Why
	}
	return fmt.Sprintf("journal damaged at record %d: %s", e.Seq, e.Why)
}

func damaged(seq uint64, format string, args ...any) error {
	return &DamageError{Seq: seq, Why: fmt.Sprintf(format, args...)}
}

// VersionError is a journal written by a newer version. Nothing was touched.
type VersionError struct{ Found, Known uint32 }

// Error implements error.
func (e *VersionError) Error() string {
	return fmt.Sprintf("journal has format %d, this version knows formats up to %d: install the newer version again", e.Found, e.Known)
}
