// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/terminaltest"
	"tillbridge/terminal/zvt"
)

// zvtConformer speaks ZVT as the conformance bodies want it. The protocol has no names for payments, no
// question for one of them and no word for a terminal's question whether the till is there: its answers to
// 04 FF are that.
type zvtConformer struct {
	t       *testing.T
	till    terminal.ZVTTill
	cancel  chan struct{}
	answers chan zvt.Message
	heard   chan terminaltest.Heard
	paying  bool
}

func newZVTConformer(t *testing.T, rwc io.ReadWriteCloser) *zvtConformer {
	t.Helper()
	_, serial := rwc.(*os.File)
	c := &zvtConformer{
		t: t, cancel: make(chan struct{}), answers: make(chan zvt.Message, 1), heard: make(chan terminaltest.Heard, 100),
	}
	c.till = terminal.ZVTTill{
		Dial:   func(context.Context) (io.ReadWriteCloser, error) { return rwc, nil },
		Serial: serial, Currency: "EUR", Unregistered: true, Hear: c.hear, Answer: c.answer,
	}
	return c
}

func (c *zvtConformer) Pay(_ payment.TillID, a payment.Amount) error {
	if c.paying {
		return terminaltest.ErrNotSpoken
	}
	c.paying = true
	link, err := c.till.Open(c.t.Context())
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(c.heard)
		_, _ = link.Pay(c.t.Context(), a.Minor, c.cancel) // what was heard is in heard; the link may be cut
	}()
	c.t.Cleanup(func() {
		close(c.answers)
		link.Close()
		<-done
	})
	return nil
}

func (c *zvtConformer) Cancel(payment.TillID) error {
	close(c.cancel)
	return nil
}

func (*zvtConformer) Status(payment.TillID) error { return terminaltest.ErrNotSpoken }
func (*zvtConformer) Here(payment.TillID) error   { return terminaltest.ErrNotSpoken }

func (c *zvtConformer) Confirm(_ payment.TillID, _ payment.Outcome, ok bool) error {
	if ok {
		c.answers <- zvt.Accepted{}
	} else {
		c.answers <- zvt.Refused{Code: zvt.CodeProcessing}
	}
	return nil
}

func (c *zvtConformer) hear(m zvt.Message) {
	switch m := m.(type) {
	case zvt.StatusInfo:
		outcome := payment.Declined
		switch m.Result { //nolint:exhaustive // what the bodies use
		case zvt.CodeOK:
			outcome = payment.Approved
		case zvt.CodeAborted:
			outcome = payment.Cancelled
		}
		c.heard <- terminaltest.Heard{Kind: "result", Outcome: outcome}
	case zvt.IntermediateStatus:
		c.heard <- terminaltest.Heard{Kind: "progress"}
	}
}

// answer waits for the test to decide about an approval.
func (c *zvtConformer) answer(m zvt.Message) zvt.Message {
	if i, ok := m.(zvt.StatusInfo); ok && i.Result == zvt.CodeOK {
		if decided, open := <-c.answers; open {
			return decided
		}
		return terminal.Silent{}
	}
	return nil
}

func (c *zvtConformer) Hear() (terminaltest.Heard, error) {
	h, open := <-c.heard
	if !open {
		return h, io.EOF
	}
	return h, nil
}

func TestZVTConformance(t *testing.T) {
	t.Parallel()
	terminaltest.Run(t, terminaltest.Suite{
		New: func() terminal.Protocol { return terminal.NewZVT(zvtOptions(newDisk())) },
		Till: func(rwc io.ReadWriteCloser) terminaltest.Till {
			return newZVTConformer(t, rwc)
		},
		// On a serial line noise; on a socket answers that nobody waits for.
		Noise: bytes.Repeat([]byte{0x80, 0x00, 0x00}, 50),
	})
}
