// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// demoLine is a line of the basket as Klarna got it.
type demoLine struct {
	Name     string
	Quantity int64
	Total    int64 `json:"total_amount"`
}

// baskets are those of the sales that Klarna was first asked for, oldest first.
func (p *demoPage) baskets() [][]demoLine {
	p.Helper()
	var seen struct {
		Requests []struct {
			Route string
			Lines []demoLine `json:"line_items"`
		}
	}
	const ask = `(() => { const ask = new XMLHttpRequest(); ask.open('GET', '/sandbox/requests', false); ask.send(); return ask.responseText; })()`
	sightings := p.text(ask)
	if err := json.Unmarshal([]byte(sightings), &seen); err != nil {
		p.Fatalf("sightings: %v", err)
	}
	var all [][]demoLine
	for _, r := range seen.Requests {
		if r.Route == "authorize" {
			all = append(all, r.Lines)
		}
	}
	return all
}

// take rings up articles by their names.
func (p *demoPage) take(articles ...string) {
	p.Helper()
	for _, name := range articles {
		p.until(fmt.Sprintf(`(() => {
			const b = [...document.querySelectorAll('#picks button')].find((b) => b.firstElementChild.textContent === %q);
			if (b) b.click();
			return Boolean(b);
		})()`, name))
	}
}

// key rings up a free amount.
func (p *demoPage) key(digits string) {
	p.Helper()
	for _, d := range digits {
		p.press(demoTop, fmt.Sprintf("#keys [data-key=%q]", string(d)))
	}
}

// due compares what the till says is to pay.
func (p *demoPage) due(want string) {
	p.Helper()
	if got := p.text("document.getElementById('amount').textContent"); got != want {
		p.Errorf("to pay is %q, want %q", got, want)
	}
}

// labelled is the button that a screen reader announces by this name.
func labelled(name string) string { return fmt.Sprintf("#basket button[aria-label=%q]", name) }

// demoTillCut names what of the till cannot be pressed: it is cut off, or lies below something else.
const demoTillCut = `[...document.querySelectorAll('#view-amount > button, #picks button, .pad button')].filter((b) => {
	const r = b.getBoundingClientRect();
	return r.height < 24 || b.scrollWidth > b.clientWidth || !b.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));
}).map((b) => b.textContent).join()`

// TestDemoBasket sells what a visitor puts together, on both carriers that the till may have: it reaches
// Klarna line by line, and its sum is charged.
func TestDemoBasket(t *testing.T) {
	for carrier, change := range map[string]func(*demoPage){
		"as the demo begins": func(*demoPage) {},
		"over HTTP":          (*demoPage).overHTTP,
	} {
		t.Run(carrier, func(t *testing.T) {
			p := openDemo(t)
			change(p)
			p.take("Coffee", "Bread", "Socks", "Shoes", "Coffee")
			p.due("€79.80")
			p.press(demoTop, labelled("One Bread more"))
			p.press(demoTop, labelled("One Bread more"))
			p.press(demoTop, labelled("One Bread less"))
			p.press(demoTop, labelled("Remove Socks"))
			p.key("500")
			p.press(demoTop, "#add")
			p.press(demoTop, "#discount")
			p.press(demoTop, "#gift")
			p.key("175") // without Add: paying adds it
			p.due("€53.03")
			p.press(demoTop, "#charge")
			p.until(screenShows("scan"))
			p.scan()
			p.tap("approve")
			p.ended("approved")
			p.shows("€53.03")
			p.wantBooks([]string{"COMPLETED"}, 5303)
			p.until("document.getElementById('log').innerText.includes('2 × Coffee, 2 × Bread, 1 × Shoes')")
			p.shot("31-basket-paid")
			p.press(demoTop, "#next")
			p.charge("250") // the basket of the sale before is gone
			p.press(demoTop, "#cancel")
			p.ended("cancelled")
			want := [][]demoLine{
				{
					{"Coffee", 2, 640},
					{"Bread", 2, 900},
					{"Shoes", 1, 5900},
					{"Sundries", 1, 500},
					{"Discount 10 %", 1, -812},
					{"Gift card", 1, -2000},
					{"Sundries", 1, 175},
				},
				{{"Purchase", 1, 250}}, // an amount alone
			}
			if got := p.baskets(); !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("Klarna got the baskets %v, want %v", got, want)
			}
			p.atEase()
		})
	}
}

// TestDemoBasketFits: with more lines than can be seen at once, every key stays where it can be pressed,
// and the line that was touched last is in sight.
func TestDemoBasketFits(t *testing.T) {
	p := openDemo(t)
	p.take("Coffee", "Bread", "Socks", "Shoes", "Coffee")
	p.key("1234")
	p.press(demoTop, "#discount")
	p.press(demoTop, "#gift")
	for name, size := range map[string][2]int64{"laptop": {1280, 800}, "wide": {1440, 900}, "small": {1024, 768}, "phone": {390, 844}} {
		p.do(chromedp.EmulateViewport(size[0], size[1]))
		p.until(fmt.Sprintf("innerWidth === %d", size[0]))
		if over := p.text(demoOverflow); over != "" {
			t.Errorf("%s: wider than the window: %s", name, over)
		}
		p.do(chromedp.Evaluate[chromedp.Void]("document.getElementById('charge').scrollIntoView({block: 'end'}); void 0"))
		if cut := p.text(demoTillCut); cut != "" {
			t.Errorf("%s: cannot be pressed: %s", name, cut)
		}
		p.take("Bread")
		p.until(`(() => {
			const list = document.getElementById('basket').getBoundingClientRect();
			const row = document.querySelector("#basket [aria-label='Remove Bread']").getBoundingClientRect();
			return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
		})()`)
		p.shot("30-basket-" + name)
	}
	p.atEase()
}

// TestDemoBasketByKeyboard: who uses no mouse stays where they are, and a basket that leaves nothing to
// pay cannot be paid.
func TestDemoBasketByKeyboard(t *testing.T) {
	p := openDemo(t)
	focus := func(want string) {
		t.Helper()
		p.until(fmt.Sprintf("document.activeElement.getAttribute('aria-label') === %q", want))
	}
	p.take("Bread", "Socks")
	p.do(chromedp.Focus(labelled("One Bread more")))
	p.do(chromedp.KeyEvent("\r"))
	p.due("€18.90")
	focus("One Bread more")
	p.do(chromedp.Focus(labelled("One Bread less")))
	p.do(chromedp.KeyEvent("\r"))
	p.due("€14.40")
	focus("One Bread more") // there is no less than one
	p.do(chromedp.Focus(labelled("Remove Bread")))
	p.do(chromedp.KeyEvent("\r"))
	focus("Remove Socks")
	p.do(chromedp.KeyEvent("75+25"))
	p.due("€10.90")
	p.press(demoTop, "#gift")
	p.due("−€9.10")
	if got := p.text("String(document.getElementById('charge').disabled)"); got != "true" {
		t.Errorf("a basket that leaves nothing to pay can be paid")
	}
	p.press(demoTop, "#clear")
	p.due("€0.00")
	if got := p.text("document.getElementById('basket').textContent"); got != "Nothing rung up yet" {
		t.Errorf("an empty basket says %q", got)
	}
	p.wantBooks([]string{})
	p.atEase()
}
