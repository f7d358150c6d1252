// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/klarna/sandbox"
)

const (
	direct  = "/v2"
	partner = "/v2/accounts/" + account
	body    = `{"currency":"EUR",
  "request_payment_transaction":{"amount":11800,"payment_transaction_reference":"S0042-T03-000117","capture":"LATER"},
  "supplementary_purchase_data":{"purchase_reference":"S0042-T03-000117","line_items":[
    {"name":"Running shoes","quantity":1,"unit_price":12800,"total_amount":12800,"total_tax_amount":2044,"product_identifier":"4006381333931","line_item_reference":"1"},
    {"name":"Loyalty discount","quantity":1,"total_amount":-1000,"line_item_reference":"2"}]},
  "step_up_config":{"payment_request_reference":"S0042-T03-000117",
    "customer_interaction_config":{"method":"QR_CODE","interaction_expiry":{"duration":"PT30M"}},
    "point_of_checkout":{"store_reference":"S0042"},
    "point_of_transaction":{"type":"TERMINAL","terminal_reference":"T03"}}}`
	finalBody = `{"currency":"EUR","request_payment_transaction":{"amount":11800,"payment_transaction_reference":"S0042-T03-000117"}}`
)

// client speaks to the handler without a socket, so that it also works in a bubble.
type client struct {
	t *testing.T
	s *sandbox.Server
}

func (c client) call(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Basic klarna_test_api_0123")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Del(pair[0])
		if value := pair[len(pair)-1]; value != "" {
			r.Header.Set(pair[0], value)
		}
	}
	w := httptest.NewRecorder()
	c.s.Handler().ServeHTTP(w, r)
	return w
}

// json wants a status and returns the body as an object.
func (c client) json(method, path, body string, status int, headers ...string) map[string]any {
	c.t.Helper()
	w := c.call(method, path, body, headers...)
	if w.Code != status {
		c.t.Fatalf("%s %s = %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	var v map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			c.t.Fatalf("%s %s = %s: %v", method, path, w.Body, err)
		}
	}
	return v
}

// at follows names and indexes into a decoded body; what is not there is nil.
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// text is the string at a place, empty if there is none.
func text(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}

// size is the length of the list at a place, -1 if there is none.
func size(v any, path ...any) int {
	l, ok := at(v, path...).([]any)
	if !ok {
		return -1
	}
	return len(l)
}

func newClient(t *testing.T) client {
	t.Helper()
	return client{t, sandbox.New(sandbox.Options{})}
}

// TestWholeSale walks authorize, phone, read, finalize, capture, refund and ledger in both forms of
// account and with both names of the session token.
func TestWholeSale(t *testing.T) {
	for _, base := range []string{direct, partner} {
		for _, header := range []string{"Klarna-Network-Session-Token", "Klarna-Payment-Token"} {
			t.Run(base+" "+header, func(t *testing.T) {
				c := newClient(t)
				c.json("POST", "/sandbox/policy", fmt.Sprintf(`{"interop_names":%v}`, header == "Klarna-Payment-Token"), 200)
				a := c.json("POST", base+"/payment/authorize", body, 200)
				id := text(a, "payment_request", "payment_request_id")
				target, _ := at(a, "payment_request", "state_context", "customer_interaction", "qr_code", "target_url").(string)
				if at(a, "payment_transaction_response", "result") != "STEP_UP_REQUIRED" || target != "http://127.0.0.1:8590/phone/"+id {
					t.Fatalf("authorize = %v", a)
				}
				c.json("POST", "/phone/"+id+"/approve", "", 200)
				r := c.json("GET", base+"/payment/requests/"+url.PathEscape(id), "", 200)
				name := map[string]string{"Klarna-Network-Session-Token": "klarna_network_session_token", "Klarna-Payment-Token": "payment_token"}[header]
				token, _ := at(r, "state_context", name).(string)
				if r["state"] != "COMPLETED" || token == "" || at(r, "state_context", "customer_interaction") != nil {
					t.Fatalf("read = %v", r)
				}
				f := c.json("POST", base+"/payment/authorize", finalBody, 200, header, token)
				tx, _ := at(f, "payment_transaction_response", "payment_transaction", "payment_transaction_id").(string)
				if at(f, "payment_transaction_response", "result") != "APPROVED" || tx == "" {
					t.Fatalf("finalize = %v", f)
				}
				one := base + "/payment/transactions/" + tx
				taken := c.json("POST", one+"/captures", `{"amount":1800,"payment_capture_reference":"c1"}`, 201)
				c.json("POST", one+"/captures/"+text(taken, "payment_capture_id")+"/refunds", `{"amount":300,"payment_refund_reference":"r1"}`, 201)
				c.json("POST", one+"/refunds", `{"amount":200,"payment_refund_reference":"r2","line_items":[{"name":"Refund","quantity":1,"total_amount":200}]}`, 201)
				c.json("POST", one+"/refunds", `{"amount":1301,"payment_refund_reference":"r3","line_items":[{"name":"Refund","quantity":1,"total_amount":1301}]}`, 403)
				c.json("POST", one+"/refunds", `{"amount":200,"payment_refund_reference":"r4"}`, 400)
				c.json("POST", one+"/refunds", `{"amount":200,"payment_refund_reference":"r5","line_items":[{"name":"Refund","quantity":1,"total_amount":199}]}`, 400)
				if v := c.json("POST", one+"/void", `{}`, 200); v["state"] != "COMPLETED" {
					t.Errorf("void = %v", v)
				}
				l := at(c.json("GET", "/sandbox/ledger", "", 200), "transactions", 0)
				want := map[string]any{
					"payment_transaction_id": tx, "payment_transaction_reference": "S0042-T03-000117", "amount": 11800.0,
					"currency": "EUR", "state": "COMPLETED", "captured": 1800.0, "refunded": 500.0, "voided": 10000.0,
				}
				if fmt.Sprint(l) != fmt.Sprint(want) {
					t.Errorf("ledger = %v, want %v", l, want)
				}
			})
		}
	}
}

func TestEmptyLedgerHasLists(t *testing.T) {
	c := newClient(t)
	if got := strings.TrimSpace(c.call("GET", "/sandbox/ledger", "").Body.String()); got != `{"payment_requests":[],"transactions":[],"calls":{}}` {
		t.Errorf("ledger = %s", got)
	}
	if got := strings.TrimSpace(c.call("GET", "/sandbox/requests", "").Body.String()); got != `{"requests":[]}` {
		t.Errorf("requests = %s", got)
	}
}

func TestOtherOperations(t *testing.T) {
	c := newClient(t)
	created := c.json("POST", "/v2/payment/requests", `{"currency":"EUR","amount":500,"payment_request_reference":"r",
		"customer_interaction_config":{"method":"QR_CODE"},"point_of_checkout":{"store_id":"krn:store"},
		"point_of_transaction":{"type":"TERMINAL","terminal":{"terminal_reference":"T1"}}}`, 201)
	one := "/v2/payment/requests/" + text(created, "payment_request_id")
	before := created["expires_at"]
	for _, method := range []string{"PATCH", "PUT"} {
		for _, b := range []string{
			`{"interaction_expiry":{"duration":"PT47H"}}`,
			`{"step_up_config":{"customer_interaction_config":{"interaction_expiry":{"duration":"PT46H"}}}}`,
		} {
			if r := c.json(method, one, b, 200); r["expires_at"] == before {
				t.Errorf("%s %s did not move the expiry", method, b)
			}
		}
	}
	c.json("PATCH", one, `{"amount":1}`, 400)
	if r := c.json("DELETE", one, "", 200); r["state"] != "CANCELED" || r["canceled_at"] == nil || r["state_reason"] != "PARTNER_CANCELED" {
		t.Errorf("cancel = %v", r)
	}
	if r := c.json("GET", "/v2/payment/nothing", "", 404); r["error_code"] != "NOT_FOUND" {
		t.Errorf("unknown route = %v", r)
	}
	if r := c.json("POST", partner+"/interoperability/test-tokens", `{"customer_journey":"SIGN_IN_WITH_KLARNA"}`, 201); r["interoperability_token"] == "" {
		t.Errorf("test token = %v", r)
	}
}

func TestLegacyConfirm(t *testing.T) {
	c := newClient(t)
	a := c.json("POST", partner+"/payment/authorize", body, 200)
	id := text(a, "payment_request", "payment_request_id")
	c.json("POST", "/phone/"+id+"/approve", "", 200)
	token := text(c.json("GET", partner+"/payment/requests/"+id, "", 200), "state_context", "klarna_network_session_token")
	f := c.json("POST", partner+"/payment/confirmation-tokens/"+token+"/confirm", finalBody, 200)
	if at(f, "payment_transaction_response", "result") != "APPROVED" {
		t.Errorf("confirm = %v", f)
	}
	if seen := c.call("GET", "/sandbox/requests", "").Body.String(); strings.Contains(seen, token) {
		t.Error("the list of requests shows a session token")
	}
}

func TestHandoverWithCustomerToken(t *testing.T) {
	c := newClient(t)
	handover := strings.Replace(body, `"method":"QR_CODE"`, `"method":"HANDOVER","return_url":"https://shop.example/back"`, 1)
	ask := `{"request_customer_token":{"scopes":["payment:customer_present"],"customer_token_reference":"c-1"},`
	a := c.json("POST", partner+"/payment/authorize", ask+handover[1:], 200)
	id := text(a, "payment_request", "payment_request_id")
	if at(a, "customer_token_response", "result") != "STEP_UP_REQUIRED" ||
		text(a, "payment_request", "state_context", "customer_interaction", "payment_request_url") != "http://127.0.0.1:8590/phone/"+id ||
		at(a, "payment_request", "state_context", "customer_interaction", "qr_code") != nil {
		t.Fatalf("authorize = %v", a)
	}
	c.json("POST", "/phone/"+id+"/approve", "", 200)
	r := c.json("GET", partner+"/payment/requests/"+id, "", 200)
	token := text(r, "state_context", "klarna_customer", "customer_token", "customer_token")
	session := text(r, "state_context", "klarna_network_session_token")
	f := c.json("POST", partner+"/payment/authorize", ask+finalBody[1:], 200, "Klarna-Network-Session-Token", session)
	if token == "" || text(f, "customer_token_response", "customer_token", "customer_token") != token ||
		at(f, "payment_transaction_response", "result") != "APPROVED" {
		t.Errorf("finalize = %v, want the customer token %q", f, token)
	}
	f = c.json("POST", partner+"/payment/authorize", body, 200, "Klarna-Customer-Token", token)
	if at(f, "payment_transaction_response", "result") != "APPROVED" {
		t.Errorf("charge of the token = %v", f)
	}
	for _, scopes := range []string{`["payment:everything"]`, `[null]`, `"payment:customer_present"`, `null`} {
		bad := `{"request_customer_token":{"scopes":` + scopes + `},` + body[1:]
		if e := c.json("POST", partner+"/payment/authorize", bad, 400); !strings.HasPrefix(text(e, "validation_errors", 0, "parameter"), "request_customer_token.scopes") {
			t.Errorf("scopes %s = %v", scopes, e)
		}
	}
}

func TestSightings(t *testing.T) {
	top := strings.Replace(body, `,
    "point_of_checkout":{"store_reference":"S0042"},
    "point_of_transaction":{"type":"TERMINAL","terminal_reference":"T03"}}`, `},
    "point_of_checkout":{"store":{"type":"PHYSICAL_STORE","store_reference":"S0042","address":{}}},
    "point_of_transaction":{"type":"TERMINAL","terminal":{"terminal_reference":"T03"}}`, 1)
	tests := map[string]struct{ body, header, placement, dialect string }{
		"inside step_up_config, newer names":  {body, "Klarna-Network-Session-Token", "step_up_config", "network"},
		"beside step_up_config, older names":  {top, "Klarna-Interoperability-Token", "top_level", "interop"},
		"older name in the body":              {`{"interoperability_data":"d",` + body[1:], "X-Other", "step_up_config", "interop"},
		"no token tells nothing of the names": {body, "X-Other", "step_up_config", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			c.json("POST", partner+"/payment/authorize", tc.body, 200, tc.header, "x", "Klarna-Idempotency-Key", "k-1")
			got := at(c.json("GET", "/sandbox/requests", "", 200), "requests", 0)
			want := map[string]any{
				"store_reference": "S0042", "terminal_reference": "T03", "location_placement": tc.placement, "dialect": tc.dialect,
				"auth": "as_is", "route": "authorize", "account": account, "idempotency_key": "k-1", "status": 200.0,
			}
			for field, value := range want {
				if at(got, field) != value {
					t.Errorf("%s = %v, want %v", field, at(got, field), value)
				}
			}
			want = map[string]any{"name": "Loyalty discount", "quantity": 1.0, "total_amount": -1000.0}
			if line, _ := at(got, "line_items", 1).(map[string]any); !maps.Equal(line, want) {
				t.Errorf("the second line = %v, want %v", line, want)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	tests := map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"no credentials":                     {body, []string{"Authorization", ""}, 401, "UNAUTHORIZED"},
		"row 67: a live key":                 {body, []string{"Authorization", "Basic klarna_live_api_x"}, 401, "UNAUTHORIZED"},
		"a bearer token":                     {body, []string{"Authorization", "Bearer klarna_test_api_x"}, 401, "UNAUTHORIZED"},
		"another content type":               {body, []string{"Content-Type", "text/plain"}, 400, "INVALID_CONTENT_TYPE"},
		"no content type":                    {body, []string{"Content-Type", ""}, 400, "INVALID_CONTENT_TYPE"},
		"no body":                            {"", nil, 400, "INVALID_CONTENT_TYPE"},
		"half a body":                        {body[:100], nil, 400, "INVALID_CONTENT_TYPE"},
		"row 10: a list":                     {"[]", nil, 400, "INVALID_CONTENT_TYPE"},
		"row 10: two objects":                {body + body, nil, 400, "INVALID_CONTENT_TYPE"},
		"row 10: a duplicate name":           {`{"currency":"EUR",` + body[1:], nil, 400, "INVALID_CONTENT_TYPE"},
		"row 10: a byte order mark":          {"\ufeff" + body, nil, 400, "INVALID_CONTENT_TYPE"},
		"row 10: deep nesting":               {deep, nil, 400, "INVALID_CONTENT_TYPE"},
		"row 9: bad UTF-8":                   {strings.Replace(body, "Running", "\xff", 1), nil, 400, "INVALID_CONTENT_TYPE"},
		"row 7: a fraction":                  {strings.Replace(body, "11800", "118.00", 1), nil, 400, "VALIDATION_ERROR"},
		"row 6: an exponent":                 {strings.Replace(body, "11800", "118e2", 1), nil, 400, "VALIDATION_ERROR"},
		"row 6: an amount as text":           {strings.Replace(body, "11800", `"11800"`, 1), nil, 400, "VALIDATION_ERROR"},
		"row 6: minus zero":                  {strings.Replace(body, "11800", "-0", 1), nil, 400, "VALIDATION_ERROR"},
		"row 6: a huge amount":               {strings.Replace(body, "11800", "99999999999999999999", 1), nil, 400, "VALIDATION_ERROR"},
		"a line that would overflow the sum": {strings.Replace(body, `"total_amount":12800`, `"total_amount":9223372036854775807`, 1), nil, 400, "VALIDATION_ERROR"},
		"a name with a capital":              {strings.Replace(body, `"amount"`, `"Amount"`, 1), nil, 400, "VALIDATION_ERROR"},
		"a control character":                {strings.Replace(body, "Running", `Run\u0007`, 1), nil, 400, "VALIDATION_ERROR"},
		"a name of 256 characters":           {strings.Replace(body, "Running", strings.Repeat("x", 256), 1), nil, 400, "VALIDATION_ERROR"},
		"a month":                            {strings.Replace(body, "PT30M", "P1M", 1), nil, 400, "VALIDATION_ERROR"},
		"two forms of expiry":                {strings.Replace(body, `{"duration":"PT30M"}`, `{"duration":"PT30M","timestamp":"2030-01-01T00:00:00Z"}`, 1), nil, 400, "VALIDATION_ERROR"},
		"an expiry of neither form":          {strings.Replace(body, `{"duration":"PT30M"}`, `{}`, 1), nil, 400, "VALIDATION_ERROR"},
		"a capture that is neither":          {strings.Replace(body, "LATER", "now", 1), nil, 400, "VALIDATION_ERROR"},
		"a terminal that is a website":       {strings.Replace(body, `"TERMINAL"`, `"WEBSITE"`, 1), nil, 400, "VALIDATION_ERROR"},
		"a terminal without a type":          {strings.Replace(body, `"type":"TERMINAL",`, "", 1), nil, 400, "VALIDATION_ERROR"},
		"both names of the network data":     {`{"klarna_network_data":"a","interoperability_data":"b",` + body[1:], nil, 400, "VALIDATION_ERROR"},
		"both finalize headers at odds":      {body, []string{"Klarna-Network-Session-Token", "a", "Klarna-Payment-Token", "b"}, 400, "VALIDATION_ERROR"},
		"a key of 256 bytes":                 {body, []string{"Klarna-Idempotency-Key", strings.Repeat("k", 256)}, 400, "VALIDATION_ERROR"},
		"row 24: a header of 7 KiB":          {body, []string{"X-Trace", strings.Repeat("x", 7<<10)}, 431, "VALIDATION_ERROR"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			e := c.json("POST", partner+"/payment/authorize", tc.body, tc.status, tc.headers...)
			if e["error_code"] != tc.code || e["error_id"] == "" {
				t.Errorf("error = %v, want %s", e, tc.code)
			}
			if l := c.json("GET", "/sandbox/ledger", "", 200); at(l, "payment_requests", 0) != nil {
				t.Errorf("something happened: %v", l)
			}
		})
	}
}

func TestLargeBodies(t *testing.T) {
	c := newClient(t)
	for _, path := range []string{"/v2/payment/authorize", "/sandbox/behaviour", "/sandbox/faults"} {
		if w := c.call("POST", path, strings.Repeat(" ", 10<<20)); w.Code != 413 {
			t.Errorf("10 MiB to %s = %d, want 413", path, w.Code)
		}
	}
}

func TestErrorShapes(t *testing.T) {
	bad := strings.Replace(body, "EUR", "XXX", 1)
	c := newClient(t)
	e := c.json("POST", "/v2/payment/authorize", bad, 400)
	if at(e, "validation_errors", 0, "parameter") != "currency" || at(e, "validation_errors", 0, "reason") == nil || e["errors"] != nil || e["error_type"] != nil {
		t.Errorf("newer shape = %v", e)
	}
	c.json("POST", "/sandbox/policy", `{"older_errors":true}`, 200)
	e = c.json("POST", "/v2/payment/authorize", bad, 400)
	if at(e, "errors", 0, "parameter") != "currency" || at(e, "errors", 0, "error_message") == nil || e["validation_errors"] != nil || e["error_type"] != "INPUT_ERROR" {
		t.Errorf("older shape = %v", e)
	}
}

func TestCredentials(t *testing.T) {
	encode := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct{ header, form string }{
		"as issued":             {"Basic klarna_test_api_abc", "as_is"},
		"in base64":             {encode("klarna_test_api_abc"), "base64"},
		"user and key":          {"Basic 1b2c:klarna_test_api_abc", "user_pass_as_is"},
		"user and key, base64":  {encode("1b2c:klarna_test_api_abc"), "user_pass_base64"},
		"key and secret":        {encode("klarna_test_api_abc:secret"), "user_pass_base64"},
		"live, base64":          {encode("klarna_live_api_abc"), ""},
		"live as the password":  {encode("1b2c:klarna_live_api_abc"), ""},
		"test user, live key":   {encode("klarna_test_api_abc:klarna_live_api_abc"), ""},
		"not a key":             {"Basic abc", ""},
		"nothing":               {"", ""},
		"prefix in the middle":  {"Basic xklarna_test_api_abc", ""},
		"lower-case scheme":     {"basic klarna_test_api_abc", ""},
		"not base64 nor a pair": {"Basic %%%", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			form, why := sandbox.Credentials(tc.header)
			if form != tc.form || (why == "") != (tc.form != "") {
				t.Errorf("Credentials() = %q, %q, want %q", form, why, tc.form)
			}
			if strings.Contains(why, "abc") {
				t.Errorf("the refusal %q shows the key", why)
			}
		})
	}
}

func TestAnswerHeaders(t *testing.T) {
	c := newClient(t)
	c.json("POST", "/sandbox/policy", `{"rate_per_second":100}`, 200)
	h := c.call("POST", "/v2/payment/authorize", body, "Partner-Correlation-Id", "9b1f0f6a").Header()
	for name, want := range map[string]string{
		"Partner-Correlation-Id": "9b1f0f6a", "Klarna-Mtls-Verification-Status": "NOT_PRESENT", "Klarna-Ip-Validation-Status": "ALLOWED",
		"X-Ratelimit-Limit": `100, 100;w=1;name="sandbox"`, "X-Ratelimit-Remaining": "99", "X-Ratelimit-Reset": "1",
	} {
		if h.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, h.Get(name), want)
		}
	}
	if h.Get("Klarna-Correlation-Id") == "" {
		t.Error("no Klarna-Correlation-Id")
	}
}

func TestControlRefuses(t *testing.T) {
	tests := map[string]struct{ path, body, names string }{
		"an unknown field of behaviour":   {"/sandbox/behaviour", `{"frist":"approved"}`, "frist"},
		"an unknown first":                {"/sandbox/behaviour", `{"first":"yes"}`, "first"},
		"a negative time":                 {"/sandbox/behaviour", `{"after":"-2s"}`, "after"},
		"a time without a unit":           {"/sandbox/behaviour", `{"after":2}`, "after"},
		"an unknown field of a fault":     {"/sandbox/faults", `[{"route":"read","fault":"status","statsu":503}]`, "faults[0].statsu"},
		"a fault without a route":         {"/sandbox/faults", `[{"fault":"status"}]`, "faults[0].route"},
		"an unknown route":                {"/sandbox/faults", `[{"route":"authorise","fault":"status"}]`, "faults[0].route"},
		"a status that is none":           {"/sandbox/faults", `[{"route":"read","fault":"status","status":99}]`, "status"},
		"faults that are no list":         {"/sandbox/faults", `{"route":"read","fault":"status"}`, "list"},
		"a clock that goes back":          {"/sandbox/clock", `{"advance":"-1h"}`, "advance"},
		"a clock that does not move":      {"/sandbox/clock", `{}`, "advance"},
		"a clock that moves 1,000 years":  {"/sandbox/clock", `{"advance":"8760000h"}`, "advance"},
		"an unknown policy":               {"/sandbox/policy", `{"refuse_all":true}`, "refuse_all"},
		"a policy of the wrong type":      {"/sandbox/policy", `{"older_errors":"yes"}`, "older_errors"},
		"a body that is no JSON":          {"/sandbox/behaviour", `first=approved`, "JSON"},
		"a behaviour that is not in full": {"/sandbox/behaviour", `{"first":"approved"`, "JSON"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			e := c.json("POST", tc.path, tc.body, 400)
			if why := text(e, "error"); !strings.Contains(why, tc.names) {
				t.Errorf("error = %q, want it to name %q", why, tc.names)
			}
			if a := c.json("POST", "/v2/payment/authorize", body, 200); at(a, "payment_transaction_response", "result") != "STEP_UP_REQUIRED" {
				t.Error("a refused body had an effect")
			}
		})
	}
}

func TestBehaviourIsReplacedWhole(t *testing.T) {
	c := newClient(t)
	c.json("POST", "/sandbox/behaviour", `{"first":"declined","customer":"approve"}`, 200)
	c.json("POST", "/sandbox/behaviour", `{}`, 200)
	a := c.json("POST", "/v2/payment/authorize", body, 200)
	if at(a, "payment_transaction_response", "result") != "STEP_UP_REQUIRED" {
		t.Fatalf("authorize = %v", a)
	}
	id := text(a, "payment_request", "payment_request_id")
	if r := c.json("GET", "/v2/payment/requests/"+id, "", 200); r["state"] != "SUBMITTED" {
		t.Errorf("state = %v, want the customer back on manual", r["state"])
	}
}

func TestFaultsOverHTTP(t *testing.T) {
	c := newClient(t)
	for status, html := range map[int]bool{500: false, 503: false, 429: false, 403: true, 502: true} {
		c.json("POST", "/sandbox/faults", fmt.Sprintf(`[{"route":"authorize","fault":"status","status":%d}]`, status), 200)
		w := c.call("POST", "/v2/payment/authorize", body)
		if isHTML := strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"); w.Code != status || isHTML != html {
			t.Errorf("fault %d = %d %s", status, w.Code, w.Header().Get("Content-Type"))
		}
	}
	c.json("POST", "/sandbox/faults", `[{"route":"authorize","fault":"status"}]`, 200)
	c.json("POST", "/sandbox/faults", `[]`, 200)
	c.json("POST", "/v2/payment/authorize", body, 200)
}

// TestResetsOverTCP needs a socket: a recorder has no connection to reset.
func TestResetsOverTCP(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	post := func(path, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Basic klarna_test_api_x")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Klarna-Idempotency-Key", "k")
		return server.Client().Do(r)
	}
	c := client{t, s}
	for i, kind := range []string{"reset_before", "reset_after", "truncated"} {
		c.json("POST", "/sandbox/faults", `[{"route":"authorize","fault":"`+kind+`"}]`, 200)
		answer, err := post("/v2/payment/authorize", body)
		if err == nil {
			_, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the answer came whole", kind)
		}
		if n := size(c.json("GET", "/sandbox/ledger", "", 200), "payment_requests"); n != min(i, 1) {
			t.Errorf("after %s: %d payment requests, want %d", kind, n, min(i, 1))
		}
	}
}

func TestTimeoutHoldsTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		c.json("POST", "/sandbox/faults", `[{"route":"authorize","fault":"timeout"}]`, 200)
		start := time.Now()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("an answer was sent")
				}
			}()
			c.call("POST", "/v2/payment/authorize", body)
		}()
		if d := time.Since(start); d != time.Minute {
			t.Errorf("held for %v, want 1 minute", d)
		}
		if l := c.json("GET", "/sandbox/ledger", "", 200); at(l, "payment_requests", 0) == nil {
			t.Error("a timeout must be executed")
		}
	})
}

func TestRunsEndFreesHeldAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.s.Run(ctx) }()
		c.json("POST", "/sandbox/faults", `[{"route":"authorize","fault":"timeout","delay":"1h"}]`, 200)
		start := time.Now()
		time.AfterFunc(time.Second, stop)
		func() {
			defer func() { _ = recover() }() // the recorder's connection cannot be reset
			c.call("POST", "/v2/payment/authorize", body)
		}()
		if d := time.Since(start); d != time.Second {
			t.Errorf("held for %v, want it to end with Run", d)
		}
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
}

// TestConcurrentRepeats is for the race detector as much as for its end.
func TestConcurrentRepeats(t *testing.T) {
	c := newClient(t)
	c.json("POST", "/sandbox/behaviour", `{"first":"approved"}`, 200)
	var calls sync.WaitGroup
	for range 16 {
		calls.Go(func() {
			w := c.call("POST", "/v2/payment/authorize", body, "Klarna-Idempotency-Key", "k")
			if !strings.Contains(w.Body.String(), `"APPROVED"`) {
				t.Errorf("answer = %s", w.Body)
			}
		})
	}
	calls.Wait()
	l := c.json("GET", "/sandbox/ledger", "", 200)
	if n := size(l, "transactions"); n != 1 || at(l, "calls", "authorize") != 16.0 {
		t.Errorf("row 1: 16 equal calls = %d transactions, calls %v", n, at(l, "calls"))
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t)
		a := c.json("POST", "/v2/payment/authorize", body, 200)
		one := "/v2/payment/requests/" + text(a, "payment_request", "payment_request_id")
		moved := c.json("POST", "/sandbox/clock", `{"advance":"30m"}`, 200)
		if want := time.Now().Add(30 * time.Minute).UTC().Format(time.RFC3339Nano); moved["now"] != want {
			t.Errorf("now = %v, want %v", moved["now"], want)
		}
		w := c.call("GET", one, "")
		if !strings.Contains(w.Body.String(), `"state":"EXPIRED"`) {
			t.Errorf("after 30 minutes = %s", w.Body)
		}
		if date, err := http.ParseTime(w.Header().Get("Date")); err != nil || time.Until(date) < 29*time.Minute {
			t.Errorf("Date = %q, want the sandbox's clock", w.Header().Get("Date"))
		}
	})
}

func TestPhonePage(t *testing.T) {
	c := client{t, sandbox.New(sandbox.Options{FrameOrigins: []string{"http://127.0.0.1:8580"}})}
	hostile := strings.Replace(body, `"store_reference":"S0042"`, `"store_reference":"<img onerror=alert(1)>"`, 1)
	a := c.json("POST", "/v2/payment/authorize", hostile, 200)
	id := text(a, "payment_request", "payment_request_id")
	browser := []string{"Accept", "text/html,application/xhtml+xml", "Authorization", ""}
	page := c.call("GET", "/phone/"+id, "", browser...)
	shown := page.Body.String()
	for _, want := range []string{"118.00", "EUR", "T03", "SUBMITTED", "Sandbox: no money moves", `action="/phone/` + id + `/open"`, "&lt;img onerror"} {
		if !strings.Contains(shown, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(shown, "<img") {
		t.Error("row 35: the page holds what a till sent, unescaped")
	}
	csp := page.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.HasSuffix(csp, "frame-ancestors 'self' http://127.0.0.1:8580") {
		t.Errorf("policy = %q", csp)
	}
	step := c.call("POST", "/phone/"+id+"/open", "", browser...)
	if step.Code != 303 || step.Header().Get("Location") != "/phone/"+id {
		t.Errorf("form = %d to %q", step.Code, step.Header().Get("Location"))
	}
	if shown := c.call("GET", "/phone/"+id, "", browser...).Body.String(); !strings.Contains(shown, "Approve 118.00 EUR") {
		t.Errorf("opened page = %s", shown)
	}
	for _, file := range []string{"phone.css", "phone.js"} {
		if w := c.call("GET", "/phone-files/"+file, ""); w.Code != 200 || w.Body.Len() == 0 {
			t.Errorf("%s = %d", file, w.Code)
		}
	}
}

func TestPhoneOverJSON(t *testing.T) {
	c := newClient(t)
	a := c.json("POST", "/v2/payment/authorize", body, 200)
	id := text(a, "payment_request", "payment_request_id")
	c.json("POST", "/phone/"+id+"/abort", "", 409)
	if v := c.json("POST", "/phone/"+id+"/open", "", 200); v["state"] != "IN_PROGRESS" {
		t.Errorf("open = %v", v)
	}
	c.json("POST", "/phone/"+id+"/reject", "", 200)
	c.json("POST", "/phone/"+id+"/approve", "", 409)
	if v := c.json("GET", "/phone/"+id, "", 200); v["state"] != "DECLINED" || v["amount"] != "118.00" {
		t.Errorf("view = %v", v)
	}
	c.json("POST", "/phone/nobody/open", "", 404)
	c.json("GET", "/phone/nobody", "", 404)
	if w := c.call("GET", "/phone/"+id+"/open", ""); w.Code != 404 {
		t.Errorf("row 29: GET of a step = %d, want 404", w.Code)
	}
}

func TestOtherOriginsPressNoButtons(t *testing.T) {
	c := client{t, sandbox.New(sandbox.Options{FrameOrigins: []string{"http://127.0.0.1:8580"}})}
	a := c.json("POST", "/v2/payment/authorize", body, 200)
	id := text(a, "payment_request", "payment_request_id")
	for origin, status := range map[string]int{"https://evil.example": 403, "null": 403, "http://127.0.0.1:8580": 200} {
		if w := c.call("POST", "/phone/"+id+"/open", "", "Origin", origin, "Sec-Fetch-Site", "cross-site"); w.Code != status {
			t.Errorf("row 26: step from %s = %d, want %d", origin, w.Code, status)
		}
	}
}

func TestQRImage(t *testing.T) {
	c := newClient(t)
	a := c.json("POST", "/v2/payment/authorize", body, 200)
	image := text(a, "payment_request", "state_context", "customer_interaction", "qr_code", "image_url")
	w := c.call("GET", strings.TrimPrefix(image, "http://127.0.0.1:8590"), "")
	if w.Header().Get("Content-Type") != "image/png" {
		t.Fatalf("image = %d %s", w.Code, w.Body)
	}
	if _, err := png.Decode(bytes.NewReader(w.Body.Bytes())); err != nil {
		t.Error(err)
	}
	c.json("GET", "/qr/nobody", "", 404)
}

func TestWebhookManagement(t *testing.T) {
	c := newClient(t)
	const keys, hooks = "/v2/notification/signing-keys", "/v2/notification/webhooks"
	key := c.json("POST", keys, `{}`, 201)
	id := text(key, "signing_key_id")
	if key["signing_key"] == "" {
		t.Error("the secret was not told")
	}
	for _, path := range []string{keys, keys + "/" + id} {
		if w := c.call("GET", path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), id) || strings.Contains(w.Body.String(), text(key, "signing_key")) {
			t.Errorf("%s = %s, want the key without its secret", path, w.Body)
		}
	}
	register := `{"url":"https://hooks.example.com/klarna","event_types":["payment.request.*"],"event_version":"v2","signing_key_id":"` + id + `","status":"ENABLED"}`
	hook := c.json("POST", hooks, register, 201)
	one := hooks + "/" + text(hook, "webhook_id")
	c.json("POST", hooks, register, 409)
	c.json("POST", hooks, strings.Replace(register, "v2", "v1", 1), 400)
	c.json("DELETE", keys+"/"+id, "", 409)
	if h := c.json("PATCH", one, `{"status":"DISABLED"}`, 200); h["status"] != "DISABLED" || h["url"] != "https://hooks.example.com/klarna" {
		t.Errorf("update = %v", h)
	}
	if l := c.json("GET", hooks, "", 200); at(l, "webhooks", 0, "webhook_id") != hook["webhook_id"] {
		t.Errorf("list = %v", l)
	}
	c.json("POST", one+"/simulate", `{"event_type":"payment.request.state-change.completed","event_version":"v2"}`, 202)
	c.json("POST", one+"/simulate", `{}`, 400)
	c.json("DELETE", one, "", 204)
	c.json("GET", one, "", 404)
	c.json("DELETE", keys+"/"+id, "", 204)
	c.json("POST", hooks, register, 401, "Authorization", "")
}
