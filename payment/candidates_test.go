// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"slices"
	"time"

	"tillbridge/payment"
)

// candidates are events that may meet p, right and wrong ones of every kind: the answer to each of its
// intents, to none and to a stray one, every status of Klarna's and one it has never used, every word.
func candidates(p payment.Payment) []payment.Event {
	var all []payment.Event
	for _, k := range keysOf(p) {
		all = append(all, answers(k, p.Round)...)
	}
	return slices.Concat(all, decisions(p), reads(p), wishes(p), refundCandidates(p))
}

func keysOf(p payment.Payment) []payment.Key {
	keys := []payment.Key{stray, "", p.Authorize.Key, p.Finalize.Key, p.Capture.Key, p.GiveBack.Key, p.Release.Key}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func answers(k payment.Key, round int) []payment.Event {
	next := request1
	if round > 0 {
		next = request2
	}
	late := stepUp(k, next)
	late.DeadlineOpen = false
	all := []payment.Event{
		payment.Unclear{Key: k},
		stepUp(k, next), late,
		payment.StepUpRequired{Key: k, DeadlineOpen: true},
		payment.DeclinedByKlarna{At: at(time.Minute), Key: k},
		payment.DeclinedByKlarna{At: at(time.Minute), Key: k, Settled: true},
		refused(k),
		payment.RefusedByKlarna{At: at(time.Minute), Key: k, Unreachable: true},
		expired(k),
		payment.Captured{At: at(time.Minute), Key: k, CaptureID: "capture-1"},
		payment.GivenBack{At: at(time.Minute), Key: k},
	}
	return append(all, approvals(k)...)
}

func approvals(k payment.Key) []payment.Event {
	right, captured, amount, currency, named, nameless := approval(k), approval(k), approval(k), approval(k), approval(k), approval(k)
	captured.Transaction.Captured, captured.CaptureID = true, "capture-1"
	amount.Transaction.Amount.Minor++
	currency.Transaction.Amount.Currency = "SEK"
	named.Transaction.Reference = "someone else's"
	nameless.Transaction.ID = ""
	return []payment.Event{right, captured, amount, currency, named, nameless}
}

func decisions(p payment.Payment) []payment.Event {
	return []payment.Event{
		asked(), askedNow(),
		intended(payment.WriteAuthorize, p.Authorize.Attempt+1), intended(payment.WriteFinalize, p.Finalize.Attempt+1),
		intended(payment.WriteCapture, p.Capture.Attempt+1),
		intended(payment.WriteVoid, p.GiveBack.Attempt+1), intended(payment.WriteRefund, p.GiveBack.Attempt+1),
		intended(payment.WriteRelease, p.Release.Attempt+1),
	}
}

func reads(p payment.Payment) []payment.Event {
	var all []payment.Event
	for _, id := range []payment.RequestID{p.Request.ID, stray} {
		for _, s := range requestStatuses() {
			all = append(all, seen(id, s))
		}
		scanned := seen(id, payment.RequestInProgress)
		scanned.Deadline = at(10 * time.Minute)
		other := completed(id)
		other.TokenHash = "another"
		all = append(all, scanned, completed(id), other, payment.CancelRefused{At: at(time.Minute), Request: id})
	}
	for _, s := range []payment.TransactionStatus{
		payment.TransactionAuthorized, payment.TransactionCaptured, payment.TransactionClosed, "never seen",
	} {
		all = append(all, holding(s))
	}
	return append(all, oneCapture())
}

func requestStatuses() []payment.RequestStatus {
	return []payment.RequestStatus{
		payment.RequestSubmitted, payment.RequestInProgress, payment.RequestCompleted, payment.RequestExpired,
		payment.RequestCanceled, payment.RequestDeclined, payment.RequestGone, payment.RequestLapsed, "never seen", "",
	}
}

func whys() []payment.Why {
	return []payment.Why{
		payment.WhyTill, payment.WhyCustomer, payment.WhyDeadline, payment.WhyTillGone, payment.WhyStaff,
		payment.WhyDeclined, payment.WhyRefused,
	}
}

func outcomes() []payment.Outcome {
	return []payment.Outcome{
		payment.Approved, payment.Declined, payment.Cancelled, payment.Expired, payment.Failed,
		payment.Unknown, payment.Reversed,
	}
}

func wishes(p payment.Payment) []payment.Event {
	all := []payment.Event{
		payment.Offered{At: at(time.Minute)},
		payment.ReversalAsked{At: at(time.Minute)},
		payment.MoreTime{Deadline: p.Deadline.Add(time.Minute)},
		payment.MoreTime{Deadline: p.Deadline.Add(-time.Minute)},
		resolved(payment.DecideDelivered), resolved(payment.DecideGiveBack), resolved(payment.DecideNoCharge),
		resolved("never heard"),
	}
	for _, w := range whys() {
		all = append(all, cancel(w))
	}
	for _, o := range outcomes() {
		all = append(all, told(o), confirmed(o, true), confirmed(o, false))
	}
	more, kroner := price(), payment.Amount{Minor: 1000, Currency: "SEK"}
	more.Minor++
	return append(all, confirmed("", true), issued(price()), issued(more), issued(kroner),
		issued(payment.Amount{Minor: -1, Currency: price().Currency}), issued(part()))
}

// part is what a till issued of the price.
func part() payment.Amount { return payment.Amount{Minor: 1000, Currency: price().Currency} }

func issued(a payment.Amount) payment.Confirmed {
	c := confirmed(payment.Approved, true)
	c.Issued = a
	return c
}
