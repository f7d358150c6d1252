// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"errors"
	"net/http"
	"time"

	"tillbridge/internal/secret"
)

type wireHook struct {
	ID         string    `json:"webhook_id"`
	URL        string    `json:"url"`
	EventTypes []string  `json:"event_types"`
	Version    string    `json:"event_version"`
	KeyID      string    `json:"signing_key_id"`
	Status     string    `json:"status"`
	CreatedAt  time.Time `json:"created_at"`
}

type wireKey struct {
	ID        string    `json:"signing_key_id"`
	Key       string    `json:"signing_key,omitempty"` // once, when it is made
	CreatedAt time.Time `json:"created_at"`
}

const (
	hooksPath = "/v2/notification/webhooks"
	keysPath  = "/v2/notification/signing-keys"
)

func (s *Server) webhookRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+keysPath, s.guard(createKey))
	mux.HandleFunc("GET "+keysPath, s.guard(listKeys))
	mux.HandleFunc("GET "+keysPath+"/{id}", s.guard(readKey))
	mux.HandleFunc("DELETE "+keysPath+"/{id}", s.guard(deleteKey))
	mux.HandleFunc("POST "+hooksPath, s.guard(createHook))
	mux.HandleFunc("GET "+hooksPath, s.guard(listHooks))
	mux.HandleFunc("GET "+hooksPath+"/{id}", s.guard(readHook))
	mux.HandleFunc("PATCH "+hooksPath+"/{id}", s.guard(updateHook))
	mux.HandleFunc("DELETE "+hooksPath+"/{id}", s.guard(deleteHook))
	mux.HandleFunc("POST "+hooksPath+"/{id}/simulate", s.guard(simulate))
}

// send answers with v, or with what err means to Klarna.
func (x *exchange) send(status int, v any, err error) {
	if err != nil {
		x.answer(hookProblem(err))
		return
	}
	x.seen.Status = status
	x.server.keep(x.seen)
	x.headers()
	if status == http.StatusNoContent {
		x.w.WriteHeader(status)
		return
	}
	x.json(status, v, false)
}

func hookProblem(err error) Answer {
	switch {
	case errors.Is(err, ErrNoWebhook):
		return refuse(http.StatusNotFound, CodeNotFound, "%v", err)
	case errors.Is(err, ErrDuplicate):
		return refuse(http.StatusConflict, CodeConflict, "%v", err)
	case errors.Is(err, ErrLimit):
		return refuse(http.StatusForbidden, CodeForbidden, "%v", err)
	}
	return refuse(http.StatusBadRequest, CodeValidation, "%v", err)
}

func createKey(x *exchange) {
	var key SigningKey
	var text secret.Text
	var err error
	x.server.with(func(w *World, now time.Time) { key, text, err = w.CreateSigningKey(now) })
	x.send(http.StatusCreated, wireKey{key.ID, text.Reveal(), key.CreatedAt}, err)
}

func (x *exchange) keys() []wireKey {
	keys := []wireKey{}
	x.server.with(func(w *World, _ time.Time) {
		for _, k := range w.SigningKeys() {
			keys = append(keys, wireKey{ID: k.ID, CreatedAt: k.CreatedAt})
		}
	})
	return keys
}

func listKeys(x *exchange) {
	x.send(http.StatusOK, map[string]any{"signing_keys": x.keys()}, nil)
}

func readKey(x *exchange) {
	for _, k := range x.keys() {
		if k.ID == x.r.PathValue("id") {
			x.send(http.StatusOK, k, nil)
			return
		}
	}
	x.send(0, nil, ErrNoWebhook)
}

func deleteKey(x *exchange) {
	var err error
	x.server.with(func(w *World, _ time.Time) { err = w.DeleteSigningKey(x.r.PathValue("id")) })
	x.send(http.StatusNoContent, nil, err)
}

func hookOf(h Webhook) wireHook {
	return wireHook{h.ID, h.URL, h.EventTypes, h.Version, h.SigningKeyID, h.Status, h.CreatedAt}
}

// fill takes over the fields that the body has.
func (o object) fill(h *Webhook) {
	if o.has("url") {
		h.URL = o.text("url", maxURL)
	}
	if o.has("event_types") {
		h.EventTypes = o.texts("event_types", maxHooks)
	}
	if o.has("signing_key_id") {
		h.SigningKeyID = o.text("signing_key_id", maxText)
	}
	if o.has("status") {
		h.Status = o.oneOf("status", "ENABLED", "DISABLED")
	}
	if v := o.text("event_version", maxText); v != "" && v != "v2" {
		o.complain("event_version", "must be v2")
	}
}

// hook reads the body into h; it answers and returns false if that cannot be done.
func (x *exchange) hook(h *Webhook) bool {
	o, err := x.object()
	if err != nil {
		x.answer(refuse(http.StatusBadRequest, CodeContentType, "%v", err))
		return false
	}
	o.fill(h)
	if len(*o.bad) > 0 {
		x.answer(invalid(*o.bad...))
		return false
	}
	return true
}

func createHook(x *exchange) {
	var h Webhook
	if !x.hook(&h) {
		return
	}
	var err error
	x.server.with(func(w *World, now time.Time) { h, err = w.CreateWebhook(now, h) })
	x.send(http.StatusCreated, hookOf(h), err)
}

func listHooks(x *exchange) {
	hooks := []wireHook{}
	x.server.with(func(w *World, _ time.Time) {
		for _, h := range w.Webhooks() {
			hooks = append(hooks, hookOf(h))
		}
	})
	x.send(http.StatusOK, map[string]any{"webhooks": hooks}, nil)
}

func readHook(x *exchange) {
	var h Webhook
	var err error
	x.server.with(func(w *World, _ time.Time) { h, err = w.Webhook(x.r.PathValue("id")) })
	x.send(http.StatusOK, hookOf(h), err)
}

func updateHook(x *exchange) {
	var h Webhook
	var err error
	x.server.with(func(w *World, _ time.Time) { h, err = w.Webhook(x.r.PathValue("id")) })
	if err != nil {
		x.send(0, nil, err)
		return
	}
	if !x.hook(&h) {
		return
	}
	x.server.with(func(w *World, _ time.Time) { h, err = w.UpdateWebhook(h) })
	x.send(http.StatusOK, hookOf(h), err)
}

func deleteHook(x *exchange) {
	var err error
	x.server.with(func(w *World, _ time.Time) { err = w.DeleteWebhook(x.r.PathValue("id")) })
	x.send(http.StatusNoContent, nil, err)
}

func simulate(x *exchange) {
	o, err := x.object()
	if err != nil {
		x.answer(refuse(http.StatusBadRequest, CodeContentType, "%v", err))
		return
	}
	event := o.text("event_type", maxText)
	o.oneOf("event_version", "v2")
	o.needed("event_type")
	if len(*o.bad) > 0 {
		x.answer(invalid(*o.bad...))
		return
	}
	x.server.with(func(w *World, now time.Time) { err = w.Simulate(now, x.r.PathValue("id"), event) })
	x.send(http.StatusAccepted, struct{}{}, err)
}

// testToken answers the one operation of Klarna's testing tools that is known: a session token of a
// journey that began elsewhere. Nothing in the sandbox depends on such a token.
func testToken(x *exchange) {
	var token string
	x.server.with(func(w *World, _ time.Time) { token = "krn:network:eu1:test:session-token:" + w.uuid() })
	x.send(http.StatusCreated, map[string]string{"interoperability_token": token}, nil)
}
