// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
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

func eur(minor int64) payment.Amount { return payment.Amount{Minor: minor, Currency: "EUR"} }

// desk is one till in front of one served link. Everything that arrives is kept.
type desk struct {
	*nativeTill

	t      *testing.T
	bridge *terminaltest.Bridge
	end    net.Conn
	served chan error
}

// serve opens a link in a bubble. The link must have ended when the test does.
func serve(t *testing.T, o terminal.Options, reply func(payment.LinkID, payment.Ask) []payment.Word) *desk {
	t.Helper()
	b := terminaltest.NewBridge(reply)
	return connect(t, terminal.NewServer("lane-1", shop(), b, o), b)
}

func connect(t *testing.T, s *terminal.Server, b *terminaltest.Bridge) *desk {
	t.Helper()
	till, line := net.Pipe()
	d := &desk{nativeTill: &nativeTill{line: till}, t: t, bridge: b, end: till, served: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	go func() { d.served <- s.Serve(ctx, line) }()
	t.Cleanup(func() {
		_ = till.Close()
		stop()
		synctest.Wait()
		if b.Links() != 0 {
			t.Errorf("%d links are open at the end, want 0", b.Links())
		}
	})
	return d
}

// send writes a raw line.
func (d *desk) send(line string) {
	d.t.Helper()
	if _, err := d.end.Write([]byte(line)); err != nil {
		d.t.Fatalf("send %q: %v", line, err)
	}
}

// next wants the next event to be an E.
func next[E native.Event](d *desk) E {
	d.t.Helper()
	e, err := d.event()
	if err != nil {
		d.t.Fatalf("listen: %v", err)
	}
	got, ok := e.(E)
	if !ok {
		d.t.Fatalf("the till heard %#v, want %T", e, got)
	}
	return got
}

// ready answers Look, as a lane without a payment.
func ready(_ payment.LinkID, a payment.Ask) []payment.Word {
	if _, ok := a.(payment.Look); ok {
		return []payment.Word{payment.LaneState{State: payment.LaneReady}}
	}
	return nil
}

func TestALinkIsAnnouncedByItsFirstMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		time.Sleep(time.Hour)
		d.send("\n\r\n  \n")
		if got := d.bridge.Quiet(); len(got) != 0 {
			t.Fatalf("before a message the bridge was asked %+v", got)
		}
		d.send(`{"type":"ping","n":41}` + "\n")
		if p := next[native.Pong](d); p.N != 41 || p.State != "ready" || p.Time.IsZero() {
			t.Errorf("pong = %+v, want 41, ready and the time", p)
		}
		if a := d.bridge.Next(t); a.Open == nil || *a.Open != (payment.Link{Lane: "lane-1"}) {
			t.Errorf("the bridge saw %+v first, want a plain link of lane-1", a)
		}
	})
}

func TestHelloDecidesHowTheLinkIsAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, func(_ payment.LinkID, a payment.Ask) []payment.Word {
			if _, ok := a.(payment.Look); ok {
				return []payment.Word{payment.LaneState{State: payment.LaneBusy, Open: &payment.Running{ID: "A7"}}}
			}
			return nil
		})
		d.send(`{"type":"hello","v":1,"probe":true}` + "\n")
		w := next[native.Welcome](d)
		if w.V != 1 || w.Terminal != "T03" || w.Mode != "test" || w.State != "busy" || w.Open == nil || *w.Open != "A7" || w.Limits.MaxAmount != 1000000 {
			t.Errorf("hello = %+v, want all about the terminal and the running A7", w)
		}
		first := d.bridge.Next(t)
		if first.Open == nil || !first.Open.Probe {
			t.Fatalf("the bridge saw %+v, want a link with probe", first)
		}
		d.send(`{"type":"hello","v":1}` + "\n")
		next[native.Welcome](d)
		terminaltest.Expect[payment.Look](t, d.bridge)
		second, gone := d.bridge.Next(t), d.bridge.Next(t)
		if second.Open == nil || second.Open.Probe || gone.Open != nil || gone.Link != first.Link {
			t.Errorf("the bridge saw %+v and %+v, want a link without probe, then the end of the first", second, gone)
		}
		if d.bridge.Links() != 1 {
			t.Errorf("%d links are open, want 1", d.bridge.Links())
		}
	})
}

// A serial line may be so slow that a message takes a minute; only one that does not move is given up.
func TestALongMessageLeavesOverASlowSerialLine(t *testing.T) {
	t.Parallel()
	for name, stops := range map[string]bool{"slow": false, "stopped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := terminaltest.NewBridge(nil)
				s := terminal.NewServer("lane-1", shop(), b, terminal.Options{})
				till, line := net.Pipe()
				lines := make(chan io.ReadWriteCloser, 1)
				lines <- line
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() {
					ended <- s.RunSerial(ctx, func() (io.ReadWriteCloser, error) {
						select {
						case l := <-lines:
							return l, nil
						default:
							return nil, io.ErrClosedPipe
						}
					})
				}()
				link := b.Next(t).Link
				b.Say(link, payment.Display{ID: "A1", QR: "https://pay.klarna.com/" + strings.Repeat("x", 8000)})
				said, chunk := 0, make([]byte, 12)
				for !stops || said == 0 { // 1200 baud
					time.Sleep(100 * time.Millisecond)
					n, err := till.Read(chunk)
					if said += n; err != nil || bytes.IndexByte(chunk[:n], '\n') >= 0 {
						break
					}
				}
				time.Sleep(5 * time.Minute)
				_, err := till.Write([]byte("\n"))
				if gone := err != nil; gone != stops || !stops && said < 8000 {
					t.Errorf("%d bytes arrived, and the link is gone: %t, want %t", said, gone, stops)
				}
				stop()
				_ = till.Close()
				if err := <-ended; err != nil {
					t.Errorf("RunSerial = %v, want nil", err)
				}
			})
		})
	}
}

func TestRow22ALineThatDoesNotEndClosesTheSocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		time.Sleep(time.Hour) // an idle till may stay
		began := time.Now()
		d.send("{")
		time.Sleep(9900 * time.Millisecond)
		d.send(`"`)
		if _, err := d.event(); err == nil {
			t.Fatal("the till was answered, want a closed link")
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("closed after %v, want 10s", took)
		}
	})
}

func TestALineThatEndsInTimeStopsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		for range 3 {
			d.send(`{"type":`)
			time.Sleep(9 * time.Second)
			d.send(`"ping"}` + "\n")
			next[native.Pong](d)
		}
		time.Sleep(time.Hour)
		d.send(`{"type":"ping"}` + "\n")
		next[native.Pong](d)
	})
}

func TestHeartbeatOnlyWhileAPaymentRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		d.send(`{"type":"hello","v":1,"keepalive_s":7}` + "\n")
		next[native.Welcome](d)
		link := d.bridge.Next(t).Link
		time.Sleep(time.Minute)
		began := time.Now()
		d.bridge.Say(link, payment.Accepted{ID: "A1"})
		next[native.Accepted](d)
		for range 3 {
			next[native.Alive](d)
		}
		if took := time.Since(began); took > 21*time.Second || took < 14*time.Second {
			t.Errorf("three heartbeats came after %v, want one every 7s", took)
		}
		d.bridge.Say(link, payment.Result{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined})
		next[native.Result](d)
		time.Sleep(time.Minute)
		d.send(`{"type":"ping"}` + "\n")
		next[native.Pong](d)
	})
}

func TestATillThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		words int
		after time.Duration
	}{
		"one word that nobody takes":    {1, 5 * time.Second},
		"more words than there is room": {600, 0}, // the writer may have taken as many as there is room for
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := serve(t, terminal.Options{}, nil)
				d.send(`{"type":"here","id":"A1"}` + "\n")
				link, _ := terminaltest.Expect[payment.Here](t, d.bridge)
				synctest.Wait()
				began := time.Now()
				for range tt.words {
					d.bridge.Say(link, payment.Cancelling{ID: "A1"}) // must not block
				}
				terminaltest.ExpectGone(t, d.bridge)
				if took := time.Since(began); took != tt.after {
					t.Errorf("cut off after %v, want %v", took, tt.after)
				}
			})
		})
	}
}

func TestStatusIsAnsweredByState(t *testing.T) {
	t.Parallel()
	told := payment.Result{
		ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610), Reference: "K7QX42ZD",
		At: time.Date(2026, 11, 20, 14, 33, 41, 123, time.UTC), Replay: true,
	}
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, nil)
		d.send(`{"type":"status","id":"A1"}` + "\n")
		link, _ := terminaltest.Expect[payment.Status](t, d.bridge)
		d.bridge.Say(link, payment.Progress{ID: "A1", Phase: payment.PhaseScanned})
		if s := next[native.State](d); s.ID != "A1" || s.Phase != "scanned" || s.Outcome != "" {
			t.Errorf("state = %+v, want scanned", s)
		}
		d.bridge.Say(link, payment.Progress{ID: "A1", Phase: payment.PhaseConfirming})
		next[native.Progress](d)

		d.send(`{"type":"status","last":true}` + "\n")
		if _, s := terminaltest.Expect[payment.Status](t, d.bridge); s != (payment.Status{Last: true}) {
			t.Errorf("the bridge was asked %+v, want the last", s)
		}
		fresh := told
		fresh.Replay = false
		d.bridge.Say(link, fresh) // happened meanwhile: the one result is a result
		if r := next[native.Result](d); r.Outcome != "approved" || r.Replay {
			t.Errorf("result = %+v, want approved for the first time", r)
		}
		d.bridge.Say(link, told)
		s := next[native.State](d)
		if s.Outcome != "approved" || !s.Replay || s.Amount != 1610 || s.At != time.Date(2026, 11, 20, 14, 33, 41, 0, time.UTC) {
			t.Errorf("state = %+v, want the replayed result with its first instant", s)
		}
		d.bridge.Say(link, told)
		next[native.Result](d)
	})
}

func TestAckOnWriteConfirmsWhatHasLeft(t *testing.T) {
	t.Parallel()
	approved := payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Amount: eur(1610)}
	givenBack := approved
	givenBack.GivenBack, givenBack.Replay = true, true
	returning := approved
	returning.Returning, returning.Replay = true, true
	late := payment.Update{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved}
	lateReturning, lateBack := late, late
	lateReturning.Returning, lateBack.GivenBack = true, true
	tests := map[string]struct {
		word  payment.Word
		lane  bool
		wants bool
	}{
		"an approval":                         {approved, true, true},
		"an approval as an update":            {late, true, true},
		"an approval that was given back":     {givenBack, true, false},
		"an approval that goes back":          {returning, true, false},
		"an update that goes back":            {lateReturning, true, false},
		"an update that was given back":       {lateBack, true, false},
		"a decline":                           {payment.Result{ID: "A1", Outcome: payment.Declined, Reason: payment.ReasonDeclined}, true, false},
		"a doubt":                             {payment.Result{ID: "A1", Outcome: payment.Unknown, Reason: payment.ReasonNoAnswer}, true, false},
		"an approval where the till confirms": {approved, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := serve(t, terminal.Options{AckOnWrite: tt.lane}, ready)
				d.send(`{"type":"here","id":"A1"}` + "\n")
				link, _ := terminaltest.Expect[payment.Here](t, d.bridge)
				d.bridge.Say(link, tt.word)
				synctest.Wait()
				if got := d.bridge.Quiet(); len(got) != 0 {
					t.Fatalf("before the till has read, the bridge was asked %+v", got)
				}
				if _, err := d.event(); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				var want []terminaltest.Asked
				if tt.wants {
					want = []terminaltest.Asked{{Link: link, Ask: payment.Confirm{ID: "A1", Outcome: payment.Approved, OK: true}}}
				}
				if got := d.bridge.Quiet(); !reflect.DeepEqual(got, want) {
					t.Errorf("after the write the bridge was asked %+v, want %+v", got, want)
				}
				d.bridge.Say(link, payment.Recorded{ID: "A1", Outcome: payment.Approved, OK: true})
				if tt.lane { // a till that cannot confirm hears nothing of it
					d.send(`{"type":"ping"}` + "\n")
					next[native.Pong](d)
				} else {
					next[native.Confirmed](d)
				}
			})
		})
	}
}

func TestATokenComesFirst(t *testing.T) {
	t.Parallel()
	o := terminal.Options{Token: secret.New("correct horse")}
	for name, line := range map[string]string{
		"a wrong token":       `{"type":"hello","v":1,"token":"battery"}`,
		"no token":            `{"type":"hello","v":1}`,
		"a payment before it": `{"type":"pay","id":"A1","amount":1,"currency":"EUR"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := serve(t, o, ready)
				d.send(line + "\n")
				if e := next[native.Error](d); e.Code != native.CodeNotAllowed {
					t.Errorf("error = %+v, want not_allowed", e)
				}
				if _, err := d.event(); err == nil {
					t.Error("the link is open, want it closed")
				}
				if got := d.bridge.Quiet(); len(got) != 0 {
					t.Errorf("the bridge was asked %+v, want nothing", got)
				}
			})
		})
	}
	t.Run("the right token opens the link for good", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := serve(t, o, ready)
			d.send(`{"type":"hello","v":1,"token":"correct horse"}` + "\n")
			next[native.Welcome](d)
			time.Sleep(time.Hour)
			d.send(`{"type":"ping"}` + "\n")
			next[native.Pong](d)
		})
	})
	t.Run("a till that says nothing is closed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := serve(t, o, ready)
			began := time.Now()
			if _, err := d.event(); err == nil || time.Since(began) != 10*time.Second {
				t.Errorf("after %v: %v, want a closed link after 10s", time.Since(began), err)
			}
		})
	})
}

func TestRow15AFloodOfQuestionsIsDelayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, func(_ payment.LinkID, a payment.Ask) []payment.Word {
			if s, ok := a.(payment.Status); ok {
				return []payment.Word{payment.Refusal{ID: s.ID, Reason: payment.ReasonNotFound}}
			}
			return nil
		})
		other := serve(t, terminal.Options{}, ready)
		const asked = 1000
		began := time.Now()
		go func() {
			for range asked {
				_, _ = d.end.Write([]byte(`{"type":"status","id":"A1"}` + "\n"))
			}
		}()
		for i := range asked {
			if e := next[native.Error](d); e.Code != native.CodeNotFound || e.ID != "A1" {
				t.Fatalf("answer %d = %+v, want not_found", i, e)
			}
			if i == asked/2 {
				at := time.Now()
				other.send(`{"type":"ping"}` + "\n")
				if next[native.Pong](other); time.Since(at) != 0 {
					t.Errorf("another lane waited %v, want not at all", time.Since(at))
				}
			}
		}
		if took := time.Since(began); took != 19*time.Second {
			t.Errorf("1,000 questions took %v, want 19s: a burst of 50, then 50 a second", took)
		}
	})
}

func TestTombstonesAreSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, nil)
		began := time.Now()
		for i := range 120 {
			d.send(fmt.Sprintf(`{"type":"cancel","id":"N%d"}`+"\n", i))
			terminaltest.Expect[payment.Cancel](t, d.bridge)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("120 cancels took %v, want 10s: a burst of 20, then 10 a second", took)
		}
	})
}

func TestBrokenLinesAreAnsweredOnceEach(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line string
		code native.Code
		id   string
		text string
	}{
		"row 7: major units":          {`{"type":"pay","id":"A1","amount":19.99,"currency":"EUR"}`, native.CodeBadRequest, "A1", "amount: expected integer minor units"},
		"row 10: no JSON":             {`pay 19.99`, native.CodeBadJSON, "", ""},
		"row 10: twice":               {`{"type":"pay","id":"A1","amount":1,"amount":2,"currency":"EUR"}`, native.CodeBadJSON, "", "twice"},
		"row 18: a wrong checksum":    {`{"type":"ping"}*00`, native.CodeBadJSON, "", "checksum"},
		"a line that is too long":     {strings.Repeat("x", 70000), native.CodeTooLarge, "", "65536"},
		"a lane of another currency":  {`{"type":"pay","id":"A1","amount":1610,"currency":"SEK"}`, native.CodeBadRequest, "A1", "currency"},
		"row 6: above the shop's cap": {`{"type":"pay","id":"A1","amount":1000001,"currency":"EUR"}`, native.CodeBadRequest, "A1", "amount"},
		"two session tokens":          {`{"type":"pay","id":"A1","amount":1,"currency":"EUR","klarna_network_session_token":"t","interoperability_token":"u"}`, native.CodeBadRequest, "A1", "klarna_network_session_token: expected the same as interoperability_token"},
		"a token of the customer":     {`{"type":"pay","id":"A1","amount":1,"currency":"EUR","customer_token":"t t"}`, native.CodeBadRequest, "A1", "customer_token: expected 1 to 64 visible ASCII characters"},
		"totals":                      {`{"type":"totals"}`, native.CodeNotAllowed, "", "not supported yet"},
		"a later version":             {`{"type":"hello","v":9}`, native.CodeUnsupportedVersion, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := serve(t, terminal.Options{}, ready)
				go func() { _, _ = d.end.Write([]byte(tt.line + "\n" + `{"type":"ping"}` + "\n")) }()
				e := next[native.Error](d)
				if e.Code != tt.code || e.ID != tt.id || !strings.Contains(e.Text, tt.text) {
					t.Errorf("error = %+v, want %q for %q with %q", e, tt.code, tt.id, tt.text)
				}
				next[native.Pong](d) // the link goes on
				for _, a := range d.bridge.Quiet() {
					if _, pays := a.Ask.(payment.Pay); pays {
						t.Errorf("the bridge was asked %+v, want no payment", a)
					}
				}
			})
		})
	}
}

func TestASocketOfNothingButGarbageIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := serve(t, terminal.Options{}, ready)
		go func() {
			for {
				if _, err := d.end.Write([]byte("GET / HTTP/1.1\r\n")); err != nil {
					return
				}
			}
		}()
		answers := 0
		for {
			if _, err := d.event(); err != nil {
				break
			}
			answers++
		}
		if answers != 64 {
			t.Errorf("%d broken lines were answered, want 64", answers)
		}
		if err := <-d.served; err == nil {
			t.Error("the end is no error, want one to log")
		}
	})
}

// oneTime opens each of the ends once, and then finds no device.
func oneTime(ends ...io.ReadWriteCloser) func() (io.ReadWriteCloser, error) {
	return func() (io.ReadWriteCloser, error) {
		if len(ends) == 0 {
			return nil, io.ErrNoProgress
		}
		first := ends[0]
		ends = ends[1:]
		return first, nil
	}
}

func TestRow21ASerialLineThatComesBackNeedsNoHello(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(ready)
		s := terminal.NewServer("lane-1", shop(), b, terminal.Options{})
		till1, line1 := net.Pipe()
		till2, line2 := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.RunSerial(ctx, oneTime(line1, line2)) }()

		if a := b.Next(t); a.Open == nil || a.Open.Probe {
			t.Fatalf("the bridge saw %+v, want the line at once", a)
		}
		d := &desk{nativeTill: &nativeTill{line: till1, checked: true}, t: t, bridge: b, end: till1}
		if err := d.say(native.Hello{V: 1, Probe: true}); err != nil {
			t.Fatal(err)
		}
		next[native.Welcome](d)
		b.Quiet()         // announced anew, with probe
		_ = till1.Close() // the adapter is pulled
		terminaltest.ExpectGone(t, b)
		again := b.Next(t)
		if again.Open == nil || !again.Open.Probe {
			t.Fatalf("the bridge saw %+v, want the line again, with probe", again)
		}
		b.Say(again.Link, payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Replay: true})
		var raw [512]byte
		n, err := till2.Read(raw[:])
		if err != nil || !bytes.Contains(raw[:n], []byte(`"replay":true}*`)) {
			t.Errorf("the till reads %q, %v, want the result again, with a checksum", raw[:n], err)
		}
		_ = till2.Close()
		time.Sleep(time.Hour) // no device: tried again for ever
		stop()
		if err := <-served; err != nil {
			t.Errorf("RunSerial: %v, want nil", err)
		}
	})
}

func TestRow17NoiseOnASerialLineIsGotOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(ready)
		s := terminal.NewServer("lane-1", shop(), b, terminal.Options{})
		till, line := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.RunSerial(ctx, oneTime(line)) }()
		d := &desk{nativeTill: &nativeTill{line: till}, t: t, bridge: b, end: till}

		d.send(`{"type":"pa`) // row 19: the rest never comes
		time.Sleep(4 * time.Second)
		d.send(`{"type":"ping","n":1}` + "\n")
		next[native.Pong](d)

		noise := bytes.Repeat([]byte{0xff, 0x00, '{', '\n'}, 20000)
		d.send(`{"type":"`) // and 80 KB of noise, more than is answered
		go func() {
			_, _ = till.Write(noise)
			_, _ = till.Write([]byte(`{"type":"ping","n":2}` + "\n"))
		}()
		answers := 0
		for {
			e, err := d.event()
			if err != nil {
				t.Fatalf("listen: %v", err)
			}
			if p, ok := e.(native.Pong); ok && p.N == 2 {
				break
			}
			answers++
		}
		if answers > 64 {
			t.Errorf("the noise got %d answers, want at most 64", answers)
		}

		d.send(strings.Repeat("x", 70000)) // too long, and no end
		next[native.Error](d)
		time.Sleep(4 * time.Second)
		d.send(`{"type":"ping","n":3}` + "\n")
		if p := next[native.Pong](d); p.N != 3 {
			t.Errorf("pong = %+v, want 3", p)
		}
		stop()
		next[native.Notice](d)
		if err := <-served; err != nil {
			t.Errorf("RunSerial: %v, want nil", err)
		}
	})
}

func TestAMistakeOfOursEndsOneLinkOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text lockedBuffer
		log := slog.New(slog.NewTextHandler(&text, nil))
		broken := func(_ payment.LinkID, a payment.Ask) []payment.Word {
			if p, ok := a.(payment.Pay); ok && p.ID == "boom" {
				panic("a mistake")
			}
			return ready(0, a)
		}
		d := serve(t, terminal.Options{Log: log}, broken)
		other := serve(t, terminal.Options{Log: log}, broken)
		d.send(`{"type":"pay","id":"boom","amount":1,"currency":"EUR"}` + "\n")
		if err := <-d.served; err == nil {
			t.Error("the link ended without an error")
		}
		if d.bridge.Links() != 0 {
			t.Error("the bridge still knows the link")
		}
		if !strings.Contains(text.String(), "a mistake") {
			t.Errorf("log = %s, want the mistake", text.String())
		}
		other.send(`{"type":"ping"}` + "\n")
		next[native.Pong](other)
	})
}

func TestAStopIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(ready)
		till, line := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- terminal.NewServer("lane-1", shop(), b, terminal.Options{}).Serve(ctx, line) }()
		d := &desk{nativeTill: &nativeTill{line: till}, t: t, bridge: b, end: till}
		d.send(`{"type":"here","id":"A1"}` + "\n")
		link, _ := terminaltest.Expect[payment.Here](t, b)
		b.Say(link, payment.Cancelling{ID: "A1"})
		stop()
		var said []string
		for {
			e, err := d.event()
			if err != nil {
				break
			}
			said = append(said, e.Type())
		}
		if want := []string{"cancelling", "notice"}; !reflect.DeepEqual(said, want) {
			t.Errorf("the till heard %q, want %q", said, want)
		}
		if err := <-served; err != nil || b.Links() != 0 {
			t.Errorf("Serve = %v with %d links open, want nil and none", err, b.Links())
		}
	})
}

// lockedBuffer is a log that tests may read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheWireTraceKeepsSecretsAndText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text lockedBuffer
		log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		d := serve(t, terminal.Options{Log: log, Token: secret.New("correct horse")}, ready)
		d.send(`{"type":"hello","v":1,"token":"correct horse","name":"Anna"}` + "\n")
		next[native.Welcome](d)
		d.send(`{"type":"pay","id":"A1 paid=yes","amount":1610,"currency":"EUR","ref":"4111 1111 1111 1111 Anna"}` + "\n")
		link, _ := terminaltest.Expect[payment.Look](t, d.bridge)
		_, paid := terminaltest.Expect[payment.Pay](t, d.bridge)
		if strings.Contains(paid.Order.Ref, "4111") {
			t.Errorf("row 70: the order's ref is %q, want the card number masked", paid.Order.Ref)
		}
		d.bridge.Say(link, payment.Display{ID: "A1", QR: "https://pay.klarna.com/secret-path"})
		next[native.Display](d)
		d.send("\x1b[2Jgarbage Anna\n")
		next[native.Error](d)
		got := text.String()
		for _, hidden := range []string{"horse", "Anna", "4111", "secret-path", "\x1b"} {
			if strings.Contains(got, hidden) {
				t.Errorf("the log shows %q", hidden)
			}
		}
		for _, shown := range []string{`name=pay`, `id="A1 paid=yes"`, "amount=1610", "name=display", "direction=in", "direction=out", "name=broken"} {
			if !strings.Contains(got, shown) {
				t.Errorf("row 69: the log lacks %s", shown)
			}
		}
	})
}

func TestASerialLineIsServedOnTheTokenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(ready)
		s := terminal.NewServer("lane-1", shop(), b, terminal.Options{Token: secret.New("correct horse")})
		till1, line1 := net.Pipe()
		till2, line2 := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.RunSerial(ctx, oneTime(line1, line2)) }()
		time.Sleep(time.Hour) // a till that is off does not make the line flap
		if got := b.Quiet(); len(got) != 0 {
			t.Fatalf("before the token the bridge was asked %+v", got)
		}
		d := &desk{nativeTill: &nativeTill{line: till1}, t: t, bridge: b, end: till1}
		d.send(`{"type":"hello","v":1,"token":"correct horse"}` + "\n")
		next[native.Welcome](d)
		_ = till1.Close()
		terminaltest.ExpectGone(t, b)
		if again := b.Next(t); again.Open == nil {
			t.Errorf("the bridge saw %+v, want the line again, without a new hello", again)
		}
		_ = till2.Close()
		stop()
		if err := <-served; err != nil {
			t.Errorf("RunSerial: %v, want nil", err)
		}
	})
}

// hasty says a word before Connect returns, as an engine may.
type hasty struct{ *terminaltest.Bridge }

func (h hasty) Connect(l payment.Link, hear func(payment.Word)) payment.LinkID {
	hear(payment.Result{ID: "A1", Outcome: payment.Approved, Reason: payment.ReasonApproved, Replay: true})
	time.Sleep(time.Second) // while the writer is at it
	return h.Bridge.Connect(l, hear)
}

func TestAWordThatComesBeforeTheLinkHasItsNumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := terminaltest.NewBridge(ready)
		d := connect(t, terminal.NewServer("lane-1", shop(), hasty{b}, terminal.Options{AckOnWrite: true}), b)
		d.send(`{"type":"here","id":"A1"}` + "\n")
		next[native.Result](d)
		for {
			a := b.Next(t)
			if c, ok := a.Ask.(payment.Confirm); ok {
				if a.Link != 1 || !c.OK {
					t.Errorf("the bridge was asked %+v, want a confirmation of link 1", a)
				}
				return
			}
		}
	})
}
