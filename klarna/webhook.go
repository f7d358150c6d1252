// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"tillbridge/internal/secret"
)

// Limits of the receiver, all ours: Klarna's events are a few hundred bytes.
const (
	maxEvent      = 64 << 10
	eventsPerSec  = 10 // per source address
	eventDeadline = 10 * time.Second
	refusalLogGap = time.Minute
)

// WebhookOptions of a receiver.
type WebhookOptions struct {
	Live    bool         // events of the other environment are acknowledged and ignored
	Account string       // likewise events about another account; empty: all are ours
	Log     *slog.Logger // nil: no log
}

// WebhookCounts since the start.
type WebhookCounts struct {
	Kept, Ignored, Refused, Limited, Failed uint64
}

// Webhook receives Klarna's events. It answers 2xx only for what keep has made durable, or for what
// is genuine and none of our business; Klarna never repeats an event that was acknowledged.
type Webhook struct {
	keys    func(id string) (secret.Text, bool)
	keep    func(context.Context, Event) error
	options WebhookOptions
	sources limiter

	kept, ignored, refused, limited, failed atomic.Uint64

	mu         sync.Mutex
	refusalLog time.Time // guarded by mu; of the last line about a refused event
}

// NewWebhook returns a receiver. keys finds a signing key by its id and may change its mind at any
// time; keep returns nil only once the event is durable. Both are called concurrently.
func NewWebhook(keys func(id string) (secret.Text, bool), keep func(context.Context, Event) error, o WebhookOptions) *Webhook {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Webhook{keys: keys, keep: keep, options: o}
}

// Counts tells how many events met which fate.
func (h *Webhook) Counts() WebhookCounts {
	return WebhookCounts{
		Kept: h.kept.Load(), Ignored: h.ignored.Load(), Refused: h.refused.Load(),
		Limited: h.limited.Load(), Failed: h.failed.Load(),
	}
}

// ServeHTTP answers with a status alone.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if !h.sources.allow(sourceOf(r.RemoteAddr), time.Now()) {
		h.limited.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	w.WriteHeader(h.receive(w, r))
}

func (h *Webhook) receive(w http.ResponseWriter, r *http.Request) int {
	// A sender that drips must not hold a connection; a writer without deadlines has its own limits.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(eventDeadline))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return h.refuse(r, "too long", http.StatusRequestEntityTooLarge)
	}
	if err != nil {
		return h.refuse(r, "unreadable body", http.StatusBadRequest)
	}
	if !h.genuine(r.Header, body) {
		return h.refuse(r, "signature", http.StatusBadRequest)
	}
	e, err := parseEnvelope(body)
	if err != nil {
		return h.refuse(r, "signed, but no event", http.StatusBadRequest)
	}
	return h.take(r.Context(), e)
}

// genuine holds before a byte of the body is parsed: HMAC-SHA256 over the raw body, keyed with the
// bytes of the signing key as they are, in lower-case hexadecimal (Klarna, Webhooks).
func (h *Webhook) genuine(header http.Header, body []byte) bool {
	ids, signatures := header["Klarna-Signing-Key-Id"], header["Klarna-Signature"]
	if len(ids) != 1 || len(signatures) != 1 {
		return false
	}
	key, ok := h.keys(ids[0])
	if !ok || key.Empty() {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	_, _ = mac.Write(body) // never fails: hash.Hash
	return hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(signatures[0]))
}

func (h *Webhook) take(ctx context.Context, e envelope) int {
	foreign := e.account != "" && h.options.Account != "" && e.account != h.options.Account
	if foreign || !e.concerns() || e.live != nil && *e.live != h.options.Live {
		h.ignored.Add(1)
		h.options.Log.DebugContext(ctx, "webhook ignored", "event", e.ID, "event_type", e.Type)
		return http.StatusNoContent
	}
	if err := h.keep(ctx, e.Event); err != nil {
		h.failed.Add(1)
		h.options.Log.ErrorContext(ctx, "webhook not kept", "event", e.ID, "error", err)
		return http.StatusServiceUnavailable
	}
	h.kept.Add(1)
	return http.StatusNoContent
}

// refuse counts, and writes at most one line a minute: whoever sends rubbish must not fill a disk.
func (h *Webhook) refuse(r *http.Request, why string, status int) int {
	count := h.refused.Add(1)
	h.mu.Lock()
	now := time.Now()
	quiet := !h.refusalLog.IsZero() && now.Sub(h.refusalLog) < refusalLogGap
	if !quiet {
		h.refusalLog = now
	}
	h.mu.Unlock()
	if !quiet {
		h.options.Log.WarnContext(r.Context(), "webhook refused", "why", why, "source", r.RemoteAddr, "refused_so_far", count)
	}
	return status
}

// sourceOf: the address without its port; of IPv6 the /64, which is what one sender can use at will.
func sourceOf(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr := at.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	const senderBits = 64
	prefix, err := addr.Prefix(senderBits)
	if err != nil {
		return netip.Addr{}
	}
	return prefix.Addr()
}

// limiter is a token bucket per source. Its zero value is ready.
type limiter struct {
	mu      sync.Mutex
	buckets map[netip.Addr]bucket // guarded by mu; at most maxSources
}

type bucket struct {
	tokens float64
	at     time.Time
}

const maxSources = 1024

func (l *limiter) allow(source netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buckets == nil {
		l.buckets = map[netip.Addr]bucket{}
	}
	if _, known := l.buckets[source]; !known && len(l.buckets) >= maxSources {
		l.forget(now)
		if len(l.buckets) >= maxSources {
			source = netip.Addr{} // newcomers share one bucket until others fall silent
		}
	}
	b, known := l.buckets[source]
	if !known {
		b = bucket{tokens: eventsPerSec, at: now}
	}
	b.tokens = min(eventsPerSec, b.tokens+max(0, now.Sub(b.at).Seconds())*eventsPerSec)
	b.at = now
	ok := b.tokens >= 1
	if ok {
		b.tokens--
	}
	l.buckets[source] = b
	return ok
}

// forget drops sources whose bucket is full again.
func (l *limiter) forget(now time.Time) {
	for source, b := range l.buckets {
		if now.Sub(b.at) >= time.Second {
			delete(l.buckets, source)
		}
	}
}
