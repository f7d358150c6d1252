// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package terminaltest

import (
	"os"
	"testing"
)

// OpenPTY skips the test: pseudo-terminals are opened on Linux only.
func OpenPTY(t *testing.T) (far *os.File, device string) {
	t.Helper()
	t.Skip("pseudo-terminals are opened on Linux only")
	return nil, ""
}
