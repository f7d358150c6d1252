// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"math/rand/v2"
	"time"

	"tillbridge/internal/secret"
)

// World is a Klarna that lives in memory. See the package comment for what it promises.
type World struct {
	origin  string // where phone pages are: target_url starts with it
	account string // the account of calls without one in their path
	stores  map[string]bool

	now       time.Time // never goes back
	random    *rand.PCG
	behaviour Behaviour
	policy    Policy
	faults    []tracked
	calls     map[string]int
	second    time.Time // the second that answered counts
	answered  int

	due      []due // a heap
	sequence uint64

	requests     map[string]*request
	order        []*request // every request ever made, oldest first
	tokens       map[string]*request
	transactions map[string]*transaction
	charges      []*transaction // every transaction ever made, oldest first
	customers    map[string]*CustomerToken

	kept  map[keyed]memory
	aging []keyed // keys of kept, oldest first

	keys       []signingKey
	hooks      []*Webhook
	deliveries map[string]*Delivery
	outbox     []Delivery
	events     int
}

// Settings are what a World is made with. The zero value works.
type Settings struct {
	// Origin is put before /phone/{payment_request_id} in target_url; empty means http://127.0.0.1:8590.
	Origin string
	// Account is the account of direct partners in webhooks; empty means a made-up one.
	Account string
	// Stores are the store references that were onboarded; empty accepts any.
	Stores []string
}

const (
	defaultOrigin  = "http://127.0.0.1:8590"
	defaultAccount = "krn:partner:global:account:test:SANDBOX1"
)

// NewWorld returns a world in which nothing has happened. All identifiers and tokens follow from seed.
func NewWorld(seed uint64, s Settings) *World {
	w := &World{
		origin:       s.Origin,
		account:      s.Account,
		random:       rand.NewPCG(seed, 0x7469_6c6c),
		calls:        map[string]int{},
		requests:     map[string]*request{},
		tokens:       map[string]*request{},
		transactions: map[string]*transaction{},
		customers:    map[string]*CustomerToken{},
		kept:         map[keyed]memory{},
		deliveries:   map[string]*Delivery{},
	}
	if w.origin == "" {
		w.origin = defaultOrigin
	}
	if w.account == "" {
		w.account = defaultAccount
	}
	if len(s.Stores) > 0 {
		w.stores = map[string]bool{}
		for _, reference := range s.Stores {
			w.stores[reference] = true
		}
	}
	return w
}

type signingKey struct {
	SigningKey
	secret secret.Text
}

// Do executes one call that arrives at now, after everything that was due before it.
func (w *World) Do(now time.Time, r Request) Answer {
	w.Advance(now)
	route := w.routeOf(r.Call)
	w.calls[string(route)]++
	if w.overRate() {
		return refuse(429, CodeRateLimited, "more than %d calls in this second", w.policy.RatePerSecond)
	}
	f, broken := w.strike(route)
	if broken && (f.Kind == FaultResetBefore || f.Kind == FaultStatus && !f.Executed) {
		return f.bend(Answer{})
	}
	a := w.once(route, r)
	a.Delay += w.policy.Latency
	if broken {
		a = f.bend(a)
	}
	return a
}

// bend makes the fault show in an answer.
func (f Fault) bend(a Answer) Answer {
	a.Delay += f.Delay
	switch f.Kind {
	case FaultResetBefore, FaultResetAfter:
		a.Fate = FateReset
	case FaultTimeout:
		a.Fate = FateSilence
		if f.Delay == 0 {
			a.Delay += patience
		}
	case FaultTruncated:
		a.Fate = FateTruncated
	case FaultHTML:
		a.Fate = FateHTML
	case FaultStatus:
		status := f.Status
		if status == 0 {
			status = 500
		}
		a = Answer{Status: status, Delay: a.Delay, Problem: &Problem{Code: codeOf(status), Message: "as ordered"}}
	}
	return a
}

// codeOf is the error code that Klarna lists for a status, empty where it sends no error object.
func codeOf(status int) string {
	switch status {
	case 400:
		return CodeValidation
	case 401:
		return CodeUnauthorized
	case 404:
		return CodeNotFound
	case 409:
		return CodeConflict
	case 429:
		return CodeRateLimited
	case 500:
		return CodeInternal
	case 503:
		return CodeUnavailable
	}
	return ""
}

// routeOf tells a finalize from a first call by its tokens.
func (w *World) routeOf(c Call) Route {
	switch c := c.(type) {
	case Authorize:
		if c.PaymentToken != "" || w.tokens[c.NetworkToken] != nil {
			return RouteFinalize
		}
		return RouteAuthorize
	case Create:
		return RouteCreate
	case Read:
		return RouteRead
	case Update:
		return RouteUpdate
	case Cancel:
		return RouteCancel
	case ReadTransaction, OrderRead:
		return RouteReadTransaction
	case UpdateTransaction:
		return RouteUpdateTransaction
	case Take, OrderTake:
		return RouteCapture
	case GiveBack, OrderGiveBack:
		return RouteRefund
	case Void, OrderCancel, OrderRelease:
		return RouteVoid
	}
	panic("sandbox: call of no known kind")
}

func (w *World) execute(r Request) Answer {
	switch c := r.Call.(type) {
	case Authorize:
		return w.authorize(r.Account, c)
	case Create:
		return w.create(r.Account, c)
	case Read:
		return w.read(r.Account, c)
	case Update:
		return w.update(r.Account, c)
	case Cancel:
		return w.cancel(r.Account, c)
	case ReadTransaction:
		return w.readTransaction(r.Account, c)
	case UpdateTransaction:
		return w.updateTransaction(r.Account, c)
	case Take:
		return w.capture(r.Account, c)
	case GiveBack:
		return w.refund(r.Account, c)
	case Void:
		return w.void(r.Account, c)
	case OrderRead:
		return w.orderRead(r.Account, c)
	case OrderTake:
		return w.orderTake(r.Account, c)
	case OrderGiveBack:
		return w.orderGiveBack(r.Account, c)
	case OrderCancel:
		return w.orderCancel(r.Account, c)
	case OrderRelease:
		return w.orderRelease(r.Account, c)
	}
	panic("sandbox: call of no known kind")
}

// overRate counts a call and reports whether this second has had enough of them.
func (w *World) overRate() bool {
	if second := w.now.Truncate(time.Second); !second.Equal(w.second) {
		w.second, w.answered = second, 0
	}
	w.answered++
	return w.policy.RatePerSecond > 0 && w.answered > w.policy.RatePerSecond
}
