// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// stops makes a till say nothing more once the terminal says something; begun is closed then. It is rid of
// the terminal when the daemon has ended.
func (s *zvtShop) stops(when func(zvt.Message) bool) (till terminal.ZVTTill, begun chan struct{}) {
	s.t.Helper()
	begun, dead := make(chan struct{}), s.daemon.ended
	stopped := false
	till = s.till
	till.Answer = func(m zvt.Message) zvt.Message {
		if !stopped && when(m) {
			stopped = true
			close(begun)
			<-dead
			return terminal.Silent{}
		}
		return nil
	}
	return till, begun
}

// cut kills the daemon in the middle of a dialogue, at a moment that until waits for.
func (s *zvtShop) cut(do func(context.Context) error, until func()) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = do(ctx) // the daemon dies in the middle of it
	}()
	until()
	s.daemon.kill()
	stop()
	<-over
}

// cutAt kills the daemon when the terminal says something that the till then never answers.
func (s *zvtShop) cutAt(when func(zvt.Message) bool) {
	s.t.Helper()
	till, begun := s.stops(when)
	s.cut(s.sale(till), func() { s.eventually("the moment", hasClosed(begun)) })
}

// sale is a 06 01 on a link of its own, without anything that a till does after a lost line.
func (s *zvtShop) sale(till terminal.ZVTTill) func(context.Context) error {
	return func(ctx context.Context) error {
		l, err := till.Open(ctx)
		if err != nil {
			return err
		}
		defer l.Close()
		_, err = l.Pay(ctx, 1610, nil)
		return err
	}
}

// recalls repeats the last receipt until its result is known.
func (s *zvtShop) recalls() zvt.StatusInfo {
	s.t.Helper()
	var info zvt.StatusInfo
	s.eventually("a result to repeat", func() bool {
		e, err := s.till.Repeat(s.t.Context())
		if err != nil || e.Info == nil {
			return false
		}
		info = *e.Info
		return true
	})
	return info
}

func hasClosed(c <-chan struct{}) func() bool {
	return func() bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
}

func paidInfo(m zvt.Message) bool {
	i, ok := m.(zvt.StatusInfo)
	return ok && i.Result == zvt.CodeOK
}

func printed(m zvt.Message) bool {
	_, ok := m.(zvt.PrintLine)
	return ok
}

// TestZVTKillInEachState kills the daemon with a ZVT sale at each moment that counts. Afterwards 06 20, Klarna's
// ledger and a repeated 06 01 tell the truth, and the same one.
func TestZVTKillInEachState(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cut  func(*zvtShop)
		then func(*zvtShop) // what the world does while the daemon is down
		want zvt.Code       // of the repeated receipt
	}{
		"the code is shown, and the customer agrees meanwhile": {func(s *zvtShop) {
			s.cutAt(func(m zvt.Message) bool {
				i, ok := m.(zvt.IntermediateStatus)
				return ok && i.Status == zvt.StateDisplay
			})
		}, func(s *zvtShop) { s.phone("approve") }, zvt.CodeAborted},
		"the customer has agreed, the commit is under way": {func(s *zvtShop) {
			s.faults(hold("finalize"))
			s.behaviour(map[string]any{"customer": "approve"})
			s.cut(s.sale(s.till), func() {
				s.eventually("the finalize", func() bool { return s.ledger().Calls["finalize"] == 1 })
			})
		}, nil, zvt.CodeOK},
		"after 04 0F, before its answer": {func(s *zvtShop) {
			s.behaviour(map[string]any{"customer": "approve"})
			s.cutAt(paidInfo)
		}, nil, zvt.CodeOK},
		"in the receipt": {func(s *zvtShop) {
			s.behaviour(map[string]any{"customer": "approve"})
			s.cutAt(printed)
		}, nil, zvt.CodeOK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openZVT(t, false)
			s.must(s.till.Register(t.Context()))
			tt.cut(s)
			if tt.then != nil {
				tt.then(s)
			}
			s.restart()
			s.behaviour(map[string]any{"customer": "approve"})
			s.refusesUntilRepeated(name)
			info := s.recalls()
			if info.Result != tt.want {
				t.Errorf("the repeated receipt says %s, want %s", info.Result, tt.want)
			}
			kept, sales := int64(0), 0
			if info.Result == zvt.CodeOK {
				kept, sales = 1610, 1
			}
			s.books(sales, kept)
			e := s.sells(s.till, payment.Approved, zvt.CodeOK)
			if e.Info.Trace.Value != info.Trace.Value+1 {
				t.Errorf("the next sale has trace %d after %d", e.Info.Trace.Value, info.Trace.Value)
			}
			s.books(sales+1, kept+1610)
		})
	}
}

// refusesUntilRepeated: behind an approval that was told and not acknowledged, a repeated 06 01 charges nothing.
func (s *zvtShop) refusesUntilRepeated(name string) {
	s.t.Helper()
	if name != "after 04 0F, before its answer" {
		return
	}
	l, err := s.till.Open(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Close()
	if e := s.must(l.Pay(s.t.Context(), 1610, nil)); e.Code != zvt.CodeWait || e.Text() == "" {
		s.t.Errorf("the repeated sale ends with %s %q, want 9C and a text", e.Code, e.Text())
	}
	if l := s.ledger(); len(l.Transactions) != 1 || l.Transactions[0].Captured != 0 {
		s.t.Errorf("Klarna has %+v, want one transaction, not captured", l.Transactions)
	}
}

// TestZVTKillWhileMoneyGoesBack kills the daemon in a reversal, and in the release of what a till did not issue.
func TestZVTKillWhileMoneyGoesBack(t *testing.T) {
	t.Parallel()
	t.Run("a reversal", func(t *testing.T) {
		t.Parallel()
		s := openZVT(t, false)
		s.behaviour(map[string]any{"customer": "approve"})
		s.sells(s.till, payment.Approved, zvt.CodeOK)
		s.sells(s.till, payment.Approved, zvt.CodeOK)
		s.books(2, 3220)
		s.faults(hold("refund"))
		s.cut(func(ctx context.Context) error { _, err := s.till.Reverse(ctx, 1, 1610); return err }, func() {
			s.eventually("the refund", func() bool { return s.ledger().Calls["refund"] == 1 })
		})
		s.restart()
		if info := s.recalls(); info.Result != zvt.CodeOK || info.Original.Value != 1 || info.Amount.Value != 1610 {
			t.Errorf("the repeated receipt is %+v, want the reversal of 1", info)
		}
		s.books(2, 1610)
		if e := s.must(s.till.Reverse(t.Context(), 1, 1610)); e.Code != zvt.CodeReversed {
			t.Errorf("the reversal again ends with %s, want B4", e.Code)
		}
		s.books(2, 1610)
	})
	t.Run("a partial issue", func(t *testing.T) {
		t.Parallel()
		s := openZVT(t, false)
		s.behaviour(map[string]any{"customer": "approve"})
		s.faults(hold("void"))
		till := s.till
		till.Answer = func(m zvt.Message) zvt.Message {
			if paidInfo(m) {
				return zvt.Refused{Code: zvt.CodePartialIssue, Amount: zvt.Some(zvt.Amount(1000))}
			}
			return nil
		}
		s.sells(till, payment.Approved, zvt.CodeOK)
		s.eventually("the release", func() bool { return s.ledger().Calls["void"] == 1 })
		s.daemon.kill()
		s.restart()
		s.books(1, 1000)
		if info := s.recalls(); info.Result != zvt.CodeOK || info.Amount.Value != 1000 {
			t.Errorf("the repeated receipt is %+v, want 10.00", info)
		}
		if e := s.must(s.till.EndOfDay(t.Context())); e.Info == nil || e.Info.Amount.Value != 1000 || e.Info.Totals.Other.Count != 1 {
			t.Errorf("the end of day is %+v, want one sale of 10.00", e.Info)
		}
		if e := s.must(s.till.Reverse(t.Context(), 1, 1000)); e.Code != zvt.CodeOK {
			t.Errorf("the reversal of the part ends with %s", e.Code)
		}
		s.books(1, 0)
	})
}

// TestZVTKillInTheEndOfDay kills the daemon once the day is closed and before the till heard so.
func TestZVTKillInTheEndOfDay(t *testing.T) {
	t.Parallel()
	s := openZVT(t, false)
	s.behaviour(map[string]any{"customer": "approve"})
	s.sells(s.till, payment.Approved, zvt.CodeOK)
	till, begun := s.stops(printed)
	var first terminal.ZVTEnded
	s.cut(func(ctx context.Context) (err error) { first, err = till.EndOfDay(ctx); return err }, func() { s.eventually("the moment", hasClosed(begun)) })
	s.restart()
	second := s.must(s.till.EndOfDay(t.Context()))
	if first.Info == nil || second.Info == nil || second.Info.Amount.Value != 1610 || second.Info.Trace != first.Info.Trace ||
		*second.Info.Totals != *first.Info.Totals {
		t.Errorf("the day asked again is %+v, was %+v", second.Info, first.Info)
	}
	if third := s.must(s.till.EndOfDay(t.Context())); third.Info == nil || third.Info.Amount.Value != 0 {
		t.Errorf("the next day is %+v, want nothing", third.Info)
	}
}
