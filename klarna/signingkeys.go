// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tillbridge/internal/secret"
)

// SigningKeys are the secrets of webhooks by signing key id. Several are held while one replaces
// another: Klarna repeats a delivery for up to 21.3 h.
type SigningKeys map[string]secret.Text

const (
	maxKeysFile = 64 << 10
	maxKeyText  = 1024
)

// Lookup has the form that NewWebhook asks for.
func (k SigningKeys) Lookup(id string) (secret.Text, bool) {
	s, ok := k[id]
	return s, ok
}

// ParseSigningKeys reads one "<signing_key_id> <secret>" per line; empty lines and lines that begin
// with # are skipped. The error names every bad line and never shows one.
func ParseSigningKeys(file []byte) (SigningKeys, error) {
	if len(file) > maxKeysFile {
		return nil, fmt.Errorf("signing keys: file is longer than %d bytes", maxKeysFile)
	}
	keys := SigningKeys{}
	var errs []error
	number := 0
	for line := range bytes.SplitSeq(file, []byte("\n")) {
		number++
		if err := keys.add(strings.TrimSuffix(string(line), "\r")); err != nil {
			errs = append(errs, fmt.Errorf("signing keys: line %d: %w", number, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return keys, nil
}

func (k SigningKeys) add(line string) error {
	if strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return nil
	}
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return fmt.Errorf("want <signing_key_id> <secret>, got %d fields", len(fields))
	}
	if !headerSafe(fields[0], maxIdentifier) {
		return errors.New("the id holds characters that no header carries")
	}
	if !isKeyText(fields[1]) {
		return errors.New("the secret holds characters that do not print, or is too long")
	}
	if _, twice := k[fields[0]]; twice {
		return errors.New("the id stands on an earlier line too")
	}
	k[fields[0]] = secret.New(fields[1])
	return nil
}

func isKeyText(s string) bool {
	if s == "" || len(s) > maxKeyText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == ' ' || r == unicode.ReplacementChar || r == '\uFEFF' {
			return false
		}
	}
	return true
}
