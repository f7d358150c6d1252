// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

func refundR1(o payment.RefundOutcome, why payment.Reason) payment.Refunded {
	return payment.Refunded{
		ID: "R1", Of: "A1", Outcome: o, Reason: why, Amount: eur(500), Reference: "K7QX42ZD",
		At: time.Date(2026, 11, 20, 14, 33, 41, 500, time.UTC),
	}
}

func runningR1() payment.Refunded {
	return refundR1(payment.RefundWordRunning, payment.ReasonRefundRunning)
}

func doneR1() payment.Refunded { return refundR1(payment.RefundWordDone, payment.ReasonRefunded) }

func TestARefundOnALine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		d.send(`{"type":"refund","id":"R1","of":"A1","amount":500,"currency":"EUR","reason":"broken"}` + "\n")
		link, ask := terminaltest.Expect[payment.RefundPart](t, d.bridge)
		if want := (payment.RefundPart{ID: "R1", Of: "A1", Amount: eur(500), Note: "broken"}); ask != want {
			t.Errorf("the bridge was asked %+v, want %+v", ask, want)
		}
		d.bridge.Say(link, runningR1())
		if e := next[native.Refunded](d); e.Outcome != "running" || e.ID != "R1" || e.Of != "A1" || e.Amount != 500 || e.Currency != "EUR" {
			t.Errorf("the till heard %+v", e)
		}
		d.bridge.Say(link, doneR1())
		e := next[native.Refunded](d)
		if e.Outcome != "done" || e.Code != "refunded" || e.Reference != "K7QX42ZD" || e.At.Nanosecond() != 0 || !strings.Contains(e.Text, "Refunded") {
			t.Errorf("the till heard %+v", e)
		}
		d.send(`{"type":"refund","id":"R2","of":"A1"}` + "\n")
		if _, ask := terminaltest.Expect[payment.RefundPart](t, d.bridge); ask.Amount != (payment.Amount{}) {
			t.Errorf("a refund without an amount asks for %s, want all that is left", ask.Amount)
		}
	})
}

func TestTotalsOnALine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line  string
		since string
		end   bool
		id    string
		err   error
		kind  string
	}{
		"the open period":             {line: `{"type":"totals"}`, kind: "totals"},
		"since":                       {line: `{"type":"totals","since":"2026-11-20T09:00:00Z"}`, since: "2026-11-20T09:00:00Z", kind: "totals"},
		"a close":                     {line: `{"type":"totals","close":true}`, end: true, kind: "totals"},
		"a named close":               {line: `{"type":"totals","close":true,"id":"Z1"}`, end: true, id: "Z1", kind: "totals"},
		"a name for what is no close": {line: `{"type":"totals","id":"Z1"}`, kind: "error"},
		"a close named null":          {line: `{"type":"totals","close":true,"id":null}`, kind: "error"},
		"no instant":                  {line: `{"type":"totals","since":"yesterday"}`, kind: "error"},
		"a close since":               {line: `{"type":"totals","since":"2026-11-20T09:00:00Z","close":true}`, kind: "error"},
		"damage":                      {line: `{"type":"totals"}`, err: errDown, kind: "error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				protocol := shop()
				protocol.Totals = func(q native.Totals, since time.Time) (native.Sums, error) {
					if want, _ := time.Parse(time.RFC3339, tt.since); !since.Equal(want) || q.Close != tt.end || q.ID != tt.id || tt.kind == "error" && tt.err == nil {
						t.Errorf("Totals(%+v, %s)", q, since)
					}
					return native.Sums{ID: q.ID, Period: 3, At: time.Now(), Closed: q.Close, Currency: "EUR", Net: 5}, tt.err
				}
				b := terminaltest.NewBridge(ready)
				d := connect(t, terminal.NewServer("lane-1", protocol, b, terminal.Options{}), b)
				d.send(tt.line + "\n")
				e, err := d.event()
				if err != nil || e.Type() != tt.kind {
					t.Fatalf("the till heard %+v, %v, want %s", e, err, tt.kind)
				}
				if sums, ok := e.(native.Sums); ok && (sums.Period != 3 || sums.Net != 5 || sums.Closed != tt.end || sums.ID != tt.id) {
					t.Errorf("the till heard %+v", sums)
				}
				if refusal, ok := e.(native.Error); ok && strings.Contains(refusal.Text, "refused") {
					t.Errorf("the till heard an error of ours: %s", refusal.Text)
				}
			})
		})
	}
}

func TestARefundOverHTTP(t *testing.T) {
	t.Parallel()
	refuse := func(r payment.Reason) payment.Word { return payment.Refusal{ID: "R1", Reason: r} }
	tests := map[string]struct {
		query  string
		words  []payment.Word // each 10 s after the one before
		status int
		kind   string
		said   string
		took   time.Duration
	}{
		"done in a while":                     {"?wait=30", []payment.Word{runningR1(), doneR1()}, 200, "refund", "done", 10 * time.Second},
		"done before":                         {"", []payment.Word{doneR1()}, 200, "refund", "done", 0},
		"refused":                             {"", []payment.Word{refundR1(payment.RefundWordRefused, payment.ReasonRefundRefused)}, 200, "refund", "refused", 0},
		"a person's":                          {"", []payment.Word{refundR1(payment.RefundWordUnknown, payment.ReasonRefundUnknown)}, 202, "refund", "unknown", 0},
		"still running":                       {"?wait=5", []payment.Word{runningR1(), doneR1()}, 202, "refund", "running", 5 * time.Second},
		"not waited for":                      {"?wait=0", []payment.Word{runningR1(), doneR1()}, 202, "refund", "running", 0},
		"the word about another":              {"?wait=30", []payment.Word{payment.Refunded{ID: "R2", Outcome: payment.RefundWordDone}, approvedA1(), doneR1()}, 200, "refund", "done", 20 * time.Second},
		"row 75: a sale that is not known":    {"", []payment.Word{refuse(payment.ReasonUnknownSale)}, 404, "error", "unknown_sale", 0},
		"row 75: the same id, another amount": {"", []payment.Word{refuse(payment.ReasonConflict)}, 409, "error", "conflict", 0},
		"row 75: above the sum":               {"", []payment.Word{refuse(payment.ReasonRefundTooMuch)}, 422, "error", "refund_too_much", 0},
		"a sale that is not paid":             {"", []payment.Word{refuse(payment.ReasonNotRefundable)}, 409, "error", "not_refundable", 0},
		"a damaged journal":                   {"", []payment.Word{refuse(payment.ReasonUnavailable)}, 503, "error", "unavailable", 0},
		"silence is no no":                    {"", nil, 504, "error", "unavailable", 40 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := terminaltest.NewBridge(nil)
				began := time.Now()
				var telling sync.WaitGroup
				telling.Go(func() {
					link, _ := terminaltest.Expect[payment.RefundPart](t, b)
					for i, w := range tt.words {
						if i > 0 {
							time.Sleep(10 * time.Second)
						}
						b.Say(link, w)
					}
				})
				status, e := do(t, b, request("PUT", lane1+"/refunds/R1"+tt.query, `{"of":"A1","amount":500,"currency":"EUR"}`))
				took := time.Since(began)
				telling.Wait()
				said := ""
				switch e := e.(type) { //nolint:gochecksumtype // no other answers a refund
				case native.Refunded:
					said = e.Outcome
				case native.Error:
					said = string(e.Code)
				}
				if status != tt.status || e.Type() != tt.kind || said != tt.said || took != tt.took {
					t.Errorf("PUT = %d %s %q after %s, want %d %s %q after %s", status, e.Type(), said, took, tt.status, tt.kind, tt.said, tt.took)
				}
			})
		})
	}
}

// bringBack asks for a refund, in a bubble, over a line or over HTTP.
func bringBack(t *testing.T, e *engine, during func(*shopLine), f func(native.Refunded, error)) {
	t.Helper()
	over := map[string]func(*shopLine) func(context.Context, native.Refund) (native.Refunded, error){
		"line": func(l *shopLine) func(context.Context, native.Refund) (native.Refunded, error) {
			return terminal.LineTill{Dial: l.dial}.Refund
		},
		"http": func(*shopLine) func(context.Context, native.Refund) (native.Refunded, error) {
			return terminal.WebTill{
				Lane: &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1}, Client: &http.Client{Transport: inProcess{handler(e)}},
			}.Refund
		},
	}
	for name, start := range over {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				line := &shopLine{server: terminal.NewServer("lane-1", shop(), e, terminal.Options{}), ctx: ctx}
				if during != nil && name == "line" {
					go during(line)
				}
				asking, end := context.WithTimeout(ctx, time.Minute)
				r, err := start(line)(asking, native.Refund{ID: "R1", Of: "A1", Amount: 500, Currency: "EUR"})
				end()
				stop()
				line.links.Wait()
				f(r, err)
			})
		})
	}
}

func TestATillRefunds(t *testing.T) {
	tests := map[string]struct {
		words   []payment.Word
		outcome string
		refused native.Code
	}{
		"done":                            {[]payment.Word{runningR1(), doneR1()}, "done", ""},
		"refused by Klarna":               {[]payment.Word{refundR1(payment.RefundWordRefused, payment.ReasonRefundTooLate)}, "refused", ""},
		"before a person":                 {[]payment.Word{refundR1(payment.RefundWordUnknown, payment.ReasonRefundUnknown)}, "unknown", ""},
		"running for long":                {[]payment.Word{runningR1()}, "running", ""},
		"nobody answers":                  {nil, "unknown", ""},
		"row 75: an unknown sale refused": {[]payment.Word{payment.Refusal{ID: "R1", Reason: payment.ReasonUnknownSale}}, "", "unknown_sale"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEngine()
			e.took = func(a payment.Ask) []payment.Word {
				if _, ok := a.(payment.RefundPart); ok {
					return tt.words
				}
				return nil
			}
			bringBack(t, e, nil, func(r native.Refunded, err error) {
				refused, no := errors.AsType[*terminal.RefusedError](err)
				if r.Outcome != tt.outcome || no != (tt.refused != "") || no && refused.Event.Code != tt.refused {
					t.Errorf("Refund = %+v, %v, want %q or %q", r, err, tt.outcome, tt.refused)
				}
			})
		})
	}
}

// Row 75: an answer that was lost is asked for again, by the same id.
func TestATillAsksForALostRefundAgain(t *testing.T) {
	e := newEngine()
	asked := 0
	e.took = func(a payment.Ask) []payment.Word {
		if _, ok := a.(payment.RefundPart); !ok {
			return nil
		}
		if asked++; asked%2 == 1 {
			return []payment.Word{runningR1()}
		}
		return []payment.Word{doneR1()}
	}
	cut := func(l *shopLine) {
		time.Sleep(5 * time.Second)
		l.cut(true)
		time.Sleep(10 * time.Second)
		l.up()
	}
	bringBack(t, e, cut, func(r native.Refunded, err error) {
		if r.Outcome != "done" || err != nil {
			t.Errorf("Refund = %+v, %v, want done", r, err)
		}
	})
	again := payment.RefundPart{ID: "R1", Of: "A1", Amount: eur(500)}
	if n := e.count(again); n != 4 {
		t.Errorf("asked %d times by the same id, want twice over each way", n)
	}
}

func TestARefundThatReachesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &shopLine{down: true}
		_, err := terminal.LineTill{Dial: line.dial}.Refund(t.Context(), native.Refund{ID: "R1", Of: "A1"})
		if err == nil || !strings.Contains(err.Error(), "was not sent") {
			t.Errorf("Refund = %v, want that it was not sent", err)
		}
	})
}
