// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// checkPlace looks at the folder: others must not be able to put a file in the journal's place, and
// its locks must be real.
func checkPlace(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s: %w: it is no folder", folder, ErrPlace)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0:
		return fmt.Errorf("%s: %w: everybody can write there; chmod 700 it", folder, ErrPlace)
	}
	if share := networkShare(folder); share != "" {
		return fmt.Errorf("%s: %w: it is on a network share (%s), where locks cannot be trusted", folder, ErrPlace, share)
	}
	return nil
}

// checkFile looks at the journal itself, without following a link. It holds session tokens, so that
// others must not even read it.
func checkFile(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %w: it is no regular file (%s)", path, ErrPlace, info.Mode().Type())
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s: %w: others may use it (%s); chmod 600 it", path, ErrPlace, info.Mode().Perm())
	}
	return nil
}

// leftover is how files are called until they are complete.
func leftover(path string) string { return filepath.Base(path) + ".new-*" }

// removeLeftovers deletes what a creation or compaction left when it was cut short. Only the owner of
// the journal may do so.
func removeLeftovers(path string) {
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), leftover(path)))
	if err != nil {
		return // the pattern is odd because the path is; what is left lies there unharming
	}
	for _, name := range names {
		_ = os.Remove(name)
	}
}

// publish gives a complete file its name, and fails with fs.ErrExist if the name is taken.
func publish(temporary, path string) error {
	err := os.Link(temporary, path)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil { // a file system without links
		if _, there := os.Lstat(path); there == nil {
			return fs.ErrExist
		}
		err = os.Rename(temporary, path)
	} else {
		err = os.Remove(temporary)
	}
	return errors.Join(err, syncFolder(filepath.Dir(path)))
}

// syncFolder makes new names in a folder durable. Windows cannot, and does not need it on NTFS.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder) //nolint:gosec // the path is the operator's choice
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
