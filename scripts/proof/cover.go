// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cover is how many statements of one folder were run.
type cover struct {
	folder       string
	run, written int
}

var errCover = errors.New("not a profile of Go's coverage")

// readCover adds up a profile. Where several test binaries covered one package each has its own lines
// about the same block, and a block that any of them ran was run.
func readCover(text string) ([]cover, error) {
	type block struct {
		statements int
		run        bool
	}
	blocks := make(map[string]block)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "mode: ") {
			continue
		}
		cells := strings.Fields(line) // tillbridge/qr/svg.go:10.2,12.3 STATEMENTS TIMES
		if len(cells) != 3 {
			return nil, errCover
		}
		statements, err := strconv.Atoi(cells[1])
		if err != nil {
			return nil, errCover
		}
		was := blocks[cells[0]]
		blocks[cells[0]] = block{statements, was.run || cells[2] != "0"}
	}
	sums := make(map[string]cover)
	for at, b := range blocks {
		file, _, _ := strings.Cut(at, ":")
		folder := strings.TrimPrefix(path.Dir(file), "tillbridge/")
		c := sums[folder]
		c.folder, c.written = folder, c.written+b.statements
		if b.run {
			c.run += b.statements
		}
		sums[folder] = c
	}
	var all []cover
	for _, c := range sums {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b cover) int { return strings.Compare(a.folder, b.folder) })
	return all, nil
}

func (c cover) percent() float64 { return 100 * float64(c.run) / float64(max(c.written, 1)) }
