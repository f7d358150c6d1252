// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package display shows each lane to its customer: a page, and a websocket that pushes what the page
// draws.
//
// A Scene is what the daemon knows about a lane; ViewOf turns it, purely, into a View: one complete
// screen with its words. The Hub keeps the latest scene of every lane and hands views to the lane's
// screens. It never waits for one of them: a screen gets the newest view or none.
//
// The screens decide nothing. What they may ask for (more time, a cancel, another language) is a
// wish that the engine judges; no message of theirs starts, finalizes or confirms a payment. The
// package fetches nothing and knows no Klarna: it draws the code of an address that others checked.
//
// All methods of Hub may be called concurrently; Run is called once. Everything else is a value.
package display
