// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"slices"

	"tillbridge/payment"
	"tillbridge/store"
)

// epoch of every simulated journal.
const epoch = "simulated"

// disk is the journal as recovery sees it. What is kept is what would lie on a real disk: the bytes of
// every record, of every snapshot, and of every intent.
type disk struct {
	chain     *store.Chain
	values    [][]byte     // of all records, oldest first
	fresh     []store.Kept // of the last commit
	commits   int
	full      bool
	open      []payment.ID // unfinished, in the order of intake
	last      map[payment.LaneID]payment.ID
	refunds   map[payment.ID]payment.ID // the sale of each
	kept      map[payment.ID]*kept
	blobs     map[payment.Key]payment.Blob
	customers map[payment.Handle]payment.CustomerToken
	watch     func(seq int, r payment.Record) // nil unless somebody wants to know
}

// kept is everything about one payment.
type kept struct {
	newest  store.Kept
	read    *payment.Payment // newest, once it was read
	version int
	commits int // that held a record of it
	final   bool
}

func newDisk() *disk {
	return &disk{
		chain: store.NewChain(epoch), last: map[payment.LaneID]payment.ID{}, refunds: map[payment.ID]payment.ID{},
		kept: map[payment.ID]*kept{}, blobs: map[payment.Key]payment.Blob{}, customers: map[payment.Handle]payment.CustomerToken{},
	}
}

// Commit makes c durable. Like the real journal it refuses what does not follow.
func (d *disk) Commit(c payment.Commit) error {
	d.commits++
	d.fresh = d.fresh[:0]
	var counted []payment.ID
	for _, r := range c.Records {
		if err := d.record(r); err != nil {
			return err
		}
		if !slices.Contains(counted, r.After.ID) {
			counted = append(counted, r.After.ID)
			d.kept[r.After.ID].commits++
		}
	}
	for _, b := range c.Blobs {
		d.blobs[b.Key] = b
	}
	for _, k := range c.Erase {
		delete(d.blobs, k)
	}
	for _, t := range c.Customers {
		d.customers[t.Handle] = t
	}
	for _, h := range c.Forget {
		delete(d.customers, h.Handle)
	}
	return nil
}

func (d *disk) record(r payment.Record) error {
	k := d.kept[r.After.ID]
	if k == nil {
		k = &kept{}
		d.kept[r.After.ID] = k
		d.open = append(d.open, r.After.ID)
		if !r.After.Tombstone {
			d.last[r.After.ID.Lane] = r.After.ID
		}
	}
	if r.After.Version != k.version+1 {
		return fmt.Errorf("%s: version %d follows %d", r.After.ID, r.After.Version, k.version)
	}
	newest, err := d.chain.Append(r)
	if err != nil {
		return fmt.Errorf("%s: %w", r.After.ID, err)
	}
	d.values, d.fresh = append(d.values, newest.Value), append(d.fresh, newest)
	if d.watch != nil {
		d.watch(len(d.values), r)
	}
	k.newest, k.read, k.version = newest, nil, r.After.Version
	for _, f := range r.After.Refunds {
		name := payment.ID{Lane: r.After.ID.Lane, Till: f.ID}
		if of, known := d.refunds[name]; known && of != r.After.ID {
			return fmt.Errorf("refund %s is of %s and of %s", name, of, r.After.ID)
		}
		d.refunds[name] = r.After.ID
	}
	if final := r.After.Final(); final != k.final {
		k.final = final
		if final {
			d.open = slices.DeleteFunc(d.open, func(id payment.ID) bool { return id == r.After.ID })
		} else {
			d.open = append(d.open, r.After.ID)
		}
	}
	return nil
}

// Unfinished implements engine.Journal.
func (d *disk) Unfinished() ([]payment.Payment, error) {
	all := make([]payment.Payment, 0, len(d.open))
	for _, id := range d.open {
		p, _, err := d.Find(id)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Find implements engine.Journal.
func (d *disk) Find(id payment.ID) (payment.Payment, bool, error) {
	k := d.kept[id]
	if k == nil {
		return payment.Payment{}, false, nil
	}
	if k.read == nil {
		_, p, err := k.newest.Read()
		if err != nil {
			return payment.Payment{}, false, fmt.Errorf("%s: %w", id, err)
		}
		k.read = &p
	}
	return *k.read, true, nil
}

// Refund implements engine.Journal.
func (d *disk) Refund(id payment.ID) (payment.Payment, bool, error) {
	of, ok := d.refunds[id]
	if !ok {
		return payment.Payment{}, false, nil
	}
	return d.Find(of)
}

// Last implements engine.Journal.
func (d *disk) Last(lane payment.LaneID) (payment.Payment, bool, error) {
	id, ok := d.last[lane]
	if !ok {
		return payment.Payment{}, false, nil
	}
	return d.Find(id)
}

// Blob implements engine.Journal.
func (d *disk) Blob(key payment.Key) (payment.Blob, bool, error) {
	b, ok := d.blobs[key]
	return b, ok, nil
}

// Customer implements engine.Journal.
func (d *disk) Customer(h payment.Handle) (payment.CustomerToken, bool, error) {
	t, ok := d.customers[h]
	return t, ok, nil
}

// Room implements engine.Journal.
func (d *disk) Room() error {
	if d.full {
		return errFull
	}
	return nil
}

// Damage implements engine.Journal.
func (d *disk) Damage() error { return nil }

// readBack is a record as it comes back from the disk.
func readBack(k store.Kept) (payment.Record, error) {
	e, after, err := k.Read()
	if err != nil {
		return payment.Record{}, fmt.Errorf("read a record back: %w", err)
	}
	event, err := e.Event()
	if err != nil {
		return payment.Record{}, fmt.Errorf("%s: %w", after.ID, err)
	}
	return payment.Record{At: e.At, Event: event, After: after}, nil
}
