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
// back after it. A sale of an earlier period that is given back now is subtracted now.
type Totals struct {
	Sales, Backs     int
	SaleSum, BackSum int64          // minor units of the lane's currency
	First, Last      payment.TillID // of the sales; empty if there were none
	Through          uint64         // number of the newest record that was counted
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

// movesMoney reports whether a record may be an acknowledgement or the end of a give-back.
func movesMoney(e Entry) bool {
	return delivers(e) || e.State == payment.StateReversed
}

// delivers reports whether the record is one with which a till, or a person for it, took an approval.
func delivers(e Entry) bool {
	switch e.Kind {
	case payment.Confirmed{}.Kind(), payment.Resolved{}.Kind():
		return e.State == payment.StateCapturing || e.State == payment.StateCaptured
	case payment.ReversalAsked{}.Kind():
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
	for _, e := range life {
		if e.Seq > sum.Through {
			break
		}
		counts := e.Seq > after
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
