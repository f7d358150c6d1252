// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Accepted (80 00) is the positive answer to a command, given at once. Some tills answer a 04 0F with
// 84 00, which means the same.
type Accepted struct {
	Alternative bool // 84 00
	TLV         *Container
}

// Refused (84 xx) is the negative answer to a command.
type Refused struct {
	Code     Code // never CodeOK: 84 00 is Accepted
	Detail   Opt[Code]
	Currency Opt[Currency] // the terminal's own, in 84 1E 03 6F
	Amount   Opt[Amount]   // of the goods that were issued, in 84 9D; if it is missing there, nobody knows how much
}

// Command is 80 00, or 84 00.
func (m Accepted) Command() Command {
	if m.Alternative {
		return cmdRefused
	}
	return CmdAccepted
}

// Command is 84 xx.
func (m Refused) Command() Command { return cmdRefused | Command(m.Code) }

func (m Accepted) encode(e *encoder) { e.tlv(m.TLV) }

func (m Refused) encode(e *encoder) {
	if m.Code == CodeOK {
		e.refuse("code", "expected a code other than 00")
	}
	e.amount(m.Amount)
	if m.Detail.Set {
		e.b = append(e.b, byte(m.Detail.Value))
	}
	e.bareCurrency(m.Currency)
}

// parseAnswer reads 80 00 and 84 xx. What a peer puts into an answer beyond the known forms, such as
// the codes of pressed keys, does not make it another answer.
func parseAnswer(d *decoder) Message {
	if d.command == CmdAccepted || d.command == cmdRefused {
		m := Accepted{Alternative: d.command == cmdRefused}
		if d.left() > 0 && d.b[d.i] == bmpTLV {
			m.TLV = d.quietly().tlv
		}
		return m
	}
	m := Refused{Code: Code(byte(d.command))}
	switch {
	case m.Code == CodePartialIssue:
		m.Amount = d.fields().amount // money: an amount that cannot be read is an error
		return m
	case d.left() > 0 && d.b[d.i] != bmpTLV:
		m.Detail = Some(Code(d.octet("")))
	}
	if m.Detail.Set && d.left() == 2 {
		if n, ok := parseBCD(d.take(2, "")); ok {
			m.Currency = Some(Currency(n))
		}
	}
	return m
}

// quietly reads fields, and nothing if they are broken.
func (d *decoder) quietly() fields {
	f := d.fields()
	if d.err != nil {
		d.err = nil
		return fields{}
	}
	return f
}
