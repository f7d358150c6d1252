// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Command pack makes the archives and the bill of materials of a release, the same bytes for the same
// input on every system: no owner, no order of a file system, no time but the one given.
//
//	pack archive OUT UNIX-TIME FOLDER FILE...    OUT ends in .tar.gz or .zip; FOLDER is the folder inside
//	pack sbom BINARY UNIX-TIME VERSION           CycloneDX JSON of the modules in BINARY, on standard output
//
// It is a part of scripts/release, not of the program, and runs one thing at a time.
package main
