// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxAdvance is how far one call may move the clock.
const maxAdvance = 10 * 365 * 24 * time.Hour

// controlRoutes are for tests and demonstrations: they need no key and never fail on purpose.
func (s *Server) controlRoutes(mux *http.ServeMux) {
	mux.Handle("POST /sandbox/behaviour", s.control(setBehaviour))
	mux.Handle("POST /sandbox/policy", s.control(setPolicy))
	mux.Handle("POST /sandbox/clock", s.control(moveClock))
	mux.Handle("POST /sandbox/revoke", s.control(revokeTokens))
	mux.Handle("POST /sandbox/faults", s.sameOrigin(http.HandlerFunc(s.setFaults)))
	mux.HandleFunc("GET /sandbox/ledger", func(w http.ResponseWriter, _ *http.Request) {
		var l Ledger
		s.with(func(world *World, now time.Time) {
			world.Advance(now)
			l = world.Ledger()
		})
		reply(w, http.StatusOK, l)
	})
	mux.HandleFunc("GET /sandbox/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		seen := slices.Clone(s.seen)
		s.mu.Unlock()
		if seen == nil {
			seen = []Sighting{}
		}
		reply(w, http.StatusOK, map[string][]Sighting{"requests": seen})
	})
}

// sameOrigin keeps web pages of other origins from pressing our buttons.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	for _, origin := range s.options.FrameOrigins {
		if err := p.AddTrustedOrigin(origin); err != nil {
			s.log.Warn("frame origin ignored", "origin", origin, "err", err)
		}
	}
	return p.Handler(next)
}

// control reads a body and hands it to f, which complains in the object about what it does not like.
func (s *Server) control(f func(s *Server, o object) any) http.Handler {
	return s.sameOrigin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := s.controlBody(w, r)
		if !ok {
			return
		}
		fields, ok := v.(map[string]any)
		if !ok {
			replyError(w, http.StatusBadRequest, "the body must be a JSON object")
			return
		}
		o := object{fields: fields, bad: new([]Violation)}
		answer := f(s, o)
		if len(*o.bad) > 0 {
			replyError(w, http.StatusBadRequest, complaints(*o.bad))
			return
		}
		reply(w, http.StatusOK, answer)
	}))
}

func (s *Server) controlBody(w http.ResponseWriter, r *http.Request) (any, bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.options.MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		replyError(w, http.StatusRequestEntityTooLarge, "the body is too large")
		return nil, false
	}
	v, bad := parseJSON(b)
	if err != nil || bad != nil {
		replyError(w, http.StatusBadRequest, "the body is not valid JSON")
		return nil, false
	}
	return v, true
}

func complaints(list []Violation) string {
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(v.Parameter + " " + v.Reason)
	}
	return b.String()
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller left
}

func replyError(w http.ResponseWriter, status int, text string) {
	reply(w, status, map[string]string{"error": text})
}

// duration is a Go duration such as "2s", or 0 if it is not there. It is never negative.
func (o object) duration(name string) time.Duration {
	s := o.text(name, maxText)
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxAdvance {
		o.complain(name, `must be a duration such as "2s"`)
		return 0
	}
	return d
}

func setBehaviour(s *Server, o object) any {
	o.only("first", "customer", "after", "finalize", "token")
	b := Behaviour{
		First: First(o.oneOf("first", string(FirstStepUp), string(FirstApproved), string(FirstDeclined))),
		Customer: Customer(o.oneOf("customer", string(CustomerManual), string(CustomerApprove),
			string(CustomerReject), string(CustomerAbort), string(CustomerLeave))),
		After:    o.duration("after"),
		Finalize: Finalize(o.oneOf("finalize", string(FinalizeApproved), string(FinalizeDeclined), string(FinalizeStepUp))),
		Token:    TokenCharge(o.oneOf("token", string(TokenApproved), string(TokenStepUp), string(TokenDeclined))),
	}
	if len(*o.bad) == 0 {
		s.with(func(w *World, _ time.Time) { w.SetBehaviour(b) })
	}
	return struct{}{}
}

// revokeTokens is what the customer does in Klarna's app. The path for partners is not published.
func revokeTokens(s *Server, o object) any {
	o.only("customer_token_reference")
	o.needed("customer_token_reference")
	reference, n := o.text("customer_token_reference", maxText), 0
	if len(*o.bad) == 0 {
		s.with(func(w *World, _ time.Time) { n = w.RevokeReference(reference) })
	}
	return map[string]int{"revoked": n}
}

func setPolicy(s *Server, o object) any {
	o.only("refuse_cancel_completed", "cancel_forbidden", "single_use_token", "conflict_while_busy", "forget_negatives",
		"optional_location", "older_errors", "interop_names", "token_at_root", "read_lag", "latency", "expired_kept",
		"closed_after", "rate_per_second", "webhooks")
	p := Policy{
		RefuseCancelCompleted: o.truth("refuse_cancel_completed"),
		CancelForbidden:       o.truth("cancel_forbidden"),
		SingleUseToken:        o.truth("single_use_token"),
		ConflictWhileBusy:     o.truth("conflict_while_busy"),
		ForgetNegatives:       o.truth("forget_negatives"),
		OptionalLocation:      o.truth("optional_location"),
		OlderErrors:           o.truth("older_errors"),
		InteropNames:          o.truth("interop_names"),
		TokenAtRoot:           o.truth("token_at_root"),
		ReadLag:               o.duration("read_lag"),
		Latency:               o.duration("latency"),
		ExpiredKept:           o.duration("expired_kept"),
		ClosedAfter:           o.duration("closed_after"),
		RatePerSecond:         int(o.natural("rate_per_second")),
		Webhooks: Twist(o.oneOf("webhooks", string(TwistDuplicate), string(TwistReorder), string(TwistLate),
			string(TwistLost), string(TwistBadSignature), string(TwistUnknownKey), string(TwistLive), string(TwistForeign), string(TwistNoToken))),
	}
	if len(*o.bad) == 0 {
		s.with(func(w *World, _ time.Time) { w.SetPolicy(p) })
	}
	return struct{}{}
}

// natural is a number from 0 to a million.
func (o object) natural(name string) int64 {
	n := o.integer(name)
	if n < 0 || n > 1_000_000 {
		o.complain(name, "must be between 0 and 1000000")
		return 0
	}
	return n
}

func moveClock(s *Server, o object) any {
	o.only("advance")
	o.needed("advance")
	d := o.duration("advance")
	if len(*o.bad) > 0 {
		return nil
	}
	s.mu.Lock()
	s.ahead += d
	s.mu.Unlock()
	var at time.Time
	s.with(func(w *World, now time.Time) {
		w.Advance(now)
		at = now
	})
	return map[string]time.Time{"now": at}
}

func (s *Server) setFaults(w http.ResponseWriter, r *http.Request) {
	v, ok := s.controlBody(w, r)
	if !ok {
		return
	}
	if _, list := v.([]any); v != nil && !list {
		replyError(w, http.StatusBadRequest, "the body must be a list of faults")
		return
	}
	o := object{fields: map[string]any{"faults": v}, bad: new([]Violation)}
	var faults []Fault
	for _, f := range o.objects("faults", maxSeen) {
		faults = append(faults, f.fault())
	}
	if len(*o.bad) > 0 {
		replyError(w, http.StatusBadRequest, complaints(*o.bad))
		return
	}
	s.with(func(world *World, _ time.Time) { world.SetFaults(faults) })
	reply(w, http.StatusOK, struct{}{})
}

func (o object) fault() Fault {
	o.only("route", "nth", "times", "fault", "status", "delay", "executed")
	o.needed("route", "fault")
	f := Fault{
		Route: Route(o.oneOf("route", string(RouteAuthorize), string(RouteFinalize), string(RouteRead), string(RouteCancel),
			string(RouteCapture), string(RouteRefund), string(RouteVoid), string(RouteWebhook), string(RouteCreate),
			string(RouteUpdate), string(RouteReadTransaction), string(RouteUpdateTransaction))),
		Nth: int(o.natural("nth")), Times: int(o.natural("times")),
		Kind: FaultKind(o.oneOf("fault", string(FaultResetBefore), string(FaultResetAfter), string(FaultTimeout),
			string(FaultStatus), string(FaultTruncated), string(FaultHTML))),
		Status: int(o.natural("status")), Delay: o.duration("delay"), Executed: o.truth("executed"),
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		o.complain("status", "must be between 200 and 599")
	}
	return f
}
