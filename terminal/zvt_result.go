// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// zvtAgain is how long to wait before a 04 0F is repeated after 84 9C.
	zvtAgain = 2 * time.Second
	// zvtRepeats is how often that happens for a till that did not say (BMP 02): as long as zvtGoods.
	zvtRepeats = byte(zvtGoods / zvtAgain)
	// zvtReversal is how long a give-back may take before the till is told that it is not clear. A till
	// without 04 FF waits 180 s.
	zvtReversal = 120 * time.Second
	// codePassword refuses a wrong password (card complete).
	codePassword zvt.Code = 0x37
	// codeReceiver means: not ready (ZVT PA00P015, A0).
	codeReceiver zvt.Code = 0xa0
	zvtCardName           = "Klarna"
)

// zvtTelling is a result, or the update that took its place. Its outcome is empty while the sale runs or goes back.
type zvtTelling struct {
	id        payment.TillID
	outcome   payment.Outcome
	reason    payment.Reason
	at        time.Time
	reference string
}

func tellingOf(w payment.Word) zvtTelling {
	switch w := w.(type) {
	case payment.Result:
		return zvtTelling{w.ID, w.Outcome, w.Reason, w.At, w.Reference}.back(w.GivenBack, w.Returning)
	case payment.Update:
		return zvtTelling{w.ID, w.Outcome, w.Reason, w.At, w.Reference}.back(w.GivenBack, w.Returning)
	case nil, payment.Accepted, payment.Display, payment.Progress, payment.AskHere, payment.Cancelling, payment.Recorded,
		payment.Refusal, payment.LaneState, payment.Forgotten, payment.Refunded:
	}
	return zvtTelling{outcome: payment.Unknown, reason: payment.ReasonNoAnswer}
}

// back is what is left of an approval that was given back, or that somebody gives back.
func (t zvtTelling) back(given, returning bool) zvtTelling {
	switch {
	case given:
		t.outcome, t.reason = payment.Reversed, payment.ReasonGivenBack
	case returning:
		t.outcome, t.reason = "", payment.ReasonGivingBack
	}
	return t
}

// result tells a till what became of its 06 01, and takes its answer for what it says.
func (s *zvtSession) result(ctx context.Context, sale *zvtSale, t zvtTelling) error {
	switch t.outcome { //nolint:exhaustive // the others are told below
	case payment.Approved:
		return s.paid(ctx, sale, t)
	case "": // what it goes on with goes back
		return s.fail(ctx, sale, zvt.CodeDialUp, s.z.either("WIRD STORNIERT - WARE BEHALTEN", "BEING REVERSED - KEEP THE GOODS"))
	}
	if t.outcome == payment.Unknown { // nobody will wait for it here: money that turns up later goes back
		s.ask(payment.Cancel{ID: sale.id})
		if _, err := s.recorded(ctx, func(w payment.Word) bool { // on disk before the till hears of it
			c, cancelling := w.(payment.Cancelling)
			return cancelling && c.ID == sale.id || concludes(w, sale.id)
		}); err != nil {
			return err
		}
	}
	code, text := s.z.outcome(t)
	settled, err := s.settle(ctx, zvtAnswer)
	if err != nil {
		return err
	}
	if settled {
		s.z.telling(s)
		info := s.info(sale, t, code, text)
		answer, err := s.exchange(ctx, info, zvtAnswer)
		if err != nil {
			return err
		}
		if positive(answer) {
			s.ask(payment.Confirm{ID: sale.id, Outcome: t.outcome, OK: true})
		}
	}
	return s.over(ctx, code)
}

// info is the 04 0F of a sale, within what every till takes: no container, and the fields of the table.
func (s *zvtSession) info(sale *zvtSale, t zvtTelling, code zvt.Code, text string) zvt.StatusInfo {
	i := zvt.StatusInfo{
		Result: code, TerminalID: s.z.o.TerminalID, Text: text,
		CardType: zvt.Some(s.z.o.CardType), CardName: zvtCardName,
	}
	if sale.amount.Minor > 0 {
		i.Amount = zvt.Some(zvt.Amount(sale.amount.Minor))
	}
	if sale.number.trace > 0 {
		i.Trace = zvt.Some(zvt.Trace(sale.number.trace))
	}
	if sale.request.Currency.Set {
		i.Currency = sale.request.Currency
	}
	if !t.at.IsZero() {
		clock, date := zvt.Stamp(t.at.Local())
		i.Time, i.Date = zvt.Some(clock), zvt.Some(date)
	}
	if code != zvt.CodeOK {
		return i
	}
	i.Type, i.AID = zvt.Some(zvt.TypeNoSignature), t.reference
	if sale.number.trace > 0 {
		i.Receipt = zvt.Some(sale.number.receipt())
	}
	return i
}

// paid tells an approval. The answer to it decides about the money, so nothing else may be on its way to
// us when it leaves.
func (s *zvtSession) paid(ctx context.Context, sale *zvtSale, t zvtTelling) error {
	settled, err := s.settle(ctx, zvtGoods)
	if err == nil && settled {
		err = s.silence(ctx)
	}
	if err != nil || !settled {
		return err // not told: it stays offered
	}
	s.z.telling(s)
	code, text := s.z.outcome(t)
	info := s.info(sale, t, code, text)
	patience := zvtGoods
	if seconds := sale.request.Timeout; seconds.Set && seconds.Value > 0 {
		patience = time.Duration(seconds.Value) * time.Second
	}
	for left := int(sale.request.MaxInfos.Or(zvtRepeats)); ; left-- {
		answer, err := s.exchange(ctx, info, patience)
		if err != nil {
			return s.lostBefore(sale, err)
		}
		refused, no := answer.(zvt.Refused)
		switch {
		case answer == nil:
			s.owed = zvtOwed{sale.id, payment.Approved, sale.amount}
			return s.lostBefore(sale, nil)
		case !no:
			return s.delivered(ctx, sale, t)
		case sale.issued(refused):
			return s.delivered(ctx, sale, t)
		case refused.Code == zvt.CodePartialIssue || refused.Code == zvt.CodePrinter && left <= 0:
			s.lane.Log.Warn("till neither took nor refused a paid sale; staff must decide",
				"payment", string(sale.id), "answer", refused.Code.String())
			return s.over(ctx, zvt.CodeDialUp)
		case refused.Code != zvt.CodeWait && refused.Code != zvt.CodePrinter:
			return s.takeBack(ctx, sale, false)
		case left <= 0:
			return s.takeBack(ctx, sale, true)
		}
		if err := s.pass(ctx, zvtAgain); err != nil {
			return err
		}
	}
}

// pass lets time go by in the middle of a dialogue.
func (s *zvtSession) pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		e, err := s.wait(ctx, timer.C)
		if err != nil || e.late {
			return err
		}
		if e.message == nil || e.message.Command().Answer() {
			continue
		}
		if err := s.between(ctx, e.message, zvt.Refused{Code: zvt.CodeNotPossible}); err != nil {
			return err
		}
	}
}

// delivered: the till has it. From here on the sale stands whatever happens to the link.
func (s *zvtSession) delivered(ctx context.Context, sale *zvtSale, t zvtTelling) error {
	if ok, err := s.confirmed(ctx, sale.taken()); err != nil || !ok {
		return s.otherwise(ctx, sale, err)
	}
	if err := s.print(ctx, sale.slip(SlipSale, t), sale.parameter(), false); err != nil {
		return err
	}
	return s.finish(ctx, zvt.Completion{})
}

// otherwise ends a dialogue about a sale that was settled in another way while its till was silent: what the till made
// of it is not what is charged.
func (s *zvtSession) otherwise(ctx context.Context, sale *zvtSale, err error) error {
	if err != nil {
		return err
	}
	s.lane.Log.Warn("a till's answer came after the sale was settled in another way", "payment", string(sale.id))
	return s.over(ctx, zvt.CodeDialUp)
}

// issued makes a sale one of the part that the till has issued goods for. False means that it did not say
// so, or named something else than a part: then a person must decide.
func (sale *zvtSale) issued(answer zvt.Refused) bool {
	part := answer.Amount.Value
	if answer.Code != zvt.CodePartialIssue || part == 0 || part > zvt.Amount(sale.amount.Minor) {
		return false
	}
	sale.amount.Minor, sale.part = int64(part), true
	return true
}

// taken is the acknowledgement of a sale, or of a part of it.
func (sale *zvtSale) taken() payment.Confirm {
	c := payment.Confirm{ID: sale.id, Outcome: payment.Approved, OK: true}
	if sale.part {
		c.Issued = sale.amount
	}
	return c
}

func (sale *zvtSale) parameter() []byte {
	if sale.request.TLV == nil {
		return nil
	}
	return sale.request.TLV.ReceiptParameter
}

func (sale *zvtSale) slip(kind SlipKind, t zvtTelling) Slip {
	return Slip{
		Kind: kind, At: t.at, Trace: sale.number.trace, Receipt: int(sale.number.receipt()),
		Amount: sale.amount, Reference: t.reference,
	}
}

// takeBack is the till's explicit no. It hears 6C only once the money is on its way back for good.
func (s *zvtSession) takeBack(ctx context.Context, sale *zvtSale, informed bool) error {
	s.ask(payment.Confirm{ID: sale.id, Outcome: payment.Approved})
	t, err := s.back(ctx, sale.id)
	if err != nil {
		return err
	}
	code := zvt.CodeDialUp // not known yet, never a no that may not be true
	if t.outcome == payment.Reversed {
		code = zvt.CodeAborted
	}
	settled, err := s.settle(ctx, zvtAnswer)
	if err != nil {
		return err
	}
	if informed && settled {
		_, text := s.z.outcome(t)
		if _, err := s.exchange(ctx, s.info(sale, t, code, text), zvtAnswer); err != nil {
			return err
		}
	}
	return s.over(ctx, code)
}

// back waits for a give-back to be done. Its outcome is unknown if that takes too long.
func (s *zvtSession) back(ctx context.Context, id payment.TillID) (zvtTelling, error) {
	timer := time.NewTimer(zvtReversal)
	defer timer.Stop()
	word, err := s.await(ctx, &zvtWait{
		id: id, phase: payment.PhaseCancelling, until: timer.C,
		take: func(w payment.Word) bool {
			outcome := tellingOf(w).outcome
			return concludes(w, id) && outcome != payment.Approved && outcome != ""
		},
	})
	return tellingOf(word), err
}

// lateAnswer takes an answer that comes while nothing is going on. Only one thing of ours can have been
// left unanswered, so that a late yes is still a yes.
func (s *zvtSession) lateAnswer(ctx context.Context, answer zvt.Message) error {
	owed := s.owed
	s.owed, s.straggler = zvtOwed{}, time.Time{}
	refused, no := answer.(zvt.Refused)
	sale := &zvtSale{id: owed.id, amount: owed.amount}
	switch {
	case owed.id == "" || owed.outcome != payment.Approved:
		return nil
	case !no || sale.issued(refused):
		if ok, err := s.confirmed(ctx, sale.taken()); err != nil || !ok {
			return s.otherwise(ctx, sale, err)
		}
		return s.finish(ctx, zvt.Completion{})
	case refused.Code == zvt.CodeWait || refused.Code == zvt.CodePartialIssue || refused.Code == zvt.CodePrinter:
		return nil
	}
	return s.takeBack(ctx, sale, false)
}
