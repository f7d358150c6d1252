// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// Notes from the reader to the writer. They stand in the queue before the answers that they are about.
type (
	// look says what the next lane state answers: a ping or a hello.
	look struct {
		hello bool
		n     int64
	}
	// asked says that a status was asked for; "" is the last payment.
	asked struct{ id payment.TillID }
	// confirms says that the till itself confirms this payment.
	confirms struct{ id payment.TillID }
	// wants says in which forms the till wants the code.
	wants struct {
		id    payment.TillID
		forms []string
	}
)

// maxNotes bounds each list of notes; the oldest goes first. The bridge answers in order, so that more
// are only there while it is far behind.
const maxNotes = 64

// writer turns words into lines. Its goroutine does, or the reader where it can.
type writer struct {
	s    *session
	slow watch
	beat *time.Ticker

	turn     chan struct{} // holds one while somebody writes, who may use what follows
	terms    terms
	running  payment.TillID // the payment that a heartbeat is for
	looks    []look
	asked    []payment.TillID
	confirms []payment.TillID
	wants    wants
}

func newWriter(s *session) *writer {
	w := &writer{s: s, slow: watch{late: s.close}, beat: time.NewTicker(time.Hour), turn: make(chan struct{}, 1)}
	w.beat.Stop()
	return w
}

// run writes until the link breaks, the reader has ended or ctx ends.
func (w *writer) run(ctx context.Context) {
	defer w.beat.Stop()
	for {
		select {
		case <-w.s.queue.filled:
			if !w.drain() {
				return
			}
		case <-w.beat.C:
			if !w.alive() {
				return
			}
		case <-w.s.over:
			w.drain()
			return
		case <-ctx.Done():
			if w.drain() {
				w.close()
			}
			return
		}
	}
}

// drain writes everything that is waiting, such as the reason why the link ends, and reports whether it still works.
func (w *writer) drain() bool {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	return w.empty()
}

// help writes what is waiting on the goroutine of the reader, unless the writer is at it.
func (w *writer) help() {
	select {
	case w.turn <- struct{}{}:
	default:
		w.s.queue.wake()
		return
	}
	defer func() { <-w.turn }()
	if !w.empty() {
		w.s.close()
	}
}

func (w *writer) empty() bool {
	for all := w.s.queue.take(); len(all) > 0; all = w.s.queue.take() {
		for _, i := range all {
			if !w.item(i) {
				return false
			}
		}
	}
	return true
}

func (w *writer) alive() bool {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	return w.running == "" || w.write(native.Alive{})
}

func (w *writer) close() {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	w.write(native.Notice{State: "closing"})
}

// item handles one thing of the queue, and reports whether the link still works.
func (w *writer) item(i item) bool {
	switch i := i.(type) {
	case terms:
		w.terms = i
		w.keepalive(i.keepalive)
	case look:
		w.looks = newest(append(w.looks, i))
	case asked:
		w.asked = newest(append(w.asked, i.id))
	case confirms:
		w.confirms = newest(append(w.confirms, i.id))
	case wants:
		w.wants = i
	case native.Event:
		return w.write(i)
	case payment.Word:
		return w.word(i)
	}
	return true
}

func newest[T any](all []T) []T { return all[max(len(all)-maxNotes, 0):] }

func (w *writer) keepalive(seconds int64) {
	w.beat.Stop()
	if seconds > 0 {
		w.beat.Reset(time.Duration(seconds) * time.Second)
	}
}

// word writes one word, in the form in which it was asked for.
func (w *writer) word(word payment.Word) bool {
	switch word := word.(type) {
	case payment.LaneState:
		return w.laneState(word)
	case payment.Display:
		return w.write(w.s.native.display(word, w.forms(word.ID)))
	case payment.Recorded:
		// A till that cannot confirm does not expect an answer to our confirming for it.
		if found := take(&w.confirms, word.ID); w.s.lane.AckOnWrite && !found {
			return true
		}
	case payment.Accepted:
		w.running = word.ID
	case payment.Progress:
		w.running = word.ID
		if w.answers(word.ID) {
			return w.write(w.s.native.state(word))
		}
	case payment.Result:
		return w.result(word)
	case payment.Update:
		return w.update(word)
	case payment.Refusal:
		take(&w.asked, word.ID)
	case payment.AskHere, payment.Cancelling, payment.Forgotten,
		payment.Refunded:
	}
	return w.write(w.s.native.event(word))
}

// result: only what was told before may be the answer to a status; the one result is always a result.
func (w *writer) result(r payment.Result) bool {
	w.ended(r.ID)
	e := w.s.native.event(r)
	if r.Replay && w.answers(r.ID) {
		e = w.s.native.state(r)
	}
	if !w.write(e) {
		return false
	}
	w.acknowledge(e)
	return true
}

func (w *writer) update(u payment.Update) bool {
	w.ended(u.ID)
	e := w.s.native.event(u)
	if u.Replay && w.answers(u.ID) {
		e = w.s.native.state(u)
	}
	if !w.write(e) {
		return false
	}
	w.acknowledge(e)
	return true
}

// acknowledge confirms an approval that has left and stands, where the lane is set so.
func (w *writer) acknowledge(e native.Event) {
	if yes, stands := yesTo(e); stands && w.s.lane.AckOnWrite {
		<-w.s.linked // the bridge may have said it before Connect returned
		w.s.lane.Bridge.Ask(w.s.id(), yes)
	}
}

func (w *writer) ended(id payment.TillID) {
	if w.running == id {
		w.running = ""
	}
}

// answers reports whether a word about id is the answer to a status, and uses that up.
func (w *writer) answers(id payment.TillID) bool { return take(&w.asked, id) || take(&w.asked, "") }

// take removes the first id from the list, and reports whether it was there.
func take(list *[]payment.TillID, id payment.TillID) bool {
	for i, have := range *list {
		if have == id {
			*list = append((*list)[:i:i], (*list)[i+1:]...)
			return true
		}
	}
	return false
}

func (w *writer) forms(id payment.TillID) []string {
	if w.wants.id != id {
		return nil
	}
	return w.wants.forms
}

// laneState answers the oldest open question, or is news.
func (w *writer) laneState(l payment.LaneState) bool {
	if len(w.looks) == 0 {
		return w.write(w.s.native.event(l))
	}
	first := w.looks[0]
	w.looks = w.looks[1:]
	if first.hello {
		return w.write(w.s.native.welcome(l))
	}
	return w.write(native.Pong{N: first.n, Time: stamp(time.Now()), State: l.State})
}

// write sends one message, in time or never: a till that does not take it loses its link.
func (w *writer) write(e native.Event) bool {
	line := native.AppendLine(nil, e, w.terms.checked)
	patience := writeWait
	if w.s.lane.Lasting {
		patience += time.Duration(len(line)) * slowByte
	}
	w.slow.begin(patience)
	defer w.slow.end()
	_, err := w.s.rwc.Write(line)
	w.trace(e, len(line), err)
	return err == nil
}

// trace logs what is safe of an event.
func (w *writer) trace(e native.Event, length int, err error) {
	if !w.s.traced {
		return // a line of the log costs more than the message
	}
	args := []any{"direction", "out", "name", e.Type(), "length", length}
	switch e := e.(type) {
	case native.Accepted:
		args = append(args, "id", e.ID)
	case native.Display:
		args = append(args, "id", e.ID)
	case native.Progress:
		args = append(args, "id", e.ID, "phase", e.Phase)
	case native.Ask:
		args = append(args, "id", e.ID)
	case native.Cancelling:
		args = append(args, "id", e.ID)
	case native.Result:
		args = append(args, "id", e.ID, "outcome", e.Outcome, "replay", e.Replay)
	case native.Update:
		args = append(args, "id", e.ID, "outcome", e.Outcome)
	case native.State:
		args = append(args, "id", e.ID, "outcome", e.Outcome, "phase", e.Phase)
	case native.Confirmed:
		args = append(args, "id", e.ID, "outcome", e.Outcome, "ok", e.OK)
	case native.Error:
		args = append(args, "id", e.ID, "code", e.Code)
	case native.Notice:
		args = append(args, "state", e.State)
	case native.Refunded:
		args = append(args, "id", e.ID, "outcome", e.Outcome, "replay", e.Replay)
	case native.Welcome, native.Pong, native.Alive, native.Forgotten, native.Sums:
	}
	if err != nil {
		args = append(args, "error", err)
	}
	w.s.lane.Log.Debug("wire", args...)
}
