// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Decimal is an amount in a currency's major unit as the file wrote it, such as 10000.00. It is
// never a float.
type Decimal string

const (
	maxWhole    = 12 // digits before the point
	maxFraction = 4  // digits after it; no currency of ISO 4217 has more
)

// Minor is d in a currency's minor unit, of which digits make up one major unit: 2 for EUR, 0 for
// JPY. A fraction that the currency does not have is an error.
func (d Decimal) Minor(digits int) (int64, error) {
	if digits < 0 || digits > maxFraction || !d.valid() {
		return 0, fmt.Errorf("decimal %q with %d digits: out of range", string(d), digits)
	}
	whole, fraction, _ := strings.Cut(string(d), ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > digits {
		return 0, fmt.Errorf("decimal %s: the currency has %d digits after the point", string(d), digits)
	}
	return strconv.ParseInt(whole+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
}

func (d Decimal) valid() bool {
	whole, fraction, point := strings.Cut(string(d), ".")
	return digitsOnly(whole, 1, maxWhole) && (!point || digitsOnly(fraction, 1, maxFraction))
}

// positive reports whether any digit of a valid d counts.
func (d Decimal) positive() bool { return strings.ContainsAny(string(d), "123456789") }

// suggestDecimal reads the comma of 10.000,00 or 10000,00 as the decimal point that it is in most
// of Europe.
func suggestDecimal(text string) string {
	whole, fraction, comma := strings.Cut(strings.ReplaceAll(text, ".", ""), ",")
	if d := Decimal(whole + "." + fraction); comma && d.valid() && d.positive() {
		return string(d)
	}
	return ""
}

func digitsOnly(s string, low, high int) bool {
	return len(s) >= low && len(s) <= high && strings.Trim(s, "0123456789") == ""
}
