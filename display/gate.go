// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Headers of every answer, whatever it is. No code runs that is not a file of ours, nothing is loaded
// from elsewhere, and no text becomes markup (W3C CSP 3; W3C Trusted Types).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"font-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors "

func (h *Hub) protect(header http.Header) {
	frame := h.options.FrameAncestors
	if frame == "" {
		frame = "'none'"
	}
	header.Set("Content-Security-Policy", policy+frame)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// gate says with which status a request is turned away before anything looks at it, or 0.
//
// The Host check is what stops DNS rebinding: there, host and origin agree with each other and both
// are the attacker's. A websocket handshake is a GET, so the origin is checked here and not by method.
func (h *Hub) gate(r *http.Request, socket bool) int {
	if !slices.Contains(h.options.Hosts(), r.Host) {
		return http.StatusMisdirectedRequest
	}
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0 && !socket:
		return 0
	case len(origins) != 1 || !h.ours(origins[0]):
		return http.StatusForbidden
	}
	return 0
}

// ours compares whole origins: scheme, host and port.
func (h *Hub) ours(origin string) bool {
	got, ok := parseOrigin(origin)
	return ok && slices.ContainsFunc(h.options.Origins(), func(allowed string) bool {
		want, ok := parseOrigin(allowed)
		return ok && got == want
	})
}

// origin is the tuple of RFC 6454 §4.
type origin struct{ scheme, host, port string }

func parseOrigin(s string) (origin, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return origin{}, false
	}
	o := origin{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	switch {
	case o.scheme != "http" && o.scheme != "https":
		return origin{}, false
	case o.port == "" && o.scheme == "http":
		o.port = "80"
	case o.port == "":
		o.port = "443"
	}
	return o, true
}

// address is what sockets are counted by: the peer without its port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
