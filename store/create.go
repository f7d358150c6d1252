// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// epochSize is the length of an epoch, in characters of base 32: 40 bits, so that a replaced disk
// never collides with the one before.
const epochSize = 8

// create makes an empty journal at path. Until it is complete and on disk it has another name, so
// that there is never half of one: bbolt's own first writes do not survive a crash in between. That
// somebody else made one meanwhile is no error.
func create(path string) error {
	err := build(path, func(db *bbolt.DB) error {
		return db.Update(func(tx *bbolt.Tx) error { return foundation(tx, newIdentity(rand.Text()[:epochSize])) })
	}, publish)
	if _, missing := os.Lstat(path); missing == nil {
		return nil // an owner that was faster may have cleared away our unfinished file
	}
	return err
}

// foundation lays the foundation: format, identity, every bucket, and the head on the identity's mark.
func foundation(tx *bbolt.Tx, id identity) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	if err := putVersion(tx, format); err != nil {
		return err
	}
	if err := putIdentity(tx, id); err != nil {
		return err
	}
	return putHead(tx, id.Removed)
}

// build makes a bbolt file under a temporary name beside path, fills it, and hands it to publish once
// it is on disk.
func build(path string, fill func(*bbolt.DB) error, publish func(temporary, path string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), leftover(path)) // with mode 0600
	if err != nil {
		return err
	}
	temporary := f.Name()
	defer func() { _ = os.Remove(temporary) }() // gone already if all went well
	if err = f.Close(); err != nil {
		return err
	}
	db, _, err := openBolt(temporary, bbolt.Options{})
	if err != nil {
		return err
	}
	err = guard(func() error { return fill(db) })
	if err == nil {
		err = db.Sync()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return publish(temporary, path)
}
