// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package receipt

// english is English.
func english() language {
	return language{
		format: format{
			decimal: ".", group: ",", groupLeast: 1, money: "{currency} {number}",
			day: "2006-01-02", time: "15:04:05",
		},
		words: map[string]string{
			"customer_copy":   "Customer receipt",
			"merchant_copy":   "Merchant receipt",
			"payment":         "PAYMENT",
			"reversal":        "REVERSAL",
			"refund":          "REFUND",
			"declined":        "NOT APPROVED",
			"cancelled":       "CANCELLED",
			"expired":         "TIME IS OVER",
			"failed":          "NOT PAID",
			"unknown":         "RESULT NOT KNOWN",
			"day_end":         "END OF DAY",
			"setup":           "CONFIGURATION",
			"amount":          "Amount",
			"date":            "Date",
			"time":            "Time",
			"terminal":        "Terminal-ID",
			"trace":           "Trace",
			"receipt":         "Receipt",
			"reference":       "Klarna Ref",
			"till_number":     "Till no.",
			"sale_number":     "Payment no.",
			"original":        "Paid amount",
			"receipts":        "Receipts",
			"lane":            "Till",
			"number":          "Close no.",
			"payments":        "Payments",
			"refunds":         "Refunds",
			"reversals":       "Reversals",
			"total":           "Total",
			"all_lanes":       "All tills",
			"paid":            "Paid",
			"given_back":      "Amount given back",
			"refunded":        "Amount refunded",
			"nothing_charged": "Nothing was charged",
			"not_known":       "Not known yet. Do not pay again.",
		},
	}
}
