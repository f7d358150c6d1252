// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// The order of the fields is the order of the bytes; a stored body never depends on it, a repeated
// preparation does.
type authorizeBody struct {
	Currency     string          `json:"currency"`
	Transaction  transactionBody `json:"request_payment_transaction"`
	Purchase     purchaseBody    `json:"supplementary_purchase_data"`
	NetworkData  string          `json:"klarna_network_data,omitempty"`
	InteropData  string          `json:"interoperability_data,omitempty"`
	TokenRequest *tokenBody      `json:"request_customer_token,omitempty"`
	StepUp       *stepUpBody     `json:"step_up_config,omitempty"`
	Checkout     *checkoutBody   `json:"point_of_checkout,omitempty"`
	Terminal     *terminalBody   `json:"point_of_transaction,omitempty"`
}

type transactionBody struct {
	Amount    int64       `json:"amount"`
	Reference string      `json:"payment_transaction_reference"`
	OptionID  string      `json:"payment_option_id,omitempty"`
	Capture   CaptureMode `json:"capture"`
}

type purchaseBody struct {
	Reference string     `json:"purchase_reference"`
	Lines     []lineBody `json:"line_items"`
}

type tokenBody struct {
	Scopes    []string `json:"scopes"`
	Reference string   `json:"customer_token_reference"`
}

type stepUpBody struct {
	Reference string          `json:"payment_request_reference"`
	Interact  interactionBody `json:"customer_interaction_config"`
	Mode      string          `json:"mode,omitempty"`
	Checkout  *checkoutBody   `json:"point_of_checkout,omitempty"`
	Terminal  *terminalBody   `json:"point_of_transaction,omitempty"`
}

type interactionBody struct {
	Method       string     `json:"method"`
	ReturnURL    string     `json:"return_url,omitempty"`
	AppReturnURL string     `json:"app_return_url,omitempty"`
	Expiry       expiryBody `json:"interaction_expiry"`
}

// expiryBody is a duration, not a time, so that no clocks need to agree.
type expiryBody struct {
	Duration string `json:"duration"`
}

type captureBody struct {
	Amount    int64  `json:"amount"`
	Reference string `json:"payment_capture_reference"`
}

type refundBody struct {
	Amount    int64      `json:"amount"`
	Reference string     `json:"payment_refund_reference"`
	Lines     []lineBody `json:"line_items,omitempty"` // the member's name is not published
}

func (a Account) authorizeBody(s Sale) ([]byte, error) {
	body, err := encode(a.authorize(s, basket(s.Lines, s.Amount)))
	if err != nil || len(body) <= maxBody {
		return body, err
	}
	// Klarna refuses a body over 1 MB; the sale matters more than its basket.
	return encode(a.authorize(s, basket(nil, s.Amount)))
}

func (a Account) authorize(s Sale, lines []lineBody) authorizeBody {
	b := authorizeBody{
		Currency: s.Currency,
		Transaction: transactionBody{
			Amount: s.Amount, Reference: s.TransactionReference, OptionID: s.OptionID, Capture: cmp.Or(s.Capture, CaptureLater),
		},
		Purchase: purchaseBody{Reference: s.purchaseReference(), Lines: lines},
	}
	if !s.Absent {
		b.StepUp = a.stepUp(s)
	}
	if s.TokenRequest != nil {
		b.TokenRequest = &tokenBody{Scopes: s.TokenRequest.Scopes, Reference: s.TokenRequest.Reference}
	}
	if a.Dialect == DialectInterop {
		b.InteropData = s.NetworkData
	} else {
		b.NetworkData = s.NetworkData
	}
	place(&b, s.Location, a.Placement)
	return b
}

func (a Account) stepUp(s Sale) *stepUpBody {
	b := &stepUpBody{Reference: s.RequestReference, Interact: interactionBody{
		Method:       cmp.Or(s.Interact.Method, MethodQRCode),
		ReturnURL:    s.Interact.ReturnURL,
		AppReturnURL: s.Interact.AppReturnURL,
		Expiry:       expiryBody{Duration: s.expiry()},
	}}
	if a.ForceStepUp {
		b.Mode = "REQUIRED"
	}
	return b
}

func operationBody(amount int64, reference string, body any) ([]byte, error) {
	if amount < 1 || amount > maxAmount {
		return nil, fmt.Errorf("amount %d is outside 1..%d minor units", amount, maxAmount)
	}
	if !isReference(reference) {
		return nil, fmt.Errorf("reference %.64q is not 1..%d printable characters", reference, maxReference)
	}
	return encode(body)
}

// encode leaves <, > and & as they are: Klarna asks for plain text, and nothing here meets HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

var errFirstBody = errors.New("the first body is not a JSON object")

// withoutMember copies a JSON object and leaves one member out; every other byte of every other
// member stays what it was.
func withoutMember(body []byte, name string) ([]byte, error) {
	if _, err := parseObject(body); err != nil {
		return nil, errFirstBody
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if _, err := dec.Token(); err != nil {
		return nil, errFirstBody
	}
	out := []byte{'{'}
	for dec.More() {
		member, key, err := nextMember(dec)
		if err != nil {
			return nil, err
		}
		if key == name {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, member...)
	}
	return append(out, '}'), nil
}

func nextMember(dec *json.Decoder) (member []byte, key string, err error) {
	token, err := dec.Token()
	if err != nil {
		return nil, "", errFirstBody
	}
	key, ok := token.(string)
	if !ok {
		return nil, "", errFirstBody
	}
	var value json.RawMessage
	if err = dec.Decode(&value); err != nil {
		return nil, "", errFirstBody
	}
	member, err = encode(key)
	if err != nil {
		return nil, "", err
	}
	return append(append(member, ':'), value...), key, nil
}
