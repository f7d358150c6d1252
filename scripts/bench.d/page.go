// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// runPage prints the page made of what the parts in a folder found out.
func runPage(args []string) error {
	if len(args) != 1 {
		return errUsage
	}
	var all []*result
	for _, p := range parts() {
		r, err := readResult(filepath.Join(args[0], p.name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: no part has been measured: %w", args[0], fs.ErrNotExist)
	}
	fmt.Print(page(all))
	return nil
}

func readResult(path string) (*result, error) {
	text, err := os.ReadFile(path) //nolint:gosec // our own file
	if err != nil {
		return nil, err
	}
	r := &result{}
	if err = json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// page tells everything that was measured, the goals first.
func page(all []*result) string {
	var s strings.Builder
	s.WriteString("# Bench\n\nWritten by `scripts/bench`. What is compared was run in turns by one process; a ratio is the median over the rounds, " +
		"in brackets the 10th and 90th percentile. Absolute times belong to the machine and say little. Nothing here makes a build fail.\n\n")
	for _, r := range all {
		if r.Quick {
			s.WriteString("**This is a quick run, to see whether everything works. Its figures mean nothing.**\n\n")
			break
		}
	}
	writeMachine(&s, all)
	writeGoals(&s, all)
	writeFloor(&s)
	for _, p := range parts() {
		for _, r := range all {
			if r.Part == p.name {
				writePart(&s, p, r)
			}
		}
	}
	writeMissing(&s, all)
	return s.String()
}

func writeMachine(s *strings.Builder, all []*result) {
	m := all[0].Machine
	fmt.Fprintf(s, "| machine | |\n|---|---|\n| processor | %s, %d cores |\n| memory | %s |\n| system | %s, %s |\n| disk | %s |\n", m.CPU, m.Cores, m.Memory, m.System, m.Go, m.Disk)
	from, until := all[0].At, all[0].At
	var load []string
	for _, r := range all {
		if r.At.Before(from) {
			from = r.At
		}
		if r.At.After(until) {
			until = r.At
		}
		first, _, _ := strings.Cut(r.Machine.Load, " ")
		load = append(load, first)
	}
	fmt.Fprintf(s, "| measured | %s to %s |\n| load before each part | %s |\n\n", from.Format(time.DateTime), until.Format(time.DateTime), strings.Join(load, ", "))
}

func writeGoals(s *strings.Builder, all []*result) {
	found := map[string]figure{}
	for _, r := range all {
		maps.Copy(found, r.Goals)
	}
	s.WriteString("## Goals\n\n| | figure | beside | must | aim | measured | reached |\n|---|---|---|---|---|---|---|\n")
	for _, g := range goals() {
		f, ok := found[g.name]
		measured, reached := "–", "not measured"
		if ok {
			measured, reached = number(f.Value)+g.unit, g.verdict(f)
			if f.Text != "" {
				measured += " (" + f.Text + ")"
			}
			if reached != "aim" && g.why != "" {
				reached += ": " + g.why
			}
		}
		fmt.Fprintf(s, "| %s | %s | %s | %s | %s | %s | %s |\n", g.name, g.what, g.reference, g.bound(g.must), g.bound(g.aim), measured, reached)
	}
	s.WriteString("\n")
}

func writeFloor(s *strings.Builder) {
	s.WriteString("## Floor\n\n" +
		"`scripts/bench.d/floor.go` does the work of a sale up to its code as plainly as possible: a line in, one record in a raw preallocated " +
		"journal with one fdatasync, one HTTPS call on a kept connection, the code's modules, one websocket frame, a line out. It can neither be cancelled " +
		"nor restarted and remembers nothing. The program does the same work beside it, as its own process as well, at the same mock of Klarna (TLS 1.3, HTTP/1.1), " +
		"but commits twice before the code: the intent before the authorize leaves, the request before its code is shown. " +
		"The clock is read by the process that plays till, screen and Klarna. The floor encodes with the owner's library, as the program does; " +
		"a second one with rsc.io/qr shows what that library costs.\n\n")
}

func writePart(s *strings.Builder, p part, r *result) {
	fmt.Fprintf(s, "## %s: %s\n\n`scripts/bench --only %s` (%.0f s)\n\n", p.name, p.about, p.name, r.Seconds)
	for _, t := range r.Tables {
		fmt.Fprintf(s, "**%s**\n\n", t.Title)
		if t.Reference != "" {
			fmt.Fprintf(s, "| | median | × %s |\n|---|---|---|\n", t.Reference)
		} else {
			s.WriteString("| | median |  10 to 90 % |\n|---|---|---|\n")
		}
		for _, line := range t.Rows {
			writeRow(s, t, line)
		}
		s.WriteString("\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(s, "%s\n\n", n)
	}
}

func writeRow(s *strings.Builder, t table, r row) {
	name := r.Line
	if r.Note != "" {
		name += " (" + r.Note + ")"
	}
	third := ""
	switch {
	case r.Ratio != nil:
		third = fmt.Sprintf("**%s** [%s..%s]", number(r.Ratio.Median), number(r.Ratio.Low), number(r.Ratio.High))
	case t.Reference != "":
		third = "1"
	case r.Rounds > 1:
		third = fmt.Sprintf("%s to %s", quantity(r.Value.Low, r.Unit), quantity(r.Value.High, r.Unit))
	}
	fmt.Fprintf(s, "| %s | %s | %s |\n", name, quantity(r.Value.Median, r.Unit), third)
}

// quantity writes a value so that people can read it.
func quantity(v float64, unit string) string {
	if unit != "ns" {
		if unit != "" && unit != "%" {
			unit = " " + unit
		}
		return number(v) + unit
	}
	switch {
	case v < 1e3:
		return number(v) + " ns"
	case v < 1e6:
		return number(v/1e3) + " µs"
	case v < 1e9:
		return number(v/1e6) + " ms"
	}
	return number(v/1e9) + " s"
}

// number has three digits that count.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) && v < 1e6 && v > -1e6:
		return fmt.Sprintf("%d", int64(v))
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func writeMissing(s *strings.Builder, all []*result) {
	var missing []string
	for _, p := range parts() {
		there := false
		for _, r := range all {
			there = there || r.Part == p.name
		}
		if !there {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(s, "## Not measured\n\n%s\n", strings.Join(missing, ", "))
	}
}
