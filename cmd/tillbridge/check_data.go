// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"tillbridge/config"
	"tillbridge/store"
)

// leastRoom is how much space should be free, in bytes: below it the journal takes no new payment.
const leastRoom = 64 << 20

// dataFolder looks whether the journal can be written where it is to be.
func (e *examiner) dataFolder() {
	const what = "data folder"
	dir := e.cfg.DataDir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := nearest(dir)
		if err = writable(parent); err != nil {
			e.fail(what, "%s: not there, and cannot be made: %v", dir, err)
			return
		}
		e.ok(what, "%s: not there yet; serve makes it", dir)
		e.room(parent)
		return
	case err != nil:
		e.fail(what, "%v", err)
		return
	case !info.IsDir():
		e.fail(what, "%s: is no folder; correct data_dir", dir)
		return
	}
	e.permissions(dir, info.Mode().Perm())
	e.room(dir)
}

func (e *examiner) permissions(dir string, mode fs.FileMode) {
	const what = "data folder"
	posix := runtime.GOOS != "windows" // elsewhere these bits mean nothing
	switch err := writable(dir); {
	case err != nil:
		e.fail(what, "%s: this user cannot write there: %v", dir, err)
	case posix && mode&0o022 != 0:
		e.fail(what, "%s: others can write there (%s); chmod 700 it", dir, mode)
	case posix && mode&0o077 != 0:
		e.warn(what, "%s: others can look into it (%s); chmod 700 it", dir, mode)
	default:
		e.ok(what, "%s", dir)
	}
}

// nearest is the first folder above dir that is there.
func nearest(dir string) string {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(parent); err == nil || parent == dir {
			return parent
		}
		dir = parent
	}
}

// writable makes a file and removes it: modes alone do not tell.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".tillbridge-check-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (e *examiner) room(dir string) {
	const what = "free space"
	switch free, known := freeSpace(dir); {
	case !known:
	case free < leastRoom:
		e.fail(what, "%s: %d MiB, at least %d are needed", dir, free>>20, leastRoom>>20)
	default:
		e.ok(what, "%s: %d MiB", dir, free>>20)
	}
}

// journal opens what is there without changing it. A running daemon has it to itself.
func (e *examiner) journal() {
	const what = "journal"
	path := dataFile(e.cfg, journalFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		e.ok(what, "%s: none yet; serve makes it", path)
		return
	}
	j, err := store.OpenReadOnly(path, store.Options{LockWait: 200 * time.Millisecond})
	switch {
	case errors.Is(err, store.ErrLocked) && e.running:
		e.ok(what, "%s: in use by the running daemon", path)
		return
	case errors.Is(err, store.ErrLocked):
		e.fail(what, "%s: in use by another process, which does not answer as a daemon", path)
		return
	case err != nil:
		e.fail(what, "%v", err)
		return
	}
	damage := j.Damage()
	if damage == nil {
		damage = belongs(j, e.cfg)
	}
	head, headErr := j.Head()
	switch err := errors.Join(damage, headErr, j.Close()); {
	case err != nil:
		e.fail(what, "%s: %v", path, err)
	default:
		e.ok(what, "%s: %d records", path, head.Seq)
	}
}

// signingKeys looks at the webhook's keys. Without any, polling does the work.
func (e *examiner) signingKeys() {
	const what = "webhook keys"
	file := e.cfg.Klarna.Webhook.SigningKeysFile
	if file == "" {
		return
	}
	switch keys, err := config.ReadSigningKeys(file); {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(keys) == 0:
		e.warn(what, "%s: no key yet; tillbridge webhook register makes one", file)
	case err != nil:
		e.fail(what, "%v", err)
	default:
		e.ok(what, "%s: %d", file, len(keys))
	}
}
