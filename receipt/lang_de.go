// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// german is Deutsch.
func german() language {
	return language{
		format: format{
			decimal: ",", group: ".", groupLeast: 1, money: "{currency} {number}",
			day: "02.01.2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Kundenbeleg",
			"merchant_copy":   "Händlerbeleg",
			"payment":         "ZAHLUNG",
			"reversal":        "STORNO",
			"refund":          "ERSTATTUNG",
			"declined":        "ABGELEHNT",
			"cancelled":       "ABGEBROCHEN",
			"expired":         "ZEIT ABGELAUFEN",
			"failed":          "NICHT BEZAHLT",
			"unknown":         "ERGEBNIS UNKLAR",
			"day_end":         "KASSENSCHNITT",
			"setup":           "EINSTELLUNGEN",
			"amount":          "Betrag",
			"date":            "Datum",
			"time":            "Uhrzeit",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Beleg-Nr.",
			"reference":       "Klarna Ref",
			"till_number":     "Kassen-Nr.",
			"sale_number":     "Zahlung Nr.",
			"original":        "Bezahlt waren",
			"receipts":        "Belege",
			"lane":            "Kasse",
			"number":          "Abschluss",
			"payments":        "Zahlungen",
			"refunds":         "Erstattungen",
			"reversals":       "Stornos",
			"total":           "Summe",
			"all_lanes":       "Alle Kassen",
			"paid":            "Zahlung erfolgt",
			"given_back":      "Betrag zurückgegeben",
			"refunded":        "Betrag erstattet",
			"nothing_charged": "Es wurde nichts belastet",
			"not_known":       "Noch nicht bekannt. Nicht noch einmal zahlen.",
		},
	}
}
