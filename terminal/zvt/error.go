// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"errors"
	"fmt"
)

// ErrShort means: no whole APDU yet. Read more and call again.
var ErrShort = errors.New("apdu is not complete")

// SyntaxError says where a message broke and what was expected there, never what it said. The
// specification's answer to such a message is Refused with CodeNotPossible.
type SyntaxError struct {
	Path   string // "06 01, BMP 04", "06 00, BMP 06, tag 26"
	Offset int    // bytes from the start of the APDU, or of the slice for ParseTLV
	Why    string // what was expected
}

// Error implements error.
func (e *SyntaxError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Why, e.Offset)
	}
	return fmt.Sprintf("%s: %s at byte %d", e.Path, e.Why, e.Offset)
}

// ValueError says which part of a message cannot be written, never its value.
type ValueError struct {
	Path string // "04 0F, BMP 04"
	Why  string // "expected at most 12 digits"
}

// Error implements error.
func (e *ValueError) Error() string { return e.Path + ": " + e.Why }
