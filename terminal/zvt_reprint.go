// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// maxReprints is how many receipts one 06 12 prints.
	maxReprints = 30
	// maxReprintSpan is how many receipt numbers one 06 12 looks at.
	maxReprintSpan = 500
)

// lastPaper is what 06 20 is about if that is not a sale: the last reversal, or the last end of day where
// only its print is wanted. An approval that the till has not acknowledged, and a sale that runs, come
// before any of them: without them the till could not go on.
func (s *zvtSession) lastPaper(n zvtNumber, info bool) (zvtPaper, bool, error) {
	if n.cycle > 0 {
		p, found, err := s.z.o.Book.Find(payment.ID{Lane: s.lane.ID, Till: n.id(s.z.o.Epoch)})
		if err != nil || found && (p.Busy() || p.State == payment.StateApproved) {
			return zvtPaper{}, false, err
		}
	}
	return s.z.newestPaper(s.lane.ID, func(p zvtPaper) bool {
		return p.number().after(n) && (p.Totals == nil || !info)
	})
}

// repeatPaper ends a 06 20 that is about a reversal or an end of day.
func (s *zvtSession) repeatPaper(ctx context.Context, p zvtPaper, m zvt.RepeatReceipt) error {
	service := m.Service.Or(0)
	prints := service&zvt.ServiceNoPrint == 0
	if p.Totals != nil {
		return s.reprint(ctx, prints, s.z.slip(p, payment.Payment{}), nil)
	}
	sale, found, err := s.z.o.Book.Find(payment.ID{Lane: s.lane.ID, Till: p.Sale})
	if err != nil || !found {
		s.lane.Log.Error("reversed sale not read", "payment", string(p.Sale), "error", err)
		return s.over(ctx, zvt.CodeSystem)
	}
	outcome := reversalOf(sale)
	if outcome == "" {
		return s.over(ctx, zvt.CodeWait)
	}
	if service&zvt.ServiceStatusInfo != 0 {
		if ended, err := s.repeatReversal(ctx, p, sale, outcome); err != nil || ended {
			return err
		}
	}
	return s.reprint(ctx, prints && outcome == payment.Reversed, s.z.slip(p, sale), tlvParameter(m.TLV))
}

// repeatReversal sends the 04 0F of a reversal once more. True means that the dialogue has ended with it.
func (s *zvtSession) repeatReversal(ctx context.Context, p zvtPaper, sale payment.Payment, o payment.Outcome) (bool, error) {
	if err := s.silence(ctx); err != nil {
		return true, err
	}
	code, text := s.z.reversal(zvtTelling{outcome: o, reference: payment.ShortCode(sale.Reference)})
	repeated := &zvtSale{id: p.Sale, number: p.number(), amount: sale.Charged()}
	repeated.request.Currency = s.currency()
	info := s.info(repeated, zvtTelling{at: p.At, reference: payment.ShortCode(sale.Reference)}, code, text)
	if original, ok := numberOf(s.z.o.Epoch, p.Sale); ok {
		info.Original = zvt.Some(zvt.Trace(original.trace))
	}
	answer, err := s.exchange(ctx, info, zvtGoods)
	switch {
	case err != nil:
		return true, err
	case answer == nil:
		s.owed = zvtOwed{p.Sale, o, sale.Charged()}
		return true, nil
	case positive(answer) && o == payment.Reversed:
		s.ask(payment.Confirm{ID: p.Sale, Outcome: o, OK: true})
	}
	return false, nil
}

// reversalOf is what became of a reversal; empty while that is not known yet. Cancelled means that it
// never began: nothing was given back.
func reversalOf(sale payment.Payment) payment.Outcome {
	switch {
	case sale.State == payment.StateReversed:
		return payment.Reversed
	case sale.State == payment.StateReversing, sale.State == payment.StateCapturing && sale.Wanted != "":
		return ""
	case sale.State == payment.StateAttention:
		return payment.Unknown
	}
	return payment.Cancelled
}

// currency is BMP 49 of a 04 0F to a command that cannot name one: of a till that does in others.
func (s *zvtSession) currency() zvt.Opt[zvt.Currency] {
	if !s.terms().Currency {
		return zvt.Opt[zvt.Currency]{}
	}
	return zvt.Some(s.z.numeric)
}

// reprint prints one receipt, if it is wanted, and ends the dialogue.
func (s *zvtSession) reprint(ctx context.Context, wanted bool, slip Slip, parameter []byte) error {
	if wanted {
		if err := s.print(ctx, slip, parameter, slip.Kind == SlipTotals); err != nil {
			return err
		}
	}
	return s.finish(ctx, zvt.Completion{})
}

// reprints is 06 12: the receipts between two numbers.
func (s *zvtSession) reprints(ctx context.Context, m zvt.Reprint) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	slips, err := s.z.slips(s.lane.ID, m)
	if err != nil {
		s.lane.Log.Error("receipts not read", "error", err)
		return s.over(ctx, zvt.CodeSystem)
	}
	if len(slips) == 0 {
		return s.over(ctx, zvt.CodeNotPossible)
	}
	for _, slip := range slips {
		if err := s.print(ctx, slip, nil, slip.Kind == SlipTotals); err != nil {
			return err
		}
	}
	return s.finish(ctx, zvt.Completion{})
}

// slips are the receipts that a 06 12 asks for, in the order of their numbers.
func (z *ZVT) slips(lane payment.LaneID, m zvt.Reprint) ([]Slip, error) {
	var all []Slip
	from := m.From.Or(0)
	for r := max(from, 1); r <= m.To.Or(from) && r-from < maxReprintSpan && len(all) < maxReprints; r++ {
		slip, found, err := z.slipOf(lane, r)
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, slip)
		}
	}
	return all, nil
}

// slipOf is the newest receipt with a number. One of a sale that the till has not acknowledged is none yet, and one of a
// sale that goes back is none until that is settled.
func (z *ZVT) slipOf(lane payment.LaneID, r zvt.Receipt) (Slip, bool, error) {
	p, n, sold, err := z.byReceipt(lane, r)
	if err != nil {
		return Slip{}, false, err
	}
	paper, kept, err := z.newestPaper(lane, func(p zvtPaper) bool { return p.number().receipt() == r })
	if err != nil {
		return Slip{}, false, err
	}
	if kept && (!sold || paper.number().after(n)) {
		if paper.Totals != nil {
			return z.slip(paper, payment.Payment{}), true, nil
		}
		sale, found, err := z.o.Book.Find(payment.ID{Lane: lane, Till: paper.Sale})
		return z.slip(paper, sale), found && sale.State == payment.StateReversed, err
	}
	reversed := p.Acknowledged == payment.Reversed && (p.Why == payment.WhyReversal || p.Capture.Planned())
	took := sold && !p.Returning() && (p.Acknowledged == payment.Approved || reversed)
	return Slip{
		Kind: SlipSale, At: p.ResultAt, Trace: n.trace, Receipt: int(n.receipt()), Amount: p.Charged(),
		Reference: payment.ShortCode(p.Reference),
	}, took, nil
}
