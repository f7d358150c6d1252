// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"slices"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// zvtGoods is how long a till may take to answer a paid 04 0F if it did not say (BMP 01).
	zvtGoods = 30 * time.Second
	// zvtClear is how long a new payment waits for an abandoned one to end.
	zvtClear = 15 * time.Second
	// usesReadCard is the bit of BMP 19 that wants a card booked that was read before.
	usesReadCard = 0x02
)

// zvtSale is one 06 01.
type zvtSale struct {
	request zvt.Payment
	id      payment.TillID
	number  zvtNumber
	amount  payment.Amount
	part    bool // amount is what the till issued of it
	// accepted: the 80 00 00 has left.
	accepted bool
}

// pay carries out 06 01.
func (s *zvtSession) pay(ctx context.Context, m zvt.Payment) error {
	if m.CardData || m.Type.Or(0)&usesReadCard != 0 || m.TLV != nil && m.TLV.CardData {
		return s.refuse(ctx, zvt.CodeNotPossible) // a card is to be booked without its holder
	}
	sale := &zvtSale{request: m}
	sale.amount = payment.Amount{Minor: int64(m.Amount.Value), Currency: s.z.o.Currency}
	if !s.z.begin(s) {
		return s.occupiedFor(ctx, sale)
	}
	defer s.z.end(s)
	free, err := s.clear(ctx, sale)
	if err != nil || !free {
		return err
	}
	return s.sell(ctx, sale)
}

// unfit says what is wrong with a request before anybody else is asked.
func (z *ZVT) unfit(m zvt.Payment) (zvt.Code, bool) {
	switch {
	case !m.Amount.Set:
		return zvt.CodeProtocol, true
	case m.Currency.Set && m.Currency.Value != z.numeric:
		return zvt.CodeCurrency, true
	case m.Amount.Value == 0:
		return zvt.CodeAmountTooSmall, true
	case m.Amount.Value > payment.MaxMinor, z.o.MaxMinor > 0 && int64(m.Amount.Value) > z.o.MaxMinor:
		return zvt.CodeAmountTooLarge, true
	}
	return zvt.CodeOK, false
}

// sell asks for the payment and ends it with what becomes of it.
func (s *zvtSession) sell(ctx context.Context, sale *zvtSale) error {
	var err error
	if sale.id, err = s.name(sale); err != nil {
		return s.broken(ctx, sale, err)
	}
	s.z.runs(s, sale.id)
	order := payment.Order{Amount: sale.amount}
	if !s.terms().wants04FF() {
		order.Timeout = s.z.wishes().DeadlineWithoutStatus
	}
	s.ask(payment.Pay{ID: sale.id, Order: order})
	soon := time.NewTimer(zvtRecorded)
	defer soon.Stop()
	word, err := s.await(ctx, &zvtWait{
		id: sale.id, quiet: true, abortable: true, until: soon.C, take: func(w payment.Word) bool { return begins(w, sale.id) },
	})
	if err != nil {
		return s.lostBefore(sale, err)
	}
	if refusal, ok := word.(payment.Refusal); ok {
		return s.refused(ctx, sale, refusal)
	}
	if err = s.admit(ctx, sale); err != nil {
		return s.lostBefore(sale, err)
	}
	if !concludes(word, sale.id) {
		wait := &zvtWait{id: sale.id, phase: payment.PhaseCreating, abortable: true, take: func(w payment.Word) bool { return concludes(w, sale.id) }}
		if word, err = s.await(ctx, wait); err != nil {
			return s.lostBefore(sale, err)
		}
	}
	if refusal, ok := word.(payment.Refusal); ok {
		return s.refused(ctx, sale, refusal)
	}
	return s.result(ctx, sale, tellingOf(word))
}

// name chooses the payment's name: a new one, or that of the payment to go on with.
func (s *zvtSession) name(sale *zvtSale) (payment.TillID, error) {
	if id, ok := s.z.attachable(s.lane.ID, sale.amount, time.Now()); ok {
		sale.number, _ = numberOf(s.z.o.Epoch, id)
		return id, nil
	}
	n, err := s.z.draw(s.lane.ID, false)
	sale.number = n
	return n.id(s.z.o.Epoch), err
}

// begins reports whether a word is the engine's first about a payment.
func begins(w payment.Word, id payment.TillID) bool {
	switch w := w.(type) {
	case payment.Accepted:
		return w.ID == id
	case payment.Progress:
		return w.ID == id
	case payment.Cancelling:
		return w.ID == id
	case payment.Refusal:
		return w.ID == id
	case payment.Result, payment.Update:
		return concludes(w, id)
	case payment.Display, payment.AskHere, payment.Recorded, payment.LaneState, payment.Forgotten,
		payment.Refunded:
	}
	return false
}

// concludes reports whether a word ends a payment's 06 01.
func concludes(w payment.Word, id payment.TillID) bool {
	switch w := w.(type) {
	case payment.Result:
		return w.ID == id
	case payment.Update:
		return w.ID == id
	case payment.Refusal:
		return w.ID == id
	case nil, payment.Accepted, payment.Display, payment.Progress, payment.AskHere, payment.Cancelling, payment.Recorded,
		payment.LaneState, payment.Forgotten, payment.Refunded:
	}
	return false
}

// admit says 80 00 00, once.
func (s *zvtSession) admit(ctx context.Context, sale *zvtSale) error {
	if sale.accepted {
		return nil
	}
	sale.accepted = true
	return s.accept(ctx)
}

// lostBefore notes a payment whose link ended before the till had any answer.
func (s *zvtSession) lostBefore(sale *zvtSale, err error) error {
	s.z.broke(zvtBroken{id: sale.id, amount: sale.amount, at: time.Now()})
	return err
}

// clear makes room for a new payment, or says why there is none. What the journal says decides: an
// approval that the till has not acknowledged keeps it from charging again.
func (s *zvtSession) clear(ctx context.Context, sale *zvtSale) (bool, error) {
	if sync := sale.request.TLV; sync != nil && sync.Sync.Set {
		if err := s.resync(ctx, sync.Sync.Value); err != nil {
			return false, err
		}
	}
	open, err := s.z.open(s.lane.ID)
	if err != nil {
		return false, s.broken(ctx, sale, err)
	}
	if id, ok := s.z.attachable(s.lane.ID, sale.amount, time.Now()); ok { // it is the sale itself
		open = slices.DeleteFunc(open, func(p payment.Payment) bool { return p.ID.Till == id })
	}
	if slices.ContainsFunc(open, s.z.owes) {
		return false, s.fail(ctx, sale, zvt.CodeWait, s.z.repeatFirst())
	}
	if code, bad := s.z.unfit(sale.request); bad {
		return false, s.fail(ctx, sale, code, "")
	}
	for _, p := range open {
		switch {
		case !p.Busy():
		case s.z.owned(p.ID.Till):
			return false, s.busy(ctx, sale)
		default:
			if free, err := s.abandon(ctx, sale, p.ID.Till); err != nil || !free {
				return false, err
			}
		}
	}
	return true, nil
}

// occupiedFor refuses a 06 01 while another link has a payment, or an approval that it was told.
func (s *zvtSession) occupiedFor(ctx context.Context, sale *zvtSale) error {
	if open, err := s.z.open(s.lane.ID); err == nil && slices.ContainsFunc(open, s.z.owes) {
		return s.fail(ctx, sale, zvt.CodeWait, s.z.repeatFirst())
	}
	return s.busy(ctx, sale)
}

// repeatFirst is what a cashier must do while an approval is not acknowledged.
func (z *ZVT) repeatFirst() string {
	return z.either("BITTE BELEG WIEDERHOLEN", "PLEASE REPEAT RECEIPT")
}

// owes reports whether the till must acknowledge an approval before it begins anything new.
func (z *ZVT) owes(p payment.Payment) bool {
	return p.State == payment.StateApproved && z.o.Repeat != RepeatNew && !z.listed(p, time.Now())
}

// open lists the lane's payments of this terminal that have something left to do.
func (z *ZVT) open(lane payment.LaneID) ([]payment.Payment, error) {
	all, err := z.o.Book.Unfinished()
	if err != nil {
		return nil, err
	}
	var ours []payment.Payment
	for _, p := range all {
		if _, named := numberOf(z.o.Epoch, p.ID.Till); named && p.ID.Lane == lane {
			ours = append(ours, p)
		}
	}
	return ours, nil
}

// listed reports whether an approval is old enough for staff to have it on their list.
func (z *ZVT) listed(p payment.Payment, now time.Time) bool {
	return !p.OfferedAt.IsZero() && now.Sub(p.OfferedAt) >= z.wishes().Listed
}

// abandon stops a payment that no link waits for any more: its till has begun a new one. Only a word of
// not-paid makes room.
func (s *zvtSession) abandon(ctx context.Context, sale *zvtSale, id payment.TillID) (bool, error) {
	if err := s.admit(ctx, sale); err != nil {
		return false, err
	}
	outcome, err := s.stop(ctx, id)
	switch {
	case err != nil:
		return false, err
	case unpaid(outcome):
		return true, nil
	case outcome == payment.Approved:
		return false, s.fail(ctx, sale, zvt.CodeWait, s.z.repeatFirst())
	}
	return false, s.busy(ctx, sale)
}

// resync obeys tag 1F1F about the last approval that was not acknowledged: the same number acknowledges
// it, one less says that it never arrived.
func (s *zvtSession) resync(ctx context.Context, sync zvt.Sync) error {
	if sync.NewTill {
		return nil
	}
	open, err := s.z.open(s.lane.ID)
	if err != nil {
		return nil //nolint:nilerr // clear asks again and reports it
	}
	for _, p := range open {
		n, _ := numberOf(s.z.o.Epoch, p.ID.Till)
		if !p.Undelivered() {
			continue
		}
		before := n.receipt() - 1
		if before == 0 {
			before = maxReceipt
		}
		switch sync.Receipt {
		case n.receipt():
			return s.confirm(ctx, payment.Confirm{ID: p.ID.Till, Outcome: payment.Approved, OK: true})
		case before:
			return s.confirm(ctx, payment.Confirm{ID: p.ID.Till, Outcome: payment.Approved})
		}
	}
	return nil
}

// refused ends a 06 01 that the engine did not take. Nothing happened.
func (s *zvtSession) refused(ctx context.Context, sale *zvtSale, r payment.Refusal) error {
	if r.Reason == payment.ReasonBusy {
		return s.busy(ctx, sale)
	}
	code, text := s.z.refusal(r.Reason)
	return s.fail(ctx, sale, code, text)
}

// busy is 80 00 00 and 06 1E 9C: every till ends at once. 84 9C would make one wait without end.
func (s *zvtSession) busy(ctx context.Context, sale *zvtSale) error {
	if err := s.admit(ctx, sale); err != nil {
		return err
	}
	return s.over(ctx, zvt.CodeWait)
}

// broken ends a 06 01 because of a mistake of ours, before anything was asked for.
func (s *zvtSession) broken(ctx context.Context, sale *zvtSale, err error) error {
	s.lane.Log.Error("payment not begun", "error", err)
	return s.fail(ctx, sale, zvt.CodeSystem, s.z.either("STOERUNG", "OUT OF ORDER"))
}

// fail ends a 06 01 for which nothing happened.
func (s *zvtSession) fail(ctx context.Context, sale *zvtSale, c zvt.Code, text string) error {
	if err := s.admit(ctx, sale); err != nil {
		return err
	}
	if text == "" {
		text = s.z.codeText(c)
	}
	if text != "" {
		settled, err := s.settle(ctx, zvtAnswer)
		if err != nil {
			return err
		}
		if settled {
			info := zvt.StatusInfo{Result: c, TerminalID: s.z.o.TerminalID, Text: text, CardType: zvt.Some(s.z.o.CardType), CardName: zvtCardName}
			if _, err := s.exchange(ctx, info, zvtAnswer); err != nil {
				return err
			}
		}
	}
	return s.over(ctx, c)
}

// over is 06 1E.
func (s *zvtSession) over(ctx context.Context, c zvt.Code) error {
	m := zvt.Aborted{Code: c}
	if c == zvt.CodeCurrency {
		m.Currency = zvt.Some(s.z.numeric)
	}
	return s.finish(ctx, m)
}
