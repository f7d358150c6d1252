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
	until time.Time // guarded by mu; zero while nothing is written
	runs  bool      // guarded by mu; the timer will look
}

// begin says that a write begins which may take so long.
func (w *watch) begin(patience time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Now().Add(patience)
	if !w.runs {
		w.runs = true
		time.AfterFunc(patience, w.look)
	}
}

// end says that it is done.
func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Time{}
}

func (w *watch) look() {
	w.mu.Lock()
	left := time.Until(w.until)
	idle := w.until.IsZero()
	w.runs = !idle && left > 0
	if w.runs {
		time.AfterFunc(left, w.look)
	}
	w.mu.Unlock()
	if !idle && left <= 0 {
		w.late()
	}
}
