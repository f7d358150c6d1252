// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"net/http"
	"time"

	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// refundWait is how long a refund is waited for where the request does not say.
const refundWait = 10 * time.Second

// refund answers with how a refund stands: at once if that is its last word, else when there is one or the
// wait is over. The same request again asks for it.
func (l *web) refund(w http.ResponseWriter, r *http.Request) {
	wait, ok := waitOf(r)
	if !ok {
		answer(w, http.StatusBadRequest, native.Error{ID: r.PathValue("id"), Code: native.CodeBadRequest, Text: "wait: expected whole seconds, 0 to 60"})
		return
	}
	if r.URL.Query().Get("wait") == "" {
		wait = refundWait
	}
	q, ok := l.body(w, r, "refund")
	refund, fits := q.(native.Refund)
	if !ok || !fits {
		return
	}
	c, ctx := l.open(r.Context())
	defer c.close()
	c.ask(refundOf(refund))
	word := c.lastOfRefund(ctx, payment.TillID(refund.ID), wait)
	if refunded, ok := word.(payment.Refunded); ok {
		answer(w, refundCode(refunded.Outcome), l.Native.refunded(refunded))
		return
	}
	c.reply(ctx, w, word)
}

// refundCode is the HTTP status of a word about a refund. Refused is an answer, not a failure.
func refundCode(o payment.RefundOutcome) int {
	switch o {
	case payment.RefundWordRunning, payment.RefundWordUnknown:
		return http.StatusAccepted
	case payment.RefundWordDone, payment.RefundWordRefused:
	}
	return http.StatusOK
}

// lastOfRefund waits for the last word about a refund, or for the first one and then until wait is over.
// Nil means that the bridge has said nothing.
func (c *call) lastOfRefund(ctx context.Context, id payment.TillID, wait time.Duration) payment.Word {
	ctx, stop := context.WithTimeout(ctx, wait+answerWait)
	defer stop()
	enough := time.After(wait)
	var last payment.Word
	waited := false
	for last == nil || !waited {
		select {
		case word := <-c.words:
			switch word := word.(type) {
			case payment.Refusal:
				if word.ID == id {
					return word
				}
			case payment.Refunded:
				if word.ID != id {
					continue
				}
				if last = word; word.Outcome != payment.RefundWordRunning {
					return word
				}
			case payment.Accepted, payment.Display, payment.Progress, payment.AskHere, payment.Cancelling, payment.Result,
				payment.Update, payment.Recorded, payment.LaneState, payment.Forgotten:
			}
		case <-enough:
			waited, enough = true, nil
		case <-ctx.Done():
			return last
		}
	}
	return last
}

// totals tells the sums of the lane. Only a POST may close the period.
func (l *web) totals(w http.ResponseWriter, r *http.Request) {
	q := native.Totals{Since: r.URL.Query().Get("since")}
	if r.Method == http.MethodPost {
		said, ok := l.body(w, r, "totals")
		asked, fits := said.(native.Totals)
		if !ok || !fits {
			return
		}
		q = asked
	}
	status, e := l.Native.totals(q, l.log)
	answer(w, status, e)
}
