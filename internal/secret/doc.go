// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package secret holds text that no print verb, logger or encoder shows: API keys, signing keys,
// session tokens, display tokens.
//
// It is not encryption. It keeps a stray %+v of a struct from ending in a log file; where the text
// is stored, and who may read that place, is decided by whoever calls Reveal.
//
// A Text is immutable and may be used by several goroutines.
package secret
