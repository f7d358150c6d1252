// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt_test

import (
	"slices"
	"strings"
	"testing"
	"time"

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
		"totals":              {totals.Lines(24, "de"), []string{"KASSENSCHNITT", "Zahlungen 3 EUR 1.234,00", "Stornos 1     EUR -16,10", "Summe       EUR 1.217,90", "0017-0019"}},
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

// TestARefundNamesItsSale: a customer who comes back with a slip must be found by it.
func TestARefundNamesItsSale(t *testing.T) {
	t.Parallel()
	r := receipt.Refund{
		Merchant: true, Amount: payment.Amount{Minor: 500, Currency: "EUR"}, Original: payment.Amount{Minor: 123456, Currency: "EUR"},
		At: at(), ID: "R-1", Sale: "T1-000817", Reference: "K7QX42ZD", Shop: receipt.Shop{Head: []string{"Bäckerei Müller"}, Foot: []string{"Danke!"}},
	}
	want := []string{
		"    Bäckerei Müller",
		"",
		"      Händlerbeleg",
		"         Klarna",
		"       ERSTATTUNG",
		"",
		"Betrag         EUR -5,00",
		"Bezahlt waren",
		"            EUR 1.234,56",
		"",
		"Datum         20.11.2026",
		"Uhrzeit         14:32:05",
		"Kassen-Nr.           R-1",
		"Zahlung Nr.    T1-000817",
		"Klarna Ref      K7QX42ZD",
		"",
		"    Betrag erstattet",
		"",
		"         Danke!",
	}
	if got := r.Lines(24, "de"); !slices.Equal(got, want) {
		t.Errorf("Lines(24, de) =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestASlipNeverPromisesWhatIsNotKnown: the words about money of a payment that was not made, and of one
// that nobody knows about, are different ones in every language.
func TestASlipNeverPromisesWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	sure := []payment.Outcome{payment.Declined, payment.Cancelled, payment.Expired, payment.Failed}
	for _, code := range receipt.Languages() {
		last := func(o payment.Outcome) string {
			lines := receipt.Unpaid{Outcome: o, Amount: payment.Amount{Minor: 1, Currency: "EUR"}, At: at()}.Lines(80, code)
			return strings.TrimSpace(lines[len(lines)-1])
		}
		for _, o := range sure {
			if last(o) != last(payment.Declined) || last(o) == last(payment.Unknown) {
				t.Errorf("%s, %s: %q; unknown: %q", code, o, last(o), last(payment.Unknown))
			}
		}
		for _, o := range []payment.Outcome{payment.Approved, payment.Reversed, "", "else"} {
			if last(o) != last(payment.Unknown) {
				t.Errorf("%s, %q: %q, want what is said about unknown", code, o, last(o))
			}
		}
		paid := sale().Lines(80, code)
		if slices.Contains([]string{last(payment.Declined), last(payment.Unknown)}, strings.TrimSpace(paid[len(paid)-1])) {
			t.Errorf("%s: a sale ends with %q", code, paid[len(paid)-1])
		}
	}
}

func TestADayAddsUpItsLanes(t *testing.T) {
	t.Parallel()
	d := receipt.Day{Number: 12, At: at(), Lanes: []receipt.LaneDay{
		{"lane-1", []receipt.Sums{{Currency: "EUR", Sales: 3, SaleSum: 5000, Refunds: 1, RefundSum: 700, Reversals: 1, ReversalSum: 300}}},
		{"lane-2", []receipt.Sums{{Currency: "EUR", Sales: 1, SaleSum: 100}, {Currency: "SEK", Sales: 2, SaleSum: 123456789}}},
	}}
	text := strings.Join(d.Lines(24, "en"), "\n")
	for _, line := range []string{
		"END OF DAY\n",
		"Close no.             12", "Till              lane-1", "Payments 3     EUR 50.00", "Refunds 1      EUR -7.00",
		"Reversals 1    EUR -3.00", "Total          EUR 40.00", "Total   SEK 1,234,567.89",
		"All tills\nPayments 4     EUR 51.00", "Total          EUR 41.00",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is not in\n%s", line, text)
		}
	}
}
