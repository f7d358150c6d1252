// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const (
	checkoutPage = "https://checkout.shop.example"
	pageToken    = "krn:network:eu1:test:session-token:of-the-page"
)

// authorized is what a self-checkout page hears.
type authorized struct {
	Type       string `json:"type"`
	Code       string `json:"code"`
	ID         string `json:"id"`
	Result     string `json:"result"`
	RequestID  string `json:"paymentRequestId"`
	RequestURL string `json:"paymentRequestUrl"`
	Text       string `json:"text"`
}

// post is what the page sends, from its origin.
func (s *shop) post(origin string, members order) (int, authorized, http.Header) {
	s.t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.web+"/v1/lanes/lane-1/authorize-payment", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	var a authorized
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		s.t.Errorf("answer %d: %v", resp.StatusCode, err)
	}
	return resp.StatusCode, a, resp.Header
}

func checkout(id string) order {
	return order{
		"id": id, "amount": 1610, "currency": "EUR", "klarnaNetworkSessionToken": pageToken, "paymentOptionId": "eyJvIjoxfQ==",
	}
}

func newCheckout(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	s.edit("http: {", `http: {allowed_origins: ["`+checkoutPage+`"], `)
	return s
}

// The customer pays at a self-checkout whose page has begun with Klarna's web SDK.
func TestASelfCheckoutPageAuthorizesAPayment(t *testing.T) {
	t.Parallel()
	s := newCheckout(t)
	members := checkout("P1")
	members["return_url"] = checkoutPage + "/done?r={klarna.payment_request.id}"
	code, a, header := s.post(checkoutPage, members)
	request := s.ledger().Requests[0].ID
	if code != http.StatusOK || a.Result != "STEP_UP_REQUIRED" || a.RequestID != request || a.RequestURL != s.sandbox+"/phone/"+request {
		t.Fatalf("the page heard %d, %+v, want a step-up to %s", code, a, request)
	}
	if header.Get("Access-Control-Allow-Origin") != checkoutPage || header.Get("Vary") != "Origin" {
		t.Errorf("the browser hears %v, want that the page may read the answer", header)
	}
	got := s.sights()
	if len(got) != 1 || got[0].SessionToken != digestOf(pageToken) || got[0].OptionID != "eyJvIjoxfQ==" || got[0].Interaction != "HANDOVER" {
		t.Errorf("klarna saw %+v, want the page's own token and option", got)
	}

	// The intake rules of a payment hold: again is not twice, other money is a conflict, one at a time.
	if code, again, _ := s.post(checkoutPage, members); code != http.StatusOK || again.RequestID != request {
		t.Errorf("the same again = %d, %+v, want the same request", code, again)
	}
	other := checkout("P1")
	other["amount"] = 1611
	if code, a, _ := s.post(checkoutPage, other); code != http.StatusConflict || a.Code != "conflict" {
		t.Errorf("other money = %d, %+v, want a conflict", code, a)
	}
	if code, a, _ := s.post(checkoutPage, checkout("P2")); code != http.StatusConflict || a.Code != "busy" {
		t.Errorf("a second payment = %d, %+v, want busy", code, a)
	}

	s.phone("approve")
	s.sale = "/v1/lanes/lane-1/payments/P1"
	if n := s.outcome(); n.Outcome != "approved" {
		t.Errorf("it ended as %+v", n)
	}
	s.holds(1610)
	if code, a, _ := s.post(checkoutPage, members); code != http.StatusOK || a.Result != "APPROVED" || a.RequestID != "" {
		t.Errorf("asked after the end = %d, %+v, want the stored result", code, a)
	}
	s.keepsSecret(map[string]string{"page's session token": pageToken})
}

func TestASelfCheckoutPageIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	s := newCheckout(t)
	s.behaviour(map[string]any{"first": "approved"})
	if code, a, _ := s.post(checkoutPage, checkout("P1")); code != http.StatusOK || a.Result != "APPROVED" || a.RequestID != "" {
		t.Errorf("an approval = %d, %+v", code, a)
	}
	s.sale = "/v1/lanes/lane-1/payments/P1"
	if n := s.outcome(); n.Outcome != "approved" {
		t.Errorf("P1 ended as %+v", n)
	}
	s.holds(1610)
	s.behaviour(map[string]any{"first": "declined"})
	if code, a, _ := s.post(checkoutPage, checkout("P2")); code != http.StatusOK || a.Result != "DECLINED" || a.Text == "" {
		t.Errorf("a decline = %d, %+v", code, a)
	}
	// A cancel that came first wins for ever.
	s.call(http.MethodDelete, s.web+"/v1/lanes/lane-1/payments/P3", nil, nil)
	if code, a, _ := s.post(checkoutPage, checkout("P3")); code != http.StatusOK || a.Result != "CANCELLED" {
		t.Errorf("row 11: a cancelled id = %d, %+v", code, a)
	}
	if n := s.ledger().Calls["authorize"]; n != 2 {
		t.Errorf("klarna was asked %d times, want twice", n)
	}
}

func TestOnlyPagesOfTheShopAuthorizePayments(t *testing.T) {
	t.Parallel()
	s := newCheckout(t)
	for name, origin := range map[string]string{
		"row 26: another site": "https://evil.example", "row 26: null": "null", "row 26: in plain": strings.Replace(checkoutPage, "https", "http", 1),
		"row 26: a longer name": checkoutPage + ".evil.example", "a screen of ours": s.web,
	} {
		if code, a, header := s.post(origin, checkout("P1")); code != http.StatusForbidden || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: answered %d, %+v, %v, want 403 that no page can read", name, code, a, header)
		}
	}
	for name, spoil := range map[string]func(order){
		"row 7: major units":     func(o order) { o["amount"] = 16.10 },
		"row 8: small letters":   func(o order) { o["currency"] = "eur" },
		"row 9: an id with ESC":  func(o order) { o["id"] = "\x1b" },
		"no session token":       func(o order) { delete(o, "klarnaNetworkSessionToken") },
		"a token with a break":   func(o order) { o["klarnaNetworkSessionToken"] = "a\nb" },
		"an address in plain":    func(o order) { o["return_url"] = "http://shop.example/" },
		"another currency":       func(o order) { o["currency"] = "SEK" },
		"row 6: above the cap":   func(o order) { o["amount"] = 1_000_001 },
		"an option with a space": func(o order) { o["paymentOptionId"] = "a b" },
	} {
		members := checkout("P1")
		spoil(members)
		if code, a, _ := s.post(checkoutPage, members); code/100 != 4 || a.Type != "error" || strings.Contains(a.Text, pageToken) {
			t.Errorf("%s: answered %d, %+v, want a refusal without the token", name, code, a)
		}
	}
	for name, c := range map[string]struct {
		origin string
		want   int
	}{"the shop's page": {checkoutPage, http.StatusNoContent}, "another site": {"https://evil.example", http.StatusForbidden}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.web+"/v1/lanes/lane-1/authorize-payment", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", c.origin)
		req.Header.Set("Access-Control-Request-Method", "POST")
		req.Header.Set("Access-Control-Request-Headers", "content-type")
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // nothing is in it
		allowed := resp.Header.Get("Access-Control-Allow-Origin") == c.origin &&
			strings.Contains(resp.Header.Get("Access-Control-Allow-Methods"), "POST") &&
			strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "Content-Type")
		if resp.StatusCode != c.want || allowed != (c.want == http.StatusNoContent) {
			t.Errorf("preflight of %s = %d, %v", name, resp.StatusCode, resp.Header)
		}
	}
	if n := s.ledger().Calls["authorize"]; n != 0 {
		t.Errorf("klarna was asked %d times, want never", n)
	}
}
