// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench.d measures the program beside the physical limit and beside others on the same work, and
// writes docs/bench.md. It is started by scripts/bench, at the root of the tree.
//
//	bench.d part NAME    measures one part and writes its figures as JSON
//	bench.d page FOLDER  turns those of all parts into the page
//	bench.d floor        is the plainest program that does the work of a sale up to its code
//	bench.d echo         sends back what it gets, over a socket or a serial line
//
// Everything that is compared is run in turns by one process, so that a machine that is busy for a while is
// busy for everybody; what counts is the ratio within a round. Nothing fails for being slow.
//
// It is a module of its own: what it is compared with must not become a dependency of the program. Nothing
// of it may be used by the program, and one process of it measures one part at a time.
package main
