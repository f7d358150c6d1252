// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"slices"
	"strconv"
	"strings"
)

// Currency is a numeric code of ISO 4217: 978 is the euro.
type Currency uint16

// EUR is the currency of nearly every till that speaks ZVT.
const EUR Currency = 978

// currencies are those that a till in a country of Klarna's may use; all have two decimals.
const currencies = "AUD036 CAD124 CZK203 DKK208 HUF348 MXN484 NZD554 NOK578 SEK752 CHF756 GBP826 USD840 RON946 EUR978 PLN985"

// CurrencyOf is the numeric code of three letters, false for one that is not known here.
func CurrencyOf(letters string) (Currency, bool) {
	for known := range strings.FieldsSeq(currencies) {
		if known[:3] == letters {
			n, err := strconv.ParseUint(known[3:], 10, 16)
			return Currency(n), err == nil
		}
	}
	return 0, false
}

// Letters is the currency in letters, false if it is not known here.
func (c Currency) Letters() (string, bool) {
	all := strings.Fields(currencies)
	i := slices.IndexFunc(all, func(known string) bool { return known[3:] == c.String() })
	if i < 0 {
		return "", false
	}
	return all[i][:3], true
}

// plain reports whether the code, without its BMP, is a currency and not a service byte of 00 to 19
// or an empty container: no currency has a number of 300 to 319, and 600 is the guaraní.
func (c Currency) plain() bool {
	return c < 1000 && (c < 300 || c >= 320) && c != 600
}

// String is the code in three digits: "978".
func (c Currency) String() string {
	s := strconv.Itoa(int(c))
	return strings.Repeat("0", max(0, 3-len(s))) + s
}
