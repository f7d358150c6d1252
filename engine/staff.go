// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"strings"

	"tillbridge/payment"
)

// Errors of a decision by staff.
var (
	// ErrUnknownPayment: the journal has no such payment, or no such refund.
	ErrUnknownPayment = errors.New("no payment with this id needs a decision")
	// ErrNoReason: a decision must say why.
	ErrNoReason = errors.New("a decision needs a reason")
	// ErrUnknownCustomer: there is no such stored token.
	ErrUnknownCustomer = errors.New("no stored customer has this handle")
	// ErrDamaged: the journal cannot be trusted, so nothing is changed in it.
	ErrDamaged = errors.New("the journal is damaged")
)

// Attention lists the payments that need a person: those in doubt for good, those whose capture or
// give-back Klarna refused or whose next call cannot be made, and approvals that their till has not
// acknowledged in time.
func (c *Core) Attention(now Instant) []payment.Payment {
	var list []payment.Payment
	for _, j := range c.order {
		// Either clock may tell: a wall clock that was put back must not hide a payment for years.
		waited := now.Up - j.since
		if j.p.Offered {
			waited = max(waited, now.Wall.Sub(j.p.OfferedAt))
		}
		late := j.p.State == payment.StateApproved && waited >= c.set.Listed
		stuck := j.unmade || (j.p.State == payment.StateCapturing && (j.p.Capture.Refused || j.p.Release.Refused)) ||
			(j.p.State == payment.StateReversing && j.p.GiveBack.Refused)
		if late || stuck || j.p.State == payment.StateAttention || refundInDoubt(j.p) {
			list = append(list, j.p)
		}
	}
	return list
}

// LaneReport is what staff see of one lane.
type LaneReport struct {
	Lane  payment.LaneID
	State string
	Links int
	Open  *payment.Running
}

// Lanes reports every lane.
func (c *Core) Lanes(now Instant) []LaneReport {
	c.now = now
	var all []LaneReport
	for _, l := range c.lanes {
		s := c.laneState(l)
		r := LaneReport{Lane: l.ID, State: s.State, Open: s.Open}
		for _, k := range c.links {
			if k.Lane == l.ID {
				r.Links++
			}
		}
		all = append(all, r)
	}
	return all
}

// decided carries out a person's decision, journaled with its reason.
func (c *Core) decided(in Decided) {
	c.act(Ruled{in.Ticket, c.decide(in)})
}

// decidable is what a decision is about: a sale, or, for the decisions about refunds, a refund of one.
func (c *Core) decidable(in Decided) (*job, payment.TillID) {
	if in.As == payment.DecideRefunded || in.As == payment.DecideNotRefunded {
		j, r := c.refundNamed(in.ID)
		return j, r.ID
	}
	return c.jobs[in.ID], ""
}

func (c *Core) decide(in Decided) error {
	if c.damaged {
		return ErrDamaged
	}
	j, refund := c.decidable(in)
	if j == nil {
		return fmt.Errorf("%s: %w", in.ID, ErrUnknownPayment)
	}
	reason := payment.CleanText(in.Reason, 200)
	if strings.TrimSpace(reason) == "" {
		return ErrNoReason
	}
	before := j.p.Version
	err := c.apply(j, payment.Resolved{At: c.now.Wall, As: in.As, Reason: reason, By: payment.CleanText(in.By, 64), Refund: refund})
	if err != nil {
		return fmt.Errorf("resolve %s as %s: %w", in.ID, in.As, err)
	}
	if j.p.Version == before {
		return fmt.Errorf("resolve %s as %s: it is so already", in.ID, in.As)
	}
	c.pursue(j)
	return nil
}
