// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"tillbridge/engine"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

// sending checks a write at the moment when it leaves.
func (o *oracle) sending(c engine.Call) {
	w, p := o.w, c.Payment
	b := o.book(p.ID)
	w.say("send", b.id.String(), string(c.Intent.Write))
	hash := hashOf(c.Body)
	i := intentOf(b.disk, c.Intent)
	blob, kept := w.disk.blobs[c.Intent.Key]
	switch {
	case !b.known || i.Key != c.Intent.Key:
		w.fail("I1", "%s: %s leaves with a key that is not durable", b.id, c.Intent.Write)
	case i.Hash != hex.EncodeToString(hash[:]):
		w.fail("I1", "%s: %s leaves with other bytes than the durable ones", b.id, c.Intent.Write)
	case !kept || hashOf(blob.Body) != hash || blob.Token != c.Token.Reveal():
		w.fail("I1", "%s: the bytes of %s are not on disk", b.id, c.Intent.Write)
	case b.disk.Tombstone || b.no:
		w.fail("I12", "%s: %s leaves although the till was told %s", b.id, c.Intent.Write, b.disk.Word())
	}
	w.tokens.leaves(b, c, blob)
	o.decidedOnce(b, c)
	_, again := o.keys[c.Intent.Key] // with the same bytes, or sameKey says so
	o.sameKey(b, c, hash)
	if again {
		return
	}
	if s, ok := readSale(c.Body); ok && (s.amount != b.disk.Order.Amount.Minor || s.reference != b.disk.Reference) {
		w.fail("I4", "%s over %s: %s asks for %d", b.id, b.disk.Order.Amount, c.Intent.Write, s.amount)
	}
}

func intentOf(p payment.Payment, i payment.Intent) payment.Intent {
	if r, ok := p.Refund(i.Refund); ok {
		return r.Intent
	}
	switch i.Write {
	case payment.WriteAuthorize:
		return p.Authorize
	case payment.WriteFinalize:
		return p.Finalize
	case payment.WriteCapture:
		return p.Capture
	case payment.WriteVoid, payment.WriteRefund:
		return p.GiveBack
	case payment.WriteRelease:
		return p.Release
	}
	return payment.Intent{}
}

// decidedOnce: what leaves is what the disk has decided.
func (o *oracle) decidedOnce(b *book, c engine.Call) {
	var right bool
	s := b.disk.State
	switch c.Intent.Write {
	case payment.WriteAuthorize:
		right = s == payment.StateAuthorizing || s == payment.StateCancelling
	case payment.WriteFinalize:
		right = s == payment.StateFinalizing
	case payment.WriteCapture, payment.WriteRelease:
		right = s == payment.StateCapturing
	case payment.WriteVoid, payment.WriteRefund:
		right = s == payment.StateReversing
		if c.Intent.Refund != "" {
			right = s == payment.StateCaptured
		}
	}
	if !right {
		o.w.fail("I9", "%s: %s leaves while the disk says %s", b.id, c.Intent.Write, s)
	}
}

// keyLife is how long a key may be used. It is said here again: the engine's own figure is under test.
const keyLife = 23 * time.Hour

// sameKey: one key is one write with one body, and it is never sent when it is too old.
func (o *oracle) sameKey(b *book, c engine.Call, hash [32]byte) {
	w := o.w
	u, used := o.keys[c.Intent.Key]
	if !used {
		u = keyUse{write: c.Intent.Write, of: c.Intent.Refund, hash: hash, id: b.id, at: w.now, gen: w.proc.gen, small: w.small}
		o.keys[c.Intent.Key] = u
		for k, other := range o.keys {
			if k != c.Intent.Key && other.id == b.id && other.write == c.Intent.Write && other.of == c.Intent.Refund && !o.nextTry(c) {
				w.fail("I3", "%s: a second key for %s", b.id, c.Intent.Write)
			}
		}
		return
	}
	if u.write != c.Intent.Write || u.of != c.Intent.Refund || u.hash != hash || u.id != b.id {
		w.fail("I3", "%s: the key of %s is used for another call", b.id, c.Intent.Write)
	}
	limit := keyLife
	if u.gen != w.proc.gen { // then only the wall clock knows
		limit += w.small - u.small
	}
	if age := w.now - u.at; age >= limit {
		w.fail("I3", "%s: %s leaves with a key that is %v old", b.id, c.Intent.Write, age)
	}
}

// nextTry: a later round, or a person's decision, makes a new intent of the same kind.
func (o *oracle) nextTry(c engine.Call) bool { return c.Intent.Attempt > 1 }

// dangerous reports whether a flight may still make a charge. One whose key Klarna remembers repeats its answer; a
// copy of a try that was executed meets what the try met; a finalize of a request that is over does nothing.
func (o *oracle) dangerous(f *flight) bool {
	u := o.keys[f.call.Intent.Key]
	if u.known || f.twin && u.tries >= f.try {
		return false
	}
	switch f.call.Intent.Write {
	case payment.WriteAuthorize:
		return true
	case payment.WriteFinalize:
		r, ok := o.w.net.klarna.PaymentRequest(string(f.call.Payment.Request.ID))
		return ok && r.State == sandbox.StateCompleted
	case payment.WriteCapture, payment.WriteVoid, payment.WriteRefund, payment.WriteRelease:
	}
	return false
}

// executed notes what Klarna has just done.
func (o *oracle) executed(f *flight, a sandbox.Answer) {
	w := o.w
	b := o.book(f.id)
	w.say("executed", b.id.String(), string(f.call.Intent.Write)+" "+outcomeOf(a))
	u := o.keys[f.call.Intent.Key]
	u.known = u.known || a.Status < http.StatusBadRequest && outcomeOf(a) != string(sandbox.ResultDeclined)
	u.tries = max(u.tries, f.try)
	b.klarnaNo = b.klarnaNo || outcomeOf(a) == string(sandbox.ResultDeclined)
	o.keys[f.call.Intent.Key] = u
	if a.Authorization != nil && a.Authorization.Transaction != nil {
		o.charged(b, *a.Authorization.Transaction)
		return
	}
	t := o.tx(string(f.call.Payment.Transaction.ID))
	if t == nil || a.Problem != nil {
		return
	}
	switch f.call.Intent.Write {
	case payment.WriteCapture:
		if a.Capture != nil && !slices.Contains(t.ops, a.Capture.ID) {
			t.ops = append(t.ops, a.Capture.ID)
			t.captured += a.Capture.Amount
		}
		if !b.saidYes && !b.staffYes {
			w.fail("I21", "%s was captured before anybody acknowledged it", b.id)
		}
	case payment.WriteRefund:
		if a.Refund != nil && !slices.Contains(t.ops, a.Refund.ID) {
			t.ops = append(t.ops, a.Refund.ID)
			t.refunded += a.Refund.Amount
			o.refundExecuted(f.call, a.Refund.Amount)
		}
	case payment.WriteVoid:
		t.voided = true
		if b.disk.Capture.Attempt > 0 {
			w.fail("I14", "%s was voided although a capture was intended", b.id)
		}
	case payment.WriteRelease:
		if !b.saidYes && !b.staffYes {
			w.fail("I21", "%s had its rest released before anybody acknowledged it", b.id)
		}
		if a.Refund != nil && !slices.Contains(t.ops, a.Refund.ID) {
			t.ops = append(t.ops, a.Refund.ID)
			t.refunded += a.Refund.Amount
		}
		if a.Refund == nil {
			t.released = t.amount - t.captured
		}
	case payment.WriteAuthorize, payment.WriteFinalize:
	}
}

func (o *oracle) charged(b *book, t sandbox.Transaction) {
	if o.tx(t.ID) != nil {
		return
	}
	n := &tx{id: t.ID, b: b, amount: t.Amount, captured: t.Captured}
	o.txs = append(o.txs, n)
	b.txs = append(b.txs, n)
	switch {
	case len(b.txs) > 1:
		o.w.fail("I2", "%s was charged %d times", b.id, len(b.txs))
	case b.no:
		o.w.fail("I5", "%s was charged after the till heard that it was not", b.id)
	case t.Reference != b.disk.Reference:
		o.w.fail("I10", "%s was charged under %q", b.id, t.Reference)
	}
}

func (o *oracle) tx(id string) *tx {
	for _, t := range o.txs {
		if t.id == id {
			return t
		}
	}
	return nil
}

func outcomeOf(a sandbox.Answer) string {
	if a.Authorization != nil {
		return string(a.Authorization.Result)
	}
	return http.StatusText(a.Status)
}

// deleting: a request is deleted only once that is durably decided.
func (o *oracle) deleting(a engine.CancelRequest) {
	b := o.book(a.ID)
	o.w.say("delete", b.id.String(), "")
	if b.disk.State != payment.StateCancelling && b.passed&(1<<payment.StateCancelling) == 0 {
		o.w.fail("I9", "%s: its request is deleted while the disk says %s", b.id, b.disk.State)
	}
	if b.disk.Request.ID != a.Request {
		o.w.fail("I9", "%s: another request is deleted", b.id)
	}
}

// The quota of reads (see the engine's settings): a rate and a burst.
const (
	readsPerSecond = 10
	readBurst      = 20
	readWindow     = 10 * time.Second
)

// reading counts a read of a payment request against the quota of all lanes.
func (o *oracle) reading(a engine.ReadRequest) {
	now := o.w.now
	o.reads = append(o.reads, now)
	for len(o.reads) > 0 && now-o.reads[0] > readWindow {
		o.reads = o.reads[1:]
	}
	if limit := readBurst + readsPerSecond*int(readWindow/time.Second) + 1; len(o.reads) > limit {
		o.w.fail("quota", "%d reads in %v", len(o.reads), readWindow)
	}
	b := o.book(a.ID)
	oldest := b.polls[b.poll%len(b.polls)]
	b.polls[b.poll%len(b.polls)] = now
	b.poll++
	if !o.w.webhooks && oldest > 0 && now-oldest < readWindow { // a webhook may cause reads of its own
		o.w.fail("quota", "%s is read %d times in %v", b.id, len(b.polls), now-oldest)
	}
}
