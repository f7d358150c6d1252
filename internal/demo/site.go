// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

// Settings is what the page must know.
type Settings struct {
	Shop     string `json:"shop"`
	Lane     string `json:"lane"`
	Currency string `json:"currency"`
	Display  string `json:"display"` // the customer screen's address, its token in the fragment
	Till     string `json:"till"`    // where a till of one's own connects
	Serial   bool   `json:"serial"`  // the page's till has a serial line
	Tour     bool   `json:"tour"`    // the page begins with the tour
}

// Site is the demo's one origin: its page, and what stands behind it.
type Site struct {
	Origin   string   // scheme and host, as browsers send it
	Aliases  []string // other values of Host that are led to Origin
	Daemon   *url.URL
	Sandbox  *url.URL
	Settings func() (Settings, error)
	Till     http.Handler // the page's till's end of a serial line; nil if there is none
	Trouble  Trouble      // the zero Trouble is a shop of which everything is plugged in
	Log      *slog.Logger // nil discards
}

// Handler serves the page and forwards the rest:
//
//	GET /                          the page
//	GET /demo/{file}               its files
//	GET /demo/settings             what it must know, as JSON
//	GET, POST /demo/till           the till's end of its serial line
//	GET /demo/trouble              what is plugged in, as JSON
//	POST /demo/trouble/{what}/{how}   power/cut, line/out, line/in, network/out, network/in
//	/v1/ /display/ /health         the daemon
//	/phone/ /phone-files/ /qr/ /sandbox/   the simulator
//
// Requests for another host are refused with 421, so that no page of another name can reach this
// machine through a browser (DNS rebinding). Klarna's own API is not among the routes.
func (s Site) Handler() http.Handler {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Trouble == (Trouble{}) {
		s.Trouble = newTrouble()
	}
	daemon, sandbox := s.proxy(s.Daemon), s.proxy(s.Sandbox)
	till := s.Trouble.Line.carry(daemon)
	page := http.HandlerFunc(s.page)
	own := strings.TrimPrefix(s.Origin, "http://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == own:
			pick(r, page, till, daemon, sandbox).ServeHTTP(w, r)
		case slices.Contains(s.Aliases, r.Host) && r.Method == http.MethodGet && r.URL.Path == "/":
			http.Redirect(w, r, s.Origin+"/", http.StatusTemporaryRedirect)
		default:
			http.Error(w, "this host is not served here", http.StatusMisdirectedRequest)
		}
	})
}

// pick looks at the first part of the path and changes none: a multiplexer would clean and redirect
// what those behind must refuse themselves.
func pick(r *http.Request, page, till, daemon, sandbox http.Handler) http.Handler {
	first, _, deeper := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	switch {
	case !strings.HasPrefix(r.URL.Path, "/"):
		return http.NotFoundHandler()
	case first == "v1" && deeper:
		return till
	case first == "health" && !deeper, first == "display" && deeper:
		return daemon
	case (first == "phone" || first == "phone-files" || first == "qr" || first == "sandbox") && deeper:
		return sandbox
	}
	return page
}

// proxy forwards to one process. The browser's Host goes along: both processes check it themselves.
func (s Site) proxy(to *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			s.Log.Debug("not forwarded", "path", r.URL.Path, "error", err)
			restarting(w, r)
		},
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
}

// restarting answers for a process that is not there. A page in a frame comes back by itself.
func restarting(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Refresh", "1")
	}
	w.WriteHeader(http.StatusBadGateway)
	_, _ = fmt.Fprintln(w, "One moment: this part of the demo is starting again.") // whoever asked is gone
}

func (s Site) settings(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "only for the demo's own page", http.StatusForbidden)
		return
	}
	now, err := s.Settings()
	if err != nil {
		s.Log.Warn("settings not told", "error", err)
		restarting(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(now) // whoever asked is gone if this fails
}
