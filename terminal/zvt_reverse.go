// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// reverse is 06 30: a whole sale is taken back by its receipt number.
func (s *zvtSession) reverse(ctx context.Context, m zvt.Reversal) error {
	if m.CardData || m.TLV != nil && m.TLV.CardData {
		return s.refuse(ctx, zvt.CodeNotPossible)
	}
	sale := &zvtSale{request: zvt.Payment{Currency: m.Currency, TLV: m.TLV}}
	p, original, found, err := s.z.byReceipt(s.lane.ID, m.Receipt.Or(0))
	if err != nil {
		return s.broken(ctx, sale, err)
	}
	if code, bad := s.z.irreversible(p, found, m); bad {
		return s.fail(ctx, sale, code, "")
	}
	if !s.z.begin(s) {
		return s.busy(ctx, sale)
	}
	defer s.z.end(s)
	if sale.number, err = s.z.draw(s.lane.ID, true); err != nil {
		return s.broken(ctx, sale, err)
	}
	sale.id, sale.amount = p.ID.Till, p.Charged()
	paper := zvtPaper{Cycle: sale.number.cycle, Trace: sale.number.trace, At: time.Now().Truncate(time.Second), Sale: sale.id}
	if !s.z.sit(ctx) {
		return s.busy(ctx, sale)
	}
	err = s.z.keep(s.lane.ID, paper)
	s.z.rise()
	if err != nil {
		return s.broken(ctx, sale, err)
	}
	if err = s.admit(ctx, sale); err != nil {
		return err
	}
	s.ask(payment.GiveBack{ID: p.ID.Till})
	t, err := s.back(ctx, p.ID.Till)
	if err != nil {
		return err
	}
	t.reference = payment.ShortCode(p.Reference)
	return s.reversed(ctx, sale, original, t)
}

// irreversible says why a sale cannot be taken back.
func (z *ZVT) irreversible(p payment.Payment, found bool, m zvt.Reversal) (zvt.Code, bool) {
	switch {
	case !found:
		return zvt.CodeNoReversal, true
	case m.Currency.Set && m.Currency.Value != z.numeric:
		return zvt.CodeCurrency, true
	case p.State == payment.StateReversed:
		return zvt.CodeReversed, true
	case p.Left() != p.Charged(): // in pieces already, over another way to this lane
		return zvt.CodeNoReversal, true
	case m.Amount.Set && (m.Amount.Value > math.MaxInt64 || int64(m.Amount.Value) != p.Charged().Minor):
		return zvt.CodeWrongAmount, true
	}
	switch p.State {
	case payment.StateApproved, payment.StateCapturing, payment.StateCaptured, payment.StateReversing:
		return zvt.CodeOK, false
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned,
		payment.StateAccepted, payment.StateFinalizing, payment.StateCancelling, payment.StateDeclined,
		payment.StateCancelled, payment.StateExpired, payment.StateFailed, payment.StateReversed, payment.StateAttention:
	}
	return zvt.CodeNoReversal, true
}

// reversed ends 06 30. What is not clear yet is not called done, and not refused either: the till may ask
// again.
func (s *zvtSession) reversed(ctx context.Context, sale *zvtSale, original zvtNumber, t zvtTelling) error {
	settled, err := s.settle(ctx, zvtAnswer)
	if err != nil {
		return err
	}
	if t.outcome != payment.Reversed {
		t.outcome = payment.Unknown
	}
	code, text := s.z.reversal(t)
	if settled {
		if err := s.silence(ctx); err != nil {
			return err
		}
		info := s.info(sale, t, code, text)
		info.Original = zvt.Some(zvt.Trace(original.trace))
		answer, err := s.exchange(ctx, info, zvtGoods)
		if err != nil {
			return err
		}
		if positive(answer) && code == zvt.CodeOK {
			s.ask(payment.Confirm{ID: sale.id, Outcome: payment.Reversed, OK: true})
		}
	}
	if code != zvt.CodeOK {
		return s.over(ctx, code)
	}
	if err := s.print(ctx, sale.slip(SlipReversal, t), sale.parameter(), false); err != nil {
		return err
	}
	return s.finish(ctx, zvt.Completion{})
}

// totals is 06 10, which leaves the figures as they are.
func (s *zvtSession) totals(ctx context.Context) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	sum, err := s.z.day(s.lane.ID)
	var n zvtNumber
	if err == nil {
		n, err = s.z.draw(s.lane.ID, true)
	}
	if err != nil {
		s.lane.Log.Error("totals not read", "error", err)
		return s.over(ctx, zvt.CodeEndOfDay)
	}
	answer, err := s.exchange(ctx, s.z.totalsInfo(sum, n, time.Now()), zvtGoods)
	if err != nil {
		return err
	}
	if !positive(answer) {
		return s.over(ctx, zvt.CodeEndOfDay)
	}
	return s.finish(ctx, zvt.Completion{})
}

// endOfDay is 06 50. The day is closed once the till has its figures.
func (s *zvtSession) endOfDay(ctx context.Context) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	if !s.z.sit(ctx) { // another link closes the day
		return s.over(ctx, zvt.CodeWait)
	}
	defer s.z.rise()
	p, again, err := s.z.closing(s.lane.ID, time.Now())
	if err != nil {
		s.lane.Log.Error("totals not read", "error", err)
		return s.over(ctx, zvt.CodeEndOfDay)
	}
	answer, err := s.exchange(ctx, s.z.totalsInfo(*p.Totals, p.number(), p.At), zvtGoods)
	if err != nil {
		return err
	}
	if !positive(answer) {
		return s.over(ctx, zvt.CodeEndOfDay)
	}
	if !again {
		if err := s.z.close(s.lane.ID, p); err != nil {
			s.lane.Log.Error("day not closed", "error", err)
			return s.over(ctx, zvt.CodeEndOfDay)
		}
	}
	if err := s.print(ctx, s.z.slip(p, payment.Payment{}), nil, true); err != nil {
		return err
	}
	return s.endDay(ctx, p)
}

// totalsInfo is the 04 0F of totals. Klarna is the seventh kind of card: others. The wire has no room for
// a negative sum, nor for more than 255 sales.
func (z *ZVT) totalsInfo(sum DayTotals, n zvtNumber, now time.Time) zvt.StatusInfo {
	left := zvt.Amount(max(sum.SaleSum-sum.BackSum, 0))
	clock, date := zvt.Stamp(now.Local())
	single := &zvt.SingleTotals{Other: zvt.Total{Count: byte(min(max(sum.Sales-sum.Backs, 0), math.MaxUint8)), Sum: left}}
	if first, ok := numberOf(z.o.Epoch, sum.First); ok {
		single.First = first.receipt()
	}
	if last, ok := numberOf(z.o.Epoch, sum.Last); ok {
		single.Last = last.receipt()
	}
	return zvt.StatusInfo{
		Result: zvt.CodeOK, Amount: zvt.Some(left), Trace: zvt.Some(zvt.Trace(n.trace)),
		Time: zvt.Some(clock), Date: zvt.Some(date), TerminalID: z.o.TerminalID, Totals: single,
	}
}

// day adds up the lane since its last close.
func (z *ZVT) day(lane payment.LaneID) (DayTotals, error) {
	after, err := z.closed(lane)
	if err != nil {
		return DayTotals{}, err
	}
	return z.o.Book.Totals(lane, after)
}

// closed is the record up to which the last close counted.
func (z *ZVT) closed(lane payment.LaneID) (uint64, error) {
	kept, found, err := z.o.Memory.Note(zvtNote(lane, "closed"))
	if err != nil || !found {
		return 0, err
	}
	n, err := strconv.ParseUint(string(kept), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("last close of %s: %w", lane, err)
	}
	return n, nil
}

// close begins a new day behind a paper. The paper is kept first: a day that was closed without it could
// not be told again.
func (z *ZVT) close(lane payment.LaneID, p zvtPaper) error {
	if err := z.keep(lane, p); err != nil {
		return err
	}
	return z.o.Memory.SetNote(zvtNote(lane, "closed"), strconv.AppendUint(nil, p.Totals.Through, 10))
}
