// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import "fmt"

// Command is class and instruction of an APDU: 0x0601 is 06 01.
type Command uint16

// Commands of the till. ZVT PA00P015, chapter 2.
const (
	CmdStatusEnquiry         Command = 0x0501
	CmdRegistration          Command = 0x0600
	CmdPayment               Command = 0x0601
	CmdLogOff                Command = 0x0602
	CmdTotals                Command = 0x0610
	CmdReprint               Command = 0x0612
	CmdReset                 Command = 0x0618
	CmdPrintConfiguration    Command = 0x061a
	CmdRepeatReceipt         Command = 0x0620
	CmdReversal              Command = 0x0630
	CmdRefund                Command = 0x0631
	CmdEndOfDay              Command = 0x0650
	CmdPartialReconciliation Command = 0x0652 // since revision 13.13
	CmdDiagnosis             Command = 0x0670
	CmdSelfTest              Command = 0x0679
	CmdSetTerminalClock      Command = 0x0691
	CmdInitialisation        Command = 0x0693
	CmdAbort                 Command = 0x06b0
	CmdDisplayText           Command = 0x06e0
	CmdSoftwareUpdate        Command = 0x0810
	CmdBaudRate              Command = 0x0840
)

// Commands of the terminal. ZVT PA00P015, chapter 3.
const (
	CmdSetTillClock       Command = 0x0401
	CmdStatusInfo         Command = 0x040f
	CmdIntermediateStatus Command = 0x04ff
	CmdCompletion         Command = 0x060f
	CmdAborted            Command = 0x061e
	CmdPrintLine          Command = 0x06d1
	CmdPrintBlock         Command = 0x06d3
)

// CmdAccepted answers a command. 84 00 means the same; every other 84 xx is Refused.
const (
	CmdAccepted Command = 0x8000
	cmdRefused  Command = 0x8400 // the low byte is a Code
)

// String is the command as the specification writes it: "06 01".
func (c Command) String() string { return fmt.Sprintf("%02X %02X", byte(c>>8), byte(c)) }

// Answer reports whether c is 80 00 or 84 xx: the answer to a command, itself never answered.
func (c Command) Answer() bool { return c == CmdAccepted || c&0xff00 == cmdRefused }

// Known reports whether Parse makes more of the command than Other.
func (c Command) Known() bool {
	_, ok := lookup(c)
	return ok
}

// Name is what the command is for, in one or two words for a trace: "payment"; "unknown" if it is.
func (c Command) Name() string {
	if s, ok := lookup(c); ok {
		return s.name
	}
	return "unknown"
}

// Completes reports whether the terminal ends this command of the till with 06 0F or 06 1E. Others
// end with 80 00 alone.
func (c Command) Completes() bool {
	s, _ := lookup(c)
	return s.completes
}

type shape struct {
	command   Command
	name      string
	completes bool
	parse     func(*decoder) Message
}

func lookup(c Command) (shape, bool) {
	if c&0xff00 == cmdRefused {
		return shape{command: c, name: "answer", parse: parseAnswer}, true
	}
	for _, s := range shapes() {
		if s.command == c {
			return s, true
		}
	}
	return shape{}, false
}

// shapes is the one table of commands.
func shapes() [29]shape {
	return [...]shape{
		{CmdSetTillClock, "set till clock", false, parseSetTillClock},
		{CmdStatusInfo, "status information", false, parseStatusInfo},
		{CmdIntermediateStatus, "intermediate status", false, parseIntermediateStatus},
		{CmdStatusEnquiry, "status enquiry", true, parseStatusEnquiry},
		{CmdRegistration, "registration", true, parseRegistration},
		{CmdPayment, "payment", true, parsePayment},
		{CmdLogOff, "log-off", false, parseLogOff},
		{CmdCompletion, "completion", false, parseCompletion},
		{CmdTotals, "totals", true, parseTotals},
		{CmdReprint, "reprint", true, parseReprint},
		{CmdReset, "reset", true, parseReset},
		{CmdPrintConfiguration, "print configuration", true, parsePrintConfiguration},
		{CmdAborted, "aborted", false, parseAborted},
		{CmdRepeatReceipt, "repeat receipt", true, parseRepeatReceipt},
		{CmdReversal, "reversal", true, parseReversal},
		{CmdRefund, "refund", true, parseRefund},
		{CmdEndOfDay, "end of day", true, parseEndOfDay},
		{CmdPartialReconciliation, "partial reconciliation", true, parsePartialReconciliation},
		{CmdDiagnosis, "diagnosis", true, parseDiagnosis},
		{CmdSelfTest, "self-test", true, parseSelfTest},
		{CmdSetTerminalClock, "set terminal clock", true, parseSetTerminalClock},
		{CmdInitialisation, "initialisation", true, parseInitialisation},
		{CmdAbort, "abort", false, parseAbort},
		{CmdPrintLine, "print line", false, parsePrintLine},
		{CmdPrintBlock, "print block", false, parsePrintBlock},
		{CmdDisplayText, "display text", false, parseDisplayText},
		{CmdSoftwareUpdate, "software update", true, parseSoftwareUpdate},
		{CmdBaudRate, "baud rate", false, parseBaudRate},
		{CmdAccepted, "answer", false, parseAnswer},
	}
}
