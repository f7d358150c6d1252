// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"fmt"
	"time"

	"tillbridge/payment"
)

// A sale that Klarna approves at once: no code is shown, the till confirms, the money is captured.
func ExampleStep() {
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	names := payment.Names{Account: "acc", Store: "S0042", Terminal: "T03", Epoch: "k7x2"}
	p := payment.Payment{ID: payment.ID{Lane: "lane-1", Till: "7"}}
	amount, err := payment.ParseAmount("16.10", "EUR")
	if err != nil {
		fmt.Println(err)
		return
	}
	authorize := names.Key(p.ID, payment.WriteAuthorize, 1)
	capture := names.Key(p.ID, payment.WriteCapture, 1)
	for _, e := range []payment.Event{
		payment.Asked{At: now, Order: payment.Order{Amount: amount}, Reference: names.Reference(p.ID), Deadline: now.Add(5 * time.Minute)},
		payment.Intended{At: now, Intent: payment.Intent{Write: payment.WriteAuthorize, Key: authorize, Attempt: 1, At: now}},
		payment.ApprovedByKlarna{At: now, Key: authorize, Transaction: payment.Transaction{
			ID: "transaction-1", Amount: amount, Reference: names.Reference(p.ID),
		}},
		payment.Offered{At: now}, // durable before the first byte of the result
		payment.Confirmed{At: now, Outcome: payment.Approved, OK: true},
		payment.Intended{At: now, Intent: payment.Intent{Write: payment.WriteCapture, Key: capture, Attempt: 1, At: now}},
		payment.CancelAsked{At: now, Why: payment.WhyTill}, // too late: yes is for ever
		payment.Captured{At: now, Key: capture},
		payment.Told{At: now, Outcome: payment.Cancelled},
	} {
		next, actions, err := payment.Step(p, e)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s: %s", e.Kind(), next.State)
		for _, a := range actions {
			fmt.Printf(", then %T", a)
		}
		fmt.Println()
		p = next
	}
	fmt.Println(p.Word(), p.Order.Amount)
	// Output:
	// asked: received, then payment.Intend
	// intended: authorizing, then payment.Send
	// approved_by_klarna: approved, then payment.Offer
	// offered: approved, then payment.Offer
	// confirmed: capturing, then payment.Intend
	// intended: capturing, then payment.Send
	// cancel_asked: capturing
	// captured: captured
	// event told is refused in state captured
	// approved 16.10 EUR
}
