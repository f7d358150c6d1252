// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"tillbridge/payment"
)

func TestParseAmountReads(t *testing.T) {
	tests := map[string]struct {
		text string
		want int64
	}{
		"euros and cents":          {"16.10", 1610},
		"euros alone":              {"16", 1600},
		"one decimal":              {"16.1", 1610},
		"a cent":                   {"0.01", 1},
		"nines":                    {"99.99", 9999},
		"leading zeros":            {"0016.10", 1610},
		"the most that can be":     {"21474836.47", payment.MaxMinor},
		"nine digits before a dot": {"000000001", 100},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := payment.ParseAmount(tt.text, "EUR")
			if want := (payment.Amount{Minor: tt.want, Currency: "EUR"}); err != nil || got != want {
				t.Errorf("ParseAmount(%q) = %+v, %v, want %+v", tt.text, got, err, want)
			}
		})
	}
}

func TestParseAmountRefuses(t *testing.T) {
	tests := map[string]string{
		"row 6: nothing to pay":                 "0",
		"row 6: nothing to pay, with decimals":  "0.00",
		"row 6: negative":                       "-1.00",
		"row 6: negative zero":                  "-0",
		"row 6: an exponent":                    "1e2",
		"row 6: a tenth of a cent":              "10.005",
		"row 6: a tenth of a cent that is zero": "10.000",
		"row 6: hexadecimal":                    "0x10",
		"row 6: more than any integer":          "99999999999999999999",
		"row 6: beyond what Klarna takes":       "21474836.48",
		"row 6: nine digits, beyond the limit":  "999999999.99",
		"row 6: more digits than an amount has": "0000000016",
		"row 6: NUL at the end":                 "16.10\x00",
		"row 6: NUL alone":                      "\x00",
		"row 6: a space before":                 " 16.10",
		"row 6: a space after":                  "16.10 ",
		"row 6: a space inside":                 "1 610",
		"row 6: a line end":                     "16.10\n",
		"row 6: full-width digits":              "１６.１０",
		"row 6: a full-width dot":               "16．10",
		"row 6: Arabic digits":                  "١٦",
		"row 6: a superscript":                  "16²",
		"a comma":                               "16,10",
		"a thousands separator":                 "1.610.00",
		"a plus sign":                           "+16.10",
		"an underscore as Go has it":            "1_610",
		"the currency behind it":                "16.10 EUR",
		"nothing":                               "",
		"a dot":                                 ".",
		"no digit before the dot":               ".10",
		"no digit after the dot":                "16.",
		"not a number":                          "NaN",
		"infinity":                              "Inf",
		"invalid UTF-8":                         "16\xff",
		"10 KiB of digits":                      strings.Repeat("1", 10<<10),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := payment.ParseAmount(text, "EUR")
			if refusal, ok := errors.AsType[*payment.AmountError](err); !ok || refusal.Why == "" {
				t.Errorf("ParseAmount(%.40q) = %+v, %v, want an AmountError that says what is expected", text, got, err)
			}
			if got.Check() == nil {
				t.Errorf("ParseAmount(%.40q) gave %+v beside its error, which could be charged", text, got)
			}
		})
	}
}

func TestParseAmountRefusesCurrencies(t *testing.T) {
	for _, c := range []payment.Currency{"", "eur", "EURO", "€", "978", "EU", "EUR ", "EUR\x00", "JPY", "ＥＵＲ", "XXX"} {
		if got, err := payment.ParseAmount("16.10", c); err == nil {
			t.Errorf("row 8: ParseAmount(16.10, %q) = %+v, want an error", c, got)
		}
		if err := (payment.Amount{Minor: 1610, Currency: c}).Check(); err == nil {
			t.Errorf("row 8: Check of 1610 %q = nil, want an error", c)
		}
	}
}

func TestAmountCheck(t *testing.T) {
	tests := map[string]struct {
		minor int64
		ok    bool
	}{
		"a cent":                {1, true},
		"the most":              {payment.MaxMinor, true},
		"row 6: nothing":        {0, false},
		"row 6: less":           {-1, false},
		"one more than allowed": {payment.MaxMinor + 1, false},
		"the largest integer":   {math.MaxInt64, false},
		"the smallest integer":  {math.MinInt64, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := payment.Amount{Minor: tt.minor, Currency: "EUR"}
			if err := a.Check(); (err == nil) != tt.ok {
				t.Errorf("Check(%+v) = %v, want ok %v", a, err, tt.ok)
			}
		})
	}
}

func TestAmountErrorSaysWhatWasGivenAndExpected(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"a text": {
			second(payment.ParseAmount("1,5", "EUR")),
			`amount "1,5": expected digits with at most 2 decimals, such as 16.10`,
		},
		"a currency": {second(payment.ParseAmount("1", "eur")), `amount "1": currency "eur" is not supported`},
		"a number":   {payment.Amount{Currency: "EUR"}.Check(), `amount "0": expected 1 to 2147483647 minor units`},
		"an amount":  {payment.Amount{Minor: 150, Currency: "JPY"}.Check(), `amount "150 JPY": currency "JPY" is not supported`},
	}
	for name, tt := range tests {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", name, tt.err, tt.want)
		}
	}
}

func second(_ payment.Amount, err error) error { return err }

func TestDecimal(t *testing.T) {
	tests := map[string]struct {
		amount payment.Amount
		want   string
	}{
		"nothing":                 {payment.Amount{Minor: 0, Currency: "EUR"}, "0.00"},
		"a cent":                  {payment.Amount{Minor: 1, Currency: "EUR"}, "0.01"},
		"ten cents":               {payment.Amount{Minor: 10, Currency: "EUR"}, "0.10"},
		"a euro":                  {payment.Amount{Minor: 100, Currency: "EUR"}, "1.00"},
		"the most":                {payment.Amount{Minor: payment.MaxMinor, Currency: "SEK"}, "21474836.47"},
		"a discount of a cent":    {payment.Amount{Minor: -1, Currency: "EUR"}, "-0.01"},
		"a discount":              {payment.Amount{Minor: -1234, Currency: "EUR"}, "-12.34"},
		"the smallest integer":    {payment.Amount{Minor: math.MinInt64, Currency: "EUR"}, "-92233720368547758.08"},
		"a currency nobody knows": {payment.Amount{Minor: 1234, Currency: "JPY"}, "1234"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.amount.Decimal(); got != tt.want {
				t.Errorf("Decimal(%+v) = %q, want %q", tt.amount, got, tt.want)
			}
			if got, want := tt.amount.String(), tt.want+" "+string(tt.amount.Currency); got != want {
				t.Errorf("String(%+v) = %q, want %q", tt.amount, got, want)
			}
		})
	}
}

// FuzzParseAmount: whatever is read can be charged and reads back as itself.
func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"16.10", "0", "-0", "1e2", "10.005", "0x10", "99999999999999999999", "１６", "1.", ".1"} {
		f.Add(s, "EUR")
	}
	f.Fuzz(func(t *testing.T, text, currency string) {
		a, err := payment.ParseAmount(text, payment.Currency(currency))
		if err != nil {
			return
		}
		if wrong := a.Check(); wrong != nil {
			t.Fatalf("ParseAmount(%q) = %+v, which cannot be charged: %v", text, a, wrong)
		}
		again, err := payment.ParseAmount(a.Decimal(), a.Currency)
		if err != nil || again != a {
			t.Fatalf("ParseAmount(%q) = %+v, %v, want %+v", a.Decimal(), again, err, a)
		}
	})
}
