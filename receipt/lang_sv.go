// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// swedish is Svenska.
func swedish() language {
	return language{
		format: format{
			decimal: ",", group: " ", groupLeast: 1, money: "{number} {currency}",
			day: "2006-01-02", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Kundens kvitto",
			"merchant_copy":   "Butikens kvitto",
			"payment":         "BETALNING",
			"reversal":        "MAKULERING",
			"refund":          "ÅTERBETALNING",
			"declined":        "INTE GODKÄNT",
			"cancelled":       "AVBRUTET",
			"expired":         "TIDEN HAR GÅTT UT",
			"failed":          "INTE BETALT",
			"unknown":         "OKÄNT RESULTAT",
			"day_end":         "DAGSAVSLUT",
			"setup":           "INSTÄLLNINGAR",
			"amount":          "Belopp",
			"date":            "Datum",
			"time":            "Tid",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Kvittonr",
			"reference":       "Klarna ref",
			"till_number":     "Kassans nr",
			"sale_number":     "Betalning nr",
			"original":        "Betalt belopp",
			"receipts":        "Kvitton",
			"lane":            "Kassa",
			"number":          "Avslut nr",
			"payments":        "Betalningar",
			"refunds":         "Återbetalningar",
			"reversals":       "Makuleringar",
			"total":           "Summa",
			"all_lanes":       "Alla kassor",
			"paid":            "Betalt",
			"given_back":      "Beloppet har återbetalats",
			"refunded":        "Beloppet har återbetalats",
			"nothing_charged": "Inget har dragits",
			"not_known":       "Inte känt ännu. Betala inte igen.",
		},
	}
}
