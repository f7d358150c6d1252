// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"tillbridge/display"
)

// A code that is encoded ahead is shown with its scene and not before, and never in place of another one.
func TestACodeIsEncodedAheadAndNotShown(t *testing.T) {
	t.Parallel()
	var plain *display.Code
	for _, tt := range []struct {
		name   string
		expect func(*bubble)
	}{
		{"as ever", func(*bubble) {}},
		{"its own", func(b *bubble) { b.hub.Expect(laneOne, waiting().Payment.Request.URL) }},
		{"another one's", func(b *bubble) { b.hub.Expect(laneOne, "https://pay.klarna.com/another") }},
		{"twice", func(b *bubble) {
			b.hub.Expect(laneOne, "https://pay.klarna.com/another")
			b.hub.Expect(laneOne, waiting().Payment.Request.URL)
		}},
		{"of a lane that nobody knows", func(b *bubble) { b.hub.Expect("lane-9", "https://pay.klarna.com/another") }},
		{"of a lane without a screen", func(b *bubble) { b.hub.Expect(laneTwo, "https://pay.klarna.com/another") }},
		{"too long for any code", func(b *bubble) { b.hub.Expect(laneOne, string(make([]byte, 10_000))) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, nil)
				s := b.join(t, laneOne)
				b.hub.Show(laneOne, sceneOf(display.ScreenAmount))
				synctest.Wait()
				s.last(t)
				tt.expect(b)
				synctest.Wait()
				if len(s.views) != 0 {
					t.Error("a view was sent before the scene")
				}
				b.hub.Show(laneOne, waiting())
				synctest.Wait()
				v := s.last(t)
				if plain == nil {
					plain = v.Code
				}
				if v.Code == nil || plain == nil || *v.Code != *plain {
					t.Errorf("the code is %v, want %v", v.Code, plain)
				}
				b.stop()
				b.hub.Expect(laneOne, "https://pay.klarna.com/late") // a hub that has stopped begins nothing
			})
		})
	}
}

// The scene that comes while its code is being encoded waits for it, and other lanes do not.
func TestASceneWaitsForItsOwnCodeAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		one, two := b.join(t, laneOne), b.join(t, laneTwo)
		for range 20 {
			b.hub.Expect(laneOne, "https://pay.klarna.com/"+strings.Repeat("x", 1000)) // much to encode first
		}
		b.hub.Expect(laneOne, waiting().Payment.Request.URL)
		b.hub.Show(laneOne, waiting())
		b.hub.Show(laneTwo, sceneOf(display.ScreenAmount))
		synctest.Wait()
		if v := one.last(t); v.State != display.ScreenScan || v.Code == nil {
			t.Errorf("lane one shows %s, code %t, want its code", v.State, v.Code != nil)
		}
		if v := two.last(t); v.State != display.ScreenAmount {
			t.Errorf("lane two shows %s, want amount", v.State)
		}
	})
}
