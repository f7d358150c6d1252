// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

func TestScreenGetsTheNewestViewOfItsLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		b.hub.Show(laneOne, sceneOf(display.ScreenAmount))
		one, two := b.join(t, laneOne), b.join(t, laneTwo)
		synctest.Wait()
		if v := one.last(t); v.State != display.ScreenAmount || v.Lane != laneOne || v.Version != "1.0.0" {
			t.Errorf("first view = %s of %s, want amount of lane-1", v.State, v.Lane)
		}
		if v := two.last(t); v.State != display.ScreenIdle || v.Lane != laneTwo {
			t.Errorf("other lane's view = %s of %s, want idle of lane-2", v.State, v.Lane)
		}
		b.hub.Show(laneOne, waiting())
		b.hub.Show("lane-9", waiting()) // a lane that nobody knows must not hurt
		synctest.Wait()
		if v := one.last(t); v.State != display.ScreenScan || v.Code == nil || v.SecondsLeft != 300 {
			t.Errorf("view = %s with code %v, want the scan with 300 s", v.State, v.Code != nil)
		}
		if len(two.views) != 0 {
			t.Error("I23: another lane's sale reached a screen")
		}
	})
}

func TestTimePassesWithoutTheEngine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		scene        display.Scene
		after        time.Duration
		until, since display.Screen // just before and just after
		title        string         // after
	}{
		"paid fades":           {sceneOf(display.ScreenApproved), 5 * time.Second, display.ScreenApproved, display.ScreenIdle, "Welcome"},
		"declined fades":       {sceneOf(display.ScreenDeclined), 8 * time.Second, display.ScreenDeclined, display.ScreenIdle, "Welcome"},
		"cancelled fades":      {sceneOf(display.ScreenCancelled), 4 * time.Second, display.ScreenCancelled, display.ScreenIdle, "Welcome"},
		"expired fades":        {sceneOf(display.ScreenExpired), 8 * time.Second, display.ScreenExpired, display.ScreenIdle, "Welcome"},
		"a code dies in time":  {display.Scene{Payment: sale(payment.StateWaiting), Fresh: true, Left: 7 * time.Second}, 7 * time.Second, display.ScreenScan, display.ScreenCancelling, "The time is over"},
		"a doubt asks staff":   {sceneOf(display.ScreenConfirming), 30 * time.Second, display.ScreenConfirming, display.ScreenConfirming, "Please ask our staff"},
		"known to be half old": {display.Scene{Payment: sale(payment.StateFinalizing), Since: 20 * time.Second}, 10 * time.Second, display.ScreenConfirming, display.ScreenConfirming, "Please ask our staff"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, nil)
				s := b.join(t, laneOne)
				b.hub.Show(laneOne, tt.scene)
				time.Sleep(tt.after - time.Millisecond)
				synctest.Wait()
				if v := s.last(t); v.State != tt.until {
					t.Errorf("before: %s, want %s", v.State, tt.until)
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if v := s.last(t); v.State != tt.since || v.Title != tt.title || v.Code != nil {
					t.Errorf("after: %s %q (code %v), want %s %q", v.State, v.Title, v.Code != nil, tt.since, tt.title)
				}
			})
		})
	}
}

// A confirming screen goes through three states of the payment; the customer has waited for all.
func TestWaitingCountsAcrossStatesOfOneScreen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		s := b.join(t, laneOne)
		for _, state := range []payment.State{payment.StateAccepted, payment.StateFinalizing, payment.StateApproved} {
			b.hub.Show(laneOne, display.Scene{Payment: sale(state)})
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if v := s.last(t); v.Title != "Please ask our staff" || v.Text != "Do not pay again." {
			t.Errorf("after 30 s: %q %q, want to ask staff and not to pay again", v.Title, v.Text)
		}
		other := sale(payment.StateFinalizing)
		other.Reference = "another"
		b.hub.Show(laneOne, display.Scene{Payment: other})
		synctest.Wait()
		if v := s.last(t); v.Title != "One moment" {
			t.Errorf("the next sale: %q, want to begin anew", v.Title)
		}
	})
}

func TestBeatsTellThatTheHubIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		s := b.join(t, laneOne)
		b.hub.Show(laneOne, waiting())
		synctest.Wait()
		s.last(t)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(s.views); n != 12 {
			t.Errorf("%d views in a minute with a code, want 12", n)
		}
		if v := s.last(t); v.SecondsLeft != 240 || v.BeatSeconds != 5 {
			t.Errorf("last view: %v s left, beat %d s, want 240 and 5", v.SecondsLeft, v.BeatSeconds)
		}
	})
}

func TestLanguageIsTheSocketsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, func(o *display.Options) { o.Look = shopLook })
		one, other := b.join(t, laneOne), b.join(t, laneOne)
		b.hub.Show(laneOne, waiting())
		one.say(t, map[string]string{"type": "lang", "lang": "de"})
		synctest.Wait()
		if a, b := one.last(t), other.last(t); a.Lang != "de" || b.Lang != "en" {
			t.Errorf("languages = %s and %s, want de and en", a.Lang, b.Lang)
		}
	})
}

func TestWishes(t *testing.T) {
	t.Parallel()
	code := payment.ShortCode(sale(payment.StateWaiting).Reference)
	tests := map[string]struct {
		scene display.Scene
		say   []string // kinds, a second apart if the name says so
		apart time.Duration
		shop  bool // the shop offers to cancel
		want  []string
	}{
		"more time for a code":                {waiting(), []string{"more_time"}, 0, false, []string{"more"}},
		"a cancel where it is offered":        {waiting(), []string{"cancel"}, 0, true, []string{"cancel"}},
		"a cancel where it is not":            {waiting(), []string{"cancel"}, 0, false, nil},
		"on the phone as well":                {sceneOf(display.ScreenInProgress), []string{"more_time"}, 0, false, []string{"more"}},
		"not before there is a code":          {sceneOf(display.ScreenAmount), []string{"more_time", "cancel"}, 2 * time.Second, true, nil},
		"not while it is decided":             {sceneOf(display.ScreenConfirming), []string{"more_time", "cancel"}, 2 * time.Second, true, nil},
		"not once it is paid":                 {sceneOf(display.ScreenApproved), []string{"cancel"}, 0, true, nil},
		"a nervous finger counts once":        {waiting(), []string{"more_time", "more_time", "more_time"}, 0, false, []string{"more"}},
		"a patient finger counts each time":   {waiting(), []string{"more_time", "more_time"}, time.Second, false, []string{"more", "more"}},
		"row 31: nothing else is ever passed": {waiting(), []string{"finalize", "confirm", "start", "paid"}, 0, true, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var got []string
				note := func(word string) func(payment.ID) {
					return func(id payment.ID) {
						mu.Lock()
						defer mu.Unlock()
						if id != (payment.ID{Lane: laneOne, Till: "4711"}) {
							word += " of " + id.String()
						}
						got = append(got, word)
					}
				}
				b := newBubble(t, func(o *display.Options) {
					o.Look = func(payment.LaneID) display.Look { return display.Look{MayCancel: tt.shop} }
					o.MoreTime, o.Cancel = note("more"), note("cancel")
				})
				s := b.join(t, laneOne)
				b.hub.Show(laneOne, tt.scene)
				for _, kind := range tt.say {
					s.say(t, map[string]string{"type": kind, "sale": code})
					time.Sleep(tt.apart)
				}
				s.say(t, map[string]string{"type": "cancel", "sale": "OLDONE"})
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if !slices.Equal(got, tt.want) {
					t.Errorf("passed on: %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []string
		b := newBubble(t, func(o *display.Options) {
			o.Presence = func(lane payment.LaneID, connected bool) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fmt.Sprintf("%s %v", lane, connected))
			}
		})
		silent := b.dial(t, laneTwo) // without a token it is no screen
		one, other := b.join(t, laneOne), b.join(t, laneOne)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 2 {
			t.Errorf("Connected(lane-1) = %d, want 2", n)
		}
		_ = one.conn.Close()
		synctest.Wait()
		_ = other.conn.Close()
		_ = silent.Close()
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 0 {
			t.Errorf("Connected(lane-1) = %d after both left, want 0", n)
		}
		mu.Lock()
		defer mu.Unlock()
		if want := []string{"lane-1 true", "lane-1 false"}; !slices.Equal(got, want) {
			t.Errorf("presence = %q, want %q", got, want)
		}
	})
}

func TestShownIsPassedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		took := make(chan time.Duration, 10)
		b := newBubble(t, func(o *display.Options) { o.Shown = func(_ payment.LaneID, d time.Duration) { took <- d } })
		s := b.join(t, laneOne)
		s.say(t, map[string]any{"type": "shown", "ms": 33})
		if got := <-took; got != 33*time.Millisecond {
			t.Errorf("shown after %s, want 33ms", got)
		}
	})
}

func TestTokenOpensItsLaneOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ first string }{
		"row 30: no token":                 {`{"type":"hello"}`},
		"row 30: an empty token":           {`{"type":"hello","token":""}`},
		"row 30: another lane's token":     {`{"type":"hello","token":"token-of-lane-two-0123456789"}`},
		"row 30: almost the token":         {`{"type":"hello","token":"token-of-lane-one-012345678"}`},
		"row 31: something before a hello": {`{"type":"more_time","token":"token-of-lane-one-0123456789"}`},
		"row 31: no JSON":                  {`hello`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, nil)
				b.hub.Show(laneOne, waiting())
				s := listen(t, b.dial(t, laneOne))
				_ = s.conn.WriteMessage(websocket.TextMessage, []byte(tt.first))
				if code := s.closed(); code != websocket.ClosePolicyViolation {
					t.Errorf("closed with %d, want 1008", code)
				}
				if len(s.views) != 0 {
					t.Error("a view was sent before the token")
				}
			})
		})
	}
}

func TestSilenceBeforeTheTokenEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		s := listen(t, b.dial(t, laneOne))
		start := time.Now()
		s.closed()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("a socket without a hello ended after %s, want 5s", took)
		}
	})
}

func TestRotationClosesSocketsWithTheOldToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		one, two := b.join(t, laneOne), b.join(t, laneTwo)
		synctest.Wait()
		changed := tokens()
		changed[laneOne] = secret.New("a-new-token-0123456789012345")
		b.hub.SetTokens(changed)
		if code := one.closed(); code != websocket.ClosePolicyViolation {
			t.Errorf("row 30: old token: closed with %d, want 1008", code)
		}
		synctest.Wait()
		if b.hub.Connected(laneTwo) != 1 || len(two.ended) != 0 {
			t.Error("the other lane's screen must stay")
		}
		again := b.join(t, laneOne) // still with the old one
		if code := again.closed(); code != websocket.ClosePolicyViolation {
			t.Errorf("row 30: old token: closed with %d, want 1008", code)
		}
		delete(changed, laneTwo)
		b.hub.SetTokens(changed)
		if code := two.closed(); code != websocket.ClosePolicyViolation {
			t.Errorf("a lane without a token: closed with %d, want 1008", code)
		}
	})
}

func TestAtMostFourScreensPerToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		var all []*screen
		for range 4 {
			all = append(all, b.join(t, laneOne))
		}
		synctest.Wait()
		if code := b.join(t, laneOne).closed(); code != websocket.CloseTryAgainLater {
			t.Errorf("the fifth screen: closed with %d, want 1013", code)
		}
		_ = all[0].conn.Close()
		synctest.Wait()
		b.join(t, laneOne)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 4 {
			t.Errorf("Connected = %d after one left and one came, want 4", n)
		}
	})
}

func TestDeadLineIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		switchedOff := b.dial(t, laneOne)
		switchedOff.SetPingHandler(func(string) error { return nil })
		living, dead := b.join(t, laneOne), b.enter(t, switchedOff, laneOne)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 2 {
			t.Errorf("Connected = %d after 59 s, want 2", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 1 || len(dead.ended) != 1 {
			t.Errorf("Connected = %d after 61 s, want only the living", n)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if b.hub.Connected(laneOne) != 1 || len(living.ended) != 0 {
			t.Error("a screen that answers pings must stay")
		}
	})
}

// Row 32: a screen that never reads is dropped after 5 s, and Show never waits for it.
func TestScreenThatNeverReadsIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		frozen := b.dial(t, laneOne)
		if err := frozen.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","token":"token-of-lane-one-0123456789"}`)); err != nil {
			t.Fatal(err)
		}
		good := b.join(t, laneOne)
		synctest.Wait()
		start := time.Now()
		for range 1000 {
			b.hub.Show(laneOne, waiting())
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("row 32: Show waited %s for a frozen screen", took)
		}
		synctest.Wait()
		if v := good.last(t); v.State != display.ScreenScan {
			t.Errorf("the other screen shows %s, want the scan", v.State)
		}
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 1 {
			t.Errorf("row 32: Connected = %d after 5 s, want 1", n)
		}
	})
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		send func(c *websocket.Conn) error
		code int // -1: it stays open
	}{
		"row 31: paid":               {func(c *websocket.Conn) error { return c.WriteJSON(map[string]any{"paid": true}) }, -1},
		"row 31: a frame over 4 KiB": {func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, make([]byte, 4097)) }, websocket.CloseMessageTooBig},
		"row 31: a frame of 4 KiB":   {func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, make([]byte, 4096)) }, -1},
		"row 31: 5 MiB":              {func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, make([]byte, 5<<20)) }, websocket.CloseMessageTooBig},
		"row 31: bad UTF-8": {func(c *websocket.Conn) error {
			return c.WriteMessage(websocket.TextMessage, []byte("{\"type\":\"\xff\"}"))
		}, websocket.CloseInvalidFramePayloadData},
		"row 31: binary":                   {func(c *websocket.Conn) error { return c.WriteMessage(websocket.BinaryMessage, []byte("{}")) }, websocket.CloseUnsupportedData},
		"row 31: 1000 messages at once":    {flood(func(c *websocket.Conn) error { return c.WriteMessage(websocket.TextMessage, []byte("{}")) }), websocket.ClosePolicyViolation},
		"row 31: 1000 pings at once":       {flood(func(c *websocket.Conn) error { return c.WriteControl(websocket.PingMessage, nil, time.Time{}) }), websocket.ClosePolicyViolation},
		"row 31: fragments without an end": {fragments, websocket.CloseAbnormalClosure},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				touched := func(id payment.ID) { t.Errorf("the engine heard of %s", id) }
				b := newBubble(t, func(o *display.Options) { o.MoreTime, o.Cancel = touched, touched })
				b.hub.Show(laneOne, waiting())
				s := b.join(t, laneOne)
				synctest.Wait()
				_ = tt.send(s.conn) // the hub may hang up in the middle
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if open := b.hub.Connected(laneOne) == 1; open != (tt.code == -1) {
					t.Fatalf("open = %v, want %v", open, tt.code == -1)
				}
				if tt.code == -1 {
					return
				}
				if code := s.closed(); code != tt.code {
					t.Errorf("closed with %d, want %d", code, tt.code)
				}
			})
		})
	}
}

func flood(one func(*websocket.Conn) error) func(*websocket.Conn) error {
	return func(c *websocket.Conn) error {
		for range 1000 {
			if err := one(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// fragments begins a message, and goes on with nothing for as long as it is let (RFC 6455 §5.4).
func fragments(c *websocket.Conn) error {
	raw := c.NetConn()
	if _, err := raw.Write([]byte{0x01, 0x80, 0, 0, 0, 0}); err != nil {
		return err
	}
	for {
		if _, err := raw.Write([]byte{0x00, 0x80, 0, 0, 0, 0}); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Row 63: stopping takes its second even where a screen takes no goodbye.
func TestStoppingSaysGoodbyeAndCutsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		open, mute := b.join(t, laneOne), listen(t, b.dial(t, laneTwo))
		frozen := b.dial(t, laneOne)
		_ = frozen.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","token":"token-of-lane-one-0123456789"}`))
		synctest.Wait()
		start := time.Now()
		b.stop()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("Run took %s to end", took)
		}
		for name, s := range map[string]*screen{"a screen": open, "one without a token yet": mute} {
			if code := s.closed(); code != websocket.CloseGoingAway {
				t.Errorf("%s: closed with %d, want 1001", name, code)
			}
		}
		if n := b.hub.Connected(laneOne); n != 0 {
			t.Errorf("Connected = %d after the end", n)
		}
		if status := b.status(t, laneOne); status != http.StatusServiceUnavailable {
			t.Errorf("a socket after the end: %d, want 503", status)
		}
	})
}
