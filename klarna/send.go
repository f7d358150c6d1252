// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"tillbridge/internal/secret"
)

// Send makes one attempt at w and says what is known afterwards. It takes up to 65 s; a context that
// ends earlier ends in Unclear once the call has begun. It never repeats by itself.
func (c *Client) Send(ctx context.Context, w Write) Outcome {
	if err := w.check(); err != nil {
		return NotSent{Err: fmt.Errorf("send: %w", err)}
	}
	header := w.headers(c.account.Dialect)
	if c.integrator.Name != "" {
		header.Set("Klarna-Integration-Metadata", c.integrator.tag(w.Key))
	}
	r, touched, err := c.attempt(ctx, call{
		doing: string(w.Op), method: http.MethodPost, path: w.Path, region: w.Region, header: header, body: w.Body,
		timeout: writeTimeout, secrets: []secret.Text{w.SessionToken, w.CustomerToken},
	})
	switch {
	case err == nil:
		return judge(w.Op, r)
	case touched:
		return Unclear{Answer: r.Answer, Err: err}
	default:
		return NotSent{Err: err}
	}
}

// judge turns a whole answer into an outcome. What it does not know for certain is Unclear.
func judge(op Op, r reply) Outcome {
	switch r.Status / 100 {
	case 2:
		return judgeSuccess(op, r)
	case 3:
		return unclear(r, Problem{}, fmt.Errorf("%s: redirected, which is not followed: %s", op, describe(r.Answer, Problem{})))
	case 4:
		return judgeRefusal(op, r)
	default:
		p := readProblem(r)
		return unclear(r, p, fmt.Errorf("%s: %s", op, describe(r.Answer, p)))
	}
}

func judgeSuccess(op Op, r reply) Outcome {
	var o Outcome
	var err error
	if op == OpAuthorize || op == OpFinalize {
		o, err = readAuthorize(r)
	} else {
		o, err = readDone(op, r)
	}
	if err != nil {
		return unclear(r, Problem{}, fmt.Errorf("%s: %w: %s", op, err, describe(r.Answer, Problem{})))
	}
	return o
}

func unclear(r reply, p Problem, err error) Unclear {
	return Unclear{Answer: r.Answer, Problem: p, Err: err}
}

// judgeRefusal: only Klarna's own error object, or a status that the HTTP layer gives before any
// application sees the call, is a definite no. A bare 404 or an HTML page may come from anywhere.
func judgeRefusal(op Op, r reply) Outcome {
	p := readProblem(r)
	switch {
	case r.Status == http.StatusTooManyRequests, r.Status == http.StatusConflict:
		return Busy{r.Answer, p}
	case isShield(r.Answer, p):
		r.RetryAfter = maxRetryAfter // Klarna, Error handling: back off for a minute at least
		return Busy{r.Answer, p}
	case r.Status == http.StatusRequestTimeout:
		return unclear(r, p, fmt.Errorf("%s: %s", op, describe(r.Answer, p)))
	case p.Code != "", isBareRefusal(r.Status):
		return Refused{r.Answer, p}
	default:
		return unclear(r, p, fmt.Errorf("%s: no error object: %s", op, describe(r.Answer, p)))
	}
}

func isBareRefusal(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusLengthRequired, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusUnsupportedMediaType, http.StatusRequestHeaderFieldsTooLarge:
		return true
	default:
		return false
	}
}

var (
	errResult        = errors.New("answer without a known result")
	errNoTransaction = errors.New("approved without a transaction id")
	errNoRequest     = errors.New("step-up without a request id")
)

// readAuthorize reads the answer to either authorize call. Klarna answers 2xx for all three results;
// only the exact word counts.
func readAuthorize(r reply) (Outcome, error) {
	o, err := parseObject(r.body)
	if err != nil {
		return nil, err
	}
	response := o.object("payment_transaction_response")
	network := o.text("klarna_network_response_data", "interoperability_response_data")
	switch response.text("result") {
	case "APPROVED":
		return readApproved(r, o, network)
	case "STEP_UP_REQUIRED":
		return readStepUp(r, o.object("payment_request"), network)
	case "DECLINED":
		return Declined{r.Answer, r.clean(response.text("result_reason"), maxReference), network}, nil
	default:
		return nil, errResult
	}
}

func readApproved(r reply, o object, network string) (Outcome, error) {
	t := o.object("payment_transaction_response").object("payment_transaction")
	a := Approved{
		Answer:               r.Answer,
		TransactionID:        t.text("payment_transaction_id"),
		TransactionReference: t.text("payment_transaction_reference"),
		ExpiresAt:            t.time("expires_at"),
		CustomerToken:        readCustomerToken(o.object("customer_token_response").object("customer_token")),
		NetworkData:          network,
	}
	a.Amount, a.Currency = t.money()
	for _, capture := range t.objects("payment_captures") {
		if a.CaptureID == "" {
			a.CaptureID = readCaptureID(capture)
		}
	}
	if !pathSafe(a.TransactionID) {
		return nil, errNoTransaction
	}
	return a, nil
}

func readStepUp(r reply, request object, network string) (Outcome, error) {
	s := StepUp{
		Answer:           r.Answer,
		RequestID:        request.text("payment_request_id"),
		RequestReference: request.text("payment_request_reference"),
		State:            readState(request),
		TargetURL:        readTarget(request),
		ExpiresAt:        readExpiry(request),
		HandOverData:     request.text("payment_request_data"),
		NetworkData:      network,
	}
	s.Amount, s.Currency = request.money()
	if !pathSafe(s.RequestID) {
		return nil, errNoRequest
	}
	return s, nil
}

// readCustomerToken: one shop system reads customer_token, another customer_token_id. A token that no
// header can carry is none.
func readCustomerToken(o object) CustomerToken {
	token := o.text("customer_token", "customer_token_id")
	if !headerSafe(token, maxToken) {
		return CustomerToken{}
	}
	t := CustomerToken{Token: secret.New(token), Reference: o.text("customer_token_reference")}
	scopes, ok := o["scopes"].([]any)
	if !ok {
		return t
	}
	for _, scope := range scopes {
		if s, ok := scope.(string); ok && len(t.Scopes) < maxScopes {
			t.Scopes = append(t.Scopes, s)
		}
	}
	return t
}

// readDone reads the answer to a capture, void or refund. Its status is authoritative (Klarna, Read
// and update payment transactions); its body is either empty or one JSON object, and anything else
// did not come from Klarna.
func readDone(op Op, r reply) (Outcome, error) {
	o := object{}
	if len(r.body) > 0 {
		var err error
		if o, err = parseObject(r.body); err != nil {
			return nil, err
		}
	}
	if o.text("error_code") != "" {
		return nil, errors.New("success that carries an error object")
	}
	d := Done{
		Answer:        r.Answer,
		TransactionID: o.text("payment_transaction_id"),
		State:         TransactionState(clean(o.text("state"), maxReference)),
	}
	d.Amount, d.Currency = o.money()
	switch op {
	case OpCapture:
		d.ID = cmp.Or(readCaptureID(o), readCaptureID(o.object("payment_capture")))
	case OpRefund:
		d.ID = cmp.Or(o.text("payment_refund_id"), o.object("payment_refund").text("payment_refund_id"), r.refund)
	case OpAuthorize, OpFinalize, OpVoid: // nothing of their own to name
	}
	return d, nil
}

// readCaptureID: a refund goes by it, so one that no path can carry is none.
func readCaptureID(o object) string {
	if id := o.text("payment_capture_id"); pathSafe(id) {
		return id
	}
	return ""
}
