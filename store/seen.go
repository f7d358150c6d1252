// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// seenDays: today and the two days before cover at least 48 hours. Klarna repeats an undelivered
	// webhook for less than that.
	seenDays = 3
	// maxSeen bounds the ids remembered per day. Beyond it every event counts as fresh, which costs one
	// read at Klarna: an event is only ever a hint.
	maxSeen = 20_000
)

// SeenEvent remembers a webhook event's id for at least 48 hours, and reports whether it is fresh.
func (j *Journal) SeenEvent(id string, at time.Time) (fresh bool, err error) {
	days := seenOn(at)
	known, err := j.knowsEvent(id, days)
	if err != nil {
		return false, fmt.Errorf("webhook event: %w", err)
	}
	if known {
		return false, nil // a replay costs no write
	}
	err = j.update(func(tx *bbolt.Tx) error {
		fresh, err = remember(tx.Bucket([]byte(bucketSeen)), id, days)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("webhook event: %w", err)
	}
	return fresh, nil
}

// seenOn is the days that count at an instant, newest first.
func seenOn(at time.Time) []string {
	days := make([]string, 0, seenDays)
	for i := range seenDays {
		days = append(days, at.UTC().AddDate(0, 0, -i).Format(time.DateOnly))
	}
	return days
}

func (j *Journal) knowsEvent(id string, days []string) (known bool, err error) {
	err = j.view(func(tx *bbolt.Tx) error {
		known = knows(tx.Bucket([]byte(bucketSeen)), id, days)
		return nil
	})
	return known, err
}

func knows(seen *bbolt.Bucket, id string, days []string) bool {
	return slices.ContainsFunc(days, func(day string) bool {
		b := seen.Bucket([]byte(day))
		return b != nil && b.Get(digest(id)) != nil
	})
}

// remember files an id under the first of days and forgets every other day that is not among them.
func remember(seen *bbolt.Bucket, id string, days []string) (fresh bool, err error) {
	if knows(seen, id, days) {
		return false, nil
	}
	today, err := seen.CreateBucketIfNotExists([]byte(days[0]))
	if err != nil {
		return false, err
	}
	count, err := today.NextSequence()
	if err != nil || count > maxSeen {
		return true, err
	}
	if err = today.Put(digest(id), []byte{1}); err != nil {
		return false, err
	}
	var old [][]byte
	err = seen.ForEachBucket(func(day []byte) error {
		if !slices.Contains(days, string(day)) {
			old = append(old, slices.Clone(day))
		}
		return nil
	})
	for _, day := range old {
		if err == nil {
			err = seen.DeleteBucket(day)
		}
	}
	return true, err
}
