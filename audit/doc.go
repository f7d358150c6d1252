// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package audit is what a shop and its auditor have after the sale: totals of a period, a signed close of
// the day, a match of three books (the till's, ours, Klarna's) that lists only what differs, and the
// flight record of one payment that can be played again.
//
// It works on lives: the records of one payment in the order of the journal. It does not read a journal,
// does not ask Klarna and moves no money; whoever calls it brings the lives, and answers the small
// questions that it declares (Klarna, Evidence). Its only file is the key that closes are signed with.
//
// Money is counted in integer minor units, in one currency at a time. Doubt is listed, and never counted as
// agreement: a transaction that could not be read differs.
//
// Its types are values and its functions may be called concurrently; a Tally belongs to one goroutine.
package audit
