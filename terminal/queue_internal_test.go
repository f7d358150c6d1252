// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"slices"
	"testing"
)

// woken reports whether the writer was woken since the last time.
func (q *queue) woken() bool {
	select {
	case <-q.filled:
		return true
	default:
		return false
	}
}

// crowd fills half of the queue with notes.
func crowd(q *queue) {
	for i := range queueRoom / 2 {
		q.note(i)
	}
}

func TestTheQueueWakesItsWriterForWordsOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fill  func(*queue)
		wakes bool
	}{
		"nothing":                        {func(*queue) {}, false},
		"a word":                         {func(q *queue) { q.put(1) }, true},
		"a note":                         {func(q *queue) { q.note(1) }, false},
		"a note and its answer":          {func(q *queue) { q.note(1); q.put(2) }, true},
		"a word while it is held":        {func(q *queue) { q.hold(true); q.put(1) }, false},
		"a word after it was held":       {func(q *queue) { q.hold(true); q.put(1); q.hold(false); q.put(2) }, true},
		"more notes than answers":        {func(q *queue) { crowd(q) }, true},
		"a word that the reader gave up": {func(q *queue) { q.hold(true); q.put(1); q.hold(false); q.wake() }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue()
			tt.fill(q)
			if got := q.woken(); got != tt.wakes {
				t.Errorf("the writer is woken: %v, want %v", got, tt.wakes)
			}
		})
	}
}

func TestTheQueueKeepsOrderAndItsRoom(t *testing.T) {
	t.Parallel()
	q := newQueue()
	var want []item
	for i := range queueRoom {
		want = append(want, i)
		if put := []func(item) bool{q.put, q.note}[i%2]; !put(i) {
			t.Fatalf("no room for item %d of %d", i, queueRoom)
		}
	}
	if q.put(-1) || q.note(-1) {
		t.Error("a full queue took one more")
	}
	if got := q.take(); !slices.Equal(got, want) {
		t.Errorf("took %v, want all in order", got)
	}
	if got := q.take(); len(got) > 0 || !q.put(1) {
		t.Errorf("took %v once more, want an empty queue with room", got)
	}
}
