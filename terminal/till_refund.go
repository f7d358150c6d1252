// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// Refund asks for a refund and waits for its last word. After a lost line it comes back and asks again by
// the same id, until ctx ends: then the answer is the last word that was heard, or unknown. An error means
// that nothing happened: the bridge refused, or was never reached.
func (t LineTill) Refund(ctx context.Context, q native.Refund) (native.Refunded, error) {
	return pursueRefund(ctx, q, t.refundOnce)
}

// refundOnce asks over one line. sent means that the request may have left.
func (t LineTill) refundOnce(ctx context.Context, q native.Refund, hear func(native.Refunded)) (sent bool, err error) {
	err = t.once(ctx, func(s *lineSale, events <-chan native.Event, heard <-chan struct{}) error {
		sent = true
		if unsaid := s.say(q); unsaid != nil {
			return unsaid
		}
		return lastRefunded(ctx, q.ID, s, events, heard, hear)
	})
	return sent, err
}

// lastRefunded takes in what is said of a refund, until its last word.
func lastRefunded(ctx context.Context, id string, s *lineSale, events <-chan native.Event, heard <-chan struct{}, hear func(native.Refunded)) error {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	quiet := time.NewTimer(quietFor)
	defer quiet.Stop()
	for n := int64(1); ; n++ {
		select {
		case e := <-events:
			quiet.Reset(quietFor)
			if r, ok := e.(native.Refunded); ok && r.ID == id {
				if hear(r); lastOf(r) {
					return nil
				}
			}
			if err := refusedTo(e, id); err != nil {
				return err
			}
		case <-ping.C:
			if err := s.say(native.Ping{N: n}); err != nil {
				return err
			}
		case <-quiet.C:
			return ErrLost
		case <-heard:
			return ErrLost
		case <-ctx.Done():
			return nil
		}
	}
}

// refusedTo is why a request by that name was not taken. A line that arrived broken is no word about it, whatever it held.
func refusedTo(e native.Event, id string) error {
	refusal, no := e.(native.Error)
	switch {
	case !no, refusal.ID != id && refusal.ID != "":
		return nil
	case refusal.ID == "" && (refusal.Code == native.CodeBadJSON || refusal.Code == native.CodeTooLarge):
		return ErrLost
	}
	return &RefusedError{refusal}
}

// lastOf: done and refused are for ever; unknown waits for a person, which no till should.
func lastOf(r native.Refunded) bool { return r.Outcome != string(payment.RefundWordRunning) }

// once opens one line, introduces the till and lets it talk.
func (t LineTill) once(ctx context.Context, talk func(*lineSale, <-chan native.Event, <-chan struct{}) error) error {
	conn, err := t.Dial(ctx)
	if err != nil {
		return err
	}
	events, gone, heard := make(chan native.Event), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(heard)
		listen(conn, events, gone)
	}()
	defer func() {
		close(gone)
		_ = conn.Close() // what was said is said
		<-heard
	}()
	s := &lineSale{till: t, out: conn}
	if err := s.say(native.Hello{V: native.Version, Name: t.Name, Token: t.Token.Reveal()}); err != nil {
		return err
	}
	return talk(s, events, heard)
}

// pursueRefund asks until there is a last word, or ctx ends.
func pursueRefund(ctx context.Context, q native.Refund,
	once func(context.Context, native.Refund, func(native.Refunded)) (bool, error),
) (native.Refunded, error) {
	last := native.Refunded{ID: q.ID, Of: q.Of, Outcome: string(payment.RefundWordUnknown), Amount: q.Amount, Currency: q.Currency}
	asked := false
	for {
		var answered bool
		sent, err := once(ctx, q, func(r native.Refunded) { last, answered = r, true })
		refused, no := errors.AsType[*RefusedError](err)
		switch {
		case no && (!asked && !answered || !provesNothing(refused.Event.Code)):
			return native.Refunded{}, err
		case err != nil && !sent && !asked:
			return native.Refunded{}, fmt.Errorf("refund %s was not sent: %w", q.ID, err)
		}
		asked = asked || sent
		if answered && lastOf(last) || pause(ctx, askAgain) != nil {
			return last, nil //nolint:nilerr // the last word that was heard is the answer
		}
	}
}

// NotSentError means that a request has certainly not left.
type NotSentError struct{ Err error }

// Error implements error.
func (e *NotSentError) Error() string { return "not sent: " + e.Err.Error() }

// Unwrap gives the reason.
func (e *NotSentError) Unwrap() error { return e.Err }

// pursueTotals asks once. A close that has an id and was sent is asked for until it is answered, or ctx ends.
func pursueTotals(ctx context.Context, q native.Totals, once func(context.Context, native.Totals) (sums native.Sums, sent bool, err error)) (native.Sums, error) {
	asked := false
	for {
		sums, sent, err := once(ctx, q)
		refused, no := errors.AsType[*RefusedError](err)
		if no && asked { // not a word about what was asked before
			return sums, fmt.Errorf("%w, then %s: %s", ErrLost, refused.Event.Code, refused.Event.Text)
		}
		asked = asked || sent
		switch {
		case err == nil, no:
			return sums, err
		case !asked:
			return sums, &NotSentError{err}
		case q.ID == "" || pause(ctx, askAgain) != nil:
			return sums, err
		}
	}
}

// Totals asks for the sums of the lane, and a close with an id until it is answered. Errors of the bridge are a
// *RefusedError; a *NotSentError means that nothing happened.
func (t LineTill) Totals(ctx context.Context, q native.Totals) (native.Sums, error) {
	return pursueTotals(ctx, q, t.askTotals)
}

func (t LineTill) askTotals(ctx context.Context, q native.Totals) (sums native.Sums, sent bool, err error) {
	err = t.once(ctx, func(s *lineSale, events <-chan native.Event, heard <-chan struct{}) error {
		sent = true
		if unsaid := s.say(q); unsaid != nil {
			return unsaid
		}
		for {
			select {
			case e := <-events:
				if told, ok := e.(native.Sums); ok {
					sums = told
					return nil
				}
				if refusal := refusedTo(e, q.ID); refusal != nil {
					return refusal
				}
			case <-heard:
				return ErrLost
			case <-ctx.Done():
				return fmt.Errorf("wait for the answer: %w", context.Cause(ctx))
			}
		}
	})
	return sums, sent, err
}

// Refund does what LineTill.Refund does.
func (t WebTill) Refund(ctx context.Context, q native.Refund) (native.Refunded, error) {
	path := "/refunds/" + strings.ReplaceAll(url.PathEscape(q.ID), ".", "%2E") + "?wait=" + pollFor
	return pursueRefund(ctx, q, func(ctx context.Context, q native.Refund, hear func(native.Refunded)) (bool, error) {
		reply, err := t.call(ctx, http.MethodPut, path, native.Append(nil, q))
		if err != nil {
			return !neverSent(err), err
		}
		switch e := reply.event.(type) {
		case native.Refunded:
			hear(e)
			return true, nil
		case native.Error:
			if passing(reply.status) {
				return true, ErrLost
			}
			return true, &RefusedError{e}
		case native.Welcome, native.Pong, native.Accepted, native.Display, native.Progress, native.Ask, native.Cancelling,
			native.Result, native.Update, native.State, native.Confirmed, native.Notice, native.Alive, native.Sums, native.Forgotten:
		}
		return true, io.ErrUnexpectedEOF
	})
}

// Totals does what LineTill.Totals does.
func (t WebTill) Totals(ctx context.Context, q native.Totals) (native.Sums, error) {
	return pursueTotals(ctx, q, t.askTotals)
}

func (t WebTill) askTotals(ctx context.Context, q native.Totals) (native.Sums, bool, error) {
	method, path, body := http.MethodGet, "/totals", []byte(nil)
	switch {
	case q.Close:
		method, body = http.MethodPost, native.Append(nil, q)
	case q.Since != "":
		path += "?since=" + url.QueryEscape(q.Since)
	}
	reply, err := t.call(ctx, method, path, body)
	if err != nil {
		return native.Sums{}, !neverSent(err), err
	}
	if sums, ok := reply.event.(native.Sums); ok {
		return sums, true, nil
	}
	refusal, no := reply.event.(native.Error)
	switch {
	case !no:
		return native.Sums{}, true, ErrLost
	case q.ID != "" && passing(reply.status): // asked again; its reason is told if time runs out
		return native.Sums{}, true, fmt.Errorf("%w: %s: %s", ErrLost, refusal.Code, refusal.Text)
	}
	return native.Sums{}, true, &RefusedError{refusal}
}
