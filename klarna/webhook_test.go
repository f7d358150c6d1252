// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

const (
	keyID      = "krn:key:1"
	signingKey = "sim_signing_key_0001"

	vectorBody = `{"metadata":{"event_id":"e1","event_type":"payment.request.state-change.completed","event_version":"v2"},"payload":{"state":"COMPLETED"}}`
	vectorSum  = "c5c203749e090018ebf4e65db8bde420837f6718e13ce8304f41bd246b53f49f"
)

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(signingKey))
	_, _ = io.WriteString(mac, body)
	return hex.EncodeToString(mac.Sum(nil))
}

func deliver(t *testing.T, h http.Handler, body, id, signature string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/klarna", strings.NewReader(body))
	r.Header.Set("Klarna-Signing-Key-Id", id)
	r.Header.Set("Klarna-Signature", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// signers are the secrets of webhooks by signing key id.
func signers(keys map[string]string) func(string) (secret.Text, bool) {
	return func(id string) (secret.Text, bool) {
		key, ok := keys[id]
		return secret.New(key), ok
	}
}

// receiver keeps events in a list.
func receiver(o klarna.WebhookOptions) (*klarna.Webhook, *[]klarna.Event) {
	var kept []klarna.Event
	return klarna.NewWebhook(signers(map[string]string{keyID: signingKey, "krn:key:2": "second"}), func(_ context.Context, e klarna.Event) error {
		kept = append(kept, e)
		return nil
	}, o), &kept
}

func TestWebhookTakesTheGoldenVector(t *testing.T) {
	if len(vectorBody) != 137 {
		t.Fatalf("the vector has %d bytes, want 137", len(vectorBody))
	}
	h, kept := receiver(klarna.WebhookOptions{})
	if got := deliver(t, h, vectorBody, keyID, vectorSum); got/100 != 2 || len(*kept) != 1 {
		t.Fatalf("status %d, %d events kept", got, len(*kept))
	}
	if e := (*kept)[0]; e.ID != "e1" || e.Type != "payment.request.state-change.completed" || e.State != "COMPLETED" {
		t.Errorf("event = %+v", e)
	}
}

func TestRow52ForgedWebhooksAreRefused(t *testing.T) {
	tests := map[string]struct{ body, id, signature string }{
		"wrong HMAC":                   {vectorBody, keyID, strings.Replace(vectorSum, "c", "d", 1)},
		"HMAC of re-serialized JSON":   {vectorBody + "\n", keyID, vectorSum},
		"upper-case hex":               {vectorBody, keyID, strings.ToUpper(vectorSum)},
		"unknown key id":               {vectorBody, "krn:key:9", vectorSum},
		"no key id":                    {vectorBody, "", vectorSum},
		"another key's id":             {vectorBody, "krn:key:2", vectorSum},
		"no signature":                 {vectorBody, keyID, ""},
		"half a signature":             {vectorBody, keyID, vectorSum[:32]},
		"signature with a prefix":      {vectorBody, keyID, "sha256=" + vectorSum},
		"empty body, signed":           {"", keyID, sign("")},
		"empty body":                   {"", keyID, vectorSum},
		"signed, but a list":           {"[]", keyID, sign("[]")},
		"signed, with two event types": {`{"metadata":{"event_id":"a","event_id":"b"}}`, keyID, sign(`{"metadata":{"event_id":"a","event_id":"b"}}`)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h, kept := receiver(klarna.WebhookOptions{})
			if got := deliver(t, h, tt.body, tt.id, tt.signature); got != 400 || len(*kept) != 0 || h.Counts().Refused != 1 {
				t.Errorf("status %d, %d kept, counts %+v; want 400, none", got, len(*kept), h.Counts())
			}
		})
	}
}

func TestWebhookRefusesTwoSignatures(t *testing.T) {
	h, kept := receiver(klarna.WebhookOptions{})
	for name, header := range map[string]http.Header{
		"right one first": {"Klarna-Signing-Key-Id": {keyID}, "Klarna-Signature": {vectorSum, "x"}},
		"right one last":  {"Klarna-Signing-Key-Id": {keyID}, "Klarna-Signature": {"x", vectorSum}},
		"two keys":        {"Klarna-Signing-Key-Id": {keyID, "x"}, "Klarna-Signature": {vectorSum}},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(vectorBody))
		r.Header = header
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 400 || len(*kept) != 0 {
			t.Errorf("%s: status %d, %d kept, want 400", name, w.Code, len(*kept))
		}
	}
}

func TestWebhookReadsEventsLeniently(t *testing.T) {
	const full = `{"metadata":{"event_type":"payment.request.state-change.completed","event_id":"d9f9","event_version":"v2",
		"occurred_at":"2026-01-01T12:00:00.5Z","correlation_id":"c","subject_account_id":"krn:partner:global:account:test:HGBY07TR","live":false,"new":1},
		"payload":{"payment_request_id":"krn:r","payment_request_reference":"rq-1","state":"COMPLETED","klarna_network_session_token":"CANARY"}}`
	h, kept := receiver(klarna.WebhookOptions{Account: "krn:partner:global:account:test:HGBY07TR"})
	if got := deliver(t, h, full, keyID, sign(full)); got/100 != 2 {
		t.Fatalf("status %d", got)
	}
	want := klarna.Event{
		ID: "d9f9", Type: "payment.request.state-change.completed", CorrelationID: "c", RequestID: "krn:r", RequestReference: "rq-1", State: "COMPLETED",
		OccurredAt: time.Date(2026, 1, 1, 12, 0, 0, 500_000_000, time.UTC),
	}
	if (*kept)[0] != want {
		t.Errorf("event = %+v, want %+v", (*kept)[0], want)
	}
	bare := `{"metadata":{"event_type":"payment.transaction.captured"},"payload":null}`
	for range 2 {
		deliver(t, h, bare, keyID, sign(bare))
	}
	if a, b := (*kept)[1].ID, (*kept)[2].ID; !strings.HasPrefix(a, "sha256:") || a != b {
		t.Errorf("ids of the same event without an id = %q, %q", a, b)
	}
}

func TestRow54ForeignEventsAreAcknowledgedAndIgnored(t *testing.T) {
	event := func(metadata string) string {
		return `{"metadata":{"event_id":"e","event_type":"payment.request.updated",` + metadata + `},"payload":{}}`
	}
	tests := map[string]struct {
		body string
		live bool
		kept int
	}{
		"ours":                        {event(`"live":false,"subject_account_id":"A"`), false, 1},
		"nothing said":                {event(`"x":1`), false, 1},
		"live event, test bridge":     {event(`"live":true,"subject_account_id":"A"`), false, 0},
		"test event, live bridge":     {event(`"live":false,"subject_account_id":"A"`), true, 0},
		"another account":             {event(`"live":false,"subject_account_id":"B"`), false, 0},
		"a dispute":                   {`{"metadata":{"event_id":"e","event_type":"payment.dispute.created"}}`, false, 0},
		"no type":                     {`{}`, false, 0},
		"type with a control in it":   {`{"metadata":{"event_type":"payment.request.\nx"}}`, false, 0},
		"identifiers longer than any": {`{"metadata":{"event_type":"payment.request.updated"},"payload":{"payment_request_id":"` + strings.Repeat("x", 600) + `"}}`, false, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h, kept := receiver(klarna.WebhookOptions{Live: tt.live, Account: "A"})
			if got := deliver(t, h, tt.body, keyID, sign(tt.body)); got/100 != 2 || len(*kept) != tt.kept {
				t.Errorf("status %d, %d kept, want 2xx and %d", got, len(*kept), tt.kept)
			}
			if c := h.Counts(); c.Kept != uint64(tt.kept) || c.Ignored != uint64(1-tt.kept) {
				t.Errorf("counts = %+v", c)
			}
			if tt.kept == 1 && len((*kept)[0].RequestID) > 512 {
				t.Errorf("an identifier of %d bytes was kept", len((*kept)[0].RequestID))
			}
		})
	}
}

func TestWebhookIsAcknowledgedOnlyOnceKept(t *testing.T) {
	fail := errors.New("disk")
	h := klarna.NewWebhook(signers(map[string]string{keyID: signingKey}), func(context.Context, klarna.Event) error { return fail }, klarna.WebhookOptions{})
	if got := deliver(t, h, vectorBody, keyID, vectorSum); got != 503 || h.Counts().Failed != 1 {
		t.Errorf("status %d, counts %+v, want 503", got, h.Counts())
	}
	fail = nil
	if got := deliver(t, h, vectorBody, keyID, vectorSum); got/100 != 2 {
		t.Errorf("the repeat is answered %d, want 2xx", got)
	}
}

func TestWebhookRefusesOtherShapes(t *testing.T) {
	h, kept := receiver(klarna.WebhookOptions{})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodHead} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(vectorBody)))
		if w.Code != 405 || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: status %d, want 405", method, w.Code)
		}
	}
	for size, want := range map[int]int{64 << 10: 204, 64<<10 + 1: 413, 1 << 20: 413} {
		body := vectorBody + strings.Repeat(" ", size-len(vectorBody))
		if got := deliver(t, h, body, keyID, sign(body)); got != want {
			t.Errorf("a body of %d bytes: status %d, want %d", size, got, want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.ErrReader(errors.New("reset")))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 400 || len(*kept) != 1 {
		t.Errorf("broken body: status %d, %d kept, want 400 and 1", w.Code, len(*kept))
	}
}

func TestRow53FloodIsLimitedPerSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, kept := receiver(klarna.WebhookOptions{})
		post := func(remote string) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(vectorBody))
			r.RemoteAddr = remote
			r.Header.Set("Klarna-Signing-Key-Id", keyID)
			r.Header.Set("Klarna-Signature", vectorSum)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		for range 1000 {
			post("192.0.2.1:1")
		}
		if c := h.Counts(); len(*kept) != 10 || c.Limited != 990 {
			t.Errorf("%d kept, counts %+v, want 10 of 1000", len(*kept), c)
		}
		if got := post("192.0.2.1:2"); got != 429 {
			t.Errorf("another port of the same source: %d, want 429", got)
		}
		if got := post("192.0.2.2:1"); got/100 != 2 {
			t.Errorf("another source: %d, want 2xx", got)
		}
		time.Sleep(100 * time.Millisecond)
		if first, second := post("192.0.2.1:1"), post("192.0.2.1:1"); first/100 != 2 || second != 429 {
			t.Errorf("after 100 ms: %d, %d, want 2xx, 429", first, second)
		}
		for i := range 3000 {
			post(fmt.Sprintf("10.%d.%d.1:1", i/250, i%250))
			post(fmt.Sprintf("[2001:db8:%x::%x]:1", i%3, i))
		}
		if n := h.Sources(); n > 1025 {
			t.Errorf("the limiter remembers %d sources", n)
		}
		time.Sleep(2 * time.Second)
		if got := post("198.51.100.1:1"); got/100 != 2 {
			t.Errorf("a newcomer after the flood: %d, want 2xx", got)
		}
	})
}

func TestRefusedWebhooksLogOneLineAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h, _ := receiver(klarna.WebhookOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
		lines := func() int { return strings.Count(log.String(), "webhook refused") }
		for range 100 {
			deliver(t, h, "CANARY", "x\npaid", "y")
			time.Sleep(200 * time.Millisecond)
		}
		if n := lines(); n != 1 {
			t.Errorf("%d lines in 20 s, want 1", n)
		}
		time.Sleep(time.Minute)
		deliver(t, h, "CANARY", "x", "y")
		if n := lines(); n != 2 || strings.Contains(log.String(), "CANARY") {
			t.Errorf("%d lines, want 2 without the body:\n%s", n, log.String())
		}
	})
}

func FuzzWebhookEnvelope(f *testing.F) {
	for _, s := range []string{vectorBody, "{}", "null", `{"metadata":{"live":true},"payload":[]}`, `{"metadata":{"event_id":"\u0000"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := klarna.ParseEvent(body)
		if err != nil {
			return
		}
		if e.ID == "" {
			t.Errorf("an event without an id from %q", body)
		}
		for _, text := range []string{e.ID, e.Type, e.CorrelationID, e.RequestID, e.RequestReference, e.TransactionID, e.TransactionReference, e.State} {
			if len(text) > 512 || strings.ContainsAny(text, "\x00\r\n\x1b") {
				t.Errorf("%q from %q", text, body)
			}
		}
	})
}
