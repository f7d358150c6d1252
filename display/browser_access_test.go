// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tillbridge/display"
	"tillbridge/payment"
)

// axeVersion is pinned: a newer one finds other things.
const axeVersion = "axe-core@4.10.3"

// axe fetches axe-core from npm into a folder of the test, or skips it. It is never part of this project.
func axe(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is missing: axe-core does not look at the page")
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	dir := t.TempDir()
	pack := exec.CommandContext(ctx, npm, "pack", "--silent", "--cache", filepath.Join(dir, "cache"), axeVersion)
	pack.Dir = dir
	out, err := pack.CombinedOutput()
	if err != nil {
		t.Skipf("npm does not give %s, so it does not look at the page: %v\n%s", axeVersion, err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "axe-core-*.tgz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("npm pack made %q, %v", files, err)
	}
	packed, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	script, err := unpacked(packed, "package/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// unpacked is one file of a .tgz.
func unpacked(packed []byte, name string) (string, error) {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	archive := tar.NewReader(plain)
	for {
		switch header, err := archive.Next(); {
		case errors.Is(err, io.EOF):
			return "", fmt.Errorf("%s: not there", name)
		case err != nil:
			return "", err
		case header.Name == name:
			b, err := io.ReadAll(archive)
			return string(b), err
		}
	}
}

// everyState visits each state that the page can be in, its own and its panels included.
func everyState(t *testing.T, ctx context.Context, s *stage, look func(name string)) {
	t.Helper()
	for _, screen := range display.Screens() {
		s.hub.Show(laneOne, sceneOf(screen))
		eventually(t, ctx, onScreen(screen))
		look(string(screen))
	}
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	do(t, ctx, chromedp.Click(chromedp.ID("cancel")))
	eventually(t, ctx, "!document.getElementById('sure').hidden")
	look("sure")
	do(t, ctx, chromedp.Click(chromedp.ID("cancel-no")), chromedp.Click(chromedp.ID("more-languages")))
	eventually(t, ctx, "!document.getElementById('others').hidden")
	look("languages")
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, onScreen(display.ScreenIdle))
	press(t, ctx)
	eventually(t, ctx, "!document.getElementById('fit').hidden")
	look("calibration")
	do(t, ctx, chromedp.KeyEvent(kb.Escape))
	s.cut()
	eval[chromedp.Void](t, ctx, "void (skew += 6000)")
	eventually(t, ctx, "document.body.dataset.state === 'reconnecting'")
	look("reconnecting")
}

// press is Alt, Shift and C, by which staff begin to calibrate.
func press(t *testing.T, ctx context.Context) {
	t.Helper()
	eval[chromedp.Void](t, ctx, "void document.dispatchEvent(new KeyboardEvent('keydown', {altKey: true, shiftKey: true, code: 'KeyC', key: 'C', bubbles: true}))")
}

// accessible is a stage with everything on it that can be touched.
func accessible(t *testing.T, colours display.Colours) *stage {
	t.Helper()
	return newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			return display.Look{Name: "Corner Shop", Languages: []string{"en", "de", "fr", "pl", "fi"}, MayCancel: true, Colours: colours}
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
}

func TestAxeFindsNothing(t *testing.T) {
	script := axe(t)
	ctx := browser(t)
	s := accessible(t, display.Colours{})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	eval[chromedp.Void](t, ctx, script+";void 0")
	everyState(t, ctx, s, func(name string) {
		eval[chromedp.Void](t, ctx, `window.found = null; void axe.run(document, {resultTypes: ['violations']}).then((r) => {
			window.found = r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' '));
		}, (e) => { window.found = [String(e)]; })`)
		eventually(t, ctx, "window.found !== null")
		for _, violation := range eval[[]string](t, ctx, "window.found") {
			t.Errorf("%s: %s", name, violation)
		}
	})
}

// TestContrastAndTargets computes what WCAG 2.2 AA asks (1.4.3, 1.4.11, 2.5.8) of every word and button
// in every state, in the page's colours and in two of a shop's.
func TestContrastAndTargets(t *testing.T) {
	ctx := browser(t)
	for name, colours := range map[string]display.Colours{
		"the page's own": {},
		"dark":           {Background: "#101820", Text: "#f4f1ea", Accent: "#ffd166"},
		"pink":           {Background: "#ffb3c7", Text: "#0b051d", Accent: "#0b051d"},
	} {
		s := accessible(t, colours)
		do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
		everyState(t, ctx, s, func(state string) {
			for _, bad := range eval[[]string](t, ctx, contrasts) {
				t.Errorf("%s, %s: %s", name, state, bad)
			}
			for _, bad := range eval[[]string](t, ctx, targets) {
				t.Errorf("%s, %s: %s", name, state, bad)
			}
		})
	}
}

const (
	// contrasts names the words that stand out too little from the ground behind them.
	contrasts = `(() => {
		const rgb = (c) => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
		const light = (c) => { const f = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
		const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0.99) return c; } return [255, 255, 255]; };
		const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
		const bad = [];
		const panel = document.querySelector('.panel:not([hidden])');
		for (const e of (panel || document.body).querySelectorAll('p, h1, h2, li, b, span, button, code')) {
			const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
			const style = getComputedStyle(e);
			if (!words || !e.getClientRects().length || style.visibility === 'hidden' || e.closest('.unseen')) continue;
			const r = ratio(rgb(style.color), ground(e));
			if (r < 4.5) bad.push(e.outerHTML.slice(0, 60) + ' has ' + r.toFixed(2) + ', wants 4.5');
			if (e.matches('li')) {
				const mark = getComputedStyle(e, '::before'), m = ratio(rgb(mark.color), rgb(mark.backgroundColor));
				if (m < 4.5) bad.push('a number has ' + m.toFixed(2) + ', wants 4.5');
			}
		}
		for (const e of document.querySelectorAll('#icon [class=mark], #icon [class=tone], #icon [class=dot], #icon [class=fill]')) {
			const under = document.querySelector('#icon .solid, #icon .fill');
			const inside = under ? rgb(getComputedStyle(under).fill) : ground(document.getElementById('icon').parentElement);
			const r = ratio(rgb(getComputedStyle(e).stroke), inside);
			if (r < 3) bad.push('a stroke of the icon has ' + r.toFixed(2) + ', wants 3');
		}
		return bad;
	})()`

	// targets names the buttons that a finger misses: 44 pixels, more than the 24 of WCAG 2.2, 2.5.8.
	targets = `[...document.querySelectorAll('button')].filter((b) => b.getClientRects().length).map((b) => [b, b.getBoundingClientRect()])
		.filter(([b, r]) => r.width < 44 || r.height < 44).map(([b, r]) => b.outerHTML.slice(0, 60) + ' is ' + r.width + 'x' + r.height)`
)

// TestKeyboardAndScreenReader: whatever can be touched can be reached by keys, and what changes is said.
func TestKeyboardAndScreenReader(t *testing.T) {
	ctx := browser(t)
	s := accessible(t, display.Colours{})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	var order []string
	for range 6 {
		do(t, ctx, chromedp.KeyEvent(kb.Tab))
		order = append(order, eval[string](t, ctx, "document.activeElement.id || document.activeElement.lang"))
	}
	if want := []string{"more-time", "cancel", "en", "de", "fr", "more-languages"}; !slices.Equal(order, want) {
		t.Errorf("Tab visits %q, want %q", order, want)
	}
	do(t, ctx, chromedp.KeyEvent(kb.Enter))
	eventually(t, ctx, "!document.getElementById('others').hidden")
	for range 12 {
		do(t, ctx, chromedp.KeyEvent(kb.Tab))
		if !eval[bool](t, ctx, "document.activeElement.closest('#others') !== null") {
			t.Fatal("the focus leaves an open panel")
		}
	}
	do(t, ctx, chromedp.KeyEvent(kb.Escape))
	eventually(t, ctx, "document.getElementById('others').hidden && document.activeElement.id === 'more-languages'")

	if said := eval[string](t, ctx, "document.getElementById('polite').textContent"); !strings.Contains(said, "Scan to pay with Klarna. €16.10. Open the camera") {
		t.Errorf("a screen reader says %q", said)
	}
	names := tree(t, ctx)
	for _, want := range []string{"heading Scan to pay with Klarna", "image Code for paying with Klarna. Scan it with your phone.", "button More time", "button Cancel", "button More languages", "main ", "banner ", "contentinfo "} {
		if !slices.Contains(names, want) {
			t.Errorf("the accessibility tree has no %q in %q", want, names)
		}
	}
	s.hub.Show(laneOne, sceneOf(display.ScreenDeclined))
	eventually(t, ctx, onScreen(display.ScreenDeclined))
	if said := eval[string](t, ctx, "document.getElementById('urgent').textContent"); !strings.HasPrefix(said, "Not approved") {
		t.Errorf("a failure is said as %q, want at once", said)
	}
}

// tree is role and name of everything in the accessibility tree.
func tree(t *testing.T, ctx context.Context) []string {
	t.Helper()
	all, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range all.Nodes {
		if n.Role == nil || n.Ignored {
			continue
		}
		name := ""
		if n.Name != nil {
			name = strings.Trim(string(n.Name.Value), `"`)
		}
		names = append(names, strings.Trim(string(n.Role.Value), `"`)+" "+name)
	}
	return names
}
