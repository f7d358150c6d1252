// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// stepOpen serves waiting and scanned: the request is at Klarna and nothing of money is open.
func stepOpen(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case RequestSeen:
		if e.Request != p.Request.ID {
			return p, refuse(p, e, "it is about another round")
		}
		return p.seen(e)
	case CancelAsked:
		return p.cancelFor(e.Why), nil
	case MoreTime:
		if !e.Deadline.After(p.Deadline) {
			return p, errSame
		}
		p.Deadline = e.Deadline
		if p.Limit.Before(p.Deadline) {
			p.Limit = p.Deadline
		}
		return p, nil
	case Asked, Intended, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		CancelRefused, Told, Offered, Confirmed, Captured, GivenBack, TransactionSeen, Resolved, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

// seen follows a fresh read of the open request. Every end that Klarna reports is final there, and
// nothing of ours is in flight, so the word is true at once.
func (p Payment) seen(e RequestSeen) (Payment, error) {
	switch e.Status {
	case RequestSubmitted:
		return p.moved(StateWaiting)
	case RequestInProgress:
		if !e.Deadline.IsZero() {
			p.Deadline = e.Deadline
		}
		return p.moved(StateScanned)
	case RequestCompleted:
		if e.TokenHash == "" {
			return p, errSame
		}
		p.State, p.TokenHash = StateAccepted, e.TokenHash
		return p, nil
	case RequestExpired, RequestGone, RequestLapsed:
		return p.end(Expired, ReasonExpired, e.At), nil
	case RequestDeclined:
		return p.end(Declined, ReasonDeclined, e.At), nil
	case RequestCanceled:
		return p.end(Cancelled, ReasonCancelledByKlarna, e.At), nil
	}
	return p, errSame
}

func (p Payment) moved(s State) (Payment, error) {
	if p.State == s {
		return p, errSame
	}
	p.State = s
	return p, nil
}

func stepAccepted(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case Intended:
		if e.Intent.Write != WriteFinalize {
			return p, refuse(p, e, "only a finalize can follow")
		}
		p.State, p.Finalize = StateFinalizing, e.Intent
		return p, nil
	case RequestSeen:
		if e.Request != p.Request.ID {
			return p, refuse(p, e, "it is about another round")
		}
		return p.seenAccepted(e)
	case CancelAsked:
		p.TokenHash = ""
		return p.cancelFor(e.Why), nil
	case Asked, Unclear, StepUpRequired, ApprovedByKlarna, DeclinedByKlarna, RefusedByKlarna, KeyExpired,
		CancelRefused, Told, Offered, Confirmed, Captured, GivenBack, TransactionSeen, Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

// seenAccepted: only a fresh COMPLETED keeps the token; anything else takes it back.
func (p Payment) seenAccepted(e RequestSeen) (Payment, error) {
	if e.Status == RequestCompleted {
		if e.TokenHash == "" || e.TokenHash == p.TokenHash {
			return p, errSame
		}
		p.TokenHash = e.TokenHash
		return p, nil
	}
	p.TokenHash = ""
	if e.Status == RequestInProgress || e.Status == RequestSubmitted {
		return p.moved(StateWaiting)
	}
	return p.seen(e)
}

func stepFinalizing(p Payment, e Event) (Payment, error) {
	switch e := e.(type) {
	case ApprovedByKlarna:
		if e.Key != p.Finalize.Key {
			return p, refuse(p, e, "it answers another intent")
		}
		return p.finalized(e), nil
	case StepUpRequired:
		if e.Key != p.Finalize.Key {
			return p, refuse(p, e, "it answers another intent")
		}
		return p.anotherRound(e), nil
	case DeclinedByKlarna:
		if e.Key != p.Finalize.Key {
			return p, refuse(p, e, "it answers another intent")
		}
		if p.Finalize.Unclear { // the earlier try may have been the one that counted: fence it
			return p.cancelFor(WhyDeclined), nil
		}
		p.Finalize.Answered = true
		return p.end(Declined, ReasonDeclined, e.At), nil
	case RefusedByKlarna:
		if e.Key != p.Finalize.Key || p.Finalize.Unclear {
			return p, refuse(p, e, "a refusal after an unclear try proves nothing")
		}
		p.Finalize.Answered, p.Code, p.Trace = true, e.Code, e.Correlation
		return p.cancelFor(WhyRefused), nil
	case Unclear:
		err := unclear(&p.Finalize, e.Key)
		return p, err
	case KeyExpired:
		if e.Key != p.Finalize.Key {
			return p, errSame
		}
		return p.attend(ReasonKeyTooOld, e.At), nil
	case CancelAsked:
		if p.Wanted != "" {
			return p, errSame
		}
		p.Wanted = e.Why
		return p, nil
	case Told:
		return p.toldUnknown(e)
	case Confirmed:
		return p.acknowledge(e)
	case Asked, Intended, RequestSeen, CancelRefused, Offered, Captured, GivenBack, TransactionSeen,
		Resolved, MoreTime, ReversalAsked, RefundAsked, RefundDone:
	}
	return p, refuse(p, e, "")
}

// finalized takes the APPROVED of the second authorize. A cancel that came too late to win the round
// is honoured by giving back; the till is never told approved.
func (p Payment) finalized(e ApprovedByKlarna) Payment {
	p.Finalize.Answered, p.TokenHash = true, ""
	p = p.approve(e)
	if p.State == StateApproved && p.Wanted != "" {
		return p.reverseFor(p.Wanted)
	}
	return p
}

// anotherRound takes the proof that a finalize was not executed. One more round is allowed, and only
// if nobody has asked to cancel and there is time.
func (p Payment) anotherRound(e StepUpRequired) Payment {
	p.Finalize.Answered, p.TokenHash = true, ""
	first := p.Round == 1
	p.Round, p.Request = p.Round+1, e.Request
	switch {
	case p.Wanted != "":
		return p.cancelFor(p.Wanted)
	case !e.DeadlineOpen:
		return p.cancelFor(WhyDeadline)
	case !first:
		return p.cancelFor(WhyDeclined)
	}
	p.State = StateWaiting
	return p
}

// toldUnknown records the word of a deadline that passed in doubt. It frees the lane.
func (p Payment) toldUnknown(e Told) (Payment, error) {
	if e.Outcome != Unknown {
		return p, refuse(p, e, "no other word is true")
	}
	if p.Result != "" {
		return p, errSame
	}
	p.tell(Unknown, e.At)
	return p, nil
}
