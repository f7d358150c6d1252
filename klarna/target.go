// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ErrTarget marks an address that must not become a QR code.
var ErrTarget = errors.New("address is not one of klarna's")

const (
	maxTarget    = 2048
	targetDomain = ".klarna.com"
)

// CheckTarget decides whether a QR code may send a customer to raw: https on a host below klarna.com,
// without user, port or anything that two readers could read differently. allowed lists origins, such
// as "http://127.0.0.1:8590" of a sandbox, that are taken as they stand.
func CheckTarget(raw string, allowed ...string) error {
	if !headerSafe(raw, maxTarget) || strings.ContainsAny(raw, "\\\"<>`{}|^") {
		return fmt.Errorf("%w: want at most %d plain characters", ErrTarget, maxTarget)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return fmt.Errorf("%w: not an absolute address", ErrTarget)
	}
	if u.User != nil {
		return fmt.Errorf("%w: it has a user part", ErrTarget)
	}
	if slices.Contains(allowed, u.Scheme+"://"+u.Host) {
		return nil
	}
	if u.Scheme != "https" {
		return fmt.Errorf("%w: not https", ErrTarget)
	}
	return checkTargetHost(u.Host)
}

// checkTargetHost takes the host as written, so that a port, an empty one too, is part of it. A host
// that ends in letters is no address literal.
func checkTargetHost(host string) error {
	name := strings.ToLower(host)
	if !strings.HasSuffix(name, targetDomain) {
		return fmt.Errorf("%w: host %.64q", ErrTarget, host)
	}
	for label := range strings.SplitSeq(name, ".") {
		if !isLabel(label) {
			return fmt.Errorf("%w: host %.64q", ErrTarget, host)
		}
	}
	return nil
}

// isLabel: letters, digits and inner hyphens (RFC 1123 §2.1); an "xn--" label may look like another.
func isLabel(s string) bool {
	const maxLabel = 63
	if s == "" || len(s) > maxLabel || s[0] == '-' || s[len(s)-1] == '-' || strings.HasPrefix(s, "xn--") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
