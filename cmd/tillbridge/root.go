// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// exitUsage is the code of a command line that was not understood.
const exitUsage = 2

// rootCommand is the tree of subcommands.
func rootCommand(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "tillbridge",
		Short:         "Klarna payments for shop tills, over a QR code on a customer screen",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := c.Help(); err != nil {
				return err
			}
			return &exitError{code: exitUsage}
		},
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(misused)
	root.AddCommand(
		serveCommand(std), demoCommand(std), sandboxCommand(std),
		payCommand(std), statusCommand(std), refundCommand(std), totalsCommand(std),
		checkCommand(std), urlsCommand(std), webhookCommand(std), storeCommand(std),
		attentionCommand(std), customerCommand(std), laneCommand(std), journalCommand(std), versionCommand(std),
		receiptCommand(std), auditCommand(std), replayCommand(std),
	)
	strict(root)
	return root
}

// strict turns every wrong use of c into exit code 2 with one line that says where to look.
func strict(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return misused(c, err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}

func misused(c *cobra.Command, err error) error {
	return &exitError{exitUsage, fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
}
