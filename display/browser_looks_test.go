// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"tillbridge/display"
	"tillbridge/payment"
)

var update = flag.Bool("update", false, "write what the screens look like now to testdata/looks") //nolint:gochecknoglobals // a flag of the test

// A look is a screen as one sees it from across the shop: a grid of greys. Letters blur in it, so that
// other fonts and other hinting change little; a part that is missing, cut off or in another place does
// not blur away.
const (
	lookCells = 24 // along the longer side
	ramp      = " .,:;-=+*oxX#%@"
	// A cell may differ by so many of the ramp's greys from its like and the two cells on either side of it.
	lookSlack = 1
	// Of the whole look so much may be beyond that, in cells per thousand: a word that breaks elsewhere.
	lookStrays = 22
	// A font may be so much wider or narrower than the one of the looks that are kept, in per cent.
	lookFont = 2
)

type look []string

// lookAt reduces a picture.
func lookAt(t *testing.T, picture []byte) look {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	cell := max(size.X, size.Y) / lookCells
	var rows look
	for y := 0; y+cell <= size.Y; y += cell {
		var row strings.Builder
		for x := 0; x+cell <= size.X; x += cell {
			dark := 1 - meanGrey(img, image.Rect(x, y, x+cell, y+cell))/255
			row.WriteByte(ramp[int(math.Sqrt(dark)*float64(len(ramp)-1)+0.5)]) // letters are thin: the root tells light greys apart
		}
		rows = append(rows, row.String())
	}
	return rows
}

func meanGrey(img image.Image, r image.Rectangle) float64 {
	sum, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			red, green, blue, _ := img.At(x, y).RGBA()
			sum += int(red+green+blue) / 3 >> 8
			n++
		}
	}
	return float64(sum) / float64(n)
}

// grey is how dark a cell is; what lies outside is like the nearest cell.
func (l look) grey(x, y int) int {
	row := l[min(max(y, 0), len(l)-1)]
	return strings.IndexByte(ramp, row[min(max(x, 0), len(row)-1)])
}

// unlike counts the cells whose grey is not to be found around their place in the other look, per
// thousand, both ways: what came, and what went.
func (l look) unlike(other look) int {
	if len(l) != len(other) || len(l[0]) != len(other[0]) {
		return 1000
	}
	return max(l.strays(other), other.strays(l))
}

func (l look) strays(other look) int {
	strays := 0
	for y, row := range l {
		for x := range row {
			least, most := len(ramp), 0
			for i := range 5 {
				near := other.grey(x+i-2, y)
				least, most = min(least, near), max(most, near)
			}
			if grey := l.grey(x, y); grey < least-lookSlack || grey > most+lookSlack {
				strays++
			}
		}
	}
	return strays * 1000 / (len(l) * len(l[0]))
}

// looks are those of one size and language, by the name of the state.
type looks map[string]look

// font is the width of the page's font, which makes looks comparable: a browser that draws with another
// font breaks lines elsewhere.
const font = "font"

// fontLook is a look that says how wide this browser's letters are.
func fontLook(t *testing.T, ctx context.Context) look {
	t.Helper()
	return look{strconv.FormatFloat(eval[float64](t, ctx, `(() => {
		const c = document.createElement('canvas').getContext('2d');
		c.font = '700 100px ' + getComputedStyle(document.body).fontFamily;
		return c.measureText('Scan to pay with Klarna').width;
	})()`), 'f', 0, 64)}
}

// sameFont skips the test where letters are too unlike those of the looks.
func (all looks) sameFont(t *testing.T, ctx context.Context) {
	t.Helper()
	got, err := strconv.ParseFloat(fontLook(t, ctx)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	want, err := strconv.ParseFloat(all[font][0], 64)
	if err != nil {
		t.Fatal(err)
	}
	if off := math.Abs(got-want) / want * 100; off > lookFont {
		t.Skipf("this browser's letters are %.0f %% wider or narrower than those of testdata/looks: the screens are not compared", off)
	}
}

func looksFile(size [2]int64, lang string) string {
	return filepath.Join("testdata", "looks", fmt.Sprintf("%dx%d-%s.txt", size[0], size[1], lang))
}

func readLooks(t *testing.T, file string) looks {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && *update {
		return looks{}
	}
	if err != nil {
		t.Fatal(err)
	}
	all := looks{}
	for part := range strings.SplitSeq(strings.TrimSuffix(string(b), "\n"), "\n\n") {
		name, rows, _ := strings.Cut(part, "\n")
		for row := range strings.SplitSeq(rows, "\n") {
			all[name] = append(all[name], strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"))
		}
	}
	return all
}

func (all looks) write(t *testing.T, file string) {
	t.Helper()
	var b strings.Builder
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(name + "\n")
		for _, row := range all[name] {
			b.WriteString("|" + row + "|\n")
		}
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (l look) String() string { return "|" + strings.Join(l, "|\n|") + "|" }

// TestScreensLookAsTheyShould compares every screen in three sizes and two languages with what somebody
// has looked at and found right. To take what is there now: go test ./display -run LookAs -update.
func TestScreensLookAsTheyShould(t *testing.T) {
	ctx := browser(t)
	var first atomic.Value // the language that a screen begins with
	first.Store("en")
	s := newStage(t, func(o *display.Options) {
		o.Look = func(lane payment.LaneID) display.Look {
			look := shopLook(lane)
			look.Languages = slices.SortedFunc(slices.Values(look.Languages), func(a, _ string) int {
				if a == first.Load() {
					return -1
				}
				return 1
			})
			return look
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
	for _, size := range [][2]int64{{1024, 600}, {1920, 1080}, {1080, 1920}} {
		for _, lang := range languages() {
			first.Store(lang)
			do(t, ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate("about:blank"), chromedp.Navigate(s.page()))
			file := looksFile(size, lang)
			want, got := readLooks(t, file), looks{font: fontLook(t, ctx)}
			if !*update {
				want.sameFont(t, ctx)
			}
			for _, screen := range display.Screens() {
				s.hub.Show(laneOne, sceneOf(screen))
				eventually(t, ctx, onScreen(screen)+fmt.Sprintf(" && document.documentElement.lang === %q", lang))
				got[string(screen)] = lookAt(t, snapshot(t, ctx))
			}
			if *update {
				got.write(t, file)
				continue
			}
			delete(got, font)
			for name, l := range got {
				if off := want[name].unlike(l); off > lookStrays {
					t.Errorf("%s in %s: %d of 1000 cells differ, want at most %d\n%s\nwant\n%s", name, file, off, lookStrays, l, want[name])
				}
			}
		}
	}
}

func snapshot(t *testing.T, ctx context.Context) []byte {
	t.Helper()
	b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLooksTellDamage breaks the page in the ways in which pages break, and each must be seen. What
// another machine's fonts do must not.
func TestLooksTellDamage(t *testing.T) {
	ctx := browser(t)
	s := newStage(t, func(o *display.Options) {
		o.Look = shopLook
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
	size := [2]int64{1024, 600}
	want := readLooks(t, looksFile(size, "en"))
	do(t, ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(s.page()))
	want.sameFont(t, ctx)
	for name, test := range map[string]struct {
		screen display.Screen
		style  string
		seen   bool
	}{
		"nothing is wrong":              {display.ScreenScan, "", false},
		"letters a little wider":        {display.ScreenScan, "h1, li, button, p { letter-spacing: .015em !important; }", false},
		"letters a little bolder":       {display.ScreenDeclined, "h1, p { -webkit-text-stroke: .4px currentColor; }", false},
		"a pixel lower":                 {display.ScreenScan, "body { transform: translateY(1px); }", false},
		"a blank page":                  {display.ScreenApproved, "body > * { visibility: hidden; }", true},
		"a blank page that was white":   {display.ScreenIdle, "body > * { visibility: hidden; }", true},
		"no code":                       {display.ScreenScan, "#code { visibility: hidden; }", true},
		"the code is cut off":           {display.ScreenScan, "#code { transform: translateX(30%); }", true},
		"no amount":                     {display.ScreenScan, "#amount { visibility: hidden; }", true},
		"no headline":                   {display.ScreenDeclined, "h1 { visibility: hidden; }", true},
		"no steps":                      {display.ScreenScan, "#steps { visibility: hidden; }", true},
		"words over the code":           {display.ScreenScan, ".lead { transform: translateX(20rem); }", true},
		"the words at the wrong place":  {display.ScreenAttention, ".lead { transform: translateY(9rem); }", true},
		"the style sheet was not there": {display.ScreenScan, "* { all: revert !important; }", true},
		"no tick":                       {display.ScreenApproved, "#icon { visibility: hidden; }", true},
		"no red frame":                  {display.ScreenAttention, "body { box-shadow: none !important; }", true},
	} {
		s.hub.Show(laneOne, sceneOf(test.screen))
		eventually(t, ctx, onScreen(test.screen))
		eval[chromedp.Void](t, ctx, fmt.Sprintf(`(() => {
			const sheet = new CSSStyleSheet();
			sheet.replaceSync(%q);
			document.adoptedStyleSheets = [sheet];
		})()`, test.style))
		got := lookAt(t, snapshot(t, ctx))
		eval[chromedp.Void](t, ctx, "void (document.adoptedStyleSheets = [])")
		if off := want[string(test.screen)].unlike(got); (off > lookStrays) != test.seen {
			t.Errorf("%s: %d of 1000 cells differ, want it seen: %t\n%s", name, off, test.seen, got)
		}
	}
}
