// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// spanish is Español.
func spanish() language {
	return language{
		format: format{
			decimal: ",", group: ".", groupLeast: 2, money: "{number} {currency}",
			day: "02/01/2006", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Recibo del cliente",
			"merchant_copy":   "Recibo del comercio",
			"payment":         "PAGO",
			"reversal":        "ANULACIÓN",
			"refund":          "DEVOLUCIÓN",
			"declined":        "NO APROBADO",
			"cancelled":       "CANCELADO",
			"expired":         "TIEMPO AGOTADO",
			"failed":          "NO PAGADO",
			"unknown":         "RESULTADO DESCONOCIDO",
			"day_end":         "CIERRE DEL DÍA",
			"setup":           "CONFIGURACIÓN",
			"amount":          "Importe",
			"date":            "Fecha",
			"time":            "Hora",
			"terminal":        "Terminal",
			"trace":           "Traza",
			"receipt":         "Recibo n.º",
			"reference":       "Ref. Klarna",
			"till_number":     "N.º de caja",
			"sale_number":     "Pago n.º",
			"original":        "Importe pagado",
			"receipts":        "Recibos",
			"lane":            "Caja",
			"number":          "Cierre n.º",
			"payments":        "Pagos",
			"refunds":         "Devoluciones",
			"reversals":       "Anulaciones",
			"total":           "Total",
			"all_lanes":       "Todas las cajas",
			"paid":            "Pagado",
			"given_back":      "Importe devuelto",
			"refunded":        "Importe reembolsado",
			"nothing_charged": "No se ha cobrado nada",
			"not_known":       "Aún no se sabe. No vuelva a pagar.",
		},
	}
}
