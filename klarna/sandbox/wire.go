// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "time"

// The shapes of Klarna's answers.

type wireAuthorization struct {
	Response *wireResult        `json:"payment_transaction_response,omitempty"`
	Request  *wireRequest       `json:"payment_request,omitempty"`
	Token    *wireTokenResponse `json:"customer_token_response,omitempty"`
	// The newer and the older name of one thing.
	NetworkData string `json:"klarna_network_response_data,omitempty"`
	InteropData string `json:"interoperability_response_data,omitempty"`
}

type wireResult struct {
	Result      Result           `json:"result"`
	Transaction *wireTransaction `json:"payment_transaction,omitempty"`
}

type wireTokenResponse struct {
	Result Result     `json:"result"`
	Token  *wireToken `json:"customer_token,omitempty"`
}

type wireRequest struct {
	ID           string      `json:"payment_request_id"`
	Reference    string      `json:"payment_request_reference,omitempty"`
	Amount       int64       `json:"amount"`
	Currency     string      `json:"currency"`
	State        State       `json:"state"`
	Previous     State       `json:"previous_state,omitempty"`
	Reason       string      `json:"state_reason,omitempty"`
	Context      wireContext `json:"state_context"`
	Token        string      `json:"klarna_network_session_token,omitempty"`
	PaymentToken string      `json:"payment_token,omitempty"`
	Data         string      `json:"payment_request_data,omitempty"`
	ExpiresAt    time.Time   `json:"expires_at"`
	CreatedAt    time.Time   `json:"created_at"`
	UpdatedAt    time.Time   `json:"updated_at"`
	CanceledAt   *time.Time  `json:"canceled_at,omitempty"`
}

type wireContext struct {
	tokenContext

	Interaction *wireInteraction `json:"customer_interaction,omitempty"`
	Customer    *wireCustomer    `json:"klarna_customer,omitempty"`
}

type wireInteraction struct {
	Method string  `json:"method"`
	ID     string  `json:"payment_request_id,omitempty"`
	URL    string  `json:"payment_request_url,omitempty"`
	QR     *wireQR `json:"qr_code,omitempty"`
}

type wireQR struct {
	Image  string `json:"image_url"`
	Target string `json:"target_url"`
}

type wireCustomer struct {
	Profile struct{}   `json:"customer_profile"`
	Token   *wireToken `json:"customer_token,omitempty"`
}

type wireToken struct {
	Token     string   `json:"customer_token"`
	Reference string   `json:"customer_token_reference,omitempty"`
	Scopes    []string `json:"scopes"`
}

type wireTransaction struct {
	ID        string           `json:"payment_transaction_id"`
	Reference string           `json:"payment_transaction_reference,omitempty"`
	Amount    int64            `json:"amount"`
	Currency  string           `json:"currency"`
	State     TransactionState `json:"state"`
	Captured  int64            `json:"captured_amount"`
	Refunded  int64            `json:"refunded_amount"`
	Voided    int64            `json:"voided_amount"`
	Funding   wireFunding      `json:"payment_funding"`
	Pricing   struct{}         `json:"payment_pricing"`
	Captures  []wireCapture    `json:"payment_captures,omitempty"`
	ExpiresAt time.Time        `json:"expires_at"`
}

type wireFunding struct {
	Type  string `json:"type"`
	State string `json:"state"`
}

type wireCapture struct {
	ID        string `json:"payment_capture_id"`
	Reference string `json:"payment_capture_reference,omitempty"`
	Amount    int64  `json:"amount"`
	Refunded  int64  `json:"refunded_amount"`
}

type wireRefund struct {
	ID        string `json:"payment_refund_id"`
	Reference string `json:"payment_refund_reference,omitempty"`
	Amount    int64  `json:"amount"`
}

type wireProblem struct {
	ID         string          `json:"error_id"`
	Type       string          `json:"error_type,omitempty"`
	Code       string          `json:"error_code"`
	Message    string          `json:"error_message"`
	Violations []wireViolation `json:"validation_errors,omitempty"`
	Older      []wireViolation `json:"errors,omitempty"`
}

// wireOrder is a transaction as Order Management describes it.
type wireOrder struct {
	ID        string    `json:"order_id"`
	Reference string    `json:"merchant_reference1,omitempty"`
	Status    string    `json:"status"`
	Amount    int64     `json:"order_amount"`
	Captured  int64     `json:"captured_amount"`
	Refunded  int64     `json:"refunded_amount"`
	Remaining int64     `json:"remaining_authorized_amount"`
	Currency  string    `json:"purchase_currency"`
	ExpiresAt time.Time `json:"expires_at"`
}

// wireOrderProblem is an error of Order Management.
type wireOrderProblem struct {
	Correlation string   `json:"correlation_id"`
	Code        string   `json:"error_code"`
	Messages    []string `json:"error_messages"`
}

type wireViolation struct {
	Parameter string `json:"parameter"`
	Reason    string `json:"reason,omitempty"`
	Message   string `json:"error_message,omitempty"`
}
