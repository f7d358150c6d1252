// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"errors"
	"fmt"
	"time"
)

// TransitionError is an event that the payment's state refuses. Nothing has changed.
type TransitionError struct {
	From  State
	Event string // Kind of the event
	Why   string // empty: the state never takes this event
}

// Error implements error.
func (e *TransitionError) Error() string {
	if e.Why == "" {
		return fmt.Sprintf("event %s is refused in state %s", e.Event, e.From)
	}
	return fmt.Sprintf("event %s is refused in state %s: %s", e.Event, e.From, e.Why)
}

// errSame is how a state says that an event is welcome and changes nothing.
var errSame = errors.New("nothing changes")

// Step is the machine. It returns the payment after e and what its new state asks for (Pending). An
// event that changes nothing returns p as it was, no actions and no error; an event that the state
// refuses returns a *TransitionError.
func Step(p Payment, e Event) (Payment, []Action, error) {
	next, err := step(p, e)
	same := errors.Is(err, errSame)
	if err != nil && !same {
		return p, nil, err
	}
	if same {
		next = p
	}
	if next = next.named(e); same && next.CaptureID == p.CaptureID {
		return p, nil, nil
	}
	if next.State != p.State && !p.State.May(next.State) {
		panic(fmt.Sprintf("payment: %s led from %s to %s, which Next does not allow", e.Kind(), p.State, next.State))
	}
	next = next.brought(e)
	next.Version++
	return next, Pending(next), nil
}

func step(p Payment, e Event) (Payment, error) {
	if a, ok := e.(ApprovedByKlarna); ok && a.Transaction.ID == "" {
		return p, refuse(p, e, "it names no transaction")
	}
	if r, ok := e.(Resolved); ok && r.Refund != "" && p.State != StateCaptured {
		return p, refuse(p, e, "no refund of this name needs a person")
	}
	switch p.State {
	case StateNone:
		return stepNone(p, e)
	case StateReceived:
		return stepReceived(p, e)
	case StateAuthorizing:
		return stepAuthorizing(p, e)
	case StateWaiting, StateScanned:
		return stepOpen(p, e)
	case StateAccepted:
		return stepAccepted(p, e)
	case StateFinalizing:
		return stepFinalizing(p, e)
	case StateCancelling:
		return stepCancelling(p, e)
	case StateApproved:
		return stepApproved(p, e)
	case StateCapturing:
		return stepCapturing(p, e)
	case StateCaptured:
		return stepCaptured(p, e)
	case StateReversing:
		return stepReversing(p, e)
	case StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed:
		return stepFinal(p, e)
	case StateAttention:
		return stepAttention(p, e)
	}
	return p, refuse(p, e, "the state is not known")
}

func refuse(p Payment, e Event, why string) error {
	return &TransitionError{From: p.State, Event: e.Kind(), Why: why}
}

// end closes p in a final state of not-paid and fixes its word.
func (p Payment) end(o Outcome, r Reason, at time.Time) Payment {
	p.State, p.Reason = o.state(), r
	p.tell(o, at)
	return p
}

// cancelFor makes p's cancel durable: this round is never finalized.
func (p Payment) cancelFor(w Why) Payment {
	p.State, p.Why, p.Reason = StateCancelling, w, w.reason()
	return p
}

// attend puts p before a person. The till hears unknown if it has heard nothing.
func (p Payment) attend(r Reason, at time.Time) Payment {
	p.State, p.Reason = StateAttention, r
	p.tell(Unknown, at)
	p.endRefunds(whole, RefundAttention, r, at)
	return p
}

// reverseFor commits to giving the money back.
func (p Payment) reverseFor(w Why) Payment {
	p.State, p.Why, p.Reason = StateReversing, w, w.reason()
	p.GiveBack = Intent{Attempt: p.GiveBack.Attempt}
	return p
}

// approve takes an APPROVED: told to nobody unless every figure is ours.
func (p Payment) approve(e ApprovedByKlarna) Payment {
	p.Transaction = e.Transaction
	if !p.matches(e.Transaction) {
		return p.attend(ReasonMismatch, e.At)
	}
	p.State, p.Reason = StateApproved, ReasonApproved
	return p
}

// matches reports whether every figure of t is this sale's.
func (p Payment) matches(t Transaction) bool {
	return t.ID != "" && t.Amount == p.Order.Amount && t.Reference == p.Reference
}

// reversed closes a give-back. A till that was never offered the approval hears the word of the
// cancel; one that was hears that its approval was taken back.
func (p Payment) reversed(at time.Time) Payment {
	p.State = StateReversed
	p.endRefunds(whole, RefundIsDone, ReasonRefunded, at)
	p.endRefunds(part, RefundRefused, ReasonRefundMoot, at)
	if p.Offered {
		p.tell(Reversed, at)
		return p
	}
	p.tell(p.Why.Outcome(), at)
	return p
}

// unclear marks the intent with this key as possibly executed.
func unclear(i *Intent, k Key) error {
	if i.Key != k || !i.Open() || i.Unclear {
		return errSame
	}
	i.Unclear = true
	return nil
}
