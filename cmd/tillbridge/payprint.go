// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"io"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// teller prints what a till hears, for people or for programs. Writes that fail have nobody left to be
// told to.
type teller struct {
	out     io.Writer
	id      string
	json    bool
	quiet   bool
	colours bool

	last  native.Event // printed last as JSON
	line  string       // printed last for people
	drawn string       // the code on the screen
}

// begin names the payment, so that it can be asked for whatever happens.
func (t *teller) begin(a payment.Amount) {
	if !t.json && !t.quiet {
		t.news("payment " + t.id + " of " + a.String())
	}
}

// hear takes in one event.
func (t *teller) hear(e native.Event) {
	if t.json {
		t.object(e)
		return
	}
	if t.quiet {
		return
	}
	switch e := e.(type) {
	case native.Accepted:
		t.news("accepted" + until(e.ExpiresAt))
	case native.Progress:
		t.news(cmp.Or(plain(e.Text), plain(e.Phase)))
	case native.Display:
		t.draw(e)
	case native.Cancelling:
		t.news("cancelling; the result decides")
	case native.State:
		if e.Outcome == "" {
			t.news(cmp.Or(plain(e.Text), plain(e.Phase)))
		}
	case native.Result:
		if terminal.OutcomeOf(e) == payment.Unknown {
			t.news("unknown: " + plain(e.Text))
		}
	case native.Welcome, native.Pong, native.Ask, native.Update, native.Confirmed, native.Error, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
}

func until(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", open until " + at.Local().Format(time.TimeOnly)
}

// news prints a line unless it is the one before.
func (t *teller) news(line string) {
	if line != t.line {
		t.print(line + "\n")
	}
	t.line = line
}

// print writes a whole text at once.
func (t *teller) print(text string) { _, _ = io.WriteString(t.out, text) } // see teller

// object prints what matters of a payment; the beats of an idle line do not.
func (t *teller) object(e native.Event) {
	if heard[native.Pong](e) || heard[native.Alive](e) {
		return
	}
	t.last = e
	t.print(string(native.Append(nil, e)) + "\n")
}

// nothing ends a payment that the bridge does not have.
func (t *teller) nothing(err error) error {
	if r, ok := asRefused(err); ok && t.json && !heard[native.Error](t.last) {
		t.object(r.Event)
	}
	return &exitError{exitNothing, refusal(err)}
}

func heard[E native.Event](e native.Event) bool {
	_, is := e.(E)
	return is
}

// ended prints the last word.
func (t *teller) ended(e terminal.Ended) {
	if t.json || e.Outcome == payment.Unknown {
		return
	}
	t.news(wordOf(e.Outcome, e.Last))
}

// wordOf is a last word for people.
func wordOf(o payment.Outcome, e native.Event) string {
	var text, reference, customer string
	var amount payment.Amount
	switch e := e.(type) {
	case native.Result:
		text, reference, amount = e.Text, e.Reference, payment.Amount{Minor: e.Amount, Currency: payment.Currency(e.Currency)}
		customer = token(e.Brought)
	case native.State:
		text, reference, amount = e.Text, e.Reference, payment.Amount{Minor: e.Amount, Currency: payment.Currency(e.Currency)}
		customer = token(e.Brought)
	case native.Update:
		text, customer = e.Text, token(e.Brought)
	case native.Welcome, native.Pong, native.Accepted, native.Display, native.Progress, native.Ask, native.Cancelling,
		native.Confirmed, native.Error, native.Notice, native.Alive, native.Forgotten,
		native.Refunded, native.Sums:
	}
	line := plain(string(o))
	if amount.Minor > 0 {
		line += " " + plain(amount.String())
	}
	if reference != "" {
		line += ", reference " + plain(reference)
	}
	line += customer
	if text != "" {
		line += ": " + plain(text)
	}
	return line
}
