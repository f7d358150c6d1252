// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package terminaltest is the one body of tests that every till protocol passes, over every carrier:
// a pipe in memory, TCP, and a serial line made of a pseudo-terminal.
//
// A protocol brings a Till, which speaks its language from the till's side; the Bridge here is a
// scripted engine that records what it is asked and says what the test wants. The bodies know no
// bytes. A till that has no way to say something returns ErrNotSpoken, and that body is skipped.
//
// OpenPTY and FreePort are for every test that starts a daemon.
//
// It is not a test of the engine: nothing here decides about money.
//
// A Bridge may be used concurrently; a Till is used by one goroutine.
package terminaltest
