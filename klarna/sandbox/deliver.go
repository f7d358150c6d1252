// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// deliveryPatience is how long a receiver may take to answer; Klarna publishes no number.
	deliveryPatience = 10 * time.Second
	// maxSending bounds the deliveries under way at once.
	maxSending = 8
	// maxAnswer is how much of a receiver's answer is read, in bytes.
	maxAnswer = 64 << 10
)

// deliver makes one attempt and reports it. A delivery that the sandbox's end interrupts is not
// reported: there is nobody left to try again.
func (s *Server) deliver(ctx context.Context, slots chan struct{}, d Delivery) {
	if !s.wait(ctx, d.Delay) {
		return
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	status, err := s.send(ctx, d)
	<-slots
	if err != nil {
		s.log.Warn("webhook not delivered", "url", d.URL, "attempt", d.Attempt, "err", err)
	}
	if ctx.Err() == nil {
		s.with(func(w *World, now time.Time) { w.Delivered(now, d, status) })
	}
}

// send returns the receiver's status, or 0 if it gave none.
func (s *Server) send(ctx context.Context, d Delivery) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Klarna-Signature", d.Signature)
	r.Header.Set("Klarna-Signing-Key-Id", d.KeyID)
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // nothing of it is used
	_, err = io.CopyN(io.Discard, answer.Body, maxAnswer)
	if err != nil && err != io.EOF { //nolint:errorlint // io.CopyN returns the bare io.EOF
		return 0, err
	}
	return answer.StatusCode, nil
}
