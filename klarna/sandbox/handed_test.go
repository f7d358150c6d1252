// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

const basket = `"line_items":[
    {"name":"Running shoes","quantity":1,"unit_price":12800,"total_amount":12800,"total_tax_amount":2044,"product_identifier":"4006381333931","line_item_reference":"1"},
    {"name":"Loyalty discount","quantity":1,"total_amount":-1000,"line_item_reference":"2"}]`

func TestStrictBaskets(t *testing.T) {
	line := func(members string) string {
		return `"line_items":[{"name":"a","quantity":1,"total_amount":11800},{` + members + `}]`
	}
	tests := map[string]struct{ lines, parameter string }{
		"as it should be":           {basket, ""},
		"already paid in cash":      {`"line_items":[{"name":"a","quantity":1,"total_amount":20000,"total_tax_amount":3193},{"name":"Cash","quantity":1,"total_amount":-8200}]`, ""},
		"tax of a discount":         {`"line_items":[{"name":"a","quantity":1,"total_amount":12800},{"name":"b","quantity":1,"total_amount":-1000,"total_tax_amount":-160}]`, ""},
		"a size in its name":        {`"line_items":[{"name":"Bolt <8 mm>","quantity":1,"total_amount":11800}]`, ""},
		"a cent missing":            {`"line_items":[{"name":"a","quantity":1,"total_amount":11799}]`, "supplementary_purchase_data.line_items"},
		"markup in a name":          {`"line_items":[{"name":"<b>a","quantity":1,"total_amount":11800}]`, "supplementary_purchase_data.line_items[0].name"},
		"the end of markup":         {`"line_items":[{"name":"a</b>","quantity":1,"total_amount":11800}]`, "supplementary_purchase_data.line_items[0].name"},
		"a comment":                 {`"line_items":[{"name":"a<!--","quantity":1,"total_amount":11800}]`, "supplementary_purchase_data.line_items[0].name"},
		"a control character":       {`"line_items":[{"name":"a\u0007","quantity":1,"total_amount":11800}]`, "supplementary_purchase_data.line_items[0].name"},
		"no piece":                  {line(`"name":"b","quantity":0,"total_amount":0`), "supplementary_purchase_data.line_items[1].quantity"},
		"less than none":            {line(`"name":"b","quantity":-1,"total_amount":0`), "supplementary_purchase_data.line_items[1].quantity"},
		"half a piece":              {line(`"name":"b","quantity":0.5,"total_amount":0`), "supplementary_purchase_data.line_items[1].quantity"},
		"more tax than price":       {`"line_items":[{"name":"a","quantity":1,"total_amount":11800,"total_tax_amount":11801}]`, "supplementary_purchase_data.line_items[0].total_tax_amount"},
		"tax against its price":     {`"line_items":[{"name":"a","quantity":1,"total_amount":11800,"total_tax_amount":-1}]`, "supplementary_purchase_data.line_items[0].total_tax_amount"},
		"tax on what costs nothing": {line(`"name":"b","quantity":1,"total_amount":0,"total_tax_amount":1`), "supplementary_purchase_data.line_items[1].total_tax_amount"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			sent := strings.Replace(body, basket, tt.lines, 1)
			if tt.parameter == "" {
				c.json("POST", partner+"/payment/authorize", sent, 200)
				return
			}
			e := c.json("POST", partner+"/payment/authorize", sent, 400)
			if got := text(e, "validation_errors", 0, "parameter"); got != tt.parameter {
				t.Errorf("refused for %q, want %q", got, tt.parameter)
			}
		})
	}
}

func TestReturnAddressesAreChecked(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://shop.example/{klarna.payment_request.id}": true, "shop://back": true,
		"http://shop.example/": false, "/back": false, "https://shop.example/{klarna.id}": false,
	} {
		c := newClient(t)
		status := map[bool]int{true: 200, false: 400}[ok]
		handover := strings.Replace(body, `"method":"QR_CODE"`, `"method":"HANDOVER","return_url":"https://shop.example/","app_return_url":"`+address+`"`, 1)
		c.json("POST", partner+"/payment/authorize", handover, status)
	}
}

// A partner's own data come back answered, in the names of the generation that is asked for, and are seen without
// being shown.
func TestNetworkDataAreAnswered(t *testing.T) {
	for name, field := range map[string]string{"": "klarna_network_response_data", `{"interop_names":true}`: "interoperability_response_data"} {
		c := newClient(t)
		if name != "" {
			c.json("POST", "/sandbox/policy", name, 200)
		}
		c.json("POST", "/sandbox/behaviour", `{"first":"approved"}`, 200)
		withData := `{"klarna_network_data":"of the app",` + strings.Replace(body[1:], `"capture"`, `"payment_option_id":"opt","capture"`, 1)
		a := c.json("POST", partner+"/payment/authorize", withData, 200, "Klarna-Network-Session-Token", "of-the-session")
		var reply struct {
			Content struct {
				Operation string `json:"operation"`
				Response  struct {
					Result string `json:"result"`
				} `json:"response"`
			} `json:"content"`
		}
		if err := json.Unmarshal([]byte(text(a, field)), &reply); err != nil || reply.Content.Operation != "payment_request" || reply.Content.Response.Result != "APPROVED" {
			t.Errorf("%s = %q, %v", field, text(a, field), err)
		}
		seen := at(c.json("GET", "/sandbox/requests", "", 200), "requests", 0)
		sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
		for member, want := range map[string]string{
			"network_data_sha256": sum("of the app"), "session_token_sha256": sum("of-the-session"), "customer_token_sha256": "",
			"payment_option_id": "opt", "interaction": "QR_CODE",
		} {
			if at(seen, member) != want {
				t.Errorf("%s = %v, want %q", member, at(seen, member), want)
			}
		}
	}
	c := newClient(t)
	if a := c.json("POST", partner+"/payment/authorize", body, 200); at(a, "klarna_network_response_data") != nil {
		t.Errorf("data nobody asked for: %v", a)
	}
}

func TestAHandOverHasDataForThePartnersPage(t *testing.T) {
	c := newClient(t)
	handover := strings.Replace(body, `"method":"QR_CODE"`, `"method":"HANDOVER","return_url":"https://shop.example/"`, 1)
	a := c.json("POST", partner+"/payment/authorize", handover, 200)
	if data := text(a, "payment_request", "payment_request_data"); !strings.Contains(data, text(a, "payment_request", "payment_request_id")) {
		t.Errorf("payment_request_data = %q", data)
	}
	if a = c.json("POST", partner+"/payment/authorize", body, 200); at(a, "payment_request", "payment_request_data") != nil {
		t.Errorf("a code has data: %v", a)
	}
}

func TestACustomerRevokesByName(t *testing.T) {
	c := newClient(t)
	ask := `{"request_customer_token":{"scopes":["payment:customer_present"],"customer_token_reference":"c-1"},`
	a := c.json("POST", partner+"/payment/authorize", ask+body[1:], 200)
	id := text(a, "payment_request", "payment_request_id")
	c.json("POST", "/phone/"+id+"/approve", "", 200)
	r := c.json("GET", partner+"/payment/requests/"+id, "", 200)
	token := text(r, "state_context", "klarna_customer", "customer_token", "customer_token")
	charge := func() any {
		a := c.json("POST", partner+"/payment/authorize", body, 200, "Klarna-Customer-Token", token)
		return at(a, "payment_transaction_response", "result")
	}
	if got := charge(); got != "APPROVED" {
		t.Fatalf("a charge = %v", got)
	}
	c.json("POST", "/sandbox/behaviour", `{"token":"step_up"}`, 200)
	if got := charge(); got != "STEP_UP_REQUIRED" {
		t.Errorf("a charge that asks again = %v", got)
	}
	c.json("POST", "/sandbox/behaviour", `{"token":"everything"}`, 400)
	c.json("POST", "/sandbox/revoke", `{}`, 400)
	for _, want := range []float64{1, 0} {
		if got := at(c.json("POST", "/sandbox/revoke", `{"customer_token_reference":"c-1"}`, 200), "revoked"); got != want {
			t.Errorf("revoked %v, want %v", got, want)
		}
	}
	c.json("POST", "/sandbox/behaviour", `{}`, 200)
	if got := charge(); got != "DECLINED" {
		t.Errorf("a charge after that = %v", got)
	}
}
