// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
)

func checkCommand(std streams) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Check the configuration, and everything that it names",
		Long: `Check the configuration, and everything that it names: data folder, journal, addresses, serial lines, screens, Klarna's
host and key, clock and certificates. One line each; the exit code is 1 if one begins with FAIL. It may run beside
the daemon, and moves no money.`,
		Args: needs(cobra.NoArgs, "config"),
		RunE: func(c *cobra.Command, _ []string) error {
			e := &examiner{out: std.out}
			e.examine(c.Context(), file, std.getenv)
			if e.failed {
				return &exitError{code: 1}
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", "", "the configuration file")
	return c
}

// examiner looks at one thing after another and prints a line for each.
type examiner struct {
	cfg     config.Config
	out     io.Writer
	running bool      // a daemon answers on the control socket of this data folder
	lanes   []laneRow // what it says of its lanes
	failed  bool
}

func (e *examiner) examine(ctx context.Context, file string, getenv func(string) string) {
	cfg, err := config.Load(file, getenv)
	if err != nil {
		e.refuse(err)
		return
	}
	e.cfg = cfg
	e.ok("config", "%s", file)
	e.running = e.daemonRuns(ctx)
	e.dataFolder()
	e.journal()
	e.listeners(ctx)
	e.displays()
	e.signingKeys()
	e.certificates(time.Now())
	e.klarna(ctx, slog.New(slog.DiscardHandler))
}

// refuse prints every problem of a configuration that cannot be used.
func (e *examiner) refuse(err error) {
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		e.fail("config", "%v", err)
		return
	}
	for _, p := range problems {
		e.fail("config", "%s", p)
	}
}

// daemonRuns asks the daemon of this data folder; whatever it answers, it is there.
func (e *examiner) daemonRuns(ctx context.Context) bool {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	err := newDesk(e.cfg).ask(ctx, http.MethodGet, "/lanes", nil, &e.lanes)
	return !absent(err)
}

func (e *examiner) ok(what, format string, args ...any)   { e.line("ok", what, format, args) }
func (e *examiner) warn(what, format string, args ...any) { e.line("warn", what, format, args) }

func (e *examiner) fail(what, format string, args ...any) {
	e.failed = true
	e.line("FAIL", what, format, args)
}

func (e *examiner) line(verdict, what, format string, args []any) {
	_, err := fmt.Fprintf(e.out, "%-4s %-14s %s\n", verdict, what, plain(fmt.Sprintf(format, args...)))
	e.failed = e.failed || err != nil // what nobody could read is not all right
}
