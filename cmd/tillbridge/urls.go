// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func urlsCommand(std streams) *cobra.Command {
	var rotate bool
	c := &cobra.Command{
		Use:   "urls --config FILE",
		Short: "Print where each lane's screen and till go",
		Long: `Print where each lane's screen and till go. A screen's address holds its token: whoever has it sees that
lane's screen, and can do nothing else.`,
	}
	c.Flags().BoolVar(&rotate, "rotate", false, "give every screen a new token; the old addresses end")
	return staffCommand(std, c, nil, func(ctx context.Context, cfg config.Config) error {
		tokens, err := displayTokens(cfg, rotate)
		if err != nil {
			return err
		}
		g := newGrid(std.out)
		for _, l := range cfg.Lanes {
			id := payment.LaneID(l.ID)
			g.row(l.ID, "display", display.PageURL(webBase(cfg.HTTP), id, tokens[id]))
			g.row(l.ID, "till", tillAddress(cfg, l))
		}
		if err := g.flush(); err != nil || !rotate {
			return err
		}
		return announceTokens(ctx, std, cfg)
	})
}

// displayTokens makes what is missing, as the daemon would.
func displayTokens(cfg config.Config, rotate bool) (tokens map[payment.LaneID]secret.Text, err error) {
	dir := filepath.Join(cfg.DataDir, keysFolder)
	if err = os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of keys: %w", err)
	}
	defer func() { err = errors.Join(err, inherit(cfg.DataDir)) }()
	if rotate {
		return display.RotateTokens(dir, laneIDs(cfg))
	}
	return display.LoadTokens(dir, laneIDs(cfg))
}

// announceTokens gives a running daemon the new tokens. One that does not run reads them when it starts.
func announceTokens(ctx context.Context, std streams, cfg config.Config) error {
	err := newDesk(cfg).ask(ctx, http.MethodPost, "/tokens", nil, nil)
	switch {
	case absent(err):
		_, err = fmt.Fprintln(std.err, "no daemon was told; one that runs must be restarted")
	case err != nil:
		return fmt.Errorf("new tokens are on disk, restart the daemon: %w", err)
	default:
		_, err = fmt.Fprintln(std.err, "the running daemon uses the new tokens from now on; the old ones end")
	}
	return err
}

func tillAddress(cfg config.Config, l config.Lane) string {
	if !l.Till.Listen.IsZero() {
		return l.Till.Listen.String()
	}
	return webBase(cfg.HTTP) + "/v1/lanes/" + url.PathEscape(l.ID)
}

// webBase is scheme and host of the daemon's own listener as a browser in the shop may write it: the
// first name that the operator gave, if any.
func webBase(h config.HTTP) string {
	scheme := "http"
	if h.TLS() {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return scheme + "://" + h.Listen
	}
	if len(h.Hosts) > 0 {
		name := h.Hosts[0]
		if _, _, err := net.SplitHostPort(name); err != nil {
			name = net.JoinHostPort(trimBrackets(name), port)
		}
		return scheme + "://" + name
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

func trimBrackets(host string) string {
	if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
		return host[1 : n-1]
	}
	return host
}
