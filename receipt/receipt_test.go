// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"tillbridge/payment"
	"tillbridge/receipt"
)

func at() time.Time { return time.Date(2026, 11, 20, 14, 32, 5, 0, time.UTC) }

func sale() receipt.Sale {
	return receipt.Sale{
		Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, At: at(), Terminal: "12345678", Trace: 17, Receipt: 17, Reference: "K7QX42ZD",
	}
}

func TestASaleSaysWhatAReceiptMust(t *testing.T) {
	t.Parallel()
	want := []string{
		"      Kundenbeleg",
		"         Klarna",
		"        ZAHLUNG",
		"",
		"Betrag         EUR 16,10",
		"",
		"Datum         20.11.2026",
		"Uhrzeit         14:32:05",
		"Terminal-ID     12345678",
		"Trace             000017",
		"Beleg-Nr.           0017",
		"Klarna Ref      K7QX42ZD",
		"",
		"    Zahlung erfolgt",
	}
	if got := sale().Lines(24, "de"); !slices.Equal(got, want) {
		t.Errorf("Lines(24, de) =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	merchant, back := sale(), sale()
	merchant.Merchant, back.Reversal = true, true
	totals := receipt.Totals{
		At: at(), Terminal: "12345678", Sales: 3, SaleSum: payment.Amount{Minor: 123400, Currency: "EUR"},
		Backs: 1, BackSum: payment.Amount{Minor: 1610, Currency: "EUR"}, First: 17, Last: 19,
	}
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"the merchant's copy": {merchant.Lines(40, "de"), []string{"Händlerbeleg"}},
		"in English":          {merchant.Lines(40, "en"), []string{"Merchant receipt", "EUR 16.10", "2026-11-20", "Paid"}},
		"a reversal":          {back.Lines(40, "de"), []string{"STORNO", "EUR -16,10", "Betrag zurückgegeben"}},
		"totals":              {totals.Lines(24, "de"), []string{"KASSENSCHNITT", "Zahlungen 3  EUR 1234,00", "Stornos 1     EUR -16,10", "Summe        EUR 1217,90", "0017-0019"}},
		"the setup":           {receipt.Setup{At: at(), Terminal: "12345678", Software: "tillbridge 1.2.3"}.Lines(24, "en"), []string{"tillbridge 1.2.3", "12345678"}},
	}
	for name, tt := range tests {
		text := strings.Join(tt.lines, "\n")
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, text)
			}
		}
	}
}

// FuzzLines: whatever is printed, no line is too wide and none holds what a printer obeys.
func FuzzLines(f *testing.F) {
	f.Add(24, "de", int64(1610), "K7QX42ZD", "12345678")
	f.Add(-1, "en", int64(-99999999999), "\x1b@ a very long reference that no printer has room for", "ß")
	f.Add(1000, "", int64(0), "", "\u202e\xff")
	f.Fuzz(func(t *testing.T, columns int, language string, minor int64, reference, terminal string) {
		s := sale()
		s.Amount.Minor, s.Reference, s.Terminal = minor%1_000_000_000_000, reference, terminal
		all := s.Lines(columns, language)
		all = append(all, receipt.Setup{Software: reference, Terminal: terminal}.Lines(columns, language)...)
		wide := min(max(columns, receipt.MinColumns), receipt.MaxColumns)
		for _, line := range all {
			if utf8.RuneCountInString(line) > wide {
				t.Errorf("line %q is wider than %d", line, wide)
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("line %q holds a control character", line)
			}
		}
	})
}
