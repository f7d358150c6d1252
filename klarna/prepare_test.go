// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

//nolint:gochecknoglobals // a test flag
var update = flag.Bool("update", false, "rewrite testdata")

const (
	testAccount = "krn:partner:global:account:test:MKPMV6MS"
	testKey     = "5f0c2d53-6a0e-5b0a-9a75-3f6d1e0f9c11"
	testTx      = "krn:payment:eu1:transaction:6debe89e-98c0-486e-b7a5-08a4f6df94b0"
	testRequest = "krn:payment:eu1:request:552603c0-fe8b-4ab1-aacb-41d55fafbdb4"
)

func sale() klarna.Sale {
	return klarna.Sale{
		Amount: 11800, Currency: "EUR",
		TransactionReference: "tx-1", RequestReference: "rq-1", PurchaseReference: "receipt 117",
		Lines: []klarna.Line{
			{Name: "Running shoes <42>", Quantity: 1, UnitPrice: 12800, Total: 12800, Tax: 2044, Product: "4006381333931"},
			{Name: "Loyalty discount", Quantity: 1, Total: -1000},
		},
		Location:    klarna.Location{StoreReference: "S0042", Terminal: "T03"},
		NetworkData: `{"content_type":"vnd.klarna.network-data.v1+json","content":{"a":"<é>"}}`,
	}
}

// golden compares got with testdata/name, or writes it there with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n got %s\nwant %s", path, got, want)
	}
}

func show(w klarna.Write) string {
	return fmt.Sprintf("POST %s\n%s\n", w.Path, w.Body)
}

func TestPreparedWritesAreGolden(t *testing.T) {
	accounts := map[string]klarna.Account{
		"acquirer-network-stepup":  {ID: testAccount, Dialect: klarna.DialectNetwork, Placement: klarna.PlacementStepUp},
		"acquirer-interop-stepup":  {ID: testAccount, Dialect: klarna.DialectInterop, Placement: klarna.PlacementStepUp},
		"acquirer-network-top":     {ID: testAccount, Placement: klarna.PlacementTopLevel},
		"acquirer-interop-top":     {ID: testAccount, Dialect: klarna.DialectInterop, Placement: klarna.PlacementTopLevel},
		"direct-network-stepup":    {},
		"direct-interop-off":       {Dialect: klarna.DialectInterop, Placement: klarna.PlacementOff},
		"direct-network-top-force": {Placement: klarna.PlacementTopLevel, ForceStepUp: true},
	}
	for name, a := range accounts {
		t.Run(name, func(t *testing.T) {
			first := must(t)(a.Authorize(testKey, sale()))
			final := must(t)(a.Finalize(testKey, first.Body, secret.New("krn:token")))
			out := show(first) + show(final) +
				show(must(t)(a.Capture(testKey, testTx, 11800, "cap-1"))) +
				show(must(t)(a.Void(testKey, testTx))) +
				show(must(t)(a.Refund(testKey, testTx, testTx+":capture:1", 500, "ref-1"))) +
				show(must(t)(a.Refund(testKey, testTx, "", 500, "ref-2")))
			golden(t, filepath.Join("prepare", name+".txt"), out)
		})
	}
}

func TestPreparedSaleFormsAreGolden(t *testing.T) {
	forms := map[string]func(*klarna.Sale){
		"no-basket":     func(s *klarna.Sale) { s.Lines = nil },
		"rounding-up":   func(s *klarna.Sale) { s.Amount = 11802 },
		"rounding-down": func(s *klarna.Sale) { s.Amount = 11799 },
		"capture-now":   func(s *klarna.Sale) { s.Capture = klarna.CaptureNow },
		"store-id":      func(s *klarna.Sale) { s.Location = klarna.Location{StoreID: "krn:store", Terminal: "T03"} },
		"no-receipt":    func(s *klarna.Sale) { s.PurchaseReference = "" },
		"expiry-45m":    func(s *klarna.Sale) { s.Expiry = 45 * time.Minute },
		"customer-token": func(s *klarna.Sale) {
			s.TokenRequest = &klarna.TokenRequest{Scopes: []string{"payment:customer_present"}, Reference: "c-1"}
		},
		"customer-absent": func(s *klarna.Sale) { s.Absent, s.CustomerToken = true, secret.New("krn:customer-token:1") },
		"option": func(s *klarna.Sale) {
			s.OptionID, s.SessionToken = "eyJvcHRpb24iOjF9", secret.New("krn:network:session")
		},
		"hand-over": func(s *klarna.Sale) {
			s.Interact = klarna.Interaction{Method: klarna.MethodHandover, ReturnURL: "https://shop.example/back?id={klarna.payment_request.id}", AppReturnURL: "shop://back"}
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			s := sale()
			form(&s)
			golden(t, filepath.Join("prepare", "form-"+name+".txt"), show(must(t)(klarna.Account{ID: testAccount}.Authorize(testKey, s))))
		})
	}
	store := klarna.Store{Reference: "S0042", Address: klarna.Address{Street: "Main 1", PostalCode: "10115", City: "Berlin", Country: "DE"}}
	golden(t, "prepare/onboarding.txt", show(must(t)(klarna.Account{ID: testAccount}.Onboarding(testKey, "EUR", "T03", store))))
}

// must gives a function that fails t where a preparation was refused.
func must(t *testing.T) func(klarna.Write, error) klarna.Write {
	t.Helper()
	return func(w klarna.Write, err error) klarna.Write {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

func TestFinalizeKeepsEveryOtherByte(t *testing.T) {
	tests := map[string]struct{ first, want string }{
		"middle":                    {`{"a":1,"step_up_config":{"x":[1,{}]},"b": {"c" : 1e2} }`, `{"a":1,"b":{"c" : 1e2}}`},
		"first":                     {`{"step_up_config":null,"a":"\u00e9<"}`, `{"a":"\u00e9<"}`},
		"only":                      {`{"step_up_config":{}}`, `{}`},
		"absent":                    {`{"a":9007199254740993}`, `{"a":9007199254740993}`},
		"nested members stay":       {`{"a":{"step_up_config":1}}`, `{"a":{"step_up_config":1}}`},
		"a text that looks like it": {`{"a":"step_up_config"}`, `{"a":"step_up_config"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := must(t)(klarna.Account{}.Finalize(testKey, []byte(tt.first), secret.New("token")))
			if string(got.Body) != tt.want {
				t.Errorf("Finalize(%s) = %s, want %s", tt.first, got.Body, tt.want)
			}
		})
	}
	for _, broken := range []string{"", "null", "[]", `{"a":1`, `{"a":1} x`, `{"a":1,"a":2}`} {
		if _, err := (klarna.Account{}).Finalize(testKey, []byte(broken), secret.New("token")); err == nil {
			t.Errorf("Finalize(%q) was prepared", broken)
		}
	}
}

func TestPreparationIsDeterministic(t *testing.T) {
	a := klarna.Account{ID: testAccount}
	first := must(t)(a.Authorize(testKey, sale()))
	for range 20 {
		if again := must(t)(a.Authorize(testKey, sale())); !bytes.Equal(first.Body, again.Body) || first.Path != again.Path {
			t.Fatalf("second preparation differs:\n%s\n%s", first.Body, again.Body)
		}
	}
}

func TestNetworkDataIsHandedOnUnchanged(t *testing.T) {
	s := sale()
	s.NetworkData = "line\nbreak \"quoted\" \\ <&> \u2028 é"
	for dialect, field := range map[klarna.Dialect]string{klarna.DialectNetwork: "klarna_network_data", klarna.DialectInterop: "interoperability_data"} {
		var got map[string]any
		if err := json.Unmarshal(must(t)(klarna.Account{Dialect: dialect}.Authorize(testKey, s)).Body, &got); err != nil {
			t.Fatal(err)
		}
		if got[field] != s.NetworkData {
			t.Errorf("%s = %q, want %q", field, got[field], s.NetworkData)
		}
	}
}

func TestAuthorizeRefusesWhatKlarnaWould(t *testing.T) {
	tests := map[string]func(*klarna.Sale){
		"amount zero":                 func(s *klarna.Sale) { s.Amount = 0 },
		"amount negative":             func(s *klarna.Sale) { s.Amount = -1 },
		"amount above 2147483647":     func(s *klarna.Sale) { s.Amount = 2147483648 },
		"currency lower case":         func(s *klarna.Sale) { s.Currency = "eur" },
		"currency numeric":            func(s *klarna.Sale) { s.Currency = "978" },
		"no transaction reference":    func(s *klarna.Sale) { s.TransactionReference = "" },
		"reference with a line break": func(s *klarna.Sale) { s.RequestReference = "a\nb" },
		"reference of 256":            func(s *klarna.Sale) { s.PurchaseReference = strings.Repeat("x", 256) },
		"reference in broken UTF-8":   func(s *klarna.Sale) { s.TransactionReference = "a\xff" },
		"expiry of 5 minutes":         func(s *klarna.Sale) { s.Expiry = 5 * time.Minute },
		"expiry of 3 days":            func(s *klarna.Sale) { s.Expiry = 72 * time.Hour },
		"expiry with seconds":         func(s *klarna.Sale) { s.Expiry = 30*time.Minute + time.Second },
		"no store":                    func(s *klarna.Sale) { s.Location.StoreReference = "" },
		"store named twice":           func(s *klarna.Sale) { s.Location.StoreID = "krn:x" },
		"no terminal":                 func(s *klarna.Sale) { s.Location.Terminal = "" },
		"capture of another word":     func(s *klarna.Sale) { s.Capture = "MAYBE" },
		"QR code with a return url":   func(s *klarna.Sale) { s.Interact.ReturnURL = "https://shop.example" },
		"hand-over without one":       func(s *klarna.Sale) { s.Interact.Method = klarna.MethodHandover },
		"hand-over to plain http": func(s *klarna.Sale) {
			s.Interact = klarna.Interaction{Method: klarna.MethodHandover, ReturnURL: "http://shop.example"}
		},
		"an absent customer handed over": func(s *klarna.Sale) {
			s.Absent, s.Interact = true, klarna.Interaction{Method: klarna.MethodHandover, ReturnURL: "https://shop.example"}
		},
		"an absent customer asked for a token": func(s *klarna.Sale) {
			s.Absent, s.TokenRequest = true, &klarna.TokenRequest{Scopes: []string{"payment:customer_present"}, Reference: "c"}
		},
		"an option with a space":        func(s *klarna.Sale) { s.OptionID = "a b" },
		"an option of 2049 characters":  func(s *klarna.Sale) { s.OptionID = strings.Repeat("x", 2049) },
		"method SDK":                    func(s *klarna.Sale) { s.Interact.Method = "SDK" },
		"network data too long":         func(s *klarna.Sale) { s.NetworkData = strings.Repeat("x", 10241) },
		"network data in broken UTF-8":  func(s *klarna.Sale) { s.NetworkData = "\xff" },
		"token with a line break":       func(s *klarna.Sale) { s.SessionToken = secret.New("a\r\nX: y") },
		"customer token over 8192":      func(s *klarna.Sale) { s.CustomerToken = secret.New(strings.Repeat("x", 8193)) },
		"token request without scopes":  func(s *klarna.Sale) { s.TokenRequest = &klarna.TokenRequest{Reference: "c"} },
		"token request with odd scopes": func(s *klarna.Sale) { s.TokenRequest = &klarna.TokenRequest{Scopes: []string{"a b"}, Reference: "c"} },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			s := sale()
			spoil(&s)
			if w, err := (klarna.Account{}).Authorize(testKey, s); err == nil {
				t.Errorf("prepared %s", w.Body)
			}
		})
	}
	for _, key := range []string{"", "a b", "a\n", strings.Repeat("k", 256)} {
		if _, err := (klarna.Account{}).Authorize(key, sale()); err == nil {
			t.Errorf("prepared with key %q", key)
		}
	}
}

func TestOperationsRefuseBadArguments(t *testing.T) {
	a := klarna.Account{ID: testAccount}
	for _, id := range []string{"", ".", "..", "a b", "a\n", strings.Repeat("x", 513), "é"} {
		if _, err := a.Void(testKey, id); err == nil {
			t.Errorf("Void(%q) was prepared", id)
		}
	}
	if _, err := a.Capture(testKey, testTx, 0, "c"); err == nil {
		t.Error("a capture of nothing was prepared")
	}
	if _, err := a.Refund(testKey, testTx, "", 5, "r\n"); err == nil {
		t.Error("a refund with a line break in its reference was prepared")
	}
	if _, err := a.Finalize(testKey, []byte("{}"), secret.Text{}); err == nil {
		t.Error("a finalize without a token was prepared")
	}
	if _, err := (klarna.Account{ID: "a b"}).Void(testKey, testTx); err == nil {
		t.Error("an account id with a space was used")
	}
}

// An identifier is Klarna's, and whatever it holds it stays one path segment.
func TestIdentifiersStayOneSegment(t *testing.T) {
	w := must(t)(klarna.Account{}.Void(testKey, "a/../b?c#d%2f"))
	if want := "/v2/payment/transactions/a%2F..%2Fb%3Fc%23d%252f/void"; w.Path != want {
		t.Errorf("path = %s, want %s", w.Path, want)
	}
}
