// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

func stepApproved(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Offered:
		if p.Offered {
			return p, errSame
		}
		p.Offered, p.OfferedAt = true, e.At
		p.tell(Approved, e.At)
		return p, nil
	case Confirmed:
		return p.confirmedApproval(e)
	case CancelAsked:
		if p.Offered {
			return p, errSame
		}
		return p.reverseFor(e.Why), nil
	case Resolved:
		return p.resolved(e)
	case ReversalAsked:
		if !p.Offered {
			return p, refuse(p, e, "the till has not heard of it")
		}
		p.Acknowledged = Approved
		return p.reverseFor(WhyReversal), nil
	case RefundAsked:
		return p.refundAsked(e)
	case Asked, Intended, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		RequestSeen, CancelRefused, Told, Captured, GivenBack, TransactionSeen, MoreTime, RefundDone:
	}
	return p, refuse(p, e, "")
}

// confirmedApproval: yes is for ever, an explicit no gives back, and a confirmation of any other word
// (an earlier unknown) is not one of the approval.
func (p Payment) confirmedApproval(e Confirmed) (Payment, error) {
	if e.Outcome != Approved || !p.Offered {
		return p.acknowledge(e)
	}
	if !e.OK {
		return p.reverseFor(WhyTill), nil
	}
	if e.Issued != (Amount{}) {
		if e.Issued.Currency != p.Order.Amount.Currency || e.Issued.Minor <= 0 || e.Issued.Minor > p.Order.Amount.Minor {
			return p, refuse(p, e, "more was issued than sold, or nothing")
		}
		p.Issued = e.Issued
	}
	return p.delivered(), nil
}

// delivered moves on to the capture, if the authorize has not captured already; the goods have changed
// hands.
func (p Payment) delivered() Payment {
	p.Acknowledged, p.Reason, p.State = Approved, ReasonApproved, StateCapturing
	switch {
	case p.Transaction.Captured && p.unreleased():
		p.Release = Intent{Attempt: p.Release.Attempt}
	case p.Transaction.Captured:
		p.State = StateCaptured
	default:
		p.Capture = Intent{Attempt: p.Capture.Attempt}
	}
	return p
}

func stepCapturing(p Payment, e Event) (Payment, error) {
	if p.Transaction.Captured {
		return stepReleasing(p, e)
	}
	switch e := e.(type) {
	case Intended:
		if e.Intent.Write != WriteCapture || p.Capture.Planned() {
			return p, refuse(p, e, "the capture is decided already")
		}
		p.Capture = e.Intent
		return p, nil
	case Captured:
		if e.Key != p.Capture.Key || !p.Capture.Open() {
			return p, refuse(p, e, "it answers another intent")
		}
		return p.captured(), nil
	case TransactionSeen:
		if !p.Capture.Refused {
			return p, errSame
		}
		if p.tookAll(e) {
			return p.captured(), nil
		}
		return p.attend(ReasonCaptureRefused, e.At), nil
	case RefusedByKlarna:
		err := p.readInstead(&p.Capture, e.Key, e.Code, e.Correlation)
		return p, err
	case KeyExpired:
		err := p.readInstead(&p.Capture, e.Key, "", "")
		return p, err
	case Unclear:
		err := unclear(&p.Capture, e.Key)
		return p, err
	case Resolved:
		if e.As != DecideGiveBack {
			return p, refuse(p, e, "the sale is being captured already")
		}
		return p.wantBack(e, WhyStaff)
	case ReversalAsked:
		return p.wantBack(e, WhyReversal)
	case RefundAsked:
		return p.refundAsked(e)
	case CancelAsked, Confirmed, Offered:
		return p, errSame
	case Asked, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RequestSeen, CancelRefused, Told, GivenBack, MoreTime, RefundDone:
	}
	return p, refuse(p, e, "")
}

// stepReleasing is the end of capturing for a sale that was issued in part: the rest is given up before
// the sale is done.
func stepReleasing(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Intended:
		if e.Intent.Write != WriteRelease || p.Release.Planned() {
			return p, refuse(p, e, "the release is decided already")
		}
		p.Release = e.Intent
		return p, nil
	case GivenBack:
		if e.Key != p.Release.Key || !p.Release.Open() {
			return p, refuse(p, e, "it answers another intent")
		}
		return p.released(), nil
	case TransactionSeen:
		return p.seenReleasing(e)
	case RefusedByKlarna:
		err := p.readInstead(&p.Release, e.Key, e.Code, e.Correlation)
		return p, err
	case KeyExpired:
		err := p.readInstead(&p.Release, e.Key, "", "")
		return p, err
	case Unclear:
		err := unclear(&p.Release, e.Key)
		return p, err
	case Resolved:
		if e.As != DecideGiveBack {
			return p, refuse(p, e, "the sale is captured already")
		}
		return p.wantBack(e, WhyStaff)
	case ReversalAsked:
		return p.wantBack(e, WhyReversal)
	case RefundAsked:
		return p.refundAsked(e)
	case CancelAsked, Confirmed, Offered:
		return p, errSame
	case Asked, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RequestSeen, CancelRefused, Told, Captured, MoreTime,
		RefundDone:
	}
	return p, refuse(p, e, "")
}

// seenReleasing: a transaction with nothing left to capture has no rest. Whether a rest that was captured
// has been refunded, its status does not say.
func (p Payment) seenReleasing(e TransactionSeen) (Payment, error) {
	switch {
	case !p.Release.Refused:
		return p, errSame
	case p.gaveRest(e):
		return p.released(), nil
	}
	return p.attend(ReasonRestRefused, e.At), nil
}

// tookAll reads out of a transaction whether the sale was captured: what it comes to, and no more. Where Klarna
// tells no sums, only a sale that was issued whole can be told from its status.
func (p Payment) tookAll(e TransactionSeen) bool {
	if e.Captured > 0 {
		return e.Captured-e.Refunded == p.Charged().Minor
	}
	return e.Status == TransactionCaptured && p.Issued.Minor == 0
}

// gaveRest reads out of a transaction whether the rest is given up: nothing is left to capture, or exactly the
// rest was refunded.
func (p Payment) gaveRest(e TransactionSeen) bool {
	if p.CaptureNow {
		return e.Counted && e.Refunded == p.Rest().Minor
	}
	return e.Status == TransactionCaptured || e.Status == TransactionClosed
}

// released ends a sale that was issued in part.
func (p Payment) released() Payment {
	p.Release.Answered = true
	return p.taken()
}

// wantBack records a reversal that must wait for the capture.
func (p Payment) wantBack(e Event, w Why) (Payment, error) {
	switch {
	case p.Wanted != "":
		return p, errSame
	case p.inPieces():
		return p, refuse(p, e, "a part of it is refunded, so the rest must be")
	}
	p.Wanted = w
	return p, nil
}

// inPieces: a sale of which a part was given back, or may be, is not given back as a whole any more.
func (p Payment) inPieces() bool { return p.Left() != p.Charged() }

// captured: Klarna has taken the sale, or the part of it that was issued.
func (p Payment) captured() Payment {
	p.Capture.Answered, p.Transaction.Captured = true, true
	return p.taken()
}

// taken ends a sale, or begins its refund if somebody asked for it meanwhile. A rest is released first.
func (p Payment) taken() Payment {
	p.State, p.Reason = StateCaptured, ReasonApproved
	if p.unreleased() {
		p.State, p.Release = StateCapturing, Intent{Attempt: p.Release.Attempt}
		return p
	}
	if p.Wanted != "" {
		return p.reverseFor(p.Wanted)
	}
	return p
}

// readInstead: what cannot be sent again is read, because the transaction itself says what is true.
func (p *Payment) readInstead(i *Intent, k Key, code, trace string) error {
	if i.Key != k || !i.Open() || i.Refused {
		return errSame
	}
	i.Refused = true
	if code != "" || trace != "" {
		p.Code, p.Trace = code, trace
	}
	return nil
}

func stepCaptured(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Resolved:
		if e.Refund != "" {
			return stepRefund(p, e)
		}
		if e.As != DecideGiveBack {
			return p, refuse(p, e, "the sale is captured already")
		}
		return p.backAgain(e, WhyStaff)
	case ReversalAsked:
		return p.backAgain(e, WhyReversal)
	case CancelAsked, Confirmed, Offered:
		return p, errSame
	case Intended, Unclear, RefusedByKlarna, KeyExpired, TransactionSeen, RefundAsked, RefundDone:
		return stepRefund(p, e)
	case Asked, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RequestSeen, CancelRefused, Told, Captured,
		GivenBack, MoreTime:
	}
	return p, refuse(p, e, "")
}

// backAgain takes a whole captured sale back.
func (p Payment) backAgain(e Event, w Why) (Payment, error) {
	if p.inPieces() {
		return p, refuse(p, e, "a part of it is refunded, so the rest must be")
	}
	return p.reverseFor(w), nil
}

func stepReversing(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Intended:
		if e.Intent.Write != p.giveBackWrite() || e.Intent.Refund != "" || p.GiveBack.Planned() {
			return p, refuse(p, e, "the give-back is decided already")
		}
		p.GiveBack = e.Intent
		return p, nil
	case GivenBack:
		if e.Key != p.GiveBack.Key || !p.GiveBack.Open() {
			return p, refuse(p, e, "it answers another intent")
		}
		p.GiveBack.Answered = true
		return p.reversed(e.At), nil
	case TransactionSeen:
		if !p.GiveBack.Refused {
			return p, errSame
		}
		if p.nothingKept(e) {
			return p.reversed(e.At), nil
		}
		return p.attend(ReasonGiveBackRefused, e.At), nil
	case RefusedByKlarna:
		err := p.readInstead(&p.GiveBack, e.Key, e.Code, e.Correlation)
		return p, err
	case KeyExpired:
		err := p.readInstead(&p.GiveBack, e.Key, "", "")
		return p, err
	case Unclear:
		err := unclear(&p.GiveBack, e.Key)
		return p, err
	case Told:
		return p.toldUnknown(e)
	case CancelAsked, Offered, ReversalAsked:
		return p, errSame
	case Confirmed:
		return p.acknowledge(e)
	case Asked, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RequestSeen, CancelRefused, Captured, Resolved, MoreTime, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

func stepFinal(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Confirmed:
		return p.acknowledge(e)
	case CancelAsked, Told, Offered:
		return p, errSame
	case Asked, Intended, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		RequestSeen, CancelRefused, Captured, GivenBack, TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

func stepAttention(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case ApprovedByKlarna:
		ours := (e.Key == p.Authorize.Key && p.Authorize.Open()) || (e.Key == p.Finalize.Key && p.Finalize.Open())
		if p.Transaction.ID != "" || !ours {
			return p, refuse(p, e, "it answers another intent")
		}
		if e.Key == p.Authorize.Key {
			p.Authorize.Answered = true
		} else {
			p.Finalize.Answered = true
		}
		known := p.approve(e) // a person decides, now with something to decide about
		p.Transaction = known.Transaction
		if known.State == StateAttention {
			p.Reason = known.Reason
		}
		return p, nil
	case TransactionSeen:
		return p.seenInAttention(e)
	case Resolved:
		return p.resolved(e)
	case Confirmed:
		return p.acknowledge(e)
	case CancelAsked, Offered, Told:
		return p, errSame
	case Asked, Intended, Unclear, StepUpRequired, DeclinedByKlarna, RefusedByKlarna, KeyExpired, RequestSeen,
		CancelRefused, Captured, GivenBack, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

// seenInAttention takes late proof: closed means reversed, and captured, where a capture was meant,
// means captured.
func (p Payment) seenInAttention(e TransactionSeen) (Payment, error) {
	switch {
	case p.Transaction.ID == "":
		return p, errSame
	case p.nothingKept(e):
		p.Reason = ReasonGivenBack
		return p.reversed(e.At), nil
	case p.Reason == ReasonCaptureRefused && p.tookAll(e):
		return p.captured(), nil
	case p.Reason == ReasonRestRefused && p.gaveRest(e):
		return p.released(), nil
	}
	return p, errSame
}

// nothingKept reads out of a transaction whether the shop has nothing of it. Closed is also what one is called that is
// too old to be refunded, so where something was captured, or may have been, only the sums say it. A part whose capture
// was refused may have been captured in Klarna's portal.
func (p Payment) nothingKept(e TransactionSeen) bool {
	byHand := p.unreleased() && p.Capture.Attempt > 0
	doubtful := p.Capture.Unclear || p.Capture.Attempt > 1 // the earlier attempts' ends are not known any more
	never := !p.Transaction.Captured && !doubtful && e.Captured == 0 && !byHand
	return e.Status == TransactionClosed && (e.Empty || never)
}

// resolvedPart carries out a decision about a sale that was issued in part, of which a call was refused. That
// call is never made again under another key: with a part there is room for both, and the first may still
// be executed. What a person does in Klarna's portal is seen when the transaction is read.
func (p Payment) resolvedPart(e Resolved) (Payment, error) {
	switch {
	case e.As == DecideDelivered && p.Transaction.Captured:
		p.Wanted = "" // the person's word is the later one
		return p.released(), nil
	case e.As == DecideGiveBack && p.CaptureNow: // all of it, which Klarna executes once
		return p.reverseFor(WhyStaff), nil
	}
	return p, refuse(p, e, "a part is settled in Klarna's portal, and is noticed there")
}

// resolved carries out a person's decision. It never contradicts what is known: no charge is only
// true without a transaction, and the other two need one.
func (p Payment) resolved(e Resolved) (Payment, error) {
	if p.State == StateAttention && p.unreleased() {
		return p.resolvedPart(e)
	}
	known := p.Transaction.ID != ""
	promisedNo := !p.Offered && (p.Why != "" || p.Wanted != "") // the till has heard cancelling
	switch {
	case e.As == DecideNoCharge && known:
		return p, refuse(p, e, "a transaction is known, so there is a charge to keep or give back")
	case e.As == DecideNoCharge && p.State == StateAttention:
		p.Authorize.Answered, p.Finalize.Answered = true, true
		return p.end(Cancelled, p.Why.reason(), e.At), nil
	case e.As == DecideDelivered && known && p.matches(p.Transaction) && !promisedNo:
		p.Offered, p.Wanted = true, "" // the person's word is the later one
		p.tell(Approved, e.At)
		p.endRefunds(whole, RefundRefused, ReasonRefundRefused, e.At)
		return p.delivered(), nil
	case e.As == DecideGiveBack && known:
		return p.reverseFor(WhyStaff), nil
	}
	return p, refuse(p, e, "the decision does not fit what is known")
}
