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
	// zvtBeat is how often a waiting till hears 04 FF. Some tills give up after 30 s of silence.
	zvtBeat = 5 * time.Second
	// zvtMinutes is T4 as we say it to tills that read it: minutes until the next sign of life.
	zvtMinutes = 3
)

// zvtWait is a dialogue that waits for the engine's word about one payment.
type zvtWait struct {
	id    payment.TillID
	phase payment.Phase
	quiet bool // no 04 FF: the till wants none, or has not been answered yet
	// abortable: a 06 B0 is a wish to cancel the payment. Else it comes too late.
	abortable bool

	due     *time.Timer // the next 04 FF
	probe   bool        // the engine wants to know whether the till is there
	probing bool        // and the open 04 FF asks that
	aborted bool
	// until ends the wait without a word; nil means never.
	until <-chan time.Time
	// take reports whether a word ends the wait.
	take func(payment.Word) bool
}

// await keeps the till waiting until the word has come. Nil means that until came first.
func (s *zvtSession) await(ctx context.Context, w *zvtWait) (payment.Word, error) {
	w.quiet = w.quiet || !s.terms().wants04FF()
	w.due = time.NewTimer(0)
	defer w.due.Stop()
	for {
		e, err := s.either(ctx, w)
		switch {
		case err != nil:
			return nil, err
		case e.late:
			return nil, nil //nolint:nilnil // documented: there is no word
		case e.word != nil:
			if w.take(e.word) {
				return e.word, nil
			}
			s.follow(w, e.word)
		case e.message != nil:
			if err := s.meanwhile(ctx, w, e.message); err != nil {
				return nil, err
			}
		}
	}
}

// either waits for the next thing, and says 04 FF when one is due.
func (s *zvtSession) either(ctx context.Context, w *zvtWait) (zvtEvent, error) {
	for {
		e, err := s.waitBeat(ctx, w.until, w.due.C)
		if err != nil || !e.beat {
			return e, err
		}
		if err := s.beat(ctx, w); err != nil {
			return zvtEvent{}, err
		}
	}
}

// beat says 04 FF, one at a time.
func (s *zvtSession) beat(ctx context.Context, w *zvtWait) error {
	w.due.Reset(zvtBeat)
	if s.open && s.doubtful { // no second answer has come: the one that did was of our 04 FF
		s.open, s.doubtful = false, false
		w.probe = w.probe || w.probing
	}
	if w.quiet || s.open {
		return nil
	}
	s.open, w.probing, w.probe = true, w.probe, false
	return s.say(ctx, s.z.intermediate(w.phase, s.terms()))
}

// follow takes a word that does not end the wait.
func (s *zvtSession) follow(w *zvtWait, word payment.Word) {
	switch word := word.(type) {
	case payment.Progress:
		if word.ID == w.id && word.Phase != w.phase {
			w.phase = word.Phase
			s.soon(w)
		}
	case payment.Cancelling:
		if word.ID == w.id && w.phase != payment.PhaseCancelling {
			w.phase = payment.PhaseCancelling
			s.soon(w)
		}
	case payment.AskHere:
		if word.ID == w.id {
			w.probe = true
			s.soon(w)
		}
	case payment.Accepted, payment.Display, payment.Result, payment.Update, payment.Recorded, payment.Refusal, payment.LaneState,
		payment.Forgotten,
		payment.Refunded:
	}
}

func (s *zvtSession) soon(w *zvtWait) {
	if !s.open {
		w.due.Reset(0)
	}
}

// meanwhile takes what the till says while it waits.
func (s *zvtSession) meanwhile(ctx context.Context, w *zvtWait, m zvt.Message) error {
	if m.Command().Answer() {
		s.answered(w)
		return nil
	}
	if _, abort := m.(zvt.Abort); abort && w.abortable {
		if err := s.accept(ctx); err != nil {
			return err
		}
		if !w.aborted {
			w.aborted = true
			s.ask(payment.Cancel{ID: w.id})
		}
		return nil
	}
	return s.between(ctx, m, zvt.Refused{Code: zvt.CodeNotPossible})
}

// answered takes an answer of the till while it waits. One that may belong to the dialogue before is not
// taken for that of the open 04 FF, nor for a sign that the till is there now.
func (s *zvtSession) answered(w *zvtWait) {
	switch {
	case s.straggles():
		s.straggler = time.Time{}
		s.doubtful = s.open
	case s.open:
		s.open, s.doubtful = false, false
		if w.probing { // it is there, whatever it thinks of our status
			w.probing = false
			s.ask(payment.Here{ID: w.id})
		}
		if w.probe {
			w.due.Reset(0)
		}
	}
}

// straggles reports whether an answer of the dialogue before may still come.
func (s *zvtSession) straggles() bool {
	return !s.straggler.IsZero() && time.Now().Before(s.straggler)
}

// settle waits until the open 04 FF has been answered. False means that it was not in time, so that no
// 04 0F may leave on this link.
func (s *zvtSession) settle(ctx context.Context, patience time.Duration) (bool, error) {
	if s.doubtful {
		patience = min(patience, zvtAnswer)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for s.open {
		answer, err := s.answer(ctx, timer.C)
		switch {
		case err != nil:
			return false, err
		case answer == nil && !s.doubtful:
			return false, nil
		case s.straggles():
			s.straggler, s.doubtful = time.Time{}, true
			timer.Reset(zvtAnswer)
			continue
		}
		s.open, s.doubtful = false, false
	}
	return true, nil
}

// silence waits until no answer of the dialogue before can come any more: the next one must be the
// acknowledgement and nothing else.
func (s *zvtSession) silence(ctx context.Context) error {
	if !s.straggles() {
		return nil
	}
	timer := time.NewTimer(time.Until(s.straggler))
	defer timer.Stop()
	_, err := s.answer(ctx, timer.C)
	s.straggler = time.Time{}
	return err
}

// answer waits for an answer of the till. Nil is silence, or a line on which ours did not arrive.
func (s *zvtSession) answer(ctx context.Context, late <-chan time.Time) (zvt.Message, error) {
	for {
		e, err := s.wait(ctx, late)
		switch {
		case err != nil || e.late || e.lost:
			return nil, err
		case e.message == nil:
		case e.message.Command().Answer():
			return e.message, nil
		default:
			if err := s.between(ctx, e.message, zvt.Refused{Code: zvt.CodeNotPossible}); err != nil {
				return nil, err
			}
		}
	}
}

// recorded waits for the engine's word about something that it was just asked. Nil means that it took
// longer than a till waits.
func (s *zvtSession) recorded(ctx context.Context, take func(payment.Word) bool) (payment.Word, error) {
	timer := time.NewTimer(zvtRecorded)
	defer timer.Stop()
	for {
		e, err := s.wait(ctx, timer.C)
		switch {
		case err != nil:
			return nil, err
		case e.late:
			return nil, nil //nolint:nilnil // documented: there is no word
		case e.word != nil && take(e.word):
			return e.word, nil
		case e.message != nil && !e.message.Command().Answer():
			if err := s.between(ctx, e.message, zvt.Refused{Code: zvt.CodeNotPossible}); err != nil {
				return nil, err
			}
		}
	}
}

// confirm tells the engine what the till made of a word, and waits until that is on disk.
func (s *zvtSession) confirm(ctx context.Context, c payment.Confirm) error {
	_, err := s.confirmed(ctx, c)
	return err
}

// confirmed does the same, and reports whether the engine took it: not if the sale was settled in another way
// meanwhile.
func (s *zvtSession) confirmed(ctx context.Context, c payment.Confirm) (bool, error) {
	s.ask(c)
	word, err := s.recorded(ctx, func(w payment.Word) bool {
		switch w := w.(type) {
		case payment.Recorded:
			return w.ID == c.ID
		case payment.Refusal:
			return w.ID == c.ID
		case payment.Accepted, payment.Display, payment.Progress, payment.AskHere, payment.Cancelling, payment.Result,
			payment.Update, payment.LaneState, payment.Forgotten,
			payment.Refunded:
		}
		return false
	})
	_, refused := word.(payment.Refusal)
	return !refused, err
}

// intermediate is a 04 FF. Its own text goes only to tills that take containers.
func (z *ZVT) intermediate(p payment.Phase, t zvtTerms) zvt.IntermediateStatus {
	code, text := zvt.StateWait, ""
	switch p {
	case payment.PhaseCreating, "":
	case payment.PhaseWaiting:
		code, text = zvt.StateDisplay, z.either("Bitte QR-Code scannen", "Please scan the QR code")
	case payment.PhaseScanned:
		code, text = zvt.StateHost, z.either("Kunde bezahlt", "Customer is paying")
	case payment.PhaseConfirming:
		code, text = zvt.StateHost, z.either("Wird bestätigt", "Being confirmed")
	case payment.PhaseCancelling:
		code, text = zvt.StateReversing, z.either("Wird abgebrochen", "Being cancelled")
	case payment.PhaseChecking:
		code, text = zvt.StateConnecting, z.either("Ausgang wird geprüft", "Outcome being checked")
	}
	if !t.TLV || text == "" {
		return zvt.IntermediateStatus{Status: code}
	}
	return zvt.IntermediateStatus{
		Status: zvt.StateText, Minutes: zvt.Some[byte](zvtMinutes), TLV: &zvt.Container{Display: []string{text}},
	}
}

func (z *ZVT) either(german, english string) string {
	if z.wishes().Language == "de" {
		return german
	}
	return english
}
