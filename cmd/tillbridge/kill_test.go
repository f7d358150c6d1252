// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tillbridge/terminal/terminaltest"
)

// kills is how many random kills to try; scripts/prove asks for more.
//
//nolint:gochecknoglobals // a test flag
var kills = flag.Int("kills", 20, "random kills of the daemon")

// shop is one daemon and one simulator, each its own process, and a till over HTTP.
type shop struct {
	t       *testing.T
	sandbox string // origin
	web     string // origin
	file    string
	daemon  *process
	client  *http.Client
	sale    string // path of the sale of the moment
	own     premises
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return openShop(t, premises{})
}

// premises are what a shop may have of its own. The zero value is a shop like any other.
type premises struct {
	data   string   // its data folder
	till   string   // where its lane listens
	klarna string   // where the daemon finds Klarna, if there is something in between: host:port
	phones string   // where the simulator listens, if somebody must know before it starts: host:port
	under  []string // the command that the daemon runs under
	lanes  int      // how many; 0 means one
}

func openShop(t *testing.T, own premises) *shop {
	t.Helper()
	s := openDoors(t, own)
	s.eventually("the daemon", s.isUp)
	return s
}

// openDoors does not wait until the daemon answers: it may never do so.
func openDoors(t *testing.T, own premises) *shop {
	t.Helper()
	dir := t.TempDir()
	own.data = cmp.Or(own.data, filepath.Join(dir, "data"))
	own.phones = cmp.Or(own.phones, terminaltest.FreePort(t))
	own.klarna = cmp.Or(own.klarna, own.phones)
	own.till = cmp.Or(own.till, "tcp://"+terminaltest.FreePort(t))
	s := &shop{t: t, client: &http.Client{Timeout: 40 * time.Second}, sale: "/v1/lanes/lane-1/payments/K1", own: own}
	webPort := terminaltest.FreePort(t)
	s.sandbox, s.web = "http://"+own.phones, "http://"+webPort
	key := filepath.Join(dir, "key")
	s.file = filepath.Join(dir, "till.yaml")
	write(t, key, "klarna_test_api_kill\n")
	write(t, s.file, fmt.Sprintf(`version: 1
data_dir: "%s"
http: {listen: "%s"}
klarna: {environment: test, base_url: "http://%s", api_key_file: "%s"}
store: {reference: S0042}
deadlines: {till_grace: 5s}
lanes:
  - id: lane-1
    terminal_reference: T03
    currency: EUR
    till: {protocol: native, listen: "%s"}
`, own.data, webPort, own.klarna, key, own.till))
	s.moreLanes()
	start(t, "sandbox", "--listen", own.phones, "--origin", "http://"+own.klarna)
	s.eventually("the simulator", func() bool { return s.get(s.sandbox+"/sandbox/ledger", nil) == http.StatusOK })
	s.begin()
	return s
}

// moreLanes adds the lanes after the first to the file.
func (s *shop) moreLanes() {
	s.t.Helper()
	text, err := os.ReadFile(s.file)
	if err != nil {
		s.t.Fatal(err)
	}
	for n := 2; n <= s.own.lanes; n++ {
		text = fmt.Appendf(text, `  - id: lane-%d
    terminal_reference: T%02d
    currency: EUR
    till: {protocol: native, listen: "tcp://%s"}
`, n, n+2, terminaltest.FreePort(s.t))
	}
	write(s.t, s.file, string(text))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// restart starts a daemon where none runs.
func (s *shop) restart() {
	s.t.Helper()
	s.own.under = nil
	s.begin()
	s.eventually("the daemon", s.isUp)
}

// begin starts a daemon and does not wait until it answers.
func (s *shop) begin() {
	s.t.Helper()
	s.daemon = startUnder(s.t, s.own.under, "serve", "--config", s.file)
}

func (s *shop) isUp() bool { return s.get(s.web+"/health", nil) == http.StatusOK }

// eventually waits for something that must become true. Only a broken program uses up the time.
func (s *shop) eventually(what string, is func() bool) {
	s.t.Helper()
	if !becomes(is) {
		s.t.Fatalf("%s: waited in vain; the daemon said:\n%s", what, s.daemon.log())
	}
}

func becomes(is func() bool) bool {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if is() {
			return true
		}
		<-time.After(20 * time.Millisecond)
	}
	return false
}

func (s *shop) get(url string, into any) int {
	return s.call(http.MethodGet, url, nil, into)
}

// call is one request; 0 means that nobody answered.
func (s *shop) call(method, url string, body, into any) int {
	s.t.Helper()
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, text)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return s.do(req, into)
}

func (s *shop) do(req *http.Request, into any) int {
	resp, err := s.client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if into != nil && json.Unmarshal(answer, into) != nil {
		return 0
	}
	return resp.StatusCode
}

// said is the last message about the sale: phase or outcome.
type said struct {
	Type    string `json:"type"`
	Phase   string `json:"phase"`
	Outcome string `json:"outcome"`
	Code    string `json:"code"`
}

func (s *shop) pay() {
	s.t.Helper()
	s.call(http.MethodPut, s.web+s.sale, map[string]any{"amount": 1610, "currency": "EUR", "ref": "R1"}, nil)
}

// payAside asks while the test goes on, for a sale whose first answer does not come before the daemon is killed.
func (s *shop) payAside() {
	answered := make(chan struct{})
	s.t.Cleanup(func() { <-answered }) // the test's context, and with it the request, has ended by then
	go func() {
		defer close(answered)
		s.pay()
	}()
}

func (s *shop) status() said {
	s.t.Helper()
	var last said
	s.get(s.web+s.sale, &last)
	return last
}

type ledger struct {
	Transactions []struct {
		Amount   int64 `json:"amount"`
		Captured int64 `json:"captured"`
		Refunded int64 `json:"refunded"`
		Voided   int64 `json:"voided"`
	} `json:"transactions"`
	Requests []struct {
		ID       string `json:"payment_request_id"`
		State    string `json:"state"`
		Store    string `json:"store_reference"`
		Terminal string `json:"terminal_reference"`
	} `json:"payment_requests"`
	Calls map[string]int `json:"calls"`
}

func (s *shop) ledger() (l ledger) {
	s.t.Helper()
	s.get(s.sandbox+"/sandbox/ledger", &l)
	return l
}

func (s *shop) faults(list ...map[string]any) {
	s.t.Helper()
	if code := s.call(http.MethodPost, s.sandbox+"/sandbox/faults", list, nil); code/100 != 2 {
		s.t.Fatalf("faults answered %d", code)
	}
}

func (s *shop) behaviour(b map[string]any) {
	s.t.Helper()
	if code := s.call(http.MethodPost, s.sandbox+"/sandbox/behaviour", b, nil); code/100 != 2 {
		s.t.Fatalf("behaviour answered %d", code)
	}
}

// phone is the customer's next step with the newest request.
func (s *shop) phone(step string) {
	s.t.Helper()
	l := s.ledger()
	if len(l.Requests) == 0 {
		s.t.Fatal("there is no request to act on")
	}
	s.call(http.MethodPost, s.sandbox+"/phone/"+l.Requests[len(l.Requests)-1].ID+"/"+step, nil, nil)
}

// end asks like a till that lost its line, confirms what it hears, and holds the last word against what
// Klarna charged.
func (s *shop) end() said {
	s.t.Helper()
	var last said
	s.eventually("the result", func() bool {
		code := s.get(s.web+s.sale+"?wait=5", &last)
		if code == http.StatusNotFound {
			s.pay() // nothing happened: the till sends it again
			return false
		}
		if last.Outcome == "" || last.Outcome == "unknown" {
			return false
		}
		s.call(http.MethodPost, s.web+s.sale+"/confirm", map[string]any{"outcome": last.Outcome}, nil)
		return true
	})
	s.settled(last)
	return last
}

// settled waits until Klarna's books say what the till heard: one captured transaction of the exact
// amount, or none that holds any money.
func (s *shop) settled(last said) {
	s.t.Helper()
	s.eventually("the books to agree with "+last.Outcome, func() bool {
		captured, open := int64(0), int64(0)
		books := s.ledger()
		for _, x := range books.Transactions {
			captured += x.Captured - x.Refunded
			open += x.Amount - x.Captured - x.Voided
		}
		if len(books.Transactions) > 1 {
			s.t.Fatalf("%d transactions for one sale", len(books.Transactions))
		}
		if last.Outcome == "approved" {
			return captured == 1610 && open == 0
		}
		if captured != 0 {
			s.t.Fatalf("the till heard %s and Klarna holds %d", last.Outcome, captured)
		}
		return open == 0
	})
}

// hold makes a route execute and then keep its answer back, so that a kill finds the call in flight.
func hold(route string) map[string]any {
	return map[string]any{"route": route, "nth": 1, "times": 1, "fault": "timeout", "delay": "20s"}
}

// TestKillInEachState kills the daemon with a sale in each state; the till that asks again by id hears
// the truth.
func TestKillInEachState(t *testing.T) {
	for name, c := range map[string]struct {
		until func(*shop) // drives the sale to the moment of the kill
		then  func(*shop) // what the world does while the daemon is down
		want  string
	}{
		"authorizing": {func(s *shop) {
			s.faults(hold("authorize"))
			s.payAside()
			s.eventually("the authorize", func() bool { return s.ledger().Calls["authorize"] == 1 })
		}, func(s *shop) { s.phone("approve") }, "approved"},
		"waiting": {
			func(s *shop) { s.pay(); s.phase("waiting") },
			func(s *shop) { s.phone("approve") }, "approved",
		},
		"waiting, customer says no": {
			func(s *shop) { s.pay(); s.phase("waiting") },
			func(s *shop) { s.phone("reject") }, "declined",
		},
		"scanned": {
			func(s *shop) { s.pay(); s.phase("waiting"); s.phone("open"); s.phase("scanned") },
			func(s *shop) { s.phone("approve") }, "approved",
		},
		"accepted, no till": {func(s *shop) {
			s.pay()
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the read", func() bool { return s.daemon.has("state=accepted") || s.daemon.has("state=finalizing") })
		}, nil, ""},
		"finalizing": {func(s *shop) {
			s.faults(hold("finalize"))
			s.pay()
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the finalize", func() bool { s.status(); return s.ledger().Calls["finalize"] == 1 })
		}, nil, "approved"},
		"approved": {func(s *shop) {
			s.pay()
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
		}, nil, "approved"},
		"capturing": {func(s *shop) {
			s.faults(hold("capture"))
			s.pay()
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the approval", func() bool { return s.status().Outcome == "approved" })
			s.call(http.MethodPost, s.web+s.sale+"/confirm", map[string]any{"outcome": "approved"}, nil)
			s.eventually("the capture", func() bool { return s.ledger().Calls["capture"] == 1 })
		}, nil, "approved"},
		"cancelling": {func(s *shop) {
			s.faults(hold("cancel"))
			s.pay()
			s.phase("waiting")
			s.call(http.MethodDelete, s.web+s.sale, nil, nil)
			s.eventually("the cancel", func() bool { return s.ledger().Calls["cancel"] == 1 })
		}, nil, "cancelled"},
		"reversing": {func(s *shop) {
			s.faults(hold("finalize"), hold("void"))
			s.pay()
			s.phase("waiting")
			s.phone("approve")
			s.eventually("the finalize", func() bool { s.status(); return s.ledger().Calls["finalize"] == 1 })
			s.call(http.MethodDelete, s.web+s.sale, nil, nil)
		}, nil, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			c.until(s)
			s.daemon.kill()
			t.Log("killed the daemon 1 times")
			if c.then != nil {
				c.then(s)
			}
			s.restart()
			if got := s.end().Outcome; c.want != "" && got != c.want {
				t.Errorf("the till heard %q, want %q", got, c.want)
			}
			for _, r := range s.ledger().Requests {
				if r.Store != "S0042" || r.Terminal != "T03" {
					t.Errorf("Klarna was told store %q and terminal %q, want S0042 and T03", r.Store, r.Terminal)
				}
			}
		})
	}
}

func (s *shop) phase(want string) {
	s.t.Helper()
	s.eventually("phase "+want, func() bool { return s.status().Phase == want })
}

// TestRandomKills kills the daemon at any moment, several times in one sale.
func TestRandomKills(t *testing.T) {
	for i := range *kills {
		t.Run(fmt.Sprintf("seed %d", i), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 1))
			s := newShop(t)
			customers := []string{"approve", "approve", "reject", "abort", "approve"}
			s.behaviour(map[string]any{
				"customer": customers[random.IntN(len(customers))], "after": fmt.Sprintf("%dms", random.IntN(2500)),
			})
			s.pay()
			n := 1 + random.IntN(3)
			t.Logf("killed the daemon %d times", n)
			for range n {
				ask := time.After(time.Duration(random.IntN(2500)) * time.Millisecond)
				for waiting := true; waiting; {
					select {
					case <-ask:
						waiting = false
					case <-time.After(100 * time.Millisecond):
						s.status()
					}
				}
				if random.IntN(4) == 0 {
					s.call(http.MethodDelete, s.web+s.sale, nil, nil)
				}
				s.daemon.kill()
				s.restart()
			}
			if random.IntN(2) == 0 {
				s.call(http.MethodDelete, s.web+s.sale, nil, nil)
			}
			s.behaviour(map[string]any{"customer": "approve"})
			s.finishCustomer()
			t.Logf("the till heard %s", s.end().Outcome)
		})
	}
}

// finishCustomer makes a customer who walked away come back, so that the sale ends soon.
func (s *shop) finishCustomer() {
	s.t.Helper()
	if l := s.ledger(); len(l.Requests) > 0 {
		s.phone("approve")
	}
}
