// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"tillbridge/payment"
)

// pay takes a request for a payment, or says why not. The same request again is never a second
// payment; the same id with other money is a conflict; a cancelled id stays cancelled.
func (c *Core) pay(k *link, ask payment.Pay) {
	l := c.lane(k.Lane)
	id := payment.ID{Lane: k.Lane, Till: ask.ID}
	order := ask.Order.Clean()
	if j := c.jobs[id]; j != nil {
		c.payAgain(k, j, order)
		return
	}
	if detail := c.unfit(l, order); detail != "" {
		c.refuse(k, ask.ID, payment.ReasonBadRequest, detail)
		return
	}
	if running := c.running(l); running != nil {
		c.act(Tell{k.id, payment.Refusal{ID: ask.ID, Reason: payment.ReasonBusy, Busy: c.runningWord(running)}})
		return
	}
	if c.full {
		c.refuse(k, ask.ID, payment.ReasonUnavailable, "the journal has no room")
		return
	}
	if l.DisplayRequired && l.screens == 0 && order.ShowsCode() {
		c.refuse(k, ask.ID, payment.ReasonNoDisplay, "")
		return
	}
	c.begin(k, l, id, order)
}

// payAgain answers a repeated request with what is true of the first one.
func (c *Core) payAgain(k *link, j *job, order payment.Order) {
	if !j.p.Tombstone && !j.p.Order.SameSale(order) {
		c.refuse(k, j.p.ID.Till, payment.ReasonConflict, "this id belongs to "+j.p.Order.Amount.String())
		return
	}
	c.attach(j, k.id)
	c.report(k, j)
	c.pursue(j)
}

func (c *Core) refuse(k *link, id payment.TillID, r payment.Reason, detail string) {
	c.act(Tell{k.id, payment.Refusal{ID: id, Reason: r, Detail: detail}})
}

// unfit says what is wrong with an order, for integrators.
func (c *Core) unfit(l *lane, o payment.Order) string {
	if err := o.Amount.Check(); err != nil {
		return err.Error()
	}
	if o.Amount.Currency != l.Currency {
		return fmt.Sprintf("currency: this lane takes %s", l.Currency)
	}
	if o.Amount.Minor > c.set.MaxMinor {
		return fmt.Sprintf("amount: the most this shop takes is %s",
			payment.Amount{Minor: c.set.MaxMinor, Currency: l.Currency})
	}
	if detail := o.Fault(); detail != "" {
		return detail
	}
	return c.unfitCustomer(o)
}

// begin makes a payment durable together with its first authorize, so that accepted is one commit away.
func (c *Core) begin(k *link, l *lane, id payment.ID, order payment.Order) {
	wait, limit := c.set.Waiting, c.set.Scanned
	if order.Timeout > 0 {
		wait, limit = order.Timeout, order.Timeout
	}
	asked := payment.Asked{
		At: c.now.Wall, Order: order, Reference: l.Names.Reference(id), CaptureNow: c.set.CaptureNow,
		Deadline: c.now.Wall.Add(wait), Limit: c.now.Wall.Add(max(wait, limit)),
	}
	j := c.newJob(payment.Payment{ID: id})
	c.ignore(c.apply(j, asked))
	if err := c.intend(j, payment.Intend{Write: payment.WriteAuthorize, Attempt: 1}); err != nil {
		// Nothing is durable yet: forget that it was ever asked.
		c.turn.commit = payment.Commit{}
		c.drop(j)
		c.refuse(k, id.Till, payment.ReasonBadRequest, err.Error())
		return
	}
	j.lastCall, j.limit = c.now.Up+requestLife-expiryMargin, c.now.Up+max(wait, limit)
	c.attach(j, k.id)
	l.last = id.Till
	if !order.Absent { // whoever stands before the screen is another customer
		l.focus = j
		c.touch(l)
	}
	c.supersede(l.ID)
	c.act(Tell{k.id, payment.Accepted{ID: id.Till, ExpiresAt: j.p.Deadline}})
	c.pursue(j)
}

// intend prepares the bytes of a write and makes them part of this commit.
func (c *Core) intend(j *job, a payment.Intend) error {
	body, err := c.body(j, a)
	if err != nil {
		return fmt.Errorf("prepare %s of %s: %w", a.Write, j.p.ID, err)
	}
	names := c.names(j.p.ID.Lane)
	blob := payment.Blob{ID: j.p.ID, Key: names.Key(j.p.ID, a.Write, a.Attempt), Body: body}
	if a.Refund != "" {
		blob.Key = names.RefundKey(j.p.ID, a.Refund, a.Attempt)
	}
	switch order := j.p.Order; a.Write {
	case payment.WriteAuthorize:
		blob.Token = order.Handed.SessionToken.Reveal()
		if order.CustomerToken != "" {
			blob.Customer = c.customer
		}
	case payment.WriteFinalize:
		blob.Token = j.token.Reveal()
		blob.Customer = j.given
	case payment.WriteCapture, payment.WriteVoid, payment.WriteRefund, payment.WriteRelease: // the body is all of it
	}
	intent := payment.Intent{
		Write: a.Write, Key: blob.Key, Hash: hashOf(body), Attempt: a.Attempt, Refund: a.Refund, At: c.now.Wall,
	}
	j.blobs[blob.Key], j.born[blob.Key] = blob, c.now.Up
	if err := c.apply(j, payment.Intended{At: c.now.Wall, Intent: intent}); err != nil {
		return err
	}
	c.turn.commit.Blobs = append(c.turn.commit.Blobs, blob)
	return nil
}

func (c *Core) body(j *job, a payment.Intend) ([]byte, error) {
	if r, ok := j.p.Refund(a.Refund); ok {
		return c.bodies.RefundBody(j.p, r)
	}
	return c.bodies.Body(j.p, a.Write, j.blobs[j.p.Authorize.Key].Body)
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// bury makes a durable tombstone for a cancel whose payment was never seen, so that a late copy of the
// request cannot start it.
func (c *Core) bury(k *link, id payment.ID) {
	l := c.lane(id.Lane)
	if c.now.Up-l.tombUp >= time.Minute {
		l.tombs, l.tombUp = 0, c.now.Up
	}
	if l.tombs++; l.tombs > tombstonesPerMinute {
		c.refuse(k, id.Till, payment.ReasonUnavailable, "too many cancels of unknown ids; try again in a minute")
		return
	}
	j := c.newJob(payment.Payment{ID: id})
	c.attach(j, k.id)
	c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTill}))
	c.pursue(j)
}
