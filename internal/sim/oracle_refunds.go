// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// give is everything about one refund: what was asked, what is durable, what Klarna did, what was told.
type give struct {
	id       payment.ID
	asks     []payment.RefundPart
	b        *book // of the sale, once it is durable
	disk     payment.Refund
	ever     []payment.RefundOutcome // that were ever durable
	executed int
	told     payment.Refunded // the last word
}

func decided(id payment.ID, as payment.Decision) engine.Decided {
	return engine.Decided{ID: id, As: as, Reason: "seen in the portal", By: "staff"}
}

// refundHeard: naming a sale acknowledges it, and taking all of it back is a no.
func (o *oracle) refundHeard(b *book, a payment.RefundPart) {
	name := payment.ID{Lane: b.id.Lane, Till: a.ID}
	g := o.gives[name]
	if g == nil {
		g = &give{id: name}
		o.gives[name] = g
	}
	if !slices.Contains(g.asks, a) {
		g.asks = append(g.asks, a)
	}
	if b.yes || b.disk.State == payment.StateApproved {
		b.saidYes = true
		b.saidNo = b.saidNo || a.Amount == payment.Amount{} || a.Amount == b.disk.Order.Amount
	}
}

// refundsDurable checks the refunds of a payment that has just become durable.
func (o *oracle) refundsDurable(b *book, after payment.Payment) {
	w, taken := o.w, int64(0)
	for i, r := range after.Refunds {
		if r.Status != payment.RefundRefused {
			taken += r.Amount.Minor
		}
		g := o.gives[payment.ID{Lane: b.id.Lane, Till: r.ID}]
		if i < len(b.disk.Refunds) && b.disk.Refunds[i] == r && g.b == b && b.disk.State == after.State {
			continue
		}
		switch {
		case g == nil || !slices.ContainsFunc(g.asks, func(a payment.RefundPart) bool { return asksFor(a, b.id, r) }):
			w.fail("I12", "%s: refund %s of %s was never asked for", b.id, r.ID, r.Amount)
			return
		case g.b != nil && (g.b != b || g.disk.Amount != r.Amount || g.disk.Reference != r.Reference):
			w.fail("I12", "%s: refund %s changed from %+v to %+v", b.id, r.ID, g.disk, r)
		case g.b != nil && !g.disk.Open() && g.disk.Status != r.Status:
			w.fail("I8", "%s: refund %s was %s and is %s", b.id, r.ID, g.disk.Status, r.Status)
		case r.Status == payment.RefundIsDone && !r.Whole && g.executed == 0:
			w.fail("I6", "%s: refund %s is done and was never executed", b.id, r.ID)
		case r.Status == payment.RefundRefused && (g.executed > 0 || o.mayRefund(g.id)):
			w.fail("I5", "%s: refund %s is refused (%s) and was or may be executed", b.id, r.ID, r.Reason)
		}
		g.b, g.disk = b, r
		if word := after.RefundWord(r); !slices.Contains(g.ever, word) {
			g.ever = append(g.ever, word)
		}
	}
	if taken > after.Order.Amount.Minor {
		w.fail("I4", "%s over %s: %d are refunded", b.id, after.Order.Amount, taken)
	}
	if len(after.Refunds) < len(b.disk.Refunds) {
		w.fail("I13", "%s: a refund is forgotten", b.id)
	}
	b.back = b.back || after.GivenBack()
}

// asksFor reports whether a asked for r, where no amount is all that was left.
func asksFor(a payment.RefundPart, of payment.ID, r payment.Refund) bool {
	return a.Of == of.Till && (a.Amount == payment.Amount{} || a.Amount == r.Amount)
}

// mayRefund reports whether a try of a refund is still on its way to Klarna, and would count.
func (o *oracle) mayRefund(id payment.ID) bool {
	for _, f := range o.w.net.flights {
		if f.id.Lane == id.Lane && f.call.Intent.Refund == id.Till && !o.keys[f.call.Intent.Key].known {
			return o.w.net.stateOf(string(f.call.Payment.Transaction.ID)) != sandbox.TransactionClosed // which it stays
		}
	}
	return false
}

// refundExecuted notes that Klarna has given money back, for the first time under this key.
func (o *oracle) refundExecuted(c engine.Call, minor int64) {
	if c.Intent.Refund == "" {
		return
	}
	g := o.gives[payment.ID{Lane: c.Payment.ID.Lane, Till: c.Intent.Refund}]
	switch {
	case g == nil || g.b == nil:
		o.w.fail("I1", "refund %s of %s is executed and is not durable", c.Intent.Refund, c.Payment.ID)
		return
	case g.executed > 0:
		o.w.fail("I2", "refund %s is executed twice", g.id)
	case minor != g.disk.Amount.Minor:
		o.w.fail("I4", "refund %s of %s is executed over %d", g.id, g.disk.Amount, minor)
	}
	g.executed++
}

// toldRefunded checks a word about a refund at the moment when it leaves.
func (o *oracle) toldRefunded(lane payment.LaneID, word payment.Refunded) {
	w := o.w
	g := o.gives[payment.ID{Lane: lane, Till: word.ID}]
	if g == nil || g.b == nil || !slices.Contains(g.ever, word.Outcome) {
		w.fail("I18", "refund %s of %s is told %s, which is not durable", word.ID, word.Of, word.Outcome)
		return
	}
	w.say("tell", g.id.String(), "refund "+string(word.Outcome))
	if word.Of != g.b.id.Till || word.Amount != g.disk.Amount || word.Reference != payment.ShortCode(g.disk.Reference) {
		w.fail("I10", "refund %s is told as %+v", g.id, word)
	}
	plain, before := word, g.told
	plain.Replay = false
	final := before.Outcome == payment.RefundWordDone || before.Outcome == payment.RefundWordRefused
	switch {
	case final && plain != before:
		w.fail("I8", "refund %s was told %+v and is now told %+v", g.id, before, plain)
	case word.Outcome == payment.RefundWordDone && !o.gaveBack(g):
		w.fail("I6", "refund %s is told done and the money is not back", g.id)
	case word.Outcome == payment.RefundWordRefused && (g.executed > 0 || o.mayRefund(g.id)):
		w.fail("I5", "refund %s is told refused and was or may be executed", g.id)
	}
	g.told = plain
}

// gaveBack: Klarna has executed the refund, or taken the whole sale back.
func (o *oracle) gaveBack(g *give) bool { return g.executed > 0 || g.disk.Whole && g.b.liveTx() == nil }

// toldNotRefunded: what was taken once is never refused, and a sale that is known is never unknown.
func (o *oracle) toldNotRefunded(g *give, word payment.Refusal) {
	o.w.say("tell", g.id.String(), "refused "+string(word.Reason))
	if word.Reason == payment.ReasonUnavailable {
		return
	}
	same := func(a payment.RefundPart) bool { return asksFor(a, g.b.id, g.disk) }
	if g.b != nil && !slices.ContainsFunc(g.asks, func(a payment.RefundPart) bool { return !same(a) }) {
		o.w.fail("I12", "refund %s was taken and is told %s", g.id, word.Reason)
	}
	if word.Reason == payment.ReasonRefundTooMuch && len(g.asks) == 1 && !o.tooMuch(g.id.Lane, g.asks[0]) {
		o.w.fail("I12", "refund %s over %s is told too much", g.id, g.asks[0].Amount)
	}
	known := func(a payment.RefundPart) bool {
		b := o.byID[payment.ID{Lane: g.id.Lane, Till: a.Of}]
		return b != nil && b.known && !b.disk.Tombstone
	}
	if word.Reason == payment.ReasonUnknownSale && !slices.ContainsFunc(g.asks, func(a payment.RefundPart) bool { return !known(a) }) {
		o.w.fail("I13", "refund %s is of a sale that was accepted and is told %s", g.id, word.Reason)
	}
}

// tooMuch reports whether a sale has less left than a asks for. One that was refused has taken nothing.
func (o *oracle) tooMuch(lane payment.LaneID, a payment.RefundPart) bool {
	b := o.book(payment.ID{Lane: lane, Till: a.Of})
	left := b.mind.Charged().Minor // with what this very turn has taken
	for _, r := range b.mind.Refunds {
		if r.Status != payment.RefundRefused {
			left -= r.Amount.Minor
		}
	}
	return left == 0 || a.Amount.Minor > left || b.passed != 0
}

// endOfRefunds: what is durable is what Klarna did, to the cent, and what is in doubt is before a person.
func (o *oracle) endOfRefunds() {
	w := o.w
	for _, t := range o.txs {
		sum, doubt := t.b.disk.Refunded(), false
		for _, r := range t.b.disk.Refunds {
			doubt = doubt || r.Status == payment.RefundAttention
		}
		if t.b.disk.CaptureNow {
			sum += t.b.disk.Rest().Minor // was given back because it was never issued
		}
		if t.b.disk.State == payment.StateCaptured && !doubt && t.refunded != sum {
			w.fail("I14", "%s: klarna gave %d back, which should be %d", t.b.id, t.refunded, sum)
		}
		if t.refunded > t.captured {
			w.fail("I14", "%s: %d of %d captured were given back", t.b.id, t.refunded, t.captured)
		}
		if doubt && !t.b.listed {
			w.fail("I14", "%s has a refund in doubt that nobody knows of", t.b.id)
		}
	}
}

// endOfBacks: a till that came back has heard what became of its refunds.
func (o *oracle) endOfBacks(t *till) {
	for _, r := range t.backs {
		g := o.gives[payment.ID{Lane: t.l.engine.ID, Till: r.ask.ID}]
		if !r.over() {
			o.w.fail("I15", "refund %s: the till asks and asks, and has heard %q", r.ask.ID, r.word)
		}
		if g != nil && g.b != nil && r.word != "" && r.word != g.b.disk.RefundWord(g.disk) && g.disk.Status != payment.RefundIsDone && g.disk.Status != payment.RefundRefused {
			o.w.fail("I15", "refund %s is %s and its till has heard %q", r.ask.ID, g.disk.Status, r.word)
		}
	}
}

// refundIntents are the intents of a payment's refunds, for the small world's fingerprint.
func refundIntents(p payment.Payment) []payment.Intent {
	all := make([]payment.Intent, 0, len(p.Refunds))
	for _, r := range p.Refunds {
		all = append(all, r.Intent)
	}
	return all
}
