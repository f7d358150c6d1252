// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tillbridge/internal/secret"
)

// RequestState is the state of a payment request. A word that is not listed here is kept as it came
// and means: keep asking.
type RequestState string

// States of a payment request.
const (
	// RequestSubmitted: the QR code may be shown. Moves to in progress, expired, canceled.
	RequestSubmitted RequestState = "SUBMITTED"
	// RequestInProgress: the customer is inside. Moves to submitted (aborted), completed, declined, expired, canceled.
	RequestInProgress RequestState = "IN_PROGRESS"
	// RequestCompleted: the customer accepted; no money has moved. An older generation calls it
	// PENDING_CONFIRMATION, which is read as this.
	RequestCompleted RequestState = "COMPLETED"
	// RequestExpired is final.
	RequestExpired RequestState = "EXPIRED"
	// RequestCanceled is final.
	RequestCanceled RequestState = "CANCELED"
	// RequestDeclined is final: the customer refused, or nothing was offered.
	RequestDeclined RequestState = "DECLINED"
)

// Request is a payment request as Klarna describes it. References and amounts are as Klarna wrote
// them, zero where missing.
type Request struct {
	Answer
	ID            string
	Reference     string
	State         RequestState
	Reason        string // state_reason
	Amount        int64  // minor units
	Currency      string
	TargetURL     string // not checked
	ExpiresAt     time.Time
	SessionToken  secret.Text // of a completed request; good for one hour
	CustomerToken CustomerToken
}

var (
	errOtherRequest = errors.New("the answer is about another request")
	errNotCanceled  = errors.New("the answer does not say canceled")
)

// ReadRequest asks for the state of a request. errors.Is knows ErrNotFound, ErrRateLimited,
// ErrUnauthorized and ErrRefused; any other error proves nothing.
func (c *Client) ReadRequest(ctx context.Context, id string) (Request, error) {
	r, err := c.onRequest(ctx, http.MethodGet, "read", id)
	if err != nil {
		return Request{}, err
	}
	return readRequest(r, id)
}

// CancelRequest asks Klarna to end a request. A nil error means that it is canceled. An error that is
// ErrRefused or ErrNotFound means that Klarna did not cancel it: read the request and decide by its
// state. Any other error proves nothing. Repeating it is harmless.
func (c *Client) CancelRequest(ctx context.Context, id string) (Request, error) {
	r, err := c.onRequest(ctx, http.MethodDelete, "cancel", id)
	if err != nil {
		return Request{}, err
	}
	if len(r.body) == 0 {
		return Request{Answer: r.Answer, ID: id, State: RequestCanceled}, nil
	}
	request, err := readRequest(r, id)
	if err != nil {
		return Request{}, err
	}
	if request.State != RequestCanceled {
		return request, fmt.Errorf("cancel request %s: %w: %.64q", id, errNotCanceled, string(request.State))
	}
	return request, nil
}

func (c *Client) onRequest(ctx context.Context, method, verb, id string) (reply, error) {
	path, err := c.account.path(pathRequest, id)
	if err != nil {
		return reply{}, fmt.Errorf("%s request: %w", verb, err)
	}
	return c.ask(ctx, call{
		doing: verb + " request " + id, method: method, path: path,
		quiet: method == http.MethodGet, timeout: readTimeout,
	})
}

// ask makes one attempt whose only good answer is 2xx.
func (c *Client) ask(ctx context.Context, what call) (reply, error) {
	r, _, err := c.attempt(ctx, what)
	if err != nil {
		return reply{}, err
	}
	if r.Status/100 != 2 {
		return reply{}, &Error{Answer: r.Answer, Problem: readProblem(r), Doing: what.doing}
	}
	return r, nil
}

func readRequest(r reply, id string) (Request, error) {
	o, err := parseObject(r.body)
	if err != nil {
		return Request{}, fmt.Errorf("request %s: %w: %s", id, err, describe(r.Answer, Problem{}))
	}
	if o.text("payment_request_id") == "" {
		o = o.object("payment_request") // as in the answer to authorize
	}
	if o.text("payment_request_id") != id {
		return Request{}, fmt.Errorf("request %s: %w: %s", id, errOtherRequest, describe(r.Answer, Problem{}))
	}
	state := o.object("state_context")
	request := Request{
		Answer:        r.Answer,
		ID:            id,
		Reference:     o.text("payment_request_reference"),
		State:         readState(o),
		Reason:        r.clean(o.text("state_reason"), maxReference),
		TargetURL:     readTarget(o),
		ExpiresAt:     readExpiry(o),
		SessionToken:  readSessionToken(o, state),
		CustomerToken: readCustomerToken(state.object("klarna_customer").object("customer_token")),
	}
	request.Amount, request.Currency = o.money()
	return request, nil
}

func readState(o object) RequestState {
	state := RequestState(clean(o.text("state"), maxReference))
	if state == "PENDING_CONFIRMATION" {
		return RequestCompleted
	}
	return state
}

// readSessionToken knows the names of all generations, newest first, at the top and in state_context.
// A token that no header can carry is none.
func readSessionToken(places ...object) secret.Text {
	for _, key := range []string{"klarna_network_session_token", "payment_token", "interoperability_token", "payment_confirmation_token"} {
		for _, o := range places {
			if token := o.text(key); headerSafe(token, maxToken) {
				return secret.New(token)
			}
		}
	}
	return secret.Text{}
}

// readTarget: the text of the QR code; where there is none, the address that a hand-over would use.
func readTarget(request object) string {
	interaction := request.object("state_context").object("customer_interaction")
	for _, target := range []string{
		interaction.object("qr_code").text("target_url"),
		interaction.text("payment_request_url"),
		request.text("payment_request_url"),
	} {
		if target != "" {
			return target
		}
	}
	return ""
}

func readExpiry(request object) time.Time {
	if at := request.time("expires_at"); !at.IsZero() {
		return at
	}
	return request.time("state_expires_at")
}
