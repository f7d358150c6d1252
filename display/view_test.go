// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
	"tillbridge/qr"
)

func book(t *testing.T) display.Book {
	t.Helper()
	b, err := display.ReadBook()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func code(t *testing.T) qr.Code {
	t.Helper()
	c, err := qr.New(target)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestViewFollowsThePayment(t *testing.T) {
	t.Parallel()
	const minutes = 4 * time.Minute
	state := func(s payment.State, change ...func(*payment.Payment)) payment.Payment {
		p := sale(s)
		for _, c := range change {
			c(&p)
		}
		return p
	}
	told := func(o payment.Outcome) func(*payment.Payment) { return func(p *payment.Payment) { p.Result = o } }
	acked := func(o payment.Outcome) func(*payment.Payment) { return func(p *payment.Payment) { p.Acknowledged = o } }
	why := func(w payment.Why) func(*payment.Payment) { return func(p *payment.Payment) { p.Why = w } }
	url := func(u string) func(*payment.Payment) { return func(p *payment.Payment) { p.Request.URL = u } }
	tests := map[string]struct {
		scene display.Scene
		want  display.Screen
		title string // in English, where the same screen says different things
	}{
		"nothing is asked":                        {display.Scene{}, display.ScreenIdle, ""},
		"nothing is asked and Klarna is away":     {display.Scene{Offline: true}, display.ScreenOffline, ""},
		"a tombstone is nothing to a customer":    {display.Scene{Payment: state(payment.StateCancelled, func(p *payment.Payment) { p.Tombstone = true })}, display.ScreenIdle, ""},
		"received":                                {display.Scene{Payment: state(payment.StateReceived), Left: minutes}, display.ScreenAmount, "One moment"},
		"authorizing":                             {display.Scene{Payment: state(payment.StateAuthorizing), Left: minutes}, display.ScreenAmount, "One moment"},
		"authorizing for long":                    {display.Scene{Payment: state(payment.StateAuthorizing), Left: minutes, Since: 30 * time.Second}, display.ScreenAmount, "This takes longer than usual"},
		"waiting, freshly read":                   {display.Scene{Payment: state(payment.StateWaiting), Fresh: true, Left: minutes}, display.ScreenScan, ""},
		"waiting, not read since the start":       {display.Scene{Payment: state(payment.StateWaiting), Left: minutes}, display.ScreenAmount, "One moment"},
		"waiting while Klarna is away":            {display.Scene{Payment: state(payment.StateWaiting), Fresh: true, Offline: true, Left: minutes}, display.ScreenAmount, "One moment"},
		"waiting when the time is over":           {display.Scene{Payment: state(payment.StateWaiting), Fresh: true}, display.ScreenCancelling, "The time is over"},
		"row 37: waiting without an address":      {display.Scene{Payment: state(payment.StateWaiting, url("")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 36: an address that is a file":       {display.Scene{Payment: state(payment.StateWaiting, url("file:///etc/passwd")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 36: an address that is a script":     {display.Scene{Payment: state(payment.StateWaiting, url("javascript:alert(1)")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 36: an address that is data":         {display.Scene{Payment: state(payment.StateWaiting, url("data:text/html,x")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 37: an address with a user":          {display.Scene{Payment: state(payment.StateWaiting, url("https://klarna.com@evil.example/")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 37: an address with a new line":      {display.Scene{Payment: state(payment.StateWaiting, url("https://klarna.com/\nx")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 37: an address of 10 KiB":            {display.Scene{Payment: state(payment.StateWaiting, url("https://klarna.com/"+strings.Repeat("a", 10<<10))), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"row 37: a homograph":                     {display.Scene{Payment: state(payment.StateWaiting, url("https://kl\u0430rna.com/")), Fresh: true, Left: minutes}, display.ScreenAmount, "No code to show"},
		"waiting for who was handed over":         {display.Scene{Payment: state(payment.StateWaiting, handedOver(false)), Left: minutes}, display.ScreenInProgress, "Continue on your phone"},
		"handed over, the time is over":           {display.Scene{Payment: state(payment.StateWaiting, handedOver(false))}, display.ScreenCancelling, "The time is over"},
		"handed over, and asked for a code":       {display.Scene{Payment: state(payment.StateWaiting, handedOver(true)), Fresh: true, Left: minutes}, display.ScreenScan, ""},
		"scanned":                                 {display.Scene{Payment: state(payment.StateScanned), Fresh: true, Left: minutes}, display.ScreenInProgress, ""},
		"scanned when the time is over":           {display.Scene{Payment: state(payment.StateScanned), Left: -time.Second}, display.ScreenCancelling, "The time is over"},
		"the customer agreed":                     {display.Scene{Payment: state(payment.StateAccepted), Left: minutes}, display.ScreenConfirming, "One moment"},
		"finalizing":                              {display.Scene{Payment: state(payment.StateFinalizing), Left: minutes}, display.ScreenConfirming, "One moment"},
		"finalizing for long":                     {display.Scene{Payment: state(payment.StateFinalizing), Since: 30 * time.Second}, display.ScreenConfirming, "Please ask our staff"},
		"finalizing, the till heard unknown":      {display.Scene{Payment: state(payment.StateFinalizing, told(payment.Unknown))}, display.ScreenConfirming, "Please ask our staff"},
		"approved and offered":                    {display.Scene{Payment: state(payment.StateApproved, told(payment.Approved))}, display.ScreenConfirming, "One moment"},
		"approved, only unknown is acknowledged":  {display.Scene{Payment: state(payment.StateApproved, told(payment.Unknown), acked(payment.Unknown))}, display.ScreenConfirming, "Please ask our staff"},
		"approved, not acknowledged for long":     {display.Scene{Payment: state(payment.StateApproved, told(payment.Approved)), Since: time.Hour}, display.ScreenConfirming, "Please ask our staff"},
		"capturing without acknowledgement":       {display.Scene{Payment: state(payment.StateCapturing)}, display.ScreenConfirming, "One moment"},
		"acknowledged, capturing":                 {display.Scene{Payment: state(payment.StateCapturing, told(payment.Approved), acked(payment.Approved))}, display.ScreenApproved, "Paid"},
		"acknowledged, captured":                  {display.Scene{Payment: state(payment.StateCaptured, told(payment.Approved), acked(payment.Approved))}, display.ScreenApproved, "Paid"},
		"the tick was seen":                       {display.Scene{Payment: state(payment.StateCaptured, acked(payment.Approved)), Since: 5 * time.Second}, display.ScreenIdle, ""},
		"a cancel by the till":                    {display.Scene{Payment: state(payment.StateCancelling, why(payment.WhyTill))}, display.ScreenCancelling, "Cancelling"},
		"a cancel by the deadline":                {display.Scene{Payment: state(payment.StateCancelling, why(payment.WhyDeadline))}, display.ScreenCancelling, "The time is over"},
		"a cancel that takes long":                {display.Scene{Payment: state(payment.StateCancelling, why(payment.WhyTill)), Since: time.Minute}, display.ScreenCancelling, "Please ask our staff"},
		"a cancel in doubt":                       {display.Scene{Payment: state(payment.StateCancelling, told(payment.Unknown))}, display.ScreenCancelling, "Please ask our staff"},
		"an early no, cancelled":                  {display.Scene{Payment: state(payment.StateCancelling, told(payment.Cancelled))}, display.ScreenCancelled, "Cancelled"},
		"an early no, expired":                    {display.Scene{Payment: state(payment.StateCancelling, told(payment.Expired))}, display.ScreenExpired, ""},
		"an early no, declined":                   {display.Scene{Payment: state(payment.StateCancelling, told(payment.Declined))}, display.ScreenDeclined, ""},
		"an early no, failed":                     {display.Scene{Payment: state(payment.StateCancelling, told(payment.Failed))}, display.ScreenFailed, ""},
		"unknown, and later cancelled":            {display.Scene{Payment: state(payment.StateCancelling, told(payment.Unknown), func(p *payment.Payment) { p.Update = payment.Cancelled })}, display.ScreenCancelled, "Cancelled"},
		"giving back":                             {display.Scene{Payment: state(payment.StateReversing, why(payment.WhyTill))}, display.ScreenCancelling, "Cancelling"},
		"giving back after a no was acknowledged": {display.Scene{Payment: state(payment.StateReversing, told(payment.Cancelled), acked(payment.Cancelled), why(payment.WhyTill))}, display.ScreenCancelling, "Cancelling"},
		"given back":                              {display.Scene{Payment: state(payment.StateReversed)}, display.ScreenCancelled, "Cancelled"},
		"declined":                                {display.Scene{Payment: state(payment.StateDeclined)}, display.ScreenDeclined, ""},
		"declined, seen":                          {display.Scene{Payment: state(payment.StateDeclined), Since: 8 * time.Second}, display.ScreenIdle, ""},
		"cancelled":                               {display.Scene{Payment: state(payment.StateCancelled)}, display.ScreenCancelled, "Cancelled"},
		"cancelled, seen":                         {display.Scene{Payment: state(payment.StateCancelled), Since: 4 * time.Second}, display.ScreenIdle, ""},
		"expired":                                 {display.Scene{Payment: state(payment.StateExpired)}, display.ScreenExpired, ""},
		"expired, almost seen":                    {display.Scene{Payment: state(payment.StateExpired), Since: 8*time.Second - 1}, display.ScreenExpired, ""},
		"expired, seen, and Klarna is away":       {display.Scene{Payment: state(payment.StateExpired), Since: 8 * time.Second, Offline: true}, display.ScreenOffline, ""},
		"failed":                                  {display.Scene{Payment: state(payment.StateFailed)}, display.ScreenFailed, ""},
		"a person must look":                      {display.Scene{Payment: state(payment.StateAttention)}, display.ScreenAttention, ""},
		"a person must look, Klarna has charged":  {display.Scene{Payment: with(state(payment.StateAttention), func(p *payment.Payment) { p.Transaction.ID = "krn:t" })}, display.ScreenAttention, "Payment received"},
		"a person must look since yesterday":      {display.Scene{Payment: state(payment.StateAttention), Since: 24 * time.Hour}, display.ScreenAttention, ""},
	}
	words, drawing := book(t), code(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := display.ViewOf(tt.scene, display.Look{}, words, drawing, "")
			if v.State != tt.want {
				t.Fatalf("ViewOf = %s, want %s", v.State, tt.want)
			}
			if tt.title != "" && v.Title != tt.title {
				t.Errorf("title = %q, want %q", v.Title, tt.title)
			}
		})
	}
}

// everyScene calls f with all combinations of what a view can depend on.
func everyScene(f func(name string, s display.Scene)) {
	outcomes := []payment.Outcome{"", payment.Approved, payment.Declined, payment.Cancelled, payment.Expired, payment.Failed, payment.Unknown}
	whys := []payment.Why{"", payment.WhyTill, payment.WhyDeadline, payment.WhyCustomer, payment.WhyDeclined}
	for _, state := range payment.States() {
		for i := range 1 << 3 {
			for _, told := range outcomes {
				for _, acked := range []payment.Outcome{"", payment.Approved, payment.Cancelled, payment.Unknown} {
					for _, why := range whys {
						for _, since := range []time.Duration{0, time.Minute} {
							p := sale(state)
							p.Result, p.Acknowledged, p.Why = told, acked, why
							s := display.Scene{Payment: p, Fresh: i&1 != 0, Offline: i&2 != 0, Left: time.Duration(i>>2) * time.Minute, Since: since}
							f(fmt.Sprintf("%s fresh=%v offline=%v left=%s told=%q acked=%q why=%q since=%s", state, s.Fresh, s.Offline, s.Left, told, acked, why, since), s)
						}
					}
				}
			}
		}
	}
}

func TestViewPromisesHoldInEveryScene(t *testing.T) {
	t.Parallel()
	words, drawing := book(t), code(t)
	everyScene(func(name string, s display.Scene) {
		v, p := display.ViewOf(s, display.Look{}, words, drawing, ""), s.Payment
		if v.Title == "" {
			t.Errorf("%s: %s says nothing", name, v.State)
		}
		if (v.Code != nil) != (v.State == display.ScreenScan) {
			t.Errorf("%s: %s has code %v", name, v.State, v.Code != nil)
		}
		if v.Code != nil && (p.State != payment.StateWaiting || !s.Fresh || s.Offline || s.Left <= 0) {
			t.Errorf("%s: a code is shown", name)
		}
		if v.State == display.ScreenApproved && p.Acknowledged != payment.Approved {
			t.Errorf("%s: a tick without acknowledgement", name)
		}
		if strings.Contains(v.Text, "Nothing was charged") && !notPaid(p) {
			t.Errorf("%s: %s says %q", name, v.State, v.Text)
		}
		if (v.SecondsLeft > 0) != (v.State == display.ScreenScan || v.State == display.ScreenInProgress) {
			t.Errorf("%s: %s counts %v s", name, v.State, v.SecondsLeft)
		}
		if rest := v.State == display.ScreenIdle || v.State == display.ScreenOffline; rest && (v.Amount != nil || v.Sale != "" || strings.Trim(v.Reference, "K1") != "") {
			t.Errorf("%s: %s shows an old sale", name, v.State)
		}
	})
}

// notPaid: a final no, or one that was told while the request is still being deleted.
func notPaid(p payment.Payment) bool {
	final := []payment.State{payment.StateDeclined, payment.StateCancelled, payment.StateExpired, payment.StateFailed}
	word := []payment.Outcome{payment.Declined, payment.Cancelled, payment.Expired, payment.Failed}
	return slices.Contains(final, p.State) || (p.State == payment.StateCancelling && slices.Contains(word, p.Result))
}

func TestViewIsOneSmallFrame(t *testing.T) {
	t.Parallel()
	words, drawing := book(t), code(t)
	look := display.Look{
		Name: strings.Repeat("Ä", 40), Languages: []string{"de", "en"}, MayCancel: true, Logo: true,
		Colours: display.Colours{Background: "#ffffff", Text: "#000000", Accent: "#123456"},
	}
	everyScene(func(name string, s display.Scene) {
		b, err := json.Marshal(display.ViewOf(s, look, words, drawing, "de"))
		if err != nil || len(b) > 4<<10 {
			t.Fatalf("%s: %d bytes (%v), want at most 4096", name, len(b), err)
		}
	})
}

func TestViewOfTheScan(t *testing.T) {
	t.Parallel()
	s := waiting()
	s.Left = 61*time.Second + 950*time.Millisecond
	drawing := code(t)
	v := display.ViewOf(s, display.Look{Languages: []string{"en", "de"}, MayCancel: true}, book(t), drawing, "")
	if v.Amount == nil || *v.Amount != (display.Amount{Minor: 1610, Digits: 2, Currency: "EUR"}) {
		t.Errorf("amount = %+v, want 16.10 EUR", v.Amount)
	}
	if v.Code == nil || v.Code.Size != drawing.Size() || v.Code.Bits != drawing.Packed() {
		t.Errorf("code = %+v, want that of the address", v.Code)
	}
	if v.SecondsLeft != 61.9 {
		t.Errorf("seconds left = %v, want 61.9", v.SecondsLeft)
	}
	if len(v.Steps) != 3 || !v.MoreTime || !v.Cancel || v.Sale != payment.ShortCode(s.Payment.Reference) {
		t.Errorf("view = %+v, want three steps, both wishes and the short code", v)
	}
	s.Payment.Request.ExpiresAt = s.Payment.Deadline.Add(time.Minute)
	if display.ViewOf(s, display.Look{}, book(t), drawing, "").MoreTime {
		t.Error("more time is offered beyond Klarna's own expiry")
	}
}

func TestViewWithoutADrawingIsNoScan(t *testing.T) {
	t.Parallel()
	if v := display.ViewOf(waiting(), display.Look{}, book(t), qr.Code{}, ""); v.State != display.ScreenAmount || v.Title != "No code to show" {
		t.Errorf("view = %s %q, want the amount screen without a code", v.State, v.Title)
	}
}

func TestViewShowsTillTextAsText(t *testing.T) {
	t.Parallel()
	words := book(t)
	tests := map[string]struct{ ref, want string }{
		"row 35: markup stays text": {"<img onerror=x>", "<img onerror=x>"},
		"row 35: too long":          {strings.Repeat("9a", 100), strings.Repeat("9a", 12)},
		"row 35: direction marks":   {"\u202e4711\u2066", "4711"},
		"a card number is masked":   {"4111111111111111", "****************"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sceneOf(display.ScreenApproved)
			s.Payment.Order.Ref = tt.ref
			if got := display.ViewOf(s, display.Look{}, words, qr.Code{}, "").Reference; got != tt.want {
				t.Errorf("reference of %q = %q, want %q", tt.ref, got, tt.want)
			}
		})
	}
}

func TestViewLanguage(t *testing.T) {
	t.Parallel()
	words := book(t)
	tests := map[string]struct {
		shop             []string
		till, wish, want string
	}{
		"the shop's first":                     {[]string{"de", "en"}, "", "", "de"},
		"what the till says of the customer":   {[]string{"de", "en"}, "en", "", "en"},
		"the customer's own choice wins":       {[]string{"de", "en"}, "en", "de", "de"},
		"a language that the shop has not":     {[]string{"de"}, "en", "en", "de"},
		"a language that nobody has":           {[]string{"xx"}, "", "", "en"},
		"no language at all":                   {nil, "de", "de", "en"},
		"an unknown one is left out of others": {[]string{"xx", "de"}, "xx", "xx", "de"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := waiting()
			s.Payment.Order.Lang = tt.till
			if got := display.ViewOf(s, display.Look{Languages: tt.shop}, words, qr.Code{}, tt.wish).Lang; got != tt.want {
				t.Errorf("language = %q, want %q", got, tt.want)
			}
			s.Payment.State, s.Since = payment.StateExpired, time.Hour
			if got, first := display.ViewOf(s, display.Look{Languages: tt.shop}, words, qr.Code{}, "").Lang, display.ViewOf(display.Scene{}, display.Look{Languages: tt.shop}, words, qr.Code{}, "").Lang; got != first {
				t.Errorf("at rest: language = %q, want the shop's first, %q", got, first)
			}
		})
	}
}

// TestDoubtHasACode: whoever stands before a screen that has nothing to offer can say to staff which it is.
func TestDoubtHasACode(t *testing.T) {
	t.Parallel()
	away := display.ViewOf(display.Scene{Offline: true}, display.Look{}, book(t), code(t), "")
	if away.State != display.ScreenOffline || away.Reference != "K1" {
		t.Errorf("while Klarna is away the screen is %s with code %q, want K1", away.State, away.Reference)
	}
	if rest := display.ViewOf(display.Scene{}, display.Look{}, book(t), code(t), ""); rest.Reference != "" {
		t.Errorf("at rest there is code %q, want none", rest.Reference)
	}
	charged := sale(payment.StateAttention)
	charged.Transaction.ID = "krn:t"
	v := display.ViewOf(display.Scene{Payment: charged}, display.Look{}, book(t), code(t), "")
	if v.Title != "Payment received" || !v.Urgent || v.Reference == "" {
		t.Errorf("after a charge in doubt: %q, urgent %t, code %q; want it said at once, with a code", v.Title, v.Urgent, v.Reference)
	}
}

// handedOver is a sale whose customer gets to Klarna by an address.
func handedOver(code bool) func(*payment.Payment) {
	return func(p *payment.Payment) { p.Order.Interaction, p.Order.ShowCode = payment.InteractionHandOver, code }
}
