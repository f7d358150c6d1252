// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"net/http"
	"slices"
)

// preflightLife is how long a browser need not ask again, in seconds.
const preflightLife = "600"

// crossOrigin lets the pages of these origins read the answers (Fetch Standard, CORS protocol). Nothing is
// said to any other, and no cookie is ever used.
func crossOrigin(pages []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if !slices.Contains(pages, origin) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Add("Vary", "Origin")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			answerPreflight(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answerPreflight says the same for every route: which of them exist, the request itself will hear. It
// needs no token, because a browser cannot send one with it.
func answerPreflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", preflightLife)
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true") // a page of the shop's that asks this machine
	}
	w.WriteHeader(http.StatusNoContent)
}
