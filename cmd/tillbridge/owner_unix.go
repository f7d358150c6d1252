// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// inherit gives what root has written below a folder to the folder's owner. The service runs as a user of its own, and
// could not read it. That user may write here at any time, so no link is followed and no file with a second name is given.
func inherit(folder string) (err error) {
	if os.Geteuid() != 0 {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("give what was written to the owner of %s: %w", folder, err)
		}
	}()
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // the daemon works here as well
			return nil
		}
		if err != nil {
			return err
		}
		return pass(root, name, owner)
	})
}

// pass gives one file of root's to the owner.
func pass(root *os.Root, name string, owner *syscall.Stat_t) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok || of.Uid != 0 || info.Mode().IsRegular() && of.Nlink > 1 {
		return nil
	}
	return root.Lchown(name, int(owner.Uid), int(owner.Gid))
}
