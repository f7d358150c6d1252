// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	"tillbridge/display"
	"tillbridge/payment"
)

// browserLimit bounds a test that a browser does not finish; nothing is asserted about time.
const browserLimit = 90 * time.Second

// watch is put into every page before its own script: it notes what a security policy refused, and
// lets a test move the page's two clocks.
const watch = `window.refused = []; window.skew = 0; window.wall = 0;
const clock = performance.now.bind(performance), date = Date.now;
performance.now = () => clock() + skew;
Date.now = () => date() + wall;
document.addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective + ' ' + e.blockedURI));
addEventListener('error', (e) => refused.push('error ' + e.message));`

// browser starts one headless browser for a test, or skips it.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no browser is started")
	}
	name := ""
	for _, candidate := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(candidate); err == nil {
			name = path
			break
		}
	}
	if name == "" {
		t.Skip("no browser (package chromium): the page is not looked at")
	}
	limited, stop := context.WithTimeout(context.Background(), browserLimit)
	t.Cleanup(stop)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(name), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-device-scale-factor", "1"), chromedp.Flag("lang", "en-US"),
		chromedp.Flag("force-prefers-reduced-motion", true))
	allocated, stopBrowser := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stopBrowser)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	do(t, ctx)
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a JavaScript condition holds.
func eventually(t *testing.T, ctx context.Context, condition string) {
	t.Helper()
	poll := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(0))
	_, err := chromedp.Run(ctx, poll)
	for err != nil && ctx.Err() == nil { // a page that loads itself anew takes the poll with it
		_, err = chromedp.Run(ctx, poll)
	}
	if err != nil {
		said, _ := chromedp.Run(context.WithoutCancel(ctx), chromedp.Evaluate[string]("document.body.outerHTML"))
		t.Fatalf("the page never came to %s: %v\n%s", condition, err, said)
	}
}

func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func onScreen(screen display.Screen) string {
	return fmt.Sprintf("document.body && document.body.dataset.state === %q", string(screen))
}

const (
	codeShown  = "!document.getElementById('code').hidden && document.querySelectorAll('#code svg path').length === 2"
	codeHidden = "document.getElementById('code').hidden && document.querySelectorAll('#code *').length === 0"
)

// screenshot also keeps the picture as an artifact (go test -artifacts -outputdir=DIR).
func screenshot(t *testing.T, ctx context.Context, name string) string {
	t.Helper()
	b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.ArtifactDir(), name+".png")
	if err = os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// scanned reads the code in a picture with an independent decoder.
func scanned(t *testing.T, file string) string {
	t.Helper()
	zbarimg, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is missing (package zbar-tools): the code on the screen is not decoded")
	}
	out, err := exec.CommandContext(t.Context(), zbarimg, "--quiet", "--raw", file).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(out), "\n")
}

func languages() []string { return []string{"en", "de"} }

func shopLook(payment.LaneID) display.Look {
	return display.Look{Name: "Corner Shop", Languages: languages(), MayCancel: true}
}

// TestScreens looks at every screen on the panels that shops have: nothing may be cut off, and the
// code must be readable wherever it is shown.
func TestScreens(t *testing.T) {
	ctx := browser(t)
	var german atomic.Bool // the shop's first language
	s := newStage(t, func(o *display.Options) {
		o.Look = func(lane payment.LaneID) display.Look {
			look := shopLook(lane)
			if german.Load() {
				slices.Reverse(look.Languages)
			}
			return look
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
	asked := requested(t, ctx)
	do(t, ctx, chromedp.Navigate(s.page()))
	for _, size := range panels() {
		name := fmt.Sprintf("%dx%d", size[0], size[1])
		do(t, ctx, chromedp.EmulateViewport(size[0], size[1]))
		for _, screen := range display.Screens() {
			file := ""
			for _, lang := range []string{"de", "en"} {
				scene := sceneOf(screen)
				german.Store(lang == "de")
				s.hub.Show(laneOne, scene)
				eventually(t, ctx, onScreen(screen)+fmt.Sprintf(" && document.documentElement.lang === %q", lang))
				if over := eval[string](t, ctx, overflow); over != "" {
					t.Errorf("%s at %s in %s: cut off or scrolled: %s", screen, name, lang, over)
				}
				file = screenshot(t, ctx, fmt.Sprintf("%s-%s-%s", screen, name, lang))
			}
			if screen != display.ScreenScan {
				continue
			}
			for how, picture := range asSeen(t, file) {
				if got := scanned(t, picture); got != target {
					t.Errorf("%s at %s, %s: the code says %q, want %q", screen, name, how, got, target)
				}
			}
			if bad := eval[string](t, ctx, modules); bad != "" {
				t.Errorf("%s at %s: modules: %s", screen, name, bad)
			}
		}
	}
	if refused := eval[[]string](t, ctx, "refused"); len(refused) != 0 {
		t.Errorf("row S5: the page was refused %q, want nothing", refused)
	}
	for address := range asked() {
		if !strings.HasPrefix(address, s.server.URL) && !strings.HasPrefix(address, "ws://"+s.host()) {
			t.Errorf("row 36: the page asked for %s", address)
		}
	}
}

// panels are the screens that shops have, in pixels: 7 inches, 10 inches upright, full HD both ways.
func panels() [][2]int64 { return [][2]int64{{1024, 600}, {1920, 1080}, {1080, 1920}, {800, 1280}} }

// asSeen is a picture as a phone may see it: straight, from twice as far, and held at an angle.
func asSeen(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	straight, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{"at 100 %": file}
	for how, view := range map[string]struct{ scale, degrees float64 }{"at 50 %": {0.5, 0}, "rotated by 7 degrees": {1, 7}} {
		path := filepath.Join(t.TempDir(), "seen.png")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err = errors.Join(png.Encode(out, turned(straight, view.scale, view.degrees)), out.Close()); err != nil {
			t.Fatal(err)
		}
		seen[how] = path
	}
	return seen
}

// turned scales and turns a picture about its middle. Each new pixel is the mean of nine points in its
// old place, which blurs as a lens does.
func turned(from image.Image, scale, degrees float64) *image.Gray {
	size := from.Bounds().Size()
	to := image.NewGray(image.Rect(0, 0, int(float64(size.X)*scale), int(float64(size.Y)*scale)))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	light := func(x, y float64) uint32 {
		dx, dy := x/scale-float64(size.X)/2, y/scale-float64(size.Y)/2
		at := image.Pt(int(dx*cos-dy*sin+float64(size.X)/2), int(dx*sin+dy*cos+float64(size.Y)/2))
		if !at.In(from.Bounds()) {
			return 255
		}
		r, g, b, _ := from.At(at.X, at.Y).RGBA()
		return (r + g + b) / 3 >> 8
	}
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			sum := uint32(0)
			for i := range 9 {
				sum += light(float64(x)+float64(i%3)/3+1./6, float64(y)+float64(i/3)/3+1./6)
			}
			to.SetGray(x, y, color.Gray{Y: uint8(sum / 9)})
		}
	}
	return to
}

const (
	// overflow names the first thing that does not fit.
	overflow = `(() => {
		const d = document.documentElement;
		if (d.scrollHeight > innerHeight || d.scrollWidth > innerWidth) return 'page ' + d.scrollWidth + 'x' + d.scrollHeight;
		const visible = [...document.querySelectorAll('header p, h1, main p, li, button, .clock, footer p, .card')]
			.filter(e => e.getClientRects().length && (e.textContent || e.className === 'card') && !e.closest('.unseen'));
		for (const e of visible) {
			const r = e.getBoundingClientRect();
			if (r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight) return e.outerHTML.slice(0, 80);
		}
		for (const a of visible) for (const b of visible) {
			if (a === b || a.contains(b) || b.contains(a)) continue;
			const r = a.getBoundingClientRect(), q = b.getBoundingClientRect();
			if (r.left < q.right - 1 && q.left < r.right - 1 && r.top < q.bottom - 1 && q.top < r.bottom - 1) return a.outerHTML.slice(0, 60) + ' over ' + b.outerHTML.slice(0, 60);
		}
		return '';
	})()`

	// modules checks that each is a whole number of device pixels, at least 4, and on the pixel grid.
	modules = `(() => {
		const svg = document.querySelector('#code svg'), r = svg.getBoundingClientRect();
		const n = svg.viewBox.baseVal.width, per = r.width * devicePixelRatio / n;
		const off = Math.abs(r.left * devicePixelRatio - Math.round(r.left * devicePixelRatio)) + Math.abs(r.top * devicePixelRatio - Math.round(r.top * devicePixelRatio));
		return per >= 4 && Math.abs(per - Math.round(per)) < 0.001 && off < 0.02 ? '' : per + ' pixels, off by ' + off;
	})()`
)

// requested collects every address that the tab asks for.
func requested(t *testing.T, ctx context.Context) func() map[string]bool {
	t.Helper()
	found := map[string]bool{}
	requests, sockets := chromedp.Events(ctx, network.RequestWillBeSent), chromedp.Events(ctx, network.WebSocketCreated)
	done := make(chan struct{}, 2)
	addresses := make(chan string, 1000)
	go func() {
		for e, err := range requests {
			if err != nil {
				break
			}
			addresses <- e.Request.URL
		}
		done <- struct{}{}
	}()
	go func() {
		for e, err := range sockets {
			if err != nil {
				break
			}
			addresses <- e.URL
		}
		done <- struct{}{}
	}()
	return func() map[string]bool {
		eval[chromedp.Void](t, ctx, "void fetch('/last')") // the events before this one are all there
		for {
			select {
			case a := <-addresses:
				if strings.HasSuffix(a, "/last") {
					return found
				}
				found[a] = true
			case <-ctx.Done():
				t.Fatal("the browser did not tell what it asked for")
			}
		}
	}
}

// TestPageTakesTheCodeAwayByItself: nobody tells it that the time is over, or that nobody is there.
func TestPageTakesTheCodeAwayByItself(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, nil)
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	s.cut()
	eval[chromedp.Void](t, ctx, "void (wall = 5 * 60 * 1000)")
	eventually(t, ctx, codeHidden+" && document.getElementById('title').textContent === 'The time is over'")
	if amount := eval[string](t, ctx, "document.getElementById('amount').textContent"); amount != "" {
		t.Errorf("the amount %q stays on a dead screen", amount)
	}
}

func TestPageComesBackAfterARestart(t *testing.T) {
	ctx := browser(t)
	first := newStage(t, nil)
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(first.page()))
	first.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	first.cut()
	eval[chromedp.Void](t, ctx, "void (skew = 6000)")
	eventually(t, ctx, codeHidden+" && document.body.dataset.state === 'reconnecting'")
	screenshot(t, ctx, "reconnecting-1024x600")

	second := newStageAt(t, first.host(), nil)
	second.hub.Show(laneOne, display.Scene{Payment: sale(payment.StateWaiting), Left: time.Minute}) // not read again yet
	eventually(t, ctx, onScreen(display.ScreenAmount)+" && "+codeHidden)
	second.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	if refused := eval[[]string](t, ctx, "refused"); len(refused) != 0 {
		t.Errorf("the page was refused %q, want nothing", refused)
	}
}

func TestPageOfANewerVersionLoadsItself(t *testing.T) {
	ctx := browser(t)
	first := newStage(t, nil)
	do(t, ctx, chromedp.Navigate(first.page()))
	eventually(t, ctx, onScreen(display.ScreenIdle))
	eval[chromedp.Void](t, ctx, "void (window.old = true)")
	first.cut()
	newStageAt(t, first.host(), func(o *display.Options) { o.Version = "1.1.0" })
	eventually(t, ctx, "!window.old && "+onScreen(display.ScreenIdle)+" && document.getElementById('corner').textContent.includes('1.1.0')")
}

func TestCustomerTouches(t *testing.T) {
	ctx := browser(t)
	wishes := make(chan string, 10)
	s := newStage(t, func(o *display.Options) {
		o.Look = shopLook
		o.MoreTime = func(id payment.ID) { wishes <- "more time for " + id.String() }
		o.Cancel = func(id payment.ID) { wishes <- "cancel of " + id.String() }
		o.Shown = func(lane payment.LaneID, _ time.Duration) { wishes <- "shown on " + string(lane) }
	})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-wishes:
			if got != want {
				t.Errorf("the engine heard %q, want %q", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("the engine never heard %q", want)
		}
	}
	eventually(t, ctx, codeShown)
	expect("shown on lane-1")
	do(t, ctx, chromedp.Click(chromedp.CSS("#languages button[lang=de]")))
	eventually(t, ctx, "document.documentElement.lang === 'de' && document.activeElement.lang === 'de'")
	do(t, ctx, chromedp.Click(chromedp.ID("cancel")))
	eventually(t, ctx, "document.activeElement.id === 'cancel-no' && document.getElementById('actions').hidden")
	if over := eval[string](t, ctx, overflow); over != "" {
		t.Errorf("the question does not fit: %s", over)
	}
	screenshot(t, ctx, "sure-1024x600")
	do(t, ctx, chromedp.Click(chromedp.ID("cancel-no")), chromedp.Click(chromedp.ID("cancel")), chromedp.Click(chromedp.ID("cancel-yes")))
	expect("cancel of lane-1/4711")
	other := sale(payment.StateWaiting)
	other.ID.Till, other.Reference = "4712", "the next one"
	s.hub.Show(laneOne, display.Scene{Payment: other, Fresh: true, Left: time.Minute})
	eventually(t, ctx, "document.documentElement.lang === 'en' && "+codeShown) // a language is for one customer
}

func TestPageWithAnOldTokenSaysWhatToDo(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, nil)
	s.hub.Show(laneOne, waiting())
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.server.URL+"/display/lane-1#an-old-token"))
	eventually(t, ctx, "!document.getElementById('unpaired').hidden && "+codeHidden)
	screenshot(t, ctx, "unpaired-1024x600")
}

// One screen more than a lane may have says so, and works once another is closed.
func TestPageOfOneScreenTooManySaysSo(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, nil)
	s.hub.Show(laneOne, waiting())
	var last *websocket.Conn
	for range 4 {
		v := visitor{net.IPv4(127, 0, 0, 1), laneOne, tokens()[laneOne]}
		conn, err := v.call(t.Context(), s.host())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		var view display.View
		if err = conn.ReadJSON(&view); err != nil { // it has its place
			t.Fatal(err)
		}
		last = conn
	}
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	eventually(t, ctx, "!document.getElementById('crowded').hidden && "+codeHidden)
	screenshot(t, ctx, "crowded-1024x600")
	_ = last.Close()
	eventually(t, ctx, "document.getElementById('crowded').hidden && "+codeShown)
}

func TestShopsOwnColoursAndTillText(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			return display.Look{
				Name: "<b>Shop</b> & Söhne", Languages: languages(), Logo: true,
				Colours: display.Colours{Background: "#101820", Text: "#f4f1ea", Accent: "#ffd166"},
			}
		}
		o.Logo = func(payment.LaneID) (string, []byte) {
			return "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><rect width="60" height="20" rx="4" fill="#ffd166"/></svg>`)
		}
	})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	if got := scanned(t, screenshot(t, ctx, "colours-scan-1024x600")); got != target {
		t.Errorf("on a dark ground the code says %q, want %q", got, target)
	}
	paid := sceneOf(display.ScreenApproved)
	paid.Payment.Order.Ref = "<img src=x onerror=boom>"
	s.hub.Show(laneOne, paid)
	eventually(t, ctx, onScreen(display.ScreenApproved))
	screenshot(t, ctx, "colours-approved-1024x600")
	if got := eval[string](t, ctx, "document.querySelector('.reference b').textContent"); got != "<img src=x onerror=boom>" {
		t.Errorf("row 35: reference = %q, want it as text", got)
	}
	s.hub.Show(laneOne, display.Scene{})
	eventually(t, ctx, onScreen(display.ScreenIdle))
	screenshot(t, ctx, "colours-idle-1024x600")
	if refused := eval[[]string](t, ctx, "refused"); len(refused) != 0 {
		t.Errorf("the page was refused %q, want nothing", refused)
	}
}
