// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

const (
	posted = `{"id":"A1","amount":1610,"currency":"EUR","klarnaNetworkSessionToken":"krn:t","paymentOptionId":"opt"}`
	ours   = "https://checkout.shop.example"
	locked = "/v1/lanes/guarded"
)

// checkout is a handler that the shop's own checkout may use.
func checkout(b terminal.Bridge) http.Handler {
	return terminal.NewHTTP(terminal.WebOptions{
		Bridge: b, Origins: []string{"http://127.0.0.1:8580", ours}, Pages: []string{ours},
		Lanes: []terminal.WebLane{
			{ID: "lane-1", Native: shop()},
			{ID: "mute", Native: shop(), AckOnWrite: true},
			{ID: "guarded", Native: shop(), Token: secret.New("correct horse")},
		},
	})
}

func TestAuthorizePaymentAnswers(t *testing.T) {
	t.Parallel()
	step := payment.Display{ID: "A1", Request: "krn:1", QR: "https://pay/1"}
	handed := step
	handed.HandOver = payment.HandOver{Request: "krn:1", URL: "https://pay/1", Data: "d"}
	tests := map[string]struct {
		words  []payment.Word
		status int
		want   native.Authorized
	}{
		"a code":                {[]payment.Word{payment.Accepted{ID: "A1"}, payment.Progress{ID: "A1", Phase: payment.PhaseWaiting}, step}, 200, native.Authorized{ID: "A1", Result: "STEP_UP_REQUIRED", RequestID: "krn:1"}},
		"a hand-over":           {[]payment.Word{handed}, 200, native.Authorized{ID: "A1", Result: "STEP_UP_REQUIRED", RequestID: "krn:1", RequestURL: "https://pay/1", RequestData: "d"}},
		"approved":              {[]payment.Word{payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved}}, 200, native.Authorized{ID: "A1", Result: "APPROVED"}},
		"declined":              {[]payment.Word{payment.Result{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined}}, 200, native.Authorized{ID: "A1", Result: "DECLINED"}},
		"not known":             {[]payment.Word{payment.Result{ID: "A1", Outcome: payment.Unknown, Reason: payment.ReasonNoAnswer}}, 200, native.Authorized{ID: "A1", Result: "UNKNOWN"}},
		"corrected":             {[]payment.Word{payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved}}, 200, native.Authorized{ID: "A1", Result: "APPROVED"}},
		"going back":            {[]payment.Word{payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Returning: true}}, 200, native.Authorized{ID: "A1", Result: "UNKNOWN"}},
		"given back":            {[]payment.Word{payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, GivenBack: true}}, 200, native.Authorized{ID: "A1", Result: "REVERSED"}},
		"on the way already":    {[]payment.Word{payment.Progress{ID: "A1", Phase: payment.PhaseScanned}}, 202, native.Authorized{ID: "A1", Result: "PENDING"}},
		"nothing but a word on": {[]payment.Word{payment.Accepted{ID: "A1"}}, 202, native.Authorized{ID: "A1", Result: "PENDING"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := answering(tt.words...)
				w := httptest.NewRecorder()
				checkout(b).ServeHTTP(w, request("POST", lane1+"/authorize-payment", posted))
				var got native.Authorized
				if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
					t.Fatal(err)
				}
				got.Text = "" // words for people have tests of their own
				if w.Code != tt.status || got != tt.want {
					t.Errorf("answered %d, %+v, want %d, %+v", w.Code, got, tt.status, tt.want)
				}
				asked := b.Quiet()
				pay, ok := asked[1].Ask.(payment.Pay)
				if !ok || pay.Order.Handed.SessionToken.Reveal() != "krn:t" || pay.Order.Handed.OptionID != "opt" || pay.Order.Amount != eur(1610) {
					t.Errorf("the bridge was asked %+v", asked[1].Ask)
				}
			})
		})
	}
}

func TestAuthorizePaymentRefuses(t *testing.T) {
	t.Parallel()
	post := func(path, text, origin string) *http.Request {
		r := request("POST", path+"/authorize-payment", text)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		return r
	}
	form := post(lane1, posted, "")
	form.Header.Set("Content-Type", "text/plain")
	for name, tt := range map[string]struct {
		r      *http.Request
		status int
	}{
		"row 28: a form":             {form, 415},
		"a screen's own page":        {post(lane1, posted, "http://127.0.0.1:8580"), 403},
		"row 26: another site":       {post(lane1, posted, "https://evil.example"), 403},
		"a lane with a token":        {post(locked, posted, ours), 401},
		"row 10: no object":          {post(lane1, `[]`, ours), 400},
		"row 7: major units":         {post(lane1, strings.Replace(posted, "1610", "16.10", 1), ours), 422},
		"row 8: another currency":    {post(lane1, strings.Replace(posted, "EUR", "SEK", 1), ours), 422},
		"row 10: more than 64 KiB":   {post(lane1, posted+strings.Repeat(" ", 70000), ours), 413},
		"no token of the page":       {post(lane1, `{"id":"A1","amount":1,"currency":"EUR"}`, ours), 400},
		"a lane that is not one":     {post("/v1/lanes/lane-9", posted, ours), 404},
		"an address without a colon": {post(lane1, strings.Replace(posted, "}", `,"return_url":"a b"}`, 1), ours), 400},
	} {
		b := answering(payment.Result{ID: "A1", Outcome: payment.Approved})
		w := httptest.NewRecorder()
		checkout(b).ServeHTTP(w, tt.r)
		if w.Code != tt.status || len(b.Quiet()) != 0 || strings.Contains(w.Body.String(), "krn:t") {
			t.Errorf("%s: answered %d %s, want %d", name, w.Code, w.Body, tt.status)
		}
	}
}

func TestAPageThatCannotConfirmIsConfirmedFor(t *testing.T) {
	t.Parallel()
	b := answering(payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved})
	checkout(b).ServeHTTP(httptest.NewRecorder(), request("POST", "/v1/lanes/mute/authorize-payment", posted))
	terminaltest.Expect[payment.Pay](t, b)
	if _, yes := terminaltest.Expect[payment.Confirm](t, b); !yes.OK || yes.Outcome != payment.Approved {
		t.Errorf("confirmed %+v", yes)
	}
}

// A browser asks first what it may send. Only the shop's own pages hear that they may.
func TestPreflight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		origin, method string
		status         int
		allowed        bool
	}{
		"the shop's page":            {ours, "POST", 204, true},
		"the shop's page, to cancel": {ours, "DELETE", 204, true},
		"not a preflight":            {ours, "", 405, true},
		"a screen of ours":           {"http://127.0.0.1:8580", "POST", 405, false},
		"another site":               {"https://evil.example", "POST", 403, false},
		"nobody":                     {"", "POST", 405, false},
	} {
		b := answering()
		r := request("OPTIONS", locked+"/authorize-payment", "")
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		if tt.method != "" {
			r.Header.Set("Access-Control-Request-Method", tt.method)
		}
		r.Header.Set("Access-Control-Request-Private-Network", "true")
		w := httptest.NewRecorder()
		checkout(b).ServeHTTP(w, r)
		h := w.Header()
		if w.Code != tt.status || (h.Get("Access-Control-Allow-Origin") == tt.origin) != (tt.allowed || tt.origin == "") ||
			(h.Get("Access-Control-Allow-Private-Network") != "") != (tt.status == 204) || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: answered %d, %v", name, w.Code, h)
		}
		if len(b.Quiet()) != 0 {
			t.Errorf("%s: the bridge was asked", name)
		}
	}
}

func TestAWaitingHandOverIsInItsStatus(t *testing.T) {
	t.Parallel()
	handed := payment.Display{ID: "A1", HandOver: payment.HandOver{Request: "krn:1", URL: "https://pay/1", Data: "d"}}
	waiting := payment.Progress{ID: "A1", Phase: payment.PhaseWaiting, HandOver: true}
	_, e := do(t, answering(waiting, handed), request("GET", lane1+"/payments/A1", ""))
	state, ok := e.(native.State)
	if !ok || state.RequestID != "krn:1" || state.RequestURL != "https://pay/1" || state.RequestData != "d" || state.Text != "Customer is handed over to Klarna" {
		t.Errorf("the status is %+v", e)
	}
	_, e = do(t, answering(payment.Progress{ID: "A1", Phase: payment.PhaseScanned}, handed), request("GET", lane1+"/payments/A1", ""))
	if state, ok = e.(native.State); !ok || state.RequestURL != "" {
		t.Errorf("past its address, the status is %+v", e)
	}
}

func TestATokenIsForgottenOverEitherWay(t *testing.T) {
	t.Parallel()
	b := terminaltest.NewBridge(func(_ payment.LinkID, a payment.Ask) []payment.Word {
		if forget, ok := a.(payment.Forget); ok {
			return []payment.Word{payment.Forgotten(forget)}
		}
		return nil
	})
	status, e := do(t, b, request("DELETE", lane1+"/customer-tokens/ct_1", ""))
	if status != http.StatusOK || e != (native.Forgotten{CustomerToken: "ct_1"}) {
		t.Errorf("answered %d, %+v", status, e)
	}
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, func(_ payment.LinkID, a payment.Ask) []payment.Word {
			if forget, ok := a.(payment.Forget); ok {
				return []payment.Word{payment.Forgotten(forget)}
			}
			return nil
		})
		go func() { _, _ = d.end.Write([]byte(`{"type":"forget","customer_token":"ct_2"}` + "\n")) }()
		if got := next[native.Forgotten](d); got.CustomerToken != "ct_2" {
			t.Errorf("the till heard %+v", got)
		}
	})
}
