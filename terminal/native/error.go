// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

import (
	"errors"
	"fmt"
)

// Code is why a request was not taken, for programs.
type Code string

// The codes of error. A code of ours that says bad_json, too_large or unsupported_version is about a
// line; the others are about what it asks.
const (
	CodeBadJSON            Code = "bad_json"
	CodeBadRequest         Code = "bad_request"
	CodeTooLarge           Code = "too_large"
	CodeUnsupportedVersion Code = "unsupported_version"
	CodeConflict           Code = "conflict"
	CodeBusy               Code = "busy"
	CodeNotFound           Code = "not_found"
	CodeNotAllowed         Code = "not_allowed"
	CodeNoDisplay          Code = "no_display"
	CodeUnavailable        Code = "unavailable"
	CodeGivingBack         Code = "giving_back" // a confirmed sale that is on its way back
	CodeGivenBack          Code = "given_back"  // and one that was given back
)

// ErrShort means: no whole line yet. Read more and call again.
var ErrShort = errors.New("line is not complete")

// SyntaxError says where a line broke and what was expected there, never what it said.
type SyntaxError struct {
	Code   Code
	ID     string // of the request, if it could be read
	Path   string // "amount", "lines[2].total"; empty for the line itself
	Offset int    // bytes from the start of the line
	Why    string // what was expected
}

// Error implements error.
func (e *SyntaxError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("%s at byte %d", e.Why, e.Offset)
	}
	return e.Path + ": " + e.Why
}
