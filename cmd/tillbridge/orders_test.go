// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/config"
	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

const (
	orderUUID = "6debe89e-98c0-486e-b7a5-08a4f6df94b0"
	orderTx   = "krn:payment:eu1:transaction:" + orderUUID
)

// orderSale is refundedSale in a form that Order Management knows.
func orderSale() payment.Payment {
	p := refundedSale()
	p.Transaction.ID = orderTx
	return p
}

// orderDesk is a provider whose calls are noted and answered with status.
type orderDesk struct {
	*provider

	paths []string
}

func newOrderDesk(t *testing.T, region klarna.Region, status int) *orderDesk {
	t.Helper()
	d := &orderDesk{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.paths = append(d.paths, r.URL.Path)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	client, err := klarna.New(server.URL, klarna.Account{}, secret.New(sandboxKey), klarna.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	d.provider = &provider{client: client, orders: klarna.Orders{Region: region}, log: slog.New(slog.DiscardHandler)}
	return d
}

// stored is the intent of a call and its bytes, as a journal has them.
func (d *orderDesk) stored(t *testing.T, p payment.Payment, w payment.Write, refund payment.TillID) engine.Call {
	t.Helper()
	body, err := d.Body(p, w, nil)
	if r, ok := p.Refund(refund); ok {
		body, err = d.RefundBody(p, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return engine.Call{Payment: p, Intent: payment.Intent{Write: w, Key: "key", Refund: refund}, Body: body}
}

func TestTheStoredBytesOfAnOrderSayWhereTheyGo(t *testing.T) {
	t.Parallel()
	part, now := orderSale(), orderSale()
	part.Issued = payment.Amount{Minor: 1000, Currency: "EUR"}
	now.Issued, now.CaptureNow = part.Issued, true
	named := orderSale()
	named.Order.Ref = "receipt 17"
	tests := map[string]struct {
		sale   payment.Payment
		write  payment.Write
		refund payment.TillID
		body   string
		path   string
	}{
		"a capture":                   {orderSale(), payment.WriteCapture, "", `{"captured_amount":1610,"reference":"reference-0"}`, "captures"},
		"a capture of a part":         {part, payment.WriteCapture, "", `{"captured_amount":1000,"reference":"reference-0"}`, "captures"},
		"a void":                      {orderSale(), payment.WriteVoid, "", "", "cancel"},
		"a release of the rest":       {part, payment.WriteRelease, "", "", "release-remaining-authorization"},
		"a rest that is captured":     {now, payment.WriteRelease, "", `{"refunded_amount":610,"reference":"reference-0","description":"A1"}`, "refunds"},
		"a refund of all":             {orderSale(), payment.WriteRefund, "", `{"refunded_amount":1610,"reference":"reference-0","description":"A1"}`, "refunds"},
		"a refund of a part":          {orderSale(), payment.WriteRefund, "R2", `{"refunded_amount":600,"reference":"reference-2","description":"A1"}`, "refunds"},
		"a refund with a receipt":     {named, payment.WriteRefund, "R2", `{"refunded_amount":600,"reference":"reference-2","description":"receipt 17"}`, "refunds"},
		"a refund that knows capture": {orderSale(), payment.WriteRefund, "R1", `{"refunded_amount":500,"reference":"reference-1","description":"A1"}`, "refunds"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newOrderDesk(t, klarna.RegionEurope, http.StatusCreated)
			c := d.stored(t, tt.sale, tt.write, tt.refund)
			if want := "order-management eu\n" + tt.body; string(c.Body) != want {
				t.Errorf("stored %q, want %q", c.Body, want)
			}
			if a := d.Send(t.Context(), c); a != (engine.Done{}) {
				t.Errorf("Send = %#v, want done", a)
			}
			if want := []string{"/ordermanagement/v1/orders/" + orderUUID + "/" + tt.path}; !slices.Equal(d.paths, want) {
				t.Errorf("called %q, want %q", d.paths, want)
			}
		})
	}
}

// A restart with another setting repeats what was decided before it: the same bytes, to the same place.
func TestARepeatGoesWhereTheFirstTryWent(t *testing.T) {
	t.Parallel()
	order, v2 := "/ordermanagement/v1/orders/"+orderUUID, "/v2/payment/transactions/"+orderTx
	tests := map[string]struct {
		before, after klarna.Region
		write         payment.Write
		want          string
	}{
		"a capture, set off":           {klarna.RegionEurope, "", payment.WriteCapture, order + "/captures"},
		"a refund, set off":            {klarna.RegionEurope, "", payment.WriteRefund, order + "/refunds"},
		"a void, set off":              {klarna.RegionEurope, "", payment.WriteVoid, order + "/cancel"},
		"a release, set off":           {klarna.RegionEurope, "", payment.WriteRelease, order + "/release-remaining-authorization"},
		"a refund, another region":     {klarna.RegionEurope, klarna.RegionOceania, payment.WriteRefund, order + "/refunds"},
		"a capture, set on":            {"", klarna.RegionEurope, payment.WriteCapture, v2 + "/captures"},
		"a refund, set on":             {"", klarna.RegionEurope, payment.WriteRefund, v2 + "/captures/capture-1/refunds"},
		"a void, set on":               {"", klarna.RegionEurope, payment.WriteVoid, v2 + "/void"},
		"a release of a rest, set on":  {"", klarna.RegionEurope, payment.WriteRelease, v2 + "/void"},
		"an authorize, whatever is on": {klarna.RegionEurope, klarna.RegionEurope, payment.WriteAuthorize, "/v2/payment/authorize"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := orderSale()
			if tt.write == payment.WriteRelease {
				p.Issued = payment.Amount{Minor: 1000, Currency: "EUR"}
			}
			c := engine.Call{Payment: p, Intent: payment.Intent{Write: tt.write, Key: "key"}, Body: []byte("{}")}
			if tt.write != payment.WriteAuthorize {
				c = newOrderDesk(t, tt.before, http.StatusCreated).stored(t, p, tt.write, "")
			}
			d := newOrderDesk(t, tt.after, http.StatusInternalServerError)
			if a, ok := d.Send(t.Context(), c).(engine.Unclear); !ok {
				t.Errorf("Send = %#v, want unclear", a)
			}
			if want := []string{tt.want}; !slices.Equal(d.paths, want) {
				t.Errorf("called %q, want %q", d.paths, want)
			}
			if region, _ := readMark(c.Body); region != tt.before && tt.write != payment.WriteAuthorize {
				t.Errorf("the bytes are for region %q, want %q", region, tt.before)
			}
		})
	}
}

// What Order Management cannot be asked for is refused before any call, and a person sees the payment.
func TestWhatIsNoOrderGoesToStaff(t *testing.T) {
	t.Parallel()
	much, nameless := orderSale(), orderSale()
	nameless.Transaction.ID = "krn:payment:eu1:transaction:4711"
	much.Order.Amount.Minor = klarna.MaxOrderAmount + 1
	for name, p := range map[string]payment.Payment{"no UUID": nameless, "row 75: more than it takes": much} {
		t.Run(name, func(t *testing.T) {
			d := newOrderDesk(t, klarna.RegionEurope, http.StatusCreated)
			p.State, p.Refunds, p.CaptureID = payment.StateCapturing, nil, ""
			c := d.stored(t, p, payment.WriteCapture, "")
			a, ok := d.Send(t.Context(), c).(engine.Refused)
			if !ok || a.Code != codeNoOrder || len(d.paths) != 0 {
				t.Fatalf("Send = %#v after %d calls, want refused with %s and none", a, len(d.paths), codeNoOrder)
			}
			p.Capture = c.Intent
			for _, e := range []payment.Event{
				payment.RefusedByKlarna{At: time.Unix(1, 0), Key: "key", Code: a.Code},
				payment.TransactionSeen{At: time.Unix(2, 0), Status: payment.TransactionAuthorized},
			} {
				next, _, err := payment.Step(p, e)
				if err != nil {
					t.Fatal(err)
				}
				p = next
			}
			if p.State != payment.StateAttention || p.Reason != payment.ReasonCaptureRefused || p.Code != codeNoOrder {
				t.Errorf("the payment is %s for %s, code %q", p.State, p.Reason, p.Code)
			}
		})
	}
}

// What Order Management could not capture is not charged.
func TestOrdersBoundASale(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		orders config.OrderManagement
		want   int64
		region klarna.Region
	}{
		"with orders":    {config.OrdersEurope, klarna.MaxOrderAmount, klarna.RegionEurope},
		"without orders": {config.OrdersOff, 500_000_000, ""},
		"never said":     {"", 500_000_000, ""},
	} {
		cfg := config.Config{MaxAmount: "5000000.00", Klarna: config.Klarna{OrderManagement: tt.orders, BaseURL: &url.URL{}}}
		set, err := settingsOf(cfg, "epoch")
		if err != nil || set.MaxMinor != tt.want {
			t.Errorf("%s: a sale of at most %d, %v, want %d", name, set.MaxMinor, err, tt.want)
		}
		if k := newProvider(cfg, serveOptions{}, nil, klarna.Account{}, nil); k.orders.Region != tt.region {
			t.Errorf("%s: region %q, want %q", name, k.orders.Region, tt.region)
		}
	}
}

// Bytes of a region that this version does not know stay where they are, and nothing is told as done.
func TestBytesForAnUnknownRegionAreNotSent(t *testing.T) {
	t.Parallel()
	d := newOrderDesk(t, "", http.StatusCreated)
	c := newOrderDesk(t, klarna.RegionEurope, http.StatusCreated).stored(t, orderSale(), payment.WriteRefund, "")
	c.Body = bytes.Replace(c.Body, []byte(" eu\n"), []byte(" mars\n"), 1)
	if a, ok := d.Send(t.Context(), c).(engine.NotExecuted); !ok || len(d.paths) != 0 {
		t.Errorf("Send = %#v after %d calls, want nothing executed", a, len(d.paths))
	}
}

// A refund goes by the capture that the authorize made, or that a read names; one of several names none.
func TestTheNameOfACaptureIsHandedOn(t *testing.T) {
	t.Parallel()
	d := newOrderDesk(t, "", http.StatusOK)
	a, ok := d.answer(payment.Payment{CaptureNow: true}, klarna.Approved{TransactionID: orderTx, CaptureID: "capture-7"}).(engine.Approved)
	if !ok || a.CaptureID != "capture-7" || !a.Transaction.Captured {
		t.Errorf("approved as %#v, want its capture", a)
	}
	for name, tt := range map[string]struct {
		captures, want string
	}{
		"one":                    {`[{"payment_capture_id":"capture-7","amount":1610}]`, "capture-7"},
		"none":                   {`[]`, ""},
		"several":                {`[{"payment_capture_id":"capture-7","amount":1},{"payment_capture_id":"capture-8","amount":2}]`, ""},
		"two, of which one says": {`[{"payment_capture_id":"capture-7","amount":1},{"amount":2}]`, ""},
		"one with a blank in it": {`[{"payment_capture_id":"capture 7","amount":1}]`, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"payment_transaction_id":"` + orderTx + `","state":"COMPLETED","payment_captures":` + tt.captures + `}`))
		}))
		client, err := klarna.New(server.URL, klarna.Account{}, secret.New(sandboxKey), klarna.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d.client = client
		if h := d.ReadTransaction(t.Context(), orderTx); h.CaptureID != tt.want || h.Status != payment.TransactionCaptured {
			t.Errorf("%s: read %+v, want capture %q", name, h, tt.want)
		}
		client.Close()
		server.Close()
	}
}

// A till issues a part of a sale: the part is captured, the rest released, and of the part some is given back. The answer to
// that refund is lost, and the same call again is the same refund.
func TestAnOrderIsIssuedInPart(t *testing.T) {
	t.Parallel()
	klarnas := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(klarnas.Handler())
	t.Cleanup(server.Close)
	d := newOrderDesk(t, klarna.RegionEurope, http.StatusOK)
	client, err := klarna.New(server.URL, klarna.Account{}, secret.New(sandboxKey), klarna.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	d.client, d.store, d.lanes = client, klarna.Location{StoreReference: "S0042"}, map[payment.LaneID]string{"lane-1": "T03"}
	control(t, server.URL+"/sandbox/behaviour", `{"first":"approved"}`)
	control(t, server.URL+"/sandbox/faults", `[{"route":"refund","fault":"reset_after"}]`)

	p := refundedSale()
	p.Reference, p.Refunds, p.Transaction, p.CaptureID = "6f1c7a52-0e3b-5d41-9a86-2f0f8a4f6f10", p.Refunds[:1], payment.Transaction{}, ""
	try := func(w payment.Write, refund payment.TillID) engine.Answer {
		t.Helper()
		c := d.stored(t, p, w, refund)
		c.Intent.Key = payment.Key(string(w) + string(refund))
		return d.Send(t.Context(), c)
	}
	approved, ok := try(payment.WriteAuthorize, "").(engine.Approved)
	if !ok || approved.CaptureID != "" {
		t.Fatalf("authorized as %#v", approved)
	}
	p.Transaction, p.Issued = approved.Transaction, payment.Amount{Minor: 1000, Currency: "EUR"}
	for _, w := range []payment.Write{payment.WriteCapture, payment.WriteRelease} {
		if a := try(w, ""); a != (engine.Done{}) {
			t.Errorf("%s: %#v, want done", w, a)
		}
	}
	if a, ok := try(payment.WriteRefund, "R1").(engine.Unclear); !ok {
		t.Errorf("the refund whose answer is lost: %#v, want unclear", a)
	}
	if a, ok := try(payment.WriteRefund, "R1").(engine.Done); !ok || a.RefundID == "" {
		t.Errorf("the same refund again: %#v, want done under Klarna's name", a)
	}
	want := engine.Holding{
		Status: payment.TransactionCaptured, Captured: 1000, Refunded: 500, Counted: true,
		CaptureID: string(p.Transaction.ID) + ":capture:1",
	}
	if got := d.ReadTransaction(t.Context(), p.Transaction.ID); got != want {
		t.Errorf("Klarna holds %+v, want %+v", got, want)
	}
	if a, ok := try(payment.WriteVoid, "").(engine.Refused); !ok || a.Code != sandbox.CodeCancelNotAllowed {
		t.Errorf("a void of what was captured: %#v, want refused", a)
	}
}

// control sets the simulator.
func control(t *testing.T, url, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // the status says it all
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %d", url, resp.StatusCode)
	}
}

func FuzzReadMark(f *testing.F) {
	f.Add([]byte("order-management eu\n{}"))
	f.Add([]byte("order-management "))
	f.Add([]byte(`{"amount":1}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		region, body := readMark(stored)
		if marked := bytes.HasPrefix(stored, []byte(orderMark)); marked == (region == "") || !marked && !bytes.Equal(body, stored) {
			t.Errorf("%q became region %q, %q", stored, region, body)
		}
		if region == "" {
			return
		}
		if again, same := readMark(markOrder(region, body)); again != region || !bytes.Equal(same, body) {
			t.Errorf("%q reads as %q, %q, and that as %q, %q", stored, region, body, again, same)
		}
	})
}
