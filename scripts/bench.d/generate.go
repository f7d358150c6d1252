// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tillbridge/payment"
	"tillbridge/store"
)

// life is what happens to a payment of a journal that is made, not lived.
type life func(id payment.ID, at time.Time) []payment.Event

// wholeSale is a sale up to its capture: eleven records.
func wholeSale(id payment.ID, at time.Time) []payment.Event {
	intend := func(w payment.Write) payment.Intended {
		sum := sha256.Sum256([]byte(id.String() + string(w)))
		return payment.Intended{At: at, Intent: payment.Intent{
			Write: w, Key: payment.Key(string(w) + "/" + id.String()), Hash: hex.EncodeToString(sum[:]), Attempt: 1, At: at,
		}}
	}
	authorize, finalize, capture := intend(payment.WriteAuthorize), intend(payment.WriteFinalize), intend(payment.WriteCapture)
	request := payment.Request{ID: payment.RequestID("krn:payment:eu1:request:" + id.String()), URL: target(at.UnixNano()), ExpiresAt: at.Add(30 * time.Minute)}
	seen := func(s payment.RequestStatus) payment.RequestSeen {
		return payment.RequestSeen{At: at, Request: request.ID, Status: s}
	}
	accepted := seen(payment.RequestCompleted)
	accepted.TokenHash = authorize.Intent.Hash
	return []payment.Event{
		intake(id, at), authorize,
		payment.StepUpRequired{Key: authorize.Intent.Key, Request: request, Deadline: at.Add(5 * time.Minute), DeadlineOpen: true},
		seen(payment.RequestInProgress), accepted, finalize,
		payment.ApprovedByKlarna{At: at, Key: finalize.Intent.Key, Transaction: payment.Transaction{
			ID: payment.TransactionID("krn:payment:eu1:transaction:" + id.String()), Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Reference: "ref-" + id.String(),
		}},
		payment.Offered{At: at},
		payment.Confirmed{At: at, Outcome: payment.Approved, OK: true},
		capture,
		payment.Captured{At: at, Key: capture.Intent.Key, CaptureID: "capture-" + id.String()},
	}
}

// shortSale is one that was cancelled before anything left: two records.
func shortSale(id payment.ID, at time.Time) []payment.Event {
	return []payment.Event{intake(id, at), payment.CancelAsked{At: at, Why: payment.WhyTill}}
}

func intake(id payment.ID, at time.Time) payment.Asked {
	return payment.Asked{
		At: at, Reference: "ref-" + id.String(), Deadline: at.Add(5 * time.Minute), Limit: at.Add(10 * time.Minute),
		Order: payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "R1"},
	}
}

var errNotFinal = errors.New("a made payment did not end")

// lived is a payment's records.
func lived(id payment.ID, at time.Time, l life) ([]payment.Record, error) {
	p := payment.Payment{ID: id}
	var all []payment.Record
	for _, e := range l(id, at) {
		next, _, err := payment.Step(p, e)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", id, err)
		}
		p = next
		all = append(all, payment.Record{At: at, Event: e, After: p})
	}
	if !p.State.Final() && p.State != payment.StateCaptured {
		return nil, fmt.Errorf("%s is %s: %w", id, p.State, errNotFinal)
	}
	return all, nil
}

// generate makes a journal of so many payments, spread over the days up to now. Large transactions make it fast;
// everything else is the journal's own doing.
func generate(folder string, payments int, over time.Duration, l life) (path string, err error) {
	if err = os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path = filepath.Join(folder, "journal.db")
	j, err := store.Open(path, store.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	const together = 1_000 // records in one transaction: a larger one leaves a list of free pages that every commit writes
	began := time.Now().UTC().Add(-over)
	var c payment.Commit
	for n := range payments {
		id := payment.ID{Lane: payment.LaneID(fmt.Sprintf("lane-%d", n%8+1)), Till: payment.TillID(fmt.Sprintf("G%07d", n))}
		records, err := lived(id, began.Add(time.Duration(float64(over)*float64(n)/float64(payments))), l)
		if err != nil {
			return "", err
		}
		c.Records = append(c.Records, records...)
		if len(c.Records) >= together || n == payments-1 {
			if err = j.Commit(c); err != nil {
				return "", err
			}
			c.Records = c.Records[:0]
		}
	}
	return path, nil
}
