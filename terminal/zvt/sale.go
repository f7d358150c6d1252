// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Payment (06 01) asks for money. ZVT PA00P015, "Authorization".
type Payment struct {
	Amount   Opt[Amount] // legally absent only for bonus payments
	Currency Opt[Currency]
	Type     Opt[byte] // high half 4: as the terminal decides
	Timeout  Opt[byte] // seconds for the issue of goods, default 30
	MaxInfos Opt[byte] // how often 04 0F may be repeated after 84 9C
	Pump     Opt[byte]
	Text     string
	CardType Opt[byte] // the scheme that the till wants
	TLV      *Container

	// CardData says that the till wants a card of its own booked. What it sent is gone.
	CardData bool
}

// Reversal (06 30) takes back the payment with a receipt number.
type Reversal struct {
	Password Password
	Receipt  Opt[Receipt]
	Amount   Opt[Amount] // of the payment, never a part of it
	Currency Opt[Currency]
	Type     Opt[byte]
	Text     string
	TLV      *Container
	CardData bool
}

// Refund (06 31) gives money back. It names no payment, except that some tills put one into Text, or
// into the container's Receipt or QRReference.
type Refund struct {
	Password Password
	Receipt  Opt[Receipt] // not of the specification; read only
	Amount   Opt[Amount]
	Currency Opt[Currency]
	Type     Opt[byte]
	Text     string
	CardType Opt[byte]
	TLV      *Container
	CardData bool
}

// Abort (06 B0) asks the terminal to stop what it does. It may come at any moment, even in the place
// of an answer. Its data, if any, are of no interest.
type Abort struct{}

// RepeatReceipt (06 20) asks for the last receipt, and with ServiceStatusInfo for the last 04 0F.
type RepeatReceipt struct {
	Password Password
	Service  Opt[byte]
	TLV      *Container
}

// Reprint (06 12) asks for the receipts between two numbers.
type Reprint struct {
	Password Password
	From, To Opt[Receipt]
}

// Command is 06 01.
func (Payment) Command() Command { return CmdPayment }

// Command is 06 30.
func (Reversal) Command() Command { return CmdReversal }

// Command is 06 31.
func (Refund) Command() Command { return CmdRefund }

// Command is 06 B0.
func (Abort) Command() Command { return CmdAbort }

// Command is 06 20.
func (RepeatReceipt) Command() Command { return CmdRepeatReceipt }

// Command is 06 12.
func (Reprint) Command() Command { return CmdReprint }

func (m Payment) encode(e *encoder) {
	e.amount(m.Amount)
	e.currency(m.Currency)
	e.octet(bmpType, m.Type)
	e.octet(bmpTimeout, m.Timeout)
	e.octet(bmpInfos, m.MaxInfos)
	e.octet(bmpPump, m.Pump)
	e.text(m.Text)
	e.octet(bmpCardType, m.CardType)
	e.tlv(m.TLV)
}

func parsePayment(d *decoder) Message {
	f := d.fields()
	return Payment{
		Amount: f.amount, Currency: f.currency, Type: f.kind, Timeout: f.timeout, MaxInfos: f.infos,
		Pump: f.pump, Text: f.text, CardType: f.cardType, TLV: f.tlv, CardData: f.cardData,
	}
}

func (m Reversal) encode(e *encoder) {
	e.password(m.Password)
	e.receipt(m.Receipt)
	e.amount(m.Amount)
	e.currency(m.Currency)
	e.octet(bmpType, m.Type)
	e.text(m.Text)
	e.tlv(m.TLV)
}

func parseReversal(d *decoder) Message {
	pw := d.password()
	f := d.fields()
	return Reversal{
		Password: pw, Receipt: f.receipt, Amount: f.amount, Currency: f.currency, Type: f.kind,
		Text: f.text, TLV: f.tlv, CardData: f.cardData,
	}
}

func (m Refund) encode(e *encoder) {
	e.password(m.Password)
	e.amount(m.Amount)
	e.currency(m.Currency)
	e.octet(bmpType, m.Type)
	e.text(m.Text)
	e.octet(bmpCardType, m.CardType)
	e.tlv(m.TLV)
}

func parseRefund(d *decoder) Message {
	pw := d.password()
	f := d.fields()
	return Refund{
		Password: pw, Receipt: f.receipt, Amount: f.amount, Currency: f.currency, Type: f.kind,
		Text: f.text, CardType: f.cardType, TLV: f.tlv, CardData: f.cardData,
	}
}

func (Abort) encode(*encoder) {}

func parseAbort(*decoder) Message { return Abort{} }

func (m RepeatReceipt) encode(e *encoder) {
	e.password(m.Password)
	e.octet(bmpService, m.Service)
	e.tlv(m.TLV)
}

func parseRepeatReceipt(d *decoder) Message {
	pw := d.password()
	f := d.fields()
	return RepeatReceipt{Password: pw, Service: f.service, TLV: f.tlv}
}

func (m Reprint) encode(e *encoder) {
	e.password(m.Password)
	e.receipt(m.From)
	e.receipt(m.To)
}

// parseReprint takes the numbers with BMP 87 in front of them and without it.
func parseReprint(d *decoder) Message {
	m := Reprint{Password: d.password()}
	tagged := d.left()%3 == 0
	for _, to := range []*Opt[Receipt]{&m.From, &m.To} {
		if d.left() == 0 {
			break
		}
		if at := d.i; tagged && d.octet("") != bmpReceipt {
			d.refuse(at, "", "expected BMP 87")
		}
		at := d.i
		n, ok := parseBCD(d.take(2, "receipt number"))
		if !ok {
			d.refuse(at, "receipt number", "expected digits")
		}
		*to = Some(Receipt(n))
	}
	return m
}
