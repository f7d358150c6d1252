// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

const lane1 = "/v1/lanes/lane-1"

func handler(b terminal.Bridge) http.Handler {
	return terminal.NewHTTP(terminal.WebOptions{
		Bridge:  b,
		Origins: []string{"http://127.0.0.1:8580"},
		Lanes: []terminal.WebLane{
			{ID: "lane-1", Native: shop()},
			{ID: "guarded", Native: shop(), Token: secret.New("correct horse")},
			{ID: "mute", Native: shop(), AckOnWrite: true},
		},
	})
}

// request makes one that a till on this machine would send.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:40000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do answers one request, and wants every link closed behind it.
func do(t *testing.T, b *terminaltest.Bridge, r *http.Request) (int, native.Event) {
	t.Helper()
	w := httptest.NewRecorder()
	handler(b).ServeHTTP(w, r)
	if b.Links() != 0 {
		t.Errorf("%d links are open after the request, want 0", b.Links())
	}
	e, err := native.ParseEvent(bytes.TrimSpace(w.Body.Bytes()))
	if err != nil && w.Header().Get("Content-Type") == "application/json" {
		t.Errorf("%s %s: body %q: %v", r.Method, r.URL, w.Body, err)
	}
	return w.Code, e
}

// answering is a bridge that answers every ask about a payment with the same words.
func answering(words ...payment.Word) *terminaltest.Bridge {
	return terminaltest.NewBridge(func(_ payment.LinkID, a payment.Ask) []payment.Word {
		if _, ok := a.(payment.Look); ok {
			return []payment.Word{payment.LaneState{State: payment.LaneReady}}
		}
		return words
	})
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	const pay = `{"amount":1610,"currency":"EUR"}`
	refuse := func(r payment.Reason) payment.Word { return payment.Refusal{ID: "A1", Reason: r} }
	approved := payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), Replay: true}
	tests := map[string]struct {
		method, path, body string
		word               payment.Word
		status             int
		kind               string
	}{
		"a new payment":                    {"PUT", "/payments/A1", pay, payment.Accepted{ID: "A1"}, 201, "accepted"},
		"row 1: a known payment":           {"PUT", "/payments/A1", pay, payment.Progress{ID: "A1", Phase: payment.PhaseWaiting}, 200, "progress"},
		"row 2: a payment that is over":    {"PUT", "/payments/A1", pay, approved, 200, "result"},
		"row 3: a conflict":                {"PUT", "/payments/A1", pay, refuse(payment.ReasonConflict), 409, "error"},
		"row 16: a busy lane":              {"PUT", "/payments/A1", pay, refuse(payment.ReasonBusy), 409, "error"},
		"a missing screen":                 {"PUT", "/payments/A1", pay, refuse(payment.ReasonNoDisplay), 503, "error"},
		"a damaged journal":                {"PUT", "/payments/A1", pay, refuse(payment.ReasonUnavailable), 503, "error"},
		"an order that the bridge refuses": {"PUT", "/payments/A1", pay, refuse(payment.ReasonBadRequest), 422, "error"},
		"row 7: major units":               {"PUT", "/payments/A1", `{"amount":16.10,"currency":"EUR"}`, nil, 422, "error"},
		"row 8: a small currency":          {"PUT", "/payments/A1", `{"amount":1610,"currency":"eur"}`, nil, 422, "error"},
		"row 8: another currency":          {"PUT", "/payments/A1", `{"amount":1610,"currency":"SEK"}`, nil, 422, "error"},
		"row 10: no JSON":                  {"PUT", "/payments/A1", `{`, nil, 400, "error"},
		"row 10: amount twice":             {"PUT", "/payments/A1", `{"amount":1,"amount":2,"currency":"EUR"}`, nil, 422, "error"},
		"another id in the body":           {"PUT", "/payments/A1", `{"id":"A2","amount":1,"currency":"EUR"}`, nil, 400, "error"},
		"row 9: an id with an escape":      {"PUT", "/payments/A%1b1", pay, nil, 400, "error"},
		"row 9: an id of 65 characters":    {"GET", "/payments/" + strings.Repeat("x", 65), "", nil, 400, "error"},
		"a body of 70 KB":                  {"PUT", "/payments/A1", `{"x":"` + strings.Repeat("x", 70000) + `"}`, nil, 413, "error"},
		"a status of a result":             {"GET", "/payments/A1", "", approved, 200, "state"},
		"a status of a running payment":    {"GET", "/payments/A1", "", payment.Progress{ID: "A1", Phase: payment.PhaseScanned}, 200, "state"},
		"row 14: a status of nothing":      {"GET", "/payments/A1", "", refuse(payment.ReasonNotFound), 404, "error"},
		"a wait that is no number":         {"GET", "/payments/A1?wait=forever", "", nil, 400, "error"},
		"a wait below nothing":             {"GET", "/payments/A1?wait=-1", "", nil, 400, "error"},
		"a cancel under way":               {"DELETE", "/payments/A1", "", payment.Cancelling{ID: "A1"}, 202, "cancelling"},
		"a cancel that is too late":        {"DELETE", "/payments/A1", "", approved, 200, "result"},
		"a confirmation":                   {"POST", "/payments/A1/confirm", `{"outcome":"approved"}`, payment.Recorded{ID: "A1", Outcome: payment.Approved, OK: true}, 200, "confirmed"},
		"row 6: a refund of null":          {"PUT", "/refunds/R1", `{"of":"A1","amount":null}`, nil, 422, "error"},
		"a confirmation that is neither":   {"POST", "/payments/A1/confirm", `{"outcome":"approved","ok":null}`, nil, 400, "error"},
		"a confirmation of nothing":        {"POST", "/payments/A1/confirm", `{}`, nil, 400, "error"},
		"row 74b: a stray confirmation":    {"POST", "/payments/A1/confirm", `{"outcome":"approved"}`, refuse(payment.ReasonNotFound), 404, "error"},
		"the lane":                         {"GET", "", "", nil, 200, "hello"},
		"events of nothing":                {"GET", "/payments/A1/events", "", refuse(payment.ReasonNotFound), 404, "error"},
		"totals":                           {"GET", "/totals", "", nil, 501, "error"},
		"row 29: a method that is not one": {"POST", "/payments/A1", pay, nil, 405, ""},
		"row 29: a GET that would change":  {"GET", "/payments/A1/confirm", "", nil, 405, ""},
		"a path that is not one":           {"GET", "/payments", "", nil, 404, ""},
		"dots that are not an id":          {"GET", "/payments/..", "", nil, 404, ""},
		"slashes that are not an id":       {"GET", "//payments/A1", "", nil, 404, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var words []payment.Word
			if tt.word != nil {
				words = append(words, tt.word)
			}
			b := answering(words...)
			status, e := do(t, b, request(tt.method, lane1+tt.path, tt.body))
			kind := ""
			if e != nil {
				kind = e.Type()
			}
			if status != tt.status || kind != tt.kind {
				t.Errorf("%s %s = %d %q (%+v), want %d %q", tt.method, tt.path, status, kind, e, tt.status, tt.kind)
			}
			if asked := b.Quiet(); tt.word == nil && tt.status >= 400 && len(asked) != 0 {
				t.Errorf("the bridge was asked %+v, want nothing", asked)
			}
		})
	}
}

func TestHTTPLinksAreBrief(t *testing.T) {
	t.Parallel()
	b := answering(payment.Accepted{ID: "A1"})
	do(t, b, request("PUT", lane1+"/payments/A1", `{"amount":1610,"currency":"EUR"}`))
	open, ask := b.Next(t), b.Next(t)
	if open.Open == nil || *open.Open != (payment.Link{Lane: "lane-1", Brief: true}) {
		t.Errorf("the bridge saw %+v, want a brief link", open)
	}
	if p, ok := ask.Ask.(payment.Pay); !ok || p.ID != "A1" || p.Order.Amount != eur(1610) {
		t.Errorf("the bridge was asked %+v, want A1 over 16.10 EUR", ask)
	}
	if gone := b.Next(t); gone.Open != nil || gone.Ask != nil {
		t.Errorf("then it saw %+v, want the end of the link", gone)
	}
}

func TestRow9HTTPIdsAreKeptByteForByte(t *testing.T) {
	t.Parallel()
	for escaped, want := range map[string]payment.TillID{
		"..%2Fx": "../x", "%2E%2E": "..", "a%2Fevents": "a/events", "%2525": "%25", "a+b": "a+b", "%20": " ", "007": "007", "a%3Fwait=1": "a?wait=1",
	} {
		b := terminaltest.NewBridge(func(_ payment.LinkID, a payment.Ask) []payment.Word {
			if c, ok := a.(payment.Cancel); ok {
				return []payment.Word{payment.Cancelling(c)}
			}
			return nil
		})
		status, e := do(t, b, request("DELETE", lane1+"/payments/"+escaped, ""))
		if c, ok := e.(native.Cancelling); status != 202 || !ok || c.ID != string(want) {
			t.Errorf("DELETE …/%s = %d %+v, want 202 about %q", escaped, status, e, want)
		}
	}
}

func TestHTTPGate(t *testing.T) {
	t.Parallel()
	const pay = `{"amount":1610,"currency":"EUR"}`
	with := func(path, name string, values ...string) *http.Request {
		r := request("PUT", path+"/payments/A1", pay)
		r.Header[http.CanonicalHeaderKey(name)] = values
		return r
	}
	far := func(path string) *http.Request {
		r := request("PUT", path+"/payments/A1", pay)
		r.RemoteAddr = "192.0.2.7:40000"
		return r
	}
	const guarded = "/v1/lanes/guarded"
	tests := map[string]struct {
		r      *http.Request
		status int
	}{
		"row 27: a till without an origin":       {with(lane1, "X", "y"), 201},
		"our own page":                           {with(lane1, "Origin", "http://127.0.0.1:8580"), 201},
		"row 26: origin null":                    {with(lane1, "Origin", "null"), 403},
		"row 26: a suffix of ours":               {with(lane1, "Origin", "http://localhost.evil.example"), 403},
		"row 26: another port":                   {with(lane1, "Origin", "http://127.0.0.1:8581"), 403},
		"row 26: another scheme":                 {with(lane1, "Origin", "https://127.0.0.1:8580"), 403},
		"row 26: ours in capitals":               {with(lane1, "Origin", "HTTP://127.0.0.1:8580"), 403},
		"row 26: two origins":                    {with(lane1, "Origin", "http://127.0.0.1:8580", "http://evil.example"), 403},
		"row 26: an empty origin":                {with(lane1, "Origin", ""), 403},
		"row 28: a form":                         {with(lane1, "Content-Type", "text/plain"), 415},
		"row 28: another form":                   {with(lane1, "Content-Type", "application/x-www-form-urlencoded"), 415},
		"row 28: a type that starts alike":       {with(lane1, "Content-Type", "application/jsonx"), 415},
		"a type with a character set":            {with(lane1, "Content-Type", "application/json; charset=utf-8"), 201},
		"no type":                                {with(lane1, "Content-Type"), 415},
		"a compressed body":                      {with(lane1, "Content-Encoding", "gzip"), 415},
		"another machine":                        {far(lane1), 401},
		"no token":                               {with(guarded, "X", "y"), 401},
		"a wrong token":                          {with(guarded, "Authorization", "Bearer battery"), 401},
		"the token in another scheme":            {with(guarded, "Authorization", "Basic correct horse"), 401},
		"the token alone":                        {with(guarded, "Authorization", "correct horse"), 401},
		"the right token":                        {with(guarded, "Authorization", "Bearer correct horse"), 201},
		"a lane that is not one":                 {with("/v1/lanes/lane-9", "X", "y"), 404},
		"a lane that is not one, in other words": {with("/v1/lanes/..%2Flane-1", "X", "y"), 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := answering(payment.Accepted{ID: "A1"})
			w := httptest.NewRecorder()
			handler(b).ServeHTTP(w, tt.r)
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			if asked := b.Quiet(); tt.status != 201 && len(asked) != 0 {
				t.Errorf("the bridge was asked %+v, want nothing", asked)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("the answer has the header %s, want none that lets other origins in", name)
				}
			}
		})
	}
}

// A lane that the configuration does not have, any more, is no word about its sales.
func TestNotFoundIsAboutTheSaleAlone(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]native.Code{
		lane1 + "/payments/A1":         native.CodeNotFound,
		"/v1/lanes/lane-9/payments/A1": native.CodeUnavailable,
	} {
		status, e := do(t, answering(payment.Refusal{ID: "A1", Reason: payment.ReasonNotFound}), request("GET", path, ""))
		if refusal, ok := e.(native.Error); !ok || status != 404 || refusal.Code != want {
			t.Errorf("%s: %d %+v, want a 404 with %s", path, status, e, want)
		}
	}
}

func TestRow71HealthTellsNothing(t *testing.T) {
	t.Parallel()
	failing := func() error { return errors.New("journal of lane-1 is broken") }
	tests := map[string]struct {
		from   string
		health func() error
		status int
		body   string
	}{
		"this machine":            {"127.0.0.1:40000", nil, 200, "{\"status\":\"ok\"}\n"},
		"this machine, over IPv6": {"[::1]:40000", nil, 200, "{\"status\":\"ok\"}\n"},
		"in trouble":              {"127.0.0.1:40000", failing, 503, "{\"status\":\"unavailable\"}\n"},
		"another machine":         {"192.0.2.7:40000", failing, 404, "404 page not found\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", "/health", "")
			r.RemoteAddr = tt.from
			w := httptest.NewRecorder()
			terminal.NewHTTP(terminal.WebOptions{Health: tt.health}).ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("health = %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}

func TestHTTPAckOnWrite(t *testing.T) {
	t.Parallel()
	approved := payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), Replay: true}
	returning := approved
	returning.Returning = true
	late := payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Replay: true}
	lateReturning := late
	lateReturning.Returning = true
	confirm := payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}
	tests := map[string]struct {
		lane string
		word payment.Word
		want int
	}{
		"an approval":                         {"mute", approved, 1},
		"an approval as an update":            {"mute", late, 1},
		"an approval that goes back":          {"mute", returning, 0},
		"an update that goes back":            {"mute", lateReturning, 0},
		"an approval where the till confirms": {"lane-1", approved, 0},
	}
	for name, tt := range tests {
		b := answering(tt.word)
		do(t, b, request("GET", "/v1/lanes/"+tt.lane+"/payments/A1", ""))
		confirmed := 0
		for _, a := range b.Quiet() {
			if a.Ask == confirm {
				confirmed++
			}
		}
		if confirmed != tt.want {
			t.Errorf("%s: it was confirmed %d times, want %d", name, confirmed, tt.want)
		}
	}
}

// polling asks for a status in a bubble, and returns what came and when.
func polling(t *testing.T, query string, script func(b *terminaltest.Bridge, link payment.LinkID)) (status int, e native.Event, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(nil)
		began := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			status, e = do(t, b, request("GET", lane1+"/payments/A1"+query, ""))
			took = time.Since(began)
		}()
		link, _ := terminaltest.Expect[payment.Status](t, b)
		terminaltest.Expect[payment.Look](t, b)
		script(b, link)
		<-done
	})
	return status, e, took
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	running := payment.Progress{ID: "A1", Phase: payment.PhaseWaiting}
	looked := payment.LaneState{State: payment.LaneBusy}
	unknown := payment.Result{ID: "A1", Outcome: payment.Unknown, Reason: payment.ReasonNoAnswer}
	replayed := unknown
	replayed.Replay = true
	update := payment.Update{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined}
	tests := map[string]struct {
		query   string
		now     []payment.Word
		later   payment.Word // after 10 s
		took    time.Duration
		phase   string
		outcome string
		status  int
	}{
		"at once":                             {"", []payment.Word{running, looked}, nil, 0, "waiting", "", 200},
		"the result ends the wait":            {"?wait=30", []payment.Word{running, looked}, payment.Result{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined}, 10 * time.Second, "", "declined", 200},
		"the wait ends":                       {"?wait=30", []payment.Word{running, looked}, nil, 30 * time.Second, "waiting", "", 200},
		"the latest news count":               {"?wait=30", []payment.Word{running, looked}, payment.Progress{ID: "A1", Phase: payment.PhaseScanned}, 30 * time.Second, "scanned", "", 200},
		"a wait of an hour is cut":            {"?wait=3600", []payment.Word{running, looked}, nil, time.Minute, "waiting", "", 200},
		"a result and its update: the update": {"", []payment.Word{replayed, update, looked}, nil, 0, "", "declined", 200},
		"a new doubt is news":                 {"?wait=30", []payment.Word{running, looked}, unknown, 10 * time.Second, "", "unknown", 200},
		"an old doubt is waited on":           {"?wait=30", []payment.Word{replayed, looked}, update, 10 * time.Second, "", "declined", 200},
		"another payment's result is not it":  {"?wait=30", []payment.Word{running, looked}, payment.Result{ID: "A2", Outcome: payment.Approved}, 30 * time.Second, "waiting", "", 200},
		"a bridge that is slow":               {"", nil, running, 30 * time.Second, "waiting", "", 200},
		"a bridge that says nothing":          {"?wait=5", nil, nil, 35 * time.Second, "", "", 504},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, e, took := polling(t, tt.query, func(b *terminaltest.Bridge, link payment.LinkID) {
				for _, w := range tt.now {
					b.Say(link, w)
				}
				if tt.later != nil {
					time.Sleep(10 * time.Second)
					b.Say(link, tt.later)
				}
			})
			s, _ := e.(native.State)
			if status != tt.status || took != tt.took || s.Phase != tt.phase || s.Outcome != tt.outcome {
				t.Errorf("after %v: %d %+v, want after %v: %d %q %q", took, status, e, tt.took, tt.status, tt.phase, tt.outcome)
			}
		})
	}
}

func TestHTTPFloodIs429(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := handler(answering(payment.Refusal{ID: "A1", Reason: payment.ReasonNotFound}))
		var mu sync.Mutex
		codes := make(map[int]int)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, request("GET", lane1+"/payments/A1", ""))
				mu.Lock()
				codes[w.Code]++
				mu.Unlock()
			})
		}
		all.Wait()
		if codes[404] < 64 || codes[429] < 64 || codes[404]+codes[429] != 200 {
			t.Errorf("200 requests at once got %v, want some answered and the rest 429", codes)
		}
	})
}

// streamed is a response that a test reads while it is written.
type streamed struct {
	header http.Header
	body   *io.PipeWriter
	status chan int
}

func (s *streamed) Header() http.Header         { return s.header }
func (s *streamed) WriteHeader(status int)      { s.status <- status }
func (s *streamed) Write(p []byte) (int, error) { return s.body.Write(p) }
func (s *streamed) Flush()                      {}

func TestEventStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(nil)
		r, w := io.Pipe()
		out := &streamed{header: http.Header{}, body: w, status: make(chan int, 1)}
		asks := request("GET", lane1+"/payments/A1/events?qr=svg,gif", "")
		ctx, leave := context.WithCancel(asks.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			handler(b).ServeHTTP(out, asks.WithContext(ctx))
			_ = w.Close()
		}()
		link, _ := terminaltest.Expect[payment.Status](t, b)
		b.Say(link, payment.Progress{ID: "A1", Phase: payment.PhaseWaiting})
		lines := bufio.NewScanner(r)
		wants := func(want string) {
			t.Helper()
			if !lines.Scan() || !strings.HasPrefix(lines.Text(), want) {
				t.Fatalf("the stream says %q, want %q", lines.Text(), want)
			}
		}
		wants("event: progress")
		wants(`data: {"type":"progress","id":"A1","phase":"waiting"`)
		wants("")
		if status := <-out.status; status != 200 || out.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("status = %d, type %q", status, out.header.Get("Content-Type"))
		}
		began := time.Now()
		wants(": alive")
		wants("")
		if quiet := time.Since(began); quiet != 15*time.Second {
			t.Errorf("the stream was quiet for %v, want 15s", quiet)
		}
		b.Say(link, payment.AskHere{ID: "A1"}) // being open is the answer
		b.Say(link, payment.Progress{ID: "A2", Phase: payment.PhaseWaiting})
		b.Say(link, payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610)})
		wants("event: result")
		wants(`data: {"type":"result","id":"A1","outcome":"approved"`)
		wants("")
		leave()
		<-done
		if b.Links() != 0 {
			t.Error("the link is open after the stream has ended")
		}
	})
}

func TestAStreamThatIsNotReadLosesItsLink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(nil)
		r, w := io.Pipe()
		out := &streamed{header: http.Header{}, body: w, status: make(chan int, 1)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			handler(b).ServeHTTP(out, request("GET", lane1+"/payments/A1/events", ""))
		}()
		link, _ := terminaltest.Expect[payment.Status](t, b)
		for range 70 {
			b.Say(link, payment.Progress{ID: "A1", Phase: payment.PhaseWaiting}) // must not block
		}
		synctest.Wait()
		_ = r.Close() // a real connection has its write deadline
		<-done
		if b.Links() != 0 {
			t.Error("the link is open after the stream was given up")
		}
	})
}
