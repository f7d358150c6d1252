// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tillbridge/payment"
)

// flightVersion is the one version of a flight record.
const flightVersion = 1

const (
	maxFlight = 16 << 20 // bytes of a file that is read
	maxSteps  = 100_000
	maxKept   = 256 // characters of a text that is kept
)

// hidden stands for a text that is not kept.
const hidden = "…"

// Flight is the record of one payment from the till's first word to its end, made so that it can be given to a
// stranger: nothing that a till, a customer or a member of staff wrote freely is in it, no secret and no card
// number.
type Flight struct {
	Version  int        `json:"version"`
	Software string     `json:"software"`
	Epoch    string     `json:"epoch"` // of the journal
	Payment  payment.ID `json:"payment"`
	Steps    []Step     `json:"steps"`
	// Notes are what was seen outside the journal: words to and from the till, calls to Klarna, screens.
	// They may be missing, and the last ones before a crash are.
	Notes []Note `json:"notes"`
}

// Step is one record of the journal, and what the payment became by it.
type Step struct {
	Seq    uint64          `json:"seq"`
	At     time.Time       `json:"at"`
	Event  string          `json:"event"`
	Fields json.RawMessage `json:"fields"` // of the event, redacted
	After  Standing        `json:"after"`
}

// Standing is what matters of a payment after a step.
type Standing struct {
	State        payment.State   `json:"state"`
	Version      int             `json:"version"`
	Result       payment.Outcome `json:"result,omitempty"`
	Update       payment.Outcome `json:"update,omitempty"`
	Offered      bool            `json:"offered,omitempty"`
	Acknowledged payment.Outcome `json:"acknowledged,omitempty"`
	Reason       payment.Reason  `json:"reason,omitempty"`
	Actions      []string        `json:"actions,omitempty"` // what the state asks for
}

// Note is one thing that was seen from outside. What is made of words of ours and of numbers alone.
type Note struct {
	At   time.Time `json:"at"`
	Who  string    `json:"who"`  // till, klarna or screen
	What string    `json:"what"` // such as "said: pay 16.10 EUR"
	// Times is how often it was seen before something else was, 0 for once.
	Times int `json:"times,omitempty"`
}

// NewFlight redacts a life.
func NewFlight(software, epoch string, l Life, notes []Note) (Flight, error) {
	f := Flight{Version: flightVersion, Software: software, Epoch: epoch, Steps: make([]Step, 0, len(l)), Notes: notes}
	if f.Notes == nil {
		f.Notes = []Note{}
	}
	for _, m := range l {
		fields, err := payment.MarshalEvent(m.Event)
		if err == nil {
			fields, err = redact(fields)
		}
		if err != nil {
			return Flight{}, fmt.Errorf("flight of %s, record %d: %w", m.After.ID, m.Seq, err)
		}
		f.Steps = append(f.Steps, Step{Seq: m.Seq, At: m.At, Event: m.Event.Kind(), Fields: fields, After: standing(m.After)})
	}
	id := l.last().ID
	f.Payment = payment.ID{Lane: id.Lane, Till: payment.TillID(payment.MaskCards(string(id.Till)))}
	return f, nil
}

func standing(p payment.Payment) Standing {
	s := Standing{
		State: p.State, Version: p.Version, Result: p.Result, Update: p.Update, Offered: p.Offered,
		Acknowledged: p.Acknowledged, Reason: p.Reason,
	}
	for _, a := range payment.Pending(p) {
		s.Actions = append(s.Actions, strings.TrimPrefix(fmt.Sprintf("%T", a), "payment."))
	}
	return s
}

// telling names the members of events whose text is ours or Klarna's name of a thing, and tells a stranger
// nothing about a person. The text of every other member is hidden, that of a new one too.
func telling() []string {
	return []string{
		"at", "deadline", "limit", "expires_at", "currency", "reference", "write", "key", "hash", "id", "status", "why",
		"outcome", "as", "request", "capture_id", "refund_id", "refund", "code", "correlation",
	}
}

// redact hides every text of a JSON object that is not telling. Numbers, truth values and the shape stay.
func redact(fields []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(fields))
	d.UseNumber()
	var all any
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	return json.Marshal(hide("", all))
}

func hide(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, of := range v {
			v[key] = hide(key, of)
		}
		return v
	case []any:
		for i, of := range v {
			v[i] = hide(name, of)
		}
		return v
	case string:
		if v != "" && !slices.Contains(telling(), name) {
			return hidden
		}
		return payment.CleanText(v, maxKept)
	}
	return v
}

// Write writes f as one indented JSON object.
func (f Flight) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("write flight of %s: %w", f.Payment, err)
	}
	return nil
}

// ReadFlight reads what Write wrote.
func ReadFlight(r io.Reader) (Flight, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFlight+1))
	if err != nil {
		return Flight{}, fmt.Errorf("flight record: %w", err)
	}
	if len(text) > maxFlight {
		return Flight{}, fmt.Errorf("flight record: expected at most %d bytes", maxFlight)
	}
	var f Flight
	if err := strictly(text, &f); err != nil {
		return Flight{}, fmt.Errorf("flight record: %w", err)
	}
	switch {
	case f.Version != flightVersion:
		return Flight{}, fmt.Errorf("flight record of version %d is not known", f.Version)
	case len(f.Steps) == 0 || len(f.Steps) > maxSteps:
		return Flight{}, errors.New("flight record: expected 1 to 100000 steps")
	}
	return f, nil
}
