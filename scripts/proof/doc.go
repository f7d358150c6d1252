// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Command proof turns what the stages of scripts/prove wrote into one page, and says which test holds
// each row of the catalogue of hostile inputs.
//
//	proof page SIZE FOLDER    checks FOLDER/*.log against the goals of SIZE and prints the page
//	proof rows                prints the table of rows; fails if one has neither a test nor an open part
//
// SIZE is pr, night or release. It runs at the root of the tree, is a part of scripts/prove, not of the
// program, and runs one thing at a time.
package main
