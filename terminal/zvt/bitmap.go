// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

// Fields by their first byte. ZVT PA00P015, "Bitmaps".
const (
	bmpTimeout     = 0x01 // seconds for the issue of goods
	bmpInfos       = 0x02 // how often status information may be repeated
	bmpService     = 0x03
	bmpAmount      = 0x04
	bmpPump        = 0x05
	bmpTLV         = 0x06
	bmpTrace       = 0x0b
	bmpTime        = 0x0c
	bmpDate        = 0x0d // MMDD
	bmpType        = 0x19 // type of payment, or the terminal's status
	bmpResult      = 0x27
	bmpTerminalID  = 0x29
	bmpContract    = 0x2a
	bmpOriginal    = 0x37
	bmpAID         = 0x3b
	bmpText        = 0x3c
	bmpCurrency    = 0x49
	bmpTotals      = 0x60
	bmpReceipt     = 0x87
	bmpTurnover    = 0x88
	bmpCardType    = 0x8a
	bmpCardName    = 0x8b
	bmpDateOfYear  = 0xaa // YYMMDD
	bmpDuration    = 0xf0 // seconds
	bmpLine        = 0xf1 // to F8
	bmpBeeps       = 0xf9
	bmpInputLine   = 0xe1 // to E8
	bmpLastLine    = bmpLine + displayLines - 1
	bmpLastInput   = bmpInputLine + displayLines - 1
	displayLines   = 8
	sizeOfTotals   = 53
	sizeOfContract = 15
	sizeOfAID      = 8
)

// The forms of a field whose length is in front of it. Other forms are the number of bytes.
const (
	unknown = 0
	formLL  = -2  // two digits, F1 F9
	formLLL = -3  // three digits
	formTLV = -10 // the length of a TLV object
)

// formOf is how long a field is, or how its length is written. No field says so itself, so a reader
// has to know them all.
func formOf(bmp byte) int {
	switch bmp {
	case bmpTimeout, bmpInfos, bmpService, bmpPump, bmpType, bmpResult, bmpCardType, bmpDuration, bmpBeeps,
		0x72, 0x73, 0x74, 0x75, 0x76, 0x8c, 0xa0, 0xd0, 0xd2, 0xd3, 0xe0, 0xe9, 0xea, 0xfa, 0xfb, 0xfc, 0xfd:
		return 1
	case bmpDate, bmpCurrency, bmpReceipt, 0x0e, 0x17, 0x3a:
		return 2
	case bmpTrace, bmpTime, bmpOriginal, bmpTurnover, bmpDateOfYear, 0x3d:
		return 3
	case bmpTerminalID, 0x70, 0x71:
		return 4
	case 0xba:
		return 5
	case bmpAmount:
		return 6
	case bmpAID, 0xeb:
		return sizeOfAID
	case bmpContract:
		return sizeOfContract
	case bmpCardName, 0x22, 0x23, 0x2d, 0x4c, 0xa7, 0xd1:
		return formLL
	case bmpText, bmpTotals, 0x24, 0x2e, 0x9a, 0xaf:
		return formLLL
	case bmpTLV:
		return formTLV
	}
	if bmp >= bmpInputLine && bmp <= bmpLastInput || bmp >= bmpLine && bmp <= bmpLastLine {
		return formLL
	}
	return unknown
}

// cardField reports whether a field is about a card or its holder: tracks, number, expiry, sequence,
// check value, chip, PIN, GeldKarte. Their values go nowhere.
func cardField(bmp byte) bool {
	switch bmp {
	case 0x0e, 0x17, 0x22, 0x23, 0x24, 0x2d, 0x2e, 0x3a, 0x9a, 0xa7, 0xaf, 0xd1:
		return true
	}
	return false
}

// cardTag is cardField for the tags of EMV: tracks, number, name, expiry, sequence.
func cardTag(t Tag) bool {
	switch t {
	case 0x56, 0x57, 0x5a, 0x5f20, 0x5f24, 0x5f34, 0x9f1f, 0x9f20, 0x9f6b:
		return true
	}
	return false
}
