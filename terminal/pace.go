// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"sync"
	"time"
)

// pace lets things happen at an even rate after an initial burst. It may be used concurrently.
type pace struct {
	every time.Duration // between two, in the long run
	burst time.Duration // how far one may run ahead

	mu   sync.Mutex
	next time.Time // guarded by mu; when the next one is due at the even rate
}

func perSecond(rate, burst int) pace {
	every := time.Second / time.Duration(rate)
	return pace{every: every, burst: every * time.Duration(burst-1)}
}

// take lets one happen, if that is due within patience, and returns how long to wait for it.
func (p *pace) take(now time.Time, patience time.Duration) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.next
	if due.Before(now) {
		due = now
	}
	wait := max(due.Sub(now)-p.burst, 0)
	if wait > patience {
		return wait, false
	}
	p.next = due.Add(p.every)
	return wait, true
}

// wait returns when one may happen, or when ctx ends.
func (p *pace) wait(ctx context.Context) error {
	delay, _ := p.take(time.Now(), time.Hour)
	if delay == 0 {
		return nil
	}
	return pause(ctx, delay)
}

// pause waits for d or for the end of ctx, whose cause it returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
