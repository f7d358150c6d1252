// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"tillbridge/payment"
)

// Input is something that happened outside. The set is closed.
//
//sumtype:decl
type Input interface{ isInput() }

type (
	// LinkOpened means: a till's link is up.
	LinkOpened struct {
		Link payment.LinkID
		Of   payment.Link
	}
	// LinkClosed means: it is gone.
	LinkClosed struct{ Link payment.LinkID }
	// Heard means: a till said something.
	Heard struct {
		Link payment.LinkID
		Ask  payment.Ask
	}
	// Answered ends a Send.
	Answered struct {
		ID     payment.ID
		Key    payment.Key
		Answer Answer
	}
	// RequestRead ends a ReadRequest.
	RequestRead struct {
		ID      payment.ID
		Request payment.RequestID
		Reading Reading
	}
	// RequestCancelled ends a CancelRequest.
	RequestCancelled struct {
		ID      payment.ID
		Request payment.RequestID
		Closing Closing
	}
	// TransactionRead ends a ReadTransaction.
	TransactionRead struct {
		ID      payment.ID
		Holding Holding
	}
	// Nudged means: a genuine webhook is about this request. It is a hint to read, nothing more.
	Nudged struct {
		Request   payment.RequestID
		Reference string
	}
	// ScreenSeen means: the lane has so many customer screens connected.
	ScreenSeen struct {
		Lane    payment.LaneID
		Screens int
	}
	// CustomerAsked means: somebody tapped on the customer screen.
	CustomerAsked struct {
		ID     payment.ID
		Cancel bool // else: more time
	}
	// Decided means: a member of staff resolves a payment. Ticket comes back in Ruled.
	Decided struct {
		ID         payment.ID
		As         payment.Decision
		Reason, By string
		Ticket     uint64
	}
	// ForgetCustomer means: a member of staff wants a stored token erased. Ticket comes back in Ruled.
	ForgetCustomer struct {
		Handle     payment.Handle
		Reason, By string
		Ticket     uint64
	}
	// Room means: whether the journal is too full for new payments, or damaged.
	Room struct{ Full bool }
	// Retimed means: the deadlines that later payments get have changed.
	Retimed struct{ Waiting, Scanned, TillGrace, Listed time.Duration }
	// Tick means: time has passed.
	Tick struct{}
)

func (LinkOpened) isInput()       {}
func (LinkClosed) isInput()       {}
func (Heard) isInput()            {}
func (Answered) isInput()         {}
func (RequestRead) isInput()      {}
func (RequestCancelled) isInput() {}
func (TransactionRead) isInput()  {}
func (Nudged) isInput()           {}
func (ScreenSeen) isInput()       {}
func (CustomerAsked) isInput()    {}
func (Decided) isInput()          {}
func (ForgetCustomer) isInput()   {}
func (Room) isInput()             {}
func (Retimed) isInput()          {}
func (Tick) isInput()             {}

// Action is what may be done once the commit that came with it is durable. The set is closed.
//
//sumtype:decl
type Action interface{ isAction() }

type (
	// Tell says a word to one link.
	Tell struct {
		Link payment.LinkID
		Word payment.Word
	}
	// Send tries a durable intent once.
	Send struct{ Call Call }
	// ReadRequest reads a payment request once.
	ReadRequest struct {
		ID      payment.ID
		Request payment.RequestID
	}
	// CancelRequest deletes a payment request once.
	CancelRequest struct {
		ID      payment.ID
		Request payment.RequestID
	}
	// ReadTransaction reads a transaction once.
	ReadTransaction struct {
		ID          payment.ID
		Transaction payment.TransactionID
	}
	// Show changes a lane's screens.
	Show struct{ Scene Scene }
	// Ruled answers Decided and ForgetCustomer.
	Ruled struct {
		Ticket uint64
		Err    error
	}
)

func (Tell) isAction()            {}
func (Send) isAction()            {}
func (ReadRequest) isAction()     {}
func (CancelRequest) isAction()   {}
func (ReadTransaction) isAction() {}
func (Show) isAction()            {}
func (Ruled) isAction()           {}
