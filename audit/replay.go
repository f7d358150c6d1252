// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strconv"
	"strings"

	"tillbridge/payment"
)

// Deviation is the first step that the state machine takes otherwise than it was recorded.
type Deviation struct {
	Step     int // counted from 1
	Seq      uint64
	Event    string
	What     string // the member that differs
	Was, Is  string
	Recorded Standing
	Now      Standing // zero where the event is refused
}

// String is the deviation in one line.
func (d Deviation) String() string {
	return fmt.Sprintf("step %d, record %d, %s: %s was %s and is %s", d.Step, d.Seq, d.Event, d.What, d.Was, d.Is)
}

// Replay feeds a flight to the state machine of this version. It is nil if every step leads where it led.
// An error means that the file is not one that can be played.
func Replay(f Flight) (*Deviation, error) {
	p := payment.Payment{ID: f.Payment}
	for i, s := range f.Steps {
		d := Deviation{Step: i + 1, Seq: s.Seq, Event: s.Event, Recorded: s.After}
		e, err := payment.UnmarshalEvent(s.Event, s.Fields)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		next, _, err := payment.Step(p, e)
		if err != nil {
			d.What, d.Was, d.Is = "the event", "taken", "refused: "+err.Error()
			return &d, nil //nolint:nilerr // that is what was asked for
		}
		p = next
		d.Now = standing(p)
		if d.differs() {
			return &d, nil
		}
	}
	return nil, nil //nolint:nilnil // no deviation and no error is what everybody hopes for
}

// differs finds the first member that is not as it was.
func (d *Deviation) differs() bool {
	was, is := d.Recorded.members(), d.Now.members()
	for i, m := range was {
		if m != is[i] {
			d.What, d.Was, d.Is = m.name, strconv.Quote(m.value), strconv.Quote(is[i].value)
			return true
		}
	}
	return false
}

type member struct{ name, value string }

func (s Standing) members() []member {
	return []member{
		{"state", s.State.String()},
		{"version", strconv.Itoa(s.Version)},
		{"result", string(s.Result)},
		{"update", string(s.Update)},
		{"offered", strconv.FormatBool(s.Offered)},
		{"acknowledged", string(s.Acknowledged)},
		{"reason", string(s.Reason)},
		{"actions", strings.Join(s.Actions, " ")},
	}
}
