// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"sync/atomic"
)

// errHalfway means that a decision was given up in the middle, by a mistake of ours.
var errHalfway = errors.New("the core gave up in the middle of a decision")

// turns let one batch at a time be decided about and made durable. Run takes those of everything that waits. A till that
// asks while nothing waits takes its own turn, because waking another goroutine takes longer than most answers.
type turns struct {
	turn    chan struct{}     // holds one during a turn, which may wait for the disk
	own     func(Input) error // used in turns; a turn that is not Run's; nil: Run alone takes turns
	failure error             // used in turns; no turn may follow

	failed  chan struct{} // holds one when somebody else's turn has failed
	waiting atomic.Int64  // inputs on their way to Run: whoever comes after them must not overtake
}

// atOnce handles in on the caller's goroutine. It reports false, and has done nothing, where something else comes first.
func (e *Engine) atOnce(in Input) bool {
	t := &e.turns
	select {
	case t.turn <- struct{}{}:
	default:
		return false
	}
	defer func() { <-t.turn }()
	if t.own == nil || t.failure != nil || t.waiting.Load() > 0 {
		return false
	}
	t.failure = errHalfway // stands if the core panics: whoever recovers in the caller must not save what is half done
	defer func() {
		if t.failure != nil {
			t.failed <- struct{}{} // once: no turn follows
		}
	}()
	t.failure = t.own(in)
	e.arm()
	return true
}

// take lets Run take a turn.
func (e *Engine) take(turn func() error) error {
	t := &e.turns
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.failure != nil {
		return t.failure
	}
	t.failure = errHalfway // until turn has returned
	t.failure = turn()
	e.arm()
	return t.failure
}

// alone leaves all further turns to Run. It returns what the last turn of somebody else failed with.
func (e *Engine) alone() error {
	e.turns.turn <- struct{}{}
	defer func() { <-e.turns.turn }()
	e.turns.own = nil
	return e.turns.failure
}

// arm sets the alarm to what is due next.
func (e *Engine) arm() {
	if next, ok := e.core.Next(); ok {
		e.alarm.set(e.uptime.awake(next))
	}
}
