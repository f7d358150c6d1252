// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package engine runs payments: it decides, and it carries events in and actions out.
//
// Core decides everything: whether a till's request is taken, when the gate to finalize is open, what a
// deadline does, when Klarna is asked, which word is told. It is synchronous and deterministic: no
// goroutine, no clock, no I/O. Handle takes the time as a value and returns what must become durable
// and what may be done once it is. Engine is the shell around it: turn by turn it takes what has happened, makes the
// core's decisions durable in one commit, and only then acts. Run takes the turns of all that waits; a till that asks
// while nothing waits has its turn on its own goroutine.
//
// The order is always: event, decision, commit, action. A commit that returns an error may have
// happened or not, so Run stops at once and the next process reads the truth from the disk.
//
// It is not a protocol, not an HTTP client and not a disk format: it asks for those through the small
// interfaces Journal, Provider and Screen.
//
// A Core is used by one goroutine at a time. All methods of Engine may be called concurrently; Run must be
// called once.
package engine
