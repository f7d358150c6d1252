// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package receipt makes the texts of receipts and totals, in German and English, for printers of 24 to
// 80 columns.
//
// It knows what has to stand on a receipt and how it is set. It does not print, does not know a protocol,
// and decides nothing: whoever prints a sale knows that it was paid.
//
// Its functions are pure and may be called concurrently.
package receipt
