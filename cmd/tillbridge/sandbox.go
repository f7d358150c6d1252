// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tillbridge/config"
	"tillbridge/klarna/sandbox"
)

type sandboxOptions struct {
	listen string
	origin string
	seed   uint64
	lan    bool
}

func sandboxCommand(std streams) *cobra.Command {
	var o sandboxOptions
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the Klarna simulator alone",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return misused(c, err)
			}
			return o.run(c.Context(), std)
		},
	}
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8590", "host:port to listen on")
	c.Flags().StringVar(&o.origin, "origin", "", "what codes begin with (default: http:// and the listener)")
	c.Flags().Uint64Var(&o.seed, "seed", 1, "ids and tokens follow from it")
	c.Flags().BoolVar(&o.lan, "lan", false, "other machines may reach it")
	return c
}

// check refuses to open the simulator to other machines by accident: its control routes need no key.
func (o *sandboxOptions) check() error {
	a, err := config.ParseAddress("tcp://" + o.listen)
	if err != nil {
		return fmt.Errorf("--listen %q: expected host:port, such as 127.0.0.1:8590", o.listen)
	}
	if !a.Local() && !o.lan {
		return fmt.Errorf("--listen %s: other machines can reach it: expected a loopback address, or --lan", o.listen)
	}
	if o.origin == "" {
		return nil
	}
	if a, err = config.ParseAddress(o.origin); err != nil || a.Scheme != config.SchemeHTTP && a.Scheme != config.SchemeHTTPS || a.Path != "" {
		return fmt.Errorf("--origin %q: expected scheme, host and port, such as http://192.168.1.5:8590", o.origin)
	}
	return nil
}

func (o *sandboxOptions) run(ctx context.Context, std streams) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	origin := o.origin
	if origin == "" {
		origin = "http://" + reachable(ln.Addr())
	}
	if _, err = fmt.Fprintf(std.out, "sandbox at %s\n", origin); err != nil {
		return errors.Join(err, ln.Close())
	}
	//nolint:contextcheck // its handlers have the contexts of their requests
	s := sandbox.New(sandbox.Options{Settings: sandbox.Settings{Origin: origin}, Seed: o.seed})
	return runSandbox(ctx, s, ln, slog.New(slog.DiscardHandler))
}

// runSandbox serves a simulator until ctx ends.
func runSandbox(ctx context.Context, s *sandbox.Server, ln net.Listener, log *slog.Logger) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error { return serveHTTP(ctx, ln, s.Handler(), log) })
	if err := g.Wait(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// reachable is a listener's address as others may write it: one that listens everywhere is named by
// this machine's first address in its network.
func reachable(at net.Addr) string {
	listener, err := netip.ParseAddrPort(at.String())
	if err != nil || !listener.Addr().IsUnspecified() {
		return at.String()
	}
	host := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	own, err := net.InterfaceAddrs()
	if err != nil {
		own = nil
	}
	for _, a := range own {
		prefix, err := netip.ParsePrefix(a.String())
		if addr := prefix.Addr(); err == nil && addr.Is4() && addr.IsGlobalUnicast() {
			host = addr
			break
		}
	}
	return netip.AddrPortFrom(host, listener.Port()).String()
}
