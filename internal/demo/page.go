// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed web
var web embed.FS // the page

// policy is the header of the page (W3C CSP 3; W3C Trusted Types): no code that is not a file of ours,
// nothing from elsewhere, no text that becomes markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// page serves what is the demo's own.
func (s Site) page(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	name, below := strings.CutPrefix(r.URL.Path, "/demo/")
	what, trouble := strings.CutPrefix(name, "trouble")
	switch {
	case below && trouble && (what == "" || what[0] == '/'):
		s.Trouble.serve(w, r, strings.TrimPrefix(what, "/"))
	case below && name == "till" && s.Till != nil:
		s.Till.ServeHTTP(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.URL.Path == "/":
		serveFile(w, "index.html")
	case below && name == "settings":
		s.settings(w, r)
	case below && name != "index.html":
		serveFile(w, name)
	default:
		http.NotFound(w, r)
	}
}

// serveFile writes one embedded file.
func serveFile(w http.ResponseWriter, name string) {
	kinds := map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".svg":  "image/svg+xml",
	}
	kind := kinds[path.Ext(name)]
	b, err := fs.ReadFile(web, path.Join("web", name))
	if err != nil || kind == "" || strings.Contains(name, "/") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) //nolint:gosec // G705: a file of ours; whoever asked is gone if this fails
}
