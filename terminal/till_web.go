// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

const (
	// pollFor is how long one question for the result may stay open, in seconds.
	pollFor = "25"
	// callWait bounds one request, a long poll included.
	callWait = 70 * time.Second
)

// WebTill is a till over HTTP. It may be used for one thing at a time.
type WebTill struct {
	Lane   *url.URL // such as http://127.0.0.1:8580/v1/lanes/lane-1
	Token  secret.Text
	Client *http.Client // nil means one of its own that follows no redirect
	Hear   func(native.Event)
}

// webReply is one answer: an HTTP status and the object.
type webReply struct {
	status int
	event  native.Event
}

// Pay makes one sale, as LineTill.Pay does.
func (t WebTill) Pay(ctx context.Context, p native.Pay, cancel <-chan struct{}) (Ended, error) {
	s := &webSale{till: t, pay: p, cancel: cancel, outcome: payment.Unknown}
	for !s.done && ctx.Err() == nil {
		reply, err := s.poll(ctx)
		refusal, no := reply.event.(native.Error)
		switch {
		case err != nil && !s.sent && neverSent(err):
			return Ended{}, fmt.Errorf("payment %s was not sent: %w", p.ID, err)
		case no && !s.taken && !passing(reply.status) && (!s.sent || !provesNothing(refusal.Code)):
			return Ended{}, &RefusedError{refusal}
		}
		s.sent = true
		if err == nil && !no {
			s.taken = true
			err = s.hear(ctx, reply.event)
		}
		if err != nil || no {
			_ = pause(ctx, askAgain) // its end is the loop's
		}
	}
	return Ended{Outcome: s.outcome, Last: s.last}, nil
}

// passing reports whether an HTTP status says nothing about the sale.
func passing(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusGatewayTimeout
}

// neverSent reports whether err is certain to have happened before any byte left.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// payments is a payment's address below the lane. Dots are escaped too, because a path of dots
// alone means something else.
func payments(id string) string {
	return "/payments/" + strings.ReplaceAll(url.PathEscape(id), ".", "%2E")
}

// webSale is one sale.
type webSale struct {
	till   WebTill
	pay    native.Pay
	cancel <-chan struct{} // nil once it was heard

	sent  bool // the first request may have left
	taken bool // the bridge has the sale

	outcome payment.Outcome
	last    native.Event
	done    bool // the last word is confirmed
}

// poll asks once: for the sale until the bridge has it, then for its result. A wish to cancel
// interrupts it.
func (s *webSale) poll(ctx context.Context) (webReply, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	var reply webReply
	var err error
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		if s.taken {
			reply, err = s.till.call(asking, http.MethodGet, payments(s.pay.ID)+"?wait="+pollFor, nil)
		} else {
			reply, err = s.till.call(asking, http.MethodPut, payments(s.pay.ID), native.Append(nil, s.pay))
		}
	}()
	select {
	case <-answered:
		return reply, err
	case <-s.cancel:
		stop()
		<-answered
	}
	s.sent = true
	reply, err = s.till.call(ctx, http.MethodDelete, payments(s.pay.ID), nil)
	if err == nil && !passing(reply.status) {
		s.cancel = nil // else it is heard, and sent, again
	}
	return reply, err
}

// hear takes in one event, and confirms what is a result, unless the sale goes back: then it is asked for again.
func (s *webSale) hear(ctx context.Context, e native.Event) error {
	if s.till.Hear != nil {
		s.till.Hear(e)
	}
	t := toldBy(e)
	if t.word == "" {
		return nil
	}
	s.outcome, s.last = t.outcome, e
	if t.returning() {
		return ErrLost
	}
	return s.confirm(ctx, t.word)
}

func (s *webSale) confirm(ctx context.Context, outcome string) error {
	c := native.Confirm{ID: s.pay.ID, Outcome: outcome, OK: true}
	reply, err := s.till.call(ctx, http.MethodPost, payments(s.pay.ID)+"/confirm", native.Append(nil, c))
	if err != nil {
		return err
	}
	if confirmed, ok := reply.event.(native.Confirmed); ok {
		s.done = confirmed.Outcome == outcome && outcome != string(payment.Unknown)
		return nil
	}
	if refusal, no := reply.event.(native.Error); no { // a yes that was not taken is not the end of a sale
		switch refusal.Code { //nolint:exhaustive // the others say nothing about it
		case native.CodeGivenBack:
			s.outcome, s.done = payment.Reversed, true
			return nil
		case native.CodeGivingBack:
			s.outcome = payment.Unknown
		}
	}
	return ErrLost
}

// Status asks once, as LineTill.Status does. The last payment of a lane cannot be asked for over HTTP.
func (t WebTill) Status(ctx context.Context, q native.Status) (native.Event, error) {
	path := ""
	if q.ID != "" {
		path = payments(q.ID)
	}
	reply, err := t.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if refusal, no := reply.event.(native.Error); no {
		return nil, &RefusedError{refusal}
	}
	return reply.event, nil
}

// call makes one request.
func (t WebTill) call(ctx context.Context, method, path string, body []byte) (webReply, error) {
	ctx, stop := context.WithTimeout(ctx, callWait)
	defer stop()
	address := strings.TrimSuffix(t.Lane.String(), "/") + path
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return webReply{}, fmt.Errorf("%s: %w", method, err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !t.Token.Empty() {
		r.Header.Set("Authorization", "Bearer "+t.Token.Reveal())
	}
	client := t.Client
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	response, err := client.Do(r)
	if err != nil {
		return webReply{}, fmt.Errorf("ask the bridge: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(response.Body, native.MaxLine))
	if err != nil {
		return webReply{}, fmt.Errorf("read the bridge's answer: %w", err)
	}
	e, err := native.ParseEvent(bytes.TrimSpace(text))
	if err != nil {
		return webReply{status: response.StatusCode}, fmt.Errorf("the bridge's answer, status %d: %w", response.StatusCode, err)
	}
	return webReply{response.StatusCode, e}, nil
}
