// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tillbridge/payment"
)

type edge struct{ from, to payment.State }

// walk is what became of the cells: outcomes per state and kind, and the edges that were taken.
type walk struct {
	cells map[payment.State]map[string][]string
	taken map[edge]bool
}

// TestStepWalksEveryStateAndEvent meets payments of every state with events of every kind. The result
// is testdata/matrix.txt: one row for each state, one column for each event.
func TestStepWalksEveryStateAndEvent(t *testing.T) {
	w := walk{make(map[payment.State]map[string][]string), make(map[edge]bool)}
	for _, s := range stories() {
		p := life(t, s.events...)
		for _, e := range candidates(p) {
			w.meet(t, s.name, p, e)
		}
	}
	for _, s := range payment.States() {
		for _, next := range payment.Next(s) {
			if !w.taken[edge{s, next}] {
				t.Errorf("Next has %s -> %s, but no event led there", s, next)
			}
		}
		for _, kind := range kinds() {
			if len(w.cells[s][kind]) == 0 {
				t.Errorf("no %s event met state %s", kind, s)
			}
		}
	}
	golden(t, "matrix.txt", w.matrix())
}

// meet takes one step and holds it to what is true of every step.
func (w walk) meet(t *testing.T, name string, p payment.Payment, e payment.Event) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: Step(%s, %+v) panicked: %v", name, p.State, e, r)
		}
	}()
	before := deepCopy(p)
	next, actions, err := payment.Step(p, e)
	if !reflect.DeepEqual(p, before) {
		t.Errorf("%s: Step(%s, %+v) modified its argument", name, p.State, e)
	}
	switch {
	case err != nil:
		w.refused(t, name, p, e, next, actions, err)
		w.note(p.State, e, "-")
	case next.Version == p.Version:
		if !reflect.DeepEqual(next, p) || actions != nil {
			t.Errorf("%s: Step(%s, %+v) changed nothing, but returned %+v and %s", name, p.State, e, next, asks(actions))
		}
		w.note(p.State, e, "=")
	default:
		w.changed(t, name, p, e, next, actions)
		w.note(p.State, e, next.State.String())
	}
}

func (w walk) refused(t *testing.T, name string, p payment.Payment, e payment.Event, next payment.Payment, actions []payment.Action, err error) {
	t.Helper()
	refusal, ok := errors.AsType[*payment.TransitionError](err)
	if !ok || refusal.From != p.State || refusal.Event != e.Kind() {
		t.Errorf("%s: Step(%s, %+v) = %v, want a TransitionError that names both", name, p.State, e, err)
	}
	if !reflect.DeepEqual(next, p) || actions != nil {
		t.Errorf("%s: Step(%s, %+v) was refused, but returned %+v and %s", name, p.State, e, next, asks(actions))
	}
}

func (w walk) changed(t *testing.T, name string, p payment.Payment, e payment.Event, next payment.Payment, actions []payment.Action) {
	t.Helper()
	if next.State != p.State {
		if !p.State.May(next.State) {
			t.Errorf("%s: Step(%s, %+v) led to %s, which Next does not have", name, p.State, e, next.State)
		}
		w.taken[edge{p.State, next.State}] = true
	}
	if !reflect.DeepEqual(actions, payment.Pending(next)) {
		t.Errorf("%s: Step(%s, %+v) asks for %s, want what Pending derives: %s",
			name, p.State, e, asks(actions), asks(payment.Pending(next)))
	}
	unversioned := next
	unversioned.Version = p.Version
	if reflect.DeepEqual(unversioned, p) {
		t.Errorf("%s: Step(%s, %+v) counted a version without a change", name, p.State, e)
	}
	if next.ID != p.ID {
		t.Errorf("%s: Step(%s, %+v) renamed the payment to %s", name, p.State, e, next.ID)
	}
}

func (w walk) note(s payment.State, e payment.Event, outcome string) {
	if w.cells[s] == nil {
		w.cells[s] = make(map[string][]string)
	}
	if !slices.Contains(w.cells[s][e.Kind()], outcome) {
		w.cells[s][e.Kind()] = append(w.cells[s][e.Kind()], outcome)
	}
}

// matrix writes the cells with "-" for refused, "=" for no change, and else the states that follow.
func (w walk) matrix() string {
	rows := [][]string{append([]string{"state"}, kinds()...)}
	for _, s := range payment.States() {
		row := []string{s.String()}
		for _, kind := range kinds() {
			outcomes := slices.Sorted(slices.Values(w.cells[s][kind]))
			row = append(row, strings.Join(outcomes, "/"))
		}
		rows = append(rows, row)
	}
	return "# What payment.Step makes of each event (columns) in each state (rows), over all representative payments.\n" +
		"# \"-\" refused, \"=\" nothing changes, a state's name: the payment changes and is then there.\n" +
		table(rows)
}

func table(rows [][]string) string {
	width := make(map[int]int)
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", width[i], cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// kinds lists the names of all events in the order of life.
func kinds() []string {
	var names []string
	for _, e := range allEvents() {
		names = append(names, e.Kind())
	}
	return names
}

// deepCopy copies what a payment points to as well, so that a write through it is seen.
func deepCopy(p payment.Payment) payment.Payment {
	p.Order.Lines = slices.Clone(p.Order.Lines)
	p.Refunds = slices.Clone(p.Refunds)
	return p
}

func TestEveryStateHasAStory(t *testing.T) {
	count := make(map[payment.State]int)
	for _, s := range stories() {
		count[life(t, s.events...).State]++
	}
	if got := len(count); got != len(payment.States()) {
		t.Errorf("the stories end in %d states, want %d: %v", got, len(payment.States()), slices.Collect(maps.Keys(count)))
	}
}
