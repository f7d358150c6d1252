// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
)

const (
	// roomFloor: with less free space, in bytes, no new payment is taken.
	roomFloor = 64 << 20
	// reserveSize is the ballast in bytes: some thousand commits. It is released when no more than
	// that is free without it.
	reserveSize = 8 << 20
)

// reserve is the ballast: a file that is there only to be deleted.
type reserve struct {
	path string
	free func(folder string) (uint64, bool)

	mu    sync.Mutex
	there bool // guarded by mu
}

func reservePath(path string) string { return path + ".reserve" }

// keepReserve makes the ballast if there is plenty of room for it.
func keepReserve(path string) *reserve {
	r := &reserve{path: reservePath(path), free: freeSpace}
	if info, err := os.Lstat(r.path); err == nil && info.Size() == reserveSize {
		r.there = true
		return r
	}
	if free, ok := r.free(filepath.Dir(path)); ok && free > roomFloor+reserveSize {
		r.there = fillReserve(r.path) == nil
	}
	return r
}

// fillReserve writes noise: zeros take no room on a file system that compresses.
func fillReserve(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|noFollow, 0o600) //nolint:gosec // beside the journal
	if err != nil {
		return err
	}
	noise := rand.NewChaCha8([32]byte{})
	b := make([]byte, 1<<20)
	for range reserveSize / len(b) {
		_, _ = noise.Read(b) // never fails
		if _, err = f.Write(b); err != nil {
			break
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// ease gives the ballast back to the disk before a commit that may otherwise not fit.
func (r *reserve) ease() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.there {
		return
	}
	if free, ok := r.free(filepath.Dir(r.path)); ok && free < reserveSize {
		r.there = os.Remove(r.path) != nil
	}
}

// Room returns ErrRoom when the disk is too full to take a new payment. Running payments go on: the
// next commits have the ballast.
func (j *Journal) Room() error {
	if j.reserve == nil {
		return j.refusal()
	}
	free, ok := j.reserve.free(filepath.Dir(j.path))
	if ok && free < roomFloor {
		return fmt.Errorf("%w: %d MiB are free, %d are needed", ErrRoom, free>>20, roomFloor>>20)
	}
	return nil
}
