// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/http"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// luckOf draws what a try of c will meet at Klarna.
func (n *net) luckOf(c engine.Call) luck {
	p := n.plans[c.Payment.Reference]
	if p == nil {
		p = &plan{n.drawLuck()}
		n.plans[c.Payment.Reference] = p
	}
	if n.w.policy.ForgetNegatives && n.w.strikes(Forgetful) {
		again := n.drawLuck()
		again.wrong, again.life = p.wrong, p.life
		p.luck = again
	}
	l := p.luck
	if l.finalize == sandbox.FinalizeStepUp && c.Payment.Round > 1 && n.w.flip() {
		l.finalize = sandbox.FinalizeApproved
	}
	return l
}

func (n *net) drawLuck() luck {
	w := n.w
	l := luck{first: sandbox.FirstStepUp, finalize: sandbox.FinalizeApproved, life: requestLife}
	switch {
	case w.strikes(FirstApproved):
		l.first = sandbox.FirstApproved
	case w.strikes(FirstDeclined):
		l.first = sandbox.FirstDeclined
	}
	switch {
	case w.strikes(FinalizeDeclined):
		l.finalize = sandbox.FinalizeDeclined
	case w.strikes(FinalizeStepsUp):
		l.finalize = sandbox.FinalizeStepUp
	}
	l.wrong, l.token = w.strikes(WrongAmount), w.tokens.luck()
	if w.strikes(ShortExpiry) {
		l.life = 15 * time.Minute
	}
	return l
}

// execute is Klarna doing what a flight asks.
func (n *net) execute(f *flight) engine.Answer {
	c := f.call
	r := sandbox.Request{Key: string(c.Intent.Key), Hash: hashOf(c.Body)}
	s, _ := readSale(c.Body)
	tx := string(c.Payment.Transaction.ID)
	switch c.Intent.Write {
	case payment.WriteAuthorize:
		n.klarna.SetBehaviour(sandbox.Behaviour{First: f.luck.first, Token: f.luck.token})
		if f.luck.wrong {
			s.amount += 100
		}
		r.Call = sandbox.Authorize{Purchase: s.purchase(f.luck.life), CustomerToken: string(c.Customer.Sealed)}
	case payment.WriteFinalize:
		_ = n.klarna.Decide(string(c.Payment.Request.ID), f.luck.finalize) // a request that is gone decides by itself
		r.Call = sandbox.Authorize{Purchase: s.purchase(f.luck.life), NetworkToken: c.Token.Reveal()}
	case payment.WriteCapture:
		r.Call = sandbox.Take{ID: tx, Amount: readAmount(c.Body), Reference: c.Payment.Reference}
	case payment.WriteVoid:
		r.Call = sandbox.Void{ID: tx}
	case payment.WriteRelease:
		r.Call = sandbox.Void{ID: tx}
		if c.Payment.CaptureNow {
			r.Call = sandbox.GiveBack{ID: tx, Capture: c.Payment.CaptureID, Amount: readAmount(c.Body)}
		}
	case payment.WriteRefund:
		r.Call = sandbox.GiveBack{ID: tx, Capture: c.Payment.CaptureID, Amount: readAmount(c.Body), Reference: c.Payment.Reference}
	}
	a := n.klarna.Do(n.w.time(), r)
	n.aged(tx, a)
	n.w.oracle.executed(f, a)
	n.greet(a)
	return n.judge(f, a)
}

// aged counts the calls that Klarna refused because it had closed a sale of which the shop has money.
func (n *net) aged(tx string, a sandbox.Answer) {
	if a.Problem == nil || tx == "" {
		return
	}
	if t := n.transaction(tx); t != nil && t.State == sandbox.TransactionClosed && t.Captured > t.Refunded {
		n.w.count[ClosesEarly]++
	}
}

// transaction is what Klarna holds under an id, or nil.
func (n *net) transaction(id string) *sandbox.Transaction {
	return n.klarna.Do(n.w.time(), sandbox.Request{Call: sandbox.ReadTransaction{ID: id}}).Transaction
}

// stateOf is the state of a transaction; one that is not there has none.
func (n *net) stateOf(id string) sandbox.TransactionState {
	if t := n.transaction(id); t != nil {
		return t.State
	}
	return ""
}

// greet plans the customer of a payment request that has just been made.
func (n *net) greet(a sandbox.Answer) {
	if a.Authorization == nil || a.Authorization.Request == nil {
		return
	}
	r := *a.Authorization.Request
	if !n.seen[r.ID] {
		n.seen[r.ID] = true
		if !n.w.manual {
			n.customer(r)
		}
	}
}

// judge reads an answer as the client does.
func (n *net) judge(f *flight, a sandbox.Answer) engine.Answer {
	switch {
	case a.Status == http.StatusTooManyRequests:
		return engine.NotExecuted{}
	case a.Status == http.StatusConflict, a.Status >= 500:
		return engine.Unclear{}
	case a.Problem != nil:
		return engine.Refused{Code: a.Problem.Code}
	case a.Capture != nil:
		return engine.Done{CaptureID: a.Capture.ID}
	case a.Refund != nil:
		return engine.Done{RefundID: a.Refund.ID}
	case a.Authorization == nil:
		return engine.Done{}
	}
	switch a.Authorization.Result {
	case sandbox.ResultApproved:
		t := a.Authorization.Transaction
		if f.call.Intent.Write == payment.WriteFinalize && f.luck.wrong {
			t.Amount += 100 // only in what we hear
		}
		return engine.Approved{Transaction: payment.Transaction{
			ID: payment.TransactionID(t.ID), Reference: t.Reference,
			Amount:   payment.Amount{Minor: t.Amount, Currency: payment.Currency(t.Currency)},
			Captured: f.call.Payment.CaptureNow,
		}, CaptureID: onlyCapture(t), Customer: n.w.tokens.answered(f, a.Authorization.Token)}
	case sandbox.ResultStepUp:
		r := a.Authorization.Request
		return engine.StepUp{
			Request: payment.Request{ID: payment.RequestID(r.ID), URL: r.TargetURL, ExpiresAt: r.ExpiresAt},
			Amount:  payment.Amount{Minor: r.Amount, Currency: payment.Currency(r.Currency)},
		}
	case sandbox.ResultDeclined:
		return engine.Declined{}
	}
	return engine.Unclear{}
}

// onlyCapture is the name of the capture of t, if there is exactly one.
func onlyCapture(t *sandbox.Transaction) string {
	if len(t.Captures) != 1 {
		return ""
	}
	return t.Captures[0].ID
}

// read is one read of a payment request.
func (n *net) read(a engine.ReadRequest) {
	w := n.w
	if w.manual {
		n.held = append(n.held, held{gen: w.proc.gen, read: &a})
		return
	}
	tell := func(d time.Duration, r engine.Reading) {
		n.later(d, engine.RequestRead{ID: a.ID, Request: a.Request, Reading: r})
	}
	switch {
	case n.down():
		tell(n.quick(), engine.Reading{})
		return
	case w.strikes(ReadFails):
		tell(w.upTo(readLimit), engine.Reading{Slow: w.rng.IntN(4) == 0})
		return
	}
	gen := w.proc.gen
	w.after(n.quick()/2, func() {
		answer := n.klarna.Do(w.time(), sandbox.Request{Call: sandbox.Read{ID: string(a.Request)}})
		if w.proc.gen != gen {
			return
		}
		back := n.quick() / 2
		if w.strikes(AnswerLate) {
			back = w.upTo(readLimit - time.Second)
		}
		r := reading(answer)
		if answer.Request != nil {
			r.Customer = w.tokens.sealed(answer.Request.Customer)
		}
		completed := r.Status == payment.RequestCompleted
		if n.gone[a.Request] = n.gone[a.Request] || completed && w.strikes(RequestGone); n.gone[a.Request] {
			r = engine.Reading{Status: payment.RequestGone}
		}
		w.say("read", a.ID.String(), string(r.Status))
		tell(back, r)
	})
}

func reading(a sandbox.Answer) engine.Reading {
	switch {
	case a.Status == http.StatusNotFound:
		return engine.Reading{Status: payment.RequestGone}
	case a.Request == nil:
		return engine.Reading{}
	}
	return engine.Reading{Status: requestStatus(a.Request.State), Token: secret.New(a.Request.Token)}
}

func requestStatus(s sandbox.State) payment.RequestStatus {
	switch s {
	case sandbox.StateSubmitted:
		return payment.RequestSubmitted
	case sandbox.StateInProgress:
		return payment.RequestInProgress
	case sandbox.StateCompleted:
		return payment.RequestCompleted
	case sandbox.StateExpired:
		return payment.RequestExpired
	case sandbox.StateCanceled:
		return payment.RequestCanceled
	case sandbox.StateDeclined:
		return payment.RequestDeclined
	}
	return ""
}

// remove is one delete of a payment request.
func (n *net) remove(a engine.CancelRequest) {
	w := n.w
	if w.manual {
		n.held = append(n.held, held{gen: w.proc.gen, remove: &a})
		return
	}
	tell := func(d time.Duration, c engine.Closing) {
		n.later(d, engine.RequestCancelled{ID: a.ID, Request: a.Request, Closing: c})
	}
	if n.down() {
		tell(n.quick(), engine.Closing{})
		return
	}
	reach, lost := n.quick()/2, w.strikes(CancelFails)
	if lost && w.flip() {
		tell(w.upTo(readLimit), engine.Closing{})
		return
	}
	if lost && w.flip() {
		reach = w.upTo(serverLimit)
	}
	if lost {
		tell(w.upTo(readLimit), engine.Closing{})
	}
	gen := w.proc.gen
	w.after(reach, func() {
		answer := n.klarna.Do(w.time(), sandbox.Request{Call: sandbox.Cancel{ID: string(a.Request)}})
		w.say("deleted", a.ID.String(), http.StatusText(answer.Status))
		if lost || w.proc.gen != gen {
			return
		}
		c := engine.Closing{Refused: true}
		if answer.Status == http.StatusOK {
			c = engine.Closing{Status: payment.RequestCanceled}
		}
		tell(n.quick()/2, c)
	})
}

// readTransaction is one read of a transaction. Money that was refunded in full counts as closed.
func (n *net) readTransaction(a engine.ReadTransaction) {
	w := n.w
	if w.manual {
		n.held = append(n.held, held{gen: w.proc.gen, holding: &a})
		return
	}
	if n.down() || w.strikes(ReadFails) {
		n.later(n.quick(), engine.TransactionRead{ID: a.ID})
		return
	}
	n.later(n.quick(), engine.TransactionRead{ID: a.ID, Holding: n.holding(a)})
}

func (n *net) holding(a engine.ReadTransaction) engine.Holding {
	var h engine.Holding
	if t := n.transaction(string(a.Transaction)); t != nil {
		if !n.w.uncounted {
			h.Refunded, h.Captured, h.Counted, h.Empty = t.Refunded, t.Captured, true, t.Captured <= t.Refunded
			h.CaptureID = onlyCapture(t)
		}
		switch t.State {
		case sandbox.TransactionAuthorized:
			h.Status = payment.TransactionAuthorized
		case sandbox.TransactionCompleted:
			h.Status = payment.TransactionCaptured
			if t.Refunded >= t.Amount {
				h.Status = payment.TransactionClosed
			}
		case sandbox.TransactionExpired, sandbox.TransactionClosed:
			h.Status = payment.TransactionClosed
		}
	}
	return h
}
