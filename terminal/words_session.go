// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal/native"
)

// takeSession puts into o what q has besides money and basket. Of two names for one thing the newer
// wins; that both say the same was checked when q was read.
func takeSession(o *payment.Order, q native.Pay) {
	o.Handed = payment.Handed{
		SessionToken: secret.New(cmp.Or(q.NetworkToken, q.InteropToken)),
		NetworkData:  secret.New(cmp.Or(q.NetworkData, q.InteropData)),
		OptionID:     q.OptionID,
		ReturnURL:    q.ReturnURL,
		AppReturnURL: q.AppReturnURL,
	}
	if q.Interaction == string(payment.InteractionHandOver) {
		o.Interaction, o.ShowCode = payment.InteractionHandOver, len(q.QR) > 0
	}
	if t := q.WantsToken; t != nil {
		o.TokenRequest = &payment.TokenRequest{Reference: t.Reference}
		for _, s := range t.Scopes {
			o.TokenRequest.Scopes = append(o.TokenRequest.Scopes, payment.Scope(s))
		}
	}
	o.CustomerToken = payment.Handle(q.CustomerToken)
	o.Absent = q.Present != nil && !*q.Present
}

func handOver(h payment.HandOver) native.HandOver {
	return native.HandOver{RequestID: string(h.Request), RequestURL: h.URL, RequestData: h.Data}
}

func brought(token payment.Handle, data string) native.Brought {
	return native.Brought{CustomerToken: string(token), ResponseData: data}
}
