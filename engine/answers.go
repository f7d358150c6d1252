// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"tillbridge/payment"
)

// answered ends a try of a write. What an answer proves is Step's to say; what to do about an answer
// that proves nothing is said here: wait, and send the same bytes again.
func (c *Core) answered(in Answered) {
	j := c.jobs[in.ID]
	if j == nil || j.sending != in.Key {
		return
	}
	j.sending = ""
	switch a := in.Answer.(type) {
	case Approved:
		c.health(true)
		c.approved(j, in.Key, a)
	case StepUp:
		c.health(true)
		c.stepUp(j, in.Key, a)
	case Declined:
		c.health(true)
		c.declined(j, in.Key, a)
	case Refused:
		c.health(true)
		c.take(j, payment.RefusedByKlarna{At: c.now.Wall, Key: in.Key, Code: a.Code, Correlation: a.Correlation})
	case Done:
		c.health(true)
		c.done(j, in.Key, a)
	case Stale:
		c.health(true)
		c.ignore(c.apply(j, payment.KeyExpired{At: c.now.Wall, Key: in.Key}))
	case Unclear:
		c.health(false)
		j.settledAt = max(j.settledAt, j.sentAt+settle)
		c.again(j, a.After)
		c.ignore(c.apply(j, payment.Unclear{Key: in.Key}))
	case NotExecuted:
		c.health(false)
		c.again(j, a.After)
	}
	c.pursue(j)
}

// take applies a definite answer. One that proves nothing, because an earlier try may still be
// executed, is asked for again after that try has run out.
func (c *Core) take(j *job, e payment.Event) {
	if err := c.apply(j, e); err != nil {
		c.again(j, 0)
		j.sendAt = max(j.sendAt, j.settledAt)
	}
}

func (c *Core) again(j *job, asked time.Duration) {
	j.sendAt = c.now.Up + c.backoff(j.tries, asked)
}

// stepUp opens a round. A request for other money than ours is cancelled before anyone can see it.
func (c *Core) stepUp(j *job, key payment.Key, a StepUp) {
	deadline, replayed := j.p.Deadline, j.p.Authorize.Unclear
	if key == j.p.Finalize.Key {
		replayed = j.p.Finalize.Unclear
	}
	if j.p.State == payment.StateAuthorizing && j.p.Order.Timeout == 0 {
		deadline = c.now.wallAt(min(c.now.Up+c.set.Waiting, j.limit))
	}
	j.lastCall = c.now.Up + requestLife - expiryMargin
	if !a.Request.ExpiresAt.IsZero() {
		j.lastCall = min(j.lastCall, c.upAt(a.Request.ExpiresAt)-expiryMargin)
	}
	c.take(j, payment.StepUpRequired{
		Key: key, Request: a.Request, Deadline: deadline,
		DeadlineOpen: j.deadline-c.now.Up > gateMargin && j.p.Result == "",
	})
	if j.p.State != payment.StateWaiting {
		return
	}
	if a.Amount != (payment.Amount{}) && a.Amount != j.p.Order.Amount {
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyRefused}))
		return
	}
	if j.p.Order.Absent { // nobody is there whom this request could ask
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyDeclined}))
		return
	}
	if j.p.HandsOver() != (payment.HandOver{}) && a.Request.URL == "" { // there is nowhere to hand over to
		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyRefused}))
		return
	}
	if replayed { // the answer is as old as the first try: the request may be anything by now
		j.readAt = c.now.Up
		return
	}
	c.showCode(j)
}

func (c *Core) done(j *job, key payment.Key, a Done) {
	switch key {
	case j.p.Capture.Key:
		c.take(j, payment.Captured{At: c.now.Wall, Key: key, CaptureID: a.CaptureID})
	case j.p.GiveBack.Key, j.p.Release.Key:
		c.take(j, payment.GivenBack{At: c.now.Wall, Key: key})
	default:
		c.take(j, payment.RefundDone{At: c.now.Wall, Key: key, RefundID: a.RefundID})
	}
}

// requestRead takes a fresh read. In waiting it is what allows the code to be shown; in accepted it
// keeps the token fresh; in cancelling it decides what a refused delete left open.
func (c *Core) requestRead(in RequestRead) {
	j := c.jobs[in.ID]
	if j == nil {
		return
	}
	j.reading = false
	c.health(in.Reading.Status != "" || in.Reading.Slow)
	j.slow = slower(j.slow, in.Reading)
	j.readAt = c.now.Up + max(c.pollInterval(j), min(in.Reading.After, time.Minute))
	if in.Reading.Status != "" && in.Request == j.p.Request.ID {
		c.seen(j, in.Reading)
	}
	c.pursue(j)
}

func slower(slow int, r Reading) int {
	switch {
	case r.Slow:
		return min(slow+1, 4)
	case r.Status == "":
		return max(slow, 1)
	}
	return 0
}

func (c *Core) seen(j *job, r Reading) {
	e := payment.RequestSeen{At: c.now.Wall, Request: j.p.Request.ID, Status: r.Status, Token: r.Token}
	if r.Status == payment.RequestCompleted && !r.Token.Empty() {
		sum := sha256.Sum256([]byte(r.Token.Reveal()))
		e.TokenHash = hex.EncodeToString(sum[:])
	}
	if r.Status == payment.RequestInProgress && j.p.Order.Timeout == 0 && j.deadline < j.limit {
		e.Deadline = c.now.wallAt(min(j.limit, j.lastCall))
	}
	switch j.p.State {
	case payment.StateWaiting, payment.StateScanned, payment.StateAccepted:
		if e.TokenHash != "" {
			j.completed = c.now.Up
		}
		c.ignore(c.apply(j, e))
		if e.TokenHash != "" && j.p.State == payment.StateAccepted {
			j.token, j.given = r.Token, r.Customer
		}
		if r.Status == payment.RequestSubmitted {
			c.showCode(j)
		}
	case payment.StateCancelling:
		c.seenCancelling(j, e)
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateFinalizing,
		payment.StateApproved, payment.StateCapturing, payment.StateCaptured, payment.StateReversing,
		payment.StateDeclined, payment.StateCancelled, payment.StateExpired, payment.StateFailed,
		payment.StateReversed, payment.StateAttention:
	}
}

// seenCancelling: a request that Klarna keeps open is deleted again; one that it holds as COMPLETED and
// has refused to delete twice will not be deleted at all.
func (c *Core) seenCancelling(j *job, e payment.RequestSeen) {
	if !j.mustRead {
		return
	}
	j.mustRead = false
	j.cancelAt = c.now.Up + c.backoff(j.cancelTries, 0)
	c.ignore(c.apply(j, e))
	if j.p.State == payment.StateCancelling && e.Status == payment.RequestCompleted && j.cancelTries >= 2 {
		c.ignore(c.apply(j, payment.CancelRefused{At: c.now.Wall, Request: e.Request}))
	}
}

// requestCancelled takes the outcome of a delete.
func (c *Core) requestCancelled(in RequestCancelled) {
	j := c.jobs[in.ID]
	if j == nil {
		return
	}
	j.deleting = false
	c.health(in.Closing.Status != "" || in.Closing.Refused)
	j.cancelAt = c.now.Up + c.backoff(j.cancelTries, in.Closing.After)
	if j.p.State != payment.StateCancelling || in.Request != j.p.Request.ID {
		return
	}
	if in.Closing.Refused {
		j.mustRead, j.readAt = true, c.now.Up
	}
	if s := in.Closing.Status; s != "" {
		c.ignore(c.apply(j, payment.RequestSeen{At: c.now.Wall, Request: in.Request, Status: s}))
	}
	c.pursue(j)
}

// transactionRead takes what is true of a transaction. In attention it is asked again from time to time.
func (c *Core) transactionRead(in TransactionRead) {
	j := c.jobs[in.ID]
	if j == nil {
		return
	}
	j.holding = false
	j.holdAt = c.now.Up + max(c.spread(time.Minute), in.Holding.After)
	if _, refund := j.p.NextRefund(); j.p.State == payment.StateAttention || j.p.State == payment.StateCaptured && !refund {
		j.holdAt = c.now.Up + c.spread(10*time.Minute)
	}
	if h := in.Holding; h.Status != "" {
		c.ignore(c.apply(j, payment.TransactionSeen{
			At: c.now.Wall, Status: h.Status, Refunded: h.Refunded, Counted: h.Counted, Captured: h.Captured, Empty: h.Empty,
			CaptureID: h.CaptureID,
		}))
	}
	c.pursue(j)
}

// nudge reads the request that a webhook is about, at most once a second. One that we do not know yet
// is found by our own reference, and read as soon as its authorize is answered.
func (c *Core) nudge(in Nudged) {
	c.nudged, c.nudgeUp = true, c.now.Up
	for _, j := range c.order {
		if j.p.Request.ID != in.Request && j.p.Reference != in.Reference {
			continue
		}
		j.readAt = min(j.readAt, c.now.Up+time.Second)
		if j.nudgedAt < 0 || c.now.Up-j.nudgedAt >= time.Second {
			j.readAt, j.nudgedAt = min(j.readAt, c.now.Up), c.now.Up
		}
		c.pursue(j)
		return
	}
}
