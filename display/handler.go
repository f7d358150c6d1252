// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display

import (
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"tillbridge/payment"
)

// What the third part of an address may be beside a file of the page.
const (
	socketName = "socket"
	logoName   = "logo"
)

// Handler serves /display/{lane}, the page, and below it the page's files and its socket:
//
//	GET /display/{lane}          the page
//	GET /display/{lane}/socket   the websocket
//	GET /display/{lane}/logo     the shop's picture, if there is one
//	GET /display/page/{file}     script and style, the same for all lanes
//
// The list is closed: http.ServeMux would clean and redirect what must be refused.
func (h *Hub) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.protect(w.Header())
		lane, name, ok := route(r)
		socket := name == socketName
		status := h.gate(r, socket)
		switch {
		case status != 0:
		case !ok:
			status = http.StatusNotFound
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			status = http.StatusMethodNotAllowed
		}
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		h.serve(w, r, lane, name)
	})
}

// route splits /display/{lane} and /display/{lane}/{name}. An address with an escape in it is none of
// ours, however it would decode.
func route(r *http.Request) (lane payment.LaneID, name string, ok bool) {
	if strings.Contains(r.URL.EscapedPath(), "%") {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/display/")
	if !ok {
		return "", "", false
	}
	first, name, deeper := strings.Cut(rest, "/")
	if first == "" || (deeper && name == "") || strings.Contains(name, "/") {
		return "", "", false
	}
	return payment.LaneID(first), name, true
}

func (h *Hub) serve(w http.ResponseWriter, r *http.Request, lane payment.LaneID, name string) {
	if name != "" && name != socketName && name != logoName {
		if lane != "page" {
			name = "lang" // a folder: not found
		}
		serveFile(w, name)
		return
	}
	if !h.known(lane) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch name {
	case socketName:
		h.serveSocket(w, r, lane)
	case logoName:
		h.serveLogo(w, lane)
	default:
		serveFile(w, "index.html")
	}
}

// serveFile writes one embedded file. The files are few and small, and none has a name with a dot
// that is not its extension.
func serveFile(w http.ResponseWriter, name string) {
	kinds := map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".svg":  "image/svg+xml",
	}
	kind := kinds[path.Ext(name)]
	b, err := fs.ReadFile(web, path.Join("web", name))
	if err != nil || kind == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	write(w, kind, b)
}

// serveLogo writes the shop's picture under its own type. An SVG opened as a page runs nothing: the
// policy allows only our scripts.
func (h *Hub) serveLogo(w http.ResponseWriter, lane payment.LaneID) {
	kind, b := "", []byte(nil)
	if h.options.Logo != nil {
		kind, b = h.options.Logo(lane)
	}
	if !strings.HasPrefix(kind, "image/") {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	write(w, kind, b)
}

func write(w http.ResponseWriter, kind string, b []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) //nolint:gosec // G705: files of our own and a picture that the policy keeps from running; whoever asked is gone if this fails
}
