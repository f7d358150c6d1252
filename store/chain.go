// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"tillbridge/payment"
)

// Kept is what a journal keeps of one change: the value of its record and the payment's snapshot.
type Kept struct{ Value, Snapshot []byte }

// Chain makes the records of a journal without a file, in the format and the order of a real one. It is not safe for
// concurrent use.
type Chain struct {
	head Mark
	last map[payment.ID]uint64 // number of a payment's newest record
}

// NewChain is the chain of a new journal of this epoch.
func NewChain(epoch string) *Chain {
	return &Chain{head: newIdentity(epoch).Removed, last: make(map[payment.ID]uint64)}
}

// Head is the newest record.
func (c *Chain) Head() Mark { return c.head }

// Append makes the next record.
func (c *Chain) Append(r payment.Record) (Kept, error) {
	k, head, err := newRecord(c.head, c.last[r.After.ID], r)
	if err != nil {
		return Kept{}, fmt.Errorf("record of %s: %w", r.After.ID, err)
	}
	c.head, c.last[r.After.ID] = head, head.Seq
	return k, nil
}

// newRecord is the record that follows head, with the number of its payment's record before.
func newRecord(head Mark, before uint64, r payment.Record) (Kept, Mark, error) {
	snapshot, err := json.Marshal(r.After)
	if err != nil {
		return Kept{}, Mark{}, fmt.Errorf("snapshot: %w", err)
	}
	fields, err := payment.MarshalEvent(r.Event)
	if err != nil {
		return Kept{}, Mark{}, err
	}
	rec := record{
		seq: head.Seq + 1, before: before, prev: head.Hash, after: sha256.Sum256(snapshot),
		content: content{
			At: r.At, Lane: r.After.ID.Lane, Till: r.After.ID.Till, Event: r.Event.Kind(), Fields: fields,
			State: r.After.State, Version: r.After.Version,
		},
	}
	value, err := rec.encode()
	if err != nil {
		return Kept{}, Mark{}, err
	}
	return Kept{Value: value, Snapshot: snapshot}, Mark{Seq: rec.seq, Hash: sha256.Sum256(value)}, nil
}

// Read is the record and the payment that k holds, after everything that can be checked about it alone.
func (k Kept) Read() (Entry, payment.Payment, error) {
	rec, err := decodeRecord(k.Value)
	if err != nil {
		return Entry{}, payment.Payment{}, damaged(0, "%v", err)
	}
	p, err := rec.payment(k.Snapshot)
	return entry(rec, k.Value), p, err
}

// payment reads the snapshot that the record leads to.
func (r record) payment(snapshot []byte) (p payment.Payment, err error) {
	if r.after != sha256.Sum256(snapshot) {
		return payment.Payment{}, damaged(r.seq, "it does not lead to the payment's snapshot")
	}
	if err = json.Unmarshal(snapshot, &p); err != nil {
		return payment.Payment{}, damaged(r.seq, "snapshot: %v", err)
	}
	if p.ID != r.content.id() || p.Version != r.content.Version {
		return payment.Payment{}, damaged(r.seq, "it belongs to another payment than its snapshot")
	}
	return p, nil
}

// CheckChain reads all of a chain in order, from its first record on.
func CheckChain(epoch string, values [][]byte) error {
	mark := newIdentity(epoch).Removed
	for _, value := range values {
		rec, err := decodeRecord(value)
		if err != nil {
			return damaged(mark.Seq+1, "%v", err)
		}
		if rec.seq != mark.Seq+1 || rec.prev != mark.Hash {
			return damaged(mark.Seq+1, "record %d does not follow", rec.seq)
		}
		mark = Mark{Seq: rec.seq, Hash: sha256.Sum256(value)}
	}
	return nil
}
