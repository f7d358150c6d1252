// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

// goal is a figure that the program is held to, beside a reference of the same run. Must is asked of every release,
// aim is where it shall go; at least one of many is a bound from below.
type goal struct {
	name      string
	what      string
	reference string
	must, aim float64
	unit      string // "×" where it is a ratio
	below     bool   // the figure must not be less
	why       string // of a figure that misses its aim: what stands in between
}

func goals() []goal {
	const floor = "the floor"
	return []goal{
		{name: "G1", what: "till's line → code on the screen, one till, p50", reference: floor, must: 3.5, aim: 2.5, unit: "×", why: "two commits of two flushes each, where the floor has one flush"},
		{name: "G2", what: "the same, p99", reference: floor, must: 4, aim: 2.5, unit: "×", why: "as G1, twice as many flushes, each of which may be a slow one"},
		{name: "G3 p50", what: "what we add to a call of 80 ms, p50", reference: "the call", must: 5, aim: 2.5, unit: " %", why: "two commits of two flushes each, and the code's modules; the floor itself adds half of it"},
		{name: "G3 p99", what: "the same, p99", reference: "the call", must: 15, aim: 5, unit: " %", why: "as the median; a slow flush among four is likelier than in one"},
		{name: "G4 p50", what: "50 tills at once, p50", reference: floor, must: 2, aim: 1.5, unit: "×", why: "on two processors the codes and commits of all tills wait for each other; the floor commits once a sale and keeps nothing of it"},
		{name: "G4 throughput", what: "50 tills at once, throughput", reference: floor, must: 0.5, aim: 0.7, unit: "×", below: true, why: "as the median"},
		{name: "G5 code", what: "flushes before the code", reference: "count", must: 4, aim: 2, why: "the intent is durable before the authorize leaves, the request before its code is shown; a commit of bbolt flushes twice"},
		{name: "G5 sale", what: "flushes of a whole sale", reference: "count", must: 18, aim: 10, why: "every decision is durable before it is acted upon; a commit of bbolt flushes twice"},
		{name: "G6", what: "journal commit, p50", reference: "overwrite and fdatasync", must: 3, aim: 2.4, unit: "×", why: "a commit of bbolt alone is 2.4 times; ours writes two more pages of snapshots and makes JSON, checksum and hash of the record"},
		{name: "G7 grown", what: "commit at 100,000 payments, p50", reference: "at 1,000", must: 1.3, aim: 1.1, unit: "×", why: "the trees are a level deeper, so that a commit writes more pages"},
		{name: "G7 pruned", what: "commit after nine tenths were removed", reference: "at 1,000", must: 1.5, aim: 1.2, unit: "×"},
		{name: "G8", what: "start after kill -9 at 100,000 payments", reference: "at one", must: 3, aim: 1.5, unit: "×", why: "the newest thousand records are verified, and all branches of the tree are walked, before anything is read"},
		{name: "G9", what: "code as SVG", reference: "skip2's PNG(512)", must: 0.2, aim: 0.2, unit: "×", why: "the owner's library makes the matrix, at the highest level of correction that the size has room for: four fifths of the time are its own"},
		{name: "G10 size", what: "addresses whose code is no larger than libqrencode's", reference: "libqrencode", must: 98, aim: 98, unit: " %", below: true},
		{name: "G10 read", what: "damaged codes that zbar reads", reference: "all", must: 100, aim: 100, unit: " %", below: true},
		{name: "G11", what: "picture on the wire", reference: "size", must: 5, aim: 0.4, unit: " KB"},
		{name: "G12", what: "push to ten screens, p50", reference: "raw TCP", must: 1.6, aim: 1.2, unit: "×", why: "each screen has a goroutine of its own, so that none waits for another; a loop wakes none"},
		{name: "G13", what: "the other nine beside a frozen screen", reference: "without it", must: 1.3, aim: 1.1, unit: "×"},
		{name: "G14 unix", what: "status answer over a unix socket", reference: "echo", must: 2.5, aim: 1.5, unit: "×", why: "the line is parsed, the core asked and its word written as JSON; an echo does nothing with a line"},
		{name: "G14 tcp", what: "status answer over TCP", reference: "echo", must: 2.5, aim: 1.5, unit: "×", why: "as over a unix socket"},
		{name: "G15", what: "answer over a serial line", reference: "echo", must: 3, aim: 1.5, unit: "×", why: "nobody can ask a serial line whether it takes a message, so that its writer is woken for the answer"},
		{name: "G16 reuse", what: "calls on a connection that was open", reference: "all", must: 99, aim: 99.9, unit: " %", below: true},
		{name: "G16 idle", what: "round trips of the first sale after a long rest", reference: "one", must: 1.5, aim: 1.1, unit: ""},
		{name: "G17", what: "connections of fifty tills", reference: "fifty", must: 2, aim: 1, unit: "×"},
		{name: "G18 delay", what: "delay of a poll, mean", reference: "a poll every second", must: 1.05, aim: 1, unit: "×"},
		{name: "G18 reads", what: "reads per payment", reference: "a poll every second", must: 0.7, aim: 0.6, unit: "×", why: "3 s until the scan, so that the till hears of it soon; 5 s would be 0.60"},
		{name: "G19", what: "busiest second with 500 open payments", reference: "Klarna's 50 a second", must: 0.8, aim: 0.8, unit: "×"},
		{name: "G20", what: "stripped program", reference: "its libraries alone", must: 2, aim: 1.5, unit: "×", why: "its own code is a third of its machine code, the simulator and the demo among it; then come viper with YAML, cobra, JSON and slog, which the reference does without"},
		{name: "G21", what: "memory at rest", reference: "node-exporter", must: 1, aim: 0.75, unit: "×", why: "three quarters are pages of the program's own file, which the system takes back when it needs them; it is the size of the program once more"},
		{name: "G22", what: "start to ready", reference: "node-exporter", must: 2, aim: 1, unit: "×", why: "the journal is opened, its newest records are verified and its tree is walked before a till is answered"},
		{name: "G23 rss", what: "largest memory, fifty tills", reference: "20 MiB", must: 2, aim: 1.5, unit: "×", why: "the collector lets memory grow to twice what lives, fifty tills have buffers and stacks, and pages of the journal's file count"},
		{name: "G23 cpu", what: "processor time per sale", reference: "0.2 ms", must: 4, aim: 2, unit: "×", why: "the code's modules alone, by skip2/go-qrcode, are more than 0.4 ms; seven commits of bbolt with two flushes each take as much in the system"},
		{name: "G24", what: "systems that it builds for", reference: "ten", must: 10, aim: 10, below: true},
		{name: "idle", what: "64 lanes with 128 screens at rest", reference: "size", must: 64, aim: 64, unit: " MiB"},
		{name: "million commit", what: "commit at 1,000,000 payments, p50", reference: "at one", must: 1.5, aim: 1.1, unit: "×", why: "as with G7"},
		{name: "million start", what: "start after kill -9 at 1,000,000 payments", reference: "at one", must: 4, aim: 1.5, unit: "×", why: "as with G8"},
	}
}

// verdict is what a figure reaches.
func (g goal) verdict(f figure) string {
	reaches := func(bound float64) bool {
		if g.below {
			return f.Value >= bound
		}
		return f.Value <= bound
	}
	switch {
	case reaches(g.aim):
		return "aim"
	case reaches(g.must):
		return "must"
	}
	return "**missed**"
}

func (g goal) bound(v float64) string {
	sign := "≤"
	if g.below {
		sign = "≥"
	}
	return fmt.Sprintf("%s %g%s", sign, v, g.unit)
}
