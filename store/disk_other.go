// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package store

import "os"

// noFollow: links are only refused by looking beforehand.
const noFollow = 0

// networkShare is not known here.
func networkShare(string) string { return "" }

// freeSpace cannot be known with the standard library here.
func freeSpace(string) (uint64, bool) { return 0, false }

// unlock: closing the file frees the lock here.
func unlock(*os.File) {}
