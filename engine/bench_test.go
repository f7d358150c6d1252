// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"strconv"
	"testing"
	"time"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// BenchmarkHandle is a whole sale in the core, from the till's request to the capture, without disk and Klarna.
func BenchmarkHandle(b *testing.B) {
	set := settings()
	c := engine.NewCore(set, plainBodies{})
	now := engine.Instant{Wall: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	var call engine.Call
	input := func(in engine.Input) {
		now.Up += 100 * time.Millisecond
		now.Wall = now.Wall.Add(100 * time.Millisecond)
		_, actions := c.Handle(now, in)
		for _, a := range actions {
			if send, ok := a.(engine.Send); ok {
				call = send.Call
			}
		}
	}
	input(engine.LinkOpened{Link: 1, Of: payment.Link{Lane: "lane-1"}})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		id := payment.ID{Lane: "lane-1", Till: payment.TillID("B" + strconv.Itoa(n))}
		request := payment.RequestID("request-" + strconv.Itoa(n))
		read := func(s payment.RequestStatus) {
			input(engine.RequestRead{ID: id, Request: request, Reading: engine.Reading{Status: s, Token: secret.New("token")}})
		}
		input(engine.Heard{Link: 1, Ask: payment.Pay{ID: id.Till, Order: payment.Order{Amount: payment.Amount{Minor: amount, Currency: "EUR"}}}})
		input(engine.Answered{ID: id, Key: call.Intent.Key, Answer: engine.StepUp{
			Request: payment.Request{ID: request, URL: "https://pay.test.klarna.com/" + string(request)},
		}})
		read(payment.RequestInProgress)
		read(payment.RequestCompleted)
		input(engine.Answered{ID: id, Key: call.Intent.Key, Answer: engine.Approved{Transaction: payment.Transaction{
			ID: payment.TransactionID("tx-" + strconv.Itoa(n)), Amount: payment.Amount{Minor: amount, Currency: "EUR"}, Reference: call.Payment.Reference,
		}}})
		input(engine.Heard{Link: 1, Ask: payment.Confirm{ID: id.Till, Outcome: payment.Approved, OK: true}})
		input(engine.Answered{ID: id, Key: call.Intent.Key, Answer: engine.Done{CaptureID: "capture"}})
		if call.Intent.Write != payment.WriteCapture || call.Payment.ID != id {
			b.Fatalf("the last call of %s was %s of %s, want its capture", id, call.Intent.Write, call.Payment.ID)
		}
		now.Up += 10 * time.Minute // so that the core forgets it
		input(engine.Tick{})
	}
}
