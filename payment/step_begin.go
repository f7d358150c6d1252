// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

func stepNone(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Asked:
		p.State, p.Created = StateReceived, e.At
		p.Order, p.Reference, p.CaptureNow = e.Order, e.Reference, e.CaptureNow
		p.Deadline, p.Limit = e.Deadline, e.Limit
		return p, nil
	case CancelAsked:
		p.Tombstone, p.Created, p.Why = true, e.At, e.Why
		return p.end(Cancelled, ReasonTombstone, e.At), nil
	case Intended, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		RequestSeen, CancelRefused, Told, Offered, Confirmed, Captured, GivenBack, TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

func stepReceived(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Intended:
		if e.Intent.Write != WriteAuthorize {
			return p, refuse(p, e, "only an authorize can begin")
		}
		p.State, p.Authorize = StateAuthorizing, e.Intent
		p.Order.Handed = Handed{} // it is in the bytes now
		return p, nil
	case CancelAsked:
		if e.Why == WhyDeclined {
			return p, refuse(p, e, "nothing was asked that could be declined")
		}
		p.Why = e.Why
		return p.end(e.Why.Outcome(), e.Why.reason(), e.At), nil
	case Asked, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		RequestSeen, CancelRefused, Told, Offered, Confirmed, Captured, GivenBack, TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

func stepAuthorizing(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case StepUpRequired:
		if e.Key != p.Authorize.Key {
			return p, refuse(p, e, "it answers another intent")
		}
		p.Authorize.Answered, p.State, p.Round, p.Request = true, StateWaiting, 1, e.Request
		p.Deadline = e.Deadline
		return p, nil
	case ApprovedByKlarna:
		if e.Key != p.Authorize.Key {
			return p, refuse(p, e, "it answers another intent")
		}
		p.Authorize.Answered = true
		return p.approve(e), nil
	case DeclinedByKlarna:
		if e.Key != p.Authorize.Key || (p.Authorize.Unclear && !e.Settled) {
			return p, refuse(p, e, "an earlier try may still be executed")
		}
		p.Authorize.Answered = true
		return p.end(Declined, ReasonDeclined, e.At), nil
	case RefusedByKlarna:
		if e.Key != p.Authorize.Key || p.Authorize.Unclear {
			return p, refuse(p, e, "a refusal after an unclear try proves nothing")
		}
		p.Authorize.Answered, p.Code, p.Trace = true, e.Code, e.Correlation
		if e.Unreachable {
			return p.end(Failed, ReasonUnavailable, e.At), nil
		}
		return p.end(Failed, ReasonRefused, e.At), nil
	case Unclear:
		err := unclear(&p.Authorize, e.Key)
		return p, err
	case KeyExpired:
		if e.Key != p.Authorize.Key {
			return p, errSame
		}
		return p.attend(ReasonKeyTooOld, e.At), nil
	case CancelAsked:
		return p.cancelFor(e.Why), nil
	case Asked, Intended, RequestSeen, CancelRefused, Told, Offered, Confirmed, Captured, GivenBack,
		TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}
