// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"strconv"
	"strings"
	"unicode"
)

// Line is one line of the basket as the till sent it. Amounts are minor units.
type Line struct {
	Name      string
	Quantity  int64  // below 1 counts as 1
	UnitPrice int64  // 0 is left out
	Total     int64  // negative for a discount, a voucher, an amount already paid another way
	Tax       int64  // the part of Total that is tax; 0 is left out
	Product   string // GTIN, or empty
}

type lineBody struct {
	Name      string `json:"name"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price,omitempty"`
	Total     int64  `json:"total_amount"`
	Tax       int64  `json:"total_tax_amount,omitempty"`
	Product   string `json:"product_identifier,omitempty"`
	Reference string `json:"line_item_reference"`
}

// maxLines is ours: a till never sends more, and the body must stay below Klarna's 1 MB.
const maxLines = 1000

// BasketDifference is amount minus the sum of the lines: what Authorize sends as a line of its own,
// because Klarna wants the two equal. whole reports that the lines cannot be sent at all and one line
// for the whole amount takes their place.
func BasketDifference(lines []Line, amount int64) (difference int64, whole bool) {
	if len(lines) == 0 || len(lines) > maxLines {
		return 0, true
	}
	sum := int64(0)
	for _, l := range lines {
		if !inRange(l.Total) || !inRange(l.UnitPrice) || !inRange(l.Tax) || l.Quantity > maxAmount {
			return 0, true
		}
		sum += l.Total // at most 1000 × 2³¹
	}
	if !inRange(amount - sum) {
		return 0, true
	}
	return amount - sum, false
}

func inRange(amount int64) bool { return amount >= -maxAmount && amount <= maxAmount }

// basket gives lines whose totals add up to amount.
func basket(lines []Line, amount int64) []lineBody {
	difference, whole := BasketDifference(lines, amount)
	if whole {
		return []lineBody{{Name: "Purchase", Quantity: 1, UnitPrice: amount, Total: amount, Reference: "1"}}
	}
	out := make([]lineBody, 0, len(lines)+1)
	for i, l := range lines {
		out = append(out, lineBody{
			Name:      cleanName(l.Name),
			Quantity:  max(l.Quantity, 1),
			UnitPrice: l.UnitPrice,
			Total:     l.Total,
			Tax:       l.Tax,
			Product:   clean(l.Product, maxReference),
			Reference: strconv.Itoa(i + 1),
		})
	}
	if difference != 0 {
		out = append(out, lineBody{Name: "Rounding", Quantity: 1, Total: difference, Reference: strconv.Itoa(len(lines) + 1)})
	}
	return out
}

func cleanName(name string) string {
	if name = strings.TrimSpace(withoutMarkup(clean(name, maxReference))); name == "" {
		return "Item"
	}
	return name
}

// withoutMarkup takes away what would begin a tag or a comment: Klarna refuses HTML (Data types). A "<"
// before anything else is text.
func withoutMarkup(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r == '<' && i+1 < len(s) && opensMarkup(s[i+1]) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func opensMarkup(c byte) bool {
	return c == '/' || c == '!' || c == '?' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// clean drops control characters and broken UTF-8 and cuts at limit characters.
func clean(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(s, "") {
		if n == limit {
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			continue
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
