// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
)

const (
	// maxLinks is how many links one lane may have at once. A shop has one till at a lane; the rest is room
	// for links whose end has not been noticed yet.
	maxLinks = 16
	// deadAfter bounds how long such a link lives: keepAliveIdle and then keepAliveTries probes.
	keepAliveIdle  = 15 * time.Second
	keepAliveEvery = 5 * time.Second
	keepAliveTries = 3
	// handshakeWait is how long TLS may take.
	handshakeWait = 10 * time.Second
	// retryMin and retryMax bound the pause before a carrier that failed is tried again.
	retryMin = 250 * time.Millisecond
	retryMax = 10 * time.Second
)

// ErrOpen means that an address can be reached from outside this machine without token and TLS.
var ErrOpen = errors.New("an address outside this machine needs a token and TLS")

// Options are what a Server may have beside a lane, a protocol and a bridge. The zero value works.
type Options struct {
	Token      secret.Text // what a till must show; empty means none
	AckOnWrite bool        // approvals count as acknowledged once written
	TLS        *tls.Config // for RunTCP; nil means plain
	Open       bool        // RunTCP serves other machines in the clear: for a protocol that has neither token nor TLS
	Slots      *Slots      // bounds the links of several servers together; nil means maxLinks of its own
	Log        *slog.Logger
}

// Slots bound how many links several lanes may have at once.
type Slots struct{ taken chan struct{} }

// NewSlots returns room for n links.
func NewSlots(n int) *Slots { return &Slots{taken: make(chan struct{}, n)} }

func (s *Slots) take() bool {
	if s == nil {
		return true
	}
	select {
	case s.taken <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *Slots) free() {
	if s != nil {
		<-s.taken
	}
}

// Server serves one lane in one protocol. Its methods may be called concurrently; a lane has one
// carrier as a rule.
type Server struct {
	protocol Protocol
	lane     Lane
	tls      *tls.Config
	open     bool
	own, all *Slots
}

// NewServer returns a server that does nothing until one of its methods runs.
func NewServer(lane payment.LaneID, p Protocol, b Bridge, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		protocol: p, tls: o.TLS, open: o.Open, own: NewSlots(maxLinks), all: o.Slots,
		lane: Lane{
			ID: lane, Bridge: b, AckOnWrite: o.AckOnWrite, Token: o.Token, pace: newPaces(),
			Log: o.Log.With("lane", string(lane), "protocol", p.Name()),
		},
	}
}

// Serve serves one link until it ends. It owns rwc.
func (s *Server) Serve(ctx context.Context, rwc io.ReadWriteCloser) error {
	lane := s.lane
	return s.serve(ctx, rwc, &lane)
}

// serve keeps a mistake of a protocol in its link.
func (s *Server) serve(ctx context.Context, rwc io.ReadWriteCloser, lane *Lane) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.Join(fmt.Errorf("lane %s: %s: %v", lane.ID, s.protocol.Name(), v), rwc.Close())
		}
	}()
	return s.protocol.Serve(ctx, rwc, lane)
}

// RunTCP serves every till that connects to ln, which it owns, until ctx ends. An address that is not
// loopback needs a token and TLS, unless the options say Open.
func (s *Server) RunTCP(ctx context.Context, ln net.Listener) error {
	if !s.open && !local(ln.Addr()) && (s.lane.Token.Empty() || s.tls == nil) {
		return errors.Join(fmt.Errorf("lane %s: listen on %s: %w", s.lane.ID, ln.Addr(), ErrOpen), ln.Close())
	}
	return s.accept(ctx, ln)
}

// local reports whether nobody outside this machine can connect to a.
func local(a net.Addr) bool {
	if a.Network() == "unix" {
		return true
	}
	addr, err := netip.ParseAddrPort(a.String())
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

func (s *Server) accept(ctx context.Context, ln net.Listener) error {
	var links sync.WaitGroup
	defer links.Wait()
	stop := context.AfterFunc(ctx, func() { s.closed(ln) })
	defer func() {
		if stop() {
			s.closed(ln)
		}
	}()
	for pauseFor := retryMin; ; {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				s.closed(conn)
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("lane %s: accept: %w", s.lane.ID, err)
		case err != nil: // out of files, say: the tills that are there stay
			s.lane.Log.Warn("till not accepted", "error", err)
			_ = pause(ctx, pauseFor)
			pauseFor = min(2*pauseFor, retryMax)
			continue
		}
		pauseFor = retryMin
		if !s.admit() {
			s.lane.Log.Warn("too many links, one refused", "remote", conn.RemoteAddr().String())
			s.closed(conn)
			continue
		}
		links.Go(func() {
			defer s.leave()
			s.link(ctx, conn)
		})
	}
}

func (s *Server) closed(c io.Closer) {
	if err := c.Close(); err != nil {
		s.lane.Log.Debug("did not close cleanly", "error", err)
	}
}

func (s *Server) admit() bool {
	if !s.own.take() {
		return false
	}
	if !s.all.take() {
		s.own.free()
		return false
	}
	return true
}

func (s *Server) leave() {
	s.all.free()
	s.own.free()
}

// link serves one connection of a socket.
func (s *Server) link(ctx context.Context, conn net.Conn) {
	log := s.lane.Log.With("remote", conn.RemoteAddr().String())
	if tcp, ok := conn.(*net.TCPConn); ok {
		err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveEvery, Count: keepAliveTries,
		})
		if err != nil {
			log.Debug("keep-alive not set", "error", err)
		}
	}
	if s.tls != nil {
		secured := tls.Server(conn, s.tls)
		shaking, stop := context.WithTimeout(ctx, handshakeWait)
		err := secured.HandshakeContext(shaking)
		stop()
		if err != nil {
			log.Debug("till did not greet", "error", err)
			s.closed(conn)
			return
		}
		conn = secured
	}
	lane := s.lane
	lane.Log = log
	if err := s.serve(ctx, conn, &lane); err != nil {
		log.Warn("link ended", "error", err)
	}
}
