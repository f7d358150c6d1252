// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"slices"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// Native is the native protocol. Its fields are what a till is told about its terminal; all but
// Currencies may be empty. It may serve any number of links at once.
type Native struct {
	Terminal   string // the terminal's reference
	Software   string // name and version of this program
	Mode       string // test or live
	Language   string // of the texts for staff: "de"; else English
	Currencies []payment.Currency
	MaxAmount  int64 // minor units; 0 means the protocol's own limit

	// Draw makes a code in one of the forms svg, png or escpos, the latter two in base64. Nil, or an error,
	// leaves the till with the code's text.
	Draw func(text, form string) (string, error)
	// Receipt gives the lines of a result's receipts, the customer's and the shop's; either may be none. Nil
	// means none.
	Receipt func(payment.Result) (customer, merchant []string)
	// RefundReceipt is Receipt for a refund.
	RefundReceipt func(payment.Refunded) (customer, merchant []string)
	// Totals adds up the lane: the open period, or from an instant on. Close ends the open period; one with an
	// id that it has seen is answered with what that close came to. Nil means that it cannot be asked for; an
	// error is not told.
	Totals func(q native.Totals, since time.Time) (native.Sums, error)
}

var _ Protocol = Native{}

// order is what q asks for, or why not. A sale that was understood in part is not sold.
func (n Native) order(q native.Pay) (payment.Order, *native.Error) {
	refuse := func(member, why string) *native.Error {
		e := n.syntax(&native.SyntaxError{Code: native.CodeBadRequest, ID: q.ID, Path: member, Why: why})
		return &e
	}
	o := payment.Order{
		Amount:  payment.Amount{Minor: q.Amount, Currency: payment.Currency(q.Currency)},
		Ref:     q.Ref,
		Lang:    q.Lang,
		Timeout: time.Duration(q.Timeout) * time.Second,
	}
	takeSession(&o, q)
	if _, known := o.Amount.Currency.Exponent(); !known || len(n.Currencies) > 0 && !slices.Contains(n.Currencies, o.Amount.Currency) {
		return payment.Order{}, refuse("currency", "this lane does not take it")
	}
	if n.MaxAmount > 0 && q.Amount > n.MaxAmount {
		return payment.Order{}, refuse("amount", "is above this shop's limit, in integer minor units")
	}
	for _, l := range q.Lines {
		o.Lines = append(o.Lines, payment.Line(l))
	}
	return o.Clean(), nil
}

// syntax answers a line that was not understood. The words for people come first, then the place for
// whoever integrates the till.
func (n Native) syntax(bad *native.SyntaxError) native.Error {
	return native.Error{ID: bad.ID, Code: bad.Code, Text: n.text(payment.ReasonBadRequest) + " [" + bad.Error() + "]"}
}

// text is what a person reads about a reason.
func (n Native) text(r payment.Reason) string {
	words, ok := payment.WordsFor(r, n.Language)
	if !ok {
		return ""
	}
	return words.String()
}

// stamp is an instant as it travels: UTC, whole seconds.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Second)
}

// event is a word in the native language. Display and the answers to hello, ping and status have forms
// of their own.
func (n Native) event(w payment.Word) native.Event {
	switch w := w.(type) {
	case payment.Accepted:
		return native.Accepted{ID: string(w.ID), ExpiresAt: stamp(w.ExpiresAt)}
	case payment.Display:
		return n.display(w, nil)
	case payment.Progress:
		return native.Progress{ID: string(w.ID), Phase: string(w.Phase), ExpiresAt: stamp(w.ExpiresAt), Text: n.progress(w)}
	case payment.AskHere:
		return native.Ask{ID: string(w.ID)}
	case payment.Cancelling:
		return native.Cancelling{ID: string(w.ID)}
	case payment.Result:
		return n.result(w)
	case payment.Update:
		return n.update(w)
	case payment.Recorded:
		return native.Confirmed{ID: string(w.ID), Outcome: string(w.Outcome), OK: w.OK}
	case payment.Refunded:
		return n.refunded(w)
	case payment.Refusal:
		return n.refusal(w)
	case payment.LaneState:
		return native.Notice{State: w.State}
	case payment.Forgotten:
		return native.Forgotten{CustomerToken: string(w.Handle)}
	}
	return native.Notice{}
}

// result never tells staff to hand over goods for money that was given back, or is about to be.
func (n Native) result(w payment.Result) native.Result {
	reason := reasonOf(w.Reason, w.GivenBack, w.Returning)
	r := native.Result{
		ID: string(w.ID), Outcome: string(w.Outcome), Code: string(reason), Text: n.text(reason),
		Reference: w.Reference, At: stamp(w.At), By: by(w.Reason), GivenBack: w.GivenBack, Replay: w.Replay,
		Brought: brought(w.CustomerToken, w.NetworkData),
	}
	if w.Amount.Minor > 0 {
		r.Amount, r.Currency = w.Amount.Minor, string(w.Amount.Currency)
	}
	if n.Receipt != nil {
		r.Receipt, r.Merchant = n.Receipt(w)
	}
	return r
}

// reasonOf is the reason that a till is told where the sale was given back, or is about to be.
func reasonOf(r payment.Reason, givenBack, returning bool) payment.Reason {
	switch {
	case givenBack:
		return payment.ReasonGivenBack
	case returning:
		return payment.ReasonGivingBack
	}
	return r
}

// update is a result that came later, and has the receipts of one. A sale that was given back is an approval, given back.
func (n Native) update(w payment.Update) native.Update {
	reason := reasonOf(w.Reason, w.GivenBack, w.Returning)
	u := native.Update{
		ID: string(w.ID), Outcome: string(w.Outcome), Code: string(reason), Text: n.text(reason),
		At: stamp(w.At), GivenBack: w.GivenBack, Replay: w.Replay, Brought: brought(w.CustomerToken, w.NetworkData),
	}
	if n.Receipt == nil {
		return u
	}
	r := payment.Result{
		ID: w.ID, Outcome: w.Outcome, Amount: w.Amount, Reference: w.Reference, At: w.At, GivenBack: w.GivenBack, InParts: w.InParts, Returning: w.Returning,
	}
	if w.Outcome == payment.Reversed {
		r.Outcome, r.GivenBack = payment.Approved, true
	}
	u.Receipt, u.Merchant = n.Receipt(r)
	return u
}

// by is who ended a payment.
func by(r payment.Reason) string {
	switch r {
	case payment.ReasonApproved, payment.ReasonCancelledByGuest:
		return "customer"
	case payment.ReasonCancelledByTill, payment.ReasonTombstone:
		return "till"
	case payment.ReasonExpired:
		return "timeout"
	case payment.ReasonDeclined, payment.ReasonCancelledByKlarna, payment.ReasonTillGone, payment.ReasonRefused,
		payment.ReasonGivenBack, payment.ReasonNoAnswer, payment.ReasonKeyTooOld, payment.ReasonMismatch,
		payment.ReasonNoProof, payment.ReasonGiveBackRefused, payment.ReasonCaptureRefused, payment.ReasonBusy,
		payment.ReasonConflict, payment.ReasonNotFound, payment.ReasonBadRequest, payment.ReasonNoDisplay,
		payment.ReasonUnavailable, payment.ReasonUndelivered, payment.ReasonRestRefused,
		payment.ReasonRefunded, payment.ReasonRefundRunning, payment.ReasonRefundTooMuch, payment.ReasonRefundTooLate, payment.ReasonRefundNotCaptured, payment.ReasonRefundRefused, payment.ReasonRefundNotSent, payment.ReasonRefundMoot, payment.ReasonRefundUnknown, payment.ReasonUnknownSale, payment.ReasonNotRefundable, payment.ReasonGivingBack:
	}
	return "terminal"
}

func (n Native) refusal(w payment.Refusal) native.Error {
	e := native.Error{ID: string(w.ID), Code: native.Code(w.Reason), Text: n.text(w.Reason)}
	if w.Detail != "" {
		e.Text += " [" + w.Detail + "]"
	}
	if w.Busy != nil {
		e.BusyID = string(w.Busy.ID)
		e.BusyAmount, e.BusyCurrency = w.Busy.Amount.Minor, string(w.Busy.Amount.Currency)
		e.BusyAge = int64(w.Busy.Age / time.Second)
	}
	return e
}

// state is a word as the answer to status.
func (n Native) state(w payment.Word) native.Event {
	switch e := n.event(w).(type) {
	case native.Accepted:
		return native.State{ID: e.ID, Phase: string(payment.PhaseCreating), ExpiresAt: e.ExpiresAt}
	case native.Cancelling:
		return native.State{ID: e.ID, Phase: string(payment.PhaseCancelling)}
	case native.Progress:
		return native.State{ID: e.ID, Phase: e.Phase, ExpiresAt: e.ExpiresAt, Text: e.Text}
	case native.Update:
		return native.State{ID: e.ID, Outcome: e.Outcome, Code: e.Code, Text: e.Text, Receipt: e.Receipt, Merchant: e.Merchant, At: e.At, GivenBack: e.GivenBack, Replay: e.Replay, Brought: e.Brought}
	case native.Result:
		return native.State{
			ID: e.ID, Outcome: e.Outcome, Code: e.Code, Text: e.Text, Amount: e.Amount, Currency: e.Currency,
			Reference: e.Reference, Receipt: e.Receipt, Merchant: e.Merchant, At: e.At, By: e.By, GivenBack: e.GivenBack,
			Replay: e.Replay, Brought: e.Brought,
		}
	case native.Error:
		return e
	case native.Welcome, native.Pong, native.Display, native.Ask, native.State, native.Confirmed, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
	return n.event(w)
}

// welcome answers hello.
func (n Native) welcome(l payment.LaneState) native.Welcome {
	w := native.Welcome{
		V: native.Version, Terminal: n.Terminal, Software: n.Software, Currencies: []string{},
		Limits: native.LimitsUpTo(n.MaxAmount), Mode: n.Mode, State: l.State,
	}
	for _, c := range n.Currencies {
		w.Currencies = append(w.Currencies, string(c))
	}
	if l.Open != nil {
		id := string(l.Open.ID)
		w.Open = &id
	}
	return w
}

// display carries the code as text, and in the other forms that were asked for and that fit.
func (n Native) display(w payment.Display, forms []string) native.Display {
	d := native.Display{
		ID: string(w.ID), QR: w.QR, ExpiresAt: stamp(w.ExpiresAt), NoDisplay: w.NoDisplay, HandOver: handOver(w.HandOver),
	}
	if n.Draw == nil || w.QR == "" {
		return d
	}
	room := native.MaxLine / 2
	for _, form := range forms {
		drawn, err := n.drawn(w.QR, form)
		if err != nil || len(drawn) > room {
			continue
		}
		room -= len(drawn)
		switch form {
		case native.FormSVG:
			d.SVG = drawn
		case native.FormPNG:
			d.PNG = drawn
		case native.FormESCPOS:
			d.ESCPOS = drawn
		}
	}
	return d
}

func (n Native) drawn(text, form string) (string, error) {
	if form == native.FormText {
		return "", nil
	}
	return n.Draw(text, form)
}

// progress says in a few words how far a payment is, and of a hand-over not what is not there.
func (n Native) progress(w payment.Progress) string {
	switch {
	case !w.HandOver || w.Phase != payment.PhaseWaiting:
		return n.phase(w.Phase)
	case n.Language == "de":
		return "Kunde wird an Klarna übergeben"
	}
	return "Customer is handed over to Klarna"
}

// phase says in a few words how far a payment is.
func (n Native) phase(p payment.Phase) string {
	german := n.Language == "de"
	either := func(de, en string) string {
		if german {
			return de
		}
		return en
	}
	switch p {
	case payment.PhaseCreating:
		return either("Wird bei Klarna angelegt", "Being set up at Klarna")
	case payment.PhaseWaiting:
		return either("QR-Code wird gezeigt", "QR code shown")
	case payment.PhaseScanned:
		return either("Kunde bezahlt", "Customer is paying")
	case payment.PhaseConfirming:
		return either("Wird bestätigt", "Being confirmed")
	case payment.PhaseCancelling:
		return either("Wird abgebrochen", "Being cancelled")
	case payment.PhaseChecking:
		return either("Ausgang wird geprüft, nicht noch einmal kassieren", "Outcome being checked, do not charge again")
	}
	return ""
}
