// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func TestFaultsOfAnOrder(t *testing.T) {
	line := func(total, tax int64) payment.Line {
		return payment.Line{Name: "x", Quantity: 1, Total: total, Tax: tax}
	}
	ask := &payment.TokenRequest{Scopes: []payment.Scope{payment.ScopePresent}, Reference: "c"}
	handOver := func(o *payment.Order) {
		o.Interaction, o.Handed.ReturnURL = payment.InteractionHandOver, "https://shop.example/"
	}
	tests := map[string]struct {
		change func(*payment.Order)
		want   string // "" if nothing is wrong, else a part of the words
	}{
		"a plain sale":                 {func(*payment.Order) {}, ""},
		"a hand-over":                  {handOver, ""},
		"a hand-over to nowhere":       {func(o *payment.Order) { o.Interaction = payment.InteractionHandOver }, "return_url"},
		"an address for a code":        {func(o *payment.Order) { o.Handed.ReturnURL = "https://shop.example/" }, "return_url"},
		"an app's address for a code":  {func(o *payment.Order) { o.Handed.AppReturnURL = "shop:" }, "return_url"},
		"an interaction of no kind":    {func(o *payment.Order) { o.Interaction = "SDK" }, "interaction"},
		"a stored customer":            {func(o *payment.Order) { o.CustomerToken = "ct_1" }, ""},
		"a stored customer, absent":    {func(o *payment.Order) { o.CustomerToken, o.Absent = "ct_1", true }, ""},
		"absent and nobody":            {func(o *payment.Order) { o.Absent = true }, "present"},
		"stored and in a session":      {func(o *payment.Order) { o.CustomerToken, o.Handed.SessionToken = "ct_1", secret.New("t") }, "customer_token"},
		"stored and asked for another": {func(o *payment.Order) { o.CustomerToken, o.TokenRequest = "ct_1", ask }, "request_customer_token"},
		"absent and handed over":       {func(o *payment.Order) { handOver(o); o.CustomerToken, o.Absent = "ct_1", true }, "interaction"},
		"a basket that adds up":        {func(o *payment.Order) { o.Lines = []payment.Line{line(2000, 319), line(-390, -62)} }, ""},
		"a cent too little":            {func(o *payment.Order) { o.Lines = []payment.Line{line(1609, 0)} }, "lines: they add up to 16.09 EUR, which is 0.01 EUR less than the amount of 16.10 EUR"},
		"a cent too much":              {func(o *payment.Order) { o.Lines = []payment.Line{line(1611, 0)} }, "lines: they add up to 16.11 EUR, which is 0.01 EUR more than the amount of 16.10 EUR"},
		"tax above its line":           {func(o *payment.Order) { o.Lines = []payment.Line{line(1610, 1611)} }, "lines[0].tax"},
		"tax against its line":         {func(o *payment.Order) { o.Lines = []payment.Line{line(1710, 0), line(-100, 1)} }, "lines[1].tax"},
		"tax on nothing":               {func(o *payment.Order) { o.Lines = []payment.Line{line(1610, 0), line(0, 1)} }, "lines[1].tax"},
		"no piece":                     {func(o *payment.Order) { o.Lines = []payment.Line{{Name: "x", Total: 1610}} }, "lines[0]"},
		"a line beyond all amounts":    {func(o *payment.Order) { o.Lines = []payment.Line{line(1<<62, 0), line(1<<62, 0)} }, "lines[0]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}}
			tt.change(&o)
			if got := o.Fault(); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("Fault = %q, want %q", got, tt.want)
			}
		})
	}
}

// What the shop's own app handed over, and how the shop calls its customer, are nobody's else to read.
func TestARecordHoldsNothingThatWasHandedOver(t *testing.T) {
	o := payment.Order{
		Amount: payment.Amount{Minor: 1, Currency: "EUR"}, Interaction: payment.InteractionHandOver,
		TokenRequest: &payment.TokenRequest{Scopes: []payment.Scope{payment.ScopePresent}, Reference: "secret-customer"},
		Handed: payment.Handed{
			SessionToken: secret.New("secret-token"), NetworkData: secret.New("secret-data"), OptionID: "secret-option",
			ReturnURL: "secret-url", AppReturnURL: "secret-app",
		},
	}
	text, err := json.Marshal(payment.Asked{Order: o})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "secret") || !strings.Contains(string(text), "HANDOVER") {
		t.Errorf("the record holds %s", text)
	}
}

func TestAStoredCustomerNamesTheSale(t *testing.T) {
	a := payment.Order{Amount: payment.Amount{Minor: 1, Currency: "EUR"}, CustomerToken: "ct_1"}
	b := a
	if b.Absent = true; !a.SameSale(b) {
		t.Error("the same customer, there or not, is another sale")
	}
	if b.CustomerToken = "ct_2"; a.SameSale(b) {
		t.Error("another customer is the same sale")
	}
}

func TestRow70ACardNumberIsNoCustomersName(t *testing.T) {
	o := payment.Order{TokenRequest: &payment.TokenRequest{Reference: "card 4111111111111111\n"}}
	if got := o.Clean().TokenRequest.Reference; strings.Contains(got, "4111") || strings.Contains(got, "\n") {
		t.Errorf("the reference is %q", got)
	}
}

func TestWhatAnAnswerBringsStaysWithItsCharge(t *testing.T) {
	begin := func(t *testing.T) payment.Payment {
		t.Helper()
		p := payment.Payment{ID: payment.ID{Lane: "l", Till: "1"}}
		for _, e := range []payment.Event{
			payment.Asked{Order: payment.Order{Amount: payment.Amount{Minor: 5, Currency: "EUR"}}, Reference: "ref"},
			payment.Intended{Intent: payment.Intent{Write: payment.WriteAuthorize, Key: "k"}},
		} {
			var err error
			if p, _, err = payment.Step(p, e); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	approval := func(minor int64) payment.Event {
		return payment.ApprovedByKlarna{
			Key: "k", CustomerToken: "ct_1", Reply: true,
			Transaction: payment.Transaction{ID: "tx", Amount: payment.Amount{Minor: minor, Currency: "EUR"}, Reference: "ref"},
		}
	}
	tests := map[string]struct {
		events []payment.Event
		token  payment.Handle
		owed   payment.Key
	}{
		"approved":              {[]payment.Event{approval(5)}, "ct_1", "k"},
		"another amount":        {[]payment.Event{approval(6)}, "ct_1", "k"},
		"cancelled before":      {[]payment.Event{payment.CancelAsked{Why: payment.WhyTill}, approval(5)}, "", "k"},
		"declined":              {[]payment.Event{payment.DeclinedByKlarna{Key: "k", Reply: true}}, "", "k"},
		"declined with nothing": {[]payment.Event{payment.DeclinedByKlarna{Key: "k"}}, "", ""},
		"acknowledged": {[]payment.Event{
			approval(5), payment.Offered{}, payment.Confirmed{Outcome: payment.Approved, OK: true},
		}, "ct_1", ""},
		"a decline, acknowledged": {[]payment.Event{
			payment.DeclinedByKlarna{Key: "k", Reply: true}, payment.Confirmed{Outcome: payment.Declined, OK: true},
		}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := begin(t)
			for _, e := range tt.events {
				var err error
				if p, _, err = payment.Step(p, e); err != nil {
					t.Fatal(err)
				}
			}
			if p.CustomerToken != tt.token || p.Owed() != tt.owed {
				t.Errorf("token %q, owed %q, want %q and %q", p.CustomerToken, p.Owed(), tt.token, tt.owed)
			}
		})
	}
}
