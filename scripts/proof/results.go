// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results is what all logs of a folder say together.
type results struct {
	stages []stage
	sums   map[string]int // by the names in patterns
	faults []count        // in the order of the simulator
	bugs   []string       // rows of the table of planted bugs that were killed
	alive  []string       // those of the others
	after  string         // what follows that table
	calls  []count        // system calls that were made to fail
	fuzzed []count
	covers []cover
	skips  []string
	held   held
	matrix [2]int // cells walked, cells there are
}

// stage is one stage, its parts added up.
type stage struct {
	name    string
	seconds int
	failed  bool
}

type count struct {
	name string
	n    int
}

// add counts n for name, which keeps the place where it came first.
func add(all []count, name string, n int) []count {
	for i := range all {
		if all[i].name == name {
			all[i].n += n
			return all
		}
	}
	return append(all, count{name, n})
}

// patterns are the sentences that tests print; each group is named as the sum that it is added to.
func patterns() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`: (?P<seeds>\d+) seeds, (?P<payments>\d+) payments, (?P<charges>\d+) charges, ` +
			`(?P<crashes>\d+) crashes, (?P<events>\d+) events, (?P<persons>\d+) before a person`),
		regexp.MustCompile(`ordinary shop: (?P<ordinary>\d+) payments, (?P<looked>\d+) before a person`),
		regexp.MustCompile(`images: built=(?P<images>\d+) opened=(?P<opened>\d+) damage_seen=(?P<damaged>\d+) ` +
			`complete_sets=(?P<complete>\d+) sampled_sets=(?P<sampled>\d+)`),
		regexp.MustCompile(`killed the daemon (?P<kills>\d+) times`),
		regexp.MustCompile(`cut the power (?P<cuts>\d+) times`),
		regexp.MustCompile(`made trouble (?P<troubles>\d+) times`),
		regexp.MustCompile(`soak: (?P<soaked>\d+) sales`),
		regexp.MustCompile(`histories: checked=(?P<histories>\d+)`),
		regexp.MustCompile(`depth \d+: (?P<states>\d+) states, (?P<steps>\d+) steps`),
	}
}

// readResults reads every file that the stages wrote.
func readResults(folder fs.FS) (*results, error) {
	r := &results{sums: make(map[string]int)}
	names, err := fs.Glob(folder, "*")
	if err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read the results: %w", err)
		}
		switch path.Ext(name) {
		case ".log":
			r.log(strings.TrimSuffix(name, ".log"), string(text))
		case ".faults":
			r.faultTable(string(text))
		case ".bugs":
			r.bugTable(string(text))
		case ".cover":
			if r.covers, err = readCover(string(text)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return r, nil
}

// tableRows returns the lines of a table without its head.
func tableRows(text string) []string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[min(2, len(lines)):]
}

// bugTable reads | bug | what it is | seeds | killed by |, and keeps what the file says after it.
func (r *results) bugTable(text string) {
	table, after, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	r.after = after
	for _, line := range tableRows(table) {
		if strings.Contains(line, "| survived |") {
			r.alive = append(r.alive, line)
		} else {
			r.bugs = append(r.bugs, line)
		}
	}
}

func (r *results) faultTable(text string) {
	for _, line := range tableRows(text) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(cells[2]))
		if err == nil {
			r.faults = add(r.faults, strings.TrimSpace(cells[1]), n)
		}
	}
}

// log reads what one stage, or one part of it (stage-part.log), printed.
func (r *results) log(name, text string) {
	name, _, _ = strings.Cut(name, "-")
	s := stage{name: name, failed: true} // until it says how it ended
	ended := regexp.MustCompile(`^prove: ended with (\d+) after (\d+) s$`)
	test := regexp.MustCompile(`^=== (?:RUN|NAME|CONT) +(\S+)`)
	said := regexp.MustCompile(`^ +\S+_test\.go:\d+: (.*)`)
	skip := regexp.MustCompile(`^ *--- SKIP: (\S+)`)
	var now string
	last := make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		r.sum(line)
		if m := ended.FindStringSubmatch(line); m != nil {
			s.failed, s.seconds = m[1] != "0", number(m[2])
		} else if m := test.FindStringSubmatch(line); m != nil {
			now = m[1]
		} else if m := said.FindStringSubmatch(line); m != nil {
			last[now] = m[1]
		} else if m := skip.FindStringSubmatch(line); m != nil {
			r.skips = append(r.skips, m[1]+": "+last[m[1]])
		}
	}
	r.stage(s)
}

func (r *results) stage(s stage) {
	i := slices.IndexFunc(r.stages, func(other stage) bool { return other.name == s.name })
	if i < 0 {
		r.stages = append(r.stages, s)
		return
	}
	r.stages[i].seconds += s.seconds
	r.stages[i].failed = r.stages[i].failed || s.failed
}

// sum adds what a line says to the sums.
func (r *results) sum(line string) {
	for _, p := range patterns() {
		for i, v := range p.FindStringSubmatch(line) {
			if name := p.SubexpNames()[i]; name != "" {
				r.sums[name] += number(v)
			}
		}
	}
	swept := regexp.MustCompile(`swept (.+): (\d+) points`)
	if m := swept.FindStringSubmatch(line); m != nil {
		r.calls = add(r.calls, m[1], number(m[2]))
	}
	fuzzed := regexp.MustCompile(`^check: fuzz \./(\S+ \S+): execs: (\d+)`)
	if m := fuzzed.FindStringSubmatch(line); m != nil {
		r.fuzzed = add(r.fuzzed, m[1], number(m[2]))
	}
}

// number reads digits that a pattern has found; too many of them are none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// readMatrix counts the cells of the table of states and events.
func readMatrix(file string) ([2]int, error) {
	text, err := os.ReadFile(file) //nolint:gosec // a file of the tree
	if err != nil {
		return [2]int{}, fmt.Errorf("states and events: %w", err)
	}
	var walked, there, columns int
	for line := range strings.Lines(string(text)) {
		cells := len(strings.Fields(line)) - 1
		switch {
		case strings.HasPrefix(line, "#"):
		case columns == 0:
			columns = cells
		default:
			walked, there = walked+cells, there+columns
		}
	}
	return [2]int{walked, there}, nil
}
