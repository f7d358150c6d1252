// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/display"
	"tillbridge/payment"
)

// numbered is the n-th sale in a state.
func numbered(n int, state payment.State) display.Scene {
	p := sale(state)
	p.Reference = fmt.Sprintf("sale-%d", n)
	return display.Scene{Payment: p, Fresh: true, Left: 5 * time.Minute}
}

func TestScansAreMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newBubble(t, func(o *display.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		s := b.join(t, laneOne)
		scan := func(n int, after time.Duration, end payment.State) {
			first := numbered(n, payment.StateWaiting)
			b.hub.Show(laneOne, first)
			shown := map[string]any{"type": "shown", "sale": payment.ShortCode(first.Payment.Reference), "ms": 1}
			s.say(t, shown)
			synctest.Wait()
			time.Sleep(after / 2)
			s.say(t, shown) // a second screen, or one that came back: the first counts
			synctest.Wait()
			time.Sleep(after / 2)
			b.hub.Show(laneOne, numbered(n, end))
			b.hub.Show(laneOne, numbered(n, payment.StateWaiting)) // the phone lets go, and scans again
			b.hub.Show(laneOne, numbered(n, payment.StateScanned))
			b.hub.Show(laneOne, numbered(n, payment.StateCancelled))
		}
		synctest.Wait()
		if got := b.hub.Status(laneOne); got.Connected != 1 || got.Scans != 0 || got.Median != 0 {
			t.Errorf("before a scan: %+v", got)
		}
		scan(1, 4*time.Second, payment.StateScanned)
		scan(2, 8*time.Second, payment.StateAccepted)
		scan(3, 6*time.Second, payment.StateFinalizing)
		if got := b.hub.Status(laneOne); got.Scans != 3 || got.Median != 6*time.Second {
			t.Errorf("after three scans: %d, median %s, want 3 and 6s", got.Scans, got.Median)
		}
		scan(4, 40*time.Second, payment.StateCancelled)
		scan(5, 40*time.Second, payment.StateExpired)
		if got := b.hub.Status(laneOne); got.Scans != 3 {
			t.Errorf("what nobody scanned counts: %d scans, want 3", got.Scans)
		}
		for n := range 20 {
			scan(100+n, 2*time.Second, payment.StateScanned)
		}
		if got := b.hub.Status(laneOne); got.Scans != 20 || got.Median != 2*time.Second {
			t.Errorf("after many: %d scans, median %s, want the last 20 and 2s", got.Scans, got.Median)
		}
		synctest.Wait()
		if n := strings.Count(log.String(), "code scanned"); n != 23 {
			t.Errorf("%d scans in the log, want 23", n)
		}
	})
}

func TestShownOfAnotherSaleMeasuresNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		s := b.join(t, laneOne)
		b.hub.Show(laneOne, numbered(1, payment.StateWaiting))
		for _, other := range []string{"", "no sale of ours", payment.ShortCode("sale-2")} {
			s.say(t, map[string]any{"type": "shown", "sale": other, "ms": 1})
		}
		synctest.Wait()
		time.Sleep(time.Second)
		b.hub.Show(laneOne, numbered(1, payment.StateScanned))
		if got := b.hub.Status(laneOne); got.Scans != 0 {
			t.Errorf("%d scans, want none", got.Scans)
		}
	})
}

func TestScreensTellHowLargeTheyAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := newBubble(t, func(o *display.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		one, other := b.join(t, laneOne), b.join(t, laneOne)
		b.join(t, laneOne) // says nothing
		one.say(t, map[string]any{"type": "screen", "mm": 71.5, "px": 9, "fits": true})
		for range 3 {
			other.say(t, map[string]any{"type": "screen", "mm": 31, "px": 4, "fits": false})
		}
		synctest.Wait()
		want := []display.Panel{{Millimetres: 31, Pixels: 4}, {Millimetres: 71.5, Pixels: 9, Fits: true}}
		if got := b.hub.Status(laneOne); got.Connected != 3 || !slices.Equal(got.Panels, want) {
			t.Errorf("Status = %+v, want %v of three screens", got, want)
		}
		if n := strings.Count(log.String(), "too small"); n != 1 {
			t.Errorf("staff are told %d times, want once", n)
		}
		if got := b.hub.Status(laneTwo); got.Connected != 0 || got.Panels != nil {
			t.Errorf("another lane: %+v", got)
		}
		if got := b.hub.Status("nobody's"); got.Connected != 0 {
			t.Errorf("no lane: %+v", got)
		}
	})
}

func TestCodeMM(t *testing.T) {
	t.Parallel()
	for distance, want := range map[int]int{300: 39, 500: 65, 700: 91, 1000: 130, 0: 0} {
		if got := display.CodeMM(distance); got != want {
			t.Errorf("CodeMM(%d) = %d, want %d", distance, got, want)
		}
	}
}

// A browser answers pings although its page hangs: the lane must not count such a screen.
func TestPageThatHangsIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		old, page := b.join(t, laneOne), b.join(t, laneOne)
		for range 10 {
			page.say(t, map[string]string{"type": "beat"})
			time.Sleep(60 * time.Second) // a page in the background is woken once a minute
		}
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 2 {
			t.Fatalf("Connected = %d while the page beats, want 2", n)
		}
		time.Sleep(16 * time.Second)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 1 || len(page.ended) != 1 {
			t.Errorf("Connected = %d after 76 s without a beat, want 1", n)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(old.ended) != 0 {
			t.Error("a page of an older version, which never beats, must stay")
		}
	})
}
