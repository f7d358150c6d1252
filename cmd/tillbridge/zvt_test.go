// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

// zvtShop is a shop whose till speaks ZVT.
type zvtShop struct {
	*shop

	till terminal.ZVTTill
}

// openZVT opens a shop over TCP, or over a serial line of 9600 8N2.
func openZVT(t *testing.T, serial bool) *zvtShop {
	t.Helper()
	s := &zvtShop{shop: newShop(t)}
	s.daemon.kill()
	address := s.own.till
	target := terminal.Target{Scheme: "tcp", Address: strings.TrimPrefix(address, "tcp://")}
	if serial {
		bridge, till := cable(t)
		address = "serial://" + bridge + "?baud=9600&stop=2"
		target = terminal.Target{Scheme: "serial", Address: till, Mode: terminal.SerialMode{Baud: 9600, Stop: 2}}
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(
		"protocol: native", "protocol: zvt, password: \"123456\"", s.own.till, address, "till_grace: 5s", "till_grace: 5s, waiting: 30s",
	).Replace(string(text))
	write(t, s.file, changed)
	s.restart()
	s.till = terminal.ZVTTill{
		Dial:   func(ctx context.Context) (io.ReadWriteCloser, error) { return terminal.Dial(ctx, target) },
		Serial: serial, Password: "123456", Currency: "EUR",
	}
	return s
}

func (s *zvtShop) must(e terminal.ZVTEnded, err error) terminal.ZVTEnded {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("the till: %v; the daemon said:\n%s", err, s.daemon.log())
	}
	return e
}

// sells makes one sale and wants this end.
func (s *zvtShop) sells(till terminal.ZVTTill, want payment.Outcome, code zvt.Code) terminal.ZVTEnded {
	s.t.Helper()
	e := s.must(till.Pay(s.t.Context(), 1610, nil))
	if e.Outcome != want || e.Code != code {
		s.t.Fatalf("the till heard %s, %s %q; want %s, %s", e.Outcome, e.Code, e.Text(), want, code)
	}
	return e
}

// books waits until Klarna keeps so much and nothing is open.
func (s *zvtShop) books(sales int, kept int64) {
	s.t.Helper()
	var books ledger
	defer func() {
		if s.t.Failed() {
			s.t.Logf("Klarna's books: %+v", books.Transactions)
		}
	}()
	s.eventually("the books", func() bool {
		books = s.ledger()
		count, captured, open := 0, int64(0), int64(0)
		for _, x := range books.Transactions {
			count++
			captured += x.Captured - x.Refunded
			open += x.Amount - x.Captured - x.Voided
		}
		return count == sales && captured == kept && open == 0
	})
}

// TestZVTShop is a day of a till that speaks ZVT, against the daemon and the simulator.
func TestZVTShop(t *testing.T) {
	t.Parallel()
	for line, serial := range map[string]bool{"over tcp": false, "over a serial line": true} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			s := openZVT(t, serial)
			wrong := s.till
			wrong.Password = "654321"
			if e := s.must(wrong.Register(t.Context())); !e.Refused || e.Code != 0x37 {
				t.Errorf("a wrong password is answered with %s, want 37", e.Code)
			}
			s.behaviour(map[string]any{"customer": "approve"})
			plain := s.till
			plain.Unregistered, plain.Currency = true, ""
			if e := s.sells(plain, payment.Approved, zvt.CodeOK); e.Info.Currency.Set || e.Info.Receipt.Value != 1 {
				t.Errorf("without registration and currency the result is %+v", e.Info)
			}
			s.sells(s.till, payment.Approved, zvt.CodeOK)
			s.books(2, 3220)
			s.behaviour(map[string]any{"customer": "reject"})
			s.sells(s.till, payment.Declined, zvt.CodeDeclined)
			s.behaviour(map[string]any{"customer": "manual"})
			s.sells(s.till, payment.Expired, zvt.CodeAborted)
			s.aborts()
			if e := s.must(s.till.Reverse(t.Context(), 1, 1610)); e.Code != zvt.CodeOK || e.Info.Original.Value != 1 {
				t.Errorf("the reversal ends with %s, %+v", e.Code, e.Info)
			}
			s.books(2, 1610)
			s.daemon.kill()
			s.restart()
			if e := s.must(s.till.Repeat(t.Context())); e.Info == nil || e.Info.Result != zvt.CodeOK || e.Info.Original.Value != 1 {
				t.Errorf("after a crash the last result is %+v, want the reversal", e.Info)
			}
			if e := s.must(s.till.Status(t.Context())); e.Report.Status != zvt.CodeOK {
				t.Errorf("the status is %s", e.Report.Status)
			}
			e := s.must(s.till.EndOfDay(t.Context()))
			if e.Info == nil || e.Info.Amount.Value != 1610 || e.Info.Totals.Other.Count != 1 || len(e.Lines) == 0 {
				t.Errorf("the end of day is %+v with %q", e.Info, e.Lines)
			}
			if e = s.must(s.till.EndOfDay(t.Context())); e.Info.Amount.Value != 0 {
				t.Errorf("after the close %d is left", e.Info.Amount.Value)
			}
			s.must(s.till.LogOff(t.Context()))
			s.behaviour(map[string]any{"customer": "approve"})
			s.onOneLink()
			s.books(3, 3220)
		})
	}
}

// aborts asks for a sale and gives it up while the code is shown.
func (s *zvtShop) aborts() {
	s.t.Helper()
	cancel := make(chan struct{})
	var once sync.Once
	till := s.till
	till.Hear = func(m zvt.Message) {
		if i, ok := m.(zvt.IntermediateStatus); ok && i.Status == zvt.StateDisplay {
			once.Do(func() { close(cancel) })
		}
	}
	if e := s.must(till.Pay(s.t.Context(), 1610, cancel)); e.Outcome != payment.Cancelled || e.Code != zvt.CodeAborted {
		s.t.Errorf("the abort ends with %s, %s", e.Outcome, e.Code)
	}
}

// onOneLink does everything on one connection.
func (s *zvtShop) onOneLink() {
	s.t.Helper()
	ctx, stop := context.WithTimeout(s.t.Context(), time.Minute)
	defer stop()
	link, err := s.till.Open(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	defer link.Close()
	for _, do := range []func(context.Context) (terminal.ZVTEnded, error){
		link.Register, link.Status,
		func(ctx context.Context) (terminal.ZVTEnded, error) { return link.Pay(ctx, 1610, nil) },
		link.Repeat, link.EndOfDay, link.LogOff,
	} {
		if e := s.must(do(ctx)); e.Code != zvt.CodeOK {
			s.t.Errorf("on one link a command ends with %s", e.Code)
		}
	}
}
