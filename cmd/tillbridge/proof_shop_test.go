// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// gone reports whether a program has ended.
func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// sell makes a sale whose customer says yes at once, up to the capture, and stops early if the daemon
// ends on the way. A till that heard nothing says its pay again.
func (s *shop) sell() {
	s.t.Helper()
	s.behaviour(map[string]any{"customer": "approve"})
	s.eventually("the sale, or the daemon's end", func() bool {
		return s.daemon.gone() || s.again() != "" && s.captured() == 1610
	})
}

// again says the pay once more, confirms a final word and returns it.
func (s *shop) again() string {
	s.t.Helper()
	var last said
	s.call(http.MethodPut, s.web+s.sale, map[string]any{"amount": 1610, "currency": "EUR", "ref": "R1"}, &last)
	if last.Outcome == "" {
		last = s.status()
	}
	if last.Outcome == "" || last.Outcome == "unknown" {
		return ""
	}
	s.call(http.MethodPost, s.web+s.sale+"/confirm", map[string]any{"outcome": last.Outcome}, nil)
	return last.Outcome
}

func (s *shop) captured() (sum int64) {
	s.t.Helper()
	for _, x := range s.ledger().Transactions {
		sum += x.Captured - x.Refunded
	}
	return sum
}

// comeBack is a customer who says yes if the sale still waits for that.
func (s *shop) comeBack() {
	s.t.Helper()
	s.behaviour(map[string]any{"customer": "approve"})
	s.finishCustomer()
}

// proved holds the end against Klarna's books once more, after everything in between is gone: the last
// word, the same word again, at most one transaction.
func (s *shop) proved(want ...string) {
	s.t.Helper()
	first := s.end().Outcome
	s.daemon.kill()
	s.restart()
	if got := s.end().Outcome; got != first {
		s.t.Errorf("after a restart the till hears %q, before it heard %q", got, first)
	}
	if len(want) > 0 && !slices.Contains(want, first) {
		s.t.Errorf("the till heard %q, want one of %q", first, want)
	}
}

// thorough is true when more was asked for than every run of the tests has time for.
func thorough() bool { return *kills > 20 }

// moments are states of a sale that the outside can bring about, each with a customer who then says yes.
func moments() map[string]func(*shop) {
	holding := func(route string) func(*shop) {
		return func(s *shop) {
			s.faults(map[string]any{"route": route, "nth": 1, "times": 1, "fault": "timeout", "delay": "5s"})
			s.behaviour(map[string]any{"customer": "approve"})
			s.payAside()
			s.eventually("the "+route, func() bool { s.status(); return s.ledger().Calls[route] > 0 })
		}
	}
	few := map[string]func(*shop){
		"waiting":    func(s *shop) { s.pay(); s.phase("waiting") },
		"finalizing": holding("finalize"),
	}
	if !thorough() {
		return few
	}
	maps.Copy(few, map[string]func(*shop){
		"authorizing": holding("authorize"),
		"scanned":     func(s *shop) { s.pay(); s.phase("waiting"); s.phone("open"); s.phase("scanned") },
		"approved": func(s *shop) {
			s.behaviour(map[string]any{"customer": "approve"})
			s.pay()
			s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
		},
	})
	return few
}

// eachMoment runs body in a shop of its own with a sale in each of the moments.
func eachMoment(t *testing.T, own func(*testing.T) premises, body func(*shop)) {
	t.Helper()
	for name, reach := range moments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, own(t))
			reach(s)
			body(s)
		})
	}
}

func ordinary(*testing.T) premises { return premises{} }

// saleEnd is the end of a sale as a till on a line knows it.
type saleEnd struct {
	terminal.Ended

	err error
}

// sellOver is a till that makes the sale over a line. It sends its end once.
func (s *shop) sellOver(dial func(context.Context) (io.ReadWriteCloser, error), cancel <-chan struct{}) <-chan saleEnd {
	ended := make(chan saleEnd, 1)
	till := terminal.LineTill{Dial: dial, Name: "proof"}
	ctx, stop := context.WithTimeout(s.t.Context(), 2*time.Minute) // only a broken program uses it up
	go func() {
		defer stop()
		end, err := till.Pay(ctx, native.Pay{ID: "K1", Amount: 1610, Currency: "EUR", Ref: "R1"}, cancel)
		ended <- saleEnd{end, err}
	}()
	return ended
}

// knows: the till came to know the end, and Klarna's books agree with it.
func (s *shop) knows(end saleEnd) {
	s.t.Helper()
	if end.err != nil || end.Outcome == payment.Unknown {
		s.t.Fatalf("the till ended with %q, %v; the daemon said:\n%s", end.Outcome, end.err, s.daemon.log())
	}
	s.settled(said{Outcome: string(end.Outcome)})
	s.t.Logf("the till heard %s", end.Outcome)
}
