// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"time"
)

// due is something that happens by itself at a time.
type due struct {
	at       time.Time
	sequence uint64 // keeps things of one instant in the order in which they were planned
	what     dueKind
	id       string // of the request, transaction or delivery
	step     Step
}

type dueKind uint8

const (
	dueStep dueKind = iota + 1
	dueExpiry
	dueRemoval
	dueLapse
	dueClose
	dueDelivery
)

func (d due) before(e due) bool {
	if d.at.Equal(e.at) {
		return d.sequence < e.sequence
	}
	return d.at.Before(e.at)
}

func (w *World) plan(d due) {
	w.sequence++
	d.sequence = w.sequence
	w.due = append(w.due, d)
	for i := len(w.due) - 1; i > 0; {
		parent := (i - 1) / 2
		if !w.due[i].before(w.due[parent]) {
			return
		}
		w.due[i], w.due[parent] = w.due[parent], w.due[i]
		i = parent
	}
}

// pop takes the earliest thing off the heap, which must not be empty.
func (w *World) pop() due {
	first, last := w.due[0], len(w.due)-1
	w.due[0] = w.due[last]
	w.due[last] = due{}
	w.due = w.due[:last]
	for i := 0; ; {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < last && w.due[child].before(w.due[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		w.due[i], w.due[least] = w.due[least], w.due[i]
		i = least
	}
}

// Advance does everything that is due up to and including now, each thing at its own time. A now
// that lies before the last one changes nothing.
func (w *World) Advance(now time.Time) {
	for len(w.due) > 0 && !w.due[0].at.After(now) {
		d := w.pop()
		if d.at.After(w.now) {
			w.now = d.at
		}
		w.happen(d)
	}
	if now.After(w.now) {
		w.now = now.Round(0).UTC()
	}
	w.forget()
}

// Next is when Advance will next have something to do, and false if never. A delivery that waits in
// Take is not counted.
func (w *World) Next() (time.Time, bool) {
	if len(w.due) == 0 {
		return time.Time{}, false
	}
	return w.due[0].at, true
}

func (w *World) happen(d due) {
	switch d.what {
	case dueStep:
		// A customer whose request has moved on meanwhile finds nothing to press.
		_ = w.step(w.requests[d.id], d.step)
	case dueExpiry:
		w.expire(w.requests[d.id])
	case dueRemoval:
		delete(w.requests, d.id)
	case dueLapse:
		w.lapse(w.transactions[d.id])
	case dueClose:
		w.close(w.transactions[d.id])
	case dueDelivery:
		w.attempt(d.id)
	}
}
