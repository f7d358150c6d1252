// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package terminal

// writable is not known here.
func writable(uintptr) bool { return false }
