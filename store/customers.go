// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"tillbridge/payment"
)

// bucketCustomers holds stored customer tokens: handle -> sealed token as JSON. It is made with the
// first token, so that a journal without one needs no new format. A token outlives the sale that brought
// it: the customer's consent has no end of its own.
const bucketCustomers = "customers"

// maxHandle is the longest handle, in bytes.
const maxHandle = 128

// writeCustomers keeps the tokens that a commit brings, and erases those that nobody may charge any more.
func writeCustomers(tx *bbolt.Tx, c payment.Commit) error {
	if len(c.Customers) == 0 && len(c.Forget) == 0 {
		return nil
	}
	customers, err := tx.CreateBucketIfNotExists([]byte(bucketCustomers))
	if err != nil {
		return fmt.Errorf("customer tokens: %w", err)
	}
	for _, t := range c.Customers {
		if err := writeCustomer(customers, t); err != nil {
			return fmt.Errorf("customer token %s: %w", t.Handle, err)
		}
	}
	for _, e := range c.Forget {
		if err := eraseCustomer(tx, customers, e); err != nil {
			return fmt.Errorf("forget customer token %s: %w", e.Handle, err)
		}
	}
	return nil
}

func writeCustomer(customers *bbolt.Bucket, t payment.CustomerToken) error {
	if t.Handle == "" || len(t.Handle) > maxHandle || len(t.Sealed) == 0 {
		return errors.New("expected a short handle and sealed bytes")
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return customers.Put([]byte(t.Handle), seal(text))
}

// Customer returns the stored token with this handle, and false if there is none.
func (j *Journal) Customer(h payment.Handle) (t payment.CustomerToken, found bool, err error) {
	err = j.view(func(tx *bbolt.Tx) error {
		customers := tx.Bucket([]byte(bucketCustomers))
		if customers == nil {
			return nil
		}
		sealed := customers.Get([]byte(h))
		if sealed == nil {
			return nil
		}
		t, err = readCustomer(h, sealed)
		found = err == nil
		return err
	})
	if err != nil {
		return payment.CustomerToken{}, false, fmt.Errorf("customer token %s: %w", h, err)
	}
	return t, found, nil
}

func readCustomer(h payment.Handle, sealed []byte) (payment.CustomerToken, error) {
	var t payment.CustomerToken
	text, err := unseal(sealed)
	if err != nil {
		return t, damaged(0, "customer token %s: %v", h, err)
	}
	if err := json.Unmarshal(text, &t); err != nil || t.Handle != h {
		return t, damaged(0, "customer token %s is unreadable", h)
	}
	return t, nil
}

// verifyCustomers checks every token against its checksum.
func verifyCustomers(tx *bbolt.Tx) error {
	customers := tx.Bucket([]byte(bucketCustomers))
	if customers == nil {
		return nil
	}
	return customers.ForEach(func(h, sealed []byte) error {
		_, err := readCustomer(payment.Handle(h), sealed)
		return err
	})
}
