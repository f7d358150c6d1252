// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"reflect"
	"strings"
	"time"

	"tillbridge/payment"
)

// fingerprint is one number for everything that decides what can happen next: what is durable, what the process
// remembers, what Klarna holds, what is on its way and what the explorer may still choose. Moments count as distances from
// now, in steps that grow with the distance: a poll a second later is the same state.
func (b *bench) fingerprint() uint64 {
	f := printer{hash: fnvOffset, up: b.w.proc.instant().Up, wall: b.w.proc.instant().Wall}
	if b.w.stopped {
		return f.hash
	}
	f.payment(b.book().disk)
	f.engine(b.w.proc.core)
	book := b.book()
	f.number(int64(book.results), int64(book.updates), int64(book.acks), int64(len(b.w.disk.blobs)))
	f.number(truth(book.yes), truth(book.no), truth(book.cancelling), truth(book.submitted), truth(b.till.link != nil))
	f.number(int64(b.pays), int64(b.cancels), int64(b.crashes), int64(b.hours), int64(b.days), int64(b.closes),
		int64(b.luckOut), int64(b.backs), truth(b.saidYes), truth(b.saidNo))
	for _, h := range b.w.net.held {
		f.number(truth(h.read != nil), truth(h.remove != nil), truth(h.holding != nil))
		if h.write != nil {
			f.text(string(h.write.call.Intent.Write))
		}
	}
	for _, l := range b.w.net.flights {
		f.text(string(l.call.Intent.Write))
		f.moment(l.until - b.w.now)
	}
	for _, t := range book.txs {
		f.number(truth(t.voided), t.captured, t.refunded)
	}
	for _, r := range b.w.net.klarna.Ledger().PaymentRequests {
		f.text(string(r.State))
		f.number(truth(r.Finalized))
	}
	f.number(truth(b.w.policy.ForgetNegatives))
	return f.hash
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// printer mixes values into a hash.
type printer struct {
	hash uint64
	up   time.Duration
	wall time.Time
}

func (f *printer) number(all ...int64) {
	for _, n := range all {
		for range 8 {
			f.hash = (f.hash ^ uint64(n&0xff)) * fnvPrime
			n >>= 8
		}
	}
}

func (f *printer) text(s string) {
	for i := range len(s) {
		f.hash = (f.hash ^ uint64(s[i])) * fnvPrime
	}
	f.hash = (f.hash ^ 0x1f) * fnvPrime
}

// moment is a distance from now, in steps.
func (f *printer) moment(d time.Duration) {
	step := 5 * time.Second
	switch size := max(d, -d); {
	case size > 2*time.Hour:
		step = time.Hour
	case size > 2*time.Minute:
		step = time.Minute
	}
	f.number(int64(step/time.Second), int64(d/step))
}

func (f *printer) payment(p payment.Payment) {
	f.number(int64(p.State), int64(p.Round), truth(p.Tombstone), truth(p.Offered))
	f.text(string(p.Why) + "|" + string(p.Wanted) + "|" + string(p.Reason) + "|" + string(p.Result) + "|" +
		string(p.Update) + "|" + string(p.Acknowledged) + "|" + p.TokenHash)
	for _, i := range append([]payment.Intent{p.Authorize, p.Finalize, p.Capture, p.GiveBack, p.Release}, refundIntents(p)...) {
		f.text(string(i.Write))
		f.number(int64(i.Attempt), truth(i.Unclear), truth(i.Answered), truth(i.Refused))
		if !i.At.IsZero() {
			f.moment(i.At.Sub(f.wall))
		}
	}
	for _, r := range p.Refunds {
		f.text(string(r.ID) + string(r.Status))
	}
	f.text(string(p.Request.ID) + string(p.Transaction.ID))
	if !p.Deadline.IsZero() {
		f.moment(p.Deadline.Sub(f.wall))
	}
}

// engine reads what the process remembers. The engine has no door for that, and needs none: reflection sees its fields.
func (f *printer) engine(core any) {
	jobs := reflect.ValueOf(core).Elem().FieldByName("order")
	for i := range jobs.Len() {
		job := jobs.Index(i).Elem()
		for n := range job.NumField() {
			name := job.Type().Field(n).Name
			if name == "p" || name == "token" || name == "lastWord" {
				continue
			}
			f.text(name)
			f.value(job.Field(n), strings.HasSuffix(name, "Tries") || name == "tries")
		}
	}
}

func (f *printer) value(v reflect.Value, capped bool) {
	switch v.Kind() { //nolint:exhaustive // the other kinds do not occur, and count by their name
	case reflect.Int64:
		if v.Int() < 0 {
			f.number(-1)
			return
		}
		f.moment(time.Duration(v.Int()) - f.up)
	case reflect.Int:
		n := v.Int()
		if capped {
			n = min(n, 3)
		}
		f.number(n)
	case reflect.Bool:
		f.number(truth(v.Bool()))
	case reflect.String:
		f.text(v.String())
	case reflect.Slice, reflect.Map:
		f.number(int64(v.Len()))
	default:
		f.text(v.Kind().String())
	}
}
