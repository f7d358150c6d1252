// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

func stepCancelling(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case StepUpRequired:
		if e.Key != p.Authorize.Key || !p.Authorize.Open() {
			return p, refuse(p, e, "it answers another intent")
		}
		p.Authorize.Answered, p.Round, p.Request = true, 1, e.Request
		return p, nil
	case ApprovedByKlarna:
		return p.approvedWhileCancelling(e)
	case DeclinedByKlarna:
		if e.Key != p.Authorize.Key || !p.Authorize.Open() || (p.Authorize.Unclear && !e.Settled) {
			return p, refuse(p, e, "an earlier try may still be executed")
		}
		p.Authorize.Answered = true
		return p.end(p.Why.Outcome(), p.Reason, e.At), nil
	case RefusedByKlarna:
		if e.Key != p.Authorize.Key || !p.Authorize.Open() || p.Authorize.Unclear {
			return p, refuse(p, e, "a refusal after an unclear try proves nothing")
		}
		p.Authorize.Answered, p.Code, p.Trace = true, e.Code, e.Correlation
		return p.end(p.Why.Outcome(), p.Reason, e.At), nil
	case RequestSeen:
		return p.seenCancelling(e)
	case CancelRefused:
		if e.Request != p.Request.ID || !p.Finalize.Open() {
			return p, errSame
		}
		return p.attend(ReasonNoProof, e.At), nil
	case Unclear:
		err := unclear(&p.Authorize, e.Key)
		return p, err
	case KeyExpired:
		if e.Key != p.Authorize.Key || !p.Authorize.Open() {
			return p, errSame
		}
		return p.attend(ReasonKeyTooOld, e.At), nil
	case CancelAsked:
		return p, errSame
	case Told:
		return p.toldWhileCancelling(e)
	case Confirmed:
		return p.acknowledge(e)
	case Asked, Intended, Offered, Captured, GivenBack, TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

// approvedWhileCancelling: the charge exists although nobody wants it any more. It is given back.
func (p Payment) approvedWhileCancelling(e ApprovedByKlarna) (Payment, error) {
	switch {
	case e.Key == p.Authorize.Key && p.Authorize.Open():
		p.Authorize.Answered = true
	case e.Key == p.Finalize.Key && p.Finalize.Open():
		p.Finalize.Answered = true
	default:
		return p, refuse(p, e, "it answers another intent")
	}
	if p = p.approve(e); p.State == StateApproved {
		p = p.reverseFor(p.Why)
	}
	return p, nil
}

// seenCancelling: the request's end is the end of the payment, except where a finalize may have been
// executed. Then only Klarna's own cancel is proof, because Klarna cancels nothing that was finalized.
func (p Payment) seenCancelling(e RequestSeen) (Payment, error) {
	if e.Request != p.Request.ID || p.Authorize.Open() {
		return p, refuse(p, e, "it is about another round")
	}
	switch e.Status {
	case RequestSubmitted, RequestInProgress, RequestCompleted:
		return p, errSame
	case RequestExpired, RequestDeclined, RequestGone, RequestLapsed:
		if p.Finalize.Open() {
			return p.attend(ReasonNoProof, e.At), nil
		}
	case RequestCanceled:
		p.Finalize.Answered = p.Finalize.Planned()
	default: // a status that Klarna has never used proves nothing
		return p, errSame
	}
	p.TokenHash = ""
	return p.end(p.Why.Outcome(), p.Reason, e.At), nil
}

// toldWhileCancelling: the early no is true once nothing is in doubt; until then only unknown is.
func (p Payment) toldWhileCancelling(e Told) (Payment, error) {
	if p.Doubt() {
		return p.toldUnknown(e)
	}
	if e.Outcome != p.Why.Outcome() {
		return p, refuse(p, e, "it is not the word of this cancel")
	}
	before := p.Word()
	p.tell(e.Outcome, e.At)
	if p.Word() == before {
		return p, errSame
	}
	return p, nil
}

// acknowledge records that the till has the word it confirms.
func (p Payment) acknowledge(e Confirmed) (Payment, error) {
	if e.Outcome != p.Word() || p.Acknowledged == e.Outcome {
		return p, errSame
	}
	p.Acknowledged = e.Outcome
	return p, nil
}
