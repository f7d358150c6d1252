// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/klarna/sandbox"
)

// rarer is how much less often machines and networks fail in a shop than in a storm.
const rarer = 20

// drawOrdinary is the trouble of a shop that nobody plays tricks on: customers and cashiers do what they do in a storm,
// machines and networks fail now and then and for less than a day, tills keep to their protocol, and Klarna to its documents.
func (w *world) drawOrdinary() {
	for f, usual := range usual() {
		switch Fault(f) { //nolint:exhaustive // all others are machines and networks
		case WrongAmount, RefusedWrite, RefusedGiveBack, LongOutage, WallReset, WallStops, Forgetful, NeverConfirms, ConfirmsOther,
			RepeatsOther, UnknownID, WebhookForged, StaffDecides:
		case FirstApproved, FirstDeclined, FinalizeDeclined, FinalizeStepsUp, CustomerNo, CustomerNever, CustomerLate,
			CustomerAborts, CustomerTaps, Cancels, CancelsEarly, CancelsLate, RepeatsPay, SaysNo, GivesBack, PaysWhileBusy:
			w.rates[f] = usual
		default:
			w.rates[f] = usual / rarer
		}
	}
	w.policy = sandbox.Policy{Latency: w.upTo(400 * time.Millisecond)}
	w.probing, w.webhooks = w.flip(), w.flip()
	w.captureNow = w.rng.IntN(5) == 0
}
