// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"tillbridge/terminal/native"
)

func TestSessionMembersThatCannotGoOnAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ members, path string }{
		"a token with a space":          {`"klarna_network_session_token":"a b"`, "klarna_network_session_token"},
		"a token with a line break":     {`"klarna_network_session_token":"a\nb"`, "klarna_network_session_token"},
		"a token that is empty":         {`"klarna_network_session_token":""`, "klarna_network_session_token"},
		"a token that is too long":      {`"interoperability_token":"` + strings.Repeat("x", 8193) + `"`, "interoperability_token"},
		"a token that is no text":       {`"klarna_network_session_token":1`, "klarna_network_session_token"},
		"an umlaut in a token":          {`"klarna_network_session_token":"ä"`, "klarna_network_session_token"},
		"data that is too long":         {`"klarna_network_data":"` + strings.Repeat("x", 10241) + `"`, "klarna_network_data"},
		"data too long in bytes":        {`"klarna_network_data":"` + strings.Repeat("ä", 5121) + `"`, "klarna_network_data"},
		"data that is an object":        {`"klarna_network_data":{}`, "klarna_network_data"},
		"data with half a pair":         {`"interoperability_data":"\udc00"`, "interoperability_data"},
		"data with a tab":               {`"klarna_network_data":"a\tb"`, "klarna_network_data"},
		"two data":                      {`"klarna_network_data":"a","interoperability_data":"b"`, "klarna_network_data"},
		"two tokens":                    {`"klarna_network_session_token":"a","interoperability_token":"b"`, "klarna_network_session_token"},
		"an address with a space":       {`"return_url":"https://a b"`, "return_url"},
		"an address that is too long":   {`"return_url":"https://` + strings.Repeat("x", 2048) + `"`, "return_url"},
		"an interaction of no kind":     {`"interaction":"SDK"`, "interaction"},
		"a token request of no kind":    {`"request_customer_token":"x"`, "request_customer_token"},
		"a token request without scope": {`"request_customer_token":{"scopes":[],"reference":"c"}`, "request_customer_token.scopes"},
		"an unknown scope":              {`"request_customer_token":{"scopes":["x"],"reference":"c"}`, "request_customer_token.scopes"},
		"four scopes":                   {`"request_customer_token":{"scopes":["customer:login","customer:login","customer:login","customer:login"],"reference":"c"}`, "request_customer_token.scopes"},
		"a token request for nobody":    {`"request_customer_token":{"scopes":["customer:login"]}`, "request_customer_token.reference"},
		"an empty name":                 {`"request_customer_token":{"scopes":["customer:login"],"reference":""}`, "request_customer_token.reference"},
		"a handle with a space":         {`"customer_token":"ct 1"`, "customer_token"},
		"a handle of 65 characters":     {`"customer_token":"` + strings.Repeat("x", 65) + `"`, "customer_token"},
		"present as text":               {`"customer_token":"ct_1","present":"yes"`, "present"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := native.ParseRequest([]byte(`{"type":"pay","id":"A1","amount":1,"currency":"EUR",` + tt.members + `}`))
			bad, ok := errors.AsType[*native.SyntaxError](err)
			if !ok || bad.Path != tt.path || bad.ID != "A1" {
				t.Errorf("ParseRequest = %#v, want a refusal of %s", err, tt.path)
			}
		})
	}
}

func TestAnAbsentCustomerIsSaid(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"present":false`: "false", `"present":true`: "true", `"present":null`: "", `"ref":"R1"`: ""} {
		q, err := native.ParseRequest([]byte(`{"type":"pay","id":"A1","amount":1,"currency":"EUR","customer_token":"ct_1",` + in + `}`))
		p, ok := q.(native.Pay)
		if err != nil || !ok {
			t.Fatalf("%s: %v", in, err)
		}
		got := ""
		if p.Present != nil {
			got = map[bool]string{true: "true", false: "false"}[*p.Present]
		}
		if got != want {
			t.Errorf("%s: present %q, want %q", in, got, want)
		}
	}
}

func TestASelfCheckoutPageIsRead(t *testing.T) {
	t.Parallel()
	const whole = `{"id":"K1","amount":1610,"currency":"EUR","klarnaNetworkSessionToken":"krn:t","paymentOptionId":"eyJ=","return_url":"https://shop.example/{klarna.payment_request.id}","later":1}`
	p, err := native.ParseAuthorize([]byte(whole))
	want := native.Pay{
		ID: "K1", Amount: 1610, Currency: "EUR", NetworkToken: "krn:t", OptionID: "eyJ=", Interaction: "HANDOVER",
		ReturnURL: "https://shop.example/{klarna.payment_request.id}",
	}
	if got, _ := json.Marshal(p); err != nil || string(got) != func() string { w, _ := json.Marshal(want); return string(w) }() {
		t.Errorf("ParseAuthorize = %s, %v", got, err)
	}
	if p, err = native.ParseAuthorize([]byte(`{"id":"K1","amount":1,"currency":"EUR","klarnaNetworkSessionToken":"t"}`)); err != nil || p.Interaction != "" {
		t.Errorf("without an address = %+v, %v, want a code", p, err)
	}
	for in, path := range map[string]string{
		`{"amount":1,"currency":"EUR","klarnaNetworkSessionToken":"t"}`:                                "id",
		`{"id":"K1","currency":"EUR","klarnaNetworkSessionToken":"t"}`:                                 "amount",
		`{"id":"K1","amount":16.1,"currency":"EUR","klarnaNetworkSessionToken":"t"}`:                   "amount",
		`{"id":"K1","amount":1,"klarnaNetworkSessionToken":"t"}`:                                       "currency",
		`{"id":"K1","amount":1,"currency":"EUR"}`:                                                      "klarnaNetworkSessionToken",
		`{"id":"K1","amount":1,"currency":"EUR","klarnaNetworkSessionToken":"t u"}`:                    "klarnaNetworkSessionToken",
		`{"id":"K1","amount":1,"currency":"EUR","klarnaNetworkSessionToken":"t","paymentOptionId":""}`: "paymentOptionId",
		`{"id":"K1","amount":1,"amount":2,"currency":"EUR","klarnaNetworkSessionToken":"t"}`:           "amount",
		`[]`: "",
	} {
		_, err := native.ParseAuthorize([]byte(in))
		if bad, ok := errors.AsType[*native.SyntaxError](err); !ok || bad.Path != path {
			t.Errorf("ParseAuthorize(%s) = %v, want a refusal of %q", in, err, path)
		}
	}
}

// Whatever a page posts: no panic, and what is taken can go on as it came.
func FuzzParseAuthorize(f *testing.F) {
	f.Add([]byte(`{"id":"K1","amount":1610,"currency":"EUR","klarnaNetworkSessionToken":"krn:t","paymentOptionId":"eyJ=","return_url":"https://a"}`))
	f.Add([]byte(`{"id":"K1","amount":1e9}`))
	f.Add([]byte(`{"klarnaNetworkSessionToken":"\ud800"}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		p, err := native.ParseAuthorize(object)
		if err != nil {
			if _, ok := errors.AsType[*native.SyntaxError](err); !ok {
				t.Errorf("ParseAuthorize(%q): %v is no SyntaxError", object, err)
			}
			return
		}
		for _, text := range []string{p.NetworkToken, p.OptionID, p.ReturnURL} {
			if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf-1 }) {
				t.Errorf("ParseAuthorize(%q) took %q", object, text)
			}
		}
		if p.NetworkToken == "" || p.Amount < 1 || p.ID == "" || (p.Interaction == "HANDOVER") != (p.ReturnURL != "") {
			t.Errorf("ParseAuthorize(%q) = %+v", object, p)
		}
	})
}
