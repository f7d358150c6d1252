// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"tillbridge/engine"
	"tillbridge/klarna"
	"tillbridge/payment"
)

// orderMark begins the stored bytes of a call of Order Management; the region, the end of the line and the body follow.
// Other bytes are a body alone. So a repeat goes where the first try went, whatever is configured by then.
const orderMark = "order-management "

func markOrder(r klarna.Region, body []byte) []byte {
	return append([]byte(orderMark+string(r)+"\n"), body...)
}

// readMark tells where stored bytes go, and what is sent there. An empty region is the interface that authorized.
func readMark(stored []byte) (klarna.Region, []byte) {
	marked, ok := bytes.CutPrefix(stored, []byte(orderMark))
	if !ok {
		return "", stored
	}
	region, body, _ := bytes.Cut(marked, []byte("\n"))
	return klarna.Region(cmp.Or(string(region), "none")), body // which is sent nowhere
}

// codeNoOrder stands beside Klarna's own codes where a call was refused here, before it was made.
const codeNoOrder = "NO_ORDER_FOR_TRANSACTION"

// goesToOrders reports whether w is a call that Order Management takes.
func goesToOrders(w payment.Write) bool {
	return w != payment.WriteAuthorize && w != payment.WriteFinalize
}

// orderBody is what is stored for a call of p, or of one refund of it. One that cannot be made is stored as such, so that
// it is refused when its turn comes and a person sees it.
func (k *provider) orderBody(p payment.Payment, w payment.Write, refund payment.TillID) ([]byte, error) {
	write, err := orderWrite(k.orders, p, payment.Intent{Write: w, Key: anyKey, Refund: refund})
	if err != nil && !errors.Is(err, klarna.ErrNoOrder) {
		return nil, err
	}
	return markOrder(k.orders.Region, write.Body), nil
}

// orderWrite is the call for intent i of p.
func orderWrite(o klarna.Orders, p payment.Payment, i payment.Intent) (klarna.Write, error) {
	tx, key := string(p.Transaction.ID), string(i.Key)
	if r, ok := p.Refund(i.Refund); ok {
		return o.Refund(key, tx, r.Amount.Minor, r.Reference, receiptOf(p))
	}
	switch i.Write {
	case payment.WriteCapture:
		return o.Capture(key, tx, p.Charged().Minor, p.Reference)
	case payment.WriteVoid:
		return o.Cancel(key, tx)
	case payment.WriteRefund:
		return o.Refund(key, tx, p.Taken().Minor, p.Reference, receiptOf(p))
	case payment.WriteRelease:
		if p.CaptureNow {
			return o.Refund(key, tx, p.Rest().Minor, p.Reference, receiptOf(p))
		}
		return o.Release(key, tx)
	case payment.WriteAuthorize, payment.WriteFinalize: // Order Management knows only what was authorized
	}
	return klarna.Write{}, fmt.Errorf("write %q is not one of order management", i.Write)
}

// refusedHere is the answer to a call that was not made because it cannot be: the transaction is read, and a person sees it.
func (k *provider) refusedHere(p payment.Payment, err error) engine.Answer {
	k.log.Error("call cannot be made", "payment", p.ID.String(), "error", err)
	return engine.Refused{Code: codeNoOrder}
}
