// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Completion (06 0F) ends a command well. All of it is empty for a payment.
type Completion struct {
	Result     Opt[Code] // some terminals ask for an update here after an end of day
	Status     Opt[byte] // of a registration: bits that ask for initialisation, diagnosis and so on
	TerminalID string
	Currency   Opt[Currency]
	TLV        *Container
}

// StatusReport (06 0F too) ends a StatusEnquiry.
type StatusReport struct {
	Version string // of the software; leave it out for a till with ServiceNoVersion
	Status  Code   // CodeOK is ready
	TLV     *Container
}

// Aborted (06 1E) ends a command badly.
type Aborted struct {
	Code     Code
	Currency Opt[Currency] // the terminal's own, with CodeCurrency
	TLV      *Container
}

// Line is one line to print.
type Line struct {
	Attribute byte
	Text      string // no control characters
}

// PrintLine (06 D1) prints one line at the till.
type PrintLine struct {
	Line

	Feeds byte // empty lines, with AttributeFeed
}

// PrintBlock (06 D3) prints lines at a till that listed the command.
type PrintBlock struct {
	Kind  byte // ReceiptCustomer; 0 is not written
	Lines []Line
	End   bool // of the receipt
}

// Command is 06 0F.
func (Completion) Command() Command { return CmdCompletion }

// Command is 06 0F.
func (StatusReport) Command() Command { return CmdCompletion }

// Command is 06 1E.
func (Aborted) Command() Command { return CmdAborted }

// Command is 06 D1.
func (PrintLine) Command() Command { return CmdPrintLine }

// Command is 06 D3.
func (PrintBlock) Command() Command { return CmdPrintBlock }

// Last reports whether the receipt ends with this line.
func (m PrintLine) Last() bool { return last(m.Attribute) }

// last holds for 81 to FE: 80 is reserved, FF feeds.
func last(attribute byte) bool { return attribute > 0x80 && attribute != AttributeFeed }

func (m Completion) encode(e *encoder) {
	e.octet(bmpResult, Opt[byte]{Value: byte(m.Result.Value), Set: m.Result.Set})
	e.octet(bmpType, m.Status)
	e.terminalID(m.TerminalID)
	e.currency(m.Currency)
	e.tlv(m.TLV)
}

func parseCompletion(d *decoder) Message {
	f := d.fields()
	return Completion{Result: f.result, Status: f.kind, TerminalID: f.terminalID, Currency: f.currency, TLV: f.tlv}
}

func (m StatusReport) encode(e *encoder) {
	if m.Version != "" {
		v := ASCII.Cut(m.Version, 999)
		e.b = ASCII.Append(appendLength(e.b, ASCII.Len(v), 3), v)
	}
	e.b = append(e.b, byte(m.Status))
	e.tlv(m.TLV)
}

// parseStatusReport tells a version, which begins with a length F0 F0 F8, from a status of F0.
func parseStatusReport(d *decoder) Message {
	var m StatusReport
	if size, ok := parseLength(d.b, 3); ok && d.left() > 3 {
		d.i = 3
		m.Version = d.text(d.take(size, "version"))
	}
	m.Status = Code(d.octet("status"))
	m.TLV = d.fields().tlv
	return m
}

func (m Aborted) encode(e *encoder) {
	e.b = append(e.b, byte(m.Code))
	if m.Currency.Set && byte(m.Currency.Value/100) == bmpTLV { // 06 30 alone would be a container
		e.currency(m.Currency)
	} else {
		e.bareCurrency(m.Currency)
	}
	e.tlv(m.TLV)
}

// parseAborted never loses a code over what stands behind it.
func parseAborted(d *decoder) Message {
	m := Aborted{Code: Code(d.octet("code"))}
	if m.Code == CodeCurrency && d.left() > 0 && d.b[d.i] != bmpTLV {
		m.Currency = d.bareCurrency()
	}
	if d.err != nil {
		return m
	}
	f := d.quietly()
	m.TLV = f.tlv
	if m.Code == CodeCurrency && !m.Currency.Set {
		m.Currency = f.currency
	}
	return m
}

func (m PrintLine) encode(e *encoder) {
	e.b = append(e.b, m.Attribute)
	if m.Attribute == AttributeFeed {
		e.b = append(e.b, m.Feeds)
	}
	e.b = e.cs.Append(e.b, m.Text)
}

func parsePrintLine(d *decoder) Message {
	m := PrintLine{Line: Line{Attribute: d.octet("attribute")}}
	if m.Attribute == AttributeFeed {
		m.Feeds = d.octet("number of lines")
	}
	m.Text = d.text(d.b[d.i:])
	return m
}

func (m PrintBlock) encode(e *encoder) {
	e.tlv(&Container{
		ReceiptType: Opt[byte]{Value: m.Kind, Set: m.Kind != 0}, print: m.Lines, end: m.End,
	})
}

func parsePrintBlock(d *decoder) Message {
	c := d.fields().tlv
	if c == nil {
		d.refuse(0, "BMP 06", "is missing")
		return PrintBlock{}
	}
	m := PrintBlock{Kind: c.ReceiptType.Value, End: c.end}
	if len(c.print) > 0 {
		m.Lines = c.print
	}
	return m
}
