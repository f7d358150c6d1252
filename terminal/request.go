// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// notSupported is for members that are understood, but not carried out.
const notSupported = "not supported yet by this version"

// delay holds back a till that asks faster than its lane may.
func (s *session) delay(ctx context.Context, q native.Request) error {
	switch q.(type) {
	case native.Pay, native.Cancel, native.Confirm, native.Forget,
		native.Refund, native.Totals:
		return s.lane.pace.writes.wait(ctx)
	case native.Here:
		return s.lane.pace.heres.wait(ctx)
	case native.Hello, native.Ping, native.Status:
	}
	return s.lane.pace.reads.wait(ctx)
}

// request carries out one request. Its error ends the link.
func (s *session) request(q native.Request) error {
	hello, introduces := q.(native.Hello)
	if introduces && s.lane.Token.Equal(hello.Token) {
		s.terms.known = true
	}
	if !s.terms.known {
		text := "a hello with the lane's token must come first"
		if introduces && hello.Token != "" {
			text = "the token of the hello is not this lane's"
		}
		s.say(native.Error{Code: native.CodeNotAllowed, Text: text})
		return ErrToken
	}
	if s.token != nil {
		s.token.Stop()
	}
	if introduces {
		s.introduce(hello)
		return nil
	}
	if !s.connected {
		s.connect()
	}
	s.carryOut(q)
	return nil
}

func (s *session) carryOut(q native.Request) {
	switch q := q.(type) {
	case native.Ping:
		s.note(look{n: q.N})
		s.ask(payment.Look{})
	case native.Pay:
		s.pay(q)
	case native.Cancel:
		s.ask(payment.Cancel{ID: payment.TillID(q.ID)})
	case native.Status:
		s.note(asked{payment.TillID(q.ID)})
		s.ask(payment.Status{ID: payment.TillID(q.ID), Last: q.Last})
	case native.Confirm:
		s.note(confirms{payment.TillID(q.ID)})
		s.ask(payment.Confirm{ID: payment.TillID(q.ID), Outcome: payment.Outcome(q.Outcome), OK: q.OK})
	case native.Here:
		s.ask(payment.Here{ID: payment.TillID(q.ID)})
	case native.Refund:
		s.ask(refundOf(q))
	case native.Totals:
		_, answer := s.native.totals(q, s.lane.Log)
		s.say(answer)
	case native.Forget:
		s.ask(payment.Forget{Handle: payment.Handle(q.CustomerToken)})
	case native.Hello: // introduce
	}
}

// introduce takes the manners of a till. A link that was announced with others is announced anew; for
// a moment there are two, so that no word falls between them.
func (s *session) introduce(h native.Hello) {
	old, was := s.id(), s.connected
	again := was && s.terms.probe != h.Probe
	s.terms.probe, s.terms.keepalive = h.Probe, h.Keepalive
	s.keep()
	if !was || again {
		s.connect()
	}
	if again {
		s.lane.Bridge.Disconnect(old)
	}
	s.note(look{hello: true})
	s.ask(payment.Look{})
}

// keep tells the writer, and the next opening of a serial line, what the till asked for.
func (s *session) keep() {
	s.note(s.terms)
	if s.lane.Lasting {
		kept := s.terms
		s.lane.last = &kept
	}
}

func (s *session) connect() {
	id := s.lane.Bridge.Connect(payment.Link{Lane: s.lane.ID, Probe: s.terms.probe}, s.hear)
	s.link.Store(uint64(id))
	if !s.connected {
		s.connected = true
		close(s.linked)
	}
}

// ask passes on what the till said. Where its socket takes a message now, an answer that comes before Ask returns is
// written here: waking the writer would take longer.
func (s *session) ask(a payment.Ask) {
	if !s.takes() {
		s.lane.Bridge.Ask(s.id(), a)
		return
	}
	s.queue.hold(true)
	s.lane.Bridge.Ask(s.id(), a)
	s.queue.hold(false)
	s.writer.help()
}

func (s *session) pay(q native.Pay) {
	order, refusal := s.native.order(q)
	if refusal != nil {
		s.say(*refusal)
		return
	}
	s.note(wants{payment.TillID(q.ID), q.QR})
	s.ask(payment.Pay{ID: payment.TillID(q.ID), Order: order})
}
