// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"testing"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/zvt"
)

func always(c customer) func() *klarna { return func() *klarna { return newKlarna(c) } }

func TestZVTASaleIsPaid(t *testing.T) {
	inWorld(t, always(approves), func(w *world) {
		t := w.t
		e := w.pays(w.till(), payment.Approved, zvt.CodeOK)
		if e.Info == nil || e.Info.Amount.Value != 1610 || e.Info.Trace.Value != 1 || e.Info.Receipt.Value != 1 || e.Info.CardName != "Klarna" {
			t.Errorf("04 0F is %+v", e.Info)
		}
		if len(e.Lines) == 0 {
			t.Error("no receipt was printed")
		}
		w.books(1, 1610, 0)
		e = w.pays(w.till(), payment.Approved, zvt.CodeOK)
		if e.Info.Trace.Value != 2 {
			t.Errorf("the second trace is %d, want 2", e.Info.Trace.Value)
		}
		w.books(2, 3220, 0)
	})
}

func TestZVTASaleIsDeclined(t *testing.T) {
	inWorld(t, always(rejects), func(w *world) {
		w.pays(w.till(), payment.Declined, zvt.CodeDeclined)
		w.books(0, 0, 0)
	})
}

func TestZVTASaleExpires(t *testing.T) {
	inWorld(t, always(leaves), func(w *world) {
		w.pays(w.till(), payment.Expired, zvt.CodeAborted)
		w.books(0, 0, 0)
	})
}

func TestZVTReversalAndEndOfDay(t *testing.T) {
	inWorld(t, always(approves), func(w *world) {
		t := w.t
		till := w.till()
		w.pays(till, payment.Approved, zvt.CodeOK)
		w.pays(till, payment.Approved, zvt.CodeOK)
		if e := w.must(till.Reverse(w.ctx, 1, 1600)); e.Code != zvt.CodeWrongAmount {
			t.Errorf("a wrong amount ends with %s, want B7", e.Code)
		}
		if e := w.must(till.Reverse(w.ctx, 77, 0)); e.Code != zvt.CodeNoReversal {
			t.Errorf("an unknown receipt ends with %s, want B5", e.Code)
		}
		e := w.must(till.Reverse(w.ctx, 1, 1610))
		if e.Code != zvt.CodeOK || e.Info.Original.Value != 1 {
			t.Errorf("the reversal ends with %s, %+v", e.Code, e.Info)
		}
		w.books(2, 1610, 0)
		if e = w.must(till.Reverse(w.ctx, 1, 1610)); e.Code != zvt.CodeReversed {
			t.Errorf("a second reversal ends with %s, want B4", e.Code)
		}
		e = w.must(till.EndOfDay(w.ctx))
		if e.Code != zvt.CodeOK || e.Info.Amount.Value != 1610 || e.Info.Totals.Other.Count != 1 {
			t.Errorf("the end of day says %s, %+v", e.Code, e.Info)
		}
		if e = w.must(till.EndOfDay(w.ctx)); e.Info.Amount.Value != 0 {
			t.Errorf("after the close %d is left, want 0", e.Info.Amount.Value)
		}
	})
}

func TestZVTRepeatStatusLogOff(t *testing.T) {
	inWorld(t, always(approves), func(w *world) {
		t := w.t
		till := w.till()
		if e := w.must(till.Repeat(w.ctx)); e.Code != zvt.CodeNotPossible {
			t.Errorf("repeat without a sale ends with %s, want 83", e.Code)
		}
		w.pays(till, payment.Approved, zvt.CodeOK)
		if e := w.must(till.Repeat(w.ctx)); e.Code != zvt.CodeOK || e.Info.Amount.Value != 1610 {
			t.Errorf("repeat says %s, %+v", e.Code, e.Info)
		}
		if e := w.must(till.Status(w.ctx)); e.Report.Status != zvt.CodeOK || e.Report.Version == "" {
			t.Errorf("status says %+v", e.Report)
		}
		w.must(till.LogOff(w.ctx))
		w.restart()
		till.Unregistered = true
		e := w.pays(till, payment.Approved, zvt.CodeOK)
		if e.Info.Trace.Value != 2 || e.Info.Receipt.Value != 2 {
			t.Errorf("after a restart the trace is %d, want 2", e.Info.Trace.Value)
		}
	})
}

var _ terminal.Memory = (*disk)(nil)
