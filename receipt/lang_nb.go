// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// norwegian is Norsk.
func norwegian() language {
	return language{
		format: format{
			decimal: ",", group: " ", groupLeast: 1, money: "{currency} {number}",
			day: "02.01.2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Kundens kvittering",
			"merchant_copy":   "Butikkens kvittering",
			"payment":         "BETALING",
			"reversal":        "MAKULERING",
			"refund":          "REFUSJON",
			"declined":        "IKKE GODKJENT",
			"cancelled":       "AVBRUTT",
			"expired":         "TIDEN ER UTE",
			"failed":          "IKKE BETALT",
			"unknown":         "UKJENT RESULTAT",
			"day_end":         "DAGSOPPGJØR",
			"setup":           "INNSTILLINGER",
			"amount":          "Beløp",
			"date":            "Dato",
			"time":            "Tid",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Kvitteringsnr",
			"reference":       "Klarna-ref",
			"till_number":     "Kassens nr",
			"sale_number":     "Betaling nr",
			"original":        "Betalt beløp",
			"receipts":        "Kvitteringer",
			"lane":            "Kasse",
			"number":          "Oppgjør nr",
			"payments":        "Betalinger",
			"refunds":         "Refusjoner",
			"reversals":       "Makuleringer",
			"total":           "Sum",
			"all_lanes":       "Alle kasser",
			"paid":            "Betalt",
			"given_back":      "Beløpet er tilbakeført",
			"refunded":        "Beløpet er refundert",
			"nothing_charged": "Ingenting er belastet",
			"not_known":       "Ikke kjent ennå. Ikke betal på nytt.",
		},
	}
}
