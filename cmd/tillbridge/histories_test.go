// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

// histories is how many payments are fought over; scripts/prove asks for more.
//
//nolint:gochecknoglobals // a test flag
var histories = flag.Int("histories", 40, "payments that several tills ask about at once")

const (
	historyLanes  = 8 // payments that go on at the same time
	historyTills  = 4 // connections that ask about one of them
	historyAsks   = 7 // of each of them
	historyAmount = 1610
)

// mall is a shop with many lanes, each with a socket of its own.
type mall struct {
	*shop

	sockets []string
	start   time.Time
}

func newMall(t *testing.T) *mall {
	t.Helper()
	dir := t.TempDir()
	m := &mall{shop: &shop{t: t, client: &http.Client{Timeout: 40 * time.Second}}, start: time.Now()}
	sandboxPort, webPort := terminaltest.FreePort(t), terminaltest.FreePort(t)
	m.sandbox, m.web = "http://"+sandboxPort, "http://"+webPort
	key := filepath.Join(dir, "key")
	m.file = filepath.Join(dir, "till.yaml")
	write(t, key, "klarna_test_api_histories\n")
	var lanes strings.Builder
	for n := range historyLanes {
		m.sockets = append(m.sockets, filepath.Join(dir, fmt.Sprintf("%d.sock", n)))
		fmt.Fprintf(&lanes, "  - {id: lane-%d, terminal_reference: T%d, currency: EUR, till: {protocol: native, listen: \"unix://%s\"}}\n",
			n, n, m.sockets[n])
	}
	write(t, m.file, fmt.Sprintf(`version: 1
data_dir: "%s"
http: {listen: "%s"}
klarna: {environment: test, base_url: "%s", api_key_file: "%s"}
store: {reference: S0042}
deadlines: {till_grace: 5s}
lanes:
%s`, filepath.Join(dir, "data"), webPort, m.sandbox, key, lanes.String()))
	start(t, "sandbox", "--listen", sandboxPort)
	m.eventually("the simulator", func() bool { return m.get(m.sandbox+"/sandbox/ledger", nil) == http.StatusOK })
	m.restart()
	return m
}

// history is one payment with everything that was said about it.
type history struct {
	*mall

	lane int
	id   string
	seed uint64

	mu  sync.Mutex
	ops []porcupine.Operation // guarded by mu
}

// Several tills ask about the same payment at once: to pay, to cancel, to confirm, and how it is. What
// they hear is what one till could have heard that asked all of it one after the other: a payment begins
// once, another amount is a conflict, a cancel that came first stays first, after cancelling nobody hears
// approved, and the last word never changes. So it stays when the daemon is killed in between.
func TestHistoriesAreLinearizable(t *testing.T) {
	for name, c := range map[string]struct {
		share int // in eighths
		kill  bool
	}{"in peace": {5, false}, "with kills": {3, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMall(t)
			all, kills := fight(m, max(1, *histories*c.share/8), c.kill)
			asks, words := 0, make(map[string]int)
			for _, h := range all {
				asks += len(h.ops)
				words[h.check(c.kill)]++
			}
			t.Logf("histories: checked=%d asks=%d kills=%d words=%v", len(all), asks, kills, words)
		})
	}
}

// fight lives n histories on all lanes, and kills the daemon meanwhile.
func fight(m *mall, n int, kill bool) (all []*history, kills int) {
	all = make([]*history, n)
	next, over, killed := make(chan int), make(chan struct{}), make(chan struct{})
	var lanes sync.WaitGroup
	for lane := range historyLanes {
		lanes.Go(func() {
			for i := range next {
				all[i] = &history{mall: m, lane: lane, id: fmt.Sprintf("H%d", i), seed: uint64(i)}
				all[i].live()
			}
		})
	}
	go func() {
		defer close(killed)
		for kill {
			select {
			case <-over:
				return
			case <-time.After(1200 * time.Millisecond):
			}
			m.daemon.kill()
			m.daemon = start(m.t, "serve", "--config", m.file)
			kills++
		}
	}()
	for i := range n {
		m.behaviour(map[string]any{
			"first":    []string{"step_up", "step_up", "approved", "step_up", "declined"}[i%5],
			"customer": []string{"approve", "approve", "approve", "reject", "abort", "manual"}[i%6],
			"after":    fmt.Sprintf("%dms", 100*(i%7)),
		})
		next <- i
	}
	close(next)
	lanes.Wait()
	close(over)
	<-killed
	return all, kills
}

// live lets all tills ask at once, and then asks until there is a result.
func (h *history) live() {
	var tills sync.WaitGroup
	for till := range historyTills {
		tills.Go(func() {
			random := rand.New(rand.NewPCG(h.seed, uint64(till)))
			for range historyAsks {
				h.ask(till, random, h.draw(random))
				<-time.After(time.Duration(random.IntN(120)) * time.Millisecond)
			}
		})
	}
	tills.Wait()
	random := rand.New(rand.NewPCG(h.seed, historyTills))
	for tries := range 600 {
		<-time.After(200 * time.Millisecond)
		heard := h.ask(0, random, question{do: "status"})
		switch {
		case heard.code == "not_found":
			h.ask(0, random, question{do: "cancel"})
		case heard.outcome != "" && heard.outcome != "unknown":
			h.ask(0, random, question{do: "confirm", outcome: heard.outcome})
			return
		case heard.phase == "waiting" && tries > 20: // the customer has walked away
			h.ask(0, random, question{do: "cancel"})
		}
	}
	h.t.Errorf("history %d has no result", h.seed)
}

// draw leaves half of the payments alone with cancels, so that some are approved.
func (h *history) draw(random *rand.Rand) question {
	switch n := random.IntN(20); {
	case n < 7:
		return question{do: "pay", amount: historyAmount}
	case n < 9:
		return question{do: "pay", amount: historyAmount + 1}
	case n < 10 && h.seed%2 == 0:
		return question{do: "cancel"}
	case n < 12:
		return question{do: "confirm", outcome: []string{"approved", "cancelled", "declined"}[random.IntN(3)]}
	}
	return question{do: "status"}
}

// ask asks over one of the carriers, on a connection of its own, so that every word on it was said
// meanwhile, and keeps what was heard.
func (h *history) ask(till int, random *rand.Rand, a question) answer {
	call := time.Since(h.start)
	carrier := h.overHTTP
	if random.IntN(2) == 0 {
		carrier = h.overSocket
	}
	heard, asked := carrier(a)
	op := porcupine.Operation{ClientId: till, Input: a, Call: int64(call), Output: heard, Return: int64(time.Since(h.start))}
	if heard == (answer{}) {
		op.Return = math.MaxInt64 // nobody knows when it happens, if it does
	}
	if asked {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ops = append(h.ops, op)
	}
	return heard
}

// overHTTP reports not asked where it is certain that nothing reached the daemon.
func (h *history) overHTTP(a question) (heard answer, asked bool) {
	url := fmt.Sprintf("%s/v1/lanes/lane-%d/payments/%s", h.web, h.lane, h.id)
	var method string
	var body any
	switch a.do {
	case "pay":
		method, body = http.MethodPut, map[string]any{"amount": a.amount, "currency": "EUR"}
	case "cancel":
		method = http.MethodDelete
	case "confirm":
		method, body, url = http.MethodPost, map[string]any{"outcome": a.outcome}, url+"/confirm"
	default:
		method = http.MethodGet
	}
	var said json.RawMessage
	switch h.call(method, url, body, &said) {
	case 0, http.StatusGatewayTimeout:
		return answer{}, true
	case http.StatusTooManyRequests:
		return answer{}, false
	}
	e, err := native.ParseEvent(said)
	if err != nil {
		h.t.Errorf("%s %s answered %s: %v", method, url, said, err)
	}
	heard, _ = heardIn(e, h.id)
	return heard, true
}

// overSocket asks, and then for the time: what is said before that is said to the question.
func (h *history) overSocket(a question) (heard answer, asked bool) {
	conn, err := (&net.Dialer{}).DialContext(h.t.Context(), "unix", h.sockets[h.lane])
	if err != nil {
		return answer{}, false
	}
	defer conn.Close() //nolint:errcheck // all was said
	var q native.Request
	switch a.do {
	case "pay":
		q = native.Pay{ID: h.id, Amount: a.amount, Currency: "EUR"}
	case "cancel":
		q = native.Cancel{ID: h.id}
	case "confirm":
		q = native.Confirm{ID: h.id, Outcome: a.outcome, OK: true}
	default:
		q = native.Status{ID: h.id}
	}
	if err = conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return answer{}, false
	}
	if _, err = conn.Write(native.AppendLine(native.AppendLine(nil, q, false), native.Ping{N: 1}, false)); err != nil {
		return answer{}, true
	}
	return h.listen(conn, a.do), true
}

// listen hears what answers a question. A result may be offered to every new connection before: a
// refusal, which is said to nobody else, counts more.
func (h *history) listen(r io.Reader, do string) (first answer) {
	ponged := false
	for in := bufio.NewScanner(r); in.Scan(); {
		e, err := native.ParseEvent(bytes.TrimSpace(in.Bytes()))
		if err != nil {
			h.t.Errorf("heard %q: %v", in.Bytes(), err)
			return answer{}
		}
		_, pong := e.(native.Pong)
		ponged = ponged || pong
		heard, fits := heardIn(e, h.id)
		if heard.code != "" {
			return heard
		}
		if first == (answer{}) && slices.Contains(fits, do) {
			first = heard
		}
		if ponged && first != (answer{}) {
			return first
		}
	}
	return answer{}
}

// heardIn is what an event says of a payment, and which questions it answers.
func heardIn(e native.Event, id string) (heard answer, questions []string) {
	of := ""
	switch e := e.(type) {
	case native.Error:
		return answer{code: string(e.Code)}, nil
	case native.Accepted:
		of, heard, questions = e.ID, answer{phase: "creating"}, []string{"pay"}
	case native.Progress:
		of, heard, questions = e.ID, answer{phase: e.Phase}, []string{"pay"}
	case native.Cancelling:
		of, heard, questions = e.ID, answer{phase: "cancelling"}, []string{"pay", "cancel"}
	case native.Result:
		of, heard, questions = e.ID, answer{outcome: e.Outcome, given: e.GivenBack}, []string{"pay", "cancel"}
	case native.Update:
		of, heard, questions = e.ID, answer{outcome: e.Outcome, update: true}, []string{"pay", "cancel"}
	case native.State:
		of, heard, questions = e.ID, answer{phase: e.Phase, outcome: e.Outcome, given: e.GivenBack}, []string{"status"}
	case native.Confirmed:
		of, heard, questions = e.ID, answer{outcome: e.Outcome, ok: e.OK}, []string{"confirm"}
	case native.Welcome, native.Pong, native.Display, native.Ask, native.Notice, native.Alive,
		native.Forgotten,
		native.Refunded, native.Sums:
	}
	if of != id {
		return answer{}, nil
	}
	return heard, questions
}

// check returns the last word of a history that could have been.
func (h *history) check(disturbed bool) string {
	h.t.Helper()
	model := registers(disturbed)
	result, info := porcupine.CheckOperationsVerbose(model, h.ops, time.Minute)
	last := ""
	slices.SortFunc(h.ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, op := range h.ops {
		if heard, ok := op.Output.(answer); ok {
			last = cmp.Or(heard.outcome, last)
		}
	}
	if result == porcupine.Ok {
		return last
	}
	file := filepath.Join(h.t.ArtifactDir(), h.id+".html")
	_ = porcupine.VisualizePath(model, info, file) // a picture more
	var text strings.Builder
	for _, op := range h.ops {
		fmt.Fprintf(&text, "%12s to %12s  till %d  %s\n", time.Duration(op.Call), time.Duration(op.Return), op.ClientId,
			model.DescribeOperation(op.Input, op.Output))
	}
	h.t.Errorf("history %d: %s; %s\n%s", h.seed, result, file, text.String())
	return last
}
