// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// net is everything between the process and Klarna, and Klarna itself.
type net struct {
	w           *world
	klarna      *sandbox.World
	outageUntil time.Duration
	flapping    bool
	flights     []*flight // writes that may still be executed
	tries       map[payment.Key]int
	plans       map[string]*plan
	seen        map[string]bool            // payment requests whose customers were planned
	gone        map[payment.RequestID]bool // payment requests that reads do not find any more
	held        []held                     // in a manual world: calls that wait for the explorer
}

// flight is one copy of a write on its way to Klarna.
type flight struct {
	call  engine.Call
	id    payment.ID
	try   int
	twin  bool          // made by a box in the middle
	until time.Duration // in a manual world: when it can no longer arrive
	luck  luck
}

// plan is what Klarna thinks of one purchase.
type plan struct{ luck }

// givesBack reports whether the call is a void or a refund, of a whole sale or of a rest.
func givesBack(c engine.Call) bool {
	w := c.Intent.Write
	return w == payment.WriteVoid || w == payment.WriteRefund || w == payment.WriteRelease
}

// luck is what a try meets. A Klarna that forgets its negatives may think differently the next time; the copies of
// one try always meet the same.
type luck struct {
	first    sandbox.First
	finalize sandbox.Finalize
	wrong    bool
	life     time.Duration
	token    sandbox.TokenCharge
}

func newNet(w *world) *net {
	k := sandbox.NewWorld(w.seed, sandbox.Settings{Origin: "https://pay.sim"})
	k.SetPolicy(w.policy)
	return &net{
		w: w, klarna: k, tries: map[payment.Key]int{}, plans: map[string]*plan{}, seen: map[string]bool{},
		gone: map[payment.RequestID]bool{},
	}
}

// How long things take (Klarna, Request timeout; our client's own limits).
const (
	serverLimit = 59 * time.Second
	writeLimit  = 65 * time.Second
	readLimit   = 15 * time.Second
)

// down: nothing gets through, by an outage or because a wrong year makes every certificate invalid.
func (n *net) down() bool {
	w := n.w
	return w.now < n.outageUntil || n.flapping && w.flip() || w.era != 0
}

func (n *net) quick() time.Duration { return n.w.between(20*time.Millisecond, 800*time.Millisecond) }

// answers is how a try of c is answered.
func (n *net) answers(c engine.Call) func(time.Duration, engine.Answer) {
	return n.replier(func(a engine.Answer) engine.Input {
		return engine.Answered{ID: c.Payment.ID, Key: c.Intent.Key, Answer: a}
	})
}

// asksClock does what must come before an inherited key leaves: asking Klarna what time it is. It reports whether the
// call ends with that.
func (n *net) asksClock(c engine.Call) bool {
	w := n.w
	if !c.Inherited {
		return false
	}
	answer := n.answers(c)
	switch {
	case !w.manual && (n.down() || w.strikes(NotSent)):
		answer(n.quick(), engine.NotExecuted{})
	case w.time().Sub(c.Intent.At) >= keyLife:
		answer(n.quick(), engine.Stale{})
	default:
		return false
	}
	return true
}

// write is one try of a write.
func (n *net) write(c engine.Call) {
	w := n.w
	luck, id, key := n.luckOf(c), c.Payment.ID, c.Intent.Key
	n.tries[key]++
	try := n.tries[key]
	if w.manual {
		n.held = append(n.held, held{gen: w.proc.gen, write: &flight{call: c, id: id, try: try, luck: luck}})
		return
	}
	answer := n.answers(c)
	switch {
	case n.down():
		if w.flip() {
			answer(n.quick(), engine.NotExecuted{})
		} else {
			answer(writeLimit, engine.Unclear{})
		}
	case w.strikes(NotSent):
		answer(n.quick(), engine.NotExecuted{})
	case w.strikes(RequestLost):
		answer(n.givesUp(), engine.Unclear{})
	case w.strikes(Plain500):
		answer(n.quick(), engine.Unclear{})
	case w.strikes(TooMany):
		answer(n.quick(), engine.NotExecuted{After: w.upTo(20 * time.Second)})
	case w.strikes(RefusedWrite), givesBack(c) && w.strikes(RefusedGiveBack):
		answer(n.quick(), engine.Refused{Code: "OPERATION_FORBIDDEN", Correlation: "c"})
	default:
		n.fly(&flight{call: c, id: id, try: try, luck: luck}, answer)
	}
}

// fly lets a try reach Klarna, some way or other.
func (n *net) fly(f *flight, answer func(time.Duration, engine.Answer)) {
	w := n.w
	reach, back := n.quick()/2, n.quick()/2
	if w.strikes(RequestLate) {
		reach = w.between(time.Second, serverLimit)
		if w.flip() { // the connection was reset long before
			answer(w.upTo(reach), engine.Unclear{})
			n.arrive(f, reach, nil)
			return
		}
	}
	if w.strikes(AnswerLate) {
		back = w.upTo(serverLimit)
	}
	if reach+back >= writeLimit {
		answer(writeLimit, engine.Unclear{})
		n.arrive(f, reach, nil)
		return
	}
	lost := w.strikes(AnswerLost)
	broken := !lost && (w.strikes(ExecutedThen500) || w.strikes(Truncated))
	n.arrive(f, reach, func(a engine.Answer) {
		switch {
		case lost:
			answer(n.givesUp(), engine.Unclear{})
		case broken:
			answer(back, engine.Unclear{})
		default:
			answer(back, a)
		}
	})
	if w.strikes(Duplicated) {
		twin := *f
		twin.twin = true
		n.arrive(&twin, w.upTo(serverLimit), nil)
	}
}

// givesUp is when a client without an answer stops waiting: at its limit, or sooner by a reset.
func (n *net) givesUp() time.Duration {
	if n.w.flip() {
		return n.quick()
	}
	return writeLimit
}

func (n *net) arrive(f *flight, in time.Duration, then func(engine.Answer)) {
	n.flights = append(n.flights, f)
	n.w.after(in, func() {
		for i, o := range n.flights {
			if o == f {
				n.flights = append(n.flights[:i], n.flights[i+1:]...)
				break
			}
		}
		a := n.execute(f)
		if then != nil {
			then(a)
		}
	})
}

// replier answers the process that asked, if it still lives then.
func (n *net) replier(in func(engine.Answer) engine.Input) func(time.Duration, engine.Answer) {
	gen := n.w.proc.gen
	return func(d time.Duration, a engine.Answer) {
		n.w.after(d, func() {
			if p := n.w.proc; p.gen == gen && p.up {
				n.w.say("answer", answerName(a), "")
				p.post(in(a))
			}
		})
	}
}

// later is replier for calls that are no writes.
func (n *net) later(d time.Duration, in engine.Input) {
	gen := n.w.proc.gen
	n.w.after(d, func() {
		if p := n.w.proc; p.gen == gen && p.up {
			p.post(in)
		}
	})
}

func answerName(a engine.Answer) string {
	switch a.(type) {
	case engine.Approved:
		return "approved"
	case engine.StepUp:
		return "step-up"
	case engine.Declined:
		return "declined"
	case engine.Refused:
		return "refused"
	case engine.Unclear:
		return "unclear"
	case engine.NotExecuted:
		return "not executed"
	case engine.Stale:
		return "stale"
	case engine.Done:
		return "done"
	}
	return "?"
}
