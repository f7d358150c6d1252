// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// bench is the small world: one lane, one payment, and nothing that happens by itself.
type bench struct {
	w     *world
	till  *till
	story []string
	// How often each thing was chosen that may happen only so often.
	pays, cancels, crashes, hours, days, closes, luckOut, backs int
	saidYes, saidNo                                             bool
}

// held is a call that waits for the explorer to say what becomes of it.
type held struct {
	gen     int
	write   *flight
	read    *engine.ReadRequest
	remove  *engine.CancelRequest
	holding *engine.ReadTransaction
}

// choice is one thing that may happen next.
type choice struct {
	name string
	do   func()
}

func newBench(nasty bool) *bench {
	w := &world{
		manual: true, now: time.Minute, disk: newDisk(),
		rng: rand.New(rand.NewPCG(1, 1)), //nolint:gosec // it must be repeatable
	}
	w.script.hash = fnvOffset
	w.oracle = newOracle(w)
	w.policy = sandbox.Policy{RefuseCancelCompleted: nasty, SingleUseToken: nasty, ForgetNegatives: nasty, CancelForbidden: nasty}
	w.net = newNet(w)
	w.proc = &process{w: w}
	l := &lane{w: w, screens: 1, engine: engine.Lane{
		ID: "lane-1", Currency: "EUR", Names: payment.Names{Account: "account", Store: "S1", Terminal: "T1", Epoch: "epoch"},
	}}
	w.lanes = []*lane{l}
	b := &bench{w: w, till: &till{w: w, l: l}}
	w.proc.start()
	b.till.link = b.till.connect(false)
	return b
}

const onlyID payment.TillID = "1"

func (b *bench) book() *book { return b.w.oracle.book(payment.ID{Lane: "lane-1", Till: onlyID}) }

// take lets one choice happen.
func (b *bench) take(c choice) {
	if b.w.stopped {
		return
	}
	b.w.now += blink
	defer func() {
		if r := recover(); r != nil {
			b.w.fail("panic", "%v", r)
		}
	}()
	c.do()
	if !b.w.proc.up && !b.w.stopped {
		b.restart()
	}
	b.readAll()
}

// readAll answers reads at once: what they say is a choice of the customer's, when they say it is the clock's.
func (b *bench) readAll() {
	for i := 0; i < len(b.w.net.held) && b.w.proc.up && !b.w.stopped; {
		if h := b.w.net.held[i]; h.read == nil && h.holding == nil {
			i++
			continue
		}
		b.w.now += blink
		b.callChoices(i)[0].do()
		i = 0
	}
}

// restart is the end of a crash: what was on its way may still arrive, what was asked is not answered any more.
func (b *bench) restart() {
	for _, h := range b.w.net.held {
		if h.write != nil {
			b.late(h.write)
		}
	}
	b.w.net.held = nil
	b.w.proc.start()
	b.till.link = b.till.connect(false)
}

// late lets a write arrive at any later moment within Klarna's limit.
func (b *bench) late(f *flight) {
	f.until = b.w.now + serverLimit
	b.w.net.flights = append(b.w.net.flights, f)
}

// pass lets time go by. No call is on its way for longer than its client waits.
func (b *bench) pass(d time.Duration) {
	n := b.w.net
	if d >= serverLimit && len(n.held) > 0 {
		b.pass(serverLimit - time.Second)
		d -= serverLimit - time.Second
		for len(n.held) > 0 && b.w.proc.up && !b.w.stopped {
			b.unanswered()
		}
		if !b.w.proc.up { // it died within the minute: what is on its way then does not wait for the rest of the time
			return
		}
	}
	b.w.now += d
	kept := n.flights[:0]
	for _, f := range n.flights {
		if f.until >= b.w.now {
			kept = append(kept, f)
		}
	}
	n.flights = kept
	b.w.proc.post(engine.Tick{})
}

// unanswered is a call whose client stops waiting.
func (b *bench) unanswered() {
	p := b.w.proc
	switch h := b.drop(0); {
	case h.write != nil:
		p.post(engine.Answered{ID: h.write.id, Key: h.write.call.Intent.Key, Answer: engine.Unclear{}})
	case h.read != nil:
		p.post(engine.RequestRead{ID: h.read.ID, Request: h.read.Request})
	case h.remove != nil:
		p.post(engine.RequestCancelled{ID: h.remove.ID, Request: h.remove.Request})
	default:
		p.post(engine.TransactionRead{ID: h.holding.ID})
	}
}

// choices lists what may happen now, in one order. Every input may also be the last one of its process: then it is
// durable and nothing of it is done.
func (b *bench) choices() []choice {
	if b.w.stopped {
		return nil
	}
	all := append(b.tillChoices(), b.customerChoices()...)
	for i := range b.w.net.held { // writes and deletes: the rest was answered
		all = append(all, b.callChoices(i)...)
	}
	for i, f := range b.w.net.flights {
		all = append(all, choice{"a late " + string(f.call.Intent.Write) + " arrives", func() {
			n := b.w.net
			n.flights = append(n.flights[:i:i], n.flights[i+1:]...)
			n.execute(f)
		}})
	}
	all = append(all, b.timeChoices()...)
	if b.crashes >= 2 {
		return all
	}
	for _, c := range slices.Clip(all) {
		all = append(all, choice{c.name + ", and the process dies after the commit", func() {
			b.crashes++
			b.w.proc.doomed = true
			c.do()
			if b.w.proc.up && b.w.proc.doomed { // it had nothing to decide
				b.w.proc.die()
			}
		}})
	}
	return all
}

func (b *bench) say(a payment.Ask) {
	p := b.w.proc
	if k := b.till.link; k != nil && p.link(k.id) != nil {
		p.post(engine.Heard{Link: k.id, Ask: a})
	}
}

func (b *bench) tillChoices() []choice {
	if b.till.link == nil {
		return []choice{{"the till comes back and asks", func() {
			b.till.link = b.till.connect(false)
			b.say(payment.Status{ID: onlyID})
		}}}
	}
	var all []choice
	if b.pays < 2 {
		all = append(all, choice{"pay", func() {
			b.pays++
			b.say(payment.Pay{ID: onlyID, Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}}})
		}})
	}
	if b.cancels < 1 {
		all = append(all, choice{"cancel", func() {
			b.cancels++
			b.say(payment.Cancel{ID: onlyID})
		}})
	}
	book := b.book()
	if book.yes && !b.saidYes && !b.saidNo {
		all = append(all,
			choice{"acknowledge", func() {
				b.saidYes = true
				b.say(payment.Confirm{ID: onlyID, Outcome: payment.Approved, OK: true})
			}},
			choice{"say no", func() {
				b.saidNo = true
				b.say(payment.Confirm{ID: onlyID, Outcome: payment.Approved})
			}})
	}
	if book.disk.State == payment.StateCaptured && b.saidYes && b.backs < 2 {
		all = append(all, choice{"bring something back", func() {
			b.backs++
			b.say(b.bringsBack())
		}})
	}
	if book.known && b.closes < 1 {
		all = append(all, choice{"the till goes silent", func() {
			b.closes++
			k := b.till.link
			b.till.link = nil
			k.gone()
		}})
	}
	return all
}

// bringsBack is a part of the sale first, then all that is left of it.
func (b *bench) bringsBack() payment.RefundPart {
	if b.backs == 1 {
		return payment.RefundPart{ID: "R1", Of: onlyID, Amount: payment.Amount{Minor: 500, Currency: "EUR"}}
	}
	return payment.RefundPart{ID: "R2", Of: onlyID}
}

func (b *bench) customerChoices() []choice {
	r, ok := b.w.net.klarna.PaymentRequest(string(b.book().disk.Request.ID))
	if !ok || r.State != sandbox.StateSubmitted && r.State != sandbox.StateInProgress {
		return nil
	}
	press := func(name string, s sandbox.Step) choice {
		return choice{name, func() { _ = b.w.net.klarna.Phone(b.w.time(), r.ID, s) }} // offered only where it can be pressed
	}
	return []choice{press("customer says yes", sandbox.StepApprove), press("customer says no", sandbox.StepReject)}
}

func (b *bench) timeChoices() []choice {
	var all []choice
	p := b.w.proc
	if next, ok := p.core.Next(); ok {
		all = append(all, choice{"tick", func() { b.pass(max(p.born+next-b.w.now, 0)) }})
	}
	if b.hours < 1 {
		all = append(all, choice{"an hour passes", func() { b.hours++; b.pass(longHour) }})
	}
	if b.days < 1 {
		all = append(all, choice{"a day passes", func() { b.days++; b.pass(longDay) }})
	}
	return all
}

// drop takes the i-th held call off the list.
func (b *bench) drop(i int) held {
	n := b.w.net
	h := n.held[i]
	n.held = append(n.held[:i:i], n.held[i+1:]...)
	return h
}

func (b *bench) callChoices(i int) []choice {
	n, p := b.w.net, b.w.proc
	switch h := n.held[i]; {
	case h.write != nil:
		return b.writeChoices(i, h.write)
	case h.read != nil:
		return []choice{{"read", func() {
			a := *b.drop(i).read
			answer := n.klarna.Do(b.w.time(), sandbox.Request{Call: sandbox.Read{ID: string(a.Request)}})
			p.post(engine.RequestRead{ID: a.ID, Request: a.Request, Reading: reading(answer)})
		}}}
	case h.remove != nil:
		return []choice{
			{"delete", func() { b.remove(i, true) }},
			{"delete, the answer is lost", func() { b.remove(i, false) }},
		}
	default:
		return []choice{{"read the transaction", func() {
			a := *b.drop(i).holding
			p.post(engine.TransactionRead{ID: a.ID, Holding: n.holding(a)})
		}}}
	}
}

func (b *bench) remove(i int, heard bool) {
	a := *b.drop(i).remove
	answer := b.w.net.klarna.Do(b.w.time(), sandbox.Request{Call: sandbox.Cancel{ID: string(a.Request)}})
	var c engine.Closing
	if heard && answer.Status == 200 {
		c.Status = payment.RequestCanceled
	} else if heard {
		c.Refused = true
	}
	b.w.proc.post(engine.RequestCancelled{ID: a.ID, Request: a.Request, Closing: c})
}

// writeChoices: a write is executed with one of Klarna's answers, whose answer may be lost; or it is lost; or it is late.
func (b *bench) writeChoices(i int, f *flight) []choice {
	p := b.w.proc
	name := string(f.call.Intent.Write)
	answer := func(a engine.Answer) { p.post(engine.Answered{ID: f.id, Key: f.call.Intent.Key, Answer: a}) }
	all := []choice{
		{name + " is lost", func() { b.drop(i); answer(engine.Unclear{}) }},
		{name + " is late", func() { b.drop(i); b.late(f); answer(engine.Unclear{}) }},
		{name + " never leaves", func() { b.drop(i); answer(engine.NotExecuted{}) }},
	}
	for _, l := range b.lucks(f) {
		execute := func() engine.Answer {
			b.drop(i)
			f.luck = l.luck
			if l.name != "" {
				b.luckOut++
			}
			return b.w.net.execute(f)
		}
		all = append(all,
			choice{name + l.name, func() { answer(execute()) }},
			choice{name + l.name + ", the answer is lost", func() { execute(); answer(engine.Unclear{}) }})
	}
	return all
}

type namedLuck struct {
	name string
	luck luck
}

// lucks are the answers that Klarna may give: the usual one, and now and then another.
func (b *bench) lucks(f *flight) []namedLuck {
	usual := luck{first: sandbox.FirstStepUp, finalize: sandbox.FinalizeApproved, life: requestLife}
	all := []namedLuck{{"", usual}}
	if b.luckOut >= 2 {
		return all
	}
	switch f.call.Intent.Write {
	case payment.WriteAuthorize:
		yes, no := usual, usual
		yes.first, no.first = sandbox.FirstApproved, sandbox.FirstDeclined
		all = append(all, namedLuck{" is approved at once", yes}, namedLuck{" is declined", no})
	case payment.WriteFinalize:
		no, again := usual, usual
		no.finalize, again.finalize = sandbox.FinalizeDeclined, sandbox.FinalizeStepUp
		all = append(all, namedLuck{" is declined", no}, namedLuck{" steps up again", again})
	case payment.WriteCapture, payment.WriteVoid, payment.WriteRefund, payment.WriteRelease:
	}
	return all
}

// finish lets everything come to its end in calm: calls are answered, the till asks and acknowledges, time passes.
func (b *bench) finish() {
	defer func() {
		if r := recover(); r != nil {
			b.w.fail("panic", "%v", r)
		}
	}()
	n, book := b.w.net, b.book()
	for range 4000 {
		if b.w.stopped || len(n.held) == 0 && (!book.known || b.w.oracle.settled(book) && !b.awaitsAnswer()) {
			break
		}
		b.w.now += blink
		switch {
		case len(n.held) > 0:
			b.answerFirst()
		case b.till.link == nil:
			b.till.link = b.till.connect(false)
			b.say(payment.Status{ID: onlyID})
		case b.awaitsAnswer():
			b.saidYes = true
			b.say(payment.Confirm{ID: onlyID, Outcome: payment.Approved, OK: true})
		default:
			b.calmly()
		}
	}
	if !b.w.stopped && book.known {
		b.w.oracle.atEnd()
	}
}

func (b *bench) calmly() {
	p := b.w.proc
	if next, ok := p.core.Next(); ok {
		b.pass(max(p.born+next-b.w.now, 0))
		return
	}
	b.pass(time.Minute)
}

func (b *bench) awaitsAnswer() bool {
	d := b.book().disk
	return d.State == payment.StateApproved && d.Offered && !b.saidNo
}

// answerFirst carries out the oldest held call in the usual way.
func (b *bench) answerFirst() {
	h := b.w.net.held[0]
	if h.write == nil {
		b.callChoices(0)[0].do()
		return
	}
	b.drop(0)
	h.write.luck = luck{first: sandbox.FirstStepUp, finalize: sandbox.FinalizeApproved, life: requestLife}
	a := b.w.net.execute(h.write)
	b.w.proc.post(engine.Answered{ID: h.write.id, Key: h.write.call.Intent.Key, Answer: a})
}
