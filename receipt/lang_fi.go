// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// finnish is Suomi.
func finnish() language {
	return language{
		format: format{
			decimal: ",", group: " ", groupLeast: 1, money: "{number} {currency}",
			day: "2.1.2006", time: "15.04.05",
		},
		words: map[string]string{
			"customer_copy":   "Asiakkaan kuitti",
			"merchant_copy":   "Kauppiaan kuitti",
			"payment":         "MAKSU",
			"reversal":        "PERUUTUS",
			"refund":          "HYVITYS",
			"declined":        "EI HYVÄKSYTTY",
			"cancelled":       "PERUTTU",
			"expired":         "AIKA PÄÄTTYI",
			"failed":          "EI MAKSETTU",
			"unknown":         "TULOS EI TIEDOSSA",
			"day_end":         "PÄIVÄN PÄÄTÖS",
			"setup":           "ASETUKSET",
			"amount":          "Summa",
			"date":            "Päivä",
			"time":            "Aika",
			"terminal":        "Päätetunnus",
			"trace":           "Tapahtuma",
			"receipt":         "Kuittinro",
			"reference":       "Klarna-viite",
			"till_number":     "Kassan nro",
			"sale_number":     "Maksun nro",
			"original":        "Maksettu",
			"receipts":        "Kuitit",
			"lane":            "Kassa",
			"number":          "Päätös nro",
			"payments":        "Maksut",
			"refunds":         "Hyvitykset",
			"reversals":       "Peruutukset",
			"total":           "Yhteensä",
			"all_lanes":       "Kaikki kassat",
			"paid":            "Maksettu",
			"given_back":      "Summa palautettu",
			"refunded":        "Summa hyvitetty",
			"nothing_charged": "Mitään ei veloitettu",
			"not_known":       "Ei vielä tiedossa. Älä maksa uudelleen.",
		},
	}
}
