// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxMinor is the largest amount that Klarna takes, in minor units (Klarna, Data types).
const MaxMinor = math.MaxInt32

// Currency is an ISO 4217 code in upper case, such as "EUR".
type Currency string

// Exponent is the number of decimals of the minor unit, and false for a currency that Klarna does
// not support in store. HUF and CZK have two decimals here as in ISO 4217, whatever cash rounding does.
func (c Currency) Exponent() (int, bool) {
	switch c {
	case "AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF",
		"MXN", "NOK", "NZD", "PLN", "RON", "SEK", "USD":
		return 2, true
	}
	return 0, false
}

// Amount is money in the currency's minor unit (ISO 4217): 12.34 EUR is {1234, "EUR"}.
type Amount struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// AmountError says why a text or number is not an amount.
type AmountError struct {
	Text string // what was given
	Why  string // what was expected instead
}

// Error implements error.
func (e *AmountError) Error() string { return fmt.Sprintf("amount %q: %s", e.Text, e.Why) }

// ParseAmount reads a decimal in major units with at most the currency's decimals: "16.10", "16".
func ParseAmount(text string, c Currency) (Amount, error) {
	exp, ok := c.Exponent()
	if !ok {
		return Amount{}, &AmountError{text, fmt.Sprintf("currency %q is not supported", string(c))}
	}
	whole, frac, dot := strings.Cut(text, ".")
	if !digits(whole) || (dot && !digits(frac)) || len(frac) > exp || len(whole) > 9 {
		return Amount{}, &AmountError{text, fmt.Sprintf("expected digits with at most %d decimals, such as 16.10", exp)}
	}
	minor, err := strconv.ParseInt(whole+frac+strings.Repeat("0", exp-len(frac)), 10, 64)
	if err != nil {
		return Amount{}, &AmountError{text, "out of range"}
	}
	a := Amount{Minor: minor, Currency: c}
	return a, a.Check()
}

// Check reports whether a can be charged: a supported currency and 1 to MaxMinor minor units.
func (a Amount) Check() error {
	if _, ok := a.Currency.Exponent(); !ok {
		return &AmountError{a.String(), fmt.Sprintf("currency %q is not supported", string(a.Currency))}
	}
	if a.Minor < 1 || a.Minor > MaxMinor {
		return &AmountError{strconv.FormatInt(a.Minor, 10), fmt.Sprintf("expected 1 to %d minor units", MaxMinor)}
	}
	return nil
}

// Decimal is the amount in major units without its currency: "12.34".
func (a Amount) Decimal() string {
	exp, _ := a.Currency.Exponent()
	s, negative := strings.CutPrefix(strconv.FormatInt(a.Minor, 10), "-")
	sign := ""
	if negative {
		sign = "-"
	}
	if exp == 0 {
		return sign + s
	}
	if len(s) <= exp {
		s = strings.Repeat("0", exp-len(s)+1) + s
	}
	return sign + s[:len(s)-exp] + "." + s[len(s)-exp:]
}

// String is the amount for people: "12.34 EUR".
func (a Amount) String() string { return a.Decimal() + " " + string(a.Currency) }

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}
