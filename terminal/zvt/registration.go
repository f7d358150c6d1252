// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Registration (06 00) tells the terminal what the till wants. ZVT PA00P015, "Registration".
type Registration struct {
	Password Password
	Config   Config
	Currency Opt[Currency]
	Service  Opt[byte]
	TLV      *Container // not nil: the terminal may send containers, even if this one is empty
}

// LogOff (06 02) ends a registration. It has no completion.
type LogOff struct{}

// StatusEnquiry (05 01) asks how the terminal is. Its completion is a StatusReport.
type StatusEnquiry struct {
	Password Password // need not be given
	Service  Opt[byte]
	TLV      *Container
}

// DisplayText (06 E0) shows lines at the terminal. It has no completion.
type DisplayText struct {
	Duration Opt[byte] // seconds, 0 for ever
	Lines    [8]string
	Beeps    Opt[byte]
	TLV      *Container
}

// BaudRate (08 40) changes the speed of the serial line.
type BaudRate struct {
	Code byte // 0, 1, 6, 7: 9600, 19200, 57600, 115200
}

// Command is 06 00.
func (Registration) Command() Command { return CmdRegistration }

// Command is 06 02.
func (LogOff) Command() Command { return CmdLogOff }

// Command is 05 01.
func (StatusEnquiry) Command() Command { return CmdStatusEnquiry }

// Command is 06 E0.
func (DisplayText) Command() Command { return CmdDisplayText }

// Command is 08 40.
func (BaudRate) Command() Command { return CmdBaudRate }

func (m Registration) encode(e *encoder) {
	e.password(m.Password)
	e.b = append(e.b, byte(m.Config))
	e.bareCurrency(m.Currency)
	if n, digits := parseBCD([]byte{bmpService, m.Service.Value}); m.Service.Set && !m.Currency.Set && digits && Currency(n).plain() {
		e.refuse("BMP 03", "expected a currency before it") // which it would be taken for
	}
	e.octet(bmpService, m.Service)
	e.tlv(m.TLV)
}

// parseRegistration reads the currency without a BMP, as specified, and also with one or not at all,
// as tills do that leave out what stands before the parts they need.
func parseRegistration(d *decoder) Message {
	m := Registration{Password: d.password(), Config: Config(d.octet("config byte"))}
	if d.err != nil {
		return m
	}
	start := d.i
	if bare := d.bareCurrency(); bare.Set {
		if f := d.fields(); d.err == nil {
			m.Currency, m.Service, m.TLV = bare, f.service, f.tlv
			return m
		}
	}
	failed := d.err
	d.err, d.i = nil, start
	f := d.fields()
	if d.err != nil && failed != nil {
		d.err = failed // the specified form is the one to complain about
	}
	m.Currency, m.Service, m.TLV = f.currency, f.service, f.tlv
	return m
}

// bareCurrency steps over two bytes that can be a currency.
func (d *decoder) bareCurrency() Opt[Currency] {
	if d.left() < 2 {
		return Opt[Currency]{}
	}
	v := d.b[d.i : d.i+2]
	n, ok := parseBCD(v)
	if !ok || !Currency(n).plain() {
		return Opt[Currency]{}
	}
	d.i += 2
	return Some(Currency(n))
}

func (LogOff) encode(*encoder) {}

func parseLogOff(*decoder) Message { return LogOff{} }

func (m StatusEnquiry) encode(e *encoder) {
	if m.Password.given {
		e.password(m.Password)
	}
	e.octet(bmpService, m.Service)
	e.tlv(m.TLV)
}

// parseStatusEnquiry also reads fields without the password that should stand before them.
func parseStatusEnquiry(d *decoder) Message {
	var m StatusEnquiry
	if d.left() != 2 { // 03 and the service byte
		m.Password = d.password()
	}
	f := d.fields()
	m.Service, m.TLV = f.service, f.tlv
	return m
}

func (m DisplayText) encode(e *encoder) {
	e.octet(bmpDuration, m.Duration)
	for i, line := range m.Lines {
		e.variable(bmpLine+byte(i), line, e.cs, 2, "")
	}
	e.octet(bmpBeeps, m.Beeps)
	e.tlv(m.TLV)
}

func parseDisplayText(d *decoder) Message {
	f := d.fields()
	return DisplayText{Duration: f.duration, Lines: f.lines, Beeps: f.beeps, TLV: f.tlv}
}

func (m BaudRate) encode(e *encoder) { e.b = append(e.b, m.Code) }

func parseBaudRate(d *decoder) Message { return BaudRate{Code: d.octet("speed")} }
