// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// Options may be left zero.
type Options struct {
	LockWait    time.Duration // how long to wait for another process to let go; 0 means 2 s
	OpenTimeout time.Duration // how long opening and its checks may take; 0 means 30 s
}

func (o Options) withDefaults() Options {
	o.LockWait = cmp.Or(o.LockWait, 2*time.Second)
	o.OpenTimeout = cmp.Or(o.OpenTimeout, 30*time.Second)
	return o
}

// Journal is an open journal.
type Journal struct {
	// Immutable once open.
	path     string
	readOnly bool
	db       *bbolt.DB // nil if the file could not be opened at all
	file     *os.File  // bbolt's own; its lock is the ownership of the journal
	id       identity

	witness *witness
	reserve *reserve

	writing sync.Mutex // serializes writes, flush included
	recent  recent     // guarded by writing

	// abandoned means that bbolt was interrupted and may hold its locks for ever.
	abandoned atomic.Bool

	mu      sync.Mutex
	broken  bool  // guarded by mu; found damaged at Open: no writes
	damage  error // guarded by mu
	stopped error // guarded by mu
}

// Epoch is the random name that was made with the file, "" if it cannot be read.
func (j *Journal) Epoch() string { return j.id.Epoch }

// Damage is nil, or a *DamageError once damage was found, at Open or later by VerifyRest. Damage found
// at Open makes the journal read-only; damage found later leaves it writable, so that running payments
// can end, but no new payment should be taken.
func (j *Journal) Damage() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.damage
}

// Head is the newest record's number and hash.
func (j *Journal) Head() (Mark, error) {
	var m Mark
	err := j.view(func(tx *bbolt.Tx) error {
		var err error
		m, err = getHead(tx)
		return err
	})
	return m, err
}

// refusal is why nothing may be written now.
func (j *Journal) refusal() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.stopped != nil:
		return j.stopped
	case j.broken:
		return j.damage
	case j.readOnly:
		return ErrReadOnly
	}
	return nil
}

// Distrust makes an open journal one that was found damaged: it is read, and not written any more.
func (j *Journal) Distrust(damage *DamageError) {
	j.found(damage)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = true
}

func (j *Journal) found(damage error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.damage == nil {
		j.damage = damage
	}
}

// Close lets go of the file. Nothing may be called afterwards.
func (j *Journal) Close() error {
	err := j.witness.close()
	switch {
	case j.db == nil:
		return err
	case j.abandoned.Load():
		// bbolt's own Close may wait for its locks for ever.
		unlock(j.file)
		return errors.Join(err, j.file.Close())
	}
	return errors.Join(err, j.db.Close())
}
