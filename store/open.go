// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Open opens the journal at path for its one owner, and makes it if there is none. The file, and its
// folder, must be safe from others. Errors are ErrPlace, ErrLocked, *VersionError or those of the
// system.
//
// Damage is not an error of Open: the journal it returns answers what is still readable, refuses every
// write, and says why in Damage.
func Open(path string, o Options) (*Journal, error) {
	if err := checkPlace(path); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if witnessed(path) {
			return nil, fmt.Errorf("create journal: %w: %s is gone and %s says that it held payments; "+
				"put it back, or delete the second file to begin anew", ErrPlace, path, witnessPath(path))
		}
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create journal: %w", err)
		}
	}
	if err := checkFile(path); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return openWithin(path, false, o.withDefaults())
}

// OpenReadOnly opens the journal of a stopped daemon, or a snapshot, and changes nothing.
func OpenReadOnly(path string, o Options) (*Journal, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open journal: %s: %w: it is no regular file", path, ErrPlace)
	}
	return openWithin(path, true, o.withDefaults())
}

// openWithin is the watchdog: bbolt can run for ever on a broken file. A goroutine that does is left
// behind, because nothing can end it; one that is only late lets go of the file again.
func openWithin(path string, readOnly bool, o Options) (*Journal, error) {
	type result struct {
		j   *Journal
		err error
	}
	done, late := make(chan result), make(chan struct{})
	go func() {
		j, err := open(path, readOnly, o.LockWait)
		select {
		case done <- result{j, err}:
		case <-late:
			if err == nil {
				_ = j.Close() // nobody is there to hear of it
			}
		}
	}()
	timer := time.NewTimer(o.OpenTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, fmt.Errorf("open journal %s: %w", path, r.err)
		}
		return r.j, nil
	case <-timer.C:
		close(late)
		return unreadable(path, damaged(0, "opening it took longer than %s", o.OpenTimeout)), nil
	}
}

func unreadable(path string, why error) *Journal {
	return &Journal{path: path, broken: true, damage: why}
}

// open falls back to reading where the file is too broken to be opened for writing.
func open(path string, readOnly bool, wait time.Duration) (*Journal, error) {
	j, err := attempt(path, readOnly, wait)
	damage, ok := errors.AsType[*DamageError](err)
	if !ok {
		return j, err
	}
	if !readOnly {
		if j, err = attempt(path, true, wait); err == nil {
			j.broken, j.readOnly = true, false
			j.found(damage)
			return j, nil
		}
	}
	return unreadable(path, damage), nil
}

// attempt returns a *DamageError only for a file in which nothing can be looked up.
func attempt(path string, readOnly bool, wait time.Duration) (*Journal, error) {
	j := &Journal{path: path, readOnly: readOnly, recent: recent{}}
	if err := j.openFile(wait); err != nil {
		return nil, err
	}
	err := j.checkPages()
	if err == nil {
		err = j.view(checkVersion)
	}
	if err == nil {
		err = j.view(j.checkShape)
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	if err := j.verifyOpening(); err != nil {
		j.broken = true
		j.found(err)
		return j, nil
	}
	if !readOnly {
		removeLeftovers(path)
		j.reserve = keepReserve(path)
		j.witness = keepWitness(path)
	}
	return j, nil
}

// checkPages walks the tree of pages before bbolt does.
func (j *Journal) checkPages() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	return checkTree(j.file, info.Size())
}

// openFile opens the bbolt file and takes its lock.
func (j *Journal) openFile(wait time.Duration) error {
	if info, err := os.Stat(j.path); err != nil {
		return err
	} else if info.Size() == 0 {
		return damaged(0, "the file is empty") // bbolt would begin a new one in it
	}
	db, file, err := openBolt(j.path, bbolt.Options{Timeout: wait, ReadOnly: j.readOnly})
	if err != nil {
		return err
	}
	j.db, j.file = db, file
	// The lock may be one on a file that has just been replaced by compaction.
	ours, err := file.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Stat(j.path); err == nil && !os.SameFile(ours, there) {
			err = ErrLocked
		}
	}
	if err != nil {
		return errors.Join(err, j.Close())
	}
	return nil
}

// openBolt opens an existing file. NoSync, NoGrowSync and NoFreelistSync stay off: each of them gives
// up what a journal is for.
func openBolt(path string, o bbolt.Options) (db *bbolt.DB, file *os.File, err error) {
	o.FreelistType, o.NoStatistics = bbolt.FreelistMapType, true
	o.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		var failed error
		file, failed = os.OpenFile(name, flag&^os.O_CREATE|noFollow, mode) //nolint:gosec // the path is the operator's choice
		return file, failed
	}
	err = guard(func() error {
		db, err = bbolt.Open(path, 0o600, &o)
		return err
	})
	if d, ok := errors.AsType[*DamageError](err); ok && d.torn && file != nil {
		unlock(file) // bbolt did not come to it
		_ = file.Close()
	}
	return db, file, boltError(err)
}

// boltError sorts out what a failed open means. What is neither the lock nor the system is the file.
func boltError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return ErrLocked
	}
	_, path := errors.AsType[*fs.PathError](err)
	_, system := errors.AsType[syscall.Errno](err)
	_, known := errors.AsType[*DamageError](err)
	if path || system || known {
		return err
	}
	return damaged(0, "%v", err)
}
