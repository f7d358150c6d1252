// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

// Fault is a kind of trouble.
type Fault uint8

// The kinds of trouble that a seed may draw.
const (
	CrashLost Fault = iota
	CrashDurable
	CrashUnknown
	CrashInput
	CrashAction
	CrashStart
	LongDown
	WallJump
	WallReset
	WallStops
	LateTimer
	Frozen
	Batched
	NotSent
	RequestLost
	RequestLate
	AnswerLost
	AnswerLate
	ExecutedThen500
	Plain500
	TooMany
	Duplicated
	Truncated
	Outage
	LongOutage
	RequestGone
	ReadFails
	CancelFails
	WrongAmount
	RefusedWrite
	RefusedGiveBack
	FirstApproved
	FirstDeclined
	FinalizeDeclined
	FinalizeStepsUp
	Forgetful
	CustomerNo
	CustomerNever
	CustomerLate
	CustomerAborts
	CustomerTaps
	ShortExpiry
	UpLost
	DownLost
	LineDup
	LineLate
	LineReorders
	LineGarbles
	HalfOpen
	LinkDrops
	TillReboots
	TillLeaves
	RepeatsPay
	RepeatsOther
	RepeatsLater
	CancelsEarly
	Cancels
	CancelsLate
	StatusStorm
	UnknownID
	PaysWhileBusy
	SaysNo
	GivesBack
	NeverConfirms
	ConfirmsOther
	ConfirmsTwice
	SecondLink
	StaysSilent
	WebhookLost
	WebhookDouble
	WebhookForged
	ScreenGone
	StaffDecides
	DiskFull
	RefundsPart
	RefundsAll
	RefundsMany
	RefundsTooMuch
	RefundsAgain
	RefundsOther
	RefundsEarly
	RefundsUnknown
	IssuesPart
	ClosesEarly
	numFaults
)

// String is the name in tables.
func (f Fault) String() string { return faultNames()[f] }

// Faults lists every kind.
func Faults() []Fault {
	all := make([]Fault, 0, numFaults)
	for f := range numFaults {
		all = append(all, f)
	}
	return all
}

func faultNames() [numFaults]string {
	return [numFaults]string{
		CrashLost: "crash, commit lost", CrashDurable: "crash, commit durable", CrashUnknown: "commit error of unknown effect",
		CrashInput: "crash before an input", CrashAction: "crash between actions", CrashStart: "crash during recovery",
		LongDown: "down for hours", WallJump: "wall clock jumps", WallReset: "wall clock off by years", WallStops: "wall clock stops while down",
		LateTimer: "timer late", Frozen: "process frozen", Batched: "inputs share a commit",
		NotSent: "call not sent", RequestLost: "call lost", RequestLate: "call executed late", AnswerLost: "answer lost",
		AnswerLate: "answer late", ExecutedThen500: "executed, then 500", Plain500: "500, not executed", TooMany: "429",
		Duplicated: "call doubled on its way", Truncated: "answer cut short", Outage: "outage of minutes",
		LongOutage: "outage of 20 to 30 h", RequestGone: "klarna forgets a request", ReadFails: "read fails", CancelFails: "delete fails",
		WrongAmount: "klarna answers with other money", RefusedWrite: "write refused with 4xx", RefusedGiveBack: "give-back refused with 4xx",
		FirstApproved: "approved at once", FirstDeclined: "declined at once", FinalizeDeclined: "finalize declined",
		FinalizeStepsUp: "finalize steps up again", Forgetful: "klarna changes its mind",
		CustomerNo: "customer refuses", CustomerNever: "customer never scans", CustomerLate: "customer is late",
		CustomerAborts: "customer goes back and forth", CustomerTaps: "customer taps on the screen",
		ShortExpiry: "request ends early", UpLost: "till's message lost", DownLost: "our message lost",
		LineDup: "message doubled", LineLate: "message up to 40 s late", LineReorders: "messages reordered",
		LineGarbles: "message garbled", HalfOpen: "link half open", LinkDrops: "link drops",
		TillReboots: "till reboots", TillLeaves: "till leaves for good", RepeatsPay: "till repeats the payment",
		RepeatsOther: "till repeats with other money", RepeatsLater: "till repeats after the result",
		CancelsEarly: "till cancels before it pays", Cancels: "till cancels", CancelsLate: "till cancels after the result",
		StatusStorm: "till asks again and again", UnknownID: "till asks for an unknown id",
		PaysWhileBusy: "till pays while busy", SaysNo: "till says no to an approval",
		GivesBack: "till takes the sale back", NeverConfirms: "till never confirms", ConfirmsOther: "till confirms another word or payment",
		ConfirmsTwice: "till confirms twice", SecondLink: "second link on a lane", StaysSilent: "till does not answer here",
		WebhookLost: "webhook lost", WebhookDouble: "webhook doubled", WebhookForged: "webhook forged",
		ScreenGone: "customer screen gone", StaffDecides: "staff decide", DiskFull: "disk full",
		RefundsPart: "till refunds a part", RefundsAll: "till refunds all", RefundsMany: "till refunds several times",
		RefundsTooMuch: "till refunds too much", RefundsAgain: "till repeats a refund",
		RefundsOther: "till uses a refund's id for another", RefundsEarly: "till refunds before it confirms",
		RefundsUnknown: "till refunds an unknown sale",
		IssuesPart:     "till issues a part of the goods",
		ClosesEarly:    "klarna has closed a sale that is to be refunded",
	}
}

// strikes draws whether f happens now, and counts it.
func (w *world) strikes(f Fault) bool {
	rate := w.rates[f]
	if rate == 0 || !w.stormy {
		return false
	}
	if w.rng.Float64() >= rate {
		return false
	}
	w.count[f]++
	return true
}
