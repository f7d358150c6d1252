// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// verdict is what a word means for a request that waits.
type verdict int

const (
	other  verdict = iota // not the answer
	news                  // the answer if nothing better comes
	final                 // the answer
	failed                // a refusal
)

func is[T payment.Word](w payment.Word) bool {
	_, ok := w.(T)
	return ok
}

// body reads one object about the payment in the address. It has answered if it returns false.
func (l *web) body(w http.ResponseWriter, r *http.Request, kind string) (native.Request, bool) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, native.MaxLine))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			answer(w, http.StatusRequestEntityTooLarge, native.Error{Code: native.CodeTooLarge, Text: "expected at most 65536 bytes"})
		}
		return nil, false
	}
	q, err := native.ParseBody(kind, r.PathValue("id"), text)
	if bad, ok := errors.AsType[*native.SyntaxError](err); ok {
		answer(w, statusOf(bad), l.Native.syntax(bad))
		return nil, false
	}
	return q, err == nil
}

// id is the payment in the address, byte for byte. It has answered if it returns false.
func (l *web) id(w http.ResponseWriter, r *http.Request) (payment.TillID, bool) {
	id := payment.TillID(r.PathValue("id"))
	if err := id.Check(); err != nil {
		answer(w, http.StatusBadRequest, l.Native.syntax(&native.SyntaxError{
			Code: native.CodeBadRequest, Path: "id", Why: "expected 1 to 64 printable ASCII characters",
		}))
		return "", false
	}
	return id, true
}

func (l *web) pay(w http.ResponseWriter, r *http.Request) {
	q, ok := l.body(w, r, "pay")
	pay, fits := q.(native.Pay)
	if !ok || !fits {
		return
	}
	order, refusal := l.Native.order(pay)
	if refusal != nil {
		answer(w, http.StatusUnprocessableEntity, *refusal)
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	id := payment.TillID(pay.ID)
	c.ask(payment.Pay{ID: id, Order: order})
	c.reply(ctx, w, c.first(ctx, id, func(word payment.Word) bool { return weigh(word) != other }))
}

func (l *web) cancel(w http.ResponseWriter, r *http.Request) {
	id, ok := l.id(w, r)
	if !ok {
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(payment.Cancel{ID: id})
	c.reply(ctx, w, c.first(ctx, id, func(word payment.Word) bool {
		return is[payment.Cancelling](word) || is[payment.Result](word) || is[payment.Update](word)
	}))
}

func (l *web) confirm(w http.ResponseWriter, r *http.Request) {
	q, ok := l.body(w, r, "confirm")
	confirm, fits := q.(native.Confirm)
	if !ok || !fits {
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	id := payment.TillID(confirm.ID)
	c.ask(payment.Confirm{ID: id, Outcome: payment.Outcome(confirm.Outcome), OK: confirm.OK})
	c.reply(ctx, w, c.first(ctx, id, is[payment.Recorded]))
}

func (l *web) look(w http.ResponseWriter, r *http.Request) {
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(payment.Look{})
	word := c.first(ctx, "", is[payment.LaneState])
	if state, ok := word.(payment.LaneState); ok {
		answer(w, http.StatusOK, l.Native.welcome(state))
		return
	}
	c.reply(ctx, w, word)
}

// first waits for the first word about id that is an answer. A refusal always is. Nil means that none
// came in time.
func (c *call) first(ctx context.Context, id payment.TillID, answers func(payment.Word) bool) payment.Word {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	for {
		select {
		case word := <-c.words:
			if about(word) == id && (is[payment.Refusal](word) || answers(word)) {
				return word
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// reply answers with one word. Without one nothing is known, and nothing is said that could be taken
// for a no.
func (c *call) reply(ctx context.Context, w http.ResponseWriter, word payment.Word) {
	status := http.StatusOK
	switch word := word.(type) {
	case nil:
		if ctx.Err() == nil {
			answer(w, http.StatusGatewayTimeout, native.Error{Code: native.CodeUnavailable, Text: "no answer yet: ask for the payment's status"})
		}
		return
	case payment.Accepted:
		status = http.StatusCreated
	case payment.Cancelling:
		status = http.StatusAccepted
	case payment.Refusal:
		status = code(word.Reason)
	case payment.Display, payment.Progress, payment.AskHere, payment.Result, payment.Update, payment.Recorded, payment.LaneState,
		payment.Forgotten,
		payment.Refunded:
	}
	e := c.lane.Native.event(word)
	if answer(w, status, e) {
		c.acknowledge(e)
	}
}

// status answers with the last word, at once or when there is a new result.
func (l *web) status(w http.ResponseWriter, r *http.Request) {
	id, ok := l.id(w, r)
	if !ok {
		return
	}
	wait, ok := waitOf(r)
	if !ok {
		answer(w, http.StatusBadRequest, native.Error{ID: string(id), Code: native.CodeBadRequest, Text: "wait: expected whole seconds, 0 to 60"})
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(payment.Status{ID: id})
	c.ask(payment.Look{}) // its answer comes behind all of the status
	word := c.last(ctx, id, wait)
	if word == nil || is[payment.Refusal](word) {
		c.reply(ctx, w, word)
		return
	}
	e := c.completed(l.Native.state(word))
	if answer(w, http.StatusOK, e) {
		c.acknowledge(e)
	}
}

// waitOf reads the query's wait, cut at maxWait.
func waitOf(r *http.Request) (time.Duration, bool) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return 0, true
	}
	seconds, err := strconv.ParseUint(text, 10, 16)
	return min(time.Duration(seconds)*time.Second, maxWait), err == nil
}

// last collects what is said of id, and returns the last word of it: once the bridge has said all that
// it knows, and there is a result or wait is over. An unknown that was told before is waited on.
func (c *call) last(ctx context.Context, id payment.TillID, wait time.Duration) payment.Word {
	ctx, stop := context.WithTimeout(ctx, wait+answerWait)
	defer stop()
	enough := time.After(wait)
	var last payment.Word
	said, waited, ended := false, wait == 0, false
	for {
		if said && last != nil && (ended || waited) {
			return last
		}
		select {
		case word := <-c.words:
			said = said || is[payment.LaneState](word)
			if about(word) != id {
				continue
			}
			switch weigh(word) {
			case failed:
				return word
			case final:
				last, ended = word, true
			case news:
				last = word
			case other:
				c.see(word)
			}
		case <-enough:
			waited, enough = true, nil
		case <-ctx.Done():
			return last
		}
	}
}

// weigh says what a word means for a status.
func weigh(word payment.Word) verdict {
	switch word := word.(type) {
	case payment.Refusal:
		return failed
	case payment.Update:
		return final
	case payment.Result:
		if word.Outcome == payment.Unknown && word.Replay {
			return news
		}
		return final
	case payment.Accepted, payment.Progress, payment.Cancelling:
		return news
	case payment.Display, payment.AskHere, payment.Recorded, payment.LaneState, payment.Forgotten,
		payment.Refunded:
	}
	return other
}
