// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package qr turns a text into the modules of a QR code and draws them as SVG, PNG or terminal text.
//
// It keeps the rules that decide whether a phone can read the code: black on white whatever the
// colours around it, a quiet zone of four modules on every side, whole pixels per module, and the
// most error correction that costs no larger symbol. It places no logo inside the code, fetches
// nothing, and knows nothing about what the text means.
//
// A Code is immutable and may be used by several goroutines.
package qr
