// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import "time"

// Write names a state-changing call at Klarna.
type Write string

// The writes. Void and refund are the two ways of giving back.
const (
	WriteAuthorize Write = "authorize"
	WriteFinalize  Write = "finalize"
	WriteCapture   Write = "capture"
	WriteVoid      Write = "void"
	WriteRefund    Write = "refund"
	// WriteRelease gives up what was charged and not issued: a void of the rest, or its refund.
	WriteRelease Write = "release"
)

// Intent is one decided write: its key and the hash of its exact body. The body itself lies in the
// journal's erasable part.
type Intent struct {
	Write   Write     `json:"write"`
	Key     Key       `json:"key"`
	Hash    string    `json:"hash"` // SHA-256 of the body, lower-case hex
	Attempt int       `json:"attempt"`
	Refund  TillID    `json:"refund,omitempty"` // the refund that it is of; empty for the sale's own writes
	At      time.Time `json:"at"`
	// Unclear means: an earlier try may have been executed.
	Unclear bool `json:"unclear,omitempty"`
	// Answered means: Klarna's answer is known, nothing of this intent is in doubt any more.
	Answered bool `json:"answered,omitempty"`
	// Refused means: Klarna refused it cleanly; what is true must be read.
	Refused bool `json:"refused,omitempty"`
}

// Planned reports whether the intent was ever durable.
func (i Intent) Planned() bool { return i.Key != "" }

// Open reports whether the intent was durable and its outcome is not known.
func (i Intent) Open() bool { return i.Planned() && !i.Answered }

// KeyLife is how long after its first use a key may be sent again. Klarna honours keys for 24 h
// (Klarna, Idempotency); after that the same key charges anew.
const KeyLife = 23 * time.Hour
