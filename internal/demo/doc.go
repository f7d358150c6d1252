// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package demo shows the whole bridge on one browser page: a till, a customer's screen and a customer's
// phone, with nothing made up. The till speaks the native protocol over a serial line, or over HTTP on
// systems where a program makes none; the screen is the daemon's own display, and the phone is the
// simulator's.
//
// It runs the daemon and the simulator as two processes of this very program and starts them again when
// they die. In front of both it puts one origin, its own page at "/" and a reverse proxy for the rest, so
// that one open port is all there is.
//
// A visitor may break the shop, and everything of it is done for real: the daemon is killed, the serial line
// disappears, the network between daemon and simulator breaks its connections. The page's tour plays the
// main cases with the same buttons.
//
// It is not a part of the daemon: no payment is decided here, and what the page shows it has read from
// the daemon and from the simulator's ledger. Run is called once; a Site's handler and Settings may be
// used by any number of goroutines.
package demo
