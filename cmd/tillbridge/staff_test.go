// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillbridge/config"
	"tillbridge/internal/secret"
	"tillbridge/klarna/sandbox"
	"tillbridge/payment"
)

func TestNewKlarnaReachesTheSandbox(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(sandbox.New(sandbox.Options{}).Handler())
	t.Cleanup(s.Close)
	cfg := config.Config{Klarna: config.Klarna{
		Environment: config.Sandbox, SandboxListen: strings.TrimPrefix(s.URL, "http://"),
		AccountID: "krn:partner:global:account:live:X", AuthEncoding: config.AuthUserPassBase64,
	}}
	client, account, err := newKlarna(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if account.ID != "" {
		t.Errorf("the simulator is asked for account %q, want none", account.ID)
	}
	if _, err := client.Probe(t.Context()); err != nil {
		t.Errorf("Probe() = %v", err)
	}
}

func TestNewKlarnaRefusesTheWrongEnvironment(t *testing.T) {
	t.Parallel()
	at := func(host string) *url.URL { return &url.URL{Scheme: "https", Host: host} }
	tests := map[string]config.Klarna{
		"row 67: a live key for the test host": {Environment: config.Test, BaseURL: at("api-global.test.klarna.com"), APIKey: secret.New("klarna_live_api_x")},
		"row 67: a test key for the live host": {Environment: config.Live, BaseURL: at("api-global.klarna.com"), APIKey: secret.New("klarna_test_api_x")},
		"row 67: the live host for testing":    {Environment: config.Test, BaseURL: at("api-global.klarna.com"), APIKey: secret.New("klarna_test_api_x")},
		"an empty key":                         {Environment: config.Test, BaseURL: at("api-global.test.klarna.com")},
	}
	for name, k := range tests {
		if _, _, err := newKlarna(config.Config{Klarna: k}, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: a client was made", name)
		} else if strings.Contains(err.Error(), "api_x") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestSandboxBase(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8590": "http://127.0.0.1:8590", "localhost:8590": "http://localhost:8590", "[::1]:8590": "http://[::1]:8590",
		"0.0.0.0:8590": "http://127.0.0.1:8590", ":8590": "http://127.0.0.1:8590", "[::]:8590": "http://127.0.0.1:8590",
	} {
		if got := sandboxBase(listen); got != want {
			t.Errorf("sandboxBase(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestWebBase(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		http config.HTTP
		want string
	}{
		"loopback":                {config.HTTP{Listen: "127.0.0.1:8580"}, "http://127.0.0.1:8580"},
		"everywhere":              {config.HTTP{Listen: "0.0.0.0:8580"}, "http://127.0.0.1:8580"},
		"everywhere, with TLS":    {config.HTTP{Listen: ":8580", TLSCertFile: "c", Hosts: []string{"till.example"}}, "https://till.example:8580"},
		"a name with a port":      {config.HTTP{Listen: ":8580", Hosts: []string{"till.example:443"}}, "http://till.example:443"},
		"an address of version 6": {config.HTTP{Listen: "[::]:8580", Hosts: []string{"[2001:db8::1]"}}, "http://[2001:db8::1]:8580"},
	}
	for name, tt := range tests {
		if got := webBase(tt.http); got != tt.want {
			t.Errorf("%s: webBase = %q, want %q", name, got, tt.want)
		}
	}
}

func TestShowAttention(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := showAttention(&out, []attentionRow{{
		Lane: "lane-1", ID: "A1", State: "attention", Reason: string(payment.ReasonMismatch), Amount: 1610, Currency: "EUR",
		Reference: "K7QX42ZD", Since: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC), Transaction: "krn:x\x1b[2J",
	}})
	words, _ := payment.WordsFor(payment.ReasonMismatch, "en")
	for _, want := range []string{"lane-1  A1  16.10 EUR  attention  reference K7QX42ZD", words.What, words.Money, words.Do, "krn:x[2J"} {
		if !strings.Contains(out.String(), want+"\n") && !strings.Contains(out.String(), want+" ") {
			t.Errorf("showAttention prints %q, want %q in it (%v)", out.String(), want, err)
		}
	}
}

func TestDeskWithoutADaemon(t *testing.T) {
	t.Parallel()
	err := newDesk(config.Config{DataDir: t.TempDir()}).ask(context.Background(), "GET", "/lanes", nil, nil)
	if !absent(err) || !strings.Contains(err.Error(), "control.sock") || strings.Contains(err.Error(), "http://") {
		t.Errorf("ask() = %v, want an error that names the socket alone", err)
	}
	if said := deskRefusal("409 Conflict", []byte(`{"error":"it is so already\u001b"}`)); absent(said) || said.Error() != "it is so already" {
		t.Errorf("deskRefusal = %v", said)
	}
	if said := deskRefusal("500 Oops", []byte("<html>")); said.Error() != "the daemon answered 500 Oops" {
		t.Errorf("deskRefusal = %v", said)
	}
}

// TestStoryTellsEveryEvent: no event is told by its name on disk alone.
func TestStoryTellsEveryEvent(t *testing.T) {
	t.Parallel()
	amount := payment.Amount{Minor: 1610, Currency: "EUR"}
	tests := map[string]payment.Event{
		"the till asked for 16.10 EUR, receipt R1; Klarna's reference x, open until 00:00:00": payment.Asked{Order: payment.Order{Amount: amount, Ref: "R1"}, Reference: "x"},
		"decided to capture, attempt 2, key k":                                                payment.Intended{Intent: payment.Intent{Write: payment.WriteCapture, Attempt: 2, Key: "k"}},
		"no clear answer from Klarna; it may have been done (key k)":                          payment.Unclear{Key: "k"},
		"Klarna waits for the customer: request r, open until 00:00:00":                       payment.StepUpRequired{Request: payment.Request{ID: "r"}},
		"Klarna approved 16.10 EUR as transaction t":                                          payment.ApprovedByKlarna{Transaction: payment.Transaction{ID: "t", Amount: amount}},
		"Klarna declined":                        payment.DeclinedByKlarna{},
		"Klarna refused: CODE, correlation id c": payment.RefusedByKlarna{Code: "CODE", Correlation: "c"},
		"Klarna was never reached":               payment.RefusedByKlarna{Unreachable: true},
		"the key is too old to ask again, and the outcome is not known (key k)": payment.KeyExpired{Key: "k"},
		"Klarna's request is in progress":                                       payment.RequestSeen{Status: payment.RequestInProgress},
		"Klarna does not delete the request r":                                  payment.CancelRefused{Request: "r"},
		"cancel wanted: till_gone":                                              payment.CancelAsked{Why: payment.WhyTillGone},
		"told the till: unknown":                                                payment.Told{Outcome: payment.Unknown},
		"began to tell the till: approved":                                      payment.Offered{},
		"the till confirmed: approved":                                          payment.Confirmed{Outcome: payment.Approved, OK: true},
		"the till said no to: approved":                                         payment.Confirmed{Outcome: payment.Approved},
		"Klarna captured as c":                                                  payment.Captured{CaptureID: "c"},
		"Klarna gave the money back":                                            payment.GivenBack{},
		"Klarna's transaction is closed":                                        payment.TransactionSeen{Status: payment.TransactionClosed},
		"a person decided: give-back, eve: no goods":                            payment.Resolved{As: payment.DecideGiveBack, By: "eve", Reason: "no goods"},
		"the customer asked for more time, until 00:00:00":                      payment.MoreTime{},
		"the till takes the sale back":                                          payment.ReversalAsked{},
		"the till gives back 16.10 EUR as refund R1: broken":                    payment.RefundAsked{ID: "R1", Amount: amount, Note: "broken"},
		"Klarna refunded as r":                                                  payment.RefundDone{RefundID: "r"},
	}
	told := map[string]bool{}
	for want, event := range tests {
		told[reflect.TypeOf(event).Name()] = true
		if got := strings.ReplaceAll(story(event), clock(time.Time{}), "00:00:00"); got != want {
			t.Errorf("story(%T) = %q, want %q", event, got, want)
		}
	}
	source, err := os.ReadFile(filepath.Join("..", "..", "payment", "event.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`func \((\w+)\) isEvent\(\)`).FindAllSubmatch(source, -1)
	if len(declared) == 0 {
		t.Error("no event was found in the source")
	}
	for _, d := range declared {
		if !told[string(d[1])] {
			t.Errorf("nothing here tells %s", d[1])
		}
	}
}

// FuzzParseRetention: nothing that is younger than a till may ask for is ever removed.
func FuzzParseRetention(f *testing.F) {
	for _, s := range []string{"400d", "90d", "89d", "2160h", "-90d", "65535d", "65536d", "1e3d", "d", "", "106752d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseRetention(text); err == nil && d < 90*24*time.Hour {
			t.Errorf("parseRetention(%q) = %s", text, d)
		}
	})
}
