// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"tillbridge/payment"
)

// bucket is the one quota of calls that all lanes share: Klarna limits the merchant, not the till.
// Polls wait for it; writes and deletes take from it without waiting.
type bucket struct {
	tokens float64
	at     time.Duration
}

const (
	callsPerSecond = 10
	callBurst      = 20
)

func newBucket() bucket { return bucket{tokens: callBurst} }

func (b *bucket) refill(now time.Duration) {
	b.tokens = min(callBurst, b.tokens+(now-b.at).Seconds()*callsPerSecond)
	b.at = now
}

// spend takes a call that does not wait.
func (b *bucket) spend(now time.Duration) {
	b.refill(now)
	b.tokens = max(-callBurst, b.tokens-1)
}

// take takes a poll, or says how long to wait.
func (b *bucket) take(now time.Duration) (time.Duration, bool) {
	b.refill(now)
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	return time.Millisecond + time.Duration((1-b.tokens)/callsPerSecond*float64(time.Second)), false
}

// pollInterval is how long to wait before the next read of j's request.
func (c *Core) pollInterval(j *job) time.Duration {
	fast := j.p.State != payment.StateWaiting
	base := 3 * time.Second
	switch live := c.webhookLive(); {
	case fast && live:
	case fast:
		base = time.Second
	case live:
		base = 5 * time.Second
	}
	base = min(base<<min(j.slow, 4), 15*time.Second)
	return c.spread(base)
}

// spread adds up to 20 % either way, so that lanes do not poll in step.
func (c *Core) spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*c.jitter.Float64()))
}

// backoff is how long to wait after so many tries: 1, 2, 4 … 60 s, or what Klarna asked for.
func (c *Core) backoff(tries int, asked time.Duration) time.Duration {
	wait := time.Second << min(max(tries-1, 0), 6)
	return c.spread(max(min(wait, time.Minute), min(asked, time.Minute)))
}

// webhookLive: a genuine event came in the last ten minutes, so polls may be slower.
func (c *Core) webhookLive() bool { return c.nudged && c.now.Up-c.nudgeUp < 10*time.Minute }
