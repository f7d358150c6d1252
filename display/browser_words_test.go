// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tillbridge/display"
	"tillbridge/payment"
)

// everyLanguage is the codes of the whole book, in order.
func everyLanguage(t *testing.T) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(book(t)))
}

// TestEveryLanguageFits: the longest words of all decide, on the smallest panels.
func TestEveryLanguageFits(t *testing.T) {
	ctx := browser(t)
	all := everyLanguage(t)
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			return display.Look{Name: "Corner Shop", Languages: all, MayCancel: true}
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	})
	do(t, ctx, chromedp.Navigate(s.page()))
	for _, size := range [][2]int64{{1024, 600}, {800, 1280}} {
		do(t, ctx, chromedp.EmulateViewport(size[0], size[1]))
		for _, lang := range all {
			for _, screen := range display.Screens() {
				scene := sceneOf(screen)
				scene.Payment.Order.Lang = lang
				scene.Payment.Order.Amount.Minor = 1234567
				s.hub.Show(laneOne, scene)
				want := lang
				if screen == display.ScreenIdle || screen == display.ScreenOffline {
					want = all[0] // nobody is there whose language could be known
				}
				eventually(t, ctx, onScreen(screen)+fmt.Sprintf(" && document.documentElement.lang === %q", want))
				if over := eval[string](t, ctx, overflow); over != "" {
					t.Errorf("%s at %d in %s: cut off or scrolled: %s", screen, size[0], lang, over)
				}
			}
		}
	}
}

func TestAmountsAreWrittenAsInTheCountry(t *testing.T) {
	ctx := browser(t)
	all := everyLanguage(t)
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look { return display.Look{Languages: all} }
	})
	do(t, ctx, chromedp.Navigate(s.page()))
	for _, tt := range []struct {
		lang     string
		minor    int64
		currency payment.Currency
		want     string // with plain spaces
	}{
		{"de", 123456, "EUR", "1.234,56 €"},
		{"en", 123456, "EUR", "€1,234.56"},
		{"fr", 123456, "EUR", "1 234,56 €"},
		{"fi", 123456, "EUR", "1 234,56 €"},
		{"nl", 123456, "EUR", "€ 1.234,56"},
		{"it", 1234567, "EUR", "12.345,67 €"},
		{"es", 1234567, "EUR", "12.345,67 €"},
		{"sv", 123456, "SEK", "1 234,56 kr"},
		{"nb", 123456, "NOK", "1 234,56 kr"},
		{"da", 123456, "DKK", "1.234,56 kr."},
		{"en", 123456, "SEK", "1 234,56 kr"},
		{"pl", 1234567, "PLN", "12 345,67 zł"},
		{"de", 123456, "CHF", "CHF 1’234.56"},
		{"fr", 123456, "CHF", "1 234.56 CHF"},
		{"en", 123456, "GBP", "£1,234.56"},
		{"en", 123456, "USD", "$1,234.56"},
		{"de", 123456, "USD", "1.234,56 $"},
		{"de", 1610, "EUR", "16,10 €"},
	} {
		scene := waiting()
		scene.Payment.Order.Lang, scene.Payment.Order.Amount = tt.lang, payment.Amount{Minor: tt.minor, Currency: tt.currency}
		scene.Payment.Reference = fmt.Sprint("a sale in ", tt)
		s.hub.Show(laneOne, scene)
		eventually(t, ctx, fmt.Sprintf("document.body.dataset.sale === %q && !document.getElementById('code').hidden", payment.ShortCode(scene.Payment.Reference)))
		got := eval[string](t, ctx, "document.getElementById('amount').textContent")
		plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "'", "’").Replace(got)
		if plain != tt.want {
			t.Errorf("%d %s in %s = %q, want %q", tt.minor, tt.currency, tt.lang, plain, tt.want)
		}
	}
}

func TestMoreLanguagesThanButtons(t *testing.T) {
	ctx := browser(t)
	order := []string{"sv", "nb", "da", "fi", "en", "de", "pl"}
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look { return display.Look{Languages: order} }
	})
	do(t, ctx, chromedp.EmulateViewport(1024, 600), chromedp.Navigate(s.page()))
	s.hub.Show(laneOne, waiting())
	eventually(t, ctx, codeShown)
	row := "[...document.querySelectorAll('#languages button')].map((b) => b.textContent || b.getAttribute('aria-label')).join()"
	if got, want := eval[string](t, ctx, row), "Svenska,Norsk,Dansk,Fler språk"; got != want {
		t.Errorf("row of languages = %q, want %q", got, want)
	}
	do(t, ctx, chromedp.Click(chromedp.ID("more-languages")))
	eventually(t, ctx, "!document.getElementById('others').hidden && document.activeElement.closest('#others') !== null")
	if got := eval[int](t, ctx, "document.querySelectorAll('#others-list button').length"); got != len(order) {
		t.Errorf("%d languages to choose from, want %d", got, len(order))
	}
	screenshot(t, ctx, "languages-1024x600")
	do(t, ctx, chromedp.Click(chromedp.CSS("#others-list button[lang=pl]")))
	eventually(t, ctx, "document.documentElement.lang === 'pl' && document.getElementById('others').hidden && "+codeShown)
	if got, want := eval[string](t, ctx, row), "Svenska,Norsk,Polski,Więcej języków"; got != want {
		t.Errorf("row of languages = %q, want %q", got, want)
	}
	do(t, ctx, chromedp.Click(chromedp.ID("more-languages")))
	eventually(t, ctx, "!document.getElementById('others').hidden")
	s.hub.Show(laneOne, sceneOf(display.ScreenApproved))
	eventually(t, ctx, onScreen(display.ScreenApproved)+" && document.getElementById('others').hidden") // no panel hides a result
}

// TestRightToLeft: a language file alone turns the page around. Its words are English, so that what is
// seen is the direction and nothing else.
func TestRightToLeft(t *testing.T) {
	ctx := browser(t)
	words := book(t)["en"]
	words.Code, words.Name, words.Direction = "xr", "Pseudo", "rtl"
	s := newStage(t, func(o *display.Options) {
		o.Look = func(payment.LaneID) display.Look {
			return display.Look{Name: "Corner Shop", Languages: []string{"xr", "en"}, MayCancel: true}
		}
		o.MoreTime, o.Cancel = func(payment.ID) {}, func(payment.ID) {}
	}, words)
	do(t, ctx, chromedp.Navigate(s.page()))
	for _, size := range [][2]int64{{1024, 600}, {1080, 1920}} {
		do(t, ctx, chromedp.EmulateViewport(size[0], size[1]))
		for _, screen := range display.Screens() {
			s.hub.Show(laneOne, sceneOf(screen))
			eventually(t, ctx, onScreen(screen)+" && document.documentElement.dir === 'rtl'")
			if over := eval[string](t, ctx, overflow); over != "" {
				t.Errorf("%s at %d: cut off or scrolled: %s", screen, size[0], over)
			}
			if screen != display.ScreenScan {
				continue
			}
			file := screenshot(t, ctx, fmt.Sprintf("rtl-scan-%dx%d", size[0], size[1]))
			if got := scanned(t, file); got != target {
				t.Errorf("the code says %q, want %q: a code is never mirrored", got, target)
			}
			if bad := eval[string](t, ctx, mirrored); bad != "" {
				t.Errorf("at %d: %s", size[0], bad)
			}
		}
	}
}

// mirrored says what is not the other way round.
const mirrored = `(() => {
	const box = (s) => document.querySelector(s).getBoundingClientRect();
	const buttons = document.querySelectorAll('#languages button');
	if (buttons[0].getBoundingClientRect().left < buttons[1].getBoundingClientRect().left) return 'the first language is at the left';
	if (box('#corner').left > box('#languages').left) return 'the corner is at the right';
	if (innerWidth > innerHeight && box('.card').left > box('#title').left) return 'the code is at the right';
	const step = document.querySelector('#steps li'), range = document.createRange();
	range.selectNodeContents(step);
	if (range.getBoundingClientRect().right > step.getBoundingClientRect().right - 20) return 'the number is not before its step';
	return '';
})()`
