// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"tillbridge/audit"
)

func FuzzOpen(f *testing.F) {
	b := newLedger(f)
	k, err := audit.MakeKey(f.TempDir() + "/close.pem")
	if err != nil {
		f.Fatal(err)
	}
	b.sell(saleID("lane-1", 1), 1610)
	file := b.close(k, audit.Sealed{})
	f.Add(file)
	f.Add([]byte(`{"close":{},"key":"","signature":""}`))
	f.Fuzz(func(t *testing.T, altered []byte) {
		s, err := audit.Open(altered)
		if err == nil && bytes.Equal(s.Key, k.Public()) && s.Close.Lanes[0].Sums[0].SaleSum != 1610 {
			t.Errorf("a close that nobody signed was taken: %+v", s.Close)
		}
	})
}

func FuzzParseTill(f *testing.F) {
	f.Add("lane,currency,sales,sale_sum,refunds,refund_sum,reversals,reversal_sum\nlane-1,EUR,1,1610,0,0,0,0\n")
	f.Add("\ufeffLane,ID,Kind,Amount,Currency\r\nlane-1,A1,sale,1610,EUR\r\nlane-1,A1,refund,10,EUR\r\n")
	f.Add("lane,lane\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		book, err := audit.ParseTill(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, k := range book.Payments {
			if k.ID.Till.Check() != nil || k.Currency == "" {
				t.Errorf("taken: %+v", k)
			}
		}
		for _, l := range book.Totals {
			for _, s := range l.Sums {
				if s.SaleSum < 0 || s.Sales < 0 || s.RefundSum < 0 || s.ReversalSum < 0 {
					t.Errorf("taken: %+v", s)
				}
			}
		}
	})
}

func FuzzParseSettlement(f *testing.F) {
	f.Add("ref;amount;currency;type;fee\nA;16,10;EUR;sale;0,30\nA;-1;EUR;return;\n", ",", ";")
	f.Add("ref,amount,currency,type,fee\nA,1610,EUR,payout,\n", "", ",")
	f.Fuzz(func(t *testing.T, text, decimal, separator string) {
		l := layout()
		l.Decimal, l.Separator = decimal, firstRune(separator)
		s, err := audit.ParseSettlement(strings.NewReader(text), l)
		if err != nil {
			return
		}
		for _, p := range s.Payouts {
			if p.Reference == "" || p.Net == math.MinInt64 {
				t.Errorf("taken: %+v", p)
			}
		}
		_ = audit.Settle(nil, s)
	})
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return ';'
}

// FuzzReplay: a file from a stranger never does more than fail.
func FuzzReplay(f *testing.F) {
	b := newLedger(f)
	b.sell(saleID("lane-1", 1), 1610)
	flight, err := audit.NewFlight("tillbridge test", "EPOCH", b.all()[0], nil)
	if err != nil {
		f.Fatal(err)
	}
	var file bytes.Buffer
	if err := flight.Write(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(`{"version":1,"steps":[{"event":"asked","fields":null}]}`))
	f.Fuzz(func(t *testing.T, altered []byte) {
		flight, err := audit.ReadFlight(bytes.NewReader(altered))
		if err != nil {
			return
		}
		if d, err := audit.Replay(flight); err == nil && d != nil && d.String() == "" {
			t.Error("a deviation says nothing")
		}
		if err := flight.Write(io.Discard); err != nil {
			t.Errorf("it is not written again: %v", err)
		}
	})
}
