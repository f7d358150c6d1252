// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"log/slog"
	"net/http"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// refundOf is what q asks for. Without an amount it is all that is left of the sale.
func refundOf(q native.Refund) payment.RefundPart {
	ask := payment.RefundPart{ID: payment.TillID(q.ID), Of: payment.TillID(q.Of), Note: q.Reason}
	if q.Amount > 0 {
		ask.Amount = payment.Amount{Minor: q.Amount, Currency: payment.Currency(q.Currency)}
	}
	return ask
}

func (n Native) refunded(w payment.Refunded) native.Refunded {
	r := native.Refunded{
		ID: string(w.ID), Of: string(w.Of), Outcome: string(w.Outcome), Code: string(w.Reason), Text: n.text(w.Reason),
		Amount: w.Amount.Minor, Currency: string(w.Amount.Currency), Reference: w.Reference, At: stamp(w.At), Replay: w.Replay,
	}
	if n.RefundReceipt != nil {
		r.Receipt, r.Merchant = n.RefundReceipt(w)
	}
	return r
}

// totals answers q, or says why not with the HTTP status that goes with it.
func (n Native) totals(q native.Totals, log *slog.Logger) (int, native.Event) {
	var since time.Time
	var err error
	if q.Since != "" {
		since, err = time.Parse(time.RFC3339Nano, q.Since)
	}
	switch {
	case err != nil:
		return http.StatusBadRequest, n.syntax(&native.SyntaxError{Code: native.CodeBadRequest, Path: "since", Why: "expected an instant such as 2026-11-20T09:00:00Z"})
	case q.Close && q.Since != "":
		return http.StatusBadRequest, n.syntax(&native.SyntaxError{Code: native.CodeBadRequest, ID: q.ID, Path: "close", Why: "closes the open period, whenever it began"})
	case n.Totals == nil:
		return http.StatusNotImplemented, native.Error{Code: native.CodeNotAllowed, Text: "totals: " + notSupported}
	}
	sums, err := n.Totals(q, since)
	if err != nil {
		log.Error("totals not told", "error", err)
		return http.StatusServiceUnavailable, native.Error{ID: q.ID, Code: native.CodeUnavailable, Text: n.text(payment.ReasonUnavailable)}
	}
	sums.From, sums.At = stamp(sums.From), stamp(sums.At)
	return http.StatusOK, sums
}
