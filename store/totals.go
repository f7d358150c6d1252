// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// Totals is what one lane took since a record: sales that were acknowledged after it, minus those given
// back whole after it, minus the refunds done after it. What belongs to a sale of an earlier period is
// subtracted when it happens.
type Totals struct {
	Sales, Backs, Refunds       int
	SaleSum, BackSum, RefundSum int64          // minor units of the lane's currency
	First, Last                 payment.TillID // of the sales; empty if there were none
	Through                     uint64         // number of the newest record that was counted
}

// Totals adds up a lane from the record after a number on. Reading goes in short steps, so payments go
// on meanwhile; what happens after it began is not counted.
func (j *Journal) Totals(lane payment.LaneID, after uint64) (Totals, error) {
	head, err := j.Head()
	if err != nil {
		return Totals{}, fmt.Errorf("totals of %s: %w", lane, err)
	}
	sum := Totals{Through: head.Seq}
	seen := map[payment.TillID]bool{}
	for e, err := range j.Records(after + 1) {
		if err != nil {
			return Totals{}, fmt.Errorf("totals of %s: %w", lane, err)
		}
		if e.Seq > head.Seq {
			break
		}
		if e.Lane != lane || seen[e.ID] || !movesMoney(e) {
			continue
		}
		seen[e.ID] = true
		if err := j.add(&sum, payment.ID{Lane: lane, Till: e.ID}, after); err != nil {
			return Totals{}, fmt.Errorf("totals of %s: %w", lane, err)
		}
	}
	return sum, nil
}

// movesMoney reports whether a record may be an acknowledgement or the end of a give-back or refund.
func movesMoney(e Entry) bool {
	switch e.Kind {
	case payment.RefundDone{}.Kind():
		return true
	case payment.TransactionSeen{}.Kind(), payment.Resolved{}.Kind():
		if e.State == payment.StateCaptured {
			return true // late proof, or a person's word, about a refund
		}
	}
	return delivers(e) || e.State == payment.StateReversed
}

// delivers reports whether the record is one with which a till, or a person for it, took an approval.
func delivers(e Entry) bool {
	switch e.Kind {
	case payment.Confirmed{}.Kind(), payment.Resolved{}.Kind():
		return e.State == payment.StateCapturing || e.State == payment.StateCaptured
	case payment.ReversalAsked{}.Kind(), payment.RefundAsked{}.Kind():
		return true // the sale is named by its till, which so has it
	}
	return false
}

// add counts one payment's life between after and the end of the sum.
func (j *Journal) add(sum *Totals, id payment.ID, after uint64) error {
	life, err := j.History(id)
	if err != nil {
		return err
	}
	p, _, err := j.Find(id)
	if err != nil {
		return err
	}
	delivered := false
	story := payment.Payment{ID: id}
	for _, e := range life {
		if e.Seq > sum.Through {
			break
		}
		counts := e.Seq > after
		if len(p.Refunds) > 0 {
			before := story
			if story, err = retell(story, e); err != nil {
				return err
			}
			if counts {
				sum.refunded(before, story)
			}
		}
		switch {
		case !delivered && delivers(e):
			delivered = true
			if counts {
				sum.sale(p)
			}
		case delivered && e.State == payment.StateReversed:
			if counts {
				sum.Backs++
				sum.BackSum += p.Charged().Minor
			}
			return nil
		}
	}
	return nil
}

// retell is what a payment became by a record.
func retell(p payment.Payment, e Entry) (payment.Payment, error) {
	event, err := e.Event()
	if err != nil {
		return p, err
	}
	if p, _, err = payment.Step(p, event); err != nil {
		return p, fmt.Errorf("record %d: %w", e.Seq, err)
	}
	return p, nil
}

// refunded counts the refunds that were done between two moments of a payment. One of a whole sale is
// counted as that sale's give-back.
func (t *Totals) refunded(before, now payment.Payment) {
	t.RefundSum += now.Refunded() - before.Refunded()
	t.Refunds += doneRefunds(now) - doneRefunds(before)
}

func doneRefunds(p payment.Payment) int {
	n := 0
	for _, r := range p.Refunds {
		if r.Status == payment.RefundIsDone && !r.Whole {
			n++
		}
	}
	return n
}

func (t *Totals) sale(p payment.Payment) {
	t.Sales++
	t.SaleSum += p.Charged().Minor
	if t.First == "" {
		t.First = p.ID.Till
	}
	t.Last = p.ID.Till
}

// Newest is the greatest id of a lane's payments that begins with a prefix, by its bytes, and false if
// there is none.
func (j *Journal) Newest(lane payment.LaneID, prefix string) (payment.TillID, bool, error) {
	var id payment.TillID
	err := j.view(func(tx *bbolt.Tx) error {
		start := idKey(payment.ID{Lane: lane, Till: payment.TillID(prefix)})
		cursor := tx.Bucket([]byte(bucketIDs)).Cursor()
		key, _ := cursor.Seek(append(bytes.Clone(start), 0xff))
		if key == nil {
			key, _ = cursor.Last()
		} else {
			key, _ = cursor.Prev()
		}
		if rest, ok := bytes.CutPrefix(key, start); ok {
			id = payment.TillID(prefix + string(rest))
		}
		return nil
	})
	if err == nil && id == "" {
		err = j.Damage() // what cannot be read may have been there
	}
	if err != nil {
		return "", false, fmt.Errorf("newest payment of %s: %w", lane, err)
	}
	return id, id != "", nil
}
