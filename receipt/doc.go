// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package receipt makes the texts of receipts and totals, in eleven languages, for printers of 24 to 80
// columns.
//
// It knows what has to stand on a receipt and how it is set: each kind of slip is a template, each
// language a file of words and forms of numbers (lang_*.go). It does not print, does not know a protocol, and
// decides nothing: whoever prints a sale knows that it was paid.
//
// What is set into a slip may come from a till, from Klarna or from the shop. No line holds a control
// character, and what looks like a card number is masked.
//
// Its functions are pure and may be called concurrently.
package receipt
