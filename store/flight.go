// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// bucketFlights holds what was seen of a payment outside the journal, for whoever looks for a mistake:
// payment's number -> sealed bytes. Like notes it is made with the first one. It decides nothing and
// nothing is lost with it; retention removes it with its payment.
const bucketFlights = "flights"

const (
	// maxFlight bounds what is kept of one payment, in bytes.
	maxFlight = 64 << 10
	// flightRecords is how far back payments have one, counted in records: some 5,000 payments.
	flightRecords = 50_000
)

// Flight is what was seen of one payment, in whatever form the caller reads again.
type Flight struct {
	ID    payment.ID
	Bytes []byte
}

// AddFlights appends to what is kept of payments, in one transaction of its own. What is about a payment that
// the journal does not hold, or would exceed 64 KiB for one of them, is left out. When the disk is nearly full
// nothing is kept, and the error is that of Room.
func (j *Journal) AddFlights(list []Flight) error {
	if len(list) == 0 {
		return nil
	}
	if err := j.Room(); err != nil {
		return fmt.Errorf("what was seen of %d payments: %w", len(list), err)
	}
	err := j.update(func(tx *bbolt.Tx) error {
		flights, err := tx.CreateBucketIfNotExists([]byte(bucketFlights))
		if err != nil {
			return err
		}
		for _, f := range list {
			if err := addFlight(tx, flights, f); err != nil {
				return err
			}
		}
		return trimFlights(tx, flights)
	})
	if err != nil {
		return fmt.Errorf("what was seen of %d payments: %w", len(list), err)
	}
	return nil
}

func addFlight(tx *bbolt.Tx, flights *bbolt.Bucket, f Flight) error {
	n, err := readNumber(tx.Bucket([]byte(bucketIDs)).Get(idKey(f.ID)))
	if err != nil || n == 0 {
		return err
	}
	before, broken := unseal(flights.Get(number(n)))
	if broken != nil {
		before = nil // there was none, or it is no loss
	}
	if len(before)+len(f.Bytes) > maxFlight {
		return nil
	}
	return flights.Put(number(n), seal(append(bytes.Clone(before), f.Bytes...)))
}

// trimFlights drops what is too far back.
func trimFlights(tx *bbolt.Tx, flights *bbolt.Bucket) error {
	head, err := getHead(tx)
	if err != nil || head.Seq <= flightRecords {
		return err
	}
	cursor := flights.Cursor()
	for k, _ := cursor.First(); k != nil && bytes.Compare(k, number(head.Seq-flightRecords)) < 0; k, _ = cursor.First() {
		if err := cursor.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// Flight is what was kept of a payment, nil if there is nothing.
func (j *Journal) Flight(id payment.ID) ([]byte, error) {
	var kept []byte
	err := j.view(func(tx *bbolt.Tx) error {
		n, err := readNumber(tx.Bucket([]byte(bucketIDs)).Get(idKey(id)))
		flights := tx.Bucket([]byte(bucketFlights))
		if err != nil || n == 0 || flights == nil {
			return err
		}
		sealed := flights.Get(number(n))
		if sealed == nil {
			return nil
		}
		plain, broken := unseal(sealed)
		if broken != nil {
			return damaged(n, "what was seen of its payment: %v", broken)
		}
		kept = bytes.Clone(plain)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("what was seen of %s: %w", id, err)
	}
	return kept, nil
}

// verifyFlights checks what was seen against its checksums, and that it is about payments.
func verifyFlights(tx *bbolt.Tx) error {
	flights := tx.Bucket([]byte(bucketFlights))
	if flights == nil {
		return nil
	}
	payments := tx.Bucket([]byte(bucketPayments))
	return flights.ForEach(func(key, sealed []byte) error {
		if len(key) != numberSize || payments.Get(key) == nil {
			return damaged(0, "something was seen of a payment that is not there")
		}
		if _, err := unseal(sealed); err != nil {
			return damaged(binary.BigEndian.Uint64(key), "what was seen of its payment: %v", err)
		}
		return nil
	})
}
