// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"tillbridge/engine"
	"tillbridge/payment"
	"tillbridge/store"
)

// committed checks what has just become durable.
func (o *oracle) committed(c payment.Commit) {
	o.w.tokens.committed(c)
	for i, r := range c.Records {
		o.record(r, o.w.disk.fresh[i])
		if o.w.stopped {
			return
		}
	}
}

func (o *oracle) record(r payment.Record, kept store.Kept) {
	w, after := o.w, r.After
	b := o.book(after.ID)
	before := b.disk
	before.ID = b.id
	w.sayf("durable", b.id.String(), "%s -> %s v%d", r.Event.Kind(), after.State, after.Version)
	if after.State != before.State && !before.State.May(after.State) {
		w.fail("I17", "%s went from %s to %s", b.id, before.State, after.State)
	}
	if after.Version != before.Version+1 {
		w.fail("I17", "%s: version %d after %d", b.id, after.Version, before.Version)
	}
	if before.State != payment.StateNone && (after.Order.Amount != before.Order.Amount || after.Order.Ref != before.Order.Ref) {
		w.fail("I12", "%s: the order changed from %v to %v", b.id, before.Order, after.Order)
	}
	if before.State == payment.StateNone && after.Tombstone != (after.State == payment.StateCancelled) {
		w.fail("I12", "%s began as %s", b.id, after.State)
	}
	if w.disk.chain.Head().Seq%16 == 0 {
		o.replay(before, r, kept)
	}
	o.referenced(b, after)
	if e, ok := r.Event.(payment.Intended); ok {
		o.intended(b, before, after, e.Intent)
	}
	o.followed(b, r.Event)
	if after.State != before.State && (after.State == payment.StateReversing || after.State == payment.StateCancelling) {
		o.takenBack(b, before, after)
	}
	o.refundsDurable(b, after)
	o.move(b, !after.Final())
	b.known, b.disk = true, after
	b.passed |= 1<<before.State | 1<<after.State
	b.phases |= phaseBit(after.Phase())
	b.results |= bit(after.Result)
	b.updates |= bit(after.Update)
	b.acks |= bit(after.Acknowledged)
}

// move keeps the lists of what a turn must look at.
func (o *oracle) move(b *book, open bool) {
	o.moved = append(o.moved, b)
	if open == b.open {
		return
	}
	b.open = open
	if open {
		o.open = append(o.open, b)
		return
	}
	o.open = slices.DeleteFunc(o.open, func(other *book) bool { return other == b })
}

// replay: the record, read back from the disk, makes the same payment again.
func (o *oracle) replay(before payment.Payment, r payment.Record, kept store.Kept) {
	back, err := readBack(kept)
	if err != nil {
		o.w.fail("I17", "%v", err)
		return
	}
	again, _, err := payment.Step(before, back.Event)
	if err != nil {
		o.w.fail("I17", "%s: the record of %s cannot be replayed: %v", r.After.ID, r.Event.Kind(), err)
		return
	}
	one, err1 := json.Marshal(again)
	two, err2 := json.Marshal(back.After)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		o.w.fail("I17", "%s: replaying %s gives %s, the record says %s", r.After.ID, r.Event.Kind(), one, two)
	}
}

func (o *oracle) referenced(b *book, after payment.Payment) {
	if after.Reference == "" {
		return
	}
	if other := o.byRef[after.Reference]; other == nil {
		o.byRef[after.Reference] = b
	} else if other != b {
		o.w.fail("I2", "%s and %s share the reference %s", b.id, other.id, after.Reference)
	}
}

// takenBack: money that a till was told about goes back on a person's word only.
func (o *oracle) takenBack(b *book, before, after payment.Payment) {
	if after.State != payment.StateReversing {
		return
	}
	b.back = true
	if before.Offered && !b.saidNo && !b.staffBack {
		o.w.fail("I8", "%s was told approved and is given back although nobody said no (%s)", b.id, after.Why)
	}
}

// intended checks a decision to write.
func (o *oracle) intended(b *book, before, after payment.Payment, i payment.Intent) {
	w := o.w
	switch i.Write {
	case payment.WriteFinalize: // was checked when it was decided
	case payment.WriteRelease:
		if before.Issued.Minor <= 0 || before.Issued.Minor >= before.Order.Amount.Minor {
			w.fail("I14", "%s has no rest to release", b.id)
		}
	case payment.WriteCapture:
		if !b.saidYes && !b.staffYes {
			w.fail("I21", "%s is captured before anybody acknowledged it", b.id)
		}
		if b.back && !b.staffYes {
			w.fail("I14", "%s is captured although it was to be given back", b.id)
		}
	case payment.WriteVoid:
		if before.Capture.Attempt > 0 || before.CaptureNow {
			w.fail("I14", "%s is voided although a capture was intended", b.id)
		}
	case payment.WriteRefund:
		if before.Capture.Attempt == 0 && !before.CaptureNow {
			w.fail("I14", "%s is refunded although nothing was captured", b.id)
		}
	case payment.WriteAuthorize:
		if after.Order.Amount.Minor <= 0 || after.Order.Amount.Minor > w.settings().MaxMinor {
			w.fail("I4", "%s is for %s", b.id, after.Order.Amount)
		}
	}
}

// deciding checks the gate at the moment of the decision: what else comes into the same commit was heard later.
func (o *oracle) deciding(c payment.Commit, then []engine.Action) {
	for _, a := range then {
		t, ok := a.(engine.Tell)
		if !ok {
			continue
		}
		if ask, ok := t.Word.(payment.AskHere); ok {
			if k := o.w.proc.knows(t.Link); k != nil {
				o.book(payment.ID{Lane: k.of.Lane, Till: ask.ID}).askedAt = o.up()
			}
		}
	}
	for _, r := range c.Records {
		b := o.book(r.After.ID)
		before := b.mind
		b.mind = r.After
		if before.State == payment.StateNone {
			o.intakes++
			b.intake = o.intakes
		}
		if !r.After.Deadline.Equal(before.Deadline) {
			b.deadline = o.up() + r.After.Deadline.Sub(r.At)
		}
		if e, ok := r.Event.(payment.Intended); ok && e.Intent.Write == payment.WriteFinalize {
			o.gate(b, before)
		}
	}
}

// The gate's own figures (see the engine's settings).
const (
	gateMargin = 5 * time.Second
	freshness  = 5 * time.Second
)

// gate checks everything that must hold when the decision to finalize becomes durable.
func (o *oracle) gate(b *book, before payment.Payment) {
	w, now := o.w, o.up()
	switch {
	case before.State != payment.StateAccepted || before.Wanted != "" || before.Why != "":
		w.fail("gate", "%s is finalized from %s, cancelled %q %q", b.id, before.State, before.Wanted, before.Why)
	case b.causes.pending:
		w.fail("gate", "%s is finalized although its till has cancelled", b.id)
	case b.cancelling || b.no:
		w.fail("I11", "%s is finalized after the till heard that it is cancelled", b.id)
	case b.deadline-now < gateMargin:
		w.fail("gate", "%s is finalized %v before its deadline", b.id, b.deadline-now)
	case b.completed < 0 || now-b.completed > freshness:
		w.fail("gate", "%s is finalized on a read of %v ago", b.id, now-b.completed)
	case !o.there(b):
		w.fail("gate", "%s is finalized while its till is not there", b.id)
	}
}

// there: the till has spoken about the payment in this process, and by a link that needs no probe, or has
// just answered, or was heard moments ago in a single request.
func (o *oracle) there(b *book) bool {
	for _, id := range b.spoke {
		if k := o.w.proc.knows(id); k != nil && !k.of.Probe {
			return true
		}
	}
	now := o.up()
	if b.askedAt >= 0 && b.hereAt >= b.askedAt && now-b.hereAt <= freshness {
		return true
	}
	return b.brief && b.contact >= 0 && now-b.contact <= freshness
}
