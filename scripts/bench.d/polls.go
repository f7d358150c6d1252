// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// The model of a customer: the yes comes after a log-normal time with a median of 35 s, the scan somewhere in the
// middle of it, and five in a hundred walk away without a scan. A read takes a log-normal time with a median of 120 ms.
const (
	medianYes  = 35.0
	spreadYes  = 0.5
	medianRead = 0.120
	spreadRead = 0.4
	walksAway  = 0.05
	patience   = 180 * time.Second
)

type customer struct{ scan, yes time.Duration }

func someCustomer(rnd *rand.Rand) customer {
	yes := seconds(logNormal(rnd, medianYes, spreadYes))
	c := customer{scan: time.Duration(float64(yes) * (0.2 + 0.5*rnd.Float64())), yes: yes}
	if rnd.Float64() < walksAway {
		c.scan, c.yes = math.MaxInt64, math.MaxInt64
	}
	return c
}

func logNormal(rnd *rand.Rand, median, sigma float64) float64 {
	return median * math.Exp(sigma*rnd.NormFloat64())
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// world is the program's core in virtual time, at a Klarna that only knows when each customer acts.
type world struct {
	core  *engine.Core
	rnd   *rand.Rand
	start time.Time
	now   time.Duration
	due   []event

	customers map[payment.ID]customer
	began     map[payment.ID]time.Duration
	reads     []time.Duration
	perSale   int
	delays    []float64 // seconds from the yes to the answer that says so
	found     map[payment.ID]bool
}

type event struct {
	at time.Duration
	in engine.Input
}

// bodies are of no interest here.
type bodies struct{}

func (bodies) RefundBody(payment.Payment, payment.Refund) ([]byte, error) {
	return nil, errors.New("nothing is refunded here")
}

func (bodies) Body(p payment.Payment, _ payment.Write, _ []byte) ([]byte, error) {
	return []byte(p.ID.String()), nil
}

func newWorld(lanes int, seed uint64) *world {
	set := engine.Settings{
		MaxMinor: payment.MaxMinor, Waiting: 10 * time.Minute, Scanned: 10 * time.Minute, TillGrace: 20 * time.Second,
		Listed: 10 * time.Minute, Seed: seed,
	}
	for n := range lanes {
		set.Lanes = append(set.Lanes, engine.Lane{ID: laneID(n), Currency: "EUR"})
	}
	return &world{
		core: engine.NewCore(set, bodies{}), rnd: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // a model, not a secret
		start:     time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		customers: map[payment.ID]customer{}, began: map[payment.ID]time.Duration{}, found: map[payment.ID]bool{},
	}
}

func laneID(n int) payment.LaneID { return payment.LaneID(fmt.Sprintf("lane-%d", n)) }

func (w *world) at(after time.Duration, in engine.Input) {
	w.due = append(w.due, event{w.now + after, in})
}

// handle gives the core one input and does what it asks for.
func (w *world) handle(in engine.Input) {
	_, actions := w.core.Handle(engine.Instant{Up: w.now, Wall: w.start.Add(w.now)}, in)
	for _, a := range actions {
		switch a := a.(type) {
		case engine.Send:
			w.at(seconds(logNormal(w.rnd, medianRead, spreadRead)), w.answer(a.Call))
		case engine.ReadRequest:
			w.read(a)
		case engine.Tell, engine.Show, engine.CancelRequest, engine.ReadTransaction, engine.Ruled:
		}
	}
}

func (w *world) answer(c engine.Call) engine.Input {
	id := c.Payment.ID
	if c.Intent.Write == payment.WriteAuthorize {
		w.began[id] = w.now
		return engine.Answered{ID: id, Key: c.Intent.Key, Answer: engine.StepUp{
			Request: payment.Request{ID: payment.RequestID(id.String()), URL: "https://pay.klarna.com/" + id.String()},
		}}
	}
	return engine.Answered{ID: id, Key: c.Intent.Key, Answer: engine.Declined{}}
}

// read is Klarna's answer: what was true half-way between question and answer.
func (w *world) read(a engine.ReadRequest) {
	w.reads = append(w.reads, w.now)
	w.perSale++
	took := seconds(logNormal(w.rnd, medianRead, spreadRead))
	c, then := w.customers[a.ID], w.now+took/2-w.began[a.ID]
	reading := engine.Reading{Status: payment.RequestSubmitted}
	switch {
	case then >= c.yes:
		reading.Status, reading.Token = payment.RequestCompleted, secret.New("token")
		if !w.found[a.ID] {
			w.found[a.ID] = true
			w.delays = append(w.delays, (w.now + took - w.began[a.ID] - c.yes).Seconds())
		}
	case then >= c.scan:
		reading.Status = payment.RequestInProgress
	}
	w.at(took, engine.RequestRead{ID: a.ID, Request: a.Request, Reading: reading})
}

// step goes on to what is due next, or to limit.
func (w *world) step(limit time.Duration) bool {
	next, in := limit, -1
	for i, e := range w.due {
		if e.at < next {
			next, in = e.at, i
		}
	}
	if tick, ok := w.core.Next(); ok && tick < next {
		w.now = max(w.now, tick)
		w.handle(engine.Tick{})
		return true
	}
	if in < 0 {
		w.now = limit
		return false
	}
	e := w.due[in]
	w.due = slices.Delete(w.due, in, in+1)
	w.now = max(w.now, e.at)
	w.handle(e.in)
	return true
}

// pay begins a payment on a lane whose till has just connected.
func (w *world) pay(lane, n int, c customer) payment.ID {
	id := payment.ID{Lane: laneID(lane), Till: payment.TillID(fmt.Sprintf("V%d", n))}
	w.customers[id] = c
	link := payment.LinkID(n + 1)
	w.handle(engine.LinkOpened{Link: link, Of: payment.Link{Lane: id.Lane}})
	w.handle(engine.Heard{Link: link, Ask: payment.Pay{ID: id.Till, Order: payment.Order{
		Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Timeout: 10 * time.Minute,
	}}})
	return id
}

// fixed is a poll every second from the start, of the same customers.
func fixed(customers []customer, seed uint64) (delays []float64, reads float64) {
	rnd := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a model, not a secret
	n := 0
	for _, c := range customers {
		for now := time.Duration(0); now < patience; {
			now += seconds(0.95 + 0.1*rnd.Float64())
			took := seconds(logNormal(rnd, medianRead, spreadRead))
			n++
			if now+took/2 >= c.yes {
				delays = append(delays, (now + took - c.yes).Seconds())
				break
			}
			now += took
		}
	}
	return delays, float64(n) / float64(len(customers))
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / float64(len(all))
}

func runPolls(_ context.Context, b *bench, r *result) error {
	rnd := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a model, not a secret
	var customers []customer
	for range b.pick(20_000, 200) {
		customers = append(customers, someCustomer(rnd))
	}
	var delays []float64
	reads := 0
	for n, c := range customers {
		w := newWorld(1, uint64(n)+1)
		id := w.pay(0, n, c)
		for w.now < patience && !w.found[id] && w.step(patience) {
		}
		delays, reads = append(delays, w.delays...), reads+w.perSale
	}
	perSale := float64(reads) / float64(len(customers))
	others, otherReads := fixed(customers, 3)
	r.add(fmt.Sprintf("Polling in virtual time, %d customers", len(customers)), "fixed 1 s",
		row{Line: "fixed 1 s: delay, mean", Unit: "s", Value: spread{mean(others), quantile(others, 0.1), quantile(others, 0.9)}},
		row{Line: "tillbridge: delay, mean", Unit: "s", Value: spread{mean(delays), quantile(delays, 0.1), quantile(delays, 0.9)}},
		plain("fixed 1 s: reads per payment", "", otherReads), plain("tillbridge: reads per payment", "", perSale))
	r.goal("G18 delay", mean(delays)/mean(others), fmt.Sprintf("mean %.2f s, 95th percentile %.2f s", mean(delays), quantile(delays, 0.95)))
	r.goal("G18 reads", perSale/otherReads, fmt.Sprintf("%.1f reads per payment", perSale))
	b.quota(r)
	return nil
}

// quota is 500 open payments that all poll: Klarna limits the merchant, not the till. Its test environment
// publishes 50 reads a second.
func (b *bench) quota(r *result) {
	const lanes, limit = 500, 50.0
	w := newWorld(lanes, 11)
	for n := range lanes {
		w.pay(n, n, customer{scan: seconds(20 * w.rnd.Float64()), yes: math.MaxInt64})
	}
	span := time.Duration(b.pick(120, 20)) * time.Second
	for w.step(span) {
	}
	most, from := 0, 0
	for i, at := range w.reads {
		for w.reads[from] <= at-time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	rate := float64(len(w.reads)) / span.Seconds()
	r.add("500 open payments, reads a second", "", plain("on average", "", rate), plain("in the busiest second", "", float64(most)))
	r.goal("G19", float64(most)/limit, fmt.Sprintf("%.1f a second on average, %d in the busiest second, of a quota of %g", rate, most, limit))
	sum := sha256.Sum256(fmt.Append(nil, w.reads))
	r.note("The schedule is the program's own core in virtual time; the same seed gives the same reads (%s).", hex.EncodeToString(sum[:4]))
}
