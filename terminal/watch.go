// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"sync"
	"time"
)

// watch ends a write that takes too long. Its timer outlives the write and serves the next ones, because starting one
// may wake a thread. It may be used concurrently.
type watch struct {
	late func()

	mu    sync.Mutex
	until time.Time   // guarded by mu; zero while nothing is written
	timer *time.Timer // guarded by mu; nil while none runs
	rings time.Time   // guarded by mu; when the timer does
}

// begin says that a write begins which may take so long.
func (w *watch) begin(patience time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Now().Add(patience)
	switch {
	case w.timer == nil:
		w.timer, w.rings = time.AfterFunc(patience, w.look), w.until
	case w.until.Before(w.rings): // a shorter message than the one that it was set for
		w.timer.Reset(patience)
		w.rings = w.until
	}
}

// end says that it is done.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Time{}
}

func (w *watch) look() {
	if w.over() {
		w.late()
	}
}

// over reports whether a write is late, and lets the timer run on for one that is not.
func (w *watch) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := time.Until(w.until)
	if w.until.IsZero() || left <= 0 {
		w.timer = nil
		return !w.until.IsZero()
	}
	w.timer.Reset(left)
	w.rings = w.until
	return false
}
