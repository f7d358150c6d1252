// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"time"
)

// Answer is the result of one call. Exactly one of the pointers is set, chosen by the call, or Problem.
type Answer struct {
	Status        int // HTTP status
	Problem       *Problem
	Authorization *Authorization
	Request       *PaymentRequest
	Transaction   *Transaction
	Capture       *Capture
	Refund        *Refund
	Order         *OrderAnswer

	// Fate is what becomes of the answer on its way; Delay is how long it takes to set out.
	Fate  Fate
	Delay time.Duration
}

// Fate is what the connection does to an answer.
type Fate string

// The fates. Whether the call was executed is decided in World; only the answer's way differs here.
const (
	FateDelivered Fate = ""
	FateReset     Fate = "reset"     // the connection is reset, no byte of an answer is sent
	FateSilence   Fate = "silence"   // nothing is sent for Delay, then the connection closes
	FateTruncated Fate = "truncated" // the answer breaks off in the middle of its body
	FateHTML      Fate = "html"      // the status is right, the body is a web page
)

// Result is the outcome of an authorization, told with status 200.
type Result string

// The results.
const (
	ResultApproved Result = "APPROVED"
	ResultStepUp   Result = "STEP_UP_REQUIRED"
	ResultDeclined Result = "DECLINED"
)

// Authorization answers Authorize.
type Authorization struct {
	Result      Result
	Request     *PaymentRequest // with ResultStepUp
	Transaction *Transaction    // with ResultApproved
	Token       *CustomerToken  // where one was asked for
	TokenAsked  bool
	// NetworkData is for the partner that sent klarna_network_data, to be handed back unchanged.
	NetworkData string
}

// Problem is Klarna's error object.
type Problem struct {
	ID         string
	Code       string
	Message    string
	Violations []Violation
}

// Violation names one parameter of a call that cannot be.
type Violation struct{ Parameter, Reason string }

// Klarna's error codes.
const (
	CodeValidation   = "VALIDATION_ERROR"
	CodeContentType  = "INVALID_CONTENT_TYPE"
	CodeUnauthorized = "UNAUTHORIZED"
	CodeForbidden    = "OPERATION_FORBIDDEN"
	CodeNoRoute      = "NOT_FOUND"
	CodeNotFound     = "RESOURCE_NOT_FOUND"
	CodeConflict     = "RESOURCE_CONFLICT"
	CodeRateLimited  = "RATE_LIMITED"
	CodeInternal     = "INTERNAL_ERROR"
	CodeTimeout      = "TIMEOUT"
	CodeUnavailable  = "TEMPORARY_UNAVAILABLE"
)

func refuse(status int, code, format string, args ...any) Answer {
	return Answer{Status: status, Problem: &Problem{Code: code, Message: fmt.Sprintf(format, args...)}}
}

func invalid(v ...Violation) Answer {
	return Answer{Status: 400, Problem: &Problem{Code: CodeValidation, Message: "the request is not valid", Violations: v}}
}

func noRequest(id string) Answer {
	return refuse(404, CodeNotFound, "no payment request %q", id)
}

func noTransaction(id string) Answer {
	return refuse(404, CodeNotFound, "no payment transaction %q", id)
}

// negative reports whether a is a business no, which some documents let Klarna forget.
func (a Answer) negative() bool {
	return a.Status == 403 || a.Status == 409 ||
		a.Authorization != nil && a.Authorization.Result == ResultDeclined
}
