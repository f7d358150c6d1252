// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// customer plans what the holder of a phone does with a payment request.
func (n *net) customer(r sandbox.PaymentRequest) {
	w := n.w
	n.nudge(r)
	scan := w.between(time.Second, 40*time.Second)
	decide := scan + w.between(time.Second, 90*time.Second)
	final := sandbox.StepApprove
	switch {
	case w.strikes(CustomerNever):
		if w.flip() {
			n.phone(r, scan, sandbox.StepOpen)
		}
		return
	case w.strikes(CustomerLate):
		decide = w.between(3*time.Minute, 70*time.Minute)
		if w.flip() {
			scan = decide - time.Second
		}
	case w.strikes(CustomerAborts):
		n.phone(r, scan, sandbox.StepOpen)
		n.phone(r, scan+w.between(time.Second, 20*time.Second), sandbox.StepAbort)
		scan += w.between(20*time.Second, time.Minute)
		decide = scan + w.between(time.Second, time.Minute)
	}
	if w.strikes(CustomerNo) {
		final = sandbox.StepReject
	}
	if w.strikes(CustomerTaps) {
		w.after(w.between(scan/2, decide+time.Minute), func() { n.tap(r) })
	}
	n.phone(r, scan, sandbox.StepOpen)
	n.phone(r, decide, final)
}

func (n *net) phone(r sandbox.PaymentRequest, in time.Duration, s sandbox.Step) {
	w := n.w
	w.after(in, func() {
		if err := n.klarna.Phone(w.time(), r.ID, s); err != nil {
			return // the request has moved on: nothing to press
		}
		w.say("phone", r.Reference, string(s))
		n.nudge(r)
	})
}

// tap is somebody at the lane's screen.
func (n *net) tap(r sandbox.PaymentRequest) {
	b := n.w.oracle.byRef[r.Reference]
	if b == nil {
		return
	}
	n.w.say("tap", b.id.String(), "")
	n.w.proc.post(engine.CustomerAsked{ID: b.id, Cancel: n.w.flip()})
}

// nudge is a webhook about a request.
func (n *net) nudge(r sandbox.PaymentRequest) {
	w := n.w
	if !w.webhooks || w.strikes(WebhookLost) {
		return
	}
	copies := 1
	if w.strikes(WebhookDouble) {
		copies = 2
	}
	for range copies {
		in := w.upTo(2 * time.Second)
		if w.rng.IntN(10) == 0 {
			in = w.upTo(20 * time.Minute)
		}
		w.after(in, func() {
			w.proc.post(engine.Nudged{Request: payment.RequestID(r.ID), Reference: r.Reference})
		})
	}
}
