// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

// Receipts is what all slips have in common that a till gets as text.
type Receipts struct {
	Columns    int      // width in characters, 24 to 80; a ZVT till says its own
	Head, Foot []string // the shop's own lines, above and below
}

// DayEnd says when the daemon closes the day by itself.
type DayEnd struct {
	At string // HH:MM of the machine's clock; empty: never
}

// Settlement says how a settlement file is written: names of columns, and words in them. Nothing here is a fact
// about Klarna's files.
type Settlement struct {
	Separator                              Separator
	Decimal                                DecimalSign
	Reference, Amount, Currency, Type, Fee string // columns; the last two may be empty
	RefundTypes                            []string
	SkipTypes                              []string
}

// Separator stands between the cells of a settlement file.
type Separator string

// The separators.
const (
	SeparatorComma     Separator = "comma"
	SeparatorSemicolon Separator = "semicolon"
	SeparatorTab       Separator = "tab"
)

// DecimalSign is how amounts of a settlement file are written.
type DecimalSign string

// Major units with a point or a comma, or integers in minor units.
const (
	DecimalPoint DecimalSign = "point"
	DecimalComma DecimalSign = "comma"
	DecimalNone  DecimalSign = "none"
)

func (r *Receipts) settings() []setting {
	return []setting{
		{"receipts.columns", "40", atOnce, number(&r.Columns, 24, 80)},
		{"receipts.head", "", atOnce, each(&r.Head, 8, lineExpected, line)},
		{"receipts.foot", "", atOnce, each(&r.Foot, 8, lineExpected, line)},
	}
}

func (d *DayEnd) settings() []setting {
	return []setting{
		{"day_end.at", "", atOnce, shaped(&d.At, `([01][0-9]|2[0-3]):[0-5][0-9]`, "a time of day such as 23:30", nil)},
	}
}

func (s *Settlement) settings() []setting {
	return []setting{
		{"settlement.separator", string(SeparatorComma), atOnce, choice(&s.Separator, SeparatorComma, SeparatorSemicolon, SeparatorTab)},
		{"settlement.decimal", string(DecimalPoint), atOnce, choice(&s.Decimal, DecimalPoint, DecimalComma, DecimalNone)},
		{"settlement.reference_column", "payment_reference", atOnce, words(&s.Reference, maxText)},
		{"settlement.amount_column", "amount", atOnce, words(&s.Amount, maxText)},
		{"settlement.currency_column", "currency", atOnce, words(&s.Currency, maxText)},
		{"settlement.type_column", "type", atOnce, words(&s.Type, maxText)},
		{"settlement.fee_column", "fee", atOnce, words(&s.Fee, maxText)},
		{"settlement.refund_types", "return, refund", atOnce, each(&s.RefundTypes, 16, lineExpected, line)},
		{"settlement.skip_types", "payout", atOnce, each(&s.SkipTypes, 16, lineExpected, line)},
	}
}

const lineExpected = "1 to 80 printable characters"

// line is one line of text for people.
func line(text string) (string, bool) {
	var got string
	return text, words(&got, 80).set(text) == nil && text != ""
}
