// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/zvt"
)

const (
	// zvtGrace is how long a payment whose link is gone may be taken up again before a till that asks for
	// the terminal's status makes it end.
	zvtGrace = 20 * time.Second
	// zvtProbe is how long Klarna may take to answer for 06 70.
	zvtProbe = 10 * time.Second
)

// occupied reports whether a payment keeps the lane: on another link, or one of a link that is gone, such as
// that of an earlier process. Nobody waits for the latter any more, so it is made to end.
func (s *zvtSession) occupied() bool {
	if s.z.elsewhereBusy(s) {
		return true
	}
	open, err := s.z.open(s.lane.ID)
	if err != nil {
		s.lane.Log.Error("payments not read", "error", err)
		return true
	}
	grace := zvtGrace
	if s.z.o.Repeat == RepeatAttach {
		grace = attachWithin
	}
	for _, p := range open {
		if !p.Busy() {
			continue
		}
		if time.Since(s.z.left(p.ID.Till)) > grace {
			s.ask(payment.Cancel{ID: p.ID.Till})
			s.disconnect() // this link is not one that waits for it
		}
		return true
	}
	return false
}

// elsewhereBusy reports whether another link of the lane has a payment running.
func (z *ZVT) elsewhereBusy(s *zvtSession) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.owner != nil && z.owner != s
}

// left is when a till was there for a payment last, as far as this process knows.
func (z *ZVT) left(id payment.TillID) time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	at := z.born
	for _, seen := range []zvtBroken{z.broken, z.asked} {
		if seen.id == id && seen.at.After(at) {
			at = seen.at
		}
	}
	return at
}

// asks notes that a till waits for the result of a payment that still runs.
func (z *ZVT) asks(id payment.TillID) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = zvtBroken{id: id, at: time.Now()}
}

// reset is 06 18: what runs is stopped first.
func (s *zvtSession) reset(ctx context.Context) error {
	if err := s.accept(ctx); err != nil {
		return err
	}
	open, err := s.z.open(s.lane.ID)
	if err != nil {
		s.lane.Log.Error("payments not read", "error", err)
		return s.over(ctx, zvt.CodeSystem)
	}
	for _, p := range open {
		if !p.Busy() {
			continue
		}
		outcome, err := s.stop(ctx, p.ID.Till)
		if err != nil {
			return err
		}
		if !unpaid(outcome) {
			return s.over(ctx, zvt.CodeWait)
		}
	}
	return s.finish(ctx, zvt.Completion{})
}

// reaches asks Klarna.
func (s *zvtSession) reaches(ctx context.Context) bool {
	if s.z.o.Probe == nil {
		return true
	}
	ctx, stop := context.WithTimeout(ctx, zvtProbe)
	defer stop()
	err := s.z.o.Probe(ctx)
	if err != nil {
		s.lane.Log.Warn("klarna not reached on the till's wish", "error", err)
	}
	return err == nil
}

// stop cancels a payment and says what it came to. Unknown means that this takes longer than a till waits.
func (s *zvtSession) stop(ctx context.Context, id payment.TillID) (payment.Outcome, error) {
	s.ask(payment.Cancel{ID: id})
	timer := time.NewTimer(zvtClear)
	defer timer.Stop()
	word, err := s.await(ctx, &zvtWait{
		id: id, phase: payment.PhaseCancelling, until: timer.C, take: func(w payment.Word) bool { return concludes(w, id) },
	})
	return tellingOf(word).outcome, err
}

// unpaid reports whether a word promises that there is no charge.
func unpaid(o payment.Outcome) bool {
	switch o {
	case payment.Declined, payment.Cancelled, payment.Expired, payment.Failed, payment.Reversed:
		return true
	case payment.Approved, payment.Unknown:
	}
	return false
}
