// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"tillbridge/internal/secret"
)

// call is one HTTP attempt.
type call struct {
	doing   string // for errors and logs
	method  string
	path    string
	region  Region      // of Order Management; empty: the host of everything else
	header  http.Header // besides those that every call has
	body    []byte
	bare    bool // without the API key
	quiet   bool // logged for debugging only: polls
	timeout time.Duration
	secrets []secret.Text // in header, beside the API key
}

// reply is an answer whose body was read to its end.
type reply struct {
	Answer
	body    []byte
	refund  string // Refund-Id, Order Management's name of a refund
	secrets []secret.Text
}

const maxReply = 1 << 20

var (
	errReplyTooLong = errors.New("answer is longer than 1 MiB")
	errReplyPacked  = errors.New("answer is compressed, which was not asked for")
)

// attempt sends r once and never again: the transport repeats a call on its own only where it can
// make the body anew (GetBody) or where there is none. touched reports that bytes may have left.
func (c *Client) attempt(ctx context.Context, r call) (_ reply, touched bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	sent := &atomic.Bool{}
	// A connection is handed to the call before its first byte is written, in HTTP/1 and HTTP/2.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	partnerID := newPartnerID()
	req, err := c.request(ctx, r, partnerID, sent)
	if err != nil {
		return reply{}, false, fmt.Errorf("%s: %w", r.doing, err)
	}
	began := time.Now()
	answer := reply{Answer: Answer{PartnerID: partnerID}, secrets: append([]secret.Text{c.key, c.authorization}, r.secrets...)}
	err = c.exchange(req, &answer)
	if err != nil {
		err = answer.hide(fmt.Errorf("%s, partner correlation id %s: %w", r.doing, partnerID, nameCertificate(err)))
	}
	c.trace(ctx, r, answer, time.Since(began), err)
	return answer, sent.Load(), err
}

// exchange uses the transport itself: no redirect is followed and no cookie kept.
func (c *Client) exchange(req *http.Request, into *reply) error {
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // what counts was read, or its error is told
	into.Answer = readAnswer(resp.StatusCode, resp.Header, into.PartnerID)
	into.CorrelationID = into.clean(into.CorrelationID, maxHeaderText)
	into.refund = into.clean(resp.Header.Get("Refund-Id"), maxHeaderText)
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return errReplyPacked
	}
	into.body, err = io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return fmt.Errorf("read answer %d: %w", resp.StatusCode, err)
	}
	if len(into.body) > maxReply {
		return errReplyTooLong
	}
	return nil
}

func (c *Client) request(ctx context.Context, r call, partnerID string, sent *atomic.Bool) (*http.Request, error) {
	at, err := url.Parse(r.path)
	if err != nil {
		return nil, errWrite
	}
	u := *c.origin(r.region)
	u.Path, u.RawPath = at.Path, at.RawPath
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), http.NoBody)
	if err != nil {
		return nil, errWrite
	}
	if len(r.body) > 0 {
		req.Body, req.ContentLength = &onceBody{bytes.NewReader(r.body), sent}, int64(len(r.body))
		req.Header.Set("Content-Type", "application/json")
	}
	req.GetBody = nil
	maps.Copy(req.Header, r.header)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Partner-Correlation-Id", partnerID)
	if !r.bare {
		req.Header.Set("Authorization", c.authorization.Reveal())
	}
	return req, nil
}

// onceBody can be read once and tells when reading begins. Its type keeps net/http from making
// copies of it.
type onceBody struct {
	from *bytes.Reader
	sent *atomic.Bool
}

func (b *onceBody) Read(p []byte) (int, error) {
	b.sent.Store(true)
	return b.from.Read(p)
}

func (b *onceBody) Close() error { return nil }

func (c *Client) trace(ctx context.Context, r call, a reply, took time.Duration, err error) {
	level := slog.LevelInfo
	if r.quiet {
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("doing", r.doing),
		slog.Int("status", a.Status),
		slog.String("klarna_correlation_id", a.CorrelationID),
		slog.String("partner_correlation_id", a.PartnerID),
		slog.Duration("took", took),
	}
	if key := r.header.Get("Klarna-Idempotency-Key"); key != "" {
		attrs = append(attrs, slog.String("idempotency_key", key))
	}
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelWarn, "klarna call without a whole answer", append(attrs, slog.Any("error", err))...)
		return
	}
	if a.Status/100 != 2 && !r.bare {
		p := readProblem(a)
		attrs = append(attrs, slog.String("code", p.Code), slog.String("parameter", p.Parameter), slog.String("message", p.Message))
	}
	c.log.LogAttrs(ctx, level, "klarna answered", attrs...)
}

// newPartnerID is 32 hexadecimal digits, which every published pattern for the header allows.
func newPartnerID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

func nameCertificate(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	return err
}
