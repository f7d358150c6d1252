// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
)

// needs refuses a command line on which one of flags is missing, beside what args refuses.
func needs(args cobra.PositionalArgs, flags ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if err := args(c, given); err != nil {
			return err
		}
		var missing []string
		for _, name := range flags {
			if f := c.Flags().Lookup(name); f == nil || f.Value.String() == "" {
				missing = append(missing, "--"+name)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("%s: missing", strings.Join(missing, ", "))
		}
		return nil
	}
}

// group is a command that only has subcommands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := c.Help(); err != nil {
				return err
			}
			return &exitError{code: exitUsage}
		},
	}
	g.AddCommand(commands...)
	return g
}

// plain is text of somebody else's as it may go to a person's terminal: on one line, and without
// anything that a terminal obeys.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, text)
}
