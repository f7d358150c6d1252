// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tillbridge/klarna"
)

const testOrder = "6debe89e-98c0-486e-b7a5-08a4f6df94b0" // the UUID in testTx

// orderWrites is one call of each kind.
func orderWrites(t *testing.T) []klarna.Write {
	t.Helper()
	o := klarna.Orders{Region: klarna.RegionEurope}
	return []klarna.Write{
		must(t)(o.Capture(testKey, testTx, 11800, "cap-1")),
		must(t)(o.Refund(testKey, testTx, 500, "ref-1", "receipt 117")),
		must(t)(o.Refund(testKey, testTx, 500, "ref-2", "")),
		must(t)(o.Cancel(testKey, testTx)),
		must(t)(o.Release(testKey, testTx)),
	}
}

func TestPreparedOrderCallsAreGolden(t *testing.T) {
	var out strings.Builder
	for _, w := range orderWrites(t) {
		out.WriteString(show(w))
	}
	golden(t, "prepare/orders.txt", out.String())
}

func TestOnlyAnIdentifierWithOneUUIDNamesAnOrder(t *testing.T) {
	tests := map[string]struct {
		transaction string
		want        string // empty: refused
	}{
		"a transaction":                     {testTx, testOrder},
		"of another region and environment": {"krn:payment:us1:test:transaction:" + testOrder, testOrder},
		"in capital letters":                {"krn:payment:eu1:transaction:" + strings.ToUpper(testOrder), strings.ToUpper(testOrder)},
		"the UUID alone":                    {testOrder, testOrder},
		"with more behind it":               {testTx + ":v2", testOrder},
		"no UUID":                           {"krn:payment:eu1:transaction:4711", ""},
		"nothing":                           {"", ""},
		"two UUIDs":                         {testTx + ":" + testOrder, ""},
		"a UUID with a path behind it":      {"krn:payment:eu1:transaction:" + testOrder + "/../../x", ""},
		"a UUID that goes on":               {testTx + "0", ""},
		"letters that are no digits":        {"krn:payment:eu1:transaction:6debe89e-98c0-486e-b7a5-08a4f6df94bg", ""},
		"no hyphens":                        {"krn:payment:eu1:transaction:" + strings.ReplaceAll(testOrder, "-", ""), ""},
		"digits of another script":          {"krn:payment:eu1:transaction:٦debe89e-98c0-486e-b7a5-08a4f6df94b0", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := klarna.Orders{Region: klarna.RegionEurope}
			w, err := o.Cancel(testKey, tt.transaction)
			if tt.want == "" {
				if !errors.Is(err, klarna.ErrNoOrder) || w.Path != "" {
					t.Errorf("Cancel(%q) = %q, %v, want ErrNoOrder", tt.transaction, w.Path, err)
				}
				return
			}
			if want := "/ordermanagement/v1/orders/" + tt.want + "/cancel"; err != nil || w.Path != want {
				t.Errorf("Cancel(%q) = %q, %v, want %q", tt.transaction, w.Path, err, want)
			}
		})
	}
}

func TestOrderCallsRefuseBadArguments(t *testing.T) {
	o := klarna.Orders{Region: klarna.RegionEurope}
	capture := func(amount int64, reference string) error {
		_, err := o.Capture(testKey, testTx, amount, reference)
		return err
	}
	tests := map[string]struct {
		err     error
		noOrder bool // and so not a matter of this call alone
	}{
		"row 75: nothing":               {capture(0, "r"), false},
		"row 75: less than nothing":     {capture(-1, "r"), false},
		"row 75: more than it takes":    {capture(klarna.MaxOrderAmount+1, "r"), true},
		"no reference":                  {capture(1, ""), false},
		"a reference of 256 characters": {capture(1, strings.Repeat("r", 256)), false},
	}
	for name, tt := range tests {
		if tt.err == nil || errors.Is(tt.err, klarna.ErrNoOrder) != tt.noOrder {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	if err := capture(klarna.MaxOrderAmount, strings.Repeat("r", 255)); err != nil {
		t.Errorf("the most that it takes: %v", err)
	}
	if _, err := (klarna.Orders{Region: "mars"}).Cancel(testKey, testTx); err == nil {
		t.Error("a region that is none was taken")
	}
	if _, err := o.Cancel("", testTx); err == nil {
		t.Error("a call without a key was prepared")
	}
}

// A stored call that was changed on disk reaches no other place of Klarna's.
func TestOrderCallsStayBelowTheirOrder(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	for name, change := range map[string]func(*klarna.Write){
		"another interface":       func(w *klarna.Write) { w.Path = "/v2/payment/authorize" },
		"outside of the orders":   func(w *klarna.Write) { w.Path = "/ordermanagement/v1/orders/../x" },
		"another host":            func(w *klarna.Write) { w.Path = "//elsewhere.example/ordermanagement/v1/orders/x" },
		"a region that is none":   func(w *klarna.Write) { w.Region = "eu.elsewhere.example/" },
		"no region":               func(w *klarna.Write) { w.Region = "" },
		"a capture without bytes": func(w *klarna.Write) { w.Body = nil },
	} {
		w := orderWrites(t)[0]
		change(&w)
		if o, ok := c.Send(t.Context(), w).(klarna.NotSent); !ok {
			t.Errorf("%s: %+v, want NotSent", name, o)
		}
	}
}

func TestOrderCallsAreSentAsTheyWerePrepared(t *testing.T) {
	for _, write := range orderWrites(t) {
		calls := 0
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			calls++
			body, _ := io.ReadAll(r.Body)
			if r.Method != http.MethodPost || r.URL.Path != write.Path || string(body) != string(write.Body) {
				t.Errorf("sent %s %s %q, want POST %s %q", r.Method, r.URL.Path, body, write.Path, write.Body)
			}
			if r.Header.Get("Klarna-Idempotency-Key") != testKey || r.Header.Get("Authorization") != "Basic "+apiKey {
				t.Errorf("headers %v, want key and credentials", r.Header)
			}
			if kind := r.Header.Get("Content-Type"); (kind == "application/json") != (len(body) > 0) {
				t.Errorf("%d bytes of content type %q", len(body), kind)
			}
			w.Header().Set("Refund-Id", "refund-9")
			w.Header().Set("Capture-Id", "capture-9")
			w.WriteHeader(http.StatusCreated)
		})
		want := "" // what an order calls a capture is no name that a refund could go by
		if write.Op == klarna.OpRefund {
			want = "refund-9"
		}
		if done, ok := c.Send(t.Context(), write).(klarna.Done); !ok || done.ID != want {
			t.Errorf("%s: %+v, want done as %q", write.Path, done, want)
		}
		if calls != 1 {
			t.Errorf("%s was sent %d times", write.Path, calls)
		}
	}
}

func TestOrderAnswersKeepTheClassesApart(t *testing.T) {
	problem := func(code string) string {
		return `{"correlation_id":"c-1","error_code":"` + code + `","error_messages":["Order has no captures."]}`
	}
	tests := map[string]struct {
		status int
		body   string
		want   string
	}{
		"a capture or refund is made":          {201, "", "done"},
		"an order is cancelled":                {204, "", "done"},
		"row 75: refund above the captured":    {403, problem("REFUND_NOT_ALLOWED"), "refused REFUND_NOT_ALLOWED"},
		"capture of a cancelled order":         {403, problem("CAPTURE_NOT_ALLOWED"), "refused CAPTURE_NOT_ALLOWED"},
		"cancel of a captured order":           {403, problem("CANCEL_NOT_ALLOWED"), "refused CANCEL_NOT_ALLOWED"},
		"release of a captured order":          {403, problem("NOT_ALLOWED"), "refused NOT_ALLOWED"},
		"no such order":                        {404, problem("NO_SUCH_ORDER"), "refused NO_SUCH_ORDER"},
		"a value that cannot be":               {400, problem("BAD_VALUE"), "refused BAD_VALUE"},
		"another call of this order runs":      {409, problem("CONFLICT"), "busy"},
		"too many calls":                       {429, problem("TOO_MANY_REQUESTS"), "busy"},
		"403 of what stands in front":          {403, "<html>", "busy"},
		"404 of nobody knows whom":             {404, "<html>", "unclear"},
		"an error of the interface":            {500, problem("INTERNAL_SERVER_ERROR"), "unclear"},
		"the interface is away":                {503, problem("TEMPORARILY_UNAVAILABLE"), "unclear"},
		"a gateway gave up":                    {504, "<html>", "unclear"},
		"a page instead of the answer":         {201, "<html>", "unclear"},
		"a success that carries a problem":     {201, problem("REFUND_NOT_ALLOWED"), "unclear"},
		"a redirect":                           {302, "", "unclear"},
		"a refusal without an object, but 401": {401, "", "refused "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			switch o := klarna.Judge(klarna.OpRefund, tt.status, []byte(tt.body)).(type) {
			case klarna.Done:
				got = "done"
			case klarna.Refused:
				got = "refused " + o.Code
				if o.Code != "" && (o.ErrorID != "c-1" || o.Message != "Order has no captures.") {
					t.Errorf("problem %+v, want what Klarna said", o.Problem)
				}
			case klarna.Busy:
				got = "busy"
			case klarna.Unclear:
				got = "unclear"
			case klarna.Approved, klarna.StepUp, klarna.Declined, klarna.NotSent:
				got = "something else"
			}
			if got != tt.want {
				t.Errorf("%d %s is %s, want %s", tt.status, tt.body, got, tt.want)
			}
		})
	}
}

// A capture's name stands in the path of its refund.
func TestACaptureOfAnImpossibleNameHasNone(t *testing.T) {
	long := strings.Repeat("c", 600)
	for name, id := range map[string]string{"a blank": "c 1", "too long": long, "a dot segment": "..", "no text": ""} {
		body := `{"payment_transaction_response":{"result":"APPROVED","payment_transaction":{"payment_transaction_id":"` + testTx +
			`","payment_captures":[{"payment_capture_id":"` + id + `"}]}}}`
		if a, ok := klarna.Judge(klarna.OpAuthorize, 200, []byte(body)).(klarna.Approved); !ok || a.CaptureID != "" {
			t.Errorf("%s: approved with capture %q", name, a.CaptureID)
		}
		if d, ok := klarna.Judge(klarna.OpCapture, 201, []byte(`{"payment_capture_id":"`+id+`"}`)).(klarna.Done); !ok || d.ID != "" {
			t.Errorf("%s: captured as %q", name, d.ID)
		}
	}
}

// Each region of each environment has a host of its own; whatever stands in for Klarna stands in for all of them.
func TestOrdersGoToTheirRegion(t *testing.T) {
	local := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(local.Close)
	for _, tt := range []struct {
		base   string
		live   bool
		region klarna.Region
		want   string
	}{
		{klarna.LiveURL, true, klarna.RegionEurope, "https://api.klarna.com"},
		{klarna.LiveURL, true, klarna.RegionNorthAmerica, "https://api-na.klarna.com"},
		{klarna.LiveURL, true, klarna.RegionOceania, "https://api-oc.klarna.com"},
		{klarna.TestURL, false, klarna.RegionEurope, "https://api.playground.klarna.com"},
		{klarna.TestURL + ":443", false, klarna.RegionNorthAmerica, "https://api-na.playground.klarna.com"},
		{klarna.TestURL, false, klarna.RegionOceania, "https://api-oc.playground.klarna.com"},
		{klarna.LiveURL, true, "", klarna.LiveURL},
		{"https://klarna.shop.example", true, klarna.RegionEurope, "https://klarna.shop.example"},
		{local.URL, false, klarna.RegionEurope, local.URL},
	} {
		key := "klarna_test_api_x"
		if tt.live {
			key = "klarna_live_api_x"
		}
		c := newClientOf(t, tt.base, key, klarna.Account{}, klarna.Options{Live: tt.live})
		if got := c.Origin(tt.region); got != tt.want {
			t.Errorf("%s, region %q: %s, want %s", tt.base, tt.region, got, tt.want)
		}
	}
}

func TestOrderManagementIsProbedForItsKey(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		is     error
		good   bool
	}{
		"known":        {404, `{"error_code":"NO_SUCH_ORDER","correlation_id":"c","error_messages":[]}`, nil, true},
		"unknown":      {401, "", klarna.ErrUnauthorized, false},
		"limited":      {429, "", klarna.ErrRateLimited, false},
		"not there":    {404, `{"error_code":"NOT_FOUND"}`, nil, false},
		"a front page": {404, "<html>", nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if want := "/ordermanagement/v1/orders/00000000-0000-0000-0000-000000000000"; r.Method != http.MethodGet || r.URL.Path != want {
					t.Errorf("asked %s %s", r.Method, r.URL.Path)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			got, err := c.ProbeOrders(t.Context(), klarna.RegionEurope)
			if (err == nil) != tt.good || tt.is != nil && !errors.Is(err, tt.is) || got.Status != tt.status {
				t.Errorf("ProbeOrders = %+v, %v", got, err)
			}
		})
	}
}

func FuzzOrderOf(f *testing.F) {
	for _, s := range []string{testTx, testOrder, "krn:payment:eu1:transaction:1", "::", "\x00", testTx + ":" + testOrder} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, transaction string) {
		w, err := klarna.Orders{Region: klarna.RegionEurope}.Cancel(testKey, transaction)
		if err != nil {
			return
		}
		order := strings.TrimSuffix(strings.TrimPrefix(w.Path, "/ordermanagement/v1/orders/"), "/cancel")
		if len(order) != 36 || strings.Trim(order, "0123456789abcdefABCDEF-") != "" || !strings.Contains(transaction, order) {
			t.Errorf("%q leads to %s", transaction, w.Path)
		}
	})
}
