// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/payment"
)

// told checks a word at the moment when it leaves.
func (o *oracle) told(id payment.LinkID, word payment.Word) {
	k := o.w.proc.link(id)
	if k == nil {
		return // nobody is there any more
	}
	lane := k.of.Lane
	switch word := word.(type) {
	case payment.Accepted:
		b := o.wordOf(lane, word.ID, "accepted")
		if !b.known || b.disk.Tombstone {
			o.w.fail("I18", "%s is told accepted and is not durable", b.id)
		}
		b.accepted = true
	case payment.Display:
		o.toldCode(o.wordOf(lane, word.ID, "display"), word)
	case payment.Progress:
		b := o.wordOf(lane, word.ID, "progress "+string(word.Phase))
		if b.phases&phaseBit(word.Phase) == 0 {
			o.w.fail("I18", "%s is told %s, which it never was", b.id, word.Phase)
		}
	case payment.AskHere:
		o.wordOf(lane, word.ID, "ask here")
	case payment.Cancelling:
		o.toldCancelling(o.wordOf(lane, word.ID, "cancelling"))
	case payment.Result:
		o.toldResult(o.wordOf(lane, word.ID, string(word.Outcome)), word)
	case payment.Update:
		o.toldUpdate(o.wordOf(lane, word.ID, "update "+string(word.Outcome)), word)
	case payment.Recorded:
		b := o.wordOf(lane, word.ID, "recorded "+string(word.Outcome))
		if word.OK && b.acks&bit(word.Outcome) == 0 {
			o.w.fail("I18", "%s: the acknowledgement of %s is told and not durable", b.id, word.Outcome)
		}
		if word.OK && word.Outcome == payment.Approved && b.passed == 0 && b.disk.Returning() {
			o.w.fail("I18", "%s: a yes is told recorded while the sale is given back", b.id)
		}
	case payment.Refunded:
		o.toldRefunded(lane, word)
	case payment.Refusal:
		if g := o.gives[payment.ID{Lane: lane, Till: word.ID}]; g != nil {
			o.toldNotRefunded(g, word)
			return
		}
		o.toldRefusal(o.wordOf(lane, word.ID, "refused "+string(word.Reason)), word)
	case payment.LaneState:
		if word.Open != nil {
			o.running(lane, *word.Open)
		}
	case payment.Forgotten:
	}
}

func (o *oracle) wordOf(lane payment.LaneID, id payment.TillID, what string) *book {
	b := o.book(payment.ID{Lane: lane, Till: id})
	o.w.say("tell", b.id.String(), what)
	return b
}

// running: what a lane is said to be busy with must be its own.
func (o *oracle) running(lane payment.LaneID, r payment.Running) {
	b := o.byID[payment.ID{Lane: lane, Till: r.ID}]
	if b == nil || !b.known || b.disk.Order.Amount != r.Amount {
		o.w.fail("I23", "%s is told to be busy with %s over %s, which is not its own", lane, r.ID, r.Amount)
		return
	}
	if !holds(b.disk) && b.passed == 0 {
		o.w.fail("I15", "%s is told to be busy with %s, which is %s and heard %q", lane, r.ID, b.disk.State, b.disk.Result)
	}
}

func (o *oracle) toldCode(b *book, d payment.Display) {
	if b.passed&(1<<payment.StateWaiting) == 0 && b.disk.State != payment.StateWaiting {
		o.w.fail("I23", "%s: a code is told in %s", b.id, b.disk.State)
	}
	if !b.submitted && !b.wasOpen || d.QR != b.disk.Request.URL {
		o.w.fail("I23", "%s: a code is told that was not read as open", b.id)
	}
	o.rightCode(b)
	o.w.tokens.shows(b.disk)
}

// rightCode: what the customer is asked to pay is what the till wants.
func (o *oracle) rightCode(b *book) {
	r, ok := o.w.net.klarna.PaymentRequest(string(b.disk.Request.ID))
	if ok && r.Amount != b.disk.Order.Amount.Minor {
		o.w.fail("I4", "%s over %s shows a code over %d", b.id, b.disk.Order.Amount, r.Amount)
	}
}

func (o *oracle) toldCancelling(b *book) {
	p := b.disk
	if b.yes && b.saidNo {
		return // it answers a till that takes its sale back
	}
	b.cancelling = true
	if !b.known || p.Why == "" && p.Wanted == "" && !p.State.Final() {
		o.w.fail("I18", "%s is told cancelling and is %s", b.id, p.State)
	}
	if b.yes {
		o.w.fail("I8", "%s is told cancelling after approved", b.id)
	}
}

func (o *oracle) toldResult(b *book, r payment.Result) {
	w := o.w
	w.tokens.says(b, r.CustomerToken, r.Outcome)
	switch {
	case !b.known || b.results&bit(r.Outcome) == 0:
		w.fail("I18", "%s is told %s, which is not durable", b.id, r.Outcome)
		return
	case r.Amount != b.disk.Order.Amount:
		w.fail("I4", "%s over %s is told as %s", b.id, b.disk.Order.Amount, r.Amount)
	case r.Reference != payment.ShortCode(b.disk.Reference):
		w.fail("I10", "%s is told with the reference of another payment", b.id)
	}
	plain := r
	plain.Replay, plain.GivenBack, plain.InParts, plain.Returning = false, false, false, false
	switch {
	case b.result.Outcome == "":
		b.result = plain
	case b.result != plain:
		w.fail("I8", "%s was told %+v and is now told %+v", b.id, b.result, plain)
	}
	if r.GivenBack {
		o.givenBack(b)
		return
	}
	o.promise(b, r.Outcome)
}

// givenBack: an approval that was taken back stays an approval, and says so.
func (o *oracle) givenBack(b *book) {
	if b.liveTx() != nil || !b.back || b.result.Outcome != payment.Approved {
		o.w.fail("I8", "%s is told given back and its charge lives", b.id)
	}
}

func (o *oracle) toldUpdate(b *book, u payment.Update) {
	w := o.w
	w.tokens.says(b, u.CustomerToken, u.Outcome)
	if b.updates&bit(u.Outcome) == 0 {
		w.fail("I18", "%s is told %s, which is not durable", b.id, u.Outcome)
		return
	}
	plain := u
	plain.Replay, plain.GivenBack, plain.InParts, plain.Returning = false, false, false, false
	before := b.update
	switch {
	case b.disk.Result != payment.Unknown && (b.disk.Result != payment.Approved || u.Outcome != payment.Reversed):
		w.fail("I8", "%s was %s and is updated to %s", b.id, b.disk.Result, u.Outcome)
	case before.Outcome == "" || before.Outcome == payment.Approved && u.Outcome == payment.Reversed:
		b.update = plain
	case before != plain:
		w.fail("I8", "%s was updated to %+v and now to %+v", b.id, before, plain)
	}
	o.promise(b, u.Outcome)
}

// promise checks what a word promises.
func (o *oracle) promise(b *book, out payment.Outcome) {
	w := o.w
	switch out {
	case payment.Approved:
		o.trueYes(b)
		b.offeredUp = o.up()
	case payment.Declined, payment.Cancelled, payment.Expired, payment.Failed:
		o.trueNo(b, out)
	case payment.Reversed:
		if b.liveTx() != nil {
			w.fail("I5", "%s is told reversed and the charge lives", b.id)
		}
		b.no = true
	case payment.Unknown:
		if (b.yes || b.no) && b.result.Outcome != payment.Unknown {
			w.fail("I8", "%s is told unknown after a final word", b.id)
		}
	}
}

func (b *book) liveTx() *tx {
	for _, t := range b.txs {
		if t.live() {
			return t
		}
	}
	return nil
}

// trueYes: exactly one charge of exactly this sale, durable here, and alive unless it was given back on somebody's word.
func (o *oracle) trueYes(b *book) {
	w := o.w
	switch {
	case b.cancelling:
		w.fail("I11", "%s is told approved after cancelling", b.id)
	case b.no:
		w.fail("I8", "%s is told approved after a no", b.id)
	case len(b.txs) != 1:
		w.fail("I6", "%s is told approved with %d charges", b.id, len(b.txs))
	case b.txs[0].amount != b.disk.Order.Amount.Minor:
		w.fail("I6", "%s over %s is told approved with a charge of %d", b.id, b.disk.Order.Amount, b.txs[0].amount)
	case string(b.disk.Transaction.ID) != b.txs[0].id:
		w.fail("I6", "%s is told approved and its charge is not durable", b.id)
	case !b.txs[0].live() && !b.back && b.disk.Left().Minor > 0: // else its till is refunding it
		w.fail("I6", "%s is told approved and its charge is gone", b.id)
	}
	b.yes = true
}

// trueNo: no charge lives, none can come to exist, and the disk forbids to make one.
func (o *oracle) trueNo(b *book, out payment.Outcome) {
	w, p := o.w, b.disk
	if t := b.liveTx(); t != nil {
		w.fail("I5", "%s is told %s and a charge of %d lives", b.id, out, t.amount)
		return
	}
	for _, f := range w.net.flights {
		if f.id == b.id && o.dangerous(f) {
			w.fail("I5", "%s is told %s while try %d of its %s may still be executed", b.id, out, f.try, f.call.Intent.Write)
			return
		}
	}
	if p.Doubt() {
		w.fail("I7", "%s is told %s while its outcome is in doubt (%s)", b.id, out, p.State)
	}
	switch p.State {
	case payment.StateCancelling, payment.StateDeclined, payment.StateCancelled, payment.StateExpired,
		payment.StateFailed, payment.StateReversed:
	case payment.StateNone, payment.StateReceived, payment.StateAuthorizing, payment.StateWaiting, payment.StateScanned,
		payment.StateAccepted, payment.StateFinalizing, payment.StateApproved, payment.StateCapturing,
		payment.StateCaptured, payment.StateReversing, payment.StateAttention:
		w.fail("I5", "%s is told %s while it is %s", b.id, out, p.State)
	}
	if b.yes {
		w.fail("I8", "%s is told %s after approved", b.id, out)
	}
	if !b.no {
		o.caused(b, out)
	}
	b.no = true
}

func (o *oracle) toldRefusal(b *book, r payment.Refusal) {
	began := b.passed&(1<<payment.StateNone) != 0 // in this very turn
	if r.Reason == payment.ReasonNotFound && b.known && !began {
		o.w.fail("I13", "%s was accepted and is told not found", b.id)
	}
	b.causes.limited = b.causes.limited || r.Reason == payment.ReasonUnavailable
	if r.Busy != nil {
		o.running(b.id.Lane, *r.Busy)
	}
}

// reofferAtMost is how long an approval that nobody acknowledged may stay untold on an open link: the engine's own
// 5 s, and every way in which a timer, a batch or a frozen process can be late here.
const reofferAtMost = 5*time.Second + 2*time.Minute
