// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

// command carries out one command of the till. Everything that this terminal does not do is refused, as
// the paper demands.
func (s *zvtSession) command(ctx context.Context, m zvt.Message) error {
	if wrong := s.wrongPassword(m); wrong {
		return s.refuse(ctx, codePassword)
	}
	switch m := m.(type) {
	case zvt.Registration:
		return s.registration(ctx, m)
	case zvt.LogOff:
		return s.logOff(ctx)
	case zvt.StatusEnquiry:
		return s.enquiry(ctx, m)
	case zvt.Payment:
		return s.pay(ctx, m)
	case zvt.Abort:
		return s.abort(ctx)
	case zvt.Reversal:
		return s.reverse(ctx, m)
	case zvt.Refund:
		return s.refund(ctx)
	case zvt.RepeatReceipt:
		return s.repeat(ctx, m)
	case zvt.EndOfDay:
		return s.endOfDay(ctx)
	case zvt.Totals, zvt.PartialReconciliation:
		return s.totals(ctx)
	case zvt.Reprint:
		return s.reprints(ctx, m)
	default:
		return s.maintain(ctx, m)
	}
}

// maintain carries out what is only there because terminals have it.
func (s *zvtSession) maintain(ctx context.Context, m zvt.Message) error {
	switch m.(type) {
	case zvt.Diagnosis:
		return s.diagnose(ctx)
	case zvt.Reset:
		return s.reset(ctx)
	case zvt.Initialisation, zvt.SelfTest, zvt.SetTerminalClock, zvt.SoftwareUpdate:
		return s.done(ctx, zvt.Completion{})
	case zvt.PrintConfiguration:
		if err := s.accept(ctx); err != nil {
			return err
		}
		if err := s.print(ctx, Slip{Kind: SlipSetup, At: time.Now()}, nil, true); err != nil {
			return err
		}
		return s.finish(ctx, zvt.Completion{})
	case zvt.DisplayText:
		return s.accept(ctx)
	case zvt.BaudRate:
		if s.lane.Lasting { // the line's speed is the configuration's
			return s.refuse(ctx, zvt.CodeCommunication)
		}
		return s.accept(ctx)
	}
	return s.refuse(ctx, zvt.CodeNotPossible)
}

// done is for commands with which nothing happens.
func (s *zvtSession) done(ctx context.Context, c zvt.Message) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	return s.finish(ctx, c)
}

// wrongPassword: every password is right unless one is configured, because tills send all kinds.
func (s *zvtSession) wrongPassword(m zvt.Message) bool {
	if s.z.plain == "" {
		return false
	}
	wanted, err := zvt.NewPassword(s.z.plain)
	if err != nil {
		return true
	}
	given, has := passwordOf(m)
	return has && !given.Is(wanted)
}

func passwordOf(m zvt.Message) (zvt.Password, bool) {
	switch m := m.(type) {
	case zvt.Registration:
		return m.Password, true
	case zvt.StatusEnquiry:
		return m.Password, m.Password.Given()
	case zvt.Reversal:
		return m.Password, true
	case zvt.Refund:
		return m.Password, true
	case zvt.RepeatReceipt:
		return m.Password, true
	case zvt.Reprint:
		return m.Password, true
	case zvt.EndOfDay:
		return m.Password, true
	case zvt.Totals:
		return m.Password, true
	case zvt.PartialReconciliation:
		return m.Password, true
	case zvt.Initialisation:
		return m.Password, true
	case zvt.SetTerminalClock:
		return m.Password, true
	}
	return zvt.Password{}, false
}

// registration takes the till's wishes. They hold for this terminal until it logs off.
func (s *zvtSession) registration(ctx context.Context, m zvt.Registration) error {
	if m.Currency.Set && m.Currency.Value != s.z.numeric {
		return s.say(ctx, zvt.Refused{
			Code: zvt.CodeWrongCurrency, Detail: zvt.Some(zvt.CodeCurrency), Currency: zvt.Some(s.z.numeric),
		})
	}
	t := termsOf(m)
	if err := s.z.register(s.lane.ID, t); err != nil {
		remembered(s.lane.Log, "registration", err)
		return s.refuse(ctx, zvt.CodeSystem)
	}
	s.disconnect() // the next link is announced with the new manners
	c := zvt.Completion{Status: zvt.Some[byte](0), TerminalID: s.z.o.TerminalID, Currency: m.Currency}
	if m.TLV != nil {
		c.TLV = s.z.abilities(t)
	}
	return s.done(ctx, c)
}

// abilities is what a registration is answered with where the till takes containers.
func (z *ZVT) abilities(t zvtTerms) *zvt.Container {
	c := &zvt.Container{
		Columns: zvt.Some(uint8(min(t.Columns, 99))),
		Commands: []zvt.Command{
			zvt.CmdStatusEnquiry, zvt.CmdRegistration, zvt.CmdPayment, zvt.CmdLogOff, zvt.CmdTotals, zvt.CmdReprint, zvt.CmdReset,
			zvt.CmdPrintConfiguration, zvt.CmdRepeatReceipt, zvt.CmdReversal, zvt.CmdEndOfDay, zvt.CmdDiagnosis,
			zvt.CmdSelfTest, zvt.CmdInitialisation, zvt.CmdAbort, zvt.CmdDisplayText,
		},
	}
	if t.Agreed {
		c.CharacterSets = []byte{t.Charset}
	}
	return c
}

func (s *zvtSession) logOff(ctx context.Context) error {
	if err := s.z.register(s.lane.ID, unregistered()); err != nil {
		remembered(s.lane.Log, "registration", err)
		return s.refuse(ctx, zvt.CodeSystem)
	}
	s.disconnect()
	return s.accept(ctx)
}

// enquiry says whether a payment could begin now.
func (s *zvtSession) enquiry(ctx context.Context, m zvt.StatusEnquiry) error {
	r := zvt.StatusReport{Status: zvt.CodeOK, Version: s.z.o.Software}
	if m.Service.Or(0)&zvt.ServiceNoVersion != 0 {
		r.Version = ""
	}
	if s.occupied() {
		r.Status = zvt.CodeWait
	}
	return s.done(ctx, r)
}

// abort comes while this link has nothing running. A till that opens a connection for every command means
// the payment on the other one.
func (s *zvtSession) abort(ctx context.Context) error {
	id, told := s.z.elsewhere(s)
	if told {
		return s.refuse(ctx, zvt.CodeNotPossible)
	}
	if id != "" {
		s.ask(payment.Cancel{ID: id})
	}
	return s.accept(ctx)
}

// refund is 06 31, which names no payment.
func (s *zvtSession) refund(ctx context.Context) error {
	return s.fail(ctx, &zvtSale{}, zvt.CodeNotPossible, s.z.either("STORNO MIT BELEGNUMMER", "REVERSE BY RECEIPT NUMBER"))
}

// diagnose says whether Klarna can be reached.
func (s *zvtSession) diagnose(ctx context.Context) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	if !s.reaches(ctx) {
		return s.over(ctx, zvt.CodeNoConnection)
	}
	s.ask(payment.Look{})
	word, err := s.recorded(ctx, func(w payment.Word) bool {
		_, state := w.(payment.LaneState)
		return state
	})
	if err != nil {
		return err
	}
	if state, ok := word.(payment.LaneState); !ok || state.State == payment.LaneOffline {
		return s.over(ctx, zvt.CodeNoConnection)
	}
	return s.finish(ctx, zvt.Completion{})
}

// repeat is 06 20: the last receipt, and with the service bit the last 04 0F. A till that answers that one
// well has the result.
func (s *zvtSession) repeat(ctx context.Context, m zvt.RepeatReceipt) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	n, err := s.z.newest(s.lane.ID)
	if err != nil {
		s.lane.Log.Error("last payment not found", "error", err)
		return s.over(ctx, zvt.CodeSystem)
	}
	service := m.Service.Or(0)
	paper, newer, err := s.lastPaper(n, service&zvt.ServiceStatusInfo != 0)
	switch {
	case err != nil:
		s.lane.Log.Error("last receipt not found", "error", err)
		return s.over(ctx, zvt.CodeSystem)
	case newer:
		return s.repeatPaper(ctx, paper, m)
	case n.cycle == 0:
		return s.over(ctx, zvt.CodeNotPossible)
	}
	id := n.id(s.z.o.Epoch)
	if s.z.owned(id) {
		return s.over(ctx, zvt.CodeWait)
	}
	t, amount, err := s.standing(ctx, id)
	if err != nil {
		return err
	}
	if t.outcome == "" {
		s.z.asks(id)
		return s.over(ctx, zvt.CodeWait)
	}
	sale := &zvtSale{id: id, number: n, amount: amount}
	sale.request.Currency = s.currency()
	if service&zvt.ServiceStatusInfo != 0 {
		if ended, err := s.again(ctx, sale, t); err != nil || ended {
			return err
		}
	}
	if t.outcome == payment.Approved && service&zvt.ServiceNoPrint == 0 {
		if err := s.print(ctx, sale.slip(SlipSale, t), tlvParameter(m.TLV), false); err != nil {
			return err
		}
	}
	return s.finish(ctx, zvt.Completion{})
}

func tlvParameter(c *zvt.Container) []byte {
	if c == nil {
		return nil
	}
	return c.ReceiptParameter
}

// standing asks the engine how a payment stands, which offers an approval that was not yet. An empty
// outcome means that it still runs, or goes back.
func (s *zvtSession) standing(ctx context.Context, id payment.TillID) (zvtTelling, payment.Amount, error) {
	s.ask(payment.Status{ID: id})
	word, err := s.recorded(ctx, func(w payment.Word) bool {
		p, running := w.(payment.Progress)
		return concludes(w, id) || running && p.ID == id
	})
	if err != nil {
		return zvtTelling{}, payment.Amount{}, err
	}
	if _, refused := word.(payment.Refusal); refused || !concludes(word, id) {
		return zvtTelling{}, payment.Amount{}, nil
	}
	t := tellingOf(word)
	p, found, err := s.z.o.Book.Find(payment.ID{Lane: s.lane.ID, Till: id})
	if err != nil || !found {
		s.lane.Log.Error("payment not read", "payment", string(id), "error", err)
		return zvtTelling{}, payment.Amount{}, nil
	}
	return t, p.Charged(), nil
}

// again sends the last 04 0F once more. True means that the dialogue has ended with it.
func (s *zvtSession) again(ctx context.Context, sale *zvtSale, t zvtTelling) (bool, error) {
	if err := s.silence(ctx); err != nil {
		return true, err
	}
	code, text := s.z.outcome(t)
	answer, err := s.exchange(ctx, s.info(sale, t, code, text), zvtGoods)
	if err != nil {
		return true, err
	}
	refused, no := answer.(zvt.Refused)
	switch {
	case answer == nil:
		s.owed = zvtOwed{sale.id, t.outcome, sale.amount}
		return true, nil
	case positive(answer):
		return s.takes(ctx, sale, payment.Confirm{ID: sale.id, Outcome: t.outcome, OK: true})
	case !no || t.outcome != payment.Approved || s.z.stands(s.lane, sale.id):
		return false, nil
	case sale.issued(refused):
		return s.takes(ctx, sale, sale.taken())
	}
	switch refused.Code { //nolint:exhaustive // any other code is a no
	case zvt.CodeWait, zvt.CodePartialIssue, zvt.CodePrinter:
		return true, s.over(ctx, zvt.CodeDialUp)
	}
	return true, s.takeBack(ctx, sale, false)
}

// takes tells the engine that the till has taken a repeated 04 0F. True means that the dialogue has ended with it: a yes is
// not taken where the sale was settled in another way meanwhile.
func (s *zvtSession) takes(ctx context.Context, sale *zvtSale, c payment.Confirm) (bool, error) {
	ok, err := s.confirmed(ctx, c)
	if err != nil || ok || c.Outcome != payment.Approved {
		return false, err
	}
	return true, s.otherwise(ctx, sale, nil)
}

// stands reports whether an approval was acknowledged before: then a no to its repetition only means that
// the till does not want to see it again. One that goes back, or went, does not stand.
func (z *ZVT) stands(lane *Lane, id payment.TillID) bool {
	p, found, err := z.o.Book.Find(payment.ID{Lane: lane.ID, Till: id})
	return err != nil || !found || p.State != payment.StateApproved && p.State != payment.StateReversed && !p.Returning()
}
