// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package main

import "syscall"

// freeSpace is how many bytes this user may still write below a folder, and false if it cannot be known.
func freeSpace(folder string) (uint64, bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
