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
	return shareName(uint32(s.Type))
}

// shareName knows the file systems' magic numbers of statfs(2).
func shareName(magic uint32) string {
	switch magic {
	case 0x6969:
		return "NFS"
	case 0x517B, 0xFF534D42, 0xFE534D42:
		return "SMB"
	case 0x564C:
		return "NCP"
	case 0x5346414F:
		return "AFS"
	case 0x73757245:
		return "Coda"
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
