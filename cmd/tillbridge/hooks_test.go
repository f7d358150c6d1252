// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tillbridge/terminal/terminaltest"
)

// withWebhook registers a webhook at the simulator and gives the daemon its signing key.
func withWebhook(t *testing.T) (s *shop, hook, keyID, key string) {
	t.Helper()
	s = newShop(t)
	s.daemon.kill()
	hook = terminaltest.FreePort(t)
	var made struct {
		ID  string `json:"signing_key_id"`
		Key string `json:"signing_key"`
	}
	s.klarna("/v2/notification/signing-keys", "{}", &made)
	s.klarna("/v2/notification/webhooks", `{"url":"http://`+hook+`/","event_types":["payment.request.*"],`+
		`"event_version":"v2","status":"ENABLED","signing_key_id":"`+made.ID+`"}`, nil)
	keys := filepath.Join(filepath.Dir(s.file), "signing_keys")
	write(t, keys, made.ID+" "+made.Key+"\n")
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.file, strings.Replace(string(text), "klarna: {", `klarna: {webhook: {listen: "`+hook+`", signing_keys_file: "`+keys+`"}, `, 1))
	s.restart()
	return s, hook, made.ID, made.Key
}

// klarna calls the simulator's own API as its partner would.
func (s *shop) klarna(path, body string, into any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.sandbox+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic klarna_test_api_kill")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Klarna-Idempotency-Key", path)
	s.do(req, into)
}

func TestAWebhookIsSeenBeforeAnyPollIsDue(t *testing.T) {
	t.Parallel()
	s, _, _, _ := withWebhook(t)
	// A poll cannot come before 2.4 s. A machine too slow to show the difference tries again.
	for try := range 10 {
		s.sale = "/v1/lanes/lane-1/payments/W" + string(rune('0'+try))
		began := time.Now()
		s.pay()
		s.phase("waiting")
		s.phone("approve")
		s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
		if time.Since(began) < 2400*time.Millisecond {
			return
		}
		s.end()
	}
	t.Error("ten sales, and none was approved before a poll could have seen it")
}

func TestForgedReplayedAndForeignWebhooksChangeNothing(t *testing.T) {
	t.Parallel()
	s, hook, id, key := withWebhook(t)
	s.pay()
	s.phase("waiting")
	request := s.ledger().Requests[0].ID
	body := `{"metadata":{"event_id":"e-1","event_type":"payment.request.state-change.completed","event_version":"v2","live":false},` +
		`"payload":{"payment_request_id":"` + request + `","state":"COMPLETED","klarna_network_session_token":"krn:forged"}}`
	sign := func(key, body string) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(body))
		return hex.EncodeToString(mac.Sum(nil))
	}
	foreign := strings.Replace(strings.Replace(body, "e-1", "e-2", 1), request, "krn:payment:eu1:request:other", 1)
	live := strings.Replace(strings.Replace(body, "e-1", "e-3", 1), `"live":false`, `"live":true`, 1)
	for name, c := range map[string]struct {
		id, signature, body string
		want                int
	}{
		"row 52: wrong key":       {id, sign("other", body), body, http.StatusBadRequest},
		"row 52: unknown key id":  {"nobody", sign(key, body), body, http.StatusBadRequest},
		"row 52: upper-case hex":  {id, strings.ToUpper(sign(key, body)), body, http.StatusBadRequest},
		"row 52: changed body":    {id, sign(key, body), body + " ", http.StatusBadRequest},
		"row 52: empty body":      {id, sign(key, ""), "", http.StatusBadRequest},
		"row 54: another request": {id, sign(key, foreign), foreign, http.StatusOK},
		"row 54: live in test":    {id, sign(key, live), live, http.StatusOK},
		"row 53: genuine":         {id, sign(key, body), body, http.StatusOK},
	} {
		for range 2 {
			got := 0
			s.eventually(name+": a judgement", func() bool { // too many at once from one source are put off
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+hook+"/", strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Klarna-Signature", c.signature)
				req.Header.Set("Klarna-Signing-Key-Id", c.id)
				got = s.do(req, nil)
				return got != http.StatusTooManyRequests
			})
			if got/100 != c.want/100 {
				t.Errorf("%s: answered %d, want %d", name, got, c.want)
			}
		}
	}
	if got := s.status().Phase; got != "waiting" {
		t.Errorf("phase %q after forged events, want waiting", got)
	}
	s.phone("reject")
	if got := s.end().Outcome; got != "declined" {
		t.Errorf("the till heard %q, want declined", got)
	}
}
