// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

func shop() terminal.Native {
	return terminal.Native{Terminal: "T03", Software: "tillbridge test", Mode: "test", Currencies: []payment.Currency{"EUR"}, MaxAmount: 1000000}
}

// nativeTill speaks the native language from the till's side.
type nativeTill struct {
	line    io.ReadWriteCloser
	checked bool
	buf     []byte
}

func (n *nativeTill) say(q native.Request) error {
	_, err := n.line.Write(native.AppendLine(nil, q, n.checked))
	return err
}

func (n *nativeTill) Pay(id payment.TillID, a payment.Amount) error {
	return n.say(native.Pay{ID: string(id), Amount: a.Minor, Currency: string(a.Currency)})
}
func (n *nativeTill) Cancel(id payment.TillID) error { return n.say(native.Cancel{ID: string(id)}) }
func (n *nativeTill) Status(id payment.TillID) error { return n.say(native.Status{ID: string(id)}) }
func (n *nativeTill) Here(id payment.TillID) error   { return n.say(native.Here{ID: string(id)}) }
func (n *nativeTill) Confirm(id payment.TillID, o payment.Outcome, ok bool) error {
	return n.say(native.Confirm{ID: string(id), Outcome: string(o), OK: ok})
}

// event returns the next event; every line must be one that a till understands.
func (n *nativeTill) event() (native.Event, error) {
	for {
		line, rest, err := native.Cut(n.buf)
		if err == nil {
			n.buf = bytes.Clone(rest)
			object, _, broken := native.Open(line)
			if broken != nil {
				return nil, broken
			}
			return native.ParseEvent(object)
		}
		if !errors.Is(err, native.ErrShort) {
			return nil, err
		}
		var buf [4096]byte
		read, err := n.line.Read(buf[:])
		if n.buf = append(n.buf, buf[:read]...); err != nil {
			return nil, err
		}
	}
}

func (n *nativeTill) Hear() (terminaltest.Heard, error) {
	for {
		e, err := n.event()
		if err != nil {
			return terminaltest.Heard{}, err
		}
		if h, ok := heard(e); ok {
			return h, nil
		}
	}
}

func heard(e native.Event) (terminaltest.Heard, bool) {
	h := func(kind, id, outcome string) (terminaltest.Heard, bool) {
		return terminaltest.Heard{Kind: kind, ID: payment.TillID(id), Outcome: payment.Outcome(outcome)}, true
	}
	switch e := e.(type) {
	case native.Accepted:
		return h("accepted", e.ID, "")
	case native.Display:
		return h("display", e.ID, "")
	case native.Progress:
		return h("progress", e.ID, "")
	case native.Ask:
		return h("ask", e.ID, "")
	case native.Cancelling:
		return h("cancelling", e.ID, "")
	case native.Result:
		return h("result", e.ID, e.Outcome)
	case native.Update:
		return h("update", e.ID, e.Outcome)
	case native.Confirmed:
		return h("recorded", e.ID, e.Outcome)
	case native.Error:
		return h("refused", e.ID, "")
	case native.State, native.Welcome, native.Pong, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
	return terminaltest.Heard{}, false
}

func TestConformance(t *testing.T) {
	t.Parallel()
	suites := map[string]bool{"plain lines": false, "lines with checksums": true}
	for name, checked := range suites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			terminaltest.Run(t, terminaltest.Suite{
				Protocol: shop(),
				Till: func(rwc io.ReadWriteCloser) terminaltest.Till {
					return &nativeTill{line: rwc, checked: checked}
				},
				Noise: append(bytes.Repeat([]byte("\xff\x00{\"type\":\r\n"), 40), "\xfe\n"...),
			})
		})
	}
}
