// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillbridge/engine"
	"tillbridge/internal/secret"
	"tillbridge/klarna"
	"tillbridge/payment"
	"tillbridge/store"
)

// asks is a sale that asks for a customer token with these scopes.
func asks(scopes ...string) order {
	return order{"request_customer_token": order{"scopes": scopes, "reference": "customer 7"}}
}

const (
	present    = "payment:customer_present"
	notPresent = "payment:customer_not_present"
)

// enrol sells once with the customer's phone, and gives the token's handle and the token itself.
func (s *shop) enrol(id string, scopes ...string) (handle, raw string) {
	s.t.Helper()
	s.behaviour(map[string]any{})
	if code := s.put(id, asks(scopes...), nil); code != http.StatusCreated {
		s.t.Fatalf("%s answered %d, want 201", id, code)
	}
	s.phase("waiting")
	s.phone("approve")
	raw = s.customerToken()
	n := s.outcome()
	if n.Outcome != "approved" || !strings.HasPrefix(n.Token, "ct_") || strings.Contains(n.Token, raw) {
		s.t.Fatalf("%s ended as %+v, want approved with a handle of ours", id, n)
	}
	return n.Token, raw
}

// customerToken asks the simulator, as its partner, for the token that the newest request brought.
func (s *shop) customerToken() string {
	s.t.Helper()
	requests := s.ledger().Requests
	var read struct {
		Context struct {
			Customer struct {
				Token struct {
					Token string `json:"customer_token"`
				} `json:"customer_token"`
			} `json:"klarna_customer"`
		} `json:"state_context"`
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet,
		s.sandbox+"/v2/payment/requests/"+requests[len(requests)-1].ID, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Basic klarna_test_api_kill")
	s.do(req, &read)
	return read.Context.Customer.Token.Token
}

// A regular customer agrees once on the phone, and from then on pays by being known.
func TestAStoredCustomerPaysByHandle(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.loud()
	handle, raw := s.enrol("C1", present, notPresent)
	s.holds(1610)

	s.sold("C2", order{"customer_token": handle}, "approved")
	s.sold("C3", order{"customer_token": handle, "present": false}, "approved")
	s.holds(3 * 1610)
	got := s.sights()
	if last := got[len(got)-1]; last.CustomerToken != digestOf(raw) || last.Interaction != "" {
		t.Errorf("klarna saw %+v, want the stored token and nobody to ask", last)
	}

	// Present, Klarna may ask; not present, it never does.
	s.behaviour(map[string]any{"token": "step_up"})
	s.put("C4", order{"customer_token": handle, "present": true}, nil)
	s.phase("waiting")
	s.phone("approve")
	if n := s.outcome(); n.Outcome != "approved" || n.Token != "" {
		t.Errorf("C4 ended as %+v, want approved and no new token", n)
	}
	s.sold("C5", order{"customer_token": handle, "present": false}, "approved")
	s.behaviour(map[string]any{"token": "declined"})
	s.sold("C6", order{"customer_token": handle}, "declined")
	s.sold("C7", order{"customer_token": handle, "present": false}, "declined")
	s.holds(5 * 1610)

	// The same id with another customer is another sale; the same again is the same.
	if code := s.put("C2", order{}, nil); code != http.StatusConflict {
		t.Errorf("C2 without its customer answered %d, want a conflict", code)
	}
	if code := s.put("C2", order{"customer_token": handle}, nil); code != http.StatusOK {
		t.Errorf("C2 again answered %d, want its result", code)
	}

	// Revoked in Klarna's app, then forgotten here.
	s.behaviour(map[string]any{})
	s.call(http.MethodPost, s.sandbox+"/sandbox/revoke", map[string]any{"customer_token_reference": "customer 7"}, nil)
	s.sold("C8", order{"customer_token": handle}, "declined")
	for range 2 {
		var n news
		if code := s.call(http.MethodDelete, s.web+"/v1/lanes/lane-1/customer-tokens/"+handle, nil, &n); code != http.StatusOK || n.Type != "forgotten" {
			t.Errorf("forget answered %d, %+v", code, n)
		}
	}
	var n news
	if code := s.put("C9", order{"customer_token": handle}, &n); code/100 != 4 || !strings.Contains(n.Text, "customer_token") {
		t.Errorf("a forgotten token answered %d, %+v, want a refusal that names it", code, n)
	}
	s.keepsSecret(map[string]string{"customer token": raw})
	file, err := os.ReadFile(filepath.Join(filepath.Dir(s.file), "data", journalFile))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(file), raw) {
		t.Error("the customer token is readable in the journal's file")
	}
}

func TestAStoredCustomerIsChargedOnlyAsAgreed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	there, _ := s.enrol("C1", present)
	absent, _ := s.enrol("C2", notPresent)
	asked := s.ledger().Calls["authorize"]
	for name, more := range map[string]order{
		"absent, agreed to present":    {"customer_token": there, "present": false},
		"present, agreed to absent":    {"customer_token": absent},
		"a handle of nobody":           {"customer_token": "ct_nobody"},
		"absent without a customer":    {"present": false},
		"a second token from a stored": {"customer_token": there, "request_customer_token": asks(present)["request_customer_token"]},
		"absent, and handed over":      {"customer_token": absent, "present": false, "interaction": "HANDOVER", "return_url": "https://shop.example/"},
		"an unknown scope":             asks("payment:everything"),
		"no scope":                     asks(),
	} {
		var n news
		if code := s.put("C3", more, &n); code/100 != 4 || n.Type != "error" {
			t.Errorf("%s: answered %d, %+v, want a refusal", name, code, n)
		}
	}
	if n := s.ledger().Calls["authorize"]; n != asked {
		t.Errorf("klarna was asked %d times more, want never", n-asked)
	}
}

// Klarna issues the token, and its answer is lost with the daemon: the repeated call brings the same token,
// which is durable with the approval.
func TestALostAnswerLosesNoToken(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]map[string]any{
		"the answer never came": {"route": "finalize", "nth": 1, "times": 1, "fault": "reset_after"},
		"the daemon was killed": hold("finalize"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.faults(fault)
			s.put("C1", asks(present, notPresent), nil)
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the finalize", func() bool { s.status(); return s.ledger().Calls["finalize"] >= 1 })
			if fault["fault"] == "timeout" {
				s.daemon.kill()
				s.restart()
			}
			n := s.outcome()
			if n.Outcome != "approved" || n.Token == "" {
				t.Fatalf("the sale ended as %+v, want approved with its token", n)
			}
			s.sold("C2", order{"customer_token": n.Token, "present": false}, "approved")
			s.holds(2 * 1610)
		})
	}
}

// A charge nobody was asked about is repeated under its key after a crash, so that it happens once.
func TestAnAbsentCustomerIsChargedOnceWhateverFails(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	handle, _ := s.enrol("C1", notPresent)
	s.faults(hold("authorize"))
	before := s.ledger().Calls["authorize"]
	s.putAside("C2", order{"customer_token": handle, "present": false})
	s.eventually("the charge", func() bool { return s.ledger().Calls["authorize"] > before })
	s.daemon.kill()
	s.restart()
	// Forgotten while the charge is in doubt: the repeat keeps its own copy.
	s.call(http.MethodDelete, s.web+"/v1/lanes/lane-1/customer-tokens/"+handle, nil, nil)
	if n := s.outcome(); n.Outcome != "approved" {
		t.Errorf("the charge ended as %+v", n)
	}
	s.holds(2 * 1610)
	if _, n := s.kept(); n != 2 {
		t.Errorf("%d transactions, want two", n)
	}
	keys := map[string]bool{}
	for _, g := range s.sights() {
		if g.CustomerToken != "" {
			keys[g.Key] = true
		}
	}
	if len(keys) != 1 {
		t.Errorf("the charge went out under %d keys, want one", len(keys))
	}
}

// The token lives in the journal as sealed bytes, and leaves with the key's file.
func TestAStoredTokenNeedsTheKeyOfItsShop(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	handle, _ := s.enrol("C1", present)
	s.daemon.kill()
	data := filepath.Join(filepath.Dir(s.file), "data")
	key := filepath.Join(data, keysFolder, tokenKeyFile)
	info, err := os.Stat(key)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file has mode %o, want 600", info.Mode().Perm())
	}
	j, err := store.Open(filepath.Join(data, journalFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept, found, err := j.Customer(payment.Handle(handle))
	if err != nil || !found || len(kept.Sealed) < 40 || kept.Reference != "customer 7" {
		t.Errorf("Customer(%s) = %+v, %t, %v", handle, kept, found, err)
	}
	if err = j.Verify(t.Context(), nil); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if err = j.Close(); err != nil {
		t.Fatal(err)
	}
	box, err := openTokenBox(filepath.Dir(key))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.Open(kept.Sealed, "ct_another"); err == nil {
		t.Error("the token opens under another handle")
	}
	if token, err := box.Open(kept.Sealed, handle); err != nil || !strings.HasPrefix(token.Reveal(), "krn:") {
		t.Errorf("the token does not open with its key: %v", err)
	}
	for name, spoil := range map[string]func() error{
		"row 66: readable by others": func() error { return os.Chmod(key, 0o644) },
		"row 66: empty":              func() error { return os.WriteFile(key, nil, 0o600) },
	} {
		whole, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := openTokenBox(filepath.Dir(key)); err == nil {
			t.Errorf("%s: the key is taken", name)
		}
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		write(t, key, string(whole))
	}
}

// A token that was sealed with another key cannot be sent, so nothing is charged with it.
func TestATokenOfAnotherKeyIsNeverSent(t *testing.T) {
	t.Parallel()
	ours, err := openTokenBox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := openTokenBox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k := &provider{account: klarna.Account{}, log: slog.New(slog.DiscardHandler), box: ours}
	answer := k.Send(t.Context(), engine.Call{
		Intent: payment.Intent{Write: payment.WriteAuthorize, Key: "k"}, Body: []byte("{}"),
		Customer: payment.CustomerToken{Handle: "ct_1", Sealed: theirs.Seal(secret.New("krn:token"), "ct_1")},
	})
	if _, ok := answer.(engine.NotExecuted); !ok {
		t.Errorf("Send = %#v, want that nothing was executed", answer)
	}
}
