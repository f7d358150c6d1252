// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// danish is Dansk.
func danish() language {
	return language{
		format: format{
			decimal: ",", group: ".", groupLeast: 1, money: "{number} {currency}",
			day: "02.01.2006", time: "15.04.05",
		},
		words: map[string]string{
			"customer_copy":   "Kundens kvittering",
			"merchant_copy":   "Butikkens kvittering",
			"payment":         "BETALING",
			"reversal":        "ANNULLERING",
			"refund":          "REFUNDERING",
			"declined":        "IKKE GODKENDT",
			"cancelled":       "ANNULLERET",
			"expired":         "TIDEN ER UDLØBET",
			"failed":          "IKKE BETALT",
			"unknown":         "UKENDT RESULTAT",
			"day_end":         "DAGSAFSLUTNING",
			"setup":           "INDSTILLINGER",
			"amount":          "Beløb",
			"date":            "Dato",
			"time":            "Tid",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Kvitteringsnr.",
			"reference":       "Klarna-ref.",
			"till_number":     "Kassens nr.",
			"sale_number":     "Betaling nr.",
			"original":        "Betalt beløb",
			"receipts":        "Kvitteringer",
			"lane":            "Kasse",
			"number":          "Afslutning nr.",
			"payments":        "Betalinger",
			"refunds":         "Refunderinger",
			"reversals":       "Annulleringer",
			"total":           "I alt",
			"all_lanes":       "Alle kasser",
			"paid":            "Betalt",
			"given_back":      "Beløbet er ført tilbage",
			"refunded":        "Beløbet er refunderet",
			"nothing_charged": "Der er ikke trukket penge",
			"not_known":       "Ikke kendt endnu. Betal ikke igen.",
		},
	}
}
