// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
)

// These tests tell the ways to pay besides the code on the screen, each as a story between a till, a
// customer and a strict simulator.

// order is what a till wants besides 16.10 EUR on receipt R1.
type order map[string]any

// put asks for the sale named id, and answers with HTTP's status.
func (s *shop) put(id string, more order, into any) int {
	s.t.Helper()
	s.sale = "/v1/lanes/lane-1/payments/" + id
	body := order{"amount": 1610, "currency": "EUR", "ref": "R1"}
	maps.Copy(body, more)
	return s.call(http.MethodPut, s.web+s.sale, body, into)
}

// putAside asks without waiting for the answer, which a kill may swallow.
func (s *shop) putAside(id string, more order) {
	s.t.Helper()
	s.sale = "/v1/lanes/lane-1/payments/" + id
	body := order{"amount": 1610, "currency": "EUR", "ref": "R1"}
	maps.Copy(body, more)
	url, asked := s.web+s.sale, make(chan struct{})
	go func() {
		defer close(asked)
		s.call(http.MethodPut, url, body, nil)
	}()
	s.t.Cleanup(func() { <-asked })
}

// news is everything that a till may hear about a sale.
type news struct {
	said

	Text       string `json:"text"`
	RequestID  string `json:"payment_request_id"`
	RequestURL string `json:"payment_request_url"`
	Data       string `json:"payment_request_data"`
	Response   string `json:"klarna_network_response_data"`
	Token      string `json:"customer_token"`
}

// outcome waits for the end of the sale, and confirms what it hears.
func (s *shop) outcome() (n news) {
	s.t.Helper()
	s.eventually("the result", func() bool {
		s.get(s.web+s.sale+"?wait=5", &n)
		return n.Outcome != "" && n.Outcome != "unknown"
	})
	s.call(http.MethodPost, s.web+s.sale+"/confirm", map[string]any{"outcome": n.Outcome}, nil)
	return n
}

// sold runs a sale that needs nobody's phone, and wants it to end so.
func (s *shop) sold(id string, more order, want string) news {
	s.t.Helper()
	if code := s.put(id, more, nil); code != http.StatusCreated {
		s.t.Fatalf("%s answered %d, want 201", id, code)
	}
	n := s.outcome()
	if n.Outcome != want {
		s.t.Errorf("%s ended %s (%s), want %s", id, n.Outcome, n.Text, want)
	}
	return n
}

// kept is what Klarna holds for good.
func (s *shop) kept() (sum int64, transactions int) {
	s.t.Helper()
	books := s.ledger()
	for _, x := range books.Transactions {
		sum += x.Captured - x.Refunded
	}
	return sum, len(books.Transactions)
}

func (s *shop) holds(want int64) {
	s.t.Helper()
	s.eventually("what was sold to be captured", func() bool { sum, _ := s.kept(); return sum == want })
}

// sight is what the simulator noticed about one call.
type sight struct {
	Route         string `json:"route"`
	Status        int    `json:"status"`
	Dialect       string `json:"dialect"`
	Interaction   string `json:"interaction"`
	OptionID      string `json:"payment_option_id"`
	SessionToken  string `json:"session_token_sha256"`
	NetworkData   string `json:"network_data_sha256"`
	CustomerToken string `json:"customer_token_sha256"`
	Key           string `json:"idempotency_key"`
}

// sights are the first authorizations that klarna was asked for.
func (s *shop) sights() []sight {
	s.t.Helper()
	var all struct {
		Requests []sight `json:"requests"`
	}
	s.get(s.sandbox+"/sandbox/requests", &all)
	var of []sight
	for _, g := range all.Requests {
		if g.Route == "authorize" {
			of = append(of, g)
		}
	}
	return of
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// loud makes the daemon log all it can.
func (s *shop) loud() {
	s.t.Helper()
	s.daemon.kill()
	s.daemon = start(s.t, "serve", "--config", s.file, "--log-level", "debug")
	s.eventually("the daemon", s.isUp)
}

// edit changes the configuration of a daemon, and starts it again.
func (s *shop) edit(old, new string) {
	s.t.Helper()
	s.daemon.kill()
	text, err := os.ReadFile(s.file)
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		s.t.Fatalf("the configuration has no %q", old)
	}
	write(s.t, s.file, strings.Replace(string(text), old, new, 1))
	s.loud()
}

// keepsSecret stops the daemon and searches its log and the journal's export for what must not be there.
func (s *shop) keepsSecret(secrets map[string]string) {
	s.t.Helper()
	s.daemon.kill()
	for place, text := range map[string]string{"log": s.daemon.log(), "journal export": s.export()} {
		if len(text) < 100 {
			s.t.Errorf("the %s holds only %q: nothing was searched", place, text)
		}
		for name, secret := range secrets {
			if len(secret) < 10 {
				s.t.Fatalf("the %s is %q, too short to search for", name, secret)
			}
			if strings.Contains(text, secret) {
				s.t.Errorf("the %s is in the %s", name, place)
			}
		}
	}
}

// A customer at a kiosk goes on with the phone: the till gets an address instead of a code on the screen.
func TestAHandOverGivesTheTillAnAddress(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	screen := s.watchScreen()
	s.put("H1", order{
		"interaction": "HANDOVER", "return_url": "https://shop.example/back?id={klarna.payment_request.id}", "app_return_url": "shop://back",
	}, nil)
	var n news
	s.eventually("the address", func() bool { s.get(s.web+s.sale, &n); return n.RequestURL != "" })
	request := s.ledger().Requests[0].ID
	if n.RequestID != request || n.RequestURL != s.sandbox+"/phone/"+request || !strings.Contains(n.Data, request) {
		t.Errorf("the till heard %+v, want the address of %s and its data", n, request)
	}
	if got := s.sights(); len(got) != 1 || got[0].Interaction != "HANDOVER" {
		t.Errorf("klarna saw %+v, want one hand-over", got)
	}
	s.daemon.kill()
	s.restart()
	n = news{}
	s.eventually("the address after a restart", func() bool { s.get(s.web+s.sale, &n); return n.RequestURL != "" })
	s.phone("approve")
	if n := s.outcome(); n.Outcome != "approved" || n.RequestURL != "" {
		t.Errorf("the hand-over ended as %+v, want approved, and no address any more", n)
	}
	s.holds(1610)
	if strings.Contains(screen.log(), `"scan"`) || strings.Contains(screen.log(), `"bits"`) || !strings.Contains(screen.log(), `"amount"`) {
		t.Errorf("the screen showed a code, or nothing of the sale: %.2000s", screen.log())
	}
}

func TestAHandOverMayAlsoBeShownAsACode(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	screen := s.watchScreen()
	s.put("H1", order{"interaction": "HANDOVER", "return_url": "https://shop.example/back", "qr": []string{"text"}}, nil)
	s.eventually("the code", func() bool { return strings.Contains(screen.log(), `"scan"`) })
	s.phone("approve")
	if n := s.outcome(); n.Outcome != "approved" {
		t.Errorf("the hand-over ended as %+v", n)
	}
}

func TestAHandOverWithABadAddressNeverBegins(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, c := range map[string]struct {
		more order
		says string
	}{
		"no return address":     {order{"interaction": "HANDOVER"}, "return_url"},
		"plain http":            {order{"interaction": "HANDOVER", "return_url": "http://shop.example/"}, "return_url"},
		"a user in it":          {order{"interaction": "HANDOVER", "return_url": "https://a:b@shop.example/"}, "return_url"},
		"a space":               {order{"interaction": "HANDOVER", "return_url": "https://shop.example/ x"}, "return_url"},
		"an unknown word":       {order{"interaction": "HANDOVER", "return_url": "https://shop.example/{klarna.id}"}, "placeholder"},
		"a word for a host":     {order{"interaction": "HANDOVER", "return_url": "https://{klarna.payment_request.id}/"}, "behind the host"},
		"an app that is script": {order{"interaction": "HANDOVER", "return_url": "https://shop.example/", "app_return_url": "javascript:alert(1)"}, "app_return_url"},
		"an address for a code": {order{"return_url": "https://shop.example/"}, "only a hand-over"},
		"another interaction":   {order{"interaction": "SDK", "return_url": "https://shop.example/"}, "interaction"},
	} {
		var n news
		if code := s.put("H1", c.more, &n); code/100 != 4 || n.Type != "error" || !strings.Contains(n.Text, c.says) {
			t.Errorf("%s: answered %d, %q, want a refusal about %q", name, code, n.Text, c.says)
		}
	}
	if n := s.ledger().Calls["authorize"]; n != 0 {
		t.Errorf("klarna was asked %d times, want never", n)
	}
}

// The customer has begun in the shop's app, which hands its session to the till. Klarna knows the customer
// already and approves at once.
func TestSessionDataGoesOnByteForByte(t *testing.T) {
	t.Parallel()
	const token = "krn:network:eu1:test:session-token:eyJhbGciOiJub25lIn0.made-by-the-app"
	const data = "{\"content_type\":\"vnd.klarna.network-data.v1+json\",\"content\":{\"a\":\"<é> \u2028\\u0041\"}}"
	for name, c := range map[string]struct {
		dialect, tokenName, dataName string
	}{
		"today's names to today's Klarna":    {"network", "klarna_network_session_token", "klarna_network_data"},
		"older names to today's Klarna":      {"network", "interoperability_token", "interoperability_data"},
		"today's names to the older dialect": {"interop", "klarna_network_session_token", "klarna_network_data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.edit("klarna: {", "klarna: {dialect: "+c.dialect+", ")
			if c.dialect == "interop" { // that Klarna answers in its own names
				s.call(http.MethodPost, s.sandbox+"/sandbox/policy", map[string]any{"interop_names": true}, nil)
			}
			s.behaviour(map[string]any{"first": "approved"})
			session := order{c.tokenName: token, c.dataName: data, "payment_option_id": "eyJvcHRpb24iOjF9"}
			n := s.sold("S1", session, "approved")
			s.holds(1610)
			got := s.sights()
			if len(got) != 1 || got[0].SessionToken != digestOf(token) || got[0].NetworkData != digestOf(data) ||
				got[0].OptionID != "eyJvcHRpb24iOjF9" || got[0].Dialect != c.dialect {
				t.Errorf("klarna saw %+v, want the app's own bytes in the dialect %s", got, c.dialect)
			}
			if !strings.Contains(n.Response, `"operation":"payment_request"`) || !strings.Contains(n.Response, `"APPROVED"`) {
				t.Errorf("the till heard %q for the app, want Klarna's response", n.Response)
			}
			var again news
			if s.get(s.web+s.sale, &again); again.Outcome != "approved" || again.Response != "" {
				t.Errorf("after its confirmation the till hears %+v, want the result without what it has", again)
			}
			s.behaviour(map[string]any{"first": "declined"})
			if n := s.sold("S2", session, "declined"); !strings.Contains(n.Response, `"DECLINED"`) {
				t.Errorf("the till heard %q for the app of a declined sale", n.Response)
			}
			s.keepsSecret(map[string]string{
				"session token": token, "session data": "vnd.klarna.network-data", "option": "eyJvcHRpb24iOjF9",
			})
		})
	}
}

// The power fails while Klarna decides, and again before the till has its result: the same bytes go again, and
// what Klarna said to the app is still there.
func TestSessionDataSurvivesAKill(t *testing.T) {
	t.Parallel()
	const token, data = "krn:network:eu1:test:session-token:kept", "kept by the app"
	s := newShop(t)
	s.behaviour(map[string]any{"first": "approved"})
	s.faults(hold("authorize"))
	s.putAside("S1", order{"klarna_network_session_token": token, "klarna_network_data": data})
	s.eventually("the authorize", func() bool { return s.ledger().Calls["authorize"] == 1 })
	s.daemon.kill()
	s.restart()
	s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
	s.daemon.kill()
	s.restart()
	n := s.outcome()
	if n.Outcome != "approved" || !strings.Contains(n.Response, `"APPROVED"`) {
		t.Errorf("after two kills the till heard %+v", n)
	}
	s.holds(1610)
	got := s.sights()
	if len(got) < 2 {
		t.Fatalf("klarna saw %d authorizations, want a repeat", len(got))
	}
	for _, g := range got {
		if g.SessionToken != digestOf(token) || g.NetworkData != digestOf(data) || g.Key != got[0].Key {
			t.Errorf("klarna saw %+v, want every try with the app's bytes and one key", g)
		}
	}
	if _, n := s.kept(); n != 1 {
		t.Errorf("%d transactions, want one", n)
	}
}

func TestSessionDataThatCannotGoOnUnchangedIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for name, more := range map[string]string{
		"a token with a line break":     `"klarna_network_session_token":"a\r\nX: y"`,
		"a token of 8193 characters":    `"klarna_network_session_token":"` + strings.Repeat("x", 8193) + `"`,
		"data of 10241 bytes":           `"klarna_network_data":"` + strings.Repeat("x", 10241) + `"`,
		"data with half a surrogate":    `"klarna_network_data":"a\ud800b"`,
		"data with a control sign":      `"klarna_network_data":"a\nb"`,
		"data that is an object":        `"klarna_network_data":{"a":1}`,
		"two names that differ":         `"klarna_network_data":"a","interoperability_data":"b"`,
		"two tokens that differ":        `"klarna_network_session_token":"a","interoperability_token":"b"`,
		"an option with a space":        `"payment_option_id":"a b"`,
		"an empty token":                `"klarna_network_session_token":""`,
		"a session and a stored person": `"klarna_network_session_token":"a","customer_token":"ct_1"`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.web+"/v1/lanes/lane-1/payments/S1",
			strings.NewReader(`{"amount":1610,"currency":"EUR",`+more+`}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		var n news
		if code := s.do(req, &n); code/100 != 4 || n.Type != "error" {
			t.Errorf("%s: answered %d, %+v, want a refusal", name, code, n)
		}
	}
	if n := s.ledger().Calls["authorize"]; n != 0 {
		t.Errorf("klarna was asked %d times, want never", n)
	}
}

// The customer pays a part in cash and the rest with Klarna; a voucher and a discount lie in the basket.
func TestMixedTenderAndBaskets(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.behaviour(map[string]any{"customer": "approve"})
	line := func(name string, quantity, total, tax int64) order {
		return order{"name": name, "quantity": quantity, "total": total, "tax": tax}
	}
	s.sold("B1", order{"lines": []order{
		line("Running shoes <b>42</b>", 1, 12800, 2044), line("Socks\u202e", 2, 400, 64), line("Loyalty discount", 1, -1000, -160),
		line("Gift card", 1, -2000, 0), line("Paid in cash", 1, -8590, 0),
	}}, "approved")
	s.holds(1610)
	for _, g := range s.sights() {
		if g.Status != http.StatusOK {
			t.Errorf("the strict simulator answered %d to a basket", g.Status)
		}
	}
	for name, c := range map[string]struct {
		lines []order
		says  string
	}{
		"a line is missing": {[]order{line("Shoes", 1, 1000, 0)}, "lines: they add up to 10.00 EUR, which is 6.10 EUR less than the amount of 16.10 EUR"},
		"cash was not said": {[]order{line("Shoes", 1, 2000, 0)}, "lines: they add up to 20.00 EUR, which is 3.90 EUR more than the amount of 16.10 EUR"},
		"tax above its line": {
			[]order{line("Shoes", 1, 1610, 1611)}, "lines[0].tax",
		},
		"tax against its line": {
			[]order{line("Shoes", 1, 1710, 10), line("Discount", 1, -100, 10)}, "lines[1].tax",
		},
		"no piece": {[]order{line("Shoes", 0, 1610, 0)}, "lines[0].quantity"},
	} {
		var n news
		if code := s.put("B2", order{"lines": c.lines}, &n); code/100 != 4 || !strings.Contains(n.Text, c.says) {
			t.Errorf("%s: answered %d, %q, want a refusal with %q", name, code, n.Text, c.says)
		}
	}
	if n := s.ledger().Calls["authorize"]; n != 1 {
		t.Errorf("klarna was asked %d times, want once", n)
	}
}

// Klarna may know enough to say yes or no at once, whatever the way; nobody is then shown anything.
func TestEveryWayMayEndAtTheFirstAuthorize(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ways := map[string]order{
		"handed-over": {"interaction": "HANDOVER", "return_url": "https://shop.example/back"},
		"session":     {"klarna_network_session_token": "krn:session", "klarna_network_data": "data"},
		"basket":      {"lines": []order{{"name": "Tea", "quantity": 1, "total": 2000}, {"name": "Cash", "quantity": 1, "total": -390}}},
	}
	for first, want := range map[string]string{"approved": "approved", "declined": "declined"} {
		s.behaviour(map[string]any{"first": first})
		for way, more := range ways {
			if n := s.sold(way+"-"+first, more, want); n.RequestURL != "" {
				t.Errorf("%s: the till hears %+v, want no address", way, n)
			}
		}
	}
	s.holds(int64(len(ways)) * 1610)
	if n := len(s.ledger().Requests); n != 0 {
		t.Errorf("%d payment requests, want none", n)
	}
}
