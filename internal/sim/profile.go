// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"time"

	"tillbridge/klarna/sandbox"
)

// usual is how often each kind of trouble strikes in a seed of middling luck, per occasion.
func usual() [numFaults]float64 {
	return [numFaults]float64{
		CrashLost: .004, CrashDurable: .006, CrashUnknown: .004, CrashInput: .002, CrashAction: .003, CrashStart: .06,
		LongDown: .01, WallJump: .03, WallReset: .02, WallStops: .3, LateTimer: .01, Frozen: .004, Batched: .05,
		NotSent: .05, RequestLost: .04, RequestLate: .12, AnswerLost: .06, AnswerLate: .05, ExecutedThen500: .05,
		Plain500: .03, TooMany: .02, Duplicated: .05, Truncated: .02, Outage: .1, LongOutage: .004,
		RequestGone: .08, ReadFails: .05, CancelFails: .1, WrongAmount: .006, RefusedWrite: .04, RefusedGiveBack: .15,
		FirstApproved: .12, FirstDeclined: .08, FinalizeDeclined: .08, FinalizeStepsUp: .1, Forgetful: .3,
		CustomerNo: .12, CustomerNever: .1, CustomerLate: .1, CustomerAborts: .1, CustomerTaps: .08, ShortExpiry: .06,
		UpLost: .03, DownLost: .04, LineDup: .04, LineLate: .03, LineReorders: .04, LineGarbles: .02, HalfOpen: .01,
		LinkDrops: .012, TillReboots: .04, TillLeaves: .012, RepeatsPay: .1, RepeatsOther: .06, RepeatsLater: .06,
		CancelsEarly: .04, Cancels: .15, CancelsLate: .08, StatusStorm: .06, UnknownID: .05, PaysWhileBusy: .05,
		SaysNo: .1, GivesBack: .06, NeverConfirms: .06, ConfirmsOther: .05, ConfirmsTwice: .08, SecondLink: .08, StaysSilent: .08,
		WebhookLost: .3, WebhookDouble: .2, WebhookForged: .1, ScreenGone: .05, StaffDecides: .3, DiskFull: .05,
		RefundsPart: .15, RefundsAll: .08, RefundsMany: .4, RefundsTooMuch: .05, RefundsAgain: .3, RefundsOther: .1,
		RefundsEarly: .3, RefundsUnknown: .03,
		IssuesPart: .1, ClosesEarly: .3,
	}
}

// calmEvery: every so many seeds have no trouble at all, so that a plain sale can be measured.
const calmEvery = 32

// drawProfile gives this seed its own subset of troubles and its own rates: without that some
// combinations never come up.
func (w *world) drawProfile() {
	calm := w.seed%calmEvery == 0
	share := .15 + .6*w.rng.Float64() // of the kinds that this seed has
	for f, usual := range usual() {
		on, luck := w.rng.Float64() < share, w.rng.Float64()*4-2
		if on && !calm {
			w.rates[f] = min(usual*math.Exp2(luck), .6)
		}
	}
	p := sandbox.Policy{Latency: time.Duration(w.rng.IntN(400)) * time.Millisecond}
	if !calm {
		p.RefuseCancelCompleted = w.flip()
		p.CancelForbidden = w.flip()
		p.SingleUseToken = w.flip()
		p.ConflictWhileBusy = w.flip()
		p.ForgetNegatives = w.flip()
		if w.flip() {
			p.ReadLag = w.upTo(4 * time.Second)
		}
		w.probing = w.flip()
		if w.rates[ClosesEarly] > 0 { // soon after the sale, or while the customers of another day bring goods back
			p.ClosedAfter = w.between(time.Minute, []time.Duration{time.Hour, 26 * time.Hour}[w.rng.IntN(2)])
		}
	}
	w.policy, w.calm = p, calm
	w.captureNow = w.rng.IntN(5) == 0
	w.webhooks = w.flip()
	w.uncounted = w.rng.IntN(4) == 0
}

func (w *world) flip() bool { return w.rng.IntN(2) == 0 }

// upTo draws a time below d.
func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.rng.Int64N(int64(d))) }

// between draws a time from lo to hi.
func (w *world) between(lo, hi time.Duration) time.Duration { return lo + w.upTo(hi-lo) }
