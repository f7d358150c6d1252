// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tillbridge/config"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/zvt"
)

// errZVTOnly is for what ZVT has no way to say.
var errZVTOnly = errors.New("--protocol zvt: expected tcp:// or serial://, and neither --id, --ref nor --token-file: ZVT knows none of them")

// checkZVT refuses what a ZVT till cannot say.
func (o *payOptions) checkZVT(at config.Address) error {
	line := at.Scheme == config.SchemeTCP || at.Scheme == config.SchemeSerial
	if !line || o.id != "" || o.ref != "" || o.tokenFile != "" {
		return errZVTOnly
	}
	return nil
}

// runZVT makes the payment as a ZVT till.
func (o *payOptions) runZVT(ctx context.Context, std streams, p native.Pay, at config.Address) error {
	say := &teller{out: std.out, id: "zvt", json: o.json, quiet: o.quiet, colours: isTerminal(std.out)}
	target := lineTarget(at, nil)
	target.TLS = nil // ZVT knows none
	t := terminal.ZVTTill{
		Dial:   func(ctx context.Context) (io.ReadWriteCloser, error) { return terminal.Dial(ctx, target) },
		Serial: at.Scheme == config.SchemeSerial, Password: o.password, Currency: payment.Currency(p.Currency),
		TLV:  &zvt.Container{Commands: []zvt.Command{zvt.CmdPrintBlock}},
		Hear: func(m zvt.Message) { hearZVT(say, m) },
	}
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), o.timeout)
	defer stop()
	ended, err := t.Pay(patience, p.Amount, ctx.Done())
	if err != nil {
		return o.nothingZVT(err)
	}
	return o.endZVT(say, p, ended)
}

// hearZVT prints what a terminal says on the way.
func hearZVT(say *teller, m zvt.Message) {
	switch m := m.(type) {
	case zvt.IntermediateStatus:
		text := "status " + m.Status.String()
		if m.TLV != nil && len(m.TLV.Display) > 0 {
			text = m.TLV.Display[0]
		}
		say.hear(native.Progress{ID: say.id, Phase: text, Text: text})
	case zvt.PrintBlock:
		for _, line := range m.Lines {
			say.printed(line.Text)
		}
	case zvt.PrintLine:
		say.printed(m.Text)
	}
}

func (t *teller) printed(line string) {
	if !t.json && !t.quiet {
		t.print("| " + plain(line) + "\n")
	}
}

// nothingZVT: only a link that never came about proves that nothing happened.
func (o *payOptions) nothingZVT(err error) error {
	if errors.Is(err, terminal.ErrLost) || errors.Is(err, terminal.ErrNoAnswer) {
		return &exitError{exitUnknown, fmt.Errorf("not known whether the terminal heard of it; look at the terminal before charging again: %w", err)}
	}
	return &exitError{exitNothing, fmt.Errorf("nothing happened: %w", err)}
}

func (o *payOptions) endZVT(say *teller, p native.Pay, e terminal.ZVTEnded) error {
	if e.Refused || refusedZVT(e.Code) {
		return &exitError{exitNothing, fmt.Errorf("refused: code %s %s; nothing happened", e.Code, plain(e.Text()))}
	}
	r := native.Result{
		ID: say.id, Outcome: string(e.Outcome), Code: e.Code.String(), Text: e.Text(), Amount: p.Amount, Currency: p.Currency, Receipt: e.Lines,
	}
	if e.Info != nil {
		r.Reference = e.Info.AID
		if e.Info.Receipt.Set {
			r.Text += fmt.Sprintf(", receipt %04d", e.Info.Receipt.Value)
		}
	}
	if say.json {
		say.object(r)
	}
	say.ended(terminal.Ended{Outcome: e.Outcome, Last: r})
	switch code := exitCode(e.Outcome); code {
	case 0:
		return nil
	case exitUnknown:
		return &exitError{code, errors.New("not known how it ends; do not charge again, repeat the receipt")}
	default:
		return &exitError{code: code}
	}
}

// refusedZVT reports whether a result code says that nothing was begun.
func refusedZVT(c zvt.Code) bool {
	switch c { //nolint:exhaustive // all others are results
	case zvt.CodeWait, zvt.CodeNotPossible, zvt.CodeProtocol, zvt.CodeCurrency, zvt.CodeAmountTooLarge, zvt.CodeAmountTooSmall:
		return true
	}
	return false
}
