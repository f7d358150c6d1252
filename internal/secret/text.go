// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const redacted = "REDACTED"

// Text is a string that does not print. The value sits in a closure, because fmt would reach a plain
// string inside an unexported field. The zero Text is empty.
type Text struct{ reveal func() string }

// New wraps s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{reveal: func() string { return s }}
}

// Reveal is the only way out. Search for it to find every use of a secret.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// Empty reports whether there is no text.
func (t Text) Empty() bool { return t.reveal == nil }

// Equal compares in constant time, whatever the lengths.
func (t Text) Equal(other string) bool {
	a, b := sha256.Sum256([]byte(t.Reveal())), sha256.Sum256([]byte(other))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Format covers every verb, %v, %+v, %#v, %s, %q and %x included.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String implements fmt.Stringer.
func (t Text) String() string { return redacted }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler, which JSON, YAML and XML encoders ask.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }
