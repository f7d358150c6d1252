// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// Exploration is what a bounded search of the small world found.
type Exploration struct {
	Depth      int // choices deep
	States     int // different ones, by their fingerprint
	Steps      int // choices tried
	Endings    int // states from which everything was then let come to its end
	Violations []Violation
	Story      []string // the choices that led to the first violation
}

// Explore tries every order of everything that can happen to one payment, breadth first, to a depth: the request and its
// copy, a cancel, the customer's yes and no, each fate of each call, a second step-up, acknowledgements in time, late,
// negative and never, a till that goes silent and comes back, two crashes at any commit, pauses beyond an hour and
// beyond a day, a part of the sale brought back and the rest of it. It sets out from every step of a few plain stories. Two states with one fingerprint count as one. States at the last depth are let come to their end in calm,
// and the end is checked as well. The same oracle judges as in Run.
func Explore(depth int) Exploration {
	e := Exploration{Depth: depth}
	seen := map[uint64]bool{}
	var frontier []path
	for _, n := range each(beginnings(), arrive) {
		if !seen[n.print] {
			seen[n.print] = true
			frontier = append(frontier, n.path)
		}
	}
	for range depth {
		next := each(frontier, children)
		e.Steps += len(next)
		frontier = nil
		for _, n := range next {
			if e.broken(n) {
				return e
			}
			if !seen[n.print] {
				seen[n.print] = true
				frontier = append(frontier, n.path)
			}
		}
	}
	e.States = len(seen)
	for _, n := range each(frontier, ending) {
		e.Endings++
		if e.broken(n) {
			return e
		}
	}
	return e
}

// beginnings are the states from which the search sets out: the empty shop, and every step of a plain sale, of one that is
// cancelled of one that takes a second round, and of one that is given
// back in two parts. So the search sees late steps of a sale at a small depth.
func beginnings() []path {
	var all []path
	for _, nasty := range []bool{true, false} {
		for _, story := range [][]string{
			{"pay", "authorize", "customer says yes", "tick", "finalize", "acknowledge", "capture"},
			{"pay", "authorize", "customer says yes", "cancel"},
			{"pay", "authorize", "customer says yes", "tick", "finalize is late", "tick", "cancel"},
			{"pay", "authorize", "customer says yes", "tick", "finalize steps up again", "customer says yes", "tick"},
			{"pay", "authorize", "customer says yes", "tick", "finalize", "say no"},
			{
				"pay", "authorize", "customer says yes", "tick", "finalize", "acknowledge", "capture",
				"bring something back", "refund, the answer is lost, and the process dies after the commit", "bring something back",
				"refund", "refund",
			},
		} {
			p := path{nasty: nasty}
			all = append(all, p)
			for _, name := range story {
				i := slices.IndexFunc(walk(p).choices(), func(c choice) bool { return c.name == name })
				if i < 0 {
					panic("sim: the small world does not know " + name)
				}
				p.taken = append(slices.Clone(p.taken), uint8(i))
				all = append(all, p)
			}
		}
	}
	return all
}

func (e *Exploration) broken(n node) bool {
	if len(n.violations) > 0 {
		e.Violations, e.Story = n.violations, n.story
	}
	return len(n.violations) > 0
}

// path is a way to a state: which choice was taken at each step.
type path struct {
	nasty bool // Klarna refuses and forgets whatever its documents let it
	taken []uint8
}

// node is a state that was reached.
type node struct {
	path       path
	print      uint64
	violations []Violation
	story      []string
}

// each does something with every path, on every processor, and keeps their order.
func each(paths []path, do func(path) []node) []node {
	found := make([][]node, len(paths))
	var workers sync.WaitGroup
	share := runtime.GOMAXPROCS(0)
	for worker := range share {
		workers.Go(func() {
			for i := worker; i < len(paths); i += share {
				found[i] = do(paths[i])
			}
		})
	}
	workers.Wait()
	return slices.Concat(found...)
}

// children tries every choice of a state.
func children(p path) []node {
	n := len(walk(p).choices())
	all := make([]node, 0, n)
	for i := range n {
		child := path{p.nasty, append(slices.Clone(p.taken), uint8(i))}
		b := walk(child)
		all = append(all, b.node(child))
	}
	return all
}

func arrive(p path) []node { return []node{walk(p).node(p)} }

// ending lets a state come to its end in calm.
func ending(p path) []node {
	b := walk(p)
	b.finish()
	return []node{b.node(p)}
}

func (b *bench) node(p path) node {
	n := node{path: p}
	if b.w.stopped {
		n.violations, n.story = b.w.oracle.violations, b.story
	} else {
		n.print = b.fingerprint()
	}
	return n
}

// walk lives through a path from the beginning: the engine cannot be copied, and need not be.
func walk(p path) *bench {
	b := newBench(p.nasty)
	for _, i := range p.taken {
		c := b.choices()[i]
		b.story = append(b.story, clock(b.w.now)+" "+c.name)
		b.take(c)
	}
	return b
}

// Times of the small world. Its clock moves by choices only, and a little with each of them.
const (
	blink    = 200 * time.Millisecond
	longHour = 61 * time.Minute
	longDay  = 24*time.Hour + time.Minute
)
