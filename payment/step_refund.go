// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"slices"
	"time"
)

// refundAsked takes a refund. It names its sale, which so is acknowledged. Where nothing was captured
// and nothing ever intended to be, the whole of it is the void of the sale; a part needs the capture
// first.
func (p Payment) refundAsked(e RefundAsked) (Payment, error) {
	if r, known := p.Refund(e.ID); known {
		if r.Amount != e.Amount {
			return p, refuse(p, e, "this id belongs to a refund of another amount")
		}
		return p, errSame
	}
	if why := p.CanRefund(e.Amount); why != "" {
		return p, refuse(p, e, string(why))
	}
	r := Refund{ID: e.ID, Amount: e.Amount, Reference: e.Reference, Note: e.Note, At: e.At, Status: RefundRequested}
	r.Whole = p.State == StateApproved && e.Amount == p.Order.Amount && p.giveBackWrite() == WriteVoid
	p.Refunds = append(slices.Clone(p.Refunds), r)
	if p.State != StateApproved {
		return p, nil
	}
	if r.Whole {
		p.Acknowledged = Approved
		return p.reverseFor(WhyReversal), nil
	}
	return p.delivered(), nil
}

// changeRefund puts a changed refund in its place, without touching what others see.
func (p *Payment) changeRefund(r Refund) {
	p.Refunds = slices.Clone(p.Refunds)
	p.Refunds[slices.IndexFunc(p.Refunds, func(o Refund) bool { return o.ID == r.ID })] = r
}

// endRefund ends a refund, or puts it before a person.
func (p *Payment) endRefund(r Refund, s RefundStatus, why Reason, at time.Time) {
	r.Status, r.Reason, r.DoneAt = s, why, at
	r.Intent.Answered = r.Intent.Planned() && s != RefundAttention
	p.changeRefund(r)
}

// sentRefund finds the refund under way that an answer is about.
func (p Payment) sentRefund(k Key) (Refund, bool) {
	r, waits := p.NextRefund()
	return r, waits && r.Intent.Key == k && r.Intent.Open()
}

// stepRefund takes what concerns the refunds of a captured sale.
func stepRefund(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Intended:
		return p.refundIntended(e)
	case RefundDone:
		r, ok := p.sentRefund(e.Key)
		if !ok {
			return p, refuse(p, e, "it answers no refund under way")
		}
		r.KlarnaID = e.RefundID
		p.endRefund(r, RefundIsDone, ReasonRefunded, e.At)
		return p, nil
	case Unclear:
		return p.refundUnclear(e)
	case RefusedByKlarna:
		return p.readRefund(e, e.Key, e.Code, e.Correlation)
	case KeyExpired:
		return p.refundTooOld(e)
	case TransactionSeen:
		return p.seenRefunded(e)
	case Resolved:
		return p.refundResolved(e)
	case RefundAsked:
		return p.refundAsked(e)
	case Asked, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RequestSeen, CancelRefused, CancelAsked, Told,
		Offered, Confirmed, Captured, GivenBack, ReversalAsked, MoreTime:
	}
	return p, refuse(p, e, "")
}

func (p Payment) refundIntended(e Intended) (Payment, error) {
	r, waits := p.NextRefund()
	if !waits || e.Intent.Write != WriteRefund || e.Intent.Refund != r.ID || r.Intent.Planned() {
		return p, refuse(p, e, "no refund waits for it")
	}
	r.Intent = e.Intent
	p.changeRefund(r)
	return p, nil
}

func (p Payment) refundUnclear(e Unclear) (Payment, error) {
	r, ok := p.sentRefund(e.Key)
	if !ok {
		return p, refuse(p, e, "it is about no refund under way")
	}
	if err := unclear(&r.Intent, e.Key); err != nil {
		return p, err
	}
	p.changeRefund(r)
	return p, nil
}

// readRefund: what Klarna will not do is read, because the transaction says why, and after an unclear
// try whether it has happened all the same.
func (p Payment) readRefund(e Event, k Key, code, trace string) (Payment, error) {
	r, ok := p.sentRefund(k)
	if !ok {
		return p, refuse(p, e, "it is about no refund under way")
	}
	if r.Intent.Refused {
		return p, errSame
	}
	r.Intent.Refused, r.Code, r.Trace = true, code, trace
	p.changeRefund(r)
	return p, nil
}

// refundTooOld: a key that is too old is not sent again. If no try of it can have been executed, the
// refund never happened.
func (p Payment) refundTooOld(e KeyExpired) (Payment, error) {
	r, ok := p.sentRefund(e.Key)
	if ok && !r.Intent.Unclear && !r.Intent.Refused {
		p.endRefund(r, RefundRefused, ReasonRefundNotSent, e.At)
		return p, nil
	}
	return p.readRefund(e, e.Key, "", "")
}

// seenRefunded holds what Klarna says was given back against what was asked. Only a sum that is exactly
// that of all refunds, doubtful ones included, proves that they happened; no sum proves that one did not.
func (p Payment) seenRefunded(e TransactionSeen) (Payment, error) {
	next, waits := p.NextRefund()
	doubtful := slices.DeleteFunc(slices.Clone(p.Refunds), func(r Refund) bool { return r.Status != RefundAttention })
	switch {
	case waits && next.Intent.Refused && !next.Intent.Unclear:
		p.endRefund(next, RefundRefused, p.whyRefused(next, e), e.At)
		return p, nil
	case waits && next.Intent.Refused:
		doubtful = append(doubtful, next)
	case waits && next.Intent.Planned():
		return p, errSame // its own answer will tell, and until then it blurs the sum
	}
	if len(doubtful) == 0 {
		return p, errSame
	}
	sum := p.Refunded() + p.restRefunded()
	for _, r := range doubtful {
		sum += r.Amount.Minor
	}
	if e.Counted && e.Refunded == sum {
		for _, r := range doubtful {
			p.endRefund(r, RefundIsDone, ReasonRefunded, e.At)
		}
		return p, nil
	}
	if !waits || !next.Intent.Refused {
		return p, errSame
	}
	p.endRefund(next, RefundAttention, ReasonRefundUnknown, e.At)
	return p, nil
}

// whyRefused reads out of the transaction why Klarna refused a refund.
func (p Payment) whyRefused(r Refund, e TransactionSeen) Reason {
	switch {
	case e.Counted && e.Refunded+r.Amount.Minor > p.Charged().Minor+p.restRefunded():
		return ReasonRefundTooMuch
	case e.Status == TransactionClosed:
		return ReasonRefundTooLate
	case e.Status == TransactionAuthorized:
		return ReasonRefundNotCaptured
	case e.Status == TransactionCaptured:
	}
	return ReasonRefundRefused
}

// refundResolved carries out a person's decision about one refund: what Klarna's portal shows of it.
func (p Payment) refundResolved(e Resolved) (Payment, error) {
	r, known := p.Refund(e.Refund)
	switch {
	case !known || r.Status != RefundAttention || r.Whole:
		return p, refuse(p, e, "no refund of this name needs a person")
	case e.As == DecideRefunded:
		p.endRefund(r, RefundIsDone, ReasonRefunded, e.At)
		return p, nil
	case e.As == DecideNotRefunded:
		p.endRefund(r, RefundRefused, ReasonRefundRefused, e.At)
		return p, nil
	}
	return p, refuse(p, e, "a refund is decided as refunded or not-refunded")
}

// endRefunds ends, in one go, the refunds of a sale that a decision about the whole of it settles.
func (p *Payment) endRefunds(which func(Refund) bool, s RefundStatus, why Reason, at time.Time) {
	for _, r := range p.Refunds {
		if r.Open() && which(r) {
			p.endRefund(r, s, why, at)
		}
	}
}

func whole(r Refund) bool { return r.Whole }

func part(r Refund) bool { return !r.Whole }
