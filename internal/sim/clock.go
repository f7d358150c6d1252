// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "time"

// event is something that happens at a moment of true time.
type event struct {
	at  time.Duration
	seq uint64 // keeps events of one moment in the order in which they were planned
	do  func()
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// queue is a heap of events.
type queue struct {
	heap []event
	seq  uint64
}

func (q *queue) push(at time.Duration, do func()) {
	q.seq++
	q.heap = append(q.heap, event{at, q.seq, do})
	h := q.heap
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() event {
	h := q.heap
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	for i := 0; ; {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < last && h[child].before(h[least]) {
				least = child
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	q.heap = h
	return first
}

// base is the true time at which every world begins.
func base() time.Time { return time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC) }

// after plans do at d from now.
func (w *world) after(d time.Duration, do func()) { w.queue.push(w.now+max(d, 0), do) }

// true time as Klarna and the customers have it.
func (w *world) time() time.Time { return base().Add(w.now) }
