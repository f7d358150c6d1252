// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// maxOrderAmount is the most that one call may capture or refund, in minor units (Klarna, Order Management API).
const maxOrderAmount = 200_000_000

// Error codes of Order Management (Klarna, Error codes and messages for Order Management).
const (
	CodeBadValue          = "BAD_VALUE"
	CodeNoOrder           = "NO_SUCH_ORDER"
	CodeCaptureNotAllowed = "CAPTURE_NOT_ALLOWED"
	CodeRefundNotAllowed  = "REFUND_NOT_ALLOWED"
	CodeCancelNotAllowed  = "CANCEL_NOT_ALLOWED"
	CodeNotAllowed        = "NOT_ALLOWED"
)

// OrderAnswer is what an answer without a body says in its headers: which capture or refund was made, if any.
type OrderAnswer struct{ Location, CaptureID, RefundID string }

func (s *Server) orderRoutes(mux *http.ServeMux) {
	const one = "/ordermanagement/v1/orders/{order}"
	mux.HandleFunc("GET "+one, s.orderAPI(func(r *http.Request, _ object) Call { return OrderRead{r.PathValue("order")} }))
	mux.HandleFunc("POST "+one+"/captures", s.orderAPI(func(r *http.Request, o object) Call {
		o.only("captured_amount", "reference", "description", "order_lines", "shipping_info", "shipping_delay")
		return OrderTake{r.PathValue("order"), o.orderAmount("captured_amount"), o.orderTexts()}
	}))
	mux.HandleFunc("POST "+one+"/refunds", s.orderAPI(func(r *http.Request, o object) Call {
		o.only("refunded_amount", "reference", "description", "order_lines")
		return OrderGiveBack{r.PathValue("order"), o.orderAmount("refunded_amount"), o.orderTexts()}
	}))
	mux.HandleFunc("POST "+one+"/cancel", s.orderAPI(func(r *http.Request, o object) Call {
		o.only()
		return OrderCancel{r.PathValue("order")}
	}))
	mux.HandleFunc("POST "+one+"/release-remaining-authorization", s.orderAPI(func(r *http.Request, o object) Call {
		o.only()
		return OrderRelease{r.PathValue("order")}
	}))
}

// orderAPI is api for Order Management, where a call may come without a body and errors have another form.
func (s *Server) orderAPI(call func(*http.Request, object) Call) http.HandlerFunc {
	return s.guard(func(x *exchange) {
		o, err := x.object()
		if err != nil {
			x.answer(refuse(http.StatusBadRequest, CodeBadValue, "%v", err))
			return
		}
		c := call(x.r, o)
		if len(*o.bad) > 0 {
			a := invalid(*o.bad...)
			a.Problem.Code = CodeBadValue
			x.answer(a)
			return
		}
		x.answer(x.do(c))
	})
}

func (o object) orderAmount(name string) int64 {
	o.needed(name)
	n := o.integer(name)
	if n < 0 || n > maxOrderAmount {
		o.complain(name, "must be between 0 and 200000000")
	}
	return n
}

// orderTexts reads what capture and refund have in common; the reference is what counts here.
func (o object) orderTexts() string {
	o.text("description", maxText)
	o.list("order_lines", maxLines)
	return o.text("reference", maxText)
}

// isOrder reports whether c is a call of Order Management.
func isOrder(c Call) bool {
	switch c.(type) {
	case OrderRead, OrderTake, OrderGiveBack, OrderCancel, OrderRelease:
		return true
	case Authorize, Create, Read, Update, Cancel, ReadTransaction, UpdateTransaction, Take, GiveBack, Void:
	}
	return false
}

func noOrder(order string) Answer {
	return refuse(http.StatusNotFound, CodeNoOrder, "Order %s cannot be found", order)
}

// orderOf finds the transaction that an order is.
func (w *World) orderOf(account, order string) (*transaction, bool) {
	return w.findTransaction(account, transactionPrefix+order)
}

func (w *World) orderRead(account string, c OrderRead) Answer {
	t, ok := w.orderOf(account, c.Order)
	if !ok {
		return noOrder(c.Order)
	}
	return answerTransaction(t)
}

// orderTake captures: the money, the limits and the webhooks are those of the transaction.
func (w *World) orderTake(account string, c OrderTake) Answer {
	t, ok := w.orderOf(account, c.Order)
	switch {
	case !ok:
		return noOrder(c.Order)
	case c.Amount < 1 || c.Amount > t.left() || t.State != TransactionAuthorized:
		return refuse(http.StatusForbidden, CodeCaptureNotAllowed, "Capture not allowed")
	case len(t.Captures) >= maxCaptures || !t.operate():
		return refuse(http.StatusForbidden, CodeCaptureNotAllowed, "Too many operations on this order")
	}
	w.take(t, c.Amount, c.Reference)
	id := w.uuid() // the order's name of a capture is not the transaction's
	return Answer{Status: http.StatusCreated, Order: &OrderAnswer{"/ordermanagement/v1/orders/" + c.Order + "/captures/" + id, id, ""}}
}

func (w *World) orderGiveBack(account string, c OrderGiveBack) Answer {
	t, ok := w.orderOf(account, c.Order)
	switch {
	case !ok:
		return noOrder(c.Order)
	case t.Captured == 0:
		return refuse(http.StatusForbidden, CodeRefundNotAllowed, "Order has no captures. Refund not possible")
	case c.Amount < 1 || c.Amount > t.Captured-t.Refunded || t.State == TransactionClosed:
		return refuse(http.StatusForbidden, CodeRefundNotAllowed, "Refund not allowed")
	case t.refunds >= maxRefunds || !t.operate():
		return refuse(http.StatusForbidden, CodeRefundNotAllowed, "Too many operations on this order")
	}
	w.giveBack(t, GiveBack{ID: t.ID, Amount: c.Amount, Reference: c.Reference})
	id := w.uuid()
	return Answer{Status: http.StatusCreated, Order: &OrderAnswer{"/ordermanagement/v1/orders/" + c.Order + "/refunds/" + id, "", id}}
}

// orderCancel gives up an order of which nothing was captured.
func (w *World) orderCancel(account string, c OrderCancel) Answer {
	t, ok := w.orderOf(account, c.Order)
	switch {
	case !ok:
		return noOrder(c.Order)
	case t.Captured > 0:
		return refuse(http.StatusForbidden, CodeCancelNotAllowed, "Order has previous captures. Cancel not possible")
	case t.State != TransactionAuthorized || !t.operate():
		return refuse(http.StatusForbidden, CodeCancelNotAllowed, "Cancel not possible")
	}
	return w.orderGivenUp(t)
}

// orderRelease gives up the rest of an order of which a part was captured.
func (w *World) orderRelease(account string, c OrderRelease) Answer {
	t, ok := w.orderOf(account, c.Order)
	switch {
	case !ok:
		return noOrder(c.Order)
	case t.Captured == 0 || t.State != TransactionAuthorized || !t.operate():
		return refuse(http.StatusForbidden, CodeNotAllowed, "Remaining authorization cannot be released.")
	}
	return w.orderGivenUp(t)
}

func (w *World) orderGivenUp(t *transaction) Answer {
	t.Voided = t.left()
	w.settleRest(t, TransactionClosed)
	return Answer{Status: http.StatusNoContent, Order: &OrderAnswer{}}
}

// order sends an answer that has no body.
func (x *exchange) order(a Answer) {
	for name, value := range map[string]string{
		"Location": a.Order.Location, "Capture-Id": a.Order.CaptureID, "Refund-Id": a.Order.RefundID,
	} {
		if value != "" {
			x.w.Header().Set(name, value)
		}
	}
	if a.Fate == FateTruncated { // half of nothing: the answer breaks off before its end
		x.w.Header().Set("Content-Length", strconv.Itoa(1))
		x.w.WriteHeader(http.StatusCreated)
		panic(http.ErrAbortHandler)
	}
	x.w.WriteHeader(a.Status)
}

// encodeOrder describes a transaction as the order that it is.
func encodeOrder(t Transaction) wireOrder {
	o := wireOrder{
		ID: t.ID[len(transactionPrefix):], Reference: t.Reference, Status: "AUTHORIZED", Amount: t.Amount, Currency: t.Currency,
		Captured: t.Captured, Refunded: t.Refunded, Remaining: t.Amount - t.Captured - t.Voided, ExpiresAt: t.ExpiresAt.In(time.UTC),
	}
	switch {
	case t.Captured == t.Amount:
		o.Status = "CAPTURED"
	case t.Captured > 0:
		o.Status = "PART_CAPTURED"
	case t.State == TransactionExpired:
		o.Status = "EXPIRED"
	case t.State == TransactionClosed:
		o.Status = "CANCELLED"
	}
	return o
}

func encodeOrderProblem(id string, p Problem) wireOrderProblem {
	out := wireOrderProblem{Correlation: id, Code: p.Code, Messages: []string{p.Message}}
	for _, v := range p.Violations {
		out.Messages = append(out.Messages, v.Parameter+": "+v.Reason)
	}
	return out
}
