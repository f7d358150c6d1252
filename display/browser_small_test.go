// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"tillbridge/display"
	"tillbridge/payment"
)

// covered names what lies over the code's card, or outside of the window, of all that the scan shows.
const covered = `(() => {
	const card = document.querySelector("#code .card").getBoundingClientRect();
	const bad = [];
	for (const part of document.querySelectorAll(".top p, .amount, h1, #steps li, .clock, .actions button, .languages button, .staff")) {
		const r = part.getBoundingClientRect();
		if (!r.width || getComputedStyle(part).visibility === "hidden") continue;
		const name = part.id || part.className || part.tagName;
		if (r.left < card.right - 1 && r.right > card.left + 1 && r.top < card.bottom - 1 && r.bottom > card.top + 1) bad.push(name + " over the code");
		if (r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1) bad.push(name + " outside");
	}
	if (card.left < 0 || card.top < 0 || card.right > innerWidth || card.bottom > innerHeight) bad.push("card outside");
	return bad.join(", ");
})()`

// On every screen that a shop may hang up the code stands free, and the amount can be read.
func TestTheCodeStandsFreeOnSmallScreens(t *testing.T) {
	ctx := browser(t)
	var first atomic.Value // the language that a screen begins with
	first.Store("en")
	s := newStage(t, func(o *display.Options) {
		o.Look = func(lane payment.LaneID) display.Look {
			look := shopLook(lane)
			if first.Load() == "de" {
				look.Languages = []string{"de", "en"}
			}
			return look
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
	for _, lang := range languages() {
		first.Store(lang)
		for _, size := range [][2]int64{
			{320, 480},
			{360, 640},
			{375, 667},
			{480, 800},
			{600, 1024},
			{480, 320},
			{640, 480},
			{667, 375},
			{800, 480},
			{1024, 600},
			{1280, 400},
			{1920, 480},
		} {
			do(t, ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate("about:blank"), chromedp.Navigate(s.page()))
			s.hub.Show(laneOne, sceneOf(display.ScreenScan))
			eventually(t, ctx, onScreen(display.ScreenScan)+fmt.Sprintf(" && document.documentElement.lang === %q", lang))
			if bad := eval[string](t, ctx, covered); bad != "" {
				t.Errorf("%dx%d in %s: %s", size[0], size[1], lang, bad)
				screenshot(t, ctx, fmt.Sprintf("small-%dx%d-%s", size[0], size[1], lang))
			}
		}
	}
}
