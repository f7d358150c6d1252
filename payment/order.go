// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package payment

import (
	"bytes"
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

	Interaction Interaction `json:"interaction,omitempty"`
	// ShowCode means: a hand-over is also shown as a code to the customer.
	ShowCode     bool          `json:"show_code,omitempty"`
	TokenRequest *TokenRequest `json:"token_request,omitempty"`
	// CustomerToken is charged instead of whoever scans a code. Absent means that its customer is not
	// there, so that nobody can be asked.
	CustomerToken Handle `json:"customer_token,omitempty"`
	Absent        bool   `json:"absent,omitempty"`
	Handed        Handed `json:"-"`
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
// compared: what names a sale is its money, its receipt and the stored customer who pays it.
func (o Order) SameSale(other Order) bool {
	return o.Amount == other.Amount && o.Ref == other.Ref && o.CustomerToken == other.CustomerToken
}

// Clean returns o with every free text made safe to store, show and send on.
func (o Order) Clean() Order {
	o.Ref = CleanText(o.Ref, 64)
	lines := make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		l.Name, l.SKU = CleanText(l.Name, 255), CleanText(l.SKU, 64)
		lines[i] = l
	}
	o.Lines = lines
	if t := o.TokenRequest; t != nil {
		o.TokenRequest = &TokenRequest{Scopes: t.Scopes, Reference: CleanText(t.Reference, 255)}
	}
	return o
}

// CleanText drops control and format characters, masks what looks like a card number and cuts at limit
// runes, in this order: the first digits of a card must not survive a cut.
func CleanText(s string, limit int) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || r == unicode.ReplacementChar {
			continue
		}
		b.WriteRune(r)
	}
	clean := []rune(MaskCards(b.String()))
	return strings.TrimSpace(string(clean[:min(len(clean), limit)]))
}

// maxCardText is the longest text of a card number: 19 digits with a separator between any two.
const maxCardText = 2*19 - 1

// MaskCards replaces every number of 13 to 19 digits that passes the Luhn check (ISO/IEC 7812-1) by
// asterisks, single spaces and dashes inside it included, whatever other numbers stand beside it. A
// card number must not be stored, whoever sent it.
func MaskCards(s string) string {
	in, out := []byte(s), []byte(s)
	for i := 0; i < len(in); {
		groups, end := digitGroups(in, i)
		for first := range groups {
			for last := first; last < len(groups); last++ {
				from, to := groups[first][0], groups[last][1]
				if to-from > maxCardText {
					break
				}
				if cardNumber(in[from:to]) {
					copy(out[from:to], strings.Repeat("*", to-from))
				}
			}
		}
		i = max(end, i+1)
	}
	return string(out)
}

// digitGroups returns the bounds of the groups of digits, parted by single spaces or dashes, that start
// at i, and where the last of them ends.
func digitGroups(b []byte, i int) (groups [][2]int, end int) {
	for end = i; ; {
		from := end
		for end < len(b) && b[end] >= '0' && b[end] <= '9' {
			end++
		}
		if end == from {
			return groups, end
		}
		groups = append(groups, [2]int{from, end})
		if end+1 >= len(b) || (b[end] != ' ' && b[end] != '-') || b[end+1] < '0' || b[end+1] > '9' {
			return groups, end
		}
		end++
	}
}

// cardNumber reports whether b, digits and separators, can be the number of a card.
func cardNumber(b []byte) bool {
	count := len(b) - bytes.Count(b, []byte(" ")) - bytes.Count(b, []byte("-"))
	return count >= 13 && count <= 19 && luhn(b)
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
