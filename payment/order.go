// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Order is what the till asked for. It never changes after intake.
type Order struct {
	Amount  Amount        `json:"amount"`
	Ref     string        `json:"ref,omitempty"`     // the till's receipt number
	Lang    string        `json:"lang,omitempty"`    // the customer's language, two letters
	Timeout time.Duration `json:"timeout,omitempty"` // the till's own limit; zero means ours
	Lines   []Line        `json:"lines,omitempty"`   // the basket, possibly none
}

// Line is one position of the basket. Total is in minor units and negative for discounts.
type Line struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total"`
	Tax      int64  `json:"tax,omitempty"`
	SKU      string `json:"sku,omitempty"`
}

// SameSale reports whether two orders may be the same request sent twice. Basket and language are not
// compared: what names a sale is its money and its receipt.
func (o Order) SameSale(other Order) bool { return o.Amount == other.Amount && o.Ref == other.Ref }

// Clean returns o with every free text made safe to store, show and send on.
func (o Order) Clean() Order {
	o.Ref = CleanText(o.Ref, 64)
	lines := make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		l.Name, l.SKU = CleanText(l.Name, 255), CleanText(l.SKU, 64)
		lines[i] = l
	}
	o.Lines = lines
	return o
}

// CleanText drops control and format characters, masks what looks like a card number and cuts at limit
// runes.
func CleanText(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			break
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || r == unicode.ReplacementChar {
			continue
		}
		b.WriteRune(r)
		n++
	}
	return MaskCards(strings.TrimSpace(b.String()))
}

// MaskCards replaces every run of 13 to 19 digits that passes the Luhn check (ISO/IEC 7812-1) by
// asterisks, single spaces and dashes inside the run included. A card number must not be stored,
// whoever sent it.
func MaskCards(s string) string {
	out := []byte(s)
	for i := 0; i < len(out); {
		end, count := digitRun(out, i)
		if count >= 13 && count <= 19 && luhn(out[i:end]) {
			for j := i; j < end; j++ {
				out[j] = '*'
			}
		}
		i = max(end, i+1)
	}
	return string(out)
}

// digitRun returns the end of the run of digits that starts at i and how many digits it holds.
func digitRun(b []byte, i int) (end, count int) {
	end = i
	for j := i; j < len(b); j++ {
		switch c := b[j]; {
		case c >= '0' && c <= '9':
			end, count = j+1, count+1
		case (c == ' ' || c == '-') && j == end && count > 0:
		default:
			return end, count
		}
	}
	return end, count
}

func luhn(b []byte) bool {
	sum, double := 0, false
	for _, c := range slices.Backward(b) {
		if c < '0' || c > '9' {
			continue
		}
		d := int(c - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return sum%10 == 0
}
