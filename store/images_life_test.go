// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

// model is everything that the journal should answer at one time. It never changes once made.
type model struct {
	truth  map[payment.ID]payment.Payment
	order  []payment.ID
	blobs  map[payment.Key]payment.Blob
	events []string // of webhooks, remembered
	head   store.Mark
}

// names is everything that was ever told to a journal, whether or not it still has it.
type names struct {
	lives  map[payment.ID][]payment.Payment // every state that a payment was in
	blobs  map[payment.Key]payment.Blob
	events []string
}

// life is a shop's journal in use, and every place at which the power may go.
type life struct {
	*shop

	seed   uint64
	random *rand.Rand
	names  names
	now    *model
	marks  []store.Mark // every head that there was, oldest first
	cuts   []*cut
	states []state

	// Of the transaction of the moment.
	grown int // the file's size when its first page is written
	pages []pageWrite
	whole []pageWrite // pages of the last transaction with its meta page
}

// state is a whole file with what it holds.
type state struct {
	file []byte
	now  *model
}

// live lives one life: sales that begin and end in commits of their own or together, webhook events,
// bytes that are erased, a cancel before its sale, baskets of several pages, a file that grows, and a
// compaction.
func live(t *testing.T, seed uint64) *life {
	t.Helper()
	l := &life{shop: newShop(t), seed: seed, random: rand.New(rand.NewPCG(seed, 1)), now: &model{}}
	l.names = names{lives: make(map[payment.ID][]payment.Payment), blobs: make(map[payment.Key]payment.Blob)}
	l.begin()
	old := morning().Add(-2 * year)
	for n := range 2 + l.random.IntN(2) {
		gone := id("lane-1", 900+n)
		l.commitAt(old, l.together(moves{gone, []payment.Event{asked(gone), payment.CancelAsked{At: old, Why: payment.WhyTill}}}))
	}
	sales := l.sales()
	compactAt := 1 + l.random.IntN(11)
	for n := 0; len(sales) > 0; n++ {
		if n == compactAt {
			l.compact()
		}
		if l.random.IntN(5) == 0 {
			l.webhook(fmt.Sprintf("event-%d", l.random.IntN(8)))
		}
		sales = l.step(sales)
	}
	l.Intercept(func(next store.WriteAt) store.WriteAt { return next })
	return l
}

// moves are what happens to one payment in one commit.
type moves struct {
	id     payment.ID
	events []payment.Event
}

// sale is what has still to happen to one payment, a list per commit.
type sale struct {
	id   payment.ID
	rest [][]payment.Event
}

// sales draws what the customers of this life do.
func (l *life) sales() []sale {
	var all []sale
	for n := range 2 + l.random.IntN(3) {
		id := id(fmt.Sprintf("lane-%d", n), n)
		plain := plainSale(id)
		cancel := []payment.Event{payment.CancelAsked{At: morning(), Why: payment.WhyTill}}
		closed := []payment.Event{payment.RequestSeen{At: morning(), Request: request(id), Status: payment.RequestCanceled}}
		rest := plain
		switch l.random.IntN(6) {
		case 0:
			rest = [][]payment.Event{cancel} // before its sale: a tombstone
		case 1:
			rest = [][]payment.Event{plain[0], plain[1], cancel, closed}
		case 2:
			rest = [][]payment.Event{plain[0], {payment.DeclinedByKlarna{At: morning(), Key: key(id, payment.WriteAuthorize), Settled: true}}}
		case 3:
			order, ok := plain[0][0].(payment.Asked)
			if !ok {
				l.t.Fatal("a sale does not begin with asked")
			}
			order.Order.Lines = basket(40 + l.random.IntN(50)) // several pages
			rest = slices.Concat([][]payment.Event{{order, plain[0][1]}}, plain[1:])
		}
		all = append(all, sale{id, rest})
	}
	return all
}

func basket(n int) []payment.Line {
	lines := make([]payment.Line, n)
	for i := range lines {
		lines[i] = payment.Line{Name: fmt.Sprintf("Brötchen Nr. %d", i), Quantity: 1, Total: int64(i)}
	}
	return lines
}

// step commits the next moves of one to three sales together, and erases the bytes of those that are
// over.
func (l *life) step(sales []sale) []sale {
	l.random.Shuffle(len(sales), func(a, b int) { sales[a], sales[b] = sales[b], sales[a] })
	var all []moves
	var erase []payment.Key
	for i := range min(len(sales), 1+l.random.IntN(3)) {
		all = append(all, moves{sales[i].id, sales[i].rest[0]})
		sales[i].rest = sales[i].rest[1:]
		if len(sales[i].rest) == 0 {
			for k, b := range l.now.blobs {
				if b.ID == sales[i].id {
					erase = append(erase, k)
				}
			}
		}
	}
	c := l.together(all...)
	slices.Sort(erase)
	c.Erase = erase
	l.commitAt(morning(), c)
	return slices.DeleteFunc(sales, func(s sale) bool { return len(s.rest) == 0 })
}

// together makes one commit of what happens to several payments.
func (l *life) together(all ...moves) payment.Commit {
	var c payment.Commit
	for _, m := range all {
		one := l.commit(m.id, m.events...)
		c.Records = append(c.Records, one.Records...)
		c.Blobs = append(c.Blobs, one.Blobs...)
	}
	return c
}

func (l *life) commitAt(at time.Time, c payment.Commit) {
	l.t.Helper()
	for i := range c.Records {
		c.Records[i].At = at
	}
	must(l.t, l.Commit(c))
	l.accept(c)
	for _, r := range c.Records {
		l.names.lives[r.After.ID] = append(l.names.lives[r.After.ID], r.After)
	}
	next := l.next()
	for _, b := range c.Blobs {
		next.blobs[b.Key] = b
		l.names.blobs[b.Key] = b
	}
	for _, k := range c.Erase {
		delete(next.blobs, k)
	}
	l.done(next, &c)
}

func (l *life) webhook(event string) {
	l.t.Helper()
	fresh, err := l.SeenEvent(event, morning())
	must(l.t, err)
	if !slices.Contains(l.names.events, event) {
		l.names.events = append(l.names.events, event)
	}
	if fresh {
		next := l.next()
		next.events = append(slices.Clone(next.events), event)
		l.done(next, nil)
	}
}

// next is what the journal holds now, with what the shop knows.
func (l *life) next() *model {
	l.t.Helper()
	head, err := l.Head()
	must(l.t, err)
	blobs := maps.Clone(l.now.blobs)
	if blobs == nil {
		blobs = make(map[payment.Key]payment.Blob)
	}
	return &model{
		truth: maps.Clone(l.truth), order: slices.Clone(l.order), blobs: blobs, events: l.now.events, head: head,
	}
}

// begin watches the journal's writes. It is called for every opening.
func (l *life) begin() {
	l.t.Helper()
	l.whole = nil
	l.rest(l.next())
	l.Intercept(func(next store.WriteAt) store.WriteAt {
		return func(b []byte, off int64) (int, error) {
			if len(l.pages) == 0 {
				info, err := os.Stat(l.path)
				if err != nil {
					return 0, err
				}
				l.grown = int(info.Size())
			}
			l.pages = append(l.pages, pageWrite{slices.Clone(b), off})
			return next(b, off)
		}
	})
}

// rest is the journal between two transactions.
func (l *life) rest(now *model) {
	l.t.Helper()
	file, err := os.ReadFile(l.path)
	must(l.t, err)
	l.now, l.marks = now, append(l.marks, now.head)
	l.states = append(l.states, state{file, now})
}
