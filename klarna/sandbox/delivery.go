// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"tillbridge/internal/secret"
)

// lateBy is how long TwistReorder holds back every other event, and TwistLate each.
const lateBy = 5 * time.Second

// Delivery is one attempt to tell a webhook about an event.
type Delivery struct {
	ID        string // of the delivery, the same for each attempt
	URL       string
	KeyID     string // Klarna-Signing-Key-Id
	Signature string // Klarna-Signature
	Body      []byte // shared by all attempts, not to be changed
	Attempt   int    // 1 for the first
	Delay     time.Duration
	// Deaf: the receiver's answer is lost, whatever it says.
	Deaf bool
}

// retryAfter is how long an attempt that failed is followed by the next one; 0 is never (Klarna, Webhooks).
func retryAfter(attempt int) time.Duration {
	switch attempt {
	case 1:
		return 10 * time.Second
	case 2:
		return 2 * time.Minute
	case 3:
		return 15 * time.Minute
	case 4:
		return 3 * time.Hour
	case 5:
		return 6 * time.Hour
	case 6:
		return 12 * time.Hour
	}
	return 0
}

// sign is the value of Klarna-Signature: HMAC-SHA256 over the raw body with the bytes of the signing
// key as they were handed out, in lower-case hexadecimal (Klarna, Webhooks).
func sign(key secret.Text, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// post plans the first attempt to deliver an event.
func (w *World) post(h *Webhook, account, event string, payload any) {
	key, ok := w.signingKey(h.SigningKeyID)
	if !ok {
		return
	}
	d := &Delivery{URL: h.URL, KeyID: h.SigningKeyID, Body: w.body(h, account, event, payload)}
	d.Signature = sign(key, d.Body)
	w.events++
	copies, at := 1, w.now
	switch w.policy.Webhooks {
	case TwistLost:
		return
	case TwistDuplicate:
		copies = 2
	case TwistReorder:
		if w.events%2 == 1 {
			at = at.Add(lateBy)
		}
	case TwistLate:
		at = at.Add(lateBy)
	case TwistBadSignature:
		d.Signature = sign(key, []byte("another body"))
	case TwistUnknownKey:
		d.KeyID += "-unknown"
	case TwistNone, TwistLive, TwistForeign, TwistNoToken:
	}
	for range copies {
		one := *d
		one.ID = w.uuid()
		w.deliveries[one.ID] = &one
		w.plan(due{at: at, what: dueDelivery, id: one.ID})
	}
}

// attempt puts a delivery that is due into the outbox, unless a fault breaks it on its way.
func (w *World) attempt(id string) {
	d := w.deliveries[id]
	if d == nil {
		return
	}
	d.Attempt++
	w.calls[string(RouteWebhook)]++
	out := *d
	if f, broken := w.strike(RouteWebhook); broken {
		switch f.Kind {
		case FaultResetBefore, FaultStatus:
			w.retry(d)
			return
		case FaultResetAfter, FaultTimeout, FaultTruncated, FaultHTML:
			out.Deaf = true
		}
		out.Delay = f.Delay
	}
	w.outbox = append(w.outbox, out)
}

func (w *World) retry(d *Delivery) {
	after := retryAfter(d.Attempt)
	if after == 0 {
		delete(w.deliveries, d.ID)
		return
	}
	w.plan(due{at: w.now.Add(after), what: dueDelivery, id: d.ID})
}

// Take hands over the deliveries that are to be made now. Each one must be reported with Delivered.
func (w *World) Take() []Delivery {
	out := w.outbox
	w.outbox = nil
	return out
}

// Delivered reports how an attempt ended: the receiver's HTTP status, or 0 if none came.
func (w *World) Delivered(now time.Time, attempt Delivery, status int) {
	w.Advance(now)
	d := w.deliveries[attempt.ID]
	if d == nil || d.Attempt != attempt.Attempt {
		return
	}
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		if !attempt.Deaf {
			delete(w.deliveries, d.ID)
			return
		}
	}
	w.retry(d)
}
