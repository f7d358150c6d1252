// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"net/http"
	"strconv"
	"time"
)

// Answer is what every answer of Klarna carries beside its body.
type Answer struct {
	Status        int           // HTTP status; 0 where no answer came
	Date          time.Time     // Klarna's clock, to the second; zero where none
	CorrelationID string        // Klarna-Correlation-Id, for Klarna's support
	PartnerID     string        // the Partner-Correlation-Id that we sent
	RetryAfter    time.Duration // 0..60 s
	MTLSStatus    string        // Klarna-Mtls-Verification-Status: NOT_PRESENT, VALID, INVALID
	IPStatus      string        // Klarna-Ip-Validation-Status: ALLOWED, DENIED, INVALID
}

const (
	maxRetryAfter = 60 * time.Second
	maxHeaderText = 255
)

func readAnswer(status int, h http.Header, partnerID string) Answer {
	a := Answer{
		Status:        status,
		PartnerID:     partnerID,
		CorrelationID: clean(h.Get("Klarna-Correlation-Id"), maxHeaderText),
		MTLSStatus:    clean(h.Get("Klarna-Mtls-Verification-Status"), maxHeaderText),
		IPStatus:      clean(h.Get("Klarna-Ip-Validation-Status"), maxHeaderText),
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		a.Date = date.UTC()
	}
	a.RetryAfter = parseRetryAfter(h.Get("Retry-After"), a.Date)
	if a.RetryAfter == 0 && status == http.StatusTooManyRequests {
		a.RetryAfter = parseRetryAfter(h.Get("X-Ratelimit-Reset"), a.Date)
	}
	return a
}

// parseRetryAfter reads seconds or a moment (RFC 9110 §10.2.3), the latter against the Date of the
// same answer. What it cannot read is 0, and nobody makes a shop wait longer than a minute.
func parseRetryAfter(text string, date time.Time) time.Duration {
	if len(text) > maxHeaderText {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return boundWait(seconds)
	}
	at, err := http.ParseTime(text)
	if err != nil || date.IsZero() {
		return 0
	}
	return boundWait(at.Sub(date).Seconds())
}

func boundWait(seconds float64) time.Duration {
	switch {
	case seconds >= maxRetryAfter.Seconds():
		return maxRetryAfter
	case seconds > 0:
		return time.Duration(seconds * float64(time.Second))
	default: // negative, zero, not a number
		return 0
	}
}
