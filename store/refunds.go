// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// bucketRefunds leads from a refund to its sale: lane 00 refund's id -> payment's number. It is made
// with the first refund, so that a journal without one needs no new format.
const bucketRefunds = "refunds"

// Refund returns the payment that has a refund of this name. In a damaged journal nothing is ever "not
// found", as with Find.
func (j *Journal) Refund(id payment.ID) (payment.Payment, bool, error) {
	p, ok, err := j.find(bucketRefunds, idKey(id))
	if _, has := p.Refund(id.Till); ok && (!has || p.ID.Lane != id.Lane) {
		p, ok, err = payment.Payment{}, false, damaged(0, "the index leads to a payment without this refund")
	}
	if err != nil {
		return payment.Payment{}, false, fmt.Errorf("refund %s: %w", id, err)
	}
	return p, ok, nil
}

// placeRefunds makes new refunds findable. A name that another refund of the lane has is refused: the
// two could not be told apart.
func placeRefunds(tx *bbolt.Tx, before, now payment.Payment, key []byte) error {
	for _, r := range now.Refunds[min(len(before.Refunds), len(now.Refunds)):] {
		refunds, err := tx.CreateBucketIfNotExists([]byte(bucketRefunds))
		if err != nil {
			return err
		}
		name := idKey(payment.ID{Lane: now.ID.Lane, Till: r.ID})
		if other := refunds.Get(name); other != nil {
			return fmt.Errorf("refund %s of %s: the name is another refund's", r.ID, now.ID)
		}
		if err := refunds.Put(name, key); err != nil {
			return err
		}
	}
	return nil
}

// verifyRefunds checks that every refund of a payment can be found.
func verifyRefunds(tx *bbolt.Tx, s stored) error {
	refunds := tx.Bucket([]byte(bucketRefunds))
	for _, r := range s.payment.Refunds {
		name := idKey(payment.ID{Lane: s.payment.ID.Lane, Till: r.ID})
		if refunds == nil || !bytes.Equal(refunds.Get(name), number(s.number)) {
			return damaged(s.last, "its payment cannot be found by its refund")
		}
	}
	return nil
}
