// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"time"

	"tillbridge/payment"
)

// Moment is one record of a payment, and what the payment became by it.
type Moment struct {
	Seq   uint64
	At    time.Time
	Event payment.Event
	After payment.Payment
}

// Life is every record of one payment, oldest first, and none if the journal does not hold it.
func (j *Journal) Life(id payment.ID) ([]Moment, error) {
	entries, err := j.History(id)
	if err != nil {
		return nil, err
	}
	life := make([]Moment, 0, len(entries))
	p := payment.Payment{ID: id}
	for _, e := range entries {
		event, err := e.Event()
		if err != nil {
			return nil, fmt.Errorf("life of %s: %w", id, err)
		}
		if p, _, err = payment.Step(p, event); err != nil {
			return nil, fmt.Errorf("life of %s: record %d: %w", id, e.Seq, err)
		}
		life = append(life, Moment{Seq: e.Seq, At: e.At, Event: event, After: p})
	}
	return life, nil
}

// Touched lists the payments that have a record after one number, up to another one, each once and in the order
// of those records. Reading goes in short steps, so payments go on meanwhile.
func (j *Journal) Touched(after, through uint64) ([]payment.ID, error) {
	var all []payment.ID
	seen := map[payment.ID]bool{}
	for e, err := range j.Records(after + 1) {
		if err != nil {
			return nil, fmt.Errorf("payments from record %d on: %w", after+1, err)
		}
		if e.Seq > through {
			break
		}
		if id := (payment.ID{Lane: e.Lane, Till: e.ID}); !seen[id] {
			seen[id] = true
			all = append(all, id)
		}
	}
	return all, nil
}
