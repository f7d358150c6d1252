// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tillbridge/display"
	"tillbridge/payment"
)

// TestAnyKeyAsksForTime: whoever cannot aim at a button presses any key, and those that move the focus or
// press what has it do only that.
func TestAnyKeyAsksForTime(t *testing.T) {
	ctx := browser(t)
	wishes := make(chan string, 10)
	s := newStage(t, func(o *display.Options) {
		o.Look = shopLook
		o.MoreTime = func(payment.ID) { wishes <- "more time" }
		o.Cancel = func(payment.ID) { wishes <- "cancel" }
	})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	eventually(t, ctx, onScreen(display.ScreenIdle))
	eval[chromedp.Void](t, ctx, `window.sent = []; const send = WebSocket.prototype.send;
		WebSocket.prototype.send = function (text) { if (/more_time|cancel/.test(text)) sent.push(JSON.parse(text).type); send.call(this, text); }; void 0`)
	sent := func() string { return eval[string](t, ctx, "sent.join()") }

	do(t, ctx, chromedp.KeyEvent("x"))
	if got := sent(); got != "" {
		t.Errorf("a key at rest asks for %q, want nothing", got)
	}
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	do(t, ctx, chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Escape))
	if got := sent(); got != "" {
		t.Errorf("keys that move the focus ask for %q, want nothing", got)
	}
	do(t, ctx, chromedp.KeyEvent("5"))
	if got := <-wishes; got != "more time" || sent() != "more_time" {
		t.Errorf("a key asks for %q, and the engine heard %q; want more time, once", sent(), got)
	}
	do(t, ctx, chromedp.Focus(chromedp.ID("cancel")), chromedp.KeyEvent(kb.Enter))
	eventually(t, ctx, "!document.getElementById('sure').hidden")
	do(t, ctx, chromedp.KeyEvent("5"))
	if got := sent(); got != "more_time" {
		t.Errorf("keys at the question ask for %q, want nothing more", got)
	}

	expiring := waiting() // as far as Klarna lets it be
	expiring.Payment.Deadline = expiring.Payment.Request.ExpiresAt
	s.hub.Show(laneOne, expiring)
	eventually(t, ctx, "document.getElementById('more-time').hidden")
	do(t, ctx, chromedp.KeyEvent("5"))
	if got := sent(); got != "more_time" {
		t.Errorf("with no time to be had a key asks for %q, want nothing more", got)
	}
}

// TestLastSecondsOnThePhone: a countdown that nobody can stop is not shown to the customer who is busy
// with the phone, and one that can be is.
func TestLastSecondsOnThePhone(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, func(o *display.Options) { o.MoreTime = func(payment.ID) {} })
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	for name, test := range map[string]struct {
		left   time.Duration
		last   bool // no more time is to be had
		hidden bool
	}{
		"a minute, and more to be had":      {time.Minute, false, false},
		"a minute, and no more":             {time.Minute, true, false},
		"29 seconds, and more to be had":    {29 * time.Second, false, false},
		"29 seconds, and no more to be had": {29 * time.Second, true, true},
	} {
		scene := display.Scene{Payment: sale(payment.StateScanned), Left: test.left}
		scene.Payment.Reference = name
		if test.last {
			scene.Payment.Deadline = scene.Payment.Request.ExpiresAt
		}
		s.hub.Show(laneOne, scene)
		eventually(t, ctx, fmt.Sprintf("document.body.dataset.sale === %q && document.getElementById('clock').hidden === %t",
			payment.ShortCode(scene.Payment.Reference), test.hidden))
	}
}

// TestStaffCanBeAsked in every state in which a customer waits or does not know how to go on.
func TestStaffCanBeAsked(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, func(o *display.Options) { o.Look = shopLook })
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	for _, screen := range []display.Screen{display.ScreenScan, display.ScreenInProgress} {
		s.hub.Show(laneOne, sceneOf(screen))
		eventually(t, ctx, onScreen(screen)+" && document.getElementById('staff').getClientRects().length === 1 && document.getElementById('staff').textContent.includes('our staff')")
	}
	s.hub.Show(laneOne, display.Scene{Offline: true})
	eventually(t, ctx, onScreen(display.ScreenOffline)+" && document.getElementById('reference').textContent.includes('K1')")
	s.cut()
	eval[chromedp.Void](t, ctx, "void (skew = 6000)")
	eventually(t, ctx, "document.body.dataset.state === 'reconnecting' && document.getElementById('reference').textContent.includes('D1')")
}
