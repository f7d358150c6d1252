// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"tillbridge/display"
	"tillbridge/internal/demo"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

type demoOptions struct {
	listen  string
	lan     bool
	tour    bool
	data    string
	verbose bool
}

func demoCommand(std streams) *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show a till, a customer screen and a phone on one browser page",
		Long: `Show a till, a customer screen and a phone on one browser page.

The daemon and the Klarna simulator run as two processes; no money moves. Nothing outside this machine
can reach them unless --lan is given: then other devices in the same network can open the page, and a
real phone can scan the code.

With --tour the page plays the main cases by itself: a sale that is paid, cancelled, declined and expired,
a customer who approves after the cancel, and a power cut in the middle of a sale.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			at, err := demo.ParseAddress(o.listen, o.lan)
			if errors.Is(err, demo.ErrNoNetwork) {
				return err
			}
			if err != nil {
				return misused(c, err)
			}
			return o.run(c, std, at)
		},
	}
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8580", "host:port of the page")
	c.Flags().BoolVar(&o.lan, "lan", false, "other devices in the network may open it, too")
	c.Flags().BoolVar(&o.tour, "tour", false, "the page plays the main cases by itself")
	c.Flags().StringVar(&o.data, "data", "", "folder that keeps the demo's files (default: none is kept)")
	c.Flags().BoolVar(&o.verbose, "verbose", false, "show what the two processes write")
	return c
}

func (o demoOptions) run(c *cobra.Command, std streams, at demo.Address) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's own file: %w", err)
	}
	options := demo.Options{
		Executable: program, Address: at, Data: o.data, Tour: o.tour, Token: demoToken,
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Ready: func(s demo.Started) {
			if o.lan {
				_, _ = fmt.Fprintf(std.err, "Open to your network at %s: till, screen and phone of a simulated shop.\n", s.Bound)
			}
			_, _ = fmt.Fprintf(std.out, "Tillbridge demo: %s/  (Ctrl-C stops it)\n", s.Origin)
		},
	}
	if o.verbose {
		options.Output = std.err
	}
	return demo.Run(c.Context(), options)
}

// demoToken reads what opens the demo's customer screen; the daemon has made it.
func demoToken(keys string) (secret.Text, error) {
	tokens, err := display.LoadTokens(keys, []payment.LaneID{demo.Lane})
	return tokens[demo.Lane], err
}
