// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"net"
	"time"
)

// ParseRetryAfter lets tests reach the parser.
func ParseRetryAfter(text string, date time.Time) time.Duration { return parseRetryAfter(text, date) }

// Judge turns an answer into an outcome without a network.
func Judge(op Op, status int, body []byte) Outcome {
	return judge(op, reply{Answer: Answer{Status: status}, body: body})
}

// ParseEvent lets the fuzzer reach the envelope's parser.
func ParseEvent(body []byte) (Event, error) {
	e, err := parseEnvelope(body)
	return e.Event, err
}

// DialWith makes c use connections of the test's own, so that time can be virtual.
func (c *Client) DialWith(dial func(context.Context, string, string) (net.Conn, error)) {
	c.transport.DialContext = dial
}

// Dial is what the transport would do for a resolved address.
func (c *Client) Dial(ctx context.Context, address string) (net.Conn, error) {
	return c.transport.DialContext(ctx, "tcp", address)
}

// Clean is what happens to text from outside before it is shown.
func Clean(s string, limit int) string { return clean(s, limit) }

// ParseRequest lets the fuzzer reach the reader of a payment request.
func ParseRequest(body []byte, id string) (Request, error) {
	return readRequest(reply{body: body}, id)
}

// Sources is how many senders the limiter remembers.
func (h *Webhook) Sources() int { return len(h.sources.buckets) }

// Origin is where calls for a region go.
func (c *Client) Origin(r Region) string { return c.origin(r).String() }
