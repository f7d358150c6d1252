// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandbox is a Klarna that runs on one machine and moves no money.
//
// World is the simulator proper: a pure, synchronous state machine. Seed and time come in as values;
// the same seed and the same calls give the same answers. It owns payment requests, session and
// customer tokens, transactions, the memory of idempotency keys, webhooks and the faults that a test
// asks for. It has no goroutine, no clock and no I/O, and must not be used by two goroutines at once.
//
// Server puts a World behind Klarna's HTTP API (v2, with and without an account in the path, and Order
// Management v1 as far as it takes the same transactions), adds
// the page that the customer's phone would show, and a control API under /sandbox. Handler may be
// used by any number of goroutines; Run must be called once, and webhooks are sent only while it runs.
//
// Where Klarna's published pages contradict each other, or allow an answer that hurts, the sandbox
// takes the answer that hurts, or has a switch in Policy. It is not a copy of Klarna: it decides
// nothing about credit, knows no customers, and accepts any key that starts with klarna_test_api_. Its
// ledger keeps every payment request and transaction, so that a World grows with what is done to it.
package sandbox
