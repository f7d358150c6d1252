// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// polish is Polski.
func polish() language {
	return language{
		format: format{
			decimal: ",", group: " ", groupLeast: 2, money: "{number} {currency}",
			day: "02.01.2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Potwierdzenie klienta",
			"merchant_copy":   "Potwierdzenie sklepu",
			"payment":         "PŁATNOŚĆ",
			"reversal":        "ANULOWANIE",
			"refund":          "ZWROT",
			"declined":        "BRAK ZGODY",
			"cancelled":       "ANULOWANO",
			"expired":         "CZAS MINĄŁ",
			"failed":          "NIE ZAPŁACONO",
			"unknown":         "WYNIK NIEZNANY",
			"day_end":         "ZAMKNIĘCIE DNIA",
			"setup":           "USTAWIENIA",
			"amount":          "Kwota",
			"date":            "Data",
			"time":            "Godzina",
			"terminal":        "Terminal",
			"trace":           "Nr operacji",
			"receipt":         "Nr dowodu",
			"reference":       "Nr Klarna",
			"till_number":     "Nr kasowy",
			"sale_number":     "Płatność nr",
			"original":        "Zapłacono",
			"receipts":        "Dowody",
			"lane":            "Kasa",
			"number":          "Zamknięcie nr",
			"payments":        "Płatności",
			"refunds":         "Zwroty",
			"reversals":       "Anulowania",
			"total":           "Razem",
			"all_lanes":       "Wszystkie kasy",
			"paid":            "Zapłacono",
			"given_back":      "Kwotę oddano",
			"refunded":        "Kwotę zwrócono",
			"nothing_charged": "Nic nie pobrano",
			"not_known":       "Jeszcze nie wiadomo. Nie płać ponownie.",
		},
	}
}
