// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package native

// ParseAuthorize reads what a self-checkout page posts, in the names that Klarna's web SDK gives to its
// parts: a pay with the page's session token. With a return_url the customer is handed over to Klarna's
// page; without one the lane shows a code. Its error is always a *SyntaxError.
func ParseAuthorize(object []byte) (Pay, error) {
	m, bad := parseObject(object)
	if bad != nil {
		return Pay{}, bad
	}
	r := reader{m: m}
	p := r.authorize()
	if r.err == nil {
		return p, nil
	}
	if id := unquote(r.m["id"]); validID(id) {
		r.err.ID = id
	}
	return Pay{}, r.err
}

func (r *reader) authorize() Pay {
	p := Pay{ID: r.id("id")}
	r.must("amount")
	p.Amount = r.money("amount")
	r.must("currency")
	p.Currency = r.currency("currency")
	r.must("klarnaNetworkSessionToken")
	p.NetworkToken = r.plain("klarnaNetworkSessionToken", maxToken)
	p.OptionID = r.plain("paymentOptionId", maxURL)
	if p.ReturnURL = r.plain("return_url", maxURL); p.ReturnURL != "" {
		p.Interaction = "HANDOVER"
	}
	return p
}

// Authorized answers a self-checkout page.
type Authorized struct {
	ID string `json:"id"`
	// Result is STEP_UP_REQUIRED, APPROVED or DECLINED in Klarna's words, CANCELLED, EXPIRED, FAILED or
	// UNKNOWN in ours, and PENDING while nothing is known: then the payment's status says it.
	Result string `json:"result"`
	// RequestID and what follows come with STEP_UP_REQUIRED.
	RequestID   string `json:"paymentRequestId,omitempty"`
	RequestURL  string `json:"paymentRequestUrl,omitempty"`
	RequestData string `json:"paymentRequestData,omitempty"`
	Text        string `json:"text,omitempty"` // for people
}
