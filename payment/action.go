// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

// Action is something that a durable state asks for. The set is closed, and doing one twice is safe.
//
//sumtype:decl
type Action interface{ isAction() }

type (
	// Intend asks for the bytes of a write to be prepared and made durable.
	Intend struct {
		Write   Write
		Attempt int
		Refund  TillID // the refund that it is of; empty for the sale's own writes
	}
	// Send asks for a durable intent to be sent, again if need be.
	Send struct{ Intent Intent }
	// ReadRequest asks Klarna how far the customer is.
	ReadRequest struct{ Request RequestID }
	// CancelRequest asks Klarna to delete the request.
	CancelRequest struct{ Request RequestID }
	// ReadTransaction asks Klarna what is true of a transaction.
	ReadTransaction struct{ Transaction TransactionID }
	// OpenGate asks whether the till is there, and to finalize if it is.
	OpenGate struct{}
	// TellWhenTrue asks for the early no: the word of a cancel that nothing can contradict.
	TellWhenTrue struct{ Outcome Outcome }
	// Offer asks for the approval to be told until it is acknowledged.
	Offer struct{}
)

func (Intend) isAction()          {}
func (Send) isAction()            {}
func (ReadRequest) isAction()     {}
func (CancelRequest) isAction()   {}
func (ReadTransaction) isAction() {}
func (OpenGate) isAction()        {}
func (TellWhenTrue) isAction()    {}
func (Offer) isAction()           {}

// Pending derives what the durable state of p asks for. Step returns it after every change, and a
// restart starts from it.
func Pending(p Payment) []Action {
	switch p.State {
	case StateReceived:
		return []Action{Intend{Write: WriteAuthorize, Attempt: 1}}
	case StateAuthorizing:
		return []Action{Send{p.Authorize}}
	case StateWaiting, StateScanned:
		return []Action{ReadRequest{p.Request.ID}}
	case StateAccepted:
		return []Action{ReadRequest{p.Request.ID}, OpenGate{}}
	case StateFinalizing:
		return []Action{Send{p.Finalize}}
	case StateCancelling:
		return pendingCancel(p)
	case StateApproved:
		return []Action{Offer{}}
	case StateCapturing:
		if p.Transaction.Captured {
			return pendingWrite(p, p.Release, WriteRelease)
		}
		return pendingWrite(p, p.Capture, WriteCapture)
	case StateCaptured:
		return pendingRefunds(p)
	case StateReversing:
		return pendingWrite(p, p.GiveBack, p.giveBackWrite())
	case StateAttention:
		if p.Transaction.ID != "" {
			return []Action{ReadTransaction{p.Transaction.ID}}
		}
	case StateNone, StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed:
	}
	return nil
}

// pendingCancel: an unanswered authorize is repeated until it is answered, then the request is deleted.
func pendingCancel(p Payment) []Action {
	if p.Authorize.Open() {
		return []Action{Send{p.Authorize}}
	}
	actions := []Action{CancelRequest{p.Request.ID}}
	if !p.Doubt() && p.Result == "" {
		actions = append(actions, TellWhenTrue{p.Why.Outcome()})
	}
	return actions
}

// pendingWrite: what was refused is read, what is planned is sent, what is not is prepared.
func pendingWrite(p Payment, i Intent, w Write) []Action {
	switch {
	case i.Refused:
		return []Action{ReadTransaction{p.Transaction.ID}}
	case i.Open():
		return []Action{Send{i}}
	default:
		return []Action{Intend{Write: w, Attempt: i.Attempt + 1}}
	}
}
