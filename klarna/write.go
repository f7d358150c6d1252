// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"tillbridge/internal/secret"
)

// Op names a state-changing call. The text is what a journal stores.
type Op string

// The state-changing calls. Cancelling a request is not among them: it carries no body and no key.
const (
	OpAuthorize Op = "authorize"
	OpFinalize  Op = "finalize" // the second authorize, with the session token of the completed request
	OpCapture   Op = "capture"
	OpVoid      Op = "void"
	OpRefund    Op = "refund"
)

// Write is one state-changing call, complete: stored and sent again it is the same call, byte for byte.
type Write struct {
	Op   Op
	Path string // on its host; the colons of identifiers stand as they are
	// Region is empty for a path below "/v2/"; else the path is one of Order Management, on the region's host.
	Region Region
	Key    string // Klarna-Idempotency-Key; honoured for 24 h (Klarna, Idempotency)
	Body   []byte

	// SessionToken of a finalize is the completed request's token; of an authorize it is what an
	// online partner handed on, or empty.
	SessionToken secret.Text
	// CustomerToken is a stored customer token to be charged, or empty.
	CustomerToken secret.Text
}

// Limits of what is sent. Klarna, Request limits: a body of 1 MB. Tokens: 8192 characters.
const (
	maxBody  = 1_000_000
	maxToken = 8192
)

var errWrite = errors.New("incomplete write")

// check refuses what could reach another place than the stored call meant.
func (w Write) check() error {
	switch w.Op {
	case OpAuthorize, OpFinalize, OpCapture, OpVoid, OpRefund:
	default:
		return fmt.Errorf("%w: no such operation", errWrite)
	}
	if err := w.checkPlace(); err != nil {
		return err
	}
	if !headerSafe(w.Key, maxReference) {
		return fmt.Errorf("%w: %s has no usable key", errWrite, w.Op)
	}
	if len(w.Body) == 0 && !w.bodiless() || len(w.Body) > maxBody {
		return fmt.Errorf("%w: %s has a body of %d bytes", errWrite, w.Op, len(w.Body))
	}
	return w.checkTokens()
}

// bodiless: to cancel an order, or to release its rest, takes no body.
func (w Write) bodiless() bool { return w.Region != "" && w.Op == OpVoid }

func (w Write) checkPlace() error {
	if w.Region == "" {
		return checkPath(w.Path, "/v2/")
	}
	if w.Region.host() == "" {
		return fmt.Errorf("%w: no such region", errWrite)
	}
	return checkPath(w.Path, "/ordermanagement/v1/orders/")
}

func (w Write) checkTokens() error {
	if w.Op == OpFinalize && w.SessionToken.Empty() {
		return fmt.Errorf("%w: finalize without a session token", errWrite)
	}
	for _, t := range []secret.Text{w.SessionToken, w.CustomerToken} {
		if !t.Empty() && !headerSafe(t.Reveal(), maxToken) {
			return fmt.Errorf("%w: %s has a token that no header can carry", errWrite, w.Op)
		}
	}
	return nil
}

// headers of the token kind; their names changed between generations of the API.
func (w Write) headers(d Dialect) http.Header {
	h := http.Header{"Klarna-Idempotency-Key": {w.Key}}
	if !w.SessionToken.Empty() {
		h.Set(d.sessionHeader(w.Op), w.SessionToken.Reveal())
	}
	if !w.CustomerToken.Empty() {
		h.Set("Klarna-Customer-Token", w.CustomerToken.Reveal())
	}
	return h
}

// checkPath accepts a plain absolute path below root: no host, no query, no dot segment.
func checkPath(path, root string) error {
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return fmt.Errorf("%w: not a plain path", errWrite)
	}
	if !strings.HasPrefix(path, root) || !headerSafe(path, maxPath) {
		return fmt.Errorf("%w: not a path below %s", errWrite, root)
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("%w: dot segment in the path", errWrite)
		}
	}
	return nil
}

// headerSafe reports whether s is 1..limit bytes of printable ASCII without spaces.
func headerSafe(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
