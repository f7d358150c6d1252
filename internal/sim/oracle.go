// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
)

// oracle knows what Klarna charged, what was told and what is durable, and nothing else. It never looks
// into the engine.
type oracle struct {
	w          *world
	violations []Violation
	books      []*book // in the order in which they became known
	byID       map[payment.ID]*book
	byRef      map[string]*book
	open       []*book // those that are durable and not final
	moved      []*book // those that changed in this turn
	intakes    int
	keys       map[payment.Key]keyUse
	txs        []*tx
	gives      map[payment.ID]*give // refunds, by their own names
	reads      []time.Duration      // the last reads of requests, for the quota
	opened     []payment.LinkID     // in this turn
	buried     []*book              // cancelled in this turn without ever having been seen
}

// book is everything about one payment.
type book struct {
	id     payment.ID
	known  bool            // durable
	open   bool            // durable and not final
	disk   payment.Payment // what recovery would read now
	mind   payment.Payment // what was decided, durable or not yet
	intake int             // counts payments that began
	txs    []*tx
	phases uint16 // ever durable
	// Words that were ever durable, as bits of bit(outcome).
	results, updates, acks uint16
	passed                 uint32 // states passed through in this turn

	// Of this process only; times are engine.Instant.Up.
	spoke     []payment.LinkID
	brief     bool
	contact   time.Duration
	askedAt   time.Duration
	hereAt    time.Duration
	completed time.Duration
	submitted bool // Klarna has just said that the request is open
	wasOpen   bool // it had when this turn began
	deadline  time.Duration
	offeredUp time.Duration // last time the approval was told

	// Told to the till.
	accepted, cancelling, yes, no bool
	result                        payment.Result
	update                        payment.Update

	// Said by people.
	saidYes, saidNo, staffYes, staffBack, staffNone bool

	causes   causes
	wasDue   bool // a cancel came when the deadline had passed
	klarnaNo bool // Klarna has declined a write

	goods  bool // handed over
	back   bool // a give-back was ever durable
	listed bool

	polls [15]time.Duration // the last reads of its request: as many as its intervals allow in readWindow
	poll  int
}

// tx is one charge.
type tx struct {
	id                         string
	b                          *book
	amount, captured, refunded int64
	released                   int64 // of what was not issued
	voided                     bool
	ops                        []string // captures and refunds seen
}

func (t *tx) live() bool { return !t.voided && t.refunded < t.amount-t.released }

// keyUse is the first use of an idempotency key.
type keyUse struct {
	write payment.Write
	of    payment.TillID // the refund
	hash  [32]byte
	id    payment.ID
	at    time.Duration
	gen   int
	small time.Duration
	known bool // Klarna has executed it and keeps the answer
	tries int  // the last try that was executed
}

func newOracle(w *world) *oracle {
	return &oracle{
		w: w, byID: map[payment.ID]*book{}, byRef: map[string]*book{}, keys: map[payment.Key]keyUse{},
		gives: map[payment.ID]*give{},
	}
}

func (o *oracle) book(id payment.ID) *book {
	b := o.byID[id]
	if b == nil {
		b = &book{id: id, contact: -1, askedAt: -1, hereAt: -1, completed: -1}
		o.byID[id] = b
		o.books = append(o.books, b)
	}
	return b
}

func (o *oracle) up() time.Duration { return o.w.now - o.w.proc.born }

// started forgets what dies with a process, and checks that nothing else does.
func (o *oracle) started(saved []engine.Saved) {
	o.opened, o.buried, o.reads = nil, nil, nil
	found := map[payment.ID]bool{}
	for _, s := range saved {
		found[s.Payment.ID] = true
	}
	longest := o.w.settings().Scanned
	for _, b := range o.books {
		b.spoke, b.brief, b.submitted, b.wasOpen = nil, false, false, false
		b.contact, b.askedAt, b.hereAt, b.completed, b.offeredUp = -1, -1, -1, -1, 0
		b.causes.pending, b.causes.limited, b.mind = false, false, b.disk
		b.polls = [len(b.polls)]time.Duration{}
		left := b.disk.Deadline.Sub(o.w.proc.instant().Wall)
		b.deadline = min(left, longest)
		if b.known && !b.disk.Final() && !found[b.id] {
			o.w.fail("I13", "%s is %s and was not recovered", b.id, b.disk.State)
		}
	}
}

// input notes what the process is about to hear.
func (o *oracle) input(in engine.Input) {
	o.hint(in)
	switch in := in.(type) {
	case engine.LinkOpened:
		if !in.Of.Brief {
			o.opened = append(o.opened, in.Link)
		}
	case engine.LinkClosed:
		o.closed(in.Link)
	case engine.Heard:
		o.heard(in)
	case engine.Answered:
		if _, ok := in.Answer.(engine.StepUp); ok {
			b := o.book(in.ID)
			b.completed = -1
			first, second := b.disk.Authorize, b.disk.Finalize
			b.submitted = (in.Key != first.Key || !first.Unclear) && (in.Key != second.Key || !second.Unclear)
		}
	case engine.RequestRead:
		o.read(in)
	case engine.Decided:
		b := o.book(in.ID)
		b.staffYes = b.staffYes || in.As == payment.DecideDelivered
		b.staffBack = b.staffBack || in.As == payment.DecideGiveBack
		b.staffNone = b.staffNone || in.As == payment.DecideNoCharge
	case engine.RequestCancelled, engine.TransactionRead, engine.Nudged, engine.ScreenSeen, engine.CustomerAsked,
		engine.ForgetCustomer, engine.Room, engine.Retimed, engine.Tick:
	}
}

func (o *oracle) read(in engine.RequestRead) {
	b := o.book(in.ID)
	if in.Request != b.disk.Request.ID {
		return
	}
	switch in.Reading.Status {
	case payment.RequestCompleted:
		if !in.Reading.Token.Empty() {
			b.completed = o.up()
		}
	case payment.RequestSubmitted:
		b.submitted = true
	case payment.RequestInProgress:
		b.submitted = false
	case payment.RequestExpired, payment.RequestCanceled, payment.RequestDeclined, payment.RequestGone, payment.RequestLapsed:
	}
}

func (o *oracle) closed(id payment.LinkID) {
	p := o.w.proc
	p.ended = slices.DeleteFunc(p.ended, func(k *link) bool { return k.id == id })
	for _, b := range o.books {
		if i := slices.Index(b.spoke, id); i >= 0 {
			b.spoke = slices.Delete(b.spoke, i, i+1)
			b.contact = o.up()
		}
	}
}

// heard notes that a till spoke about a payment.
func (o *oracle) heard(in engine.Heard) {
	k := o.w.proc.knows(in.Link)
	if k == nil {
		return
	}
	var id payment.TillID
	switch a := in.Ask.(type) {
	case payment.Pay:
		id = a.ID
	case payment.Cancel:
		id = a.ID
	case payment.Here:
		id = a.ID
	case payment.Confirm:
		id = a.ID
	case payment.RefundPart:
		id = a.Of
	case payment.Status:
		if a.Last {
			if b := o.newest(k.of.Lane); b != nil {
				o.spokeOf(b, k)
			}
			return
		}
		id = a.ID
	case payment.GiveBack:
		id = a.ID
	case payment.Look, payment.Forget:
		return
	}
	b := o.book(payment.ID{Lane: k.of.Lane, Till: id})
	if pay, ok := in.Ask.(payment.Pay); ok && b.mind.State != payment.StateNone && !b.mind.Tombstone && !b.mind.Order.SameSale(pay.Order.Clean()) {
		return // it is another sale under the same id, is refused, and hears no more of this one
	}
	o.spokeOf(b, k)
	switch a := in.Ask.(type) {
	case payment.Cancel:
		o.cancelHeard(b)
	case payment.Here:
		b.hereAt = o.up()
	case payment.Confirm:
		if a.Outcome == payment.Approved && b.yes {
			b.saidYes = b.saidYes || a.OK
			b.saidNo = b.saidNo || !a.OK
		}
	case payment.GiveBack:
		b.saidNo = b.saidNo || b.yes
	case payment.RefundPart:
		o.refundHeard(b, a)
	case payment.Pay, payment.Status, payment.Look, payment.Forget:
	}
}

// newest is the payment that a lane asked for last, in the order of intake: a wall clock may have gone back since.
func (o *oracle) newest(lane payment.LaneID) *book {
	var newest *book
	for _, b := range o.books {
		if b.id.Lane == lane && b.mind.State != payment.StateNone && !b.mind.Tombstone &&
			(newest == nil || b.intake > newest.intake) {
			newest = b
		}
	}
	return newest
}

func (o *oracle) spokeOf(b *book, k *link) {
	b.contact = o.up()
	b.brief = b.brief || k.of.Brief
	if b.mind.State == payment.StateNone { // whoever asked before was refused, and waits for nothing
		b.spoke = nil
	}
	if !slices.Contains(b.spoke, k.id) {
		b.spoke = append(b.spoke, k.id)
	}
}

// handedOver: the cashier has read approved, and the goods are gone.
func (o *oracle) handedOver(id payment.ID) { o.book(id).goods = true }

// bit is the place of a word in a set.
func bit(out payment.Outcome) uint16 {
	switch out {
	case payment.Approved:
		return 1
	case payment.Declined:
		return 2
	case payment.Cancelled:
		return 4
	case payment.Expired:
		return 8
	case payment.Failed:
		return 16
	case payment.Unknown:
		return 32
	case payment.Reversed:
		return 64
	}
	return 0
}

func phaseBit(p payment.Phase) uint16 {
	switch p {
	case payment.PhaseCreating:
		return 1
	case payment.PhaseWaiting:
		return 2
	case payment.PhaseScanned:
		return 4
	case payment.PhaseConfirming:
		return 8
	case payment.PhaseCancelling:
		return 16
	case payment.PhaseChecking:
		return 32
	}
	return 0
}
