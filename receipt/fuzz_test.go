// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tillbridge/payment"
	"tillbridge/receipt"
)

// everyLine is the lines of every kind of slip, with text of somebody else's in every place.
func everyLine(columns int, language, text string, minor int64, count int) []string {
	a := payment.Amount{Minor: minor, Currency: "EUR"}
	shop := receipt.Shop{Head: []string{text}, Foot: []string{text, text}}
	var all []string
	for _, merchant := range []bool{true, false} {
		all = slices.Concat(all,
			receipt.Sale{Reversal: merchant, Merchant: merchant, Amount: a, At: at(), Terminal: text, Trace: count, Receipt: count, ID: text, Reference: text, Shop: shop}.Lines(columns, language),
			receipt.Refund{Merchant: merchant, Amount: a, Original: a, At: at(), Terminal: text, ID: text, Sale: text, Reference: text, Shop: shop}.Lines(columns, language),
			receipt.Unpaid{Merchant: merchant, Outcome: payment.Outcome(text), Amount: a, At: at(), Terminal: text, ID: text, Reference: text, Shop: shop}.Lines(columns, language),
		)
	}
	return slices.Concat(all,
		receipt.Totals{At: at(), Terminal: text, Sales: count, SaleSum: a, Backs: count, BackSum: a, First: count, Last: count, Shop: shop}.Lines(columns, language),
		receipt.Day{Number: count, At: at(), Lanes: []receipt.LaneDay{{text, []receipt.Sums{{Currency: "EUR", Sales: count, SaleSum: minor, Refunds: 1, RefundSum: minor}}}}, Shop: shop}.Lines(columns, language),
		receipt.Setup{At: at(), Terminal: text, Software: text, Shop: shop}.Lines(columns, language),
	)
}

// FuzzLines, row 70 among others: whatever is printed, no line is too wide, none holds what a printer
// obeys, and none looks like a card number.
func FuzzLines(f *testing.F) {
	f.Add(24, "de", "K7QX42ZD", int64(1610), 17)
	f.Add(-1, "en", "\x1b@ a very long reference that no printer has room for", int64(-99999999999), -1)
	f.Add(1000, "", "\u202e\xff\u2028\u00a0", int64(0), 0)
	f.Add(32, "fi", "4111 1111 1111 1111", int64(4111), 4111)
	f.Add(32, "sv", "5500005555555559|{amount}^", int64(123456789), 1)
	f.Fuzz(func(t *testing.T, columns int, language, text string, minor int64, count int) {
		wide := min(max(columns, receipt.MinColumns), receipt.MaxColumns)
		for _, line := range everyLine(columns, language, text, minor%1_000_000_000_000, count%1_000_000) {
			if utf8.RuneCountInString(line) > wide {
				t.Errorf("line %q is wider than %d", line, wide)
			}
			if strings.ContainsFunc(line, unicode.IsControl) || !utf8.ValidString(line) {
				t.Errorf("line %q holds a control character", line)
			}
			if payment.MaskCards(line) != line {
				t.Errorf("line %q looks like a card number", line)
			}
		}
	})
}
