// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"strings"
	"testing"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

func TestReturnAddresses(t *testing.T) {
	const web = "https://shop.example/back"
	tests := map[string]struct {
		web, app string
		ok       bool
	}{
		"an address":                  {web, "", true},
		"with a port and a query":     {"https://shop.example:8443/back?a=1#x", "", true},
		"every word that Klarna puts": {web + "?i={klarna.payment_request.id}&s={klarna.payment_request.state}&t={klarna.payment_request.klarna_network_session_token}&r={klarna.payment_request.payment_request_reference}", "", true},
		"the older word":              {web + "/{klarna.payment_request.payment_token}", "", true},
		"an app":                      {web, "shop-app://back/{klarna.payment_request.id}", true},
		"an app without a host":       {web, "shopapp:back?r={klarna.payment_request.id}", true},
		"an app on the web":           {web, "https://app.shop.example/back", true},
		"none":                        {"", "", false},
		"plain http":                  {"http://shop.example/", "", false},
		"no scheme":                   {"//shop.example/", "", false},
		"no host":                     {"https:///back", "", false},
		"a user":                      {"https://u:p@shop.example/", "", false},
		"another word":                {web + "?{klarna.id}", "", false},
		"half a word":                 {web + "?{klarna.payment_request.id", "", false},
		"a word for a host":           {"https://{klarna.payment_request.id}/", "", false},
		"a word in a host":            {"https://shop.{klarna.payment_request.id}/", "", false},
		"a word for a scheme":         {"{klarna.payment_request.id}://shop.example/", "", false},
		"a line break":                {web + "\n", "", false},
		"a backslash":                 {"https://shop.example\\@evil.example/", "", false},
		"too long":                    {web + strings.Repeat("x", 2048), "", false},
		"an umlaut":                   {"https://shöp.example/", "", false},
		"an app that is script":       {web, "javascript:alert(1)", false},
		"script in capitals":          {web, "JavaScript:alert(1)", false},
		"an app that is data":         {web, "data:text/html,x", false},
		"an app that is a file":       {web, "file:///etc/passwd", false},
		"an app on plain http":        {web, "http://app.shop.example/", false},
		"an app without a scheme":     {web, "back", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sale()
			s.Interact = klarna.Interaction{Method: klarna.MethodHandover, ReturnURL: tt.web, AppReturnURL: tt.app}
			w, err := (klarna.Account{}).Authorize(testKey, s)
			if (err == nil) != tt.ok {
				t.Fatalf("Authorize = %v, want taken = %t", err, tt.ok)
			}
			if tt.ok && !strings.Contains(string(w.Body), tt.web[:len(tt.web)/2]) {
				t.Errorf("the body %s does not hold the address as it is", w.Body)
			}
		})
	}
}

// Whatever a till gives as an address: no panic, and what is taken leads to a host of its own over https.
func FuzzReturnAddress(f *testing.F) {
	for _, s := range []string{"https://shop.example/{klarna.payment_request.id}", "https://a@b/", "https:", "{", "https://x/{}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		s := sale()
		s.Interact = klarna.Interaction{Method: klarna.MethodHandover, ReturnURL: address}
		if _, err := (klarna.Account{}).Authorize(testKey, s); err == nil && (!strings.HasPrefix(strings.ToLower(address), "https://") || strings.ContainsAny(address, " \n\\<>\"")) {
			t.Errorf("the address %q is taken", address)
		}
	})
}

// Without anybody to ask, nothing of how to ask is sent, and where the shop is only if it stands outside.
func TestAnAbsentCustomerIsNotAsked(t *testing.T) {
	for placement, located := range map[klarna.Placement]bool{
		klarna.PlacementStepUp: false, klarna.PlacementTopLevel: true, klarna.PlacementOff: false,
	} {
		s := sale()
		s.Absent, s.CustomerToken = true, secret.New("krn:customer-token:1")
		body := string(must(t)(klarna.Account{Placement: placement, ForceStepUp: true}.Authorize(testKey, s)).Body)
		if strings.Contains(body, "step_up_config") || strings.Contains(body, "REQUIRED") || strings.Contains(body, "T03") != located {
			t.Errorf("%s: the body is %s", placement, body)
		}
	}
}

func TestACustomerTokenThatNoHeaderCarriesIsNone(t *testing.T) {
	for name, token := range map[string]string{"a line break": `a\nb`, "too long": strings.Repeat("x", 8193), "empty": ""} {
		body := strings.Replace(approvedBody, "{", `{"customer_token_response":{"customer_token":{"customer_token":"`+token+`"}},`, 1)
		o, ok := klarna.Judge(klarna.OpFinalize, 200, []byte(body)).(klarna.Approved)
		if !ok || !o.CustomerToken.Token.Empty() {
			t.Errorf("%s: %+v, want an approval without a token", name, o)
		}
	}
}
