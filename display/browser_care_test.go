// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tillbridge/display"
	"tillbridge/payment"
)

// told waits until the lane's only screen has said this of itself.
func told(t *testing.T, ctx context.Context, s *stage, what string, fits func(display.Panel) bool) display.Panel {
	t.Helper()
	for ctx.Err() == nil {
		if panels := s.hub.Status(laneOne).Panels; len(panels) == 1 && fits(panels[0]) {
			return panels[0]
		}
		eval[int](t, ctx, "1") // the browser sets the pace
	}
	t.Fatalf("the screen never said %s: %+v", what, s.hub.Status(laneOne))
	return display.Panel{}
}

// TestCalibration: a bank card tells the page how large a millimetre is; from then on it knows whether
// its code is large enough for the shop's distance.
func TestCalibration(t *testing.T) {
	ctx := browser(t)
	var distance atomic.Int64
	distance.Store(500)
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			return display.Look{DistanceMM: int(distance.Load()), Languages: languages()}
		}
	})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.server.URL+"/display/lane-1?calibrate#"+tokens()[laneOne].Reveal()))
	eventually(t, ctx, "!document.getElementById('fit').hidden")
	told(t, ctx, s, "that it does not know its size", func(p display.Panel) bool { return p.Millimetres == 0 && p.Fits && p.Pixels >= 4 })
	before := eval[float64](t, ctx, "document.getElementById('fit-card').getBoundingClientRect().width")
	do(t, ctx, chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowLeft), chromedp.Click(chromedp.ID("fit-larger")))
	if after := eval[float64](t, ctx, "document.getElementById('fit-card').getBoundingClientRect().width"); after-before < 2.9 || after-before > 3.1 {
		t.Errorf("the frame grew by %v pixels, want 3", after-before)
	}
	// The 7 inch panel: 153 mm for 1024 pixels, so a card is 573 pixels wide.
	eval[chromedp.Void](t, ctx, `(() => {
		const card = document.getElementById('fit-card'), r = card.getBoundingClientRect(), middle = (r.left + r.right) / 2;
		card.setPointerCapture = () => {};
		const at = (type, x) => card.dispatchEvent(new PointerEvent(type, {clientX: x, clientY: r.top + 9, buttons: 1, pointerId: 1, bubbles: true}));
		at('pointerdown', r.right); at('pointermove', middle + 286.45); at('pointerup', middle + 286.45);
	})()`)
	screenshot(t, ctx, "calibration-1024x600")
	do(t, ctx, chromedp.Click(chromedp.ID("fit-save")))
	eventually(t, ctx, "document.getElementById('fit').hidden && location.search === ''")
	idle := told(t, ctx, s, "how large a code will be", func(p display.Panel) bool { return p.Millimetres > 0 })
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	drawn := told(t, ctx, s, "how large its code is", func(p display.Panel) bool { return p.Fits && p != idle })
	if drawn.Millimetres < 55 || drawn.Millimetres > 75 || idle.Millimetres < 50 {
		t.Errorf("the code is %v mm wide and was to be %v, want about 65 on this panel", drawn.Millimetres, idle.Millimetres)
	}
	width := eval[float64](t, ctx, "document.querySelector('#code svg').getBoundingClientRect().width * (1 - 8 / document.querySelector('#code svg').viewBox.baseVal.width)")
	if mm := width * 153 / 1024; mm < drawn.Millimetres-0.5 || mm > drawn.Millimetres+0.5 {
		t.Errorf("the page says %v mm, its picture has %v", drawn.Millimetres, mm)
	}

	distance.Store(1000) // the counter is deeper than this panel reaches
	s.hub.Show(laneOne, waiting())
	told(t, ctx, s, "that it is too small", func(p display.Panel) bool { return !p.Fits && p.Millimetres == drawn.Millimetres })
	distance.Store(200) // a phone this near would see only a part of so large a code: 80 mm at most
	s.hub.Show(laneOne, waiting())
	near := told(t, ctx, s, "that it fits", func(p display.Panel) bool { return p.Fits && p.Millimetres <= 80*37/45 })

	do(t, ctx, chromedp.Reload())
	eventually(t, ctx, codeShown)
	told(t, ctx, s, "its size after a fresh start", func(p display.Panel) bool { return p == near })
	press(t, ctx)
	if eval[bool](t, ctx, "!document.getElementById('fit').hidden") {
		t.Error("a customer's sale is covered by the calibration")
	}
}

func TestSoundIsOffUntilAskedFor(t *testing.T) {
	ctx := browser(t)
	var volume atomic.Int64
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look { return display.Look{Volume: int(volume.Load())} }
	})
	do(t, ctx, chromedp.Navigate(s.page()))
	eventually(t, ctx, onScreen(display.ScreenIdle))
	eval[chromedp.Void](t, ctx, `window.tones = []; window.AudioContext = class {
		constructor() { this.state = 'running'; this.currentTime = 0; this.destination = {}; }
		createGain() { return {gain: {setValueAtTime() {}, linearRampToValueAtTime(v) { if (v) tones[tones.length - 1] += '@' + v; }}, connect() {}}; }
		createOscillator() { const tone = {frequency: {}, connect() {}, start(at) { tone.at = at; }, stop(at) { tones[tones.length - 1] += (at - tone.at > 0.5 ? ' long' : ' short'); }}; tones.push('tone'); return tone; }
	}; void 0`)
	finish := func(n int, screen display.Screen, want string) {
		t.Helper()
		first, last := waiting(), sceneOf(screen)
		first.Payment.Reference = fmt.Sprintf("sale %d", n)
		last.Payment.Reference = first.Payment.Reference
		eval[chromedp.Void](t, ctx, "void (tones = [])")
		s.hub.Show(laneOne, first)
		eventually(t, ctx, onScreen(display.ScreenScan))
		s.hub.Show(laneOne, last)
		eventually(t, ctx, onScreen(screen))
		if got := eval[string](t, ctx, "tones.join()"); got != want {
			t.Errorf("%s at volume %d plays %q, want %q", screen, volume.Load(), got, want)
		}
	}
	finish(1, display.ScreenApproved, "")
	volume.Store(40)
	finish(2, display.ScreenApproved, "tone@0.4 short,tone@0.4 short")
	finish(3, display.ScreenDeclined, "tone@0.4 long")
	finish(4, display.ScreenFailed, "tone@0.4 long")
	finish(5, display.ScreenCancelled, "")
	if refused := eval[[]string](t, ctx, "refused"); len(refused) != 0 {
		t.Errorf("the page was refused %q", refused)
	}
}

// TestScreenAtRest: it dims, it is dark in the shop's night and only then, and whoever touches it or
// pays lights it.
func TestScreenAtRest(t *testing.T) {
	ctx := browser(t)
	var dark atomic.Value
	dark.Store(display.Hours{})
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			hours, _ := dark.Load().(display.Hours)
			return display.Look{Dark: hours}
		}
	})
	has := func(class string, want bool) string {
		return fmt.Sprintf("document.body.classList.contains(%q) === %t", class, want)
	}
	// The page begins at 21:30 of its day, whatever the time is here: at four it starts anew.
	evening := page.AddScriptToEvaluateOnNewDocumentParams{Source: "wall = new Date(date()).setHours(21, 30, 0, 0) - date();"}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, evening); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Navigate(s.page()))
	eventually(t, ctx, onScreen(display.ScreenIdle))
	eval[chromedp.Void](t, ctx, "void (skew = 11 * 60 * 1000)")
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, has("dim", true)+" && "+has("dark", false))
	if moved := eval[string](t, ctx, "document.querySelector('.lead').style.transform + document.querySelector('.foot').style.transform"); moved == "" {
		t.Error("nothing drifts at rest")
	}
	dark.Store(display.Hours{From: 20 * 60, Until: 7 * 60})
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, has("dark", true))
	do(t, ctx, chromedp.KeyEvent(kb.Shift))
	eventually(t, ctx, has("dark", false)+" && "+has("dim", false))
	eval[chromedp.Void](t, ctx, "void (skew += 11 * 60 * 1000)")
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, has("dark", true))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown+" && "+has("dark", false)+" && "+has("dim", false))
}

// TestPageStartsAnewAtNight, at rest only, and only if it can be had.
func TestPageStartsAnewAtNight(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, nil)
	do(t, ctx, chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	eval[chromedp.Void](t, ctx, "window.old = true; window.fetched = 0; const real = fetch; window.fetch = (...a) => { fetched++; return Promise.reject(new Error('no net')); }; void 0")
	eval[chromedp.Void](t, ctx, "void (wall = 30 * 3600 * 1000)") // past the next four o'clock, whatever it is now
	eventually(t, ctx, "document.getElementById('code').hidden")  // the sale's time is over by this clock
	if eval[int](t, ctx, "fetched") != 0 {
		t.Error("the page wants to start anew during a sale")
	}
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, "fetched === 1 && "+onScreen(display.ScreenIdle))
	if !eval[bool](t, ctx, "old") {
		t.Error("the page threw itself away although it cannot be had")
	}
	eval[chromedp.Void](t, ctx, "window.fetch = real; void (skew = 61000)")
	eventually(t, ctx, "!window.old && "+onScreen(display.ScreenIdle))
}

// TestTwoScreensOfOneLane show the same, each in its own language.
func TestTwoScreensOfOneLane(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, func(o *display.Options) { o.Look = shopLook })
	second, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	do(t, ctx, chromedp.Navigate(s.page()))
	do(t, second, chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	eventually(t, second, codeShown)
	do(t, second, chromedp.Click(chromedp.CSS("#languages button[lang=de]")))
	eventually(t, second, "document.documentElement.lang === 'de'")
	if lang := eval[string](t, ctx, "document.documentElement.lang"); lang != "en" {
		t.Errorf("the other screen speaks %s, want en", lang)
	}
	s.hub.Show(laneOne, sceneOf(display.ScreenInProgress))
	eventually(t, ctx, codeHidden+" && "+onScreen(display.ScreenInProgress))
	eventually(t, second, codeHidden+" && "+onScreen(display.ScreenInProgress))
}
