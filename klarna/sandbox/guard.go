// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
)

// Limits of headers in bytes (Klarna, Request limits).
const (
	maxHeader  = 6 << 10
	maxHeaders = 20 << 10
)

// guard lets a request of Klarna's API through to next once headers, credentials and body are in
// order, in the order in which a gateway looks at them.
func (s *Server) guard(next func(*exchange)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{server: s, w: w, r: r, orders: strings.HasPrefix(r.URL.Path, "/ordermanagement/"), seen: sight(r)}
		if a, ok := x.admit(); !ok {
			x.answer(a) //nolint:contextcheck // it takes the context of this very request
			return
		}
		next(x)
	}
}

// admit reads the body, or returns why it is not even looked at.
func (x *exchange) admit() (Answer, bool) {
	if status, why := headersWrong(x.r.Header); why != "" {
		return refuse(status, CodeValidation, "%s", why), false
	}
	form, why := credentials(x.r.Header.Get("Authorization"))
	if why != "" {
		return refuse(http.StatusUnauthorized, CodeUnauthorized, "%s", why), false
	}
	x.seen.Auth = form
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, x.server.options.MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return Answer{Status: http.StatusRequestEntityTooLarge, Problem: &Problem{Message: "the body is too large"}}, false
	}
	if err != nil {
		return refuse(http.StatusBadRequest, CodeContentType, "the body broke off"), false
	}
	if len(body) > 0 && !isJSON(x.r.Header.Get("Content-Type")) {
		return refuse(http.StatusBadRequest, CodeContentType, "the content type must be application/json"), false
	}
	x.body = body
	return Answer{}, true
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

func headersWrong(h http.Header) (status int, why string) {
	all := 0
	for name, values := range h {
		for _, v := range values {
			if len(name)+len(v) > maxHeader && !strings.HasSuffix(name, "-Token") {
				return http.StatusRequestHeaderFieldsTooLarge, "header " + name + " is too large"
			}
			all += len(name) + len(v)
		}
	}
	if all > maxHeaders {
		return http.StatusRequestHeaderFieldsTooLarge, "the headers are too large"
	}
	for _, name := range []string{"Klarna-Idempotency-Key", "Partner-Correlation-Id"} {
		if v := h.Get(name); len(v) > maxText || strings.ContainsFunc(v, unicode.IsControl) {
			return http.StatusBadRequest, name + " must have 1 to 255 characters"
		}
	}
	return 0, ""
}

// The prefixes of Klarna's API keys (Manage your API credentials).
const (
	testKey = "klarna_test_api_"
	liveKey = "klarna_live_api_"
)

// credentials recognizes the forms in which Klarna's pages and shop modules send an API key: as it is,
// in base64, or as a user and the key with a colon between them, in base64 or not. It returns the
// form, or why the key is refused; never the key.
func credentials(header string) (form, why string) {
	given, ok := strings.CutPrefix(header, "Basic ")
	if !ok {
		return "", "no Basic credentials"
	}
	texts := map[string]string{"as_is": given}
	if b, err := base64.StdEncoding.DecodeString(given); err == nil {
		texts["base64"] = string(b)
	}
	for name, text := range texts {
		user, password, pair := strings.Cut(text, ":")
		for _, part := range []string{user, password} {
			if strings.HasPrefix(part, liveKey) {
				return "", "a live key at the test host"
			}
		}
		switch {
		case !pair && strings.HasPrefix(text, testKey):
			return name, ""
		case pair && (strings.HasPrefix(user, testKey) || strings.HasPrefix(password, testKey)):
			return "user_pass_" + name, ""
		}
	}
	return "", "unknown credentials"
}
