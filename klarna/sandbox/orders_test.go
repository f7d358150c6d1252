// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tillbridge/klarna/sandbox"
)

// orderOf is a transaction of 118.00 that a direct partner has authorized, and where its order is.
func orderOf(c client) (transaction, order string) {
	c.t.Helper()
	c.json("POST", "/sandbox/behaviour", `{"first":"approved"}`, 200)
	a := c.json("POST", direct+"/payment/authorize", body, 200)
	transaction = text(a, "payment_transaction_response", "payment_transaction", "payment_transaction_id")
	return transaction, "/ordermanagement/v1/orders/" + transaction[strings.LastIndexByte(transaction, ':')+1:]
}

// TestOrders plays calls of Order Management on one authorized order of 118.00.
func TestOrders(t *testing.T) {
	type step struct {
		end, body string
		status    int
		code      string
	}
	take := func(n, status int, code string) step {
		return step{"/captures", fmt.Sprintf(`{"captured_amount":%d,"reference":"c"}`, n), status, code}
	}
	back := func(n, status int, code string) step {
		return step{"/refunds", fmt.Sprintf(`{"refunded_amount":%d,"reference":"r","description":"receipt 117"}`, n), status, code}
	}
	cancel := func(status int, code string) step { return step{"/cancel", "", status, code} }
	release := func(status int, code string) step { return step{"/release-remaining-authorization", "", status, code} }
	tests := map[string]struct {
		steps []step
		want  string
	}{
		"capture of all":                {[]step{take(11800, 201, "")}, "COMPLETED 11800 0 0"},
		"capture of more":               {[]step{take(11801, 403, "CAPTURE_NOT_ALLOWED")}, "AUTHORIZED 0 0 0"},
		"capture of nothing":            {[]step{take(0, 403, "CAPTURE_NOT_ALLOWED")}, "AUTHORIZED 0 0 0"},
		"capture in parts":              {[]step{take(1800, 201, ""), take(10000, 201, ""), take(1, 403, "CAPTURE_NOT_ALLOWED")}, "COMPLETED 11800 0 0"},
		"capture after cancel":          {[]step{cancel(204, ""), take(1, 403, "CAPTURE_NOT_ALLOWED")}, "CLOSED 0 0 11800"},
		"cancel twice":                  {[]step{cancel(204, ""), cancel(403, "CANCEL_NOT_ALLOWED")}, "CLOSED 0 0 11800"},
		"cancel after a part":           {[]step{take(1800, 201, ""), cancel(403, "CANCEL_NOT_ALLOWED")}, "AUTHORIZED 1800 0 0"},
		"release after a part":          {[]step{take(1800, 201, ""), release(204, ""), take(1, 403, "CAPTURE_NOT_ALLOWED")}, "COMPLETED 1800 0 10000"},
		"release of all":                {[]step{release(403, "NOT_ALLOWED")}, "AUTHORIZED 0 0 0"},
		"release after capture":         {[]step{take(11800, 201, ""), release(403, "NOT_ALLOWED")}, "COMPLETED 11800 0 0"},
		"refund in two parts":           {[]step{take(11800, 201, ""), back(1800, 201, ""), back(10000, 201, "")}, "COMPLETED 11800 11800 0"},
		"refund without a capture":      {[]step{back(1, 403, "REFUND_NOT_ALLOWED")}, "AUTHORIZED 0 0 0"},
		"row 75: refund above the sum":  {[]step{take(1800, 201, ""), back(1801, 403, "REFUND_NOT_ALLOWED")}, "AUTHORIZED 1800 0 0"},
		"row 75: refunds above the sum": {[]step{take(11800, 201, ""), back(11000, 201, ""), back(801, 403, "REFUND_NOT_ALLOWED")}, "COMPLETED 11800 11000 0"},
		"row 75: above what one takes":  {[]step{take(200000001, 400, "BAD_VALUE"), back(200000001, 400, "BAD_VALUE")}, "AUTHORIZED 0 0 0"},
		"row 75: below nothing":         {[]step{take(-1, 400, "BAD_VALUE"), back(-1, 400, "BAD_VALUE")}, "AUTHORIZED 0 0 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			transaction, order := orderOf(c)
			for i, s := range tt.steps {
				if got := c.json("POST", order+s.end, s.body, s.status, "Klarna-Idempotency-Key", fmt.Sprintf("key-%d", i)); text(got, "error_code") != s.code {
					t.Errorf("step %d = %v, want %q", i+1, got, s.code)
				}
			}
			r := c.json("GET", direct+"/payment/transactions/"+transaction, "", 200)
			o := c.json("GET", order, "", 200)
			if o["captured_amount"] != r["captured_amount"] || o["refunded_amount"] != r["refunded_amount"] || o["order_amount"] != r["amount"] {
				t.Errorf("the order is %v, the transaction %v", o, r)
			}
			if got := fmt.Sprint(r["state"], " ", r["captured_amount"], " ", r["refunded_amount"], " ", r["voided_amount"]); got != tt.want {
				t.Errorf("read = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOrdersAreStrict(t *testing.T) {
	long := strings.Repeat("x", 256)
	tests := map[string]struct {
		end, body string
	}{
		"no amount":                       {"/captures", `{"reference":"c"}`},
		"the amount by its other name":    {"/captures", `{"amount":100}`},
		"an amount with a fraction":       {"/captures", `{"captured_amount":1.5}`},
		"an amount in text":               {"/captures", `{"captured_amount":"100"}`},
		"an amount as a power":            {"/refunds", `{"refunded_amount":1e2}`},
		"a reference of 256 characters":   {"/refunds", `{"refunded_amount":1,"reference":"` + long + `"}`},
		"a description of 256 characters": {"/refunds", `{"refunded_amount":1,"description":"` + long + `"}`},
		"a capture's amount in a refund":  {"/refunds", `{"refunded_amount":1,"captured_amount":1}`},
		"no body where there must be one": {"/refunds", ``},
		"a list":                          {"/refunds", `[]`},
		"a cancel of an amount":           {"/cancel", `{"amount":100}`},
		"a release that is no JSON":       {"/release-remaining-authorization", `{`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			_, order := orderOf(c)
			got := c.json("POST", order+tt.end, tt.body, 400)
			if text(got, "error_code") != "BAD_VALUE" || text(got, "correlation_id") == "" || size(got, "error_messages") < 1 {
				t.Errorf("%v, want an error of Order Management", got)
			}
		})
	}
	c := newClient(t)
	_, order := orderOf(c)
	for path, status := range map[string]int{
		"/ordermanagement/v1/orders/00000000-0000-0000-0000-000000000000/cancel": 404,
		order + "/nothing": 404,
	} {
		if got := c.json("POST", path, "", status); text(got, "correlation_id") == "" {
			t.Errorf("%s: %v, want an error of Order Management", path, got)
		}
	}
	if got := c.json("POST", order+"/cancel", "", 401, "Authorization", "Basic other"); text(got, "correlation_id") == "" {
		t.Errorf("%v, want an error of Order Management", got)
	}
}

// TestAnOrderCallIsExecutedOnce: "only the key matters", says the document, so other bytes under a key are no other call.
func TestAnOrderCallIsExecutedOnce(t *testing.T) {
	c := newClient(t)
	_, order := orderOf(c)
	c.call("POST", order+"/captures", `{"captured_amount":11800}`, "Klarna-Idempotency-Key", "take")
	one := c.call("POST", order+"/refunds", `{"refunded_amount":500}`, "Klarna-Idempotency-Key", "back")
	two := c.call("POST", order+"/refunds", `{"refunded_amount":500,"description":"again"}`, "Klarna-Idempotency-Key", "back")
	for _, name := range []string{"Refund-Id", "Location"} {
		if got := two.Header().Get(name); got == "" || got != one.Header().Get(name) || two.Code != 201 || two.Body.Len() != 0 {
			t.Errorf("%s of the repeat = %q, first %q", name, got, one.Header().Get(name))
		}
	}
	if got := at(c.json("GET", "/sandbox/ledger", "", 200), "transactions", 0, "refunded"); got != 500.0 {
		t.Errorf("refunded %v, want 500 once", got)
	}
}

// An order is another name of the same transaction, and of no partner's but the direct one's.
func TestAnOrderIsItsTransaction(t *testing.T) {
	c := newClient(t)
	transaction, order := orderOf(c)
	w := c.call("POST", order+"/captures", `{"captured_amount":1800}`, "Klarna-Idempotency-Key", "1")
	if w.Header().Get("Capture-Id") == "" || w.Body.Len() != 0 {
		t.Errorf("captured with %v %s", w.Header(), w.Body)
	}
	r := c.json("GET", direct+"/payment/transactions/"+transaction, "", 200)
	name := text(r, "payment_captures", 0, "payment_capture_id")
	if name != transaction+":capture:1" || name == w.Header().Get("Capture-Id") {
		t.Errorf("the capture is %q in the transaction and %q in the order", name, w.Header().Get("Capture-Id"))
	}
	c.json("POST", direct+"/payment/transactions/"+transaction+"/captures/"+name+"/refunds", `{"amount":1800}`, 201)
	c.json("POST", order+"/refunds", `{"refunded_amount":1}`, 403)

	a := c.json("POST", partner+"/payment/authorize", body, 200)
	foreign := text(a, "payment_transaction_response", "payment_transaction", "payment_transaction_id")
	c.json("POST", "/ordermanagement/v1/orders/"+foreign[strings.LastIndexByte(foreign, ':')+1:]+"/cancel", "", 404)
}

// An authorize that captures names the capture, in its answer and when it is read.
func TestACaptureAtOnceHasAName(t *testing.T) {
	c := newClient(t)
	c.json("POST", "/sandbox/behaviour", `{"first":"approved"}`, 200)
	a := c.json("POST", direct+"/payment/authorize", strings.Replace(body, `"LATER"`, `"NOW"`, 1), 200)
	transaction := text(a, "payment_transaction_response", "payment_transaction", "payment_transaction_id")
	r := c.json("GET", direct+"/payment/transactions/"+transaction, "", 200)
	for where, got := range map[string]any{
		"the answer": at(a, "payment_transaction_response", "payment_transaction", "payment_captures"), "the read": r["payment_captures"],
	} {
		if size(got) != 1 || text(got, 0, "payment_capture_id") != transaction+":capture:1" {
			t.Errorf("%s has captures %v", where, got)
		}
	}
}

func TestFaultsStrikeOrders(t *testing.T) {
	d := newDesk(t)
	d.SetFaults([]sandbox.Fault{{Route: sandbox.RouteRefund, Kind: sandbox.FaultResetAfter}, {Route: sandbox.RouteVoid, Kind: sandbox.FaultStatus, Status: 503}})
	order := func(id string) string { return id[strings.LastIndexByte(id, ':')+1:] }
	id := d.paid().ID
	d.send("", sandbox.OrderTake{Order: order(id), Amount: 11800})
	call := sandbox.OrderGiveBack{Order: order(id), Amount: 500}
	if a := d.send("back", call); a.Fate != sandbox.FateReset {
		t.Errorf("refund = %+v, want a reset", a)
	}
	if a := d.send("back", call); a.Status != 201 || a.Order == nil {
		t.Errorf("repeated refund = %+v", a)
	}
	if got, want := d.amounts(), (amounts{sandbox.TransactionCompleted, 11800, 500, 0}); got != want {
		t.Errorf("amounts = %+v, want %+v", got, want)
	}
	if a := d.send("", sandbox.OrderCancel{Order: order(id)}); a.Status != 503 {
		t.Errorf("cancel = %+v, want 503", a)
	}
	want := map[string]int{"capture": 1, "refund": 2, "void": 1}
	calls := d.Ledger().Calls
	maps.DeleteFunc(calls, func(name string, _ int) bool { return want[name] == 0 })
	if !maps.Equal(calls, want) {
		t.Errorf("calls = %v, want %v", calls, want)
	}
}

// What breaks on the way of an answer without a body is no answer.
func TestBrokenOrderAnswersAreNone(t *testing.T) {
	for _, fault := range []string{"reset_before", "reset_after", "truncated"} {
		t.Run(fault, func(t *testing.T) {
			c := newClient(t)
			_, order := orderOf(c)
			c.json("POST", "/sandbox/faults", `[{"route":"void","fault":"`+fault+`"}]`, 200)
			server := httptest.NewServer(c.s.Handler())
			defer server.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+order+"/cancel", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Basic klarna_test_api_0123")
			resp, err := server.Client().Do(r)
			if err != nil {
				return
			}
			defer resp.Body.Close() //nolint:errcheck // it breaks off
			if b, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("answered %d %q, want no whole answer", resp.StatusCode, b)
			}
		})
	}
}
