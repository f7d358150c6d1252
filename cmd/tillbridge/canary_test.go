// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tillbridge/store"
)

// TestNoSecretLeavesTheDaemon plants secrets, runs sales that meet them, and searches everything that
// the daemon says: its log at the finest level, its HTTP answers, what the screen gets, and the journal's
// export.
func TestNoSecretLeavesTheDaemon(t *testing.T) {
	t.Parallel()
	s, hook, _, signing := withWebhook(t)
	s.daemon.kill()
	s.daemon = start(t, "serve", "--config", s.file, "--log-level", "debug")
	s.eventually("the daemon", func() bool { return s.get(s.web+"/health", nil) == http.StatusOK })
	screen := s.watchScreen()

	secrets := map[string]string{"API key": "klarna_test_api_kill", "signing key": signing}
	s.faults(map[string]any{"route": "finalize", "nth": 1, "times": 1, "fault": "status", "status": 500},
		map[string]any{"route": "capture", "nth": 1, "times": 1, "fault": "status", "status": 400})
	var answers bytes.Buffer
	s.pay()
	s.phase("waiting")
	s.phone("approve")
	secrets["session token"] = s.sessionToken()
	s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
	s.call(http.MethodPost, s.web+s.sale+"/confirm", map[string]any{"outcome": "approved"}, nil)
	for _, url := range []string{
		s.web + s.sale, s.web + "/v1/lanes/lane-1", s.web + "/health", s.web + "/display/lane-1",
		s.web + "/display/page/display.js", s.web + "/none", "http://" + hook + "/",
	} {
		answers.WriteString(s.raw(url))
	}
	s.eventually("the tick", func() bool { return strings.Contains(screen.log(), `"approved"`) })
	s.daemon.kill()

	places := map[string]string{
		"log": s.daemon.log(), "HTTP answers": answers.String(), "screen": screen.log(), "journal export": s.export(), "flight record": s.flight(),
	}
	for place, text := range places {
		if len(text) < 100 {
			t.Errorf("%s holds only %q: nothing was searched", place, text)
		}
		for name, secret := range secrets {
			if len(secret) < 10 {
				t.Fatalf("the %s is %q, too short to search for", name, secret)
			}
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in the %s", name, place)
			}
		}
	}
}

func (s *shop) raw(url string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(resp.Header) + string(body)
}

// sessionToken asks the simulator, as its partner, for the token of the accepted request.
func (s *shop) sessionToken() string {
	s.t.Helper()
	var read struct {
		Context struct {
			Token string `json:"klarna_network_session_token"`
		} `json:"state_context"`
	}
	id := s.ledger().Requests[0].ID
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.sandbox+"/v2/payment/requests/"+id, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic klarna_test_api_kill")
	s.do(req, &read)
	return read.Context.Token
}

// export is the journal as an auditor gets it. The daemon must not run.
func (s *shop) export() string {
	s.t.Helper()
	j, err := store.OpenReadOnly(filepath.Join(filepath.Dir(s.file), "data", journalFile), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // only read
	var out bytes.Buffer
	if err := j.Export(&out); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// flight is the record of the one sale, as it is given to whoever looks for a mistake. The daemon must not run.
func (s *shop) flight() string {
	s.t.Helper()
	j, err := openForReading(filepath.Join(filepath.Dir(s.file), "data"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // only read
	var out bytes.Buffer
	for p, err := range j.Payments() {
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := book{j}.flight(p.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := f.Write(&out); err != nil {
			s.t.Fatal(err)
		}
	}
	return out.String()
}

// watchScreen opens the lane's socket as its page does and keeps every frame.
func (s *shop) watchScreen() *transcript {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(filepath.Dir(s.file), "data", keysFolder, "display-lane-1"))
	if err != nil {
		s.t.Fatal(err)
	}
	conn, resp, err := websocket.DefaultDialer.DialContext(s.t.Context(),
		"ws"+strings.TrimPrefix(s.web, "http")+"/display/lane-1/socket", http.Header{"Origin": {s.web}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _, _ = resp.Body.Close(), conn.Close() })
	hello := map[string]string{"type": "hello", "token": strings.TrimSpace(string(token)), "lang": "en"}
	if err := conn.WriteJSON(hello); err != nil {
		s.t.Fatal(err)
	}
	frames, ended := &transcript{}, make(chan struct{})
	go func() {
		defer close(ended)
		for {
			_, frame, err := conn.ReadMessage()
			if err != nil {
				return
			}
			_, _ = frames.Write(frame)
		}
	}()
	s.t.Cleanup(func() { _ = conn.SetReadDeadline(time.Now()); <-ended })
	return frames
}
