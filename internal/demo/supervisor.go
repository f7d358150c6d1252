// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// A dead process is started again after firstPause, then twice as long each time up to maxPause.
	firstPause = 250 * time.Millisecond
	maxPause   = 5 * time.Second
	// steady is how long a process must have run for its death not to count as one of a row.
	steady = 10 * time.Second

	// startWait is how long a process may take until it works, probed every probeEvery.
	startWait  = 30 * time.Second
	probeEvery = 50 * time.Millisecond
	probeWait  = 2 * time.Second
)

// Supervisor keeps processes running. They are started in order, each once the one before works, and
// stopped in reverse.
type Supervisor struct {
	Children []Child
	Output   io.Writer    // gets every line that they write; nil discards
	Log      *slog.Logger // nil discards
}

// Run starts the processes, calls ready once all of them work, and starts those again that die. It
// returns after all of them have ended: with nil when ctx ends, or with the reason why one did not start.
func (s Supervisor) Run(ctx context.Context, ready func()) error {
	if s.Output == nil {
		s.Output = io.Discard
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	out := &sharedWriter{out: s.Output}
	var running []*keeper
	defer func() {
		for _, k := range slices.Backward(running) {
			k.stop()
		}
	}()
	for _, c := range s.Children {
		k := s.keep(ctx, c, out)
		running = append(running, k)
		if err := k.untilReady(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() == nil {
		ready()
	}
	<-ctx.Done()
	return nil
}

// keeper runs one process for as long as it is wanted.
type keeper struct {
	child Child
	said  *tail
	log   *slog.Logger

	end   context.CancelFunc
	works atomic.Bool
	died  chan error    // room for one: a death before the process worked
	ended chan struct{} // closed when the process is gone for good
}

// keep starts c in a goroutine that stop waits for. The process outlives ctx, so that the order of
// stopping is ours.
func (s Supervisor) keep(ctx context.Context, c Child, out *sharedWriter) *keeper {
	living, end := context.WithCancel(context.WithoutCancel(ctx))
	k := &keeper{
		child: c, said: &tail{name: c.Name, out: out}, log: s.Log.With("process", c.Name),
		end: end, died: make(chan error, 1), ended: make(chan struct{}),
	}
	go k.run(living)
	return k
}

func (k *keeper) stop() {
	k.end()
	<-k.ended
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	pause := time.Duration(0)
	for {
		started := time.Now()
		err := k.live(ctx)
		if ctx.Err() != nil {
			return
		}
		if !k.works.Load() {
			k.died <- err
			return
		}
		pause = nextPause(pause, time.Since(started))
		if dark := k.child.Power.pause(); dark > 0 {
			pause = dark
		}
		k.log.Warn("process ended and is started again", "error", err, "pause", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// live runs the process once. One that was started again is watched until it works again.
func (k *keeper) live(ctx context.Context) error {
	watching, stop := context.WithCancel(ctx)
	var watched sync.WaitGroup
	if k.works.Load() && k.child.Works != nil {
		watched.Go(func() { k.again(watching) })
	}
	err := k.child.run(ctx, k.said)
	stop()
	watched.Wait()
	return err
}

// again calls Works for a process that was started again, once it works.
func (k *keeper) again(ctx context.Context) {
	probe := time.NewTicker(probeEvery)
	defer probe.Stop()
	for !healthy(ctx, k.child.Health) {
		select {
		case <-ctx.Done():
			return
		case <-probe.C:
		}
	}
	if err := k.child.Works(ctx); err != nil && ctx.Err() == nil {
		k.log.Warn("process works again, but not as before", "error", err)
	}
}

// nextPause is how long to wait before a process is started again that waited last time and then ran.
func nextPause(last, ran time.Duration) time.Duration {
	if last == 0 || ran >= steady {
		return firstPause
	}
	return min(2*last, maxPause)
}

// untilReady waits until the process works. A process that dies before is not tried again: what it
// said is the reason.
func (k *keeper) untilReady(ctx context.Context) error {
	limit := time.NewTimer(startWait)
	defer limit.Stop()
	probe := time.NewTicker(probeEvery)
	defer probe.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-k.died:
			return fmt.Errorf("start the %w\n%s", err, k.said.words())
		case <-limit.C:
			return fmt.Errorf("start the %s: no answer at %s after %s\n%s", k.child.Name, k.child.Health, startWait, k.said.words())
		case <-probe.C:
			if !healthy(ctx, k.child.Health) {
				continue
			}
			if k.child.Works != nil {
				if err := k.child.Works(ctx); err != nil {
					return fmt.Errorf("start the %s: %w", k.child.Name, err)
				}
			}
			k.works.Store(true)
			return nil
		}
	}
}

func healthy(ctx context.Context, address string) bool {
	ctx, stop := context.WithTimeout(ctx, probeWait)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // only the status was wanted
	return answer.StatusCode == http.StatusOK
}
