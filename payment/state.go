// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"fmt"
	"slices"
)

// State is where a payment is in its life. Each comment says where it may go; Next is the same as a
// table.
type State uint8

const (
	// StateNone is a payment nobody has asked for. It moves to StateReceived, or to StateCancelled as a
	// tombstone when its cancel arrives first.
	StateNone State = iota
	// StateReceived means: the request is durable, nothing has left. It moves to StateAuthorizing,
	// StateCancelled, StateExpired or StateFailed.
	StateReceived
	// StateAuthorizing means: the first authorize is in flight or its outcome unknown. It moves to
	// StateWaiting, StateApproved, StateDeclined, StateFailed, StateCancelling or StateAttention.
	StateAuthorizing
	// StateWaiting means: Klarna's request is open and its code may be shown. It moves to StateScanned,
	// StateAccepted, StateCancelling, StateExpired, StateDeclined or StateCancelled.
	StateWaiting
	// StateScanned means: the customer is inside Klarna's journey; no code is shown. It moves to
	// StateWaiting, StateAccepted, StateCancelling, StateExpired, StateDeclined or StateCancelled.
	StateScanned
	// StateAccepted means: the customer agreed and the session token is held. No money has moved. It moves to
	// StateFinalizing, StateCancelling, StateWaiting, StateExpired, StateDeclined or StateCancelled.
	StateAccepted
	// StateFinalizing means: the second authorize is in flight or its outcome unknown. It moves to
	// StateApproved, StateReversing, StateWaiting, StateCancelling, StateDeclined or StateAttention.
	StateFinalizing
	// StateCancelling means: this round is never finalized. It moves to StateCancelled, StateExpired,
	// StateDeclined, StateFailed, StateReversing or StateAttention.
	StateCancelling
	// StateApproved means: a transaction of exactly this sale exists. It moves to StateCapturing,
	// StateCaptured (when the authorize has captured already) or StateReversing.
	StateApproved
	// StateCapturing means: yes for ever; a void is forbidden. It moves to StateCaptured, StateReversing (as a
	// refund, once captured) or StateAttention.
	StateCapturing
	// StateCaptured means: the sale is done. It moves to StateReversing (as a refund of the whole); refunds asked
	// by name run in it and leave it as it is.
	StateCaptured
	// StateReversing means: the money is being given back. It moves to StateReversed or StateAttention.
	StateReversing
	// StateDeclined is final: no charge exists and none can come to exist.
	StateDeclined
	// StateCancelled is final: no charge exists and none can come to exist.
	StateCancelled
	// StateExpired is final: no charge exists and none can come to exist.
	StateExpired
	// StateFailed is final: no charge exists and none can come to exist.
	StateFailed
	// StateReversed is final: the charge was given back.
	StateReversed
	// StateAttention means: a person must look. It moves to StateCapturing, StateCaptured, StateReversing,
	// StateReversed or StateCancelled, by a recorded decision or late proof from Klarna.
	StateAttention
)

// States lists every state in the order of life.
func States() []State {
	all := make([]State, 0, StateAttention+1)
	for s := StateNone; s <= StateAttention; s++ {
		all = append(all, s)
	}
	return all
}

// Next is the one table of edges.
func Next(s State) []State {
	switch s {
	case StateNone:
		return []State{StateReceived, StateCancelled}
	case StateReceived:
		return []State{StateAuthorizing, StateCancelled, StateExpired, StateFailed}
	case StateAuthorizing:
		return []State{StateWaiting, StateApproved, StateDeclined, StateFailed, StateCancelling, StateAttention}
	case StateWaiting:
		return []State{StateScanned, StateAccepted, StateCancelling, StateExpired, StateDeclined, StateCancelled}
	case StateScanned:
		return []State{StateWaiting, StateAccepted, StateCancelling, StateExpired, StateDeclined, StateCancelled}
	case StateAccepted:
		return []State{StateFinalizing, StateCancelling, StateWaiting, StateExpired, StateDeclined, StateCancelled}
	case StateFinalizing:
		return []State{StateApproved, StateReversing, StateWaiting, StateCancelling, StateDeclined, StateAttention}
	case StateCancelling:
		return []State{StateCancelled, StateExpired, StateDeclined, StateFailed, StateReversing, StateAttention}
	case StateApproved:
		return []State{StateCapturing, StateCaptured, StateReversing}
	case StateCapturing:
		return []State{StateCaptured, StateReversing, StateAttention}
	case StateCaptured:
		return []State{StateReversing}
	case StateReversing:
		return []State{StateReversed, StateAttention}
	case StateAttention:
		return []State{StateCapturing, StateCaptured, StateReversing, StateReversed, StateCancelled}
	case StateDeclined, StateCancelled, StateExpired, StateFailed, StateReversed:
		return nil
	}
	return nil
}

// May reports whether the table has the edge from s to next.
func (s State) May(next State) bool { return slices.Contains(Next(s), next) }

// Final reports whether nothing is left to do with a payment in s. A captured sale may still be
// refunded later; that is a new decision, not unfinished work.
func (s State) Final() bool { return s == StateCaptured || (s != StateNone && Next(s) == nil) }

// String is the name on disk, in logs and in documents.
func (s State) String() string {
	switch s {
	case StateNone:
		return "none"
	case StateReceived:
		return "received"
	case StateAuthorizing:
		return "authorizing"
	case StateWaiting:
		return "waiting"
	case StateScanned:
		return "scanned"
	case StateAccepted:
		return "accepted"
	case StateFinalizing:
		return "finalizing"
	case StateCancelling:
		return "cancelling"
	case StateApproved:
		return "approved"
	case StateCapturing:
		return "capturing"
	case StateCaptured:
		return "captured"
	case StateReversing:
		return "reversing"
	case StateDeclined:
		return "declined"
	case StateCancelled:
		return "cancelled"
	case StateExpired:
		return "expired"
	case StateFailed:
		return "failed"
	case StateReversed:
		return "reversed"
	case StateAttention:
		return "attention"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// MarshalText writes the name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name written by MarshalText.
func (s *State) UnmarshalText(text []byte) error {
	for _, known := range States() {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("state %q: not known to this version", text)
}
