// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// uptime is the clock that every deadline lives on. It goes on while the machine sleeps, which package time's clock does
// not everywhere: Klarna forgets keys, requests and tokens meanwhile. It is read in turns.
type uptime struct {
	began  time.Time
	asleep func() time.Duration // how long the machine has slept since it booted
	before time.Duration        // of it, before began
	slept  time.Duration        // of it, since; never falls
}

func newUptime(asleep func() time.Duration) *uptime {
	return &uptime{began: time.Now(), asleep: asleep, before: asleep()}
}

func (u *uptime) now() Instant {
	// The system's two clocks cannot be read at one moment, so that less than a second is no sleep.
	if slept := u.asleep() - u.before; slept >= u.slept+time.Second {
		u.slept = slept
	}
	wall := time.Now()
	return Instant{Up: wall.Sub(u.began) + u.slept, Wall: wall.Round(0).UTC()}
}

// awake is when up comes, on package time's clock, if the machine does not sleep again until then.
func (u *uptime) awake(up time.Duration) time.Time { return u.began.Add(up - u.slept) }
