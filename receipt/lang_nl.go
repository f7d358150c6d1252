// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// dutch is Nederlands.
func dutch() language {
	return language{
		format: format{
			decimal: ",", group: ".", groupLeast: 1, money: "{currency} {number}",
			day: "02-01-2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Klantbon",
			"merchant_copy":   "Winkelbon",
			"payment":         "BETALING",
			"reversal":        "ANNULERING",
			"refund":          "TERUGBETALING",
			"declined":        "NIET GOEDGEKEURD",
			"cancelled":       "GEANNULEERD",
			"expired":         "TIJD VERSTREKEN",
			"failed":          "NIET BETAALD",
			"unknown":         "UITSLAG ONBEKEND",
			"day_end":         "DAGAFSLUITING",
			"setup":           "INSTELLINGEN",
			"amount":          "Bedrag",
			"date":            "Datum",
			"time":            "Tijd",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Bonnr.",
			"reference":       "Klarna-ref.",
			"till_number":     "Kassanr.",
			"sale_number":     "Betaling nr.",
			"original":        "Betaald bedrag",
			"receipts":        "Bonnen",
			"lane":            "Kassa",
			"number":          "Afsluiting",
			"payments":        "Betalingen",
			"refunds":         "Terugbetalingen",
			"reversals":       "Annuleringen",
			"total":           "Totaal",
			"all_lanes":       "Alle kassa's",
			"paid":            "Betaald",
			"given_back":      "Bedrag teruggegeven",
			"refunded":        "Bedrag terugbetaald",
			"nothing_charged": "Er is niets afgeschreven",
			"not_known":       "Nog niet bekend. Betaal niet opnieuw.",
		},
	}
}
