// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Snapshot copies the whole journal, as it is now, into a new file. The file has its name only once
// it is complete and on disk; one that is there already is not replaced. It holds session tokens, and
// is readable by its owner alone.
func (j *Journal) Snapshot(file string) error {
	if err := j.snapshot(file); err != nil {
		return fmt.Errorf("snapshot %s: %w", file, err)
	}
	return nil
}

func (j *Journal) snapshot(file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fs.ErrExist
	}
	f, err := os.CreateTemp(filepath.Dir(file), leftover(file))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already if all went well
	err = j.view(func(tx *bbolt.Tx) error {
		w := bufio.NewWriterSize(f, 1<<20)
		if _, failed := tx.WriteTo(w); failed != nil {
			return failed
		}
		return w.Flush()
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return publish(f.Name(), file)
}
