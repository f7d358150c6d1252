// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim_test

// bug is a mistake that somebody could make: a change of the source under which some promise breaks.
type bug struct {
	name, what string
	edits      []edit
}

// edit replaces a text that stands in a file exactly once.
type edit struct{ file, old, new string }

// one is a bug of one edit.
func one(name, what, file, old, new string) bug {
	return bug{name, what, []edit{{file, old, new}}}
}

// catalogue lists the planted bugs, by the part of the life of a purchase that they break.
func catalogue() []bug {
	var all []bug
	for _, part := range [][]bug{
		shellBugs(), intentBugs(), answerBugs(), wordBugs(), gateBugs(), tillBugs(), moneyBugs(), screenBugs(), careBugs(),
		refundBugs(), customerBugs(),
	} {
		all = append(all, part...)
	}
	return all
}

const (
	bridgeGo   = "internal/sim/bridge.go"
	intakeGo   = "engine/intake.go"
	answersGo  = "engine/answers.go"
	pursueGo   = "engine/pursue.go"
	linkGo     = "engine/link.go"
	heardGo    = "engine/heard.go"
	startGo    = "engine/start.go"
	staffGo    = "engine/staff.go"
	jobGo      = "engine/job.go"
	laneGo     = "engine/lane.go"
	coreGo     = "engine/core.go"
	announceGo = "engine/announce.go"
	quotaGo    = "engine/quota.go"
	recallGo   = "engine/recall.go"
	stepGo     = "payment/step.go"
	beginGo    = "payment/step_begin.go"
	customerGo = "payment/step_customer.go"
	cancelGo   = "payment/step_cancel.go"
	moneyGo    = "payment/step_money.go"
	actionGo   = "payment/action.go"
	paymentGo  = "payment/payment.go"
	idGo       = "payment/id.go"
	eventGo    = "payment/event.go"
)

func shellBugs() []bug {
	const top = "	w := p.w\n	if !commit.Empty() {"
	return []bug{
		one("tells-before-commit", "the till is told before the result is durable", bridgeGo, top,
			"	for _, a := range actions {\n		if _, ok := a.(engine.Tell); ok {\n			p.perform(a)\n		}\n	}\n"+top),
		one("sends-before-commit", "a write leaves before it is durable", bridgeGo, top,
			"	for _, a := range actions {\n		if _, ok := a.(engine.Send); ok {\n			p.perform(a)\n		}\n	}\n"+top),
		one("shows-before-commit", "the screen shows what is not durable", bridgeGo, top,
			"	for _, a := range actions {\n		if _, ok := a.(engine.Show); ok {\n			p.perform(a)\n			w0 := p.w\n			w0.oracle.turnEnded()\n		}\n	}\n"+top),
		one("no-recall", "a finished payment that a till asks about is not looked up", recallGo,
			"	if found {\n		c.Remember(now, p)\n	}", "	_, _ = found, p"),
		one("blobs-not-kept", "the bytes of a write are not made durable with its intent", intakeGo,
			"	c.turn.commit.Blobs = append(c.turn.commit.Blobs, blob)\n", ""),
		one("no-recovery-of-cancelling", "a restart forgets payments that are being cancelled", startGo,
			"	for _, s := range saved {\n		c.resume(s)", "	for _, s := range saved {\n		if s.Payment.State == payment.StateCancelling {\n			continue\n		}\n		c.resume(s)"),
		one("wish-not-durable", "a cancel is answered and not made durable", heardGo,
			"	c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTill}))\n	if w := j.p.Word(); w != spoken {",
			"	if j.p.State != payment.StateFinalizing {\n		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTill}))\n	} else {\n		c.act(Tell{k.id, payment.Cancelling(ask)})\n	}\n	if w := j.p.Word(); w != spoken {"),
	}
}

func intentBugs() []bug {
	const trying = "	j.sending, j.sentAt, j.tries = i.Key, c.now.Up, j.tries+1"
	return []bug{
		one("fresh-key-authorize", "each try of the first authorize has a key of its own", pursueGo, trying,
			"	if i.Write == payment.WriteAuthorize && j.tries > 0 {\n		i.Key += \"again\"\n	}\n"+trying),
		one("fresh-key-finalize", "each try of the finalize has a key of its own", pursueGo, trying,
			"	if i.Write == payment.WriteFinalize && j.tries > 0 {\n		i.Key += \"again\"\n	}\n"+trying),
		one("other-bytes", "a repeated try is made anew and differs", pursueGo,
			"	if !ok || hashOf(blob.Body) != i.Hash {", "	if ok && j.tries > 0 {\n		blob.Body = append([]byte(\"x\"), blob.Body...)\n	}\n	if !ok {"),
		one("one-key-for-all", "authorize and finalize share a key", idGo,
			"string(id.Till), string(w), strconv.Itoa(attempt))", "string(id.Till), \"write\", strconv.Itoa(attempt))"),
		one("lanes-share-keys", "two payments of one number on two lanes share keys and references", idGo,
			"n.Account, n.Store, n.Terminal, string(id.Lane), n.Epoch, string(id.Till)", "n.Account, n.Store, n.Epoch, string(id.Till)"),
		{"key-never-old", "a key is sent again after 23 h", []edit{
			{pursueGo, "		if c.now.Up-born >= payment.KeyLife {", "		if c.now.Up < born {"},
			{pursueGo, "	case age >= payment.KeyLife:\n		return tooOld\n", ""},
		}},
		one("machine-clock-believed", "after a restart nobody asks Klarna how old a key is", startGo,
			"j.blobs[b.Key], j.inherited[b.Key] = b, true", "j.blobs[b.Key] = b"),
		one("key-old-too-soon", "a key counts as too old after an hour", "payment/intent.go", "const KeyLife = 23 * time.Hour", "const KeyLife = time.Hour"),
		one("erases-authorize-early", "the bytes that a second round repeats are erased with the finalize", coreGo,
			"		keys = append(keys, p.Authorize.Key, p.Finalize.Key)", "		keys = append(keys, p.Finalize.Key)"),
		one("erases-while-cancelling", "the bytes of an unanswered authorize are erased when it is cancelled", coreGo,
			"	case payment.StateCancelling:\n		add(p.Authorize)\n", "	case payment.StateCancelling:\n"),
		one("token-not-kept", "the session token does not survive a restart", intakeGo,
			"		blob.Token = j.token.Reveal()\n", ""),
	}
}

func answerBugs() []bug {
	const unclear = "	case Unclear:\n		c.health(false)\n"
	return []bug{
		one("timeout-is-decline", "a first authorize without an answer is taken for declined", answersGo, unclear,
			"	case Unclear:\n		if j.p.State == payment.StateAuthorizing {\n			c.take(j, payment.DeclinedByKlarna{At: c.now.Wall, Key: in.Key, Settled: true})\n			break\n		}\n		c.health(false)\n"),
		one("finalize-timeout-is-decline", "a finalize without an answer is taken for declined", answersGo, unclear,
			"	case Unclear:\n		if j.p.State == payment.StateFinalizing {\n			c.take(j, payment.DeclinedByKlarna{At: c.now.Wall, Key: in.Key, Settled: true})\n			break\n		}\n		c.health(false)\n"),
		one("unclear-forgotten", "an unclear try leaves no mark", answersGo,
			"		c.ignore(c.apply(j, payment.Unclear{Key: in.Key}))\n", ""),
		one("no-settling", "a decline is believed while an earlier try is still on its way", answersGo,
			"		j.settledAt = max(j.settledAt, j.sentAt+settle)\n", ""),
		one("no-settling-after-restart", "a decline is believed right after a restart", startGo,
			"	j.settledAt = c.now.Up + settle\n", ""),
		one("restart-is-no-try", "a restart does not count as a try that may have been executed", startGo,
			"		if i.Open() {\n			c.ignore(c.apply(j, payment.Unclear{Key: i.Key}))\n		}\n", "		_ = i\n"),
		one("decline-after-unclear", "a decline ends an authorize although an earlier try may be executed", beginGo,
			"if e.Key != p.Authorize.Key || (p.Authorize.Unclear && !e.Settled) {", "if e.Key != p.Authorize.Key {"),
		one("refusal-after-unclear", "a 4xx ends an authorize although an earlier try may be executed", beginGo,
			"if e.Key != p.Authorize.Key || p.Authorize.Unclear {", "if e.Key != p.Authorize.Key {"),
		one("refused-finalize-after-unclear", "a 4xx ends a finalize although an earlier try may be executed", customerGo,
			"if e.Key != p.Finalize.Key || p.Finalize.Unclear {", "if e.Key != p.Finalize.Key {"),
		one("refusal-while-cancelling", "a 4xx ends a cancelled authorize although an earlier try may be executed", cancelGo,
			"if e.Key != p.Authorize.Key || !p.Authorize.Open() || p.Authorize.Unclear {", "if e.Key != p.Authorize.Key || !p.Authorize.Open() {"),
		one("no-fence", "a decline after an unclear finalize is final at once", customerGo,
			"		if p.Finalize.Unclear { // the earlier", "		if false { // the earlier"),
		one("expired-is-proof", "a request that is over is taken as proof that its finalize never happened", cancelGo,
			"		if p.Finalize.Open() {\n			return p.attend(ReasonNoProof, e.At), nil\n		}\n", ""),
		one("unreachable-in-doubt", "an authorize is given up as never sent although a try was unclear", pursueGo,
			"i.Write != payment.WriteAuthorize || i.Unclear || j.tries == 0", "i.Write != payment.WriteAuthorize || j.tries == 0"),
		one("poll-error-is-cancel", "a read that fails is taken for cancelled", answersGo,
			"	j.reading = false\n", "	j.reading = false\n	if in.Reading.Status == \"\" {\n		in.Reading.Status = payment.RequestCanceled\n	}\n"),
		one("webhook-decides", "a webhook sets a state instead of causing a read", answersGo,
			"		j.readAt = min(j.readAt, c.now.Up+time.Second)\n", "		c.ignore(c.apply(j, payment.RequestSeen{At: c.now.Wall, Request: in.Request, Status: payment.RequestInProgress}))\n		j.readAt = min(j.readAt, c.now.Up+time.Second)\n"),
		one("old-key-is-failed", "a finalize whose key is too old is told as failed", customerGo,
			"			return p, errSame\n		}\n		return p.attend(ReasonKeyTooOld, e.At), nil", "			return p, errSame\n		}\n		return p.cancelFor(WhyRefused), nil"),
		one("amount-not-compared", "an approval of another amount is taken", stepGo,
			"	return t.ID != \"\" && t.Amount == p.Order.Amount && t.Reference == p.Reference", "	return t.ID != \"\""),
		one("foreign-code", "a code over another amount is shown", answersGo,
			"if a.Amount != (payment.Amount{}) && a.Amount != j.p.Order.Amount {", "if false {"),
	}
}

func wordBugs() []bug {
	return []bug{
		{"early-no-in-doubt", "a cancel is answered with no while an authorize or finalize is unresolved", []edit{
			{
				actionGo, "	if p.Authorize.Open() {\n		return []Action{Send{p.Authorize}}\n	}\n",
				"	if p.Authorize.Open() {\n		return []Action{Send{p.Authorize}, TellWhenTrue{p.Why.Outcome()}}\n	}\n",
			},
			{cancelGo, "	if p.Doubt() {\n		return p.toldUnknown(e)\n	}\n", ""},
		}},
		{"no-at-once-after-cancel", "the till is told cancelled in the moment of its cancel", []edit{
			{
				stepGo, "	p.State, p.Why, p.Reason = StateCancelling, w, w.reason()\n	return p",
				"	p.State, p.Why, p.Reason = StateCancelling, w, w.reason()\n	p.Result = w.Outcome()\n	return p",
			},
		}},
		one("reversing-told-early", "a give-back is told before it happened", stepGo,
			"	p.State, p.Why, p.Reason = StateReversing, w, w.reason()\n",
			"	p.State, p.Why, p.Reason = StateReversing, w, w.reason()\n	if p.Result == \"\" {\n		p.Result = w.Outcome()\n	}\n"),
		one("cancel-wish-ignored", "an approval is told although its till was told cancelling", customerGo,
			"	if p.State == StateApproved && p.Wanted != \"\" {\n", "	if false {\n"),
		one("wish-lost-in-second-round", "a new round opens although the till has cancelled", customerGo,
			"	case p.Wanted != \"\":\n		return p.cancelFor(p.Wanted)\n", ""),
		one("attention-is-failed", "what is in doubt is told as failed", stepGo,
			"	p.State, p.Reason = StateAttention, r\n	p.tell(Unknown, at)", "	p.State, p.Reason = StateAttention, r\n	p.tell(Failed, at)"),
		one("deadline-is-no", "a deadline that passes in doubt is told as expired", pursueGo,
			"payment.Told{At: c.now.Wall, Outcome: payment.Unknown}", "payment.Told{At: c.now.Wall, Outcome: payment.Expired}"),
		one("replay-differs", "a repeated result carries the time of its repetition", announceGo,
			"Reference: payment.ShortCode(p.Reference), At: p.ResultAt,", "Reference: payment.ShortCode(p.Reference), At: c.now.Wall,"),
		one("reason-moves-on", "a repeated result carries the reason of what happened later", announceGo,
			"	case payment.Approved:\n		return payment.ReasonApproved\n", "	case payment.Approved:\n"),
		one("result-overwritten", "a later word replaces the result instead of correcting it", paymentGo,
			"	case p.Result == Unknown, o == Reversed:\n		p.Update, p.UpdateAt = o, at", "	case p.Result == Unknown, o == Reversed:\n		p.Result, p.ResultAt = o, at"),
		one("given-back-not-said", "a given-back approval is repeated as a plain one", announceGo,
			"		GivenBack: p.GivenBack(), Replay: replay,", "		Replay: replay,"),
		one("unknown-is-declined", "an id that was never seen is answered with declined", heardGo,
			"	if j == nil {\n		c.refuse(k, ask.ID, payment.ReasonNotFound, \"\")\n		return\n	}\n	c.attach(j, k.id)\n	if j.p.State == payment.StateApproved",
			"	if j == nil {\n		c.act(Tell{k.id, payment.Result{ID: ask.ID, Outcome: payment.Declined}})\n		return\n	}\n	c.attach(j, k.id)\n	if j.p.State == payment.StateApproved"),
		one("offered-not-durable", "an approval is told before it is durable that it was", pursueGo,
			"	case !j.p.Offered && len(j.links) > 0:\n		c.ignore(c.apply(j, payment.Offered{At: c.now.Wall}))",
			"	case !j.p.Offered && len(j.links) > 0:\n		c.tellAll(j, payment.Result{ID: j.p.ID.Till, Outcome: payment.Approved, Amount: j.p.Order.Amount})\n		j.wakeAt(c.now.Up + reoffer)"),
	}
}

func gateBugs() []bug {
	return []bug{
		one("gate-cancel-accepted", "a cancel is ignored once the customer has agreed", customerGo,
			"	case CancelAsked:\n		p.TokenHash = \"\"\n		return p.cancelFor(e.Why), nil", "	case CancelAsked:\n		return p, errSame"),
		one("gate-no-deadline", "a finalize begins right before the deadline", pursueGo, "	if !fresh || j.deadline-c.now.Up < gateMargin {", "	if !fresh {"),
		one("gate-stale", "a finalize begins on an old read", pursueGo, "c.now.Up-j.completed <= freshness && !j.token.Empty()", "!j.token.Empty()"),
		one("gate-no-till", "a finalize begins without its till", pursueGo, "	if !c.there(j) {", "	if false {"),
		one("gate-after-restart", "a link that is open counts although nothing was said about the payment since the restart", linkGo,
			"		if j.p.ID.Lane != in.Of.Lane || j.p.State != payment.StateApproved {", "		if j.p.ID.Lane != in.Of.Lane || j.p.State.Final() {"),
		one("gate-old-here", "an answer of long ago counts for the till being there", linkGo,
			"	if j.hereAt >= 0 && j.askedAt >= 0 && j.hereAt >= j.askedAt && c.now.Up-j.hereAt <= freshness {", "	if j.hereAt >= 0 {"),
		one("gate-unasked-here", "an answer to no question counts for the till being there", linkGo,
			"j.hereAt >= 0 && j.askedAt >= 0 && j.hereAt >= j.askedAt && c.now.Up", "j.hereAt >= 0 && c.now.Up"),
		one("gate-old-request", "a till of single requests counts as there long after the last one", linkGo,
			"j.contact >= 0 && c.now.Up-j.contact <= briefPresence", "j.contact >= 0"),
		one("probe-not-needed", "a till that can be asked is not asked", linkGo,
			"		if k := c.link(id); k != nil && !k.Probe {", "		if k := c.link(id); k != nil {"),
		one("no-till-grace", "an accepted payment waits for its till for ever", pursueGo,
			"	if c.now.Up-j.since >= c.set.TillGrace {", "	if c.now.Up-j.since >= 100*time.Hour {"),
	}
}

func tillBugs() []bug {
	return []bug{
		one("no-tombstone", "a cancel of an id that was never seen leaves nothing", heardGo,
			"		c.bury(k, id)\n", "		c.refuse(k, ask.ID, payment.ReasonNotFound, \"\")\n"),
		one("tombstone-forgotten", "a payment begins although it was cancelled before", intakeGo,
			"	if j := c.jobs[id]; j != nil {\n		c.payAgain", "	if j := c.jobs[id]; j != nil && !j.p.Tombstone {\n		c.payAgain"),
		one("amount-of-duplicate", "the amount is taken from a later duplicate", intakeGo,
			"	if !j.p.Tombstone && !j.p.Order.SameSale(order) {\n", "	if !j.p.Tombstone {\n		j.p.Order = order\n	}\n	if false {\n"),
		one("pays-again", "the same request again is a second payment once the first is over", intakeGo,
			"	if j := c.jobs[id]; j != nil {\n		c.payAgain", "	if j := c.jobs[id]; j != nil && !j.p.State.Final() {\n		c.payAgain"),
		one("offers-to-every-lane", "a link hears approvals of other lanes", linkGo,
			"		if j.p.ID.Lane != in.Of.Lane || j.p.State != payment.StateApproved {", "		if j.p.State != payment.StateApproved {"),
		one("last-of-any-lane", "a till that asks for its last payment hears another lane's", heardGo,
			"		if j.p.ID.Lane == lane && !j.p.Tombstone", "		if !j.p.Tombstone"),
		one("busy-of-any-lane", "a lane is busy with another lane's payment", laneGo,
			"		if j.p.ID.Lane == l.ID && j.p.Busy() {", "		if j.p.Busy() {"),
		one("unknown-keeps-lane", "a payment whose till heard unknown keeps its lane", paymentGo,
			"		return p.Result != Unknown\n", "		return true\n"),
		one("no-reoffer", "an approval that nobody acknowledged is told once", pursueGo,
			"			c.tellAll(j, c.last(j, true))\n			j.offerAt", "			j.offerAt"),
		one("no-offer-on-return", "a till that comes back is not offered its approval", linkGo,
			"		j.offerAt = c.now.Up\n		c.pursue(j)\n", "		j.offerAt = c.now.Up + reoffer\n		c.pursue(j)\n"),
		one("no-other-link", "an approval whose link is gone is not told over another one of its lane", pursueGo,
			"	case c.heardBy(j):\n", "	case len(j.links) > 0:\n"),
		one("acknowledgement-not-durable", "an acknowledgement is recorded in words only", heardGo,
			"	c.ignore(c.apply(j, payment.Confirmed{At: c.now.Wall, Outcome: ask.Outcome, OK: ask.OK, Issued: ask.Issued}))\n",
			"	c.act(Tell{k.id, payment.Recorded(ask)})\n"),
		one("finished-never-forgotten", "a finished payment on an open link asks for a tick without end", coreGo,
			"c.now.Up-j.doneAt >= c.stays(j) {", "c.now.Up-j.doneAt >= c.stays(j) && len(j.links) == 0 {"),
	}
}

func moneyBugs() []bug {
	return []bug{
		one("captures-when-offered", "an approval is captured before it is acknowledged", moneyGo,
			"		p.tell(Approved, e.At)\n		return p, nil\n	case Confirmed:", "		p.tell(Approved, e.At)\n		return p.delivered(), nil\n	case Confirmed:"),
		one("unknown-confirms-approved", "a confirmation of unknown counts as one of approved", moneyGo,
			"	if e.Outcome != Approved || !p.Offered {", "	if !p.Offered {"),
		one("no-is-yes", "an explicit no is taken for an acknowledgement", moneyGo,
			"	if !e.OK {\n		return p.reverseFor(WhyTill), nil\n	}\n", ""),
		one("cancel-takes-back", "a cancel after approved gives the money back", moneyGo,
			"	case CancelAsked:\n		if p.Offered {\n			return p, errSame\n		}\n", "	case CancelAsked:\n"),
		{"silence-is-no", "an approval that nobody acknowledges is given back", []edit{
			{moneyGo, "	case CancelAsked:\n		if p.Offered {\n			return p, errSame\n		}\n", "	case CancelAsked:\n		if p.Offered && e.Why != WhyTillGone {\n			return p, errSame\n		}\n"},
			{pursueGo, "	case c.heardBy(j):\n		if c.due(j, j.offerAt) {", "	case c.now.Up-j.since > time.Minute:\n		c.ignore(c.apply(j, payment.CancelAsked{At: c.now.Wall, Why: payment.WhyTillGone}))\n	case c.heardBy(j):\n		if c.due(j, j.offerAt) {"},
		}},
		{"voids-a-capture", "a capture that is under way is voided", []edit{
			{moneyGo, "being captured already\")\n		}\n		return p.wantBack(e, WhyStaff)\n", "being captured already\")\n		}\n		return p.reverseFor(WhyStaff), nil\n"},
			{paymentGo, "p.CaptureNow || p.Transaction.Captured || p.Capture.Attempt > 0", "p.CaptureNow || p.Transaction.Captured"},
		}},
		one("give-back-forgotten", "a give-back that waited for the capture is forgotten", moneyGo,
			"	if p.Wanted != \"\" {\n		return p.reverseFor(p.Wanted)\n", "	if false {\n		return p.reverseFor(p.Wanted)\n"),
		one("delivered-after-no", "a person's word charges a till that was told cancelling", moneyGo,
			"known && p.matches(p.Transaction) && !promisedNo:", "known && p.matches(p.Transaction) && (promisedNo || true):"),
		one("rest-kept", "what a till did not issue is never released", moneyGo,
			"	if p.unreleased() {\n		p.State, p.Release", "	if p.unreleased() && p.CaptureNow {\n		p.State, p.Release"),
		one("part-charged-whole", "a sale that was issued in part is captured whole", paymentGo,
			"	if p.Issued.Minor > 0 {\n		return p.Issued\n", "	if p.Issued.Minor > 0 && p.CaptureNow {\n		return p.Issued\n"),
		one("refunds-without-capture", "what was never captured is refunded", paymentGo,
			"		return WriteRefund\n	}\n	return WriteVoid", "		return WriteRefund\n	}\n	return WriteRefund"),
		one("charge-called-none", "a person may say no charge although one is known", moneyGo,
			"	case e.As == DecideNoCharge && known:", "	case e.As == DecideNoCharge && known && p.Offered:"),
		one("attention-not-listed", "what needs a person is on no list", staffGo,
			"if late || stuck || j.p.State == payment.StateAttention || refundInDoubt(j.p) {", "if late || stuck || refundInDoubt(j.p) {"),
		one("undelivered-not-listed", "an approval that nobody acknowledged is on no list", staffGo,
			"if late || stuck || j.p.State == payment.StateAttention || refundInDoubt(j.p) {",
			"if late && stuck || j.p.State == payment.StateAttention || refundInDoubt(j.p) {"),
	}
}

func screenBugs() []bug {
	return []bug{
		{"code-after-scan", "the code stays on the screen when it was scanned", []edit{
			{jobGo, "	if j.p.State != payment.StateWaiting {\n		j.fresh = false\n	}\n", ""},
			{laneGo, "		s.Fresh = j.fresh && j.p.State == payment.StateWaiting\n", "		s.Fresh = j.fresh\n"},
		}},
		one("code-after-restart", "the code is shown after a restart before it was read again", startGo,
			"	c.pursue(j)\n}", "	j.fresh = j.p.State == payment.StateWaiting\n	c.pursue(j)\n}"),
		one("code-of-replay", "the code of an answer that is as old as the first try is shown", answersGo,
			"	if replayed { // the answer", "	if replayed && j == nil { // the answer"),
		one("code-of-second-replay", "the same in the second round", answersGo, "		replayed = j.p.Finalize.Unclear\n", "		replayed = false\n"),
		one("screen-not-told", "the screen is not told of a change", announceGo, "	c.touchJob(j)\n	switch p := j.p; {", "	switch p := j.p; {"),
		one("screen-of-other-lane", "a lane shows the newest payment of all lanes", laneGo,
			"	if j := l.focus; j != nil {", "	if j := c.order[max(len(c.order)-1, 0):]; len(j) > 0 {\n		l.focus = j[0]\n	}\n	if j := l.focus; j != nil {"),
	}
}

func careBugs() []bug {
	return []bug{
		one("no-deadline", "a deadline passes unnoticed while the customer is asked", pursueGo,
			"		if c.due(j, j.deadline) {", "		if j.p.State == payment.StateReceived && c.due(j, j.deadline) {"),
		one("deadline-from-disk-late", "a restart moves a deadline to later", startGo,
			"	j.deadline = c.upAt(earliest(s.Payment.Deadline, c.now.Wall.Add(c.set.Scanned)))", "	j.deadline = c.now.Up + 2*c.set.Scanned"),
		one("poll-storm", "requests are read twenty times a second", quotaGo,
			"	return c.spread(base)\n}\n\n// spread", "	return base / 60\n}\n\n// spread"),
		one("never-deletes", "a cancelled request is never deleted and never ends", pursueGo,
			"	j.deleting = true\n	j.cancelTries++\n", "	j.deleting = true\n	if j.cancelTries == 0 {\n		return\n	}\n"),
		one("never-repeats", "a write without an answer is never sent again", answersGo,
			"		c.again(j, a.After)\n		c.ignore(c.apply(j, payment.Unclear{Key: in.Key}))", "		j.sendAt = c.now.Up + 1000*time.Hour\n		c.ignore(c.apply(j, payment.Unclear{Key: in.Key}))"),
		one("deletes-while-finalizing", "a request is deleted while its finalize is in flight", actionGo,
			"	case StateFinalizing:\n		return []Action{Send{p.Finalize}}", "	case StateFinalizing:\n		if p.Wanted != \"\" {\n			return []Action{CancelRequest{p.Request.ID}}\n		}\n		return []Action{Send{p.Finalize}}"),
		{"finalizes-when-cancelled", "a finalize without an answer is repeated after its round was lost", []edit{
			{actionGo, "	actions := []Action{CancelRequest{p.Request.ID}}\n", "	actions := []Action{CancelRequest{p.Request.ID}}\n	if p.Finalize.Planned() {\n		actions = append(actions, Send{p.Finalize})\n	}\n"},
			{coreGo, "	case payment.StateCancelling:\n		add(p.Authorize)\n", "	case payment.StateCancelling:\n		add(p.Authorize)\n		add(p.Finalize)\n"},
		}},
		one("event-loses-a-field", "the record of a decline does not say that it had settled", eventGo,
			"		Settled bool      `json:\"settled,omitempty\"`", "		Settled bool      `json:\"-\"`"),
	}
}
