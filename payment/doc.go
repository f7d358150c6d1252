// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package payment is the vocabulary of a sale and its state machine.
//
// Step is the whole machine: one pure function from a payment and an event to the next payment and
// the actions that its new state asks for. Next is the one table of edges. Actions are derived from
// the durable state alone (Pending), so that a restart asks for the same things again, and every one
// of them is safe to run twice.
//
// It is not an engine: it has no clock, no I/O, no goroutine and no randomness, and it imports
// nothing but the standard library and the unprintable secret type. Times arrive inside events.
//
// All types are values. Functions may be called from any goroutine.
package payment
