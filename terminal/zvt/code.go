// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import "fmt"

// Code is a result (BMP 27, 06 1E, 84 xx), a terminal's status (05 01) or an intermediate status
// (04 FF).
type Code byte

// Results. ZVT PA00P015, chapter "Error-Messages". 01 to 63 are the host's.
const (
	CodeOK              Code = 0x00
	CodeDeclined        Code = 0x05 // a host code; the ordinary decline in Austria (card complete)
	CodeWrongCurrency   Code = 0x1e // in 84 1E, as answer to a registration
	CodeInitialisation  Code = 0x51 // due; a status of 05 01
	CodeCardUnreadable  Code = 0x64
	CodeProcessing      Code = 0x66
	CodeTurnoverFull    Code = 0x6a
	CodeDeactivated     Code = 0x6b // or not registered
	CodeAborted         Code = 0x6c // by a key or by time
	CodeCurrency        Code = 0x6f // not configured
	CodeEndOfDay        Code = 0x77 // not possible
	CodeCommunication   Code = 0x7d
	CodeNotPossible     Code = 0x83 // the answer to everything unknown
	CodeProtocol        Code = 0x9a
	CodeDialUp          Code = 0x9b
	CodeWait            Code = 0x9c // never as answer to 06 01: one till waits without end
	CodePartialIssue    Code = 0x9d // of goods, in 84 9D with an amount
	CodeNoConnection    Code = 0xa3
	CodeMemoryFull      Code = 0xb1
	CodeJournalFull     Code = 0xb2
	CodeReversed        Code = 0xb4 // already
	CodeNoReversal      Code = 0xb5 // not possible
	CodeWrongAmount     Code = 0xb7
	CodeDiagnosis       Code = 0xc2 // required
	CodeAmountTooLarge  Code = 0xc3
	CodePaymentMethod   Code = 0xc5 // not supported
	CodeCurrencyUnknown Code = 0xc6 // not applicable
	CodeAmountTooSmall  Code = 0xc8
	CodePrinter         Code = 0xcc // not ready
	CodeOutOfOrder      Code = 0xdf
	CodeReconciliation  Code = 0xf0 // a status of 05 01
	CodeSystem          Code = 0xff
)

// Intermediate states. ZVT PA00P015, 04 FF.
const (
	StateDisplay     Code = 0x01 // please see the PIN pad's display
	StateHost        Code = 0x04 // waiting for the host's answer
	StateReversing   Code = 0x05 // automatic reversal
	StateAborted     Code = 0x0d
	StateWait        Code = 0x0e
	StateMalfunction Code = 0x12
	StatePleaseWait  Code = 0x17
	StatePaid        Code = 0x1c
	StateDeclined    Code = 0x1d
	StateConnecting  Code = 0xd2
	StateText        Code = 0xff // the text is in the TLV container
)

// String is the code in two hexadecimal digits.
func (c Code) String() string { return fmt.Sprintf("%02X", byte(c)) }

// Config is the byte of 06 00 in which the till says what it wants. Bits 01 and 40 are reserved, and
// tills set them.
type Config byte

// The bits of Config. ZVT PA00P015, 06 00.
const (
	ConfigPrintsPayments Config = 0x02 // the till prints receipts of payments
	ConfigPrintsAdmin    Config = 0x04 // the till prints administrative receipts
	ConfigIntermediate   Config = 0x08 // the till wants 04 FF
	ConfigAmountLocked   Config = 0x10 // no amount may be entered at the terminal
	ConfigAdminLocked    Config = 0x20 // no administration at the terminal
	ConfigPrintCommands  Config = 0x80 // receipts arrive as 06 D1 or 06 D3; else the till makes them from 04 0F

	// ConfigUnregistered holds for a till that never registered or has logged off.
	ConfigUnregistered Config = 0x86
)

// Has reports whether all bits of mask are set.
func (c Config) Has(mask Config) bool { return c&mask == mask }

// Service bytes, BMP 03.
const (
	ServiceNoMenu     byte = 0x01 // 06 00, 05 01: the service menu is not on the key
	ServiceNoVersion  byte = 0x02 // 05 01: leave the software version out
	ServiceMoreStatus byte = 0x04 // 05 01: more states in the TLV container
	ServiceStatusInfo byte = 0x01 // 06 20: send 04 0F
	ServiceNoPrint    byte = 0x02 // 06 20: print nothing
)

// Payment types, BMP 19 of 04 0F. card complete.
const (
	TypeSignature   byte = 0x60 // tills print a line for the signature
	TypeNoSignature byte = 0x70 // no such line, and nothing about a PIN
)

// CardTypeKlarna is BMP 8A of a payment with Klarna, since revision 13.13. Tills with an older list
// print BMP 8B instead.
const CardTypeKlarna byte = 0x78

// Attributes of a printed line, 06 D1 and tag 09. They combine; the low half is the indent.
const (
	AttributeNormal       byte = 0x00
	AttributeDoubleHeight byte = 0x10
	AttributeDoubleWidth  byte = 0x20
	AttributeCentred      byte = 0x40
	AttributeLast         byte = 0x81 // and every other one up to FE: the receipt ends
	AttributeFeed         byte = 0xff // empty lines, as many as the next byte says
)

// Kinds of receipts, tag 1F07.
const (
	ReceiptMerchant byte = 0x01
	ReceiptCustomer byte = 0x02
	ReceiptAdmin    byte = 0x03
)
