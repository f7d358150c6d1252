// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// Instant is a moment on two clocks. Up is time since the process started, a machine's sleep included, and never goes
// back: every deadline lives on it. Wall is for people and for what must be compared across restarts.
type Instant struct {
	Up   time.Duration
	Wall time.Time
}

// wallAt is the wall time of a later moment of this process.
func (n Instant) wallAt(up time.Duration) time.Time { return n.Wall.Add(up - n.Up) }
