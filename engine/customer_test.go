// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// wallet is the journal's part that a core is asked to look things up in.
type wallet struct {
	*disk
}

func stored(scopes ...payment.Scope) payment.CustomerToken {
	return payment.CustomerToken{Handle: "ct_1", Reference: "customer 7", Scopes: scopes, Sealed: []byte("sealed")}
}

// asks says a till's word as the shell does: what it names is looked up first.
func (d *desk) asks(w wallet, a payment.Ask) {
	d.t.Helper()
	in := engine.Heard{Link: 1, Ask: a}
	if err := d.core.Recall(d.now, w, in); err != nil {
		d.t.Fatal(err)
	}
	d.input(in)
}

func newWallet(tokens ...payment.CustomerToken) wallet {
	w := wallet{newDisk()}
	for _, t := range tokens {
		w.customers[t.Handle] = t
	}
	return w
}

func sale(change func(*payment.Order)) payment.Pay {
	o := payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}, Ref: "R1"}
	change(&o)
	return payment.Pay{ID: p1.Till, Order: o}
}

func wantsToken(o *payment.Order) {
	o.TokenRequest = &payment.TokenRequest{Scopes: []payment.Scope{payment.ScopePresent}, Reference: "customer 7"}
}

// toFinalizingWith brings a sale to its second authorize; the completed request gives a token.
func (d *desk) toFinalizingWith(w wallet, given payment.CustomerToken, change func(*payment.Order)) engine.Call {
	d.t.Helper()
	d.open(1, false)
	d.asks(w, sale(change))
	d.answer(d.lastSend(), stepUp("r1"))
	d.input(engine.RequestRead{ID: p1, Request: "r1", Reading: engine.Reading{
		Status: payment.RequestCompleted, Token: secret.New("token"), Customer: given,
	}})
	d.wantState(payment.StateFinalizing)
	return d.lastSend()
}

func TestATokenIsDurableWithItsApproval(t *testing.T) {
	answered := stored(payment.ScopePresent)
	given := payment.CustomerToken{Handle: "ct_given", Sealed: []byte("given")}
	tests := map[string]struct {
		given, answered payment.CustomerToken
		asked           bool
		want            payment.Handle
	}{
		"the answer brings it":               {given, answered, true, "ct_1"},
		"only the completed request gave it": {given, payment.CustomerToken{}, true, "ct_given"},
		"nobody gave one":                    {payment.CustomerToken{}, payment.CustomerToken{}, true, ""},
		"nobody asked for one":               {given, answered, false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			change := func(*payment.Order) {}
			if tt.asked {
				change = wantsToken
			}
			call := d.toFinalizingWith(newWallet(), tt.given, change)
			if call.Customer.Handle != tt.given.Handle {
				t.Errorf("the call carries %q, want what the customer gave, for after a restart", call.Customer.Handle)
			}
			a := d.approved()
			a.Customer = tt.answered
			commit := d.answerAndShow(call, a)
			var kept []payment.Handle
			for _, c := range commit.Customers {
				kept = append(kept, c.Handle)
				if len(c.Scopes) == 0 || len(c.Sealed) == 0 {
					t.Errorf("%+v is kept without its scopes or its sealed bytes", c)
				}
			}
			if tt.want == "" && len(kept) > 0 || tt.want != "" && !slices.Equal(kept, []payment.Handle{tt.want}) {
				t.Errorf("the approval's commit keeps %q, want %q", kept, tt.want)
			}
			if len(commit.Records) == 0 || commit.Records[0].Event.Kind() != "approved_by_klarna" {
				t.Errorf("the commit holds %+v, want the approval", commit.Records)
			}
			if got := d.result().CustomerToken; got != tt.want {
				t.Errorf("the till hears of %q, want %q", got, tt.want)
			}
		})
	}
}

// answerAndShow ends the write in flight and gives the commit that it led to.
func (d *desk) answerAndShow(c engine.Call, a engine.Answer) payment.Commit {
	d.t.Helper()
	d.said, d.calls = nil, nil
	commit, actions := d.core.Handle(d.now, engine.Answered{ID: c.Payment.ID, Key: c.Intent.Key, Answer: a})
	d.take(commit, actions)
	for _, a := range actions {
		if tell, ok := a.(engine.Tell); ok {
			d.words = append(d.words, tell.Word)
		}
	}
	return commit
}

// result is the last result that was told while words were kept.
func (d *desk) result() payment.Result {
	d.t.Helper()
	for _, w := range slices.Backward(d.words) {
		if r, ok := w.(payment.Result); ok {
			return r
		}
	}
	d.t.Fatalf("no result was told; said %q", d.said)
	return payment.Result{}
}

func TestATokenSurvivesARestartBetweenItsCallAndTheAnswer(t *testing.T) {
	d := newDesk(t)
	given := payment.CustomerToken{Handle: "ct_given", Sealed: []byte("given"), Scopes: []payment.Scope{payment.ScopePresent}}
	d.toFinalizingWith(newWallet(), given, wantsToken)
	d.restart(time.Second)
	d.open(1, false)
	d.after(time.Second)
	call := engine.Call{Payment: d.disk[p1], Intent: d.disk[p1].Finalize}
	commit := d.answerAndShow(call, d.approved()) // the answer itself leaves the token out
	if len(commit.Customers) != 1 || commit.Customers[0].Handle != "ct_given" {
		t.Errorf("the commit keeps %+v, want the token that the finalize carried", commit.Customers)
	}
}

func TestATokenOfASaleThatIsGivenBackUnheardIsForgotten(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizingWith(newWallet(), payment.CustomerToken{}, wantsToken)
	d.input(engine.LinkClosed{Link: 1})
	a := d.approved()
	a.Customer = stored(payment.ScopePresent)
	if commit := d.answerAndShow(call, a); len(commit.Customers) != 1 {
		t.Fatalf("the approval keeps %+v, want its token", commit.Customers)
	}
	forgotten := d.forgets(func() { d.after(30 * time.Second) })
	d.wantState(payment.StateReversing)
	if !slices.Equal(forgotten, []payment.Handle{"ct_1"}) {
		t.Errorf("forgotten %q, want the token that nobody has heard of", forgotten)
	}
}

// forgets collects what is forgotten while do runs.
func (d *desk) forgets(do func()) []payment.Handle {
	d.forgot = nil
	do()
	return d.forgot
}

func TestACancelledSaleKeepsNoToken(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizingWith(newWallet(), payment.CustomerToken{}, wantsToken)
	d.say(1, payment.Cancel{ID: p1.Till})
	a := d.approved()
	a.Customer = stored(payment.ScopePresent)
	if commit := d.answerAndShow(call, a); len(commit.Customers) != 0 || d.disk[p1].CustomerToken != "" {
		t.Errorf("a sale that is given back at once keeps %+v", commit.Customers)
	}
	d.wantState(payment.StateReversing)
}

func TestAStoredCustomerIsChargedWithTheStoredToken(t *testing.T) {
	w := newWallet(stored(payment.ScopePresent, payment.ScopeNotPresent))
	for name, absent := range map[string]bool{"there": false, "not there": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.asks(w, sale(func(o *payment.Order) { o.CustomerToken, o.Absent = "ct_1", absent }))
			call := d.lastSend()
			if string(call.Customer.Sealed) != "sealed" {
				t.Errorf("the call carries %+v, want the stored token", call.Customer)
			}
			if shown := d.scene.Payment.ID == p1; shown == absent {
				t.Errorf("the screen shows the sale: %t", shown)
			}
			// After a restart the same token goes again, whatever became of it meanwhile.
			d.restart(time.Second)
			if again := d.lastSend(); string(again.Customer.Sealed) != "sealed" || again.Intent.Key != call.Intent.Key {
				t.Errorf("the repeat carries %+v under %s", again.Customer, again.Intent.Key)
			}
		})
	}
}

func TestNobodyIsAskedWhoIsNotThere(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.asks(newWallet(stored(payment.ScopeNotPresent)), sale(func(o *payment.Order) { o.CustomerToken, o.Absent = "ct_1", true }))
	d.answer(d.lastSend(), stepUp("r1"))
	d.wantState(payment.StateCancelling)
	for _, word := range d.said {
		if strings.HasPrefix(word, "display") {
			t.Errorf("said %q, want no code", d.said)
		}
	}
	d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: engine.Closing{Status: payment.RequestCanceled}})
	d.wantState(payment.StateDeclined)
	d.wantSaid("result declined")
}

func TestATokenThatCannotBeChargedIsRefused(t *testing.T) {
	tests := map[string]struct {
		token payment.CustomerToken
		order func(*payment.Order)
	}{
		"of nobody":                    {payment.CustomerToken{}, func(o *payment.Order) { o.CustomerToken = "ct_1" }},
		"of another customer":          {stored(payment.ScopePresent), func(o *payment.Order) { o.CustomerToken = "ct_2" }},
		"there, agreed to absent":      {stored(payment.ScopeNotPresent), func(o *payment.Order) { o.CustomerToken = "ct_1" }},
		"absent, agreed to there":      {stored(payment.ScopePresent), func(o *payment.Order) { o.CustomerToken, o.Absent = "ct_1", true }},
		"agreed to a login alone":      {stored(payment.ScopeLogin), func(o *payment.Order) { o.CustomerToken = "ct_1" }},
		"a basket that does not do it": {stored(payment.ScopePresent), func(o *payment.Order) { o.Lines = []payment.Line{{Name: "x", Quantity: 1, Total: 1}} }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.asks(newWallet(tt.token), sale(tt.order))
			d.wantSaid("refusal bad_request")
			d.wantNoCall()
		})
	}
}

func TestForgettingIsDurableAndMayBeRepeated(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	w := newWallet(stored(payment.ScopePresent))
	forgotten := d.forgets(func() { d.asks(w, payment.Forget{Handle: "ct_1"}) })
	d.wantSaid("forgotten ct_1")
	if !slices.Equal(forgotten, []payment.Handle{"ct_1"}) {
		t.Errorf("forgotten %q, want ct_1", forgotten)
	}
	delete(w.customers, "ct_1")
	forgotten = d.forgets(func() { d.asks(w, payment.Forget{Handle: "ct_1"}) })
	d.wantSaid("forgotten ct_1")
	if len(forgotten) != 0 {
		t.Errorf("forgotten %q again", forgotten)
	}
}

func TestAHandOverTellsItsAddressAndShowsNoCode(t *testing.T) {
	for name, shows := range map[string]bool{"alone": false, "with a code": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.asks(newWallet(), sale(func(o *payment.Order) {
				o.Interaction, o.ShowCode, o.Handed.ReturnURL = payment.InteractionHandOver, shows, "https://shop.example/"
			}))
			if d.disk[p1].Order.Handed.ReturnURL != "" {
				t.Error("the address is in the record of the sale")
			}
			answer := stepUp("r1")
			answer.Request.Data = "data"
			d.answerAndShow(d.lastSend(), answer)
			want := payment.HandOver{Request: "r1", URL: "https://pay.test.klarna.com/r1", Data: "data"}
			shown, ok := d.words[len(d.words)-1].(payment.Display)
			if !ok || shown.HandOver != want || (shown.QR != "") != shows || shown.Request != "r1" {
				t.Errorf("the till hears %+v, want %+v", d.words, want)
			}
			if d.scene.Fresh != shows {
				t.Errorf("the screen may show a code: %t, want %t", d.scene.Fresh, shows)
			}
		})
	}
}

// Row 37: an address that is not Klarna's is not told, and a hand-over has nothing else to tell.
func TestRow37AHandOverToNowhereEnds(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.asks(newWallet(), sale(func(o *payment.Order) {
		o.Interaction, o.Handed.ReturnURL = payment.InteractionHandOver, "https://shop.example/"
	}))
	answer := stepUp("r1")
	answer.Request.URL = "" // as the client leaves one that it does not trust
	d.answer(d.lastSend(), answer)
	d.wantState(payment.StateCancelling)
	d.input(engine.RequestCancelled{ID: p1, Request: "r1", Closing: engine.Closing{Status: payment.RequestCanceled}})
	d.wantState(payment.StateFailed)
	d.wantSaid("result failed")
}

// The app's own words go with the authorize's bytes, and Klarna's words back to the app stay until the till
// has them.
func TestWhatTheAppHandsOverLivesWithTheBytes(t *testing.T) {
	tests := map[string]struct {
		answer func(*desk) engine.Answer
		want   payment.Outcome
	}{
		"approved": {func(d *desk) engine.Answer { a := d.approved(); a.Reply = "for the app"; return a }, payment.Approved},
		"declined": {func(*desk) engine.Answer { return engine.Declined{Reply: "for the app"} }, payment.Declined},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.open(1, false)
			d.asks(newWallet(), sale(func(o *payment.Order) { o.Handed.SessionToken = secret.New("of the app") }))
			call := d.lastSend()
			if call.Token.Reveal() != "of the app" || d.blob[call.Intent.Key].Token != "of the app" {
				t.Fatalf("the call carries %q, want the app's token, kept for a repeat", call.Token.Reveal())
			}
			d.answerAndShow(call, tt.answer(d))
			if r := d.result(); r.Outcome != tt.want || r.NetworkData != "for the app" {
				t.Fatalf("the till hears %+v", r)
			}
			kept := d.blob[call.Intent.Key]
			if kept.Reply != "for the app" || kept.Token != "" {
				t.Errorf("the disk keeps %+v, want the reply without the token", kept)
			}
			d.say(1, payment.Confirm{ID: p1.Till, Outcome: tt.want, OK: true})
			if left, ok := d.blob[call.Intent.Key]; ok {
				t.Errorf("the disk keeps %+v after the acknowledgement", left)
			}
		})
	}
}

// Confirming unknown confirms nothing of what came later.
func TestAReplyOutlivesAConfirmedUnknown(t *testing.T) {
	d := newDesk(t)
	call := d.toFinalizing()
	d.answer(call, engine.Unclear{})
	d.after(10 * time.Minute)
	if d.disk[p1].Result != payment.Unknown {
		t.Fatalf("result %q, want unknown", d.disk[p1].Result)
	}
	d.say(1, payment.Confirm{ID: p1.Till, Outcome: payment.Unknown, OK: true})
	a := d.approved()
	a.Reply = "for the app"
	d.answerAndShow(engine.Call{Payment: d.disk[p1], Intent: d.disk[p1].Finalize}, a)
	last, ok := d.words[len(d.words)-1].(payment.Update)
	if !ok || last.Outcome != payment.Approved || last.NetworkData != "for the app" {
		t.Errorf("the till hears %+v, want an update with the reply", d.words)
	}
}

// A till that asks for a finished sale it has not confirmed hears the reply, in another process, too.
func TestAReplyIsReadBackWithItsSale(t *testing.T) {
	d := newDesk(t)
	d.open(1, false)
	d.asks(newWallet(), sale(func(*payment.Order) {}))
	d.answerAndShow(d.lastSend(), engine.Declined{Reply: "for the app"})
	w := newWallet()
	w.payments, w.blobs = d.disk, d.blob
	d.core = engine.NewCore(settings(), plainBodies{})
	d.words = nil
	d.open(1, false)
	in := engine.Heard{Link: 1, Ask: payment.Status{ID: p1.Till}}
	if err := d.core.Recall(d.now, w, in); err != nil {
		t.Fatal(err)
	}
	_, actions := d.core.Handle(d.now, in)
	for _, a := range actions {
		if tell, ok := a.(engine.Tell); ok {
			d.words = append(d.words, tell.Word)
		}
	}
	if r := d.result(); r.Outcome != payment.Declined || r.NetworkData != "for the app" {
		t.Errorf("the till hears %+v", r)
	}
}

// Staff erase a stored customer with a reason, and are told where there is none.
func TestStaffForgetACustomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		given := stored(payment.ScopePresent)
		d.customers[given.Handle] = given
		e, stop := running(t, d, &kind{})
		defer func() { _ = stop() }()
		for _, ask := range []struct {
			handle payment.Handle
			reason string
			want   error
		}{
			{"ct_nobody", "asked for by letter", engine.ErrUnknownCustomer},
			{"", "asked for by letter", engine.ErrUnknownCustomer},
			{given.Handle, " \n", engine.ErrNoReason},
			{given.Handle, "asked for by letter", nil},
			{given.Handle, "asked for by letter", engine.ErrUnknownCustomer},
		} {
			if err := e.Forget(t.Context(), ask.handle, ask.reason, "anna"); !errors.Is(err, ask.want) {
				t.Errorf("forget %q because %q: %v, want %v", ask.handle, ask.reason, err, ask.want)
			}
		}
		if len(d.customers) != 0 || len(d.erased) != 1 {
			t.Fatalf("%d tokens and %d erasures on disk, want none and one", len(d.customers), len(d.erased))
		}
		if got := d.erased[0]; got.Handle != given.Handle || got.By != "anna" || got.Reason != "asked for by letter" || got.At.IsZero() {
			t.Errorf("erased: %+v", got)
		}
	})
}
