// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// french is Français.
func french() language {
	return language{
		format: format{
			decimal: ",", group: " ", groupLeast: 1, money: "{number} {currency}",
			day: "02/01/2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Ticket client",
			"merchant_copy":   "Ticket commerçant",
			"payment":         "PAIEMENT",
			"reversal":        "ANNULATION",
			"refund":          "REMBOURSEMENT",
			"declined":        "NON ACCEPTÉ",
			"cancelled":       "ANNULÉ",
			"expired":         "DÉLAI DÉPASSÉ",
			"failed":          "NON PAYÉ",
			"unknown":         "RÉSULTAT INCONNU",
			"day_end":         "FIN DE JOURNÉE",
			"setup":           "RÉGLAGES",
			"amount":          "Montant",
			"date":            "Date",
			"time":            "Heure",
			"terminal":        "Terminal",
			"trace":           "Trace",
			"receipt":         "Ticket n°",
			"reference":       "Réf. Klarna",
			"till_number":     "N° de caisse",
			"sale_number":     "Paiement n°",
			"original":        "Montant payé",
			"receipts":        "Tickets",
			"lane":            "Caisse",
			"number":          "Clôture n°",
			"payments":        "Paiements",
			"refunds":         "Remboursements",
			"reversals":       "Annulations",
			"total":           "Total",
			"all_lanes":       "Toutes les caisses",
			"paid":            "Payé",
			"given_back":      "Montant restitué",
			"refunded":        "Montant remboursé",
			"nothing_charged": "Rien n’a été débité",
			"not_known":       "Pas encore connu. Ne payez pas de nouveau.",
		},
	}
}
