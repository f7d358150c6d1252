// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"strings"
	"text/tabwriter"
)

// grid prints cells in columns. It keeps its first error for flush.
type grid struct {
	t   *tabwriter.Writer
	err error
}

func newGrid(out io.Writer) *grid { return &grid{t: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)} }

// row prints one line. What is empty becomes a dash, so that every line has the same columns.
func (g *grid) row(cells ...string) {
	shown := make([]string, len(cells))
	for i, cell := range cells {
		if shown[i] = plain(cell); shown[i] == "" {
			shown[i] = "-"
		}
	}
	_, err := io.WriteString(g.t, strings.Join(shown, "\t")+"\n")
	g.err = errors.Join(g.err, err)
}

func (g *grid) flush() error { return errors.Join(g.err, g.t.Flush()) }
