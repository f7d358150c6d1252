// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/payment"
	"tillbridge/terminal"
	"tillbridge/terminal/native"
	"tillbridge/terminal/terminaltest"
)

var errDown = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}

// engine is the least that a till can meet: it keeps one payment, and a test decides what happens.
type engine struct {
	*terminaltest.Bridge

	mu    sync.Mutex
	order payment.Order  // guarded by mu; of the one payment
	known bool           // guarded by mu
	said  []payment.Word // guarded by mu; the last is the state
	links []payment.LinkID
	asks  []payment.Ask // guarded by mu
	// took is called for each ask with mu held, and may answer instead of the engine.
	took func(payment.Ask) []payment.Word
}

func newEngine() *engine {
	e := &engine{}
	e.Bridge = terminaltest.NewBridge(e.reply)
	return e
}

func (e *engine) reply(link payment.LinkID, a payment.Ask) []payment.Word {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asks = append(e.asks, a)
	if !slices.Contains(e.links, link) {
		e.links = append(e.links, link)
	}
	if e.took != nil {
		if words := e.took(a); words != nil {
			return words
		}
	}
	switch a := a.(type) {
	case payment.Look:
		return []payment.Word{payment.LaneState{State: payment.LaneReady}}
	case payment.Pay:
		if e.known {
			return e.said[len(e.said)-1:]
		}
		e.known, e.order = true, a.Order
		e.said = append(e.said, payment.Progress{ID: a.ID, Phase: payment.PhaseCreating})
		return []payment.Word{payment.Accepted{ID: a.ID}}
	case payment.Status:
		if !e.known {
			return []payment.Word{payment.Refusal{ID: a.ID, Reason: payment.ReasonNotFound}}
		}
		return e.said[len(e.said)-1:]
	case payment.Confirm:
		return []payment.Word{payment.Recorded(a)}
	case payment.Cancel:
		return []payment.Word{payment.Cancelling(a)}
	case payment.GiveBack:
		return []payment.Word{payment.Cancelling(a)}
	case payment.Here, payment.Forget,
		payment.RefundPart:
	}
	return nil
}

// say tells every link, and keeps the word as the state; a result is replayed from then on.
func (e *engine) say(w payment.Word) {
	e.mu.Lock()
	kept := w
	if r, ok := w.(payment.Result); ok {
		r.Replay = true
		kept = r
	}
	if u, ok := w.(payment.Update); ok {
		u.Replay = true
		kept = u
	}
	if _, asks := w.(payment.AskHere); !asks {
		e.said = append(e.said, kept)
	}
	links := slices.Clone(e.links)
	e.mu.Unlock()
	for _, l := range links {
		e.Say(l, w)
	}
}

// count is how often an ask like this was heard.
func (e *engine) count(a payment.Ask) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, have := range e.asks {
		if reflect.DeepEqual(have, a) {
			n++
		}
	}
	return n
}

// pays is how often a payment was asked for.
func (e *engine) pays() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, have := range e.asks {
		if _, ok := have.(payment.Pay); ok {
			n++
		}
	}
	return n
}

func result(o payment.Outcome, r payment.Reason) payment.Result {
	return payment.Result{ID: "A1", Outcome: o, Reason: r, Amount: eur(1610), Reference: "K7QX42ZD"}
}

func approvedA1() payment.Result { return result(payment.Approved, payment.ReasonApproved) }

// shopLine is a lane behind lines that break when a test wants it.
type shopLine struct {
	server *terminal.Server
	ctx    context.Context //nolint:containedctx // of the test, for links that its till opens
	links  sync.WaitGroup

	mu   sync.Mutex
	down bool     // guarded by mu
	last net.Conn // guarded by mu; the bridge's end of the newest link
}

func (l *shopLine) dial(context.Context) (io.ReadWriteCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errDown
	}
	till, line := net.Pipe()
	l.last = line
	l.links.Go(func() { _ = l.server.Serve(l.ctx, line) })
	return till, nil
}

// cut breaks the line, and keeps it broken if down.
func (l *shopLine) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	_ = l.last.Close()
}

func (l *shopLine) up() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// cashier is a till that sells A1, in a bubble.
type cashier struct {
	t      *testing.T
	engine *engine
	line   *shopLine // nil over HTTP
	cancel chan struct{}
	ended  chan struct{}
	got    terminal.Ended
	err    error

	mu    sync.Mutex
	heard []string // guarded by mu
}

func (c *cashier) hear(e native.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, e.Type())
}

// accepted waits until the engine has the payment.
func (c *cashier) accepted() {
	c.t.Helper()
	for c.engine.pays() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond)
}

// wants waits for the end.
func (c *cashier) wants(o payment.Outcome) {
	c.t.Helper()
	<-c.ended
	if c.err != nil || c.got.Outcome != o {
		c.t.Errorf("Pay = %+v, %v, want %s", c.got, c.err, o)
	}
}

// overLine starts a sale on a line. The test has three minutes.
func overLine(t *testing.T, prepare func(*cashier)) *cashier {
	t.Helper()
	c := &cashier{t: t, engine: newEngine(), cancel: make(chan struct{}), ended: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	server := terminal.NewServer("lane-1", shop(), c.engine, terminal.Options{Token: secret.New("s")})
	c.line = &shopLine{server: server, ctx: ctx}
	if prepare != nil {
		prepare(c)
	}
	till := terminal.LineTill{Dial: c.line.dial, Token: secret.New("s"), Hear: c.hear}
	go c.pay(ctx, till.Pay)
	t.Cleanup(func() {
		stop()
		<-c.ended
		c.line.links.Wait()
	})
	return c
}

// overHTTP starts a sale over HTTP, without a network.
func overHTTP(t *testing.T, prepare func(*cashier)) *cashier {
	t.Helper()
	c := &cashier{t: t, engine: newEngine(), cancel: make(chan struct{}), ended: make(chan struct{})}
	if prepare != nil {
		prepare(c)
	}
	till := terminal.WebTill{
		Lane: &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1}, Hear: c.hear,
		Client: &http.Client{Transport: inProcess{handler(c.engine)}},
	}
	ctx, stop := context.WithCancel(t.Context())
	go c.pay(ctx, till.Pay)
	t.Cleanup(func() {
		stop()
		<-c.ended
	})
	return c
}

func (c *cashier) pay(ctx context.Context, pay func(context.Context, native.Pay, <-chan struct{}) (terminal.Ended, error)) {
	defer close(c.ended)
	ctx, stop := context.WithTimeout(ctx, 3*time.Minute)
	defer stop()
	c.got, c.err = pay(ctx, native.Pay{ID: "A1", Amount: 1610, Currency: "EUR"}, c.cancel)
}

// inProcess answers requests by a handler.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r.RemoteAddr = "127.0.0.1:40000"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// both runs a test over both carriers.
func both(t *testing.T, prepare func(*cashier), f func(*cashier)) {
	t.Helper()
	for name, start := range map[string]func(*testing.T, func(*cashier)) *cashier{"line": overLine, "http": overHTTP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { f(start(t, prepare)) })
		})
	}
}

func TestATillSellsAndConfirms(t *testing.T) {
	t.Parallel()
	both(t, nil, func(c *cashier) {
		c.accepted()
		time.Sleep(40 * time.Second) // longer than a quiet line, or a long poll
		c.engine.say(approvedA1())
		c.wants(payment.Approved)
		if n := c.engine.count(payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}); n != 1 {
			c.t.Errorf("the approval was confirmed %d times, want once", n)
		}
		if c.engine.order.Amount != eur(1610) || c.engine.pays() != 1 {
			c.t.Errorf("%d payments of %v were asked for, want one of 16.10 EUR", c.engine.pays(), c.engine.order.Amount)
		}
		if !slices.Contains(c.heard, "accepted") {
			c.t.Errorf("Hear was called with %q, want accepted among them", c.heard)
		}
	})
}

func TestATillThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, r := range []payment.Reason{payment.ReasonBusy, payment.ReasonConflict, payment.ReasonUnavailable, payment.ReasonNoDisplay} {
		t.Run(string(r), func(t *testing.T) {
			t.Parallel()
			refuse := func(c *cashier) {
				c.engine.took = func(a payment.Ask) []payment.Word {
					if _, ok := a.(payment.Pay); ok {
						return []payment.Word{payment.Refusal{ID: "A1", Reason: r}}
					}
					return nil
				}
			}
			both(t, refuse, func(c *cashier) {
				<-c.ended
				refused, ok := errors.AsType[*terminal.RefusedError](c.err)
				if !ok || refused.Event.Code != native.Code(r) {
					c.t.Errorf("Pay = %+v, %v, want a refusal: %s", c.got, c.err, r)
				}
			})
		})
	}
}

func TestATillCancels(t *testing.T) {
	t.Parallel()
	both(t, nil, func(c *cashier) {
		c.accepted()
		close(c.cancel)
		time.Sleep(time.Second)
		if n := c.engine.count(payment.Cancel{ID: "A1"}); n != 1 {
			c.t.Errorf("cancel was said %d times, want once", n)
		}
		c.engine.say(approvedA1()) // the result decides
		c.wants(payment.Approved)
	})
}

func TestATillHearsADoubtCleared(t *testing.T) {
	t.Parallel()
	both(t, nil, func(c *cashier) {
		c.accepted()
		c.engine.say(result(payment.Unknown, payment.ReasonNoAnswer))
		time.Sleep(30 * time.Second)
		if c.engine.count(payment.Confirm{ID: "A1", Outcome: payment.Unknown, OK: true}) == 0 {
			c.t.Error("the doubt was not confirmed")
		}
		c.engine.say(payment.Update{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined})
		c.wants(payment.Declined)
	})
}

func TestATillGivesUpInTime(t *testing.T) {
	t.Parallel()
	both(t, nil, func(c *cashier) {
		began := time.Now()
		c.wants(payment.Unknown)
		if took := time.Since(began); took != 3*time.Minute {
			c.t.Errorf("it took %v, want 3m", took)
		}
	})
}

func TestAGivenBackApprovalIsNotOne(t *testing.T) {
	t.Parallel()
	both(t, nil, func(c *cashier) {
		c.accepted()
		r := approvedA1()
		r.GivenBack = true
		c.engine.say(r)
		c.wants(payment.Reversed)
	})
}

func TestATillAnswersAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := overLine(t, nil)
		c.accepted()
		c.engine.say(payment.AskHere{ID: "A1"})
		c.engine.say(payment.AskHere{ID: "A2"})
		time.Sleep(time.Second)
		if n, m := c.engine.count(payment.Here{ID: "A1"}), c.engine.count(payment.Here{ID: "A2"}); n != 1 || m != 0 {
			t.Errorf("here was said %d times for ours and %d for another, want once and never", n, m)
		}
		close(c.cancel)
		time.Sleep(time.Second)
		c.engine.say(payment.AskHere{ID: "A1"})
		time.Sleep(time.Second)
		if n := c.engine.count(payment.Here{ID: "A1"}); n != 1 {
			t.Errorf("here was said %d times, want not again after a cancel", n)
		}
		c.engine.say(result(payment.Cancelled, payment.ReasonCancelledByTill))
		c.wants(payment.Cancelled)
	})
}

func TestATillComesBackAfterALostLine(t *testing.T) {
	t.Parallel()
	t.Run("the result was said meanwhile", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := overLine(t, nil)
			c.accepted()
			c.line.cut(true)
			time.Sleep(time.Minute)
			c.engine.say(approvedA1())
			c.line.up()
			c.wants(payment.Approved)
			if n := c.engine.pays(); n != 1 {
				t.Errorf("the payment was asked for %d times, want once", n)
			}
			if c.engine.count(payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}) == 0 {
				t.Error("the approval was not confirmed")
			}
		})
	})
	t.Run("it was cancelled meanwhile", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := overLine(t, nil)
			c.accepted()
			close(c.cancel)
			time.Sleep(time.Second)
			c.line.cut(false)
			time.Sleep(5 * time.Second)
			if n := c.engine.count(payment.Cancel{ID: "A1"}); n != 2 {
				t.Errorf("cancel was said %d times, want again on the new line", n)
			}
			c.engine.say(result(payment.Cancelled, payment.ReasonCancelledByTill))
			c.wants(payment.Cancelled)
		})
	})
	t.Run("the bridge never got it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			lost := false
			c := overLine(t, func(c *cashier) {
				c.engine.took = func(a payment.Ask) []payment.Word {
					if _, ok := a.(payment.Pay); ok && !lost {
						lost = true
						return []payment.Word{payment.LaneState{State: payment.LaneOffline}} // no answer, and not kept
					}
					return nil
				}
			})
			c.accepted()
			c.line.cut(false)
			time.Sleep(5 * time.Second)
			if n := c.engine.pays(); n != 2 {
				t.Errorf("the payment was asked for %d times, want again after not_found", n)
			}
			c.engine.say(approvedA1())
			c.wants(payment.Approved)
		})
	})
	t.Run("the bridge never got it, and it is cancelled before it says so", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := overLine(t, func(c *cashier) {
				c.engine.took = func(a payment.Ask) []payment.Word {
					if _, ok := a.(payment.Status); ok {
						close(c.cancel)
					}
					return []payment.Word{payment.LaneState{State: payment.LaneOffline}} // no answer, and not kept
				}
			})
			c.accepted()
			c.line.cut(false)
			time.Sleep(5 * time.Second)
			c.engine.say(payment.Refusal{ID: "A1", Reason: payment.ReasonNotFound})
			c.engine.say(result(payment.Cancelled, payment.ReasonCancelledByTill))
			c.wants(payment.Cancelled)
		})
	})
	t.Run("the confirmation was lost", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := overLine(t, func(c *cashier) {
				first := true
				c.engine.took = func(a payment.Ask) []payment.Word {
					if _, ok := a.(payment.Confirm); ok && first {
						first = false
						return []payment.Word{payment.LaneState{State: payment.LaneOffline}}
					}
					return nil
				}
			})
			c.accepted()
			c.engine.say(approvedA1())
			time.Sleep(time.Second)
			c.line.cut(false)
			c.wants(payment.Approved)
			if n := c.engine.count(payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}); n != 2 {
				t.Errorf("the approval was confirmed %d times, want again on the new line", n)
			}
		})
	})
	t.Run("it never comes back", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := overLine(t, nil)
			c.accepted()
			c.line.cut(true)
			c.wants(payment.Unknown)
		})
	})
}

func TestATillThatReachesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := overLine(t, func(c *cashier) { c.line.down = true })
		if <-c.ended; c.err == nil {
			t.Errorf("Pay = %+v, want an error: nothing happened", c.got)
		}
		till := terminal.WebTill{
			Lane:   &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: lane1},
			Client: &http.Client{Transport: refusing{}},
		}
		if got, err := till.Pay(t.Context(), native.Pay{ID: "A1", Amount: 1, Currency: "EUR"}, nil); err == nil {
			t.Errorf("Pay over HTTP = %+v, want an error: nothing happened", got)
		}
	})
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errDown }

func TestAnHTTPAnswerThatIsLostIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEngine()
		drops := &dropping{next: inProcess{handler(e)}, drop: 3}
		till := terminal.WebTill{
			Lane: &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1}, Client: &http.Client{Transport: drops},
		}
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
		defer stop()
		go func() {
			time.Sleep(time.Minute)
			e.say(approvedA1())
		}()
		got, err := till.Pay(ctx, native.Pay{ID: "A1", Amount: 1610, Currency: "EUR"}, nil)
		if err != nil || got.Outcome != payment.Approved {
			t.Errorf("Pay = %+v, %v, want approved", got, err)
		}
	})
}

// A bridge whose journal is damaged says unavailable to everything, one that has another token by now not_allowed, and
// one without the lane any more 404: of a request whose first answer was lost that is no word.
func TestAnErrorAboutTheBridgeAfterALostAnswerIsNoRefusal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lost, status int
		code         native.Code
	}{
		"damaged":                    {0, http.StatusServiceUnavailable, native.CodeUnavailable},
		"damaged after a loss":       {1, http.StatusServiceUnavailable, native.CodeUnavailable},
		"no such lane after a loss":  {1, http.StatusNotFound, native.CodeUnavailable},
		"another token":              {0, http.StatusUnauthorized, native.CodeNotAllowed},
		"another token after a loss": {1, http.StatusUnauthorized, native.CodeNotAllowed},
	} {
		lost := tt.lost
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				refusing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(tt.status)
					_, _ = w.Write(native.Append(nil, native.Error{Code: tt.code, Text: "not now"}))
				})
				till := terminal.WebTill{
					Lane:   &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1},
					Client: &http.Client{Transport: &dropping{next: inProcess{refusing}, drop: lost}},
				}
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				got, err := till.Pay(ctx, native.Pay{ID: "A1", Amount: 1610, Currency: "EUR"}, nil)
				if refused := err != nil; refused != (lost == 0) || !refused && got.Outcome != payment.Unknown {
					t.Errorf("Pay = %+v, %v after %d lost answers", got, err, lost)
				}
			})
		})
	}
}

// dropping loses the first answers: the requests have been carried out.
type dropping struct {
	next http.RoundTripper
	drop int
}

func (d *dropping) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := d.next.RoundTrip(r)
	if d.drop--; d.drop >= 0 && err == nil {
		_ = w.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return w, err
}

func TestStatusByATill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newEngine()
		ctx, stop := context.WithCancel(t.Context())
		line := &shopLine{server: terminal.NewServer("lane-1", shop(), e, terminal.Options{}), ctx: ctx}
		onLine := terminal.LineTill{Dial: line.dial}
		overWeb := terminal.WebTill{
			Lane: &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1}, Client: &http.Client{Transport: inProcess{handler(e)}},
		}
		for name, status := range map[string]func(context.Context, native.Status) (native.Event, error){"line": onLine.Status, "http": overWeb.Status} {
			if got, err := status(ctx, native.Status{}); err != nil || got.Type() != "hello" {
				t.Errorf("%s: Status of the lane = %+v, %v, want a hello", name, got, err)
			}
			_, err := status(ctx, native.Status{ID: "none"})
			if refused, ok := errors.AsType[*terminal.RefusedError](err); !ok || refused.Event.Code != native.CodeNotFound {
				t.Errorf("%s: Status of nothing: %v, want not_found", name, err)
			}
		}
		e.known = true
		e.say(approvedA1())
		for name, status := range map[string]func(context.Context, native.Status) (native.Event, error){"line": onLine.Status, "http": overWeb.Status} {
			got, err := status(ctx, native.Status{ID: "A1"})
			if s, ok := got.(native.State); !ok || s.Outcome != "approved" || !s.Replay {
				t.Errorf("%s: Status = %+v, %v, want approved", name, got, err)
			}
		}
		stop()
		line.links.Wait()
	})
}
