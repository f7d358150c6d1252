// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"os"
	"syscall"
)

// noFollow makes open fail on a symbolic link.
const noFollow = syscall.O_NOFOLLOW

// networkShare names the kind of network share that a folder is on, "" if none.
func networkShare(folder string) string {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return ""
	}
	name := make([]byte, 0, len(s.Fstypename))
	for _, c := range s.Fstypename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	switch string(name) {
	case "nfs", "smbfs", "afpfs", "webdav":
		return string(name)
	}
	return ""
}

// freeSpace is how many bytes we may still write, and false if it cannot be known.
func freeSpace(folder string) (uint64, bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// unlock frees bbolt's lock where bbolt itself can no longer do it. Closing the file is not enough:
// the mapped memory keeps it open.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
