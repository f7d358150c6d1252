// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import "sync"

// queueRoom is how much waits for a till that does not read. A sale has about ten words; a burst of questions that the
// pace lets through has fifty, each with a note and an answer in the queue.
const queueRoom = 256

// item is something on its way to the writer: a payment.Word, a native.Event or a note.
type item any

// queue is what waits for a writer, in order. It may be used concurrently.
type queue struct {
	filled chan struct{} // holds one when the writer must look

	mu    sync.Mutex
	items []item // guarded by mu
	held  bool   // guarded by mu; somebody else than the writer is going to look
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

// put adds i and wakes the writer, unless somebody else is going to look. It reports whether there was room.
func (q *queue) put(i item) bool {
	length, held := q.add(i)
	if length > 0 && !held {
		q.wake()
	}
	return length > 0
}

// note adds i without waking the writer: the answer that it is about comes after it. Where answers are slow, notes do
// not take the room of words.
func (q *queue) note(i item) bool {
	length, _ := q.add(i)
	if length > queueRoom/4 {
		q.wake()
	}
	return length > 0
}

// add returns how much waits with i, 0 if there was no room for it.
func (q *queue) add(i item) (length int, held bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= queueRoom {
		return 0, q.held
	}
	q.items = append(q.items, i)
	return len(q.items), q.held
}

func (q *queue) wake() {
	select {
	case q.filled <- struct{}{}:
	default: // it will look
	}
}

// hold lets the writer sleep while it is true: the caller looks at what comes meanwhile, or wakes it then.
func (q *queue) hold(held bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = held
}

// take empties the queue.
func (q *queue) take() []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.items
	q.items = nil
	return all
}
