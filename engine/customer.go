// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"strings"

	"tillbridge/payment"
)

// approved takes an APPROVED with everything that came with it. A token that the sale asked for becomes
// durable in the commit of the approval, so that Klarna never holds one that we have lost; where the
// answer leaves it out, it is the one that the completed request gave.
func (c *Core) approved(j *job, key payment.Key, a Approved) {
	token := a.Customer
	if token.Handle == "" && key == j.p.Finalize.Key {
		token = j.blobs[key].Customer
	}
	switch asked := j.p.Order.TokenRequest; {
	case asked == nil:
		token = payment.CustomerToken{}
	case len(token.Scopes) == 0: // the customer has agreed to what was asked
		token.Scopes = asked.Scopes
	}
	c.take(j, payment.ApprovedByKlarna{
		At: c.now.Wall, Key: key, Transaction: a.Transaction, CaptureID: a.CaptureID,
		CustomerToken: token.Handle, Reply: j.hold(key, a.Reply),
	})
	c.keepReply(j, key)
	if token.Handle != "" && j.p.CustomerToken == token.Handle {
		c.turn.commit.Customers = append(c.turn.commit.Customers, token)
	}
}

func (c *Core) declined(j *job, key payment.Key, a Declined) {
	c.take(j, payment.DeclinedByKlarna{
		At: c.now.Wall, Key: key, Settled: j.sentAt >= j.settledAt, Reply: j.hold(key, a.Reply),
	})
	c.keepReply(j, key)
}

// hold puts Klarna's words to the shop's own app beside the bytes that they answer, where the result
// finds them, and reports whether there are any.
func (j *job) hold(key payment.Key, reply string) bool {
	blob, known := j.blobs[key]
	if !known || reply == "" {
		return false
	}
	blob.Reply = reply
	j.blobs[key] = blob
	return true
}

// keepReply makes them durable, until the till has acknowledged the result. The secrets beside them are
// spent.
func (c *Core) keepReply(j *job, key payment.Key) {
	if j.p.Owed() != key {
		return
	}
	blob := j.blobs[key]
	blob.Token, blob.Customer = "", payment.CustomerToken{}
	j.blobs[key] = blob
	c.turn.commit.Blobs = append(c.turn.commit.Blobs, blob)
}

// reply is Klarna's word to the shop's own app that belongs to what the till hears.
func (c *Core) reply(j *job, o payment.Outcome) string {
	if o != payment.Approved && o != payment.Declined {
		return ""
	}
	return j.blobs[j.p.Owed()].Reply
}

// tokenOf is the token that a till hears of: the one of a sale that it hears is paid.
func tokenOf(p payment.Payment, o payment.Outcome) payment.Handle {
	if o != payment.Approved {
		return ""
	}
	return p.CustomerToken
}

// unwanted forgets the token of an approval that is given back before the till has heard of it: nobody
// would ever know its handle.
func (c *Core) unwanted(j *job, before payment.Payment) {
	back := func(p payment.Payment) bool {
		return p.State == payment.StateReversing || p.State == payment.StateReversed
	}
	if back(j.p) && !back(before) && !j.p.Offered && before.CustomerToken != "" {
		c.eraseToken(before.CustomerToken, "tillbridge", "the sale that brought it was given back unheard")
	}
}

// unfitCustomer says why the stored token that an order names cannot be charged.
func (c *Core) unfitCustomer(o payment.Order) string {
	switch {
	case o.CustomerToken == "":
		return ""
	case c.customer.Handle != o.CustomerToken:
		return "customer_token: is not known here, or was forgotten"
	case !c.customer.Allows(o.Absent):
		return "customer_token: the customer has not agreed to be charged so; compare its scopes with present"
	}
	return ""
}

// forget erases a stored token. It may be asked twice: gone is gone. A charge that is under way keeps its
// own copy, because it must be repeated with the same token until it is answered.
func (c *Core) forget(k *link, ask payment.Forget) {
	if c.customer.Handle == ask.Handle {
		c.eraseToken(ask.Handle, "till of "+string(k.Lane), "asked by the till")
	}
	c.act(Tell{k.id, payment.Forgotten(ask)})
}

// forgetCustomer erases a stored token for a member of staff, who is told where there is none: it may be a slip of the
// pen.
func (c *Core) forgetCustomer(in ForgetCustomer) {
	reason := payment.CleanText(in.Reason, 200)
	var err error
	switch {
	case c.damaged:
		err = ErrDamaged
	case c.customer.Handle == "" || c.customer.Handle != in.Handle:
		err = fmt.Errorf("%s: %w", in.Handle, ErrUnknownCustomer)
	case strings.TrimSpace(reason) == "":
		err = ErrNoReason
	default:
		c.eraseToken(in.Handle, payment.CleanText(in.By, 64), reason)
	}
	c.act(Ruled{in.Ticket, err})
}

func (c *Core) eraseToken(h payment.Handle, by, reason string) {
	c.turn.commit.Forget = append(c.turn.commit.Forget, payment.Erasure{Handle: h, At: c.now.Wall, By: by, Reason: reason})
}

// recallCustomer reads the stored token that a till's ask names.
func (c *Core) recallCustomer(j Journal, a payment.Ask) error {
	var handle payment.Handle
	if pay, ok := a.(payment.Pay); ok {
		handle = pay.Order.CustomerToken
	}
	if forget, ok := a.(payment.Forget); ok {
		handle = forget.Handle
	}
	return c.recallToken(j, handle)
}

func (c *Core) recallToken(j Journal, handle payment.Handle) error {
	c.customer = payment.CustomerToken{}
	if handle == "" {
		return nil
	}
	token, found, err := j.Customer(handle)
	if err != nil {
		return fmt.Errorf("look up customer token %s: %w", handle, err)
	}
	if found {
		c.customer = token
	}
	return nil
}

// recallReply reads what is still owed to the till of a finished payment.
func (c *Core) recallReply(j Journal, p payment.Payment) error {
	key, job := p.Owed(), c.jobs[p.ID]
	if key == "" || job == nil {
		return nil
	}
	blob, found, err := j.Blob(key)
	if err != nil {
		return fmt.Errorf("read the reply to %s: %w", p.ID, err)
	}
	if found {
		job.blobs[key] = blob
	}
	return nil
}
