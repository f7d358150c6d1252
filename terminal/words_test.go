// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

// say tells a till one word, and returns what it hears.
func hearing(t *testing.T, n terminal.Native, pay string, words ...payment.Word) []native.Event {
	t.Helper()
	var all []native.Event
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(nil)
		d := connect(t, terminal.NewServer("lane-1", n, b, terminal.Options{}), b)
		d.send(pay + "\n")
		link, _ := terminaltest.Expect[payment.Pay](t, b)
		for _, w := range words {
			b.Say(link, w)
			e, err := d.event()
			if err != nil {
				t.Fatalf("listen: %v", err)
			}
			all = append(all, e)
		}
	})
	return all
}

const payA1 = `{"type":"pay","id":"A1","amount":1610,"currency":"EUR"}`

func TestWordsInTheNativeLanguage(t *testing.T) {
	t.Parallel()
	const keepGoods = "The payment is being given back. Not settled yet. Keep the goods. Ask for its status until it is clear."
	at := time.Date(2026, 11, 20, 14, 33, 41, 5000, time.FixedZone("", 3600))
	utc := time.Date(2026, 11, 20, 13, 33, 41, 0, time.UTC)
	tests := map[string]struct {
		word payment.Word
		want native.Event
	}{
		"accepted":   {payment.Accepted{ID: "A1", ExpiresAt: at}, native.Accepted{ID: "A1", ExpiresAt: utc}},
		"waiting":    {payment.Progress{ID: "A1", Phase: payment.PhaseWaiting, ExpiresAt: at}, native.Progress{ID: "A1", Phase: "waiting", ExpiresAt: utc, Text: "QR code shown"}},
		"ask":        {payment.AskHere{ID: "A1"}, native.Ask{ID: "A1"}},
		"cancelling": {payment.Cancelling{ID: "A1"}, native.Cancelling{ID: "A1"}},
		"approved": {
			payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), Reference: "K7QX42ZD", At: at},
			native.Result{
				ID: "A1", Outcome: "approved", Code: "approved", Text: "Paid with Klarna. The money is ours. Hand over the goods.",
				Amount: 1610, Currency: "EUR", Reference: "K7QX42ZD", Receipt: []string{"Klarna", "16.10 EUR"}, Merchant: []string{"approved"}, At: utc, By: "customer",
			},
		},
		"given back: nobody is told to hand over goods": {
			payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), GivenBack: true, Replay: true},
			native.Result{
				ID: "A1", Outcome: "approved", Code: "given_back", Text: "The payment was given back. The customer owes nothing. For goods that stay, start a new payment.",
				Amount: 1610, Currency: "EUR", Receipt: []string{"Klarna", "16.10 EUR", "given back"}, Merchant: []string{"approved"}, By: "customer", GivenBack: true, Replay: true,
			},
		},
		"row 11: cancelled before it began, with no amount": {
			payment.Result{ID: "A1", Outcome: payment.Cancelled, Reason: payment.ReasonTombstone},
			native.Result{ID: "A1", Outcome: "cancelled", Code: "cancelled_before_it_began", Text: "Cancelled before it began. No money has moved. Use a new number for a new payment.", By: "till"},
		},
		"unknown": {
			payment.Result{ID: "A1", Outcome: payment.Unknown, Reason: payment.ReasonNoAnswer, Amount: eur(1610)},
			native.Result{
				ID: "A1", Outcome: "unknown", Code: "no_answer", Text: "No answer from Klarna. Not known yet. Do not charge again. Wait. The till is told as soon as it is clear.",
				Amount: 1610, Currency: "EUR", By: "terminal",
			},
		},
		"update": {
			payment.Update{ID: "A1", Outcome: payment.Reversed, Reason: payment.ReasonGivenBack, Amount: eur(1610), At: at},
			native.Update{
				ID: "A1", Outcome: "reversed", Code: "given_back", Text: "The payment was given back. The customer owes nothing. For goods that stay, start a new payment.",
				Receipt: []string{"Klarna", "16.10 EUR", "given back"}, Merchant: []string{"approved"}, At: utc,
			},
		},
		"a result that came later": {
			payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), At: at},
			native.Update{
				ID: "A1", Outcome: "approved", Code: "approved", Text: "Paid with Klarna. The money is ours. Hand over the goods.",
				Receipt: []string{"Klarna", "16.10 EUR"}, Merchant: []string{"approved"}, At: utc,
			},
		},
		"on its way back: nobody is told to hand over goods": {
			payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), Returning: true, Replay: true},
			native.Result{
				ID: "A1", Outcome: "approved", Code: "giving_back", Text: keepGoods,
				Amount: 1610, Currency: "EUR",
				Receipt: []string{"Klarna", "16.10 EUR", "goes back"}, Merchant: []string{"approved"}, By: "customer", Replay: true,
			},
		},
		"a result that came later and is on its way back": {
			payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), At: at, Returning: true},
			native.Update{
				ID: "A1", Outcome: "approved", Code: "giving_back", Text: keepGoods,
				Receipt: []string{"Klarna", "16.10 EUR", "goes back"}, Merchant: []string{"approved"}, At: utc,
			},
		},
		"a result that came later and was given back": {
			payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), At: at, GivenBack: true},
			native.Update{
				ID: "A1", Outcome: "approved", Code: "given_back", Text: "The payment was given back. The customer owes nothing. For goods that stay, start a new payment.",
				Receipt: []string{"Klarna", "16.10 EUR", "given back"}, Merchant: []string{"approved"}, At: utc, GivenBack: true,
			},
		},
		"a later no has no more than a no": {
			payment.Update{ID: "A1", Outcome: payment.Cancelled, Reason: payment.ReasonCancelledByTill, Amount: eur(1610), At: at},
			native.Update{ID: "A1", Outcome: "cancelled", Code: "cancelled_by_till", Text: "Cancelled at the till. No money has moved. Start a new payment, or take another one.", At: utc},
		},
		"row 16: busy": {
			payment.Refusal{ID: "A1", Reason: payment.ReasonBusy, Busy: &payment.Running{ID: "A0", Amount: eur(500), Age: 42 * time.Second}},
			native.Error{
				ID: "A1", Code: "busy", Text: "Another payment is running here. No money has moved. Finish or cancel it first.",
				BusyID: "A0", BusyAmount: 500, BusyCurrency: "EUR", BusyAge: 42,
			},
		},
		"row 3: conflict": {
			payment.Refusal{ID: "A1", Reason: payment.ReasonConflict, Detail: "amount"},
			native.Error{ID: "A1", Code: "conflict", Text: "This does not fit what is known of this number. Nothing new has moved. Ask for its status; use a new number for a new sale. [amount]"},
		},
		"a lane that changes": {payment.LaneState{State: payment.LaneOffline}, native.Notice{State: "offline"}},
		"recorded":            {payment.Recorded{ID: "A1", Outcome: payment.Approved}, native.Confirmed{ID: "A1", Outcome: "approved"}},
	}
	n := shop()
	n.Receipt = func(r payment.Result) (customer, merchant []string) {
		if r.Outcome != payment.Approved {
			return nil, nil
		}
		customer = []string{"Klarna", r.Amount.String()}
		if r.GivenBack {
			customer = append(customer, "given back")
		}
		if r.Returning {
			customer = append(customer, "goes back")
		}
		return customer, []string{string(r.Outcome)}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hearing(t, n, payA1, tt.word)[0]; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("the till heard\n%#v, want\n%#v", got, tt.want)
			}
		})
	}
}

func TestEveryReasonAndPhaseHasWords(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"de", "en"} {
		n := shop()
		n.Language = lang
		var words []payment.Word
		for _, r := range payment.Reasons() {
			words = append(words, payment.Result{ID: "A1", Outcome: payment.Declined, Reason: r})
		}
		for i, e := range hearing(t, n, payA1, words...) {
			r, ok := e.(native.Result)
			if !ok || r.Text == "" || r.By == "" {
				t.Errorf("%s: result for %q = %+v, want a text and who ended it", lang, payment.Reasons()[i], e)
			}
		}
		phases := []payment.Phase{
			payment.PhaseCreating, payment.PhaseWaiting, payment.PhaseScanned,
			payment.PhaseConfirming, payment.PhaseCancelling, payment.PhaseChecking,
		}
		words = nil
		for _, p := range phases {
			words = append(words, payment.Progress{ID: "A1", Phase: p})
		}
		for _, e := range hearing(t, n, payA1, words...) {
			if p, ok := e.(native.Progress); !ok || p.Text == "" {
				t.Errorf("%s: progress = %+v, want a text", lang, e)
			}
		}
	}
}

func TestTheCodeIsDrawnAsAskedFor(t *testing.T) {
	t.Parallel()
	drawing := func(text, form string) (string, error) {
		switch form {
		case "svg":
			return "<svg>" + text + "</svg>", nil
		case "png":
			return strings.Repeat("A", 40000), nil // does not fit
		}
		return "", errors.New("no printer")
	}
	n := shop()
	n.Draw = drawing
	code := payment.Display{ID: "A1", QR: "https://pay.klarna.com/x", NoDisplay: true}
	all := `{"type":"pay","id":"A1","amount":1610,"currency":"EUR","qr":["text","svg","png","escpos"]}`
	want := native.Display{ID: "A1", QR: code.QR, SVG: "<svg>" + code.QR + "</svg>", NoDisplay: true}
	if got := hearing(t, n, all, code)[0]; got != want {
		t.Errorf("display = %+v, want %+v", got, want)
	}
	want.SVG = ""
	if got := hearing(t, n, payA1, code)[0]; got != want {
		t.Errorf("display without a wish = %+v, want %+v", got, want)
	}
	if got := hearing(t, shop(), all, code)[0]; got != want {
		t.Errorf("display without a pencil = %+v, want %+v", got, want)
	}
}

func TestAnOrderIsPassedOnWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, nil)
		d.send(`{"type":"pay","id":"007","amount":1610,"currency":"EUR","ref":"R\u0000817","timeout_s":180,"lang":"de",` +
			`"lines":[{"name":"Tea <b>","quantity":2,"total":1990,"tax":130,"sku":"1"},{"name":"Voucher","quantity":1,"total":-380}]}` + "\n")
		_, got := terminaltest.Expect[payment.Pay](t, d.bridge)
		want := payment.Pay{ID: "007", Order: payment.Order{
			Amount: eur(1610), Ref: "R817", Lang: "de", Timeout: 3 * time.Minute,
			Lines: []payment.Line{
				{Name: "Tea <b>", Quantity: 2, Total: 1990, Tax: 130, SKU: "1"},
				{Name: "Voucher", Quantity: 1, Total: -380},
			},
		}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the bridge was asked\n%#v, want\n%#v", got, want)
		}
	})
}
