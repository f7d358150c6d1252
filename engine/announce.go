// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import "tillbridge/payment"

// announce tells everyone who listens what a change means to them. The commit that made it is durable
// before any of these words leaves.
func (c *Core) announce(j *job, before payment.Payment) {
	c.touchJob(j)
	switch p := j.p; {
	case p.Update != before.Update:
		c.tellAll(j, c.updateWord(j, false))
		j.offerAt = c.now.Up + reoffer
	case p.Result != before.Result:
		c.tellAll(j, c.resultWord(j, false))
		j.offerAt = c.now.Up + reoffer
	case p.Offered != before.Offered: // after an unknown, or an update that repeats it
		c.tellAll(j, c.last(j, false))
		j.offerAt = c.now.Up + reoffer
	case p.Word() == "":
		c.progress(j)
	}
	c.announceRefunds(j, before)
}

// progress tells the phase and the deadline when either changed.
func (c *Core) progress(j *job) {
	w := j.progress()
	if j.p.State == payment.StateApproved || w == j.lastWord {
		return // the result follows
	}
	j.lastWord = w
	c.tellAll(j, w)
}

func (j *job) progress() payment.Progress {
	return payment.Progress{
		ID: j.p.ID.Till, Phase: j.p.Phase(), ExpiresAt: j.p.Deadline, HandOver: j.p.Order.Interaction == payment.InteractionHandOver,
	}
}

// showCode marks the request as freshly open, and hands the code to tills with a screen of their own.
func (c *Core) showCode(j *job) {
	if j.fresh || j.p.State != payment.StateWaiting {
		return
	}
	j.fresh = true
	c.touchJob(j)
	if j.p.Request.URL != "" {
		c.tellAll(j, c.displayWord(j))
	}
}

// displayWord is for a till with a screen of its own, or one that hands its customer over.
func (c *Core) displayWord(j *job) payment.Display {
	l := c.lane(j.p.ID.Lane)
	d := payment.Display{ID: j.p.ID.Till, Request: j.p.Request.ID, ExpiresAt: j.p.Deadline, HandOver: j.p.HandsOver()}
	if j.p.Order.ShowsCode() {
		d.QR, d.NoDisplay = j.p.Request.URL, l != nil && l.screens == 0
	}
	return d
}

// report tells one link where j stands: the last word, or how far it is.
func (c *Core) report(k *link, j *job) {
	if j.p.Word() != "" {
		c.act(Tell{k.id, c.last(j, true)})
		return
	}
	c.act(Tell{k.id, j.progress()})
	if j.fresh && j.p.State == payment.StateWaiting && j.p.Request.URL != "" {
		c.act(Tell{k.id, c.displayWord(j)})
	}
}

// last is the last word of j. An approval that was taken back stays an approval, given back.
func (c *Core) last(j *job, replay bool) payment.Word {
	takenBack := j.p.Update == payment.Reversed && j.p.Result == payment.Approved
	if j.p.Update != "" && !takenBack {
		return c.updateWord(j, replay)
	}
	return c.resultWord(j, replay)
}

func (c *Core) resultWord(j *job, replay bool) payment.Result {
	p := j.p
	return payment.Result{
		ID: p.ID.Till, Outcome: p.Result, Reason: reasonOf(p, p.Result), Amount: p.Order.Amount,
		Reference: payment.ShortCode(p.Reference), At: p.ResultAt,
		GivenBack: p.GivenBack(), Replay: replay, Returning: p.Returning(), InParts: p.GivenBackInParts(),
		CustomerToken: tokenOf(p, p.Result), NetworkData: c.reply(j, p.Result),
	}
}

func (c *Core) updateWord(j *job, replay bool) payment.Update {
	amount := j.p.Order.Amount
	if j.p.Update == payment.Reversed {
		amount = j.p.Charged()
	}
	return payment.Update{
		ID: j.p.ID.Till, Outcome: j.p.Update, Reason: reasonOf(j.p, j.p.Update), At: j.p.UpdateAt, Replay: replay,
		Amount: amount, Reference: payment.ShortCode(j.p.Reference),
		GivenBack: j.p.GivenBack(), Returning: j.p.Returning(), InParts: j.p.GivenBackInParts(),
		CustomerToken: tokenOf(j.p, j.p.Update), NetworkData: c.reply(j, j.p.Update),
	}
}

// reasonOf is the reason that belongs to a word. A word keeps its reason even when the payment has
// moved on to another one, so that a repeated answer is the same answer.
func reasonOf(p payment.Payment, o payment.Outcome) payment.Reason {
	switch o {
	case payment.Approved:
		return payment.ReasonApproved
	case payment.Unknown:
		return payment.ReasonNoAnswer
	case payment.Reversed:
		return payment.ReasonGivenBack
	case payment.Declined:
		return payment.ReasonDeclined
	case payment.Cancelled, payment.Expired, payment.Failed:
	}
	return p.Reason
}
