// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"

	"tillbridge/payment"
	"tillbridge/store"
)

// completeUpTo is how many pending writes are tried in every combination.
const completeUpTo = 12

// cut is one moment at which the power may go: what is on disk for certain, the writes that are not,
// and what the journal must then hold.
type cut struct {
	name   string
	base   []byte
	writes []pageWrite

	was, is *model          // before the commit and after it
	commit  *payment.Commit // what makes is of was, if it is a commit
	decides bool            // the one write is the meta page: with its first sector the commit is there
	lies    bool            // the disk ignored flushes: damage is allowed, an untrue answer is not
	earlier []state         // what else may be found if it lies: pages that lay there earlier are whole, too
	marks   []store.Mark    // what the witness may say
	left    bool            // the image lies beside the journal as the file that a compaction left unfinished
	beside  []byte          // the journal itself, if left
}

// done makes the cuts of the transaction that has just ended: before its first flush any of its pages
// may be missing or torn, after it the meta page alone may be; a file that grew is flushed before.
func (l *life) done(next *model, c *payment.Commit) {
	l.t.Helper()
	metas := int64(2 * os.Getpagesize())
	last := len(l.pages) - 1
	if last < 0 || l.pages[last].off >= metas || countMetas(l.pages) != 1 {
		l.t.Fatalf("a transaction of %d writes does not end with its one meta page", len(l.pages))
	}
	pages, meta := l.pages[:last], l.pages[last:]
	file := l.states[len(l.states)-1].file
	grown := resized(file, l.grown)
	flushed := apply(nil, grown, pages, everything)
	name := fmt.Sprintf("life %d, transaction %d: ", l.seed, len(l.marks))
	at := cut{was: l.now, is: next, commit: c, marks: l.marks}
	add := func(what string, base []byte, writes []pageWrite, more func(*cut)) {
		one := at
		one.name, one.base, one.writes = name+what, base, writes
		if more != nil {
			more(&one)
		}
		l.cuts = append(l.cuts, &one)
	}
	if l.grown > len(file) {
		add("not grown yet", file, nil, nil)
	}
	add("pages", grown, pages, nil)
	add("meta page", flushed, meta, func(c *cut) { c.decides = true })
	liar := func(c *cut) { c.lies, c.earlier, c.marks = true, l.states, append(slices.Clone(l.marks), next.head) }
	add("flush ignored", grown, l.pages, liar)
	if l.whole != nil {
		before := l.states[len(l.states)-2]
		add("two flushes ignored", resized(before.file, l.grown), slices.Concat(l.whole, l.pages), liar)
	}
	l.whole, l.pages = l.pages, nil
	l.rest(next)
}

// compact lets retention remove the oldest sales. Until the new file has the journal's name, whatever
// there is of it means nothing.
func (l *life) compact() {
	l.t.Helper()
	l.close()
	was, before := l.now, l.states[len(l.states)-1].file
	removed, err := store.Compact(l.path, year, morning())
	must(l.t, err)
	if removed < 4 {
		l.t.Fatalf("Compact removed %d records, want those of two sales at least", removed)
	}
	after, err := os.ReadFile(l.path)
	must(l.t, err)
	l.forget(int(removed) / 2)
	l.open()
	l.now = &model{blobs: was.blobs}
	is := l.next()
	name := fmt.Sprintf("life %d, compaction: ", l.seed)
	var sectors []pageWrite
	for off := 0; off < len(after); off += os.Getpagesize() {
		sectors = append(sectors, pageWrite{after[off:min(off+os.Getpagesize(), len(after))], int64(off)})
	}
	l.cuts = append(l.cuts,
		&cut{name: name + "not renamed yet", was: was, is: is, writes: sectors, marks: l.marks, left: true, beside: before},
		&cut{name: name + "renamed", was: is, is: is, base: after, marks: l.marks},
		&cut{name: name + "renamed, flush ignored", was: is, is: is, writes: sectors, marks: l.marks, lies: true, earlier: l.states})
	l.begin()
}

// resized is a file that has grown.
func resized(file []byte, size int) []byte {
	return append(slices.Clone(file), make([]byte, size-len(file))...)
}

// fate says what of the pending writes is on disk, sector by sector.
type fate func(write, sector int) bool

func everything(int, int) bool { return true }

// apply makes an image in buf.
func apply(buf, base []byte, writes []pageWrite, keep fate) []byte {
	b := buf[:0]
	b = append(b, base...)
	for i, w := range writes {
		if missing := int(w.off) + len(w.data) - len(b); missing > 0 {
			b = append(b, make([]byte, missing)...)
		}
		for at := 0; at < len(w.data); at += sector {
			if keep(i, at/sector) {
				end := min(at+sector, len(w.data))
				copy(b[int(w.off)+at:], w.data[at:end])
			}
		}
	}
	return b
}

// combinations is how many images make a cut complete: every subset of its writes, and each write torn
// after every sector, either part of it, with all others there and with none. 0 means too many.
func (c *cut) combinations() int {
	if len(c.writes) > completeUpTo {
		return 0
	}
	n := 1 << len(c.writes)
	for _, w := range c.writes {
		n += 4 * (sectors(w) - 1)
	}
	return n
}

func sectors(w pageWrite) int { return (len(w.data) + sector - 1) / sector }

// combination is one of them.
func (c *cut) combination(n int) fate {
	subsets := 1 << len(c.writes)
	if n < subsets {
		return func(write, _ int) bool { return n&(1<<write) != 0 }
	}
	n -= subsets
	for torn, w := range c.writes {
		if tears := 4 * (sectors(w) - 1); n >= tears {
			n -= tears
			continue
		}
		after, others, first := 1+n/4, n&1 != 0, n&2 != 0
		return func(write, sector int) bool {
			if write != torn {
				return others
			}
			return (sector < after) == first
		}
	}
	return everything
}

// sample draws a fate: whole writes, pages of 4 KiB, or sectors, few or many of them.
func (c *cut) sample(random *rand.Rand) fate {
	const page = 4096 / sector
	grain := []int{1, 1, page, 1 << 20}[random.IntN(4)]
	chance := random.Float64()
	kept := make(map[[2]int]bool)
	return func(write, sector int) bool {
		at := [2]int{write, sector / grain}
		keep, drawn := kept[at]
		if !drawn {
			keep = random.Float64() < chance
			kept[at] = keep
		}
		return keep
	}
}

// expected is what the journal must hold.
func (c *cut) expected(keep fate) *model {
	if c.decides && keep(0, 0) {
		return c.is
	}
	return c.was
}
