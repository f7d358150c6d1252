// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminaltest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreePort is an address that nobody listens on now, and that no other test is given before this one ends,
// in this process or another: the UDP port of the same number says that it is taken. It is below those that
// systems give to whoever connects (Linux: 32768 and up), so that nobody gets it by accident before its
// listener starts, or while the daemon that listens there is dead.
func FreePort(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	for t.Context().Err() == nil {
		at := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000)) //nolint:gosec // not a secret
		claim, err := config.ListenPacket(t.Context(), "udp", at)
		if err != nil {
			continue
		}
		if ln, err := config.Listen(t.Context(), "tcp", at); err == nil {
			_ = ln.Close() // it was never used
			t.Cleanup(func() { _ = claim.Close() })
			return at
		}
		_ = claim.Close() // somebody who asked nobody listens there
	}
	t.Fatal("no free port")
	return ""
}
