// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"encoding/json"
	"fmt"
	"time"
)

// Record is one change of one payment, as the journal keeps it: what happened and what the payment
// became. Folding Step over a payment's events gives After again.
type Record struct {
	At    time.Time
	Event Event
	After Payment
}

// Blob is the erasable part of an intent: its exact bytes, and the session token that goes with them.
// It is stored apart from the records, which hold only its hash.
type Blob struct {
	ID    ID
	Key   Key
	Body  []byte
	Token string // revealed on purpose: it must survive a restart, and is erased with the intent
	// Customer is the stored token that an authorize charges, or the one that the customer of a finalize
	// has just given.
	Customer CustomerToken
	// Reply is what Klarna's answer holds for the shop's own app, kept until the till has the result.
	Reply string
}

// Commit is what must become durable together. Records are in order.
type Commit struct {
	Records []Record
	Blobs   []Blob
	Erase   []Key // intents of payments whose bytes are not needed any more

	Customers []CustomerToken // tokens that Klarna has issued
	Forget    []Erasure       // tokens that nobody may charge any more
}

// Empty reports whether there is nothing to make durable.
func (c Commit) Empty() bool {
	return len(c.Records) == 0 && len(c.Blobs) == 0 && len(c.Erase) == 0 && len(c.Customers) == 0 && len(c.Forget) == 0
}

// Add joins what must become durable together.
func (c *Commit) Add(more Commit) {
	c.Records = append(c.Records, more.Records...)
	c.Blobs = append(c.Blobs, more.Blobs...)
	c.Erase = append(c.Erase, more.Erase...)
	c.Customers = append(c.Customers, more.Customers...)
	c.Forget = append(c.Forget, more.Forget...)
}

// MarshalEvent writes an event's fields as JSON. Its name is Kind.
func MarshalEvent(e Event) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.Kind(), err)
	}
	return b, nil
}

// UnmarshalEvent reads what MarshalEvent wrote under this name.
func UnmarshalEvent(kind string, fields []byte) (Event, error) {
	read, ok := eventReaders()[kind]
	if !ok {
		return nil, fmt.Errorf("event %q: not known to this version", kind)
	}
	e, err := read(fields)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", kind, err)
	}
	return e, nil
}

func eventReaders() map[string]func([]byte) (Event, error) {
	return map[string]func([]byte) (Event, error){
		Asked{}.Kind():            readAs[Asked],
		Intended{}.Kind():         readAs[Intended],
		Unclear{}.Kind():          readAs[Unclear],
		StepUpRequired{}.Kind():   readAs[StepUpRequired],
		ApprovedByKlarna{}.Kind(): readAs[ApprovedByKlarna],
		DeclinedByKlarna{}.Kind(): readAs[DeclinedByKlarna],
		RefusedByKlarna{}.Kind():  readAs[RefusedByKlarna],
		KeyExpired{}.Kind():       readAs[KeyExpired],
		RequestSeen{}.Kind():      readAs[RequestSeen],
		CancelRefused{}.Kind():    readAs[CancelRefused],
		CancelAsked{}.Kind():      readAs[CancelAsked],
		Told{}.Kind():             readAs[Told],
		Offered{}.Kind():          readAs[Offered],
		Confirmed{}.Kind():        readAs[Confirmed],
		Captured{}.Kind():         readAs[Captured],
		GivenBack{}.Kind():        readAs[GivenBack],
		TransactionSeen{}.Kind():  readAs[TransactionSeen],
		Resolved{}.Kind():         readAs[Resolved],
		ReversalAsked{}.Kind():    readAs[ReversalAsked],
		RefundAsked{}.Kind():      readAs[RefundAsked],
		RefundDone{}.Kind():       readAs[RefundDone],
		MoreTime{}.Kind():         readAs[MoreTime],
	}
}

func readAs[E Event](fields []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(fields, &e); err != nil {
		return nil, err
	}
	return e, nil
}
