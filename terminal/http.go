// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

const (
	// maxCalls is how many requests one lane answers at once, long polls and streams among them.
	maxCalls = 64
	// patience is how long a request is held back when a lane is asked too fast; after that it is 429.
	patience = time.Second
	// maxWait is the longest long poll.
	maxWait = 60 * time.Second
	// answerWait is how long the bridge may take to answer: a slow disk commits in seconds.
	answerWait = 30 * time.Second
	// beatEvery is how often a quiet stream says that it is there.
	beatEvery = 15 * time.Second
)

// WebOptions are what NewHTTP needs.
type WebOptions struct {
	Bridge Bridge
	Lanes  []WebLane
	// Origins are the only ones from which a browser may ask, as "https://shop.example:8580"; the
	// daemon's own must be among them if its pages use this API. Requests without an Origin pass.
	Origins []string
	// Pages are those of Origins that are other hosts': a browser lets their pages read the answers (CORS), and
	// they alone may authorize payments.
	Pages []string
	// Health says whether the daemon works; its error is not told. Nil means it does.
	Health func() error
	Log    *slog.Logger // nil discards
}

// WebLane is a lane that can be reached over HTTP.
type WebLane struct {
	ID         payment.LaneID
	Token      secret.Text // Bearer; without one only this machine may ask
	AckOnWrite bool
	Native     Native
}

// web is the handler's side of one lane.
type web struct {
	WebLane

	bridge Bridge
	log    *slog.Logger
	pace   *paces
	calls  *Slots
	pages  []string
}

// NewHTTP returns the handler of the routes under /v1/ and of /health. Each request is one link, for as
// long as it is open. It does not check the Host header, which is the listener's; long polls and streams
// end with their request's context, so the server's BaseContext must end before Shutdown.
func NewHTTP(o WebOptions) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	lanes := make(map[string]*web, len(o.Lanes))
	for _, l := range o.Lanes {
		log := o.Log.With("lane", string(l.ID), "protocol", "http")
		lanes[string(l.ID)] = &web{WebLane: l, bridge: o.Bridge, log: log, pace: newPaces(), calls: NewSlots(maxCalls), pages: o.Pages}
	}
	mux := http.NewServeMux()
	route := func(pattern string, serve func(*web, http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			lane, known := lanes[r.PathValue("lane")]
			if !known {
				answer(w, http.StatusNotFound, native.Error{Code: native.CodeUnavailable, Text: "no such lane"})
				return
			}
			lane.admit(serve, w, r)
		})
	}
	route("PUT /v1/lanes/{lane}/payments/{id}", (*web).pay)
	route("GET /v1/lanes/{lane}/payments/{id}", (*web).status)
	route("GET /v1/lanes/{lane}/payments/{id}/events", (*web).events)
	route("DELETE /v1/lanes/{lane}/payments/{id}", (*web).cancel)
	route("POST /v1/lanes/{lane}/payments/{id}/confirm", (*web).confirm)
	route("PUT /v1/lanes/{lane}/refunds/{id}", (*web).refund)
	route("GET /v1/lanes/{lane}/totals", (*web).totals)
	route("POST /v1/lanes/{lane}/totals", (*web).totals)
	route("GET /v1/lanes/{lane}", (*web).look)
	route("POST /v1/lanes/{lane}/authorize-payment", (*web).authorize)
	route("DELETE /v1/lanes/{lane}/customer-tokens/{handle}", (*web).forget)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) { health(w, r, o.Health) })
	return gate(o.Origins, crossOrigin(o.Pages, mux))
}

// gate refuses what no till sends, before anything is looked up.
func gate(origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		from := r.Header.Values("Origin")
		switch {
		case len(from) > 1, len(from) == 1 && !slices.Contains(origins, from[0]):
			answer(w, http.StatusForbidden, native.Error{Code: native.CodeNotAllowed, Text: "origin not allowed"})
		case unclean(r.URL.EscapedPath()):
			http.NotFound(w, r)
		case (r.Method == http.MethodPut || r.Method == http.MethodPost) && !isJSON(r):
			answer(w, http.StatusUnsupportedMediaType, native.Error{Code: native.CodeBadRequest, Text: "expected Content-Type: application/json"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// unclean reports whether the multiplexer would answer with a redirect. An id of dots or slashes is
// escaped: %2E%2E, a%2Fb.
func unclean(escaped string) bool {
	for part := range strings.SplitSeq(strings.TrimPrefix(escaped, "/"), "/") {
		if part == "" || part == "." || part == ".." {
			return true
		}
	}
	return !strings.HasPrefix(escaped, "/")
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json" && r.Header.Get("Content-Encoding") == ""
}

// admit checks the token and the rates, and gives the request a log of its own.
func (l *web) admit(serve func(*web, http.ResponseWriter, *http.Request), w http.ResponseWriter, r *http.Request) {
	if !l.allowed(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(w, http.StatusUnauthorized, native.Error{Code: native.CodeNotAllowed, Text: "expected the lane's token"})
		return
	}
	if !l.calls.take() {
		busy(w)
		return
	}
	defer l.calls.free()
	p := &l.pace.writes
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		p = &l.pace.reads
	}
	delay, ok := p.take(time.Now(), patience)
	if !ok {
		busy(w)
		return
	}
	if delay > 0 && pause(r.Context(), delay) != nil {
		return
	}
	l.log.Debug("wire", "direction", "in", "name", r.Method, "route", r.Pattern, "length", r.ContentLength)
	serve(l, w, r)
}

func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	answer(w, http.StatusTooManyRequests, native.Error{Code: native.CodeUnavailable, Text: "too many requests for this lane"})
}

// allowed: a lane with a token wants it from everybody, one without is for this machine alone.
func (l *web) allowed(r *http.Request) bool {
	if l.Token.Empty() {
		return !remote(r.RemoteAddr)
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return l.Token.Equal(token) && strings.EqualFold(scheme, "Bearer")
}

// remote reports whether an address is certainly of another machine. Sockets that are not of the
// network have none.
func remote(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.Unmap().IsLoopback()
}

// health says one word to this machine, and nothing to others.
func health(w http.ResponseWriter, r *http.Request, check func() error) {
	switch {
	case remote(r.RemoteAddr):
		http.NotFound(w, r)
	case check != nil && check() != nil:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("{\"status\":\"unavailable\"}\n"))
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{\"status\":\"ok\"}\n"))
	}
}

// answer writes one native object, and reports whether it left.
func answer(w http.ResponseWriter, status int, e native.Event) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(append(native.Append(nil, e), '\n'))
	return err == nil
}

// code is the HTTP status of a refusal.
func code(r payment.Reason) int {
	switch r { //nolint:exhaustive // the others never refuse a request
	case payment.ReasonBusy, payment.ReasonConflict, payment.ReasonNotRefundable, payment.ReasonGivingBack, payment.ReasonGivenBack:
		return http.StatusConflict
	case payment.ReasonNotFound, payment.ReasonUnknownSale:
		return http.StatusNotFound
	case payment.ReasonBadRequest, payment.ReasonRefundTooMuch:
		return http.StatusUnprocessableEntity
	}
	return http.StatusServiceUnavailable
}

// call is one request as a link.
type call struct {
	lane  *web
	stop  context.CancelFunc
	id    payment.LinkID
	words chan payment.Word
	shown payment.Display // the last one that was told
}

// open connects a request. Its context ends with it, and when its words are not taken.
func (l *web) open(ctx context.Context) (*call, context.Context) {
	ctx, stop := context.WithCancel(ctx)
	c := &call{lane: l, stop: stop, words: make(chan payment.Word, queueRoom)}
	c.id = l.bridge.Connect(payment.Link{Lane: l.ID, Brief: true}, func(w payment.Word) {
		select {
		case c.words <- w:
		default:
			stop()
		}
	})
	return c, ctx
}

func (c *call) ask(a payment.Ask) { c.lane.bridge.Ask(c.id, a) }

func (c *call) close() {
	c.lane.bridge.Disconnect(c.id)
	c.stop()
}

// acknowledge confirms an approval that has left and stands, where the lane is set so.
func (c *call) acknowledge(e native.Event) {
	if yes, stands := yesTo(e); stands && c.lane.AckOnWrite {
		c.ask(yes)
	}
}

// about is the payment that a word is about; empty for the lane's own words and those about a refund, whose
// names are apart from the payments'.
func about(w payment.Word) payment.TillID {
	switch w := w.(type) {
	case payment.Accepted:
		return w.ID
	case payment.Display:
		return w.ID
	case payment.Progress:
		return w.ID
	case payment.AskHere:
		return w.ID
	case payment.Cancelling:
		return w.ID
	case payment.Result:
		return w.ID
	case payment.Update:
		return w.ID
	case payment.Recorded:
		return w.ID
	case payment.Refusal:
		return w.ID
	case payment.LaneState, payment.Forgotten,
		payment.Refunded:
	}
	return ""
}
