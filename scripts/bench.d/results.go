// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// row is one line of a table: a value, and how it stands to the table's reference.
type row struct {
	Line   string  `json:"line"`
	Unit   string  `json:"unit"` // "ns" is written in what is readable; "" has none
	Value  spread  `json:"value"`
	Ratio  *spread `json:"ratio,omitempty"`
	Rounds int     `json:"rounds,omitempty"`
	Note   string  `json:"note,omitempty"`
}

// table belongs to one question.
type table struct {
	Title     string `json:"title"`
	Reference string `json:"reference,omitempty"`
	Rows      []row  `json:"rows"`
}

// figure is what was measured for a goal.
type figure struct {
	Value float64 `json:"value"`
	Text  string  `json:"text,omitempty"` // what else belongs to it
}

// result is what one part found out.
type result struct {
	Part    string            `json:"part"`
	Quick   bool              `json:"quick"`
	At      time.Time         `json:"at"`
	Seconds float64           `json:"seconds"`
	Machine machine           `json:"machine"`
	Tables  []table           `json:"tables"`
	Goals   map[string]figure `json:"goals"`
	Notes   []string          `json:"notes"`
}

func (r *result) add(title, reference string, rows ...row) {
	r.Tables = append(r.Tables, table{title, reference, rows})
}

func (r *result) goal(name string, value float64, text string) { r.Goals[name] = figure{value, text} }

func (r *result) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// plain is a row without a reference.
func plain(line, unit string, samples ...float64) row {
	return row{Line: line, Unit: unit, Value: spreadOf(samples), Rounds: len(samples)}
}

// ratioOf finds a row's ratio, for a goal.
func ratioOf(rows []row, line string) float64 {
	for _, r := range rows {
		if r.Line == line && r.Ratio != nil {
			return r.Ratio.Median
		}
	}
	return 0
}

func valueOf(rows []row, line string) float64 {
	for _, r := range rows {
		if r.Line == line {
			return r.Value.Median
		}
	}
	return 0
}

// measure runs a part in a folder of its own and writes what it found.
func (b *bench) measure(ctx context.Context, p part, out string) (err error) {
	if b.root, err = filepath.Abs(b.root); err != nil {
		return err
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	b.peers = filepath.Join(b.root, "bin", "peers")
	kept, err := filepath.Abs(b.work)
	if err != nil {
		return err
	}
	if err = os.MkdirAll(kept, 0o700); err != nil {
		return fmt.Errorf("work folder: %w", err)
	}
	if b.work, err = os.MkdirTemp(kept, p.name+"-"); err != nil {
		return fmt.Errorf("work folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.work)) }()
	r := &result{Part: p.name, Quick: b.quick, At: time.Now().UTC(), Machine: thisMachine(kept), Goals: map[string]figure{}}
	if err = p.run(ctx, b, r); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	r.Seconds = time.Since(r.At).Seconds()
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("%s: figures: %w", p.name, err)
	}
	return os.WriteFile(out, append(text, '\n'), 0o600)
}
