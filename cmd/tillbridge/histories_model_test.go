// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"
)

// question is what one client asked about the one payment of a history.
type question struct {
	do      string // pay, cancel, status or confirm
	amount  int64  // of pay
	outcome string // of confirm
}

// answer is what it heard. The zero value means that its line was lost: what it asked for may have
// happened, then or later, or not.
type answer struct {
	code    string // of a refusal
	phase   string // of a payment that has no result
	outcome string // the result
	update  bool   // the result followed unknown
	given   bool   // the money was given back
	ok      bool   // a confirmation is recorded
}

// register is a payment as tills know it: like a register that is written by the first to come.
type register struct {
	stage   string // "", open, cancelling or final
	amount  int64  // 0 in a tombstone, whose amount nobody knows
	word    string // of final
	unknown bool   // unknown was told
}

const (
	stageOpen       = "open"
	stageCancelling = "cancelling"
	stageFinal      = "final"
)

// registers is what one payment promises to all its tills together. Disturbed says that the daemon was
// killed meanwhile, after which it may cancel a payment whose till does not come back.
func registers(disturbed bool) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{register{}} },
		Step: func(state, in, out any) []any {
			r, sure := state.(register)
			a, asked := in.(question)
			heard, told := out.(answer)
			if !sure || !asked || !told {
				return nil
			}
			var after []any
			for _, next := range r.after(a, heard, disturbed) {
				after = append(after, next)
			}
			return after
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
	return m.ToModel()
}

// after is what the payment may be once a was answered with heard; nothing if that answer is a lie.
func (r register) after(a question, heard answer, disturbed bool) []register {
	effects := r.effects(a)
	if heard == (answer{}) {
		return append(effects, r) // lost
	}
	if heard.code != "" {
		if slices.Contains(r.refusals(a), heard.code) {
			return []register{r}
		}
		return nil
	}
	if a.do == "pay" && r.stage != "" && r.amount != 0 && r.amount != a.amount {
		return nil // taken for another sale
	}
	var all []register
	for _, next := range effects {
		if then, ok := next.hears(a, heard, disturbed); ok {
			all = append(all, then)
		}
	}
	return all
}

// effects is what a request may do, whatever it hears: a cancel may come too late.
func (r register) effects(a question) []register {
	switch {
	case a.do == "pay" && r.stage == "":
		return []register{{stage: stageOpen, amount: a.amount}}
	case a.do == "cancel" && r.stage == "":
		return []register{{stage: stageFinal, word: "cancelled"}}
	case a.do == "cancel" && r.stage == stageOpen:
		heeded := r
		heeded.stage = stageCancelling
		return []register{heeded, r}
	}
	return []register{r}
}

// refusals is what a request may be refused with.
func (r register) refusals(a question) []string {
	busy := []string{"busy", "unavailable"}
	switch {
	case r.stage == "" && a.do == "pay", r.stage == "" && a.do == "cancel":
		return busy
	case r.stage == "":
		return []string{"not_found"}
	case a.do == "pay" && r.amount != 0 && r.amount != a.amount:
		return []string{"conflict"}
	case a.do == "confirm" && (r.stage != stageFinal || r.word != a.outcome):
		return []string{"conflict"}
	}
	return nil
}

// hears is r after a word about it, and false if that word cannot be true. What happens by itself is
// seen here first: a result ends what was open, and after cancelling it is never an approval.
func (r register) hears(a question, heard answer, disturbed bool) (register, bool) {
	if heard.given {
		return r, false // no till ever said no
	}
	switch {
	case r.stage == "":
		return r, false
	case heard.phase != "":
		return r.during(heard.phase, disturbed)
	case heard.outcome == "unknown":
		r.unknown = true
		return r, r.stage != stageFinal
	case heard.update && !r.unknown && !disturbed:
		return r, false
	case heard.ok && heard.outcome != a.outcome:
		return r, false
	case r.stage == stageFinal:
		return r, heard.outcome == r.word
	}
	ends := []string{"declined", "cancelled", "expired", "failed"}
	if r.stage == stageOpen {
		ends = append(ends, "approved")
	}
	return register{stage: stageFinal, amount: r.amount, word: heard.outcome}, slices.Contains(ends, heard.outcome)
}

// during: a cancel that meets the finalize is told as cancelling, and the payment is still confirming.
func (r register) during(phase string, disturbed bool) (register, bool) {
	switch {
	case r.stage == stageFinal:
		return r, false
	case r.stage == stageCancelling:
		return r, phase == "cancelling" || phase == "checking" || phase == "confirming"
	case phase == "cancelling":
		r.stage = stageCancelling
		return r, disturbed
	}
	return r, true
}

// A model that takes everything for true would prove nothing.
func TestHistoriesThatCannotBe(t *testing.T) {
	pay := func(amount int64) question { return question{do: "pay", amount: amount} }
	status, cancel := question{do: "status"}, question{do: "cancel"}
	open, approved, cancelled := answer{phase: "waiting"}, answer{outcome: "approved"}, answer{outcome: "cancelled"}
	cancelling, missing, conflict, lost := answer{phase: "cancelling"}, answer{code: "not_found"}, answer{code: "conflict"}, answer{}
	type said struct {
		question question
		answer   answer
	}
	for name, c := range map[string]struct {
		said []said // one after the other
		can  bool
	}{
		"a sale":                               {[]said{{status, missing}, {pay(1), open}, {status, approved}, {pay(1), approved}}, true},
		"a cancel before its sale":             {[]said{{cancel, cancelled}, {pay(1), cancelled}, {pay(2), cancelled}}, true},
		"a cancel that comes too late":         {[]said{{pay(1), open}, {cancel, approved}, {status, approved}}, true},
		"a lost pay that happened":             {[]said{{pay(1), lost}, {status, open}}, true},
		"a lost pay that did not":              {[]said{{pay(1), lost}, {status, missing}, {cancel, cancelled}}, true},
		"a lost cancel that happened":          {[]said{{pay(1), open}, {cancel, lost}, {status, cancelling}, {status, cancelled}}, true},
		"unknown, then the truth":              {[]said{{pay(1), open}, {status, answer{outcome: "unknown"}}, {status, answer{outcome: "approved", update: true}}}, true},
		"row 14: declined for an unknown id":   {[]said{{status, answer{outcome: "declined"}}}, false},
		"row 3: another amount is taken":       {[]said{{pay(1), open}, {pay(2), open}}, false},
		"row 3: the same amount is a conflict": {[]said{{pay(1), open}, {pay(1), conflict}}, false},
		"row 11: a cancelled id begins":        {[]said{{cancel, cancelled}, {pay(1), open}}, false},
		"approved after cancelling":            {[]said{{pay(1), open}, {cancel, cancelling}, {status, approved}}, false},
		"a final word that changes":            {[]said{{pay(1), open}, {status, cancelled}, {status, approved}}, false},
		"a final word that is taken back":      {[]said{{pay(1), open}, {status, approved}, {status, open}}, false},
		"a final word that is forgotten":       {[]said{{pay(1), open}, {status, approved}, {status, missing}}, false},
		"a payment that is forgotten":          {[]said{{pay(1), open}, {status, missing}}, false},
		"a cancel that nobody asked for":       {[]said{{pay(1), open}, {status, cancelling}}, false},
		"an update of nothing":                 {[]said{{pay(1), open}, {status, answer{outcome: "approved", update: true}}}, false},
		"money that is given back":             {[]said{{pay(1), open}, {status, answer{outcome: "approved", given: true}}}, false},
		"a confirmation of another word":       {[]said{{pay(1), approved}, {question{do: "confirm", outcome: "cancelled"}, answer{ok: true, outcome: "cancelled"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var ops []porcupine.Operation
			for i, s := range c.said {
				op := porcupine.Operation{Input: s.question, Output: s.answer, Call: int64(2 * i), Return: int64(2*i + 1)}
				if s.answer == lost {
					op.Return = math.MaxInt64
				}
				ops = append(ops, op)
			}
			if got := porcupine.CheckOperations(registers(false), ops); got != c.can {
				t.Errorf("CheckOperations = %t, want %t", got, c.can)
			}
		})
	}
}
