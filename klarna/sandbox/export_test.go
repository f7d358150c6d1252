// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"time"

	"tillbridge/internal/secret"
)

// Sign is the signature of a webhook body.
func Sign(key, body string) string { return sign(secret.New(key), []byte(body)) }

// ParseDuration reads an interaction_expiry.
func ParseDuration(s string) (time.Duration, error) { return parseDuration(s) }

// ParsePurchase reads the body of an authorization.
func ParsePurchase(body []byte) (Purchase, []Violation, error) {
	o, err := parseBody(body)
	if err != nil {
		return Purchase{}, nil, err
	}
	p := o.purchase()
	return p, *o.bad, nil
}

// Credentials tells the form of an Authorization header, or why it is refused.
func Credentials(header string) (form, why string) { return credentials(header) }
