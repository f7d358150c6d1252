// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "net/http"

// routes builds the whole mux. Klarna's own operations stand here, with the account in the path and without.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, base := range []string{"/v2", "/v2/accounts/{account}"} {
		s.paymentRoutes(mux, base)
		s.transactionRoutes(mux, base)
	}
	mux.HandleFunc("POST /v2/accounts/{account}/interoperability/test-tokens", s.guard(testToken))
	s.orderRoutes(mux)
	s.webhookRoutes(mux)
	s.controlRoutes(mux)
	s.phoneRoutes(mux)
	mux.HandleFunc("/", s.guard(func(x *exchange) {
		x.answer(refuse(http.StatusNotFound, CodeNoRoute, "no such route"))
	}))
	return mux
}

func (s *Server) paymentRoutes(mux *http.ServeMux, base string) {
	mux.HandleFunc("POST "+base+"/payment/authorize", s.api(authorizeCall))
	mux.HandleFunc("POST "+base+"/payment/confirmation-tokens/{token}/confirm", s.api(authorizeCall))
	mux.HandleFunc("POST "+base+"/payment/requests", s.api(func(_ *http.Request, o object) Call {
		return Create{o.purchase()}
	}))
	one := base + "/payment/requests/{id}"
	mux.HandleFunc("GET "+one, s.api(func(r *http.Request, _ object) Call { return Read{r.PathValue("id")} }))
	mux.HandleFunc("DELETE "+one, s.api(func(r *http.Request, _ object) Call { return Cancel{r.PathValue("id")} }))
	update := s.api(func(r *http.Request, o object) Call { return Update{r.PathValue("id"), o.newExpiry()} })
	mux.HandleFunc("PATCH "+one, update)
	mux.HandleFunc("PUT "+one, update)
}

func (s *Server) transactionRoutes(mux *http.ServeMux, base string) {
	one := base + "/payment/transactions/{id}"
	mux.HandleFunc("GET "+one, s.api(func(r *http.Request, _ object) Call { return ReadTransaction{r.PathValue("id")} }))
	mux.HandleFunc("PATCH "+one, s.api(func(r *http.Request, o object) Call {
		return UpdateTransaction{r.PathValue("id"), o.text("payment_transaction_reference", maxText)}
	}))
	mux.HandleFunc("POST "+one+"/captures", s.api(func(r *http.Request, o object) Call {
		o.needed("amount")
		return Take{r.PathValue("id"), o.integer("amount"), o.text("payment_capture_reference", maxText)}
	}))
	mux.HandleFunc("POST "+one+"/captures/{capture}/refunds", s.api(refundCall))
	mux.HandleFunc("POST "+one+"/refunds", s.api(refundCall))
	mux.HandleFunc("POST "+one+"/void", s.api(func(r *http.Request, _ object) Call { return Void{r.PathValue("id")} }))
}

// refundCall is a refund of the capture in the path, or of the transaction, which needs lines to find the capture by
// (Klarna, Refund payment transactions and allocation).
func refundCall(r *http.Request, o object) Call {
	o.needed("amount")
	c := GiveBack{
		ID: r.PathValue("id"), Capture: r.PathValue("capture"),
		Amount: o.integer("amount"), Reference: o.text("payment_refund_reference", maxText),
	}
	if c.Capture == "" {
		o.needed("line_items")
		o.addsUp("line_items", c.Amount)
	}
	return c
}

// addsUp complains about lines whose totals are not amount.
func (o object) addsUp(name string, amount int64) {
	sum := int64(0)
	for _, l := range o.lines() {
		sum += l.TotalAmount
	}
	if o.has(name) && sum != amount {
		o.complain(name, "total_amount does not add up to the amount")
	}
}

// authorizeCall takes a session token by either generation's header, and by the oldest one's path.
func authorizeCall(r *http.Request, o object) Call {
	c := Authorize{
		Purchase:      o.purchase(),
		NetworkToken:  r.Header.Get("Klarna-Network-Session-Token"),
		PaymentToken:  r.Header.Get("Klarna-Payment-Token"),
		InteropToken:  r.Header.Get("Klarna-Interoperability-Token"),
		CustomerToken: r.Header.Get("Klarna-Customer-Token"),
	}
	if token := r.PathValue("token"); token != "" {
		c.PaymentToken = token
	}
	for _, token := range []string{c.NetworkToken, c.PaymentToken, c.InteropToken, c.CustomerToken} {
		if len(token) > maxToken {
			o.complain("session token", "is longer than 8192 bytes")
		}
	}
	if c.NetworkToken != "" && c.PaymentToken != "" && c.NetworkToken != c.PaymentToken {
		o.complain("Klarna-Network-Session-Token", "differs from Klarna-Payment-Token")
	}
	return c
}

// api turns one HTTP request into a call of the world and its answer back into HTTP.
func (s *Server) api(call func(*http.Request, object) Call) http.HandlerFunc {
	return s.guard(func(x *exchange) {
		o, err := x.object()
		if err != nil {
			x.answer(refuse(http.StatusBadRequest, CodeContentType, "%v", err))
			return
		}
		x.seen.Dialect = dialect(x.r.Header, o)
		c := call(x.r, o)
		if len(*o.bad) > 0 {
			x.answer(invalid(*o.bad...))
			return
		}
		x.answer(x.do(c))
	})
}
