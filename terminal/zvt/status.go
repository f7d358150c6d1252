// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// StatusInfo (04 0F) is the result of a payment, of a reversal or of an end of day. The till's answer
// to it decides about the money. ZVT PA00P015, "Status-Information".
type StatusInfo struct {
	Result     Code // always there
	Amount     Opt[Amount]
	Trace      Opt[Trace]
	Original   Opt[Trace] // of the payment that was reversed
	Time       Opt[TimeOfDay]
	Date       Opt[Date]     // without the year
	Type       Opt[byte]     // TypeNoSignature
	TerminalID string        // eight digits
	AID        string        // authorisation, at most 8 characters
	Currency   Opt[Currency] // only if the till sent one
	Receipt    Opt[Receipt]
	CardType   Opt[byte]
	Contract   string // at most 15 characters
	Text       string // cut so that the message stays within 254 bytes
	Totals     *SingleTotals
	Turnover   Opt[Trace]
	CardName   string
	TLV        *Container // some tills fail a paid sale over a tag that they do not know
	CardData   bool       // read only
}

// SingleTotals is BMP 60.
type SingleTotals struct {
	First, Last Receipt

	Girocard, JCB, Eurocard, Amex, Visa, Diners, Other Total
}

// Total is what was paid with one kind of card.
type Total struct {
	Count byte
	Sum   Amount
}

// slots are the seven kinds in the order of the wire.
func (t *SingleTotals) slots() [7]*Total {
	return [...]*Total{&t.Girocard, &t.JCB, &t.Eurocard, &t.Amex, &t.Visa, &t.Diners, &t.Other}
}

// IntermediateStatus (04 FF) says what the terminal is doing. Only tills with ConfigIntermediate want
// it.
type IntermediateStatus struct {
	Status  Code
	Minutes Opt[byte] // how long the till waits from now on, at most 99
	TLV     *Container
}

// defaultMinutes is T4, which goes on if a message with a container says nothing about it. The byte
// may not be missing then.
const defaultMinutes = 3

// Command is 04 0F.
func (StatusInfo) Command() Command { return CmdStatusInfo }

// Command is 04 FF.
func (IntermediateStatus) Command() Command { return CmdIntermediateStatus }

// encode writes the fields in the order of the specification's table, which old tills rely on, and
// shortens the text until a length of one byte will do.
func (m StatusInfo) encode(e *encoder) {
	m.fields(e)
	over := len(e.b) - maxShort
	if over <= 0 {
		return
	}
	if m.Text != "" {
		text := ASCII.Cut(m.Text, 999)
		m.Text = ASCII.Cut(text, max(0, ASCII.Len(text)-over))
		e.b = e.b[:0]
		m.fields(e)
	}
	if len(e.b) > maxShort {
		e.refuse("BMP 06", "expected at most 254 bytes of data")
	}
}

func (m StatusInfo) fields(e *encoder) {
	e.octet(bmpResult, Some(byte(m.Result)))
	e.amount(m.Amount)
	e.digits(bmpTrace, uint64(m.Trace.Value), m.Trace.Set, 3, "BMP 0B")
	e.digits(bmpOriginal, uint64(m.Original.Value), m.Original.Set, 3, "BMP 37")
	e.clock(m.Time)
	e.date(bmpDate, m.Date)
	e.octet(bmpType, m.Type)
	e.terminalID(m.TerminalID)
	e.fixed(bmpAID, m.AID, sizeOfAID, 0)
	e.currency(m.Currency)
	e.receipt(m.Receipt)
	e.octet(bmpCardType, m.CardType)
	e.fixed(bmpContract, m.Contract, sizeOfContract, ' ')
	e.text(m.Text)
	e.totals(m.Totals)
	e.digits(bmpTurnover, uint64(m.Turnover.Value), m.Turnover.Set, 3, "BMP 88")
	e.cardName(m.CardName)
	e.tlv(m.TLV)
}

func parseStatusInfo(d *decoder) Message {
	f := d.fields()
	if !f.result.Set {
		d.refuse(len(d.b), "BMP 27", "is missing") // never to be taken for 00
	}
	return StatusInfo{
		Result: f.result.Value, Amount: f.amount, Trace: f.trace, Original: f.original, Time: f.clock,
		Date: f.date, Type: f.kind, TerminalID: f.terminalID, AID: f.aid, Currency: f.currency,
		Receipt: f.receipt, CardType: f.cardType, Contract: f.contract, Text: f.text, Totals: f.totals,
		Turnover: f.turnover, CardName: f.cardName, TLV: f.tlv, CardData: f.cardData,
	}
}

func (m IntermediateStatus) encode(e *encoder) {
	e.b = append(e.b, byte(m.Status))
	if m.Minutes.Set || m.TLV != nil {
		var ok bool
		if e.b, ok = appendBCD(e.b, uint64(m.Minutes.Or(defaultMinutes)), 1); !ok {
			e.refuse("minutes", "expected at most 99")
		}
	}
	e.tlv(m.TLV)
}

// parseIntermediateStatus also reads a container without minutes before it, as the specification
// itself prints in one place.
func parseIntermediateStatus(d *decoder) Message {
	m := IntermediateStatus{Status: Code(d.octet("status"))}
	if d.left() == 0 {
		return m
	}
	start := d.i
	n, ok := parseBCD(d.take(1, "minutes"))
	if ok {
		if f := d.fields(); d.err == nil {
			m.Minutes, m.TLV = Some(byte(n)), f.tlv
			return m
		}
	}
	d.err, d.i = nil, start
	m.TLV = d.fields().tlv
	return m
}
