// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net/http"
	"time"
)

// keyLife is how long an idempotency key is honoured (Klarna, Idempotency). After it the same key
// executes again, and charges again.
const keyLife = 24 * time.Hour

// keyed is an idempotency key in the account that sent it.
type keyed struct{ account, key string }

// fingerprint is what must be equal for a call to be a repeat of another one.
type fingerprint struct {
	route  Route
	target string // the resource, or the token that authorizes
	hash   [32]byte
}

type memory struct {
	print  fingerprint
	at     time.Time // of the first call
	busy   time.Time // until then the first call is under way
	answer Answer
}

// once executes r unless its key was seen with the same content, which repeats that call's answer.
func (w *World) once(route Route, r Request) Answer {
	if r.Key == "" || !route.writes() {
		return w.execute(r)
	}
	k := keyed{r.Account, r.Key}
	print := fingerprint{route, target(r.Call), r.Hash}
	if isOrder(r.Call) {
		print.hash = [32]byte{} // "only the key matters" (Klarna, Order Management API)
	}
	if m, ok := w.kept[k]; ok && w.now.Sub(m.at) < keyLife {
		return w.repeat(m, print)
	}
	a := w.execute(r)
	if w.remembers(a) {
		w.kept[k] = memory{print: print, at: w.now, busy: w.now.Add(w.policy.Latency), answer: a}
		w.aging = append(w.aging, k)
	}
	return a
}

func (w *World) repeat(m memory, print fingerprint) Answer {
	if m.print != print {
		return refuse(http.StatusConflict, CodeConflict, "the idempotency key belongs to another call")
	}
	a := m.answer
	if wait := m.busy.Sub(w.now); wait > 0 {
		if w.policy.ConflictWhileBusy {
			return refuse(http.StatusConflict, CodeConflict, "a call with this idempotency key is under way")
		}
		a.Delay = max(0, wait-w.policy.Latency)
	}
	return a
}

// remembers reports whether an answer is kept for its key. What was never executed is not.
func (w *World) remembers(a Answer) bool {
	if a.negative() {
		return !w.policy.ForgetNegatives
	}
	return a.Status < http.StatusBadRequest
}

// forget drops the keys whose time is over.
func (w *World) forget() {
	for len(w.aging) > 0 {
		k := w.aging[0]
		if w.now.Sub(w.kept[k].at) < keyLife {
			return
		}
		delete(w.kept, k)
		w.aging = w.aging[1:]
	}
}

// target is the part of a call that is not in its body.
func target(c Call) string {
	switch c := c.(type) {
	case Authorize:
		return c.NetworkToken + "\n" + c.PaymentToken + "\n" + c.InteropToken + "\n" + c.CustomerToken
	case Create:
		return ""
	case Read:
		return c.ID
	case Update:
		return c.ID
	case Cancel:
		return c.ID
	case ReadTransaction:
		return c.ID
	case UpdateTransaction:
		return c.ID
	case Take:
		return c.ID
	case GiveBack:
		return c.ID + "\n" + c.Capture
	case Void:
		return c.ID
	case OrderRead:
		return c.Order
	case OrderTake:
		return c.Order
	case OrderGiveBack:
		return c.Order
	case OrderCancel:
		return "cancel " + c.Order
	case OrderRelease:
		return "release " + c.Order
	}
	panic("sandbox: call of no known kind")
}
