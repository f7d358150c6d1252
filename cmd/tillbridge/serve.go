// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tillbridge/config"
)

// serveOptions is what the command line adds to the file.
type serveOptions struct {
	file       string
	level      string
	demoOrigin string // the demo's page may frame displays, use the lanes, and be what codes point to

	seen time.Time // when the file was changed that the daemon began with
}

func serveCommand(std streams) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the daemon beside the till",
		Args:  needs(cobra.NoArgs, "config"),
		RunE: func(c *cobra.Command, _ []string) error {
			o.seen = stamp(o.file)
			cfg, err := config.Load(o.file, std.getenv)
			if err != nil {
				return fmt.Errorf("configuration:\n%w", err)
			}
			log, err := newLog(std.err, o.level)
			if err != nil {
				return misused(c, err)
			}
			d, err := newDaemon(cfg, o, std, log)
			if err != nil {
				return err
			}
			return d.run(c.Context())
		},
	}
	c.Flags().StringVar(&o.file, "config", "", "the configuration file")
	c.Flags().StringVar(&o.level, "log-level", "info", "debug, info, warn or error")
	c.Flags().StringVar(&o.demoOrigin, "demo-origin", "", "the demo's address")
	_ = c.Flags().MarkHidden("demo-origin")
	return c
}
