// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// exchange is one call of Klarna's API and the answer to it.
type exchange struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	body   []byte
	orders bool // of Order Management, whose errors have another form
	seen   Sighting
}

// object is the body as an object; methods without one have an empty object.
func (x *exchange) object() (object, error) {
	if x.r.Method == http.MethodGet || x.r.Method == http.MethodDelete || x.orders && len(x.body) == 0 {
		return object{bad: new([]Violation)}, nil
	}
	return parseBody(x.body)
}

// do executes a call in the world.
func (x *exchange) do(c Call) Answer {
	x.seen.describe(c)
	var a Answer
	x.server.with(func(w *World, now time.Time) {
		w.Advance(now)
		x.seen.Route = w.routeOf(c)
		a = w.Do(now, Request{
			Account: x.r.PathValue("account"), Key: x.r.Header.Get("Klarna-Idempotency-Key"),
			Hash: sha256.Sum256(x.body), Call: c,
		})
	})
	return a
}

// answer sends a to the caller, in the way that its fate allows.
func (x *exchange) answer(a Answer) {
	if a.Fate != FateReset && a.Fate != FateSilence {
		x.seen.Status = a.Status
	}
	x.server.keep(x.seen)
	alive := x.server.wait(x.r.Context(), a.Delay)
	if !alive || a.Fate == FateReset || a.Fate == FateSilence {
		reset(x.w)
		return
	}
	x.headers()
	switch {
	case a.Fate == FateHTML || a.Problem != nil && a.Problem.Code == "":
		x.html(a.Status)
	case a.Order != nil:
		x.order(a)
	default:
		x.json(a.Status, x.encode(a), a.Fate == FateTruncated)
	}
}

// reset ends the connection without an answer. Over TCP the peer sees a reset, not an orderly end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 and recorders: the server drops the stream
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it then ends in an orderly way, which is no answer either
	}
	_ = conn.Close() // nobody is left to tell
}

// headers are those of every answer (Klarna, Configure mTLS; IP address restrictions; Rate limiting).
func (x *exchange) headers() {
	h, s := x.w.Header(), x.server
	s.mu.Lock()
	now, rate, id := s.nowLocked(), s.world.policy.RatePerSecond, s.world.uuid()
	left := max(0, rate-s.world.answered)
	s.mu.Unlock()
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("Klarna-Correlation-Id", id)
	if own := x.r.Header.Get("Partner-Correlation-Id"); own != "" {
		h.Set("Partner-Correlation-Id", own)
	}
	h.Set("Klarna-Ip-Validation-Status", "ALLOWED")
	h.Set("Klarna-Mtls-Verification-Status", "NOT_PRESENT")
	if x.r.TLS != nil && len(x.r.TLS.VerifiedChains) > 0 {
		h.Set("Klarna-Mtls-Verification-Status", "VALID")
	}
	if rate > 0 {
		h.Set("X-Ratelimit-Limit", strconv.Itoa(rate)+", "+strconv.Itoa(rate)+";w=1;name=\"sandbox\"")
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
		h.Set("X-Ratelimit-Reset", "1")
	}
}

// html is what a proxy in between would answer.
func (x *exchange) html(status int) {
	x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	x.w.WriteHeader(status)
	_, _ = io.WriteString(x.w, "<!doctype html><title>"+http.StatusText(status)+"</title>") // the caller left
}

// json sends v, or its first half.
func (x *exchange) json(status int, v any, half bool) {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sandbox: answer cannot be encoded: " + err.Error())
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	x.w.WriteHeader(status)
	if half {
		_, _ = x.w.Write(b[:len(b)/2]) // the caller left
		panic(http.ErrAbortHandler)
	}
	_, _ = x.w.Write(b) // the caller left
}
