// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tillbridge/klarna"
)

// answer serves the same answer to every call and checks which call it was.
func answer(t *testing.T, want string, status int, body string) *klarna.Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Method + " " + r.RequestURI; got != want {
			t.Errorf("call = %s, want %s", got, want)
		}
		if r.Header.Get("Klarna-Idempotency-Key") != "" || r.ContentLength > 0 {
			t.Error("a read or cancel carries a key or a body")
		}
		w.Header().Set("Klarna-Correlation-Id", "kc-2")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func requestBody(state, more string) string {
	return fmt.Sprintf(`{"payment_request_id":"%s","payment_request_reference":"rq-1","amount":11800,"currency":"EUR","state":"%s",
		"expires_at":"2026-01-01T12:30:00Z"%s}`, testRequest, state, more)
}

const requestURI = "/v2/accounts/" + testAccount + "/payment/requests/" + testRequest

func TestReadRequestReadsEveryState(t *testing.T) {
	tests := map[string]struct {
		state string
		want  klarna.RequestState
	}{
		"submitted":        {"SUBMITTED", klarna.RequestSubmitted},
		"in progress":      {"IN_PROGRESS", klarna.RequestInProgress},
		"completed":        {"COMPLETED", klarna.RequestCompleted},
		"older completed":  {"PENDING_CONFIRMATION", klarna.RequestCompleted},
		"expired":          {"EXPIRED", klarna.RequestExpired},
		"canceled":         {"CANCELED", klarna.RequestCanceled},
		"declined":         {"DECLINED", klarna.RequestDeclined},
		"unknown":          {"AWAITING_MOON", "AWAITING_MOON"},
		"other case":       {"completed", "completed"},
		"with a new line":  {`COMPLETED\nx`, "COMPLETEDx"},
		"with spare space": {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answer(t, "GET "+requestURI, 200, requestBody(tt.state, ""))
			got, err := c.ReadRequest(t.Context(), testRequest)
			if err != nil || got.State != tt.want {
				t.Fatalf("ReadRequest = %q, %v, want %q", got.State, err, tt.want)
			}
			if got.ID != testRequest || got.Reference != "rq-1" || got.Amount != 11800 || got.Currency != "EUR" || got.CorrelationID != "kc-2" ||
				!got.ExpiresAt.Equal(time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC)) || !got.SessionToken.Empty() {
				t.Errorf("ReadRequest = %+v", got)
			}
		})
	}
}

func TestSessionTokenIsFoundUnderEveryName(t *testing.T) {
	tests := map[string]struct{ more, want string }{
		"state_context, current":   {`,"state_context":{"klarna_network_session_token":"T"}`, "T"},
		"state_context, payment":   {`,"state_context":{"payment_token":"T"}`, "T"},
		"state_context, interop":   {`,"state_context":{"interoperability_token":"T"}`, "T"},
		"state_context, oldest":    {`,"state_context":{"payment_confirmation_token":"T"}`, "T"},
		"top, current":             {`,"klarna_network_session_token":"T"`, "T"},
		"the current name wins":    {`,"payment_token":"A","state_context":{"klarna_network_session_token":"T"}`, "T"},
		"null":                     {`,"state_context":{"klarna_network_session_token":null}`, ""},
		"a number":                 {`,"state_context":{"klarna_network_session_token":7}`, ""},
		"unfit for a header":       {`,"state_context":{"klarna_network_session_token":"a\r\nX: y"}`, ""},
		"longer than 8192":         {`,"state_context":{"klarna_network_session_token":"` + strings.Repeat("x", 8193) + `"}`, ""},
		"context is not an object": {`,"state_context":[]`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answer(t, "GET "+requestURI, 200, requestBody("COMPLETED", tt.more)).ReadRequest(t.Context(), testRequest)
			if err != nil || got.SessionToken.Reveal() != tt.want {
				t.Errorf("token = %q, %v, want %q", got.SessionToken.Reveal(), err, tt.want)
			}
		})
	}
}

func TestReadRequestErrorsKeepTheirKind(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		is     []error
		isNot  []error
	}{
		"row 51: gone":             {404, `{"error_code":"RESOURCE_NOT_FOUND","error_id":"e1"}`, []error{klarna.ErrNotFound, klarna.ErrRefused}, nil},
		"no such route":            {404, `{"error_code":"NOT_FOUND"}`, nil, []error{klarna.ErrNotFound}},
		"404 from nobody we know":  {404, "<html>", nil, []error{klarna.ErrNotFound, klarna.ErrRefused}},
		"rate limited":             {429, `{"error_code":"RATE_LIMITED"}`, []error{klarna.ErrRateLimited}, []error{klarna.ErrRefused}},
		"shield":                   {403, "", []error{klarna.ErrRateLimited}, []error{klarna.ErrRefused}},
		"forbidden":                {403, `{"error_code":"OPERATION_FORBIDDEN"}`, []error{klarna.ErrRefused}, []error{klarna.ErrRateLimited}},
		"unauthorized":             {401, "", []error{klarna.ErrUnauthorized}, nil},
		"500":                      {500, `{"error_code":"RESOURCE_NOT_FOUND"}`, nil, []error{klarna.ErrNotFound, klarna.ErrRefused}},
		"row 47: redirect":         {302, "", nil, []error{klarna.ErrNotFound}},
		"row 42: a web page":       {200, "<html>", nil, []error{klarna.ErrNotFound}},
		"about another request":    {200, `{"payment_request_id":"krn:other","state":"COMPLETED"}`, nil, []error{klarna.ErrNotFound}},
		"about nothing":            {200, `{"state":"COMPLETED"}`, nil, nil},
		"row 10: two states":       {200, `{"payment_request_id":"` + testRequest + `","state":"SUBMITTED","state":"COMPLETED"}`, nil, nil},
		"row 10: trailing garbage": {200, requestBody("COMPLETED", "") + "x", nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := answer(t, "GET "+requestURI, tt.status, tt.body).ReadRequest(t.Context(), testRequest)
			if err == nil || !strings.Contains(err.Error(), "kc-2") {
				t.Fatalf("ReadRequest = %v, want an error with the correlation id", err)
			}
			for _, kind := range tt.is {
				if !errors.Is(err, kind) {
					t.Errorf("%v is not %v", err, kind)
				}
			}
			for _, kind := range tt.isNot {
				if errors.Is(err, kind) {
					t.Errorf("%v is %v", err, kind)
				}
			}
		})
	}
}

func TestCancelRequestTellsCanceledFromRefused(t *testing.T) {
	tests := map[string]struct {
		status   int
		body     string
		canceled bool
		refused  bool
	}{
		"canceled":            {200, requestBody("CANCELED", `,"canceled_at":"2026-01-01T12:00:00Z"`), true, false},
		"canceled, no body":   {204, "", true, false},
		"still completed":     {200, requestBody("COMPLETED", ""), false, false},
		"another request":     {200, `{"payment_request_id":"krn:other","state":"CANCELED"}`, false, false},
		"a web page":          {200, "<html>", false, false},
		"conflict":            {409, `{"error_code":"RESOURCE_CONFLICT"}`, false, true},
		"forbidden":           {403, `{"error_code":"OPERATION_FORBIDDEN"}`, false, true},
		"gone":                {404, `{"error_code":"RESOURCE_NOT_FOUND"}`, false, true},
		"shield":              {403, "", false, false},
		"rate limited":        {429, `{"error_code":"RATE_LIMITED"}`, false, false},
		"internal error":      {500, `{"error_code":"INTERNAL_ERROR"}`, false, false},
		"404 from nobody":     {404, "", false, false},
		"conflict of a proxy": {409, "<html>", false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answer(t, "DELETE "+requestURI, tt.status, tt.body).CancelRequest(t.Context(), testRequest)
			if (err == nil) != tt.canceled || errors.Is(err, klarna.ErrRefused) != tt.refused {
				t.Errorf("CancelRequest = %+v, %v, want canceled %v, refused %v", got, err, tt.canceled, tt.refused)
			}
			if err == nil && got.State != klarna.RequestCanceled {
				t.Errorf("state = %q", got.State)
			}
		})
	}
}

func TestDirectPartnerPathsNameNoAccount(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/v2/payment/requests/"+testRequest {
			t.Errorf("path = %s", r.RequestURI)
		}
		_, _ = io.WriteString(w, requestBody("SUBMITTED", ""))
	}))
	t.Cleanup(server.Close)
	if _, err := newClient(t, server.URL, klarna.Account{}, klarna.Options{}).ReadRequest(t.Context(), testRequest); err != nil {
		t.Error(err)
	}
}

func TestIdentifiersThatAreNoneAreNotAsked(t *testing.T) {
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked %s", r.RequestURI) })
	for _, id := range []string{"", "..", "a b", "a\r\nX: y"} {
		if _, err := c.ReadRequest(t.Context(), id); err == nil {
			t.Errorf("ReadRequest(%q) gave no error", id)
		}
		if _, err := c.CancelRequest(t.Context(), id); err == nil {
			t.Errorf("CancelRequest(%q) gave no error", id)
		}
		if _, err := c.ReadTransaction(t.Context(), id); err == nil {
			t.Errorf("ReadTransaction(%q) gave no error", id)
		}
	}
}

func TestReadTransaction(t *testing.T) {
	head := `{"payment_transaction_id":"` + testTx + `","payment_transaction_reference":"tx-1","amount":11800,"currency":"EUR","state":"COMPLETED"`
	tests := map[string]struct {
		body                       string
		captured, refunded, voided string
		captures                   int
	}{
		"no amounts":    {head + "}", "?", "?", "?", 0},
		"amounts":       {head + `,"captured_amount":11800,"refunded_amount":500,"voided_amount":0}`, "11800", "500", "0", 0},
		"lists":         {head + `,"payment_captures":[{"payment_capture_id":"c1","amount":5},{"payment_capture_id":"c2","amount":6}],"payment_refunds":[]}`, "11", "0", "?", 2},
		"list with gap": {head + `,"payment_captures":[{"payment_capture_id":"c1"}]}`, "?", "?", "?", 1},
		"wrapped":       {`{"payment_transaction":` + head + `}}`, "?", "?", "?", 0},
	}
	show := func(v *int64) string {
		if v == nil {
			return "?"
		}
		return fmt.Sprint(*v)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := answer(t, "GET /v2/accounts/"+testAccount+"/payment/transactions/"+testTx, 200, tt.body)
			got, err := c.ReadTransaction(t.Context(), testTx)
			if err != nil || got.State != klarna.TransactionCompleted || got.Amount != 11800 || got.Currency != "EUR" || got.Reference != "tx-1" ||
				show(got.Captured) != tt.captured || show(got.Refunded) != tt.refunded || show(got.Voided) != tt.voided || len(got.CaptureIDs) != tt.captures {
				t.Errorf("ReadTransaction = %+v, %v", got, err)
			}
		})
	}
	c := answer(t, "GET /v2/accounts/"+testAccount+"/payment/transactions/"+testTx, 200, `{"payment_transaction_id":"krn:other"}`)
	if _, err := c.ReadTransaction(t.Context(), testTx); err == nil {
		t.Error("another transaction was taken for the one asked for")
	}
}

func TestProbeKnowsAGoodKey(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		is     error
		good   bool
	}{
		"known":   {404, `{"error_code":"RESOURCE_NOT_FOUND"}`, nil, true},
		"unknown": {401, `{"error_code":"UNAUTHORIZED"}`, klarna.ErrUnauthorized, false},
		"limited": {429, "", klarna.ErrRateLimited, false},
		"routed":  {404, `{"error_code":"NOT_FOUND"}`, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			got, err := c.Probe(t.Context())
			if (err == nil) != tt.good || tt.is != nil && !errors.Is(err, tt.is) || got.Status != tt.status || got.Date.IsZero() {
				t.Errorf("Probe = %+v, %v", got, err)
			}
		})
	}
}

func TestOnboardStoreLeavesNothingOpen(t *testing.T) {
	tests := map[string]struct {
		first string
		calls string
		good  bool
	}{
		"step-up":  {stepUpBody, "POST DELETE", true},
		"approved": {approvedBody, "POST POST", true},
		"declined": {declinedBody, "POST", false},
		"unclear":  {"<html>", "POST", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var calls []string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls = append(calls, r.Method)
				switch {
				case r.Method == http.MethodDelete:
					_, _ = io.WriteString(w, requestBody("CANCELED", ""))
				case strings.HasSuffix(r.URL.Path, "/void"):
					_, _ = io.WriteString(w, `{"state":"CLOSED"}`)
				default:
					_, _ = io.WriteString(w, tt.first)
				}
			})
			w := must(t)(klarna.Account{ID: testAccount}.Onboarding(testKey, "EUR", "T03", klarna.Store{Reference: "S0042"}))
			err := c.OnboardStore(t.Context(), w)
			if got := strings.Join(calls, " "); (err == nil) != tt.good || got != tt.calls {
				t.Errorf("OnboardStore = %v after %s, want %s", err, got, tt.calls)
			}
		})
	}
	if _, err := (klarna.Account{Placement: klarna.PlacementOff}).Onboarding(testKey, "EUR", "T03", klarna.Store{Reference: "S"}); err == nil {
		t.Error("an onboarding that sends no store was prepared")
	}
}

func FuzzReadRequest(f *testing.F) {
	for _, seed := range []string{requestBody("COMPLETED", `,"state_context":{"payment_token":"T"}`), `{"payment_request":{}}`, "null", `{"payment_request_id":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := klarna.ParseRequest(body, testRequest)
		if err != nil {
			return
		}
		if r.ID != testRequest || strings.ContainsAny(string(r.State), "\r\n\x00") {
			t.Errorf("request from %q = %+v", body, r)
		}
		if token := r.SessionToken.Reveal(); strings.ContainsAny(token, " \r\n\x00") || len(token) > 8192 {
			t.Errorf("token from %q = %q", body, token)
		}
	})
}
