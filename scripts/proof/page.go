// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// page is the whole document.
func page(size string, r *results) string {
	var b strings.Builder
	seconds := 0
	for _, s := range r.stages {
		seconds += s.seconds
	}
	fmt.Fprintf(&b, "# Proof that no payment is lost, doubled or misreported\n\n")
	fmt.Fprintf(&b, "Written by `scripts/prove %s` on %s, on %d cores of %s/%s with %s; %s of stages, some at the same time. 0 violations.\n\n",
		size, time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), time.Duration(seconds)*time.Second)
	b.WriteString("Every number is of this one run. A run of hours may be interrupted and go on, and what found a violation is run\n" +
		"again once that is mended, so that its parts may be of several commits. What each stage does: [reading it](#stages).\n\n")
	stages(&b, r)
	simulator(&b, r)
	fmt.Fprintf(&b, "## Planted bugs\n\nEach was put into a copy of the source, and the simulator had to find it. %d of %d were killed.\n\n"+
		"| bug | what it is | seeds | killed by |\n|---|---|---|---|\n%s\n\n%s\n\n",
		len(r.bugs), len(r.bugs)+len(r.alive), strings.Join(r.bugs, "\n"), r.after)
	disk(&b, r)
	processes(&b, r)
	counts(&b, "Fuzzing", "Executions of each parser, none of which failed.", "parser", "executions", r.fuzzed)
	coverage(&b, r)
	b.WriteString(foundTable())
	b.WriteString("## Hostile inputs\n\nEach row of the catalogue of hostile inputs, and the tests that carry its number.\n\n" + rowTable(r.held))
	skips(&b, r)
	return b.String()
}

// meaning says what each stage does.
func meaning(stage string) string {
	return map[string]string{
		"sim":       "seeded worlds of tills, customers, Klarna, disks and clocks; every payment must end well once the faults stop",
		"replay":    "the same seeds twice, equal to the last event; every kind of fault strikes",
		"bugs":      "planted bugs, each of which must be found",
		"explore":   "the small world, all of it to a fixed depth",
		"images":    "every state in which a power cut may leave the journal's file",
		"kills":     "the real daemon killed, stopped, frozen, on full and failing disks and networks, over HTTP, TCP and a serial line",
		"calls":     "each system call of one sale to the disk fails once",
		"histories": "several connections about one sale at once, checked for one order that explains all answers",
		"fuzz":      "every parser fed with mutated inputs",
		"wire":      "the parsers of ZVT fed with mutated inputs, by count",
		"cover":     "statements that the tests run",
		"tests":     "all tests with the race detector",
		"power":     "power cuts of a real file system",
		"soak":      "sales without a pause, memory and files watched",
	}[stage]
}

func stages(b *strings.Builder, r *results) {
	b.WriteString("## Stages\n\n| stage | does | seconds |\n|---|---|---|\n")
	for _, s := range r.stages {
		fmt.Fprintf(b, "| %s | %s | %d |\n", s.name, meaning(s.name), s.seconds)
	}
	for _, name := range []string{"tests", "power", "soak"} {
		if !slices.ContainsFunc(r.stages, func(s stage) bool { return s.name == name }) {
			fmt.Fprintf(b, "| %s | %s | not part of this run |\n", name, meaning(name))
		}
	}
	b.WriteString("\n")
}

func simulator(b *strings.Builder, r *results) {
	fmt.Fprintf(b, "## Simulator\n\n%d seeds, %d payments, %d charges, %d crashes, %d events, %d faults. %d payments were left to a person.\n",
		r.sums["seeds"], r.sums["payments"], r.sums["charges"], r.sums["crashes"], r.sums["events"], total(r.faults), r.sums["persons"])
	if n := r.sums["ordinary"]; n > 0 {
		fmt.Fprintf(b, "In an ordinary shop, whose machines and networks fail 20 times less often and never for a day, "+
			"%d of %d payments were left to a person.\n", r.sums["looked"], n)
	}
	if n := r.sums["states"]; n > 0 {
		fmt.Fprintf(b, "The search of the small world visited %d states.\n", n)
	}
	b.WriteString("\n| fault | fired |\n|---|---|\n")
	for _, f := range r.faults {
		fmt.Fprintf(b, "| %s | %d |\n", f.name, f.n)
	}
	b.WriteString("\n")
}

func disk(b *strings.Builder, r *results) {
	fmt.Fprintf(b, "## Crash images of the journal\n\n%d images of the real file, %d opened and compared with the model. "+
		"Damage was seen, and not acted upon, in %d. All combinations of %d sets of pending writes were built, others sampled: %d.\n\n",
		r.sums["images"], r.sums["opened"], r.sums["damaged"], r.sums["complete"], r.sums["sampled"])
}

func processes(b *strings.Builder, r *results) {
	fmt.Fprintf(b, "## The real daemon\n\n%d kills, %d troubles of the network, %d power cuts, %d histories of several connections. "+
		"After each, Klarna's books and the till's last word were compared.\n\n",
		r.sums["kills"], r.sums["troubles"], r.sums["cuts"], r.sums["histories"])
	if len(r.calls) > 0 {
		b.WriteString("| system call and failure | struck |\n|---|---|\n")
		for _, c := range r.calls {
			fmt.Fprintf(b, "| %s | %d |\n", c.name, c.n)
		}
		b.WriteString("\n")
	}
}

func counts(b *strings.Builder, title, lead, left, right string, all []count) {
	fmt.Fprintf(b, "## %s\n\n%s\n\n| %s | %s |\n|---|---|\n", title, lead, left, right)
	for _, c := range all {
		fmt.Fprintf(b, "| %s | %d |\n", c.name, c.n)
	}
	b.WriteString("\n")
}

func coverage(b *strings.Builder, r *results) {
	fmt.Fprintf(b, "## Coverage\n\nEvery state met every event: %d of %d cells.\n\n| folder | statements run | of | percent |\n|---|---|---|---|\n",
		r.matrix[0], r.matrix[1])
	for _, c := range r.covers {
		fmt.Fprintf(b, "| %s | %d | %d | %.1f |\n", c.folder, c.run, c.written, c.percent())
	}
	b.WriteString("\n")
}

func skips(b *strings.Builder, r *results) {
	if len(r.skips) == 0 {
		return
	}
	b.WriteString("\n## Not run on this machine\n\n")
	for _, s := range slices.Compact(slices.Sorted(slices.Values(r.skips))) {
		fmt.Fprintf(b, "- %s\n", s)
	}
}
