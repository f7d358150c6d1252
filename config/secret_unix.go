// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// openNoFollow opens a file for reading. It follows no link and does not wait at a pipe.
func openNoFollow(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) //nolint:gosec // G304: the operator names the file
}

// ownOnly looks at owner and mode of an open file and at the folder it stands in.
func ownOnly(path string, info fs.FileInfo) *refusal {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &refusal{what: "its owner is not known", expected: ownerOnly}
	}
	if r := guardedBy(info.Mode(), int(owner.Uid), int(owner.Gid), os.Geteuid()); r != nil {
		return r
	}
	folder := stat(filepath.Dir(path))
	if folder == nil || folder.Mode().Perm()&0o002 != 0 {
		return &refusal{what: "everybody can write to its folder", expected: "a folder that only its owner can write to"}
	}
	return nil
}

// guardedBy judges a file of the given owner for the user me.
func guardedBy(mode fs.FileMode, uid, gid, me int) *refusal {
	open := mode.Perm() & 0o077
	// The group bits of a systemd credential are the mask of its access list; its owner is root
	// (systemd.exec(5), LoadCredential=). A group of root's own gives nothing away either.
	if uid == 0 && gid == 0 {
		open &^= 0o040
	}
	switch {
	case uid != me && uid != 0:
		return &refusal{what: fmt.Sprintf("belongs to user %d", uid), expected: fmt.Sprintf("a file of user %d or of root", me)}
	case open != 0:
		return &refusal{what: fmt.Sprintf("others can use it (mode %04o)", mode.Perm()), expected: ownerOnly}
	}
	return nil
}
