// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package sim proves that no payment is lost, doubled or misreported. One seed makes one whole world:
// tills with cashiers, their lines, customers with phones, a Klarna, a disk, a wall clock and a process
// that dies. In the middle runs the real engine.Core with the real payments, the sandbox's own world is
// Klarna, and an oracle reads only what was charged, what was told and what is durable.
//
// A run has two phases: in the first, faults of kinds and rates that the seed drew strike everywhere;
// in the second they stop, the tills that still live come back, and everything must end well. The same
// seed gives the same run to the last event, which Result.Hash shows.
//
// It is not a second opinion of Klarna, of a till protocol or of the journal's file: those have tests of
// their own. It never touches a clock, a socket or a disk.
//
// Run and Explore may be called concurrently; each call is one world of its own.
package sim
