// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package zvt

import (
	"strings"
	"unicode/utf8"
)

// accents are letters with a mark, in groups: the plain one stands in front of those with marks.
const accents = "AÀÁÂÃÅĀĂĄ CÇĆĈĊČ DĎĐÐ EÈÉÊËĒĔĖĘĚ GĜĞĠĢ HĤĦ IÌÍÎÏĨĪĬĮİ JĴ KĶ LĹĻĽĿŁ NÑŃŅŇ OÒÓÔÕØŌŎŐ RŔŖŘ SŚŜŞŠȘ TŢŤŦȚ" +
	" UÙÚÛŨŪŬŮŰŲ WŴ YÝŶŸ ZŹŻŽ aàáâãåāăą cçćĉċč dďđð eèéêëēĕėęě gĝğġģ hĥħ iìíîïĩīĭįı jĵ kķ lĺļľŀł nñńņň oòóôõøōŏő" +
	" rŕŗř sśŝşšș tţťŧț uùúûũūŭůűų wŵ yýÿŷ zźżž -–—‐‑−‒ '‘’‚‹›´ \"“”„«» *•·"

// nearest is ASCII for a character that a set does not have. German umlauts get two letters, as on a
// typewriter.
func nearest(r rune) string {
	switch r {
	case 'ä', 'æ':
		return "ae"
	case 'ö', 'œ':
		return "oe"
	case 'ü':
		return "ue"
	case 'Ä', 'Æ':
		return "Ae"
	case 'Ö', 'Œ':
		return "Oe"
	case 'Ü':
		return "Ue"
	case 'ß':
		return "ss"
	case 'ẞ':
		return "SS"
	case '€':
		return "EUR"
	case '…':
		return "..."
	case '×':
		return "x"
	case '\u00a0', '\u2007', '\u2009', '\u202f':
		return " "
	case utf8.RuneError:
		return "?"
	}
	for group := range strings.FieldsSeq(accents) {
		if strings.ContainsRune(group, r) {
			return group[:1]
		}
	}
	return "?"
}
