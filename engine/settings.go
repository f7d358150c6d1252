// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"tillbridge/payment"
)

// Settings is what the core is told once.
type Settings struct {
	Lanes      []Lane
	Names      payment.Names // for what is left of lanes that are not configured any more; they name no terminal
	MaxMinor   int64         // the largest amount taken, in minor units
	Waiting    time.Duration // how long a code waits for the customer
	Scanned    time.Duration // the absolute limit once it was scanned
	TillGrace  time.Duration // how long an accepted payment waits for its till
	Listed     time.Duration // an unacknowledged approval is listed for staff after this
	CaptureNow bool          // the authorize captures; else the acknowledgement does
	Seed       uint64        // of the polling jitter
}

// Lane is one till with its terminal and screens.
type Lane struct {
	ID              payment.LaneID
	Names           payment.Names
	Currency        payment.Currency
	DisplayRequired bool // refuse a payment when no screen is connected
}

// Limits that are not settings. Each says where it comes from.
const (
	// settle is how long an unclear try may still be executed: Klarna's server limit is 59 s (Klarna,
	// Request timeout).
	settle = 65 * time.Second
	// unreachable is how long a first authorize is tried while no try gets as far as Klarna.
	unreachable = 20 * time.Second
	// earlyNo is how long the delete of a cancelled request is waited for before its true word is told.
	earlyNo = 3 * time.Second
	// gateMargin: no finalize begins this close to the deadline.
	gateMargin = 5 * time.Second
	// freshness of a COMPLETED and of a till's answer when the gate opens.
	freshness = 5 * time.Second
	// briefPresence: a till that speaks in single requests is there for so long after the last one.
	briefPresence = 5 * time.Second
	// reoffer is the interval at which an unacknowledged approval is told again.
	reoffer = 5 * time.Second
	// moreTime is what one tap on the customer's screen adds.
	moreTime = 60 * time.Second
	// expiryMargin keeps our deadline ahead of Klarna's own expiry.
	expiryMargin = time.Minute
	// requestLife is the interaction_expiry that we ask Klarna for.
	requestLife = 30 * time.Minute
	// tokenLife: an accepted request that nobody finalized is dead (Klarna, Final authorization: 60 min).
	tokenLife = 65 * time.Minute
	// forget is how long the newest payment of a lane stays in memory once it is finished.
	forget = 10 * time.Minute
	// tombstonesPerMinute bounds how fast a lane may cancel ids that were never seen.
	tombstonesPerMinute = 30
)
