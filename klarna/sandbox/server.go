// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// maxBody is the largest body that Klarna takes (Request limits).
const maxBody = 1 << 20

// Options are what a Server is made with. The zero value works.
type Options struct {
	Settings

	Seed    uint64
	MaxBody int64 // bytes; 0 means 1 MiB
	// FrameOrigins may show the phone page in a frame and press its buttons.
	FrameOrigins []string
	Client       *http.Client // sends webhooks; nil means one that follows no redirect
	Log          *slog.Logger // nil discards
}

// Server is a World behind HTTP. Its clock is the machine's, moved by /sandbox/clock.
type Server struct {
	options Options
	mux     http.Handler // immutable
	log     *slog.Logger
	client  *http.Client

	wake    chan struct{} // room for one: the next due time may have changed
	stopped chan struct{} // closed when Run ends, frees answers that are held back

	mu     sync.Mutex
	world  *World        // guarded by mu
	ahead  time.Duration // guarded by mu; how far the clock was moved
	seen   []Sighting    // guarded by mu; the latest calls, oldest first
	stopIt sync.Once
}

// New makes a sandbox in which nothing has happened. It serves without Run, but then sends no webhook.
func New(o Options) *Server {
	s := &Server{
		options: o, log: o.Log, client: o.Client,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), world: NewWorld(o.Seed, o.Settings),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.client == nil {
		s.client = &http.Client{
			Timeout:       deliveryPatience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if s.options.MaxBody == 0 {
		s.options.MaxBody = maxBody
	}
	s.mux = s.routes()
	return s
}

// Handler serves Klarna's API, the phone page and the control API.
func (s *Server) Handler() http.Handler { return s.mux }

// with runs f on the world at the sandbox's present time, and lets Run look at what is due next.
func (s *Server) with(f func(w *World, now time.Time)) {
	s.mu.Lock()
	f(s.world, s.nowLocked())
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Server) nowLocked() time.Time { return time.Now().Add(s.ahead).Round(0).UTC() }

// Run lets customers act and sends webhooks until ctx ends, then waits for deliveries under way. It
// must be called once.
func (s *Server) Run(ctx context.Context) error {
	var sending sync.WaitGroup
	defer sending.Wait()
	defer s.stopIt.Do(func() { close(s.stopped) })
	slots := make(chan struct{}, maxSending)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.wake:
		}
		out, next := s.advance()
		for _, d := range out {
			sending.Go(func() { s.deliver(ctx, slots, d) })
		}
		timer.Reset(next)
	}
}

// idle is how long Run sleeps when nothing is due.
const idle = time.Hour

// advance does what is due and tells how long until there is more.
func (s *Server) advance() ([]Delivery, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.nowLocked()
	s.world.Advance(now)
	next, ok := s.world.Next()
	if !ok {
		return s.world.Take(), idle
	}
	return s.world.Take(), min(max(0, next.Sub(now)), idle)
}

// wait returns false if the caller, or the sandbox, went away before d was over.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.stopped:
	}
	return false
}
