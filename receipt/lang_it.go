// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// italian is Italiano.
func italian() language {
	return language{
		format: format{
			decimal: ",", group: ".", groupLeast: 1, money: "{number} {currency}",
			day: "02/01/2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Ricevuta cliente",
			"merchant_copy":   "Ricevuta esercente",
			"payment":         "PAGAMENTO",
			"reversal":        "STORNO",
			"refund":          "RIMBORSO",
			"declined":        "NON APPROVATO",
			"cancelled":       "ANNULLATO",
			"expired":         "TEMPO SCADUTO",
			"failed":          "NON PAGATO",
			"unknown":         "ESITO NON NOTO",
			"day_end":         "CHIUSURA GIORNALIERA",
			"setup":           "IMPOSTAZIONI",
			"amount":          "Importo",
			"date":            "Data",
			"time":            "Ora",
			"terminal":        "Terminale",
			"trace":           "Traccia",
			"receipt":         "Ricevuta n.",
			"reference":       "Rif. Klarna",
			"till_number":     "N. di cassa",
			"sale_number":     "Pagamento n.",
			"original":        "Importo pagato",
			"receipts":        "Ricevute",
			"lane":            "Cassa",
			"number":          "Chiusura n.",
			"payments":        "Pagamenti",
			"refunds":         "Rimborsi",
			"reversals":       "Storni",
			"total":           "Totale",
			"all_lanes":       "Tutte le casse",
			"paid":            "Pagato",
			"given_back":      "Importo restituito",
			"refunded":        "Importo rimborsato",
			"nothing_charged": "Non è stato addebitato nulla",
			"not_known":       "Non ancora noto. Non pagare di nuovo.",
		},
	}
}
