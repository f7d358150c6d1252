// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
)

// Evidence is the journal that closes are compared with.
type Evidence interface {
	// Basis is the journal as it is now.
	Basis() (Journal, error)
	// Hash is the hash of a record that is in the journal, or of the last one that retention has removed.
	Hash(seq uint64) (string, error)
	// Totals adds up a span of records that are all in the journal.
	Totals(s Span) ([]LaneTotals, error)
}

// CloseError is the first close that is not what it should be.
type CloseError struct {
	Number int // of the close, counted from 1
	Why    string
}

// Error implements error.
func (e *CloseError) Error() string { return fmt.Sprintf("close %d: %s", e.Number, e.Why) }

// Checked is what is true of closes that were found to be whole.
type Checked struct {
	Closes int
	Key    PublicKey // nil if there are none
	Last   Sealed
}

// Check checks every close of a journal, in order: signatures, one key, numbers and hashes without gaps, the
// record that each one names, and the totals of those whose records are still there. A key that is not nil is
// the one that must have signed. The error is a *CloseError for the first close that is wrong.
func Check(files [][]byte, key PublicKey, ev Evidence) (Checked, error) {
	var done Checked
	j, err := ev.Basis()
	if err != nil {
		return done, err
	}
	for i, file := range files {
		wrong := func(format string, args ...any) error {
			return &CloseError{Number: i + 1, Why: fmt.Sprintf(format, args...)}
		}
		s, err := Open(file)
		if err != nil {
			return done, wrong("%v", err)
		}
		if key == nil {
			key = s.Key
		}
		switch {
		case !bytes.Equal(s.Key, key):
			return done, wrong("it is signed by another key, %s", FormatPublic(s.Key))
		case s.Close.Epoch != j.Epoch:
			return done, wrong("it is about another journal, %s", s.Close.Epoch)
		}
		if why := s.follows(done.Last); why != "" {
			return done, wrong("%s", why)
		}
		why, err := s.Close.agrees(j, ev)
		if err != nil {
			return done, err
		}
		if why != "" {
			return done, wrong("%s", why)
		}
		done = Checked{Closes: i + 1, Key: key, Last: s}
	}
	return done, nil
}

// follows is why s is not the close after before, or "".
func (s Sealed) follows(before Sealed) string {
	c, last := s.Close, before.Close
	switch {
	case c.Number != last.Number+1:
		return fmt.Sprintf("close %d lies in its place", c.Number)
	case c.Previous != before.Hash:
		return "it does not follow the close before"
	case c.Number > 1 && c.First <= last.Last:
		return "it counts records that the close before has counted"
	}
	return ""
}

// agrees is what the journal says against c, or "". Nothing can be said of what retention has removed.
func (c Close) agrees(j Journal, ev Evidence) (string, error) {
	if c.Last > j.Head {
		return fmt.Sprintf("it ends with record %d, and the journal with record %d: records are missing", c.Last, j.Head), nil
	}
	if c.Last < j.Removed {
		return "", nil
	}
	hash, err := ev.Hash(c.Last)
	if err != nil {
		return "", err
	}
	if hash != c.Head {
		return fmt.Sprintf("record %d is not the one that it was signed over", c.Last), nil
	}
	if c.Span().After < j.Removed {
		return "", nil
	}
	lanes, err := ev.Totals(c.Span())
	if err != nil {
		return "", err
	}
	if !reflect.DeepEqual(busy(lanes), busy(c.Lanes)) {
		return "its totals are not those of its records", nil
	}
	return "", nil
}

// busy is the lanes that took something.
func busy(lanes []LaneTotals) []LaneTotals {
	return slices.DeleteFunc(slices.Clone(lanes), func(l LaneTotals) bool { return len(l.Sums) == 0 })
}
