// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

const (
	refundsGo    = "engine/refund.go"
	stepRefundGo = "payment/step_refund.go"
	refundGo     = "payment/refund.go"
)

// refundBugs are mistakes in giving a part of a sale back.
func refundBugs() []bug {
	const trying = "	j.sending, j.sentAt, j.tries = i.Key, c.now.Up, j.tries+1"
	return []bug{
		one("refund-fresh-key", "each try of a refund has a key of its own", pursueGo, trying,
			"	if i.Refund != \"\" && j.tries > 0 {\n		i.Key += \"again\"\n	}\n"+trying),
		one("refund-one-key", "two refunds of a sale share a key", idGo,
			"string(id.Till), string(refund), what, \"1\"", "string(id.Till), \"\", what, \"1\""),
		one("refund-told-at-once", "a refund is told done when it is taken", "payment/till.go",
			"		return RefundWordRunning\n	case RefundIsDone:", "		return RefundWordDone\n	case RefundIsDone:"),
		one("refund-too-much", "more is refunded than is left", refundGo, "	case a.Minor > p.Left().Minor:", "	case a.Minor > p.Order.Amount.Minor:"),
		{"refund-executed-again", "a refund that is done is taken again by the same name", []edit{
			{refundsGo, "ask.ID}); known != nil {", "ask.ID}); known != nil && r.Open() {"},
			{stepRefundGo, "	if r, known := p.Refund(e.ID); known {", "	if r, known := p.Refund(e.ID); known && r.Open() {"},
		}},
		one("refund-not-recovered", "a restart forgets sales that are being refunded", startGo,
			"	for _, s := range saved {\n		c.resume(s)", "	for _, s := range saved {\n		if s.Payment.State == payment.StateCaptured {\n			continue\n		}\n		c.resume(s)"),
		one("refund-is-final", "a sale counts as over while it is being refunded", refundGo,
			"return p.State.Final() && !p.Refunding() }", "return p.State.Final() }"),
		one("refund-doubt-is-final", "a refund before a person counts as over", refundGo,
			"return r.Status == RefundRequested || r.Status == RefundAttention }", "return r.Status == RefundRequested }"),
		one("refund-name-not-recalled", "the name of a refund is not looked up after it was forgotten", recallGo,
			"		return fmt.Errorf(\"look up refund %s: %w\", id, err)\n	}\n	if !found {", "		return fmt.Errorf(\"look up refund %s: %w\", id, err)\n	}\n	if !found || !p.Refunding() {"),
		one("refund-part-voids", "a part of what is not captured gives all of it back", stepRefundGo,
			"p.State == StateApproved && e.Amount == p.Order.Amount && p.giveBackWrite()", "p.State == StateApproved && p.giveBackWrite()"),
		one("refund-does-not-acknowledge", "a refund of what is not captured does not capture it first", stepRefundGo,
			"	return p.delivered(), nil", "	return p, nil"),
		one("refund-refusal-after-unclear", "a 4xx ends a refund although an earlier try may be executed", stepRefundGo,
			"	case waits && next.Intent.Refused && !next.Intent.Unclear:", "	case waits && next.Intent.Refused:"),
		one("refund-unclear-forgotten", "an unclear try of a refund leaves no mark", stepRefundGo,
			"	if err := unclear(&r.Intent, e.Key); err != nil {\n		return p, err\n	}\n	p.changeRefund(r)", "	if r.Intent.Unclear {\n		return p, errSame\n	}\n	p.changeRefund(r)"),
		one("refund-old-key-is-refused", "a refund whose key is too old is told as refused", stepRefundGo,
			"	if ok && !r.Intent.Unclear && !r.Intent.Refused {", "	if ok {"),
		one("refund-no-sum-is-no", "a sum that does not fit is taken as proof that a refund never happened", stepRefundGo,
			"	p.endRefund(next, RefundAttention, ReasonRefundUnknown, e.At)", "	p.endRefund(next, RefundRefused, ReasonRefundRefused, e.At)"),
		one("refund-any-sum-is-yes", "a refund in doubt is taken for done as soon as something was refunded", stepRefundGo,
			"	if e.Counted && e.Refunded == sum {", "	if e.Counted && e.Refunded > 0 {"),
		one("refund-refused-counts", "a refund that was refused keeps its amount", refundGo,
			"return r.Status != RefundRefused }", "return r.Status != \"\" }"),
		one("refund-bytes-erased", "the bytes of a refund do not survive a restart", coreGo,
			"	case payment.StateCaptured:\n		if r, waits := p.NextRefund(); waits {\n			add(r.Intent)\n		}\n	case", "	case payment.StateCaptured:\n	case"),
		one("refund-then-all", "a sale of which a part was refunded is given back whole", moneyGo,
			"func (p Payment) inPieces() bool { return p.Left() != p.Charged() }", "func (p Payment) inPieces() bool { return false }"),
		one("closed-is-given-back", "a sale that is too old to be refunded counts as given back", moneyGo,
			"	return e.Status == TransactionClosed && (e.Empty || never)", "	return e.Status == TransactionClosed && (e.Empty || e.Counted || never)"),
		one("closed-without-sums", "a captured sale that is closed counts as given back where Klarna tells no sums", moneyGo,
			"	doubtful := p.Capture.Unclear || p.Capture.Attempt > 1 // the earlier attempts' ends are not known any more\n"+
				"	never := !p.Transaction.Captured && !doubtful && e.Captured == 0 && !byHand\n", "	never := !byHand\n"),
		one("yes-while-it-goes-back", "a till's yes is recorded while the sale is given back", heardGo,
			"	if ask.Outcome == payment.Approved && (j.p.Returning()", "	if ask.Outcome == payment.Unknown && (j.p.Returning()"),
	}
}
