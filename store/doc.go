// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package store is the journal: what happened to every payment, in one bbolt file.
//
// A commit is one transaction. It appends a record per change, each with a sequence number without
// gaps, a checksum (CRC-32C) and the SHA-256 of the record before it, and replaces the snapshots of
// the payments concerned. Read in order, the records are everything: a snapshot is what a payment's
// last record says it became, and carries no information of its own. The bytes of intents and the
// session tokens lie apart from the records and can be erased.
//
// What it promises:
//
//   - Commit returns nil only after the commit is on disk. After any error its outcome is unknown, so
//     the journal latches: every later write returns the same error, and the process should exit and
//     decide from what it reads at the next start.
//   - Damage is seen and never acted upon. Whatever is read is checked against its record first, and at
//     Open every one of the newest records against the payment that it led to. A journal that is found
//     damaged at Open can be read as far as it is readable, and refuses writes.
//   - One process owns the file. A second one gets ErrLocked and has touched nothing.
//   - A file that is cut short under the running process, or has a bad sector, becomes an error where
//     the journal reads; where the kernel reports it elsewhere the process dies, which is a restart.
//
// Beside the file path the journal keeps path.head, the last record number and hash, written without
// waiting for the disk: it shows that the journal was replaced by an older copy. An operator who
// restored a backup on purpose removes it. And path.reserve, ballast that is released when the disk is
// all but full, so that running payments can finish.
//
// It is not a database of sales and not a queue: it has no queries but those that the engine needs.
// It decides nothing about payments. It is not for network shares, where locks cannot be trusted.
//
// A Journal may be used by several goroutines; writes wait for each other. Open, OpenReadOnly and
// Compact may be called by any process at any time.
package store
