// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// alarm wakes Run when something is due. It is set again only when that moment changes, because setting a timer may
// wake a thread. It may ring once too often, never too late.
type alarm struct {
	rings chan struct{}
	timer *time.Timer
	when  time.Time // zero: it has rung
}

func newAlarm() *alarm {
	a := &alarm{rings: make(chan struct{}, 1)}
	a.timer = time.AfterFunc(time.Hour, func() {
		select {
		case a.rings <- struct{}{}:
		default: // it rings already
		}
	})
	a.stop()
	return a
}

// set puts the alarm to when, on package time's own clock.
func (a *alarm) set(when time.Time) {
	if when.Equal(a.when) {
		return
	}
	a.when = when
	a.timer.Reset(time.Until(when))
}

// heard must be called when it has rung.
func (a *alarm) heard() { a.when = time.Time{} }

func (a *alarm) stop() { a.timer.Stop() }
