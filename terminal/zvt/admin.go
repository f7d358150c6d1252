// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// EndOfDay (06 50) closes the terminal's counters.
type EndOfDay struct {
	Password Password
	TLV      *Container
}

// Totals (06 10) asks for the counters and leaves them as they are.
type Totals struct{ Password Password }

// PartialReconciliation (06 52) is like Totals. It came with revision 13.13.
type PartialReconciliation struct{ Password Password }

// Initialisation (06 93) makes the terminal fetch its parameters.
type Initialisation struct{ Password Password }

// Diagnosis (06 70) makes the terminal try its host. TLV may say which kind.
type Diagnosis struct{ TLV *Container }

// SelfTest is 06 79.
type SelfTest struct{}

// Reset (06 18) restarts the terminal.
type Reset struct{}

// PrintConfiguration (06 1A) prints how the terminal is set up.
type PrintConfiguration struct{}

// SoftwareUpdate (08 10) asks for a new version.
type SoftwareUpdate struct{}

// SetTerminalClock (06 91) tells the terminal the time.
type SetTerminalClock struct {
	Password Password
	Date     Opt[Date]
	Time     Opt[TimeOfDay]
}

// SetTillClock (04 01) tells the till the time. A terminal of ours never sends it.
type SetTillClock struct {
	Date Opt[Date]
	Time Opt[TimeOfDay]
}

// Command is 06 50.
func (EndOfDay) Command() Command { return CmdEndOfDay }

// Command is 06 10.
func (Totals) Command() Command { return CmdTotals }

// Command is 06 52.
func (PartialReconciliation) Command() Command { return CmdPartialReconciliation }

// Command is 06 93.
func (Initialisation) Command() Command { return CmdInitialisation }

// Command is 06 70.
func (Diagnosis) Command() Command { return CmdDiagnosis }

// Command is 06 79.
func (SelfTest) Command() Command { return CmdSelfTest }

// Command is 06 18.
func (Reset) Command() Command { return CmdReset }

// Command is 06 1A.
func (PrintConfiguration) Command() Command { return CmdPrintConfiguration }

// Command is 08 10.
func (SoftwareUpdate) Command() Command { return CmdSoftwareUpdate }

// Command is 06 91.
func (SetTerminalClock) Command() Command { return CmdSetTerminalClock }

// Command is 04 01.
func (SetTillClock) Command() Command { return CmdSetTillClock }

func (m EndOfDay) encode(e *encoder) {
	e.password(m.Password)
	e.tlv(m.TLV)
}

func parseEndOfDay(d *decoder) Message {
	pw := d.password()
	return EndOfDay{Password: pw, TLV: d.fields().tlv}
}

func (m Totals) encode(e *encoder) { e.password(m.Password) }

func parseTotals(d *decoder) Message { return Totals{Password: d.passwordAlone()} }

func (m PartialReconciliation) encode(e *encoder) { e.password(m.Password) }

func parsePartialReconciliation(d *decoder) Message {
	return PartialReconciliation{Password: d.passwordAlone()}
}

func (m Initialisation) encode(e *encoder) { e.password(m.Password) }

func parseInitialisation(d *decoder) Message { return Initialisation{Password: d.passwordAlone()} }

// passwordAlone reads a password, and fields behind it that nobody needs.
func (d *decoder) passwordAlone() Password {
	pw := d.password()
	d.fields()
	return pw
}

func (m Diagnosis) encode(e *encoder) { e.tlv(m.TLV) }

func parseDiagnosis(d *decoder) Message { return Diagnosis{TLV: d.fields().tlv} }

func (SelfTest) encode(*encoder)           {}
func (Reset) encode(*encoder)              {}
func (PrintConfiguration) encode(*encoder) {}
func (SoftwareUpdate) encode(*encoder)     {}

// Some tills send a password with these. It is of no interest.

func parseSelfTest(*decoder) Message           { return SelfTest{} }
func parseReset(*decoder) Message              { return Reset{} }
func parsePrintConfiguration(*decoder) Message { return PrintConfiguration{} }
func parseSoftwareUpdate(*decoder) Message     { return SoftwareUpdate{} }

func (m SetTerminalClock) encode(e *encoder) {
	e.password(m.Password)
	e.date(bmpDateOfYear, m.Date)
	e.clock(m.Time)
}

func parseSetTerminalClock(d *decoder) Message {
	pw := d.password()
	f := d.fields()
	return SetTerminalClock{Password: pw, Date: f.date, Time: f.clock}
}

func (m SetTillClock) encode(e *encoder) {
	e.date(bmpDateOfYear, m.Date)
	e.clock(m.Time)
}

func parseSetTillClock(d *decoder) Message {
	f := d.fields()
	return SetTillClock{Date: f.date, Time: f.clock}
}
