// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"

	"tillbridge/payment"
)

// Load reads what an earlier process left unfinished, with the bytes that may still be used.
func Load(j Journal) ([]Saved, error) {
	unfinished, err := j.Unfinished()
	if err != nil {
		return nil, fmt.Errorf("read unfinished payments: %w", err)
	}
	all := make([]Saved, 0, len(unfinished))
	for _, p := range unfinished {
		s := Saved{Payment: p}
		for _, key := range needed(p) {
			b, ok, err := j.Blob(key)
			if err != nil {
				return nil, fmt.Errorf("read the bytes of %s: %w", p.ID, err)
			}
			if ok {
				s.Blobs = append(s.Blobs, b)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// Recall brings a finished payment back into memory if in is a till asking about it or a decision of staff, and reads
// the stored token that in names. It must be called before in is handled: a core that does not know a payment takes it
// for a new one.
func (c *Core) Recall(now Instant, j Journal, in Input) error {
	if forget, ok := in.(ForgetCustomer); ok {
		return c.recallToken(j, forget.Handle)
	}
	if d, ok := in.(Decided); ok {
		return c.recallDecided(now, j, d)
	}
	heard, ok := in.(Heard)
	if !ok {
		return nil
	}
	lane, ok := c.LaneOf(heard.Link)
	if !ok {
		return nil
	}
	if err := c.recallCustomer(j, heard.Ask); err != nil {
		return err
	}
	if r, ok := heard.Ask.(payment.RefundPart); ok {
		if err := c.recallRefund(now, j, payment.ID{Lane: lane, Till: r.ID}); err != nil {
			return err
		}
	}
	id, last := about(heard.Ask)
	var p payment.Payment
	var found bool
	var err error
	switch {
	case last:
		p, found, err = j.Last(lane)
	case id == "" || c.Knows(payment.ID{Lane: lane, Till: id}):
		return nil
	default:
		p, found, err = j.Find(payment.ID{Lane: lane, Till: id})
	}
	if err != nil {
		return fmt.Errorf("look up %s on %s: %w", id, lane, err)
	}
	if found {
		c.Remember(now, p)
	}
	if l := c.lane(lane); found && last && l != nil && l.last == "" {
		l.last = p.ID.Till
	}
	return c.recallReply(j, p)
}

// Unread answers in where Recall has failed, in place of Handle: nobody can know whether the payment exists. What can
// still be read of others goes on.
func (c *Core) Unread(now Instant, in Input) []Action {
	c.now, c.turn = now, turn{}
	if heard, ok := in.(Heard); ok {
		if k := c.link(heard.Link); k != nil {
			c.heardDamaged(k, heard.Ask)
		}
	}
	if forget, ok := in.(ForgetCustomer); ok {
		c.act(Ruled{forget.Ticket, ErrDamaged})
	}
	if decided, ok := in.(Decided); ok {
		c.act(Ruled{decided.Ticket, ErrDamaged})
	}
	return c.turn.actions
}

// recallDecided brings back the sale that staff decide about.
func (c *Core) recallDecided(now Instant, j Journal, d Decided) error {
	if d.As == payment.DecideRefunded || d.As == payment.DecideNotRefunded {
		return c.recallRefund(now, j, d.ID)
	}
	if c.Knows(d.ID) {
		return nil
	}
	p, found, err := j.Find(d.ID)
	if err != nil {
		return fmt.Errorf("look up %s: %w", d.ID, err)
	}
	if !found {
		return nil
	}
	c.Remember(now, p)
	return c.recallReply(j, p)
}

// recallRefund brings back the sale of a refund that a till asks for again, or staff decide about.
func (c *Core) recallRefund(now Instant, j Journal, id payment.ID) error {
	if known, _ := c.refundNamed(id); known != nil {
		return nil
	}
	p, found, err := j.Refund(id)
	if err != nil {
		return fmt.Errorf("look up refund %s: %w", id, err)
	}
	if !found {
		return nil
	}
	c.Remember(now, p)
	return c.recallReply(j, p)
}

// about is the payment that an ask names.
func about(a payment.Ask) (id payment.TillID, last bool) {
	switch a := a.(type) {
	case payment.Pay:
		return a.ID, false
	case payment.Cancel:
		return a.ID, false
	case payment.Status:
		return a.ID, a.Last
	case payment.Confirm:
		return a.ID, false
	case payment.GiveBack:
		return a.ID, false
	case payment.RefundPart:
		return a.Of, false
	case payment.Here:
		return a.ID, false
	case payment.Look, payment.Forget:
	}
	return "", false
}
