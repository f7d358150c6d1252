// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Cable is a connection between two parts of the shop that a visitor may pull out and put back. The
// zero Cable is plugged in.
type Cable struct {
	mu   sync.Mutex
	out  bool          // guarded by mu
	pull chan struct{} // guarded by mu; closed when the cable is pulled out
}

// Plug puts the cable in, or pulls it out. What it carried at that moment is lost.
func (c *Cable) Plug(in bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !in && !c.out && c.pull != nil {
		close(c.pull)
		c.pull = nil
	}
	c.out = !in
}

// In reports whether the cable is plugged in. If it is, the channel is closed once it is pulled out.
func (c *Cable) In() (pulled <-chan struct{}, in bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out {
		return nil, false
	}
	if c.pull == nil {
		c.pull = make(chan struct{})
	}
	return c.pull, true
}

// watch ends what stop ends when the cable is pulled out. The caller waits for it by done.
func watch(ctx context.Context, pulled <-chan struct{}, stop func()) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-pulled:
			stop()
		case <-ctx.Done():
		}
	}()
	return ended
}

// carry lets requests through as long as the cable is in. Whoever is talking when it is pulled out gets
// no answer, and nobody is told why: that is how a line breaks.
func (c *Cable) carry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pulled, in := c.In()
		if !in {
			panic(http.ErrAbortHandler)
		}
		ctx, stop := context.WithCancel(r.Context())
		done := watch(ctx, pulled, stop)
		defer func() {
			stop()
			<-done
			select {
			case <-pulled:
				panic(http.ErrAbortHandler) // also where the proxy has written an error page meanwhile
			default:
			}
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// wire carries TCP connections from a listener to an address, over a Cable.
type wire struct {
	cable *Cable
	to    string
}

// run accepts until ctx ends, then ends what it carries and waits for it.
func (l wire) run(ctx context.Context, from net.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer context.AfterFunc(ctx, func() { _ = from.Close() })() // Accept returns then
	for {
		near, err := from.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() { l.connect(ctx, near) })
	}
}

// connect carries one connection. A broken one is reset, so that nobody takes its end for an orderly one.
func (l wire) connect(ctx context.Context, near net.Conn) {
	defer snap(near)
	pulled, in := l.cable.In()
	if !in {
		return
	}
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.to)
	if err != nil {
		return
	}
	defer snap(far)
	ctx, stop := context.WithCancel(ctx)
	done := watch(ctx, pulled, stop)
	defer context.AfterFunc(ctx, func() { snap(near); snap(far) })()
	var up sync.WaitGroup
	up.Go(func() { pass(far, near) })
	pass(near, far)
	up.Wait()
	stop()
	<-done
}

// pass copies until its source ends, and tells the target so.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from) // either end may break; both are closed then
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// snap breaks a connection off. One that has ended in an orderly way is not affected.
func snap(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close() // nobody is left to tell
}
