// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kinds of Error, for errors.Is.
var (
	// ErrNotFound means that the resource does not exist, or no longer does. A wrong path is not this error.
	ErrNotFound = errors.New("not found at klarna")
	// ErrRateLimited means too many calls, or blocked by the protection in front of the interface.
	ErrRateLimited = errors.New("rate limited by klarna")
	// ErrRefused means that Klarna understood the call and did not carry it out.
	ErrRefused = errors.New("refused by klarna")
	// ErrUnauthorized means that the API key does not count here.
	ErrUnauthorized = errors.New("klarna does not know the api key")
)

// Problem is Klarna's error object (Klarna, Error handling). Branch on the status and Code; Message is
// for logs, never for customers. All fields are cleaned, bounded, and free of our own secrets.
type Problem struct {
	Code      string // error_code; empty where the answer held no error object
	ErrorID   string
	Parameter string // the first parameter that did not pass validation
	Message   string
}

// Error is an answer to a read or a cancel that was not the one asked for.
type Error struct {
	Answer
	Problem
	Doing string // what was asked, and of which one
}

func (e *Error) Error() string {
	return e.Doing + ": " + describe(e.Answer, e.Problem)
}

// Is makes the kinds above work with errors.Is.
func (e *Error) Is(kind error) bool {
	switch kind {
	case ErrNotFound:
		return e.Status == http.StatusNotFound && (e.Code == "RESOURCE_NOT_FOUND" || e.Code == "NO_SUCH_ORDER")
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests || isShield(e.Answer, e.Problem)
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrRefused:
		return e.Status/100 == 4 && e.Status != http.StatusTooManyRequests && e.Code != ""
	default:
		return false
	}
}

// isShield recognizes the protection in front of the interface, which answers 403 without an error
// object (Klarna, Error handling).
func isShield(a Answer, p Problem) bool {
	return a.Status == http.StatusForbidden && p.Code == ""
}

func describe(a Answer, p Problem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "klarna answered %d", a.Status)
	for _, part := range []struct{ name, text string }{
		{"", p.Code},
		{"parameter ", p.Parameter},
		{"", p.Message},
		{"error id ", p.ErrorID},
		{"klarna correlation id ", a.CorrelationID},
		{"partner correlation id ", a.PartnerID},
	} {
		if part.text != "" {
			b.WriteString(", " + part.name + part.text)
		}
	}
	return b.String()
}

const maxMessage = 256

// readProblem reads the error object in any of its published shapes: parameters stand in
// validation_errors (newer) or errors (older), texts in error_message or error_messages.
func readProblem(r reply) Problem {
	o, err := parseObject(r.body)
	if err != nil {
		return Problem{}
	}
	p := Problem{
		Code:    r.clean(o.text("error_code"), maxHeaderText),
		ErrorID: r.clean(o.text("error_id", "correlation_id"), maxHeaderText),
		Message: r.clean(o.text("error_message"), maxMessage),
	}
	for _, list := range []string{"validation_errors", "errors"} {
		for _, item := range o.objects(list) {
			if p.Parameter == "" {
				p.Parameter = r.clean(item.text("parameter"), maxHeaderText)
				p.Message = r.clean(strings.TrimSpace(p.Message+" "+item.text("reason", "error_message")), maxMessage)
			}
		}
	}
	if texts, ok := o["error_messages"].([]any); ok && p.Message == "" && len(texts) > 0 {
		text, _ := texts[0].(string)
		p.Message = r.clean(text, maxMessage)
	}
	return p
}
