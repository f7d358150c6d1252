// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"testing"
)

const (
	demoStep    = "form[action$='/%s'] button"
	stillNo     = "document.getElementById('charged').textContent === '€0.00'"
	connected   = "document.getElementById('lost').hidden"
	lineIsLost  = "!document.getElementById('lost').hidden"
	daemonLives = "!document.getElementById('do-power').disabled"
)

// tap presses a button of the phone's page.
func (p *demoPage) tap(step string) {
	p.Helper()
	p.press(demoPhone, fmt.Sprintf(demoStep, step))
}

// scan opens the code on the phone.
func (p *demoPage) scan() {
	p.Helper()
	p.press(demoTop, "#scan")
	p.tap("open")
	p.until(screenShows("in_progress"))
}

// says waits until the page tells what was done.
func (p *demoPage) says(words string) {
	p.Helper()
	p.until(fmt.Sprintf("document.getElementById('say').textContent.includes(%q)", words))
}

// word is what the till says of the sale at its end.
func (p *demoPage) word(want string) {
	p.Helper()
	if got := p.text("document.getElementById('word').textContent"); got != want {
		p.Errorf("the till says %q, want %q", got, want)
	}
}

// shows waits for the sum that the page says was charged.
func (p *demoPage) shows(sum string) {
	p.Helper()
	p.until(fmt.Sprintf("document.getElementById('charged').textContent === %q", sum))
}

// processOf is the number of the process that the page speaks of.
func processOf(p *demoPage) string {
	p.Helper()
	return regexp.MustCompile(`process (\d+)`).FindString(p.text("document.getElementById('say').textContent"))
}

// TestDemoApproveAfterCancel: the customer's yes reaches Klarna before the till's cancel does.
func TestDemoApproveAfterCancel(t *testing.T) {
	p := openDemo(t)
	p.charge("3450")
	p.press(demoTop, "#do-after")
	p.says("It is a yes without money")
	p.ended("cancelled")
	p.word("Cancelled")
	p.until(screenShows("cancelled") + " || " + screenShows("idle"))
	p.until("document.getElementById('ledger').innerText.includes('cancelled')")
	p.wantBooks([]string{"CANCELED"})
	p.until(stillNo)
	p.atEase()
}

// TestDemoApproveTwice: two phones press at once.
func TestDemoApproveTwice(t *testing.T) {
	p := openDemo(t)
	p.charge("1990")
	p.press(demoTop, "#do-twice")
	p.says("Klarna answered 200 and 409")
	p.ended("approved")
	p.word("Paid")
	p.shows("€19.90")
	p.wantBooks([]string{"COMPLETED"}, 1990)
	p.atEase()
}

// TestDemoLosesAnswers: Klarna charges, and nobody hears it; then Klarna makes a request, and nobody
// hears that either.
func TestDemoLosesAnswers(t *testing.T) {
	p := openDemo(t)
	p.charge("2100")
	p.press(demoTop, "#do-answer")
	p.says("its answer will be lost")
	p.scan()
	p.tap("approve")
	p.ended("approved")
	p.word("Paid")
	p.shows("€21.00")
	p.wantBooks([]string{"COMPLETED"}, 2100)

	p.press(demoTop, "#next")
	p.press(demoTop, "#do-answer")
	p.charge("300")
	p.press(demoTop, "#cancel")
	p.ended("cancelled")
	p.word("Cancelled")
	p.wantBooks([]string{"COMPLETED", "CANCELED"}, 2100)
	p.atEase()
}

// TestDemoPowerCut kills the daemon while the customer has the purchase on the phone.
func TestDemoPowerCut(t *testing.T) {
	p := openDemo(t)
	p.until(daemonLives)
	p.charge("1200")
	p.scan()
	p.press(demoTop, "#do-power")
	p.says("was killed, without a last word")
	first := processOf(p)
	p.until(lineIsLost)
	p.shot("10-power-cut")
	p.says("The bridge is back as process")
	if again := processOf(p); first == "" || again == "" || again == first {
		t.Errorf("killed process %q, and %q is back: want another one", first, again)
	}
	p.until(connected)
	p.until(screenShows("in_progress"))
	p.tap("approve")
	p.ended("approved")
	p.word("Paid")
	p.shows("€12.00")
	p.wantBooks([]string{"COMPLETED"}, 1200)
	p.atEase()
}

// TestDemoUnpluggedTill: a yes waits for a till that is gone, and is charged and told once it is back. From
// a till that does not come back nothing is charged.
func TestDemoUnpluggedTill(t *testing.T) {
	p := openDemo(t)
	if p.text("document.getElementById('speaks').textContent") != "on a serial line" {
		t.Skip("this system makes no serial line for the demo's till")
	}
	p.charge("800")
	p.scan()
	p.press(demoTop, "#do-line:not(.broken)")
	p.says("serial line is pulled out")
	p.until(lineIsLost)
	p.tap("approve")
	p.until(screenShows("confirming")) // no tick before the till knows
	p.until("document.getElementById('ledger').innerText.includes('agreed, not charged')")
	p.wantBooks([]string{"COMPLETED"})
	p.shot("11-unplugged")
	p.press(demoTop, "#do-line.broken")
	p.until(connected)
	p.ended("approved")
	p.word("Paid")
	p.shows("€8.00")
	p.wantBooks([]string{"COMPLETED"}, 800)

	p.press(demoTop, "#next")
	p.charge("900")
	p.scan()
	p.press(demoTop, "#do-line:not(.broken)")
	p.until(lineIsLost)
	p.tap("approve")
	p.until(screenShows("cancelled")) // the time that a till may be away is over
	p.press(demoTop, "#do-line.broken")
	p.ended("cancelled")
	p.word("Cancelled")
	p.shows("€8.00")
	p.wantBooks([]string{"COMPLETED", "CANCELED"}, 800)
	p.atEase()
}

// TestDemoChargesOnAPulledLine: a sale that never reached the bridge is asked for again, and made once.
func TestDemoChargesOnAPulledLine(t *testing.T) {
	p := openDemo(t)
	p.press(demoTop, "#do-line:not(.broken)")
	p.until("document.getElementById('do-line').classList.contains('broken')")
	p.press(demoTop, "#charge")
	p.until(lineIsLost)
	p.press(demoTop, "#do-line.broken")
	p.until(connected)
	p.until(screenShows("scan"))
	p.scan()
	p.tap("approve")
	p.ended("approved")
	p.wantBooks([]string{"COMPLETED"}, 1610)
	p.atEase()
}

// TestDemoUnpluggedOverHTTP: over HTTP a till counts as there for five seconds after it was heard. What is
// charged in them for a till that stays away is given back.
func TestDemoUnpluggedOverHTTP(t *testing.T) {
	p := openDemo(t)
	p.overHTTP()
	p.charge("900")
	p.scan()
	p.press(demoTop, "#do-line:not(.broken)")
	p.says("HTTP here")
	p.until(lineIsLost)
	p.tap("approve")
	p.until(screenShows("cancelled")) // the time that a till may be away is over
	p.press(demoTop, "#do-line.broken")
	p.ended("cancelled")
	p.word("Cancelled")
	p.shows("€0.00")
	p.atEase()
}

// TestDemoNetworkDown: the customer approves while the bridge cannot ask, and the sale ends once it can.
func TestDemoNetworkDown(t *testing.T) {
	p := openDemo(t)
	p.charge("1550")
	p.press(demoTop, "#scan")
	p.press(demoTop, "#do-network")
	p.says("cannot reach each other")
	p.tap("open")
	p.tap("approve")
	p.until(screenShows("amount")) // no code that cannot be watched
	p.until("document.getElementById('ledger').innerText.includes('agreed, not charged')")
	p.shot("12-network-down")
	p.wantBooks([]string{"COMPLETED"})
	p.press(demoTop, "#do-network.broken")
	p.ended("approved")
	p.word("Paid")
	p.shows("€15.50")
	p.wantBooks([]string{"COMPLETED"}, 1550)
	p.atEase()
}

// TestDemoWebhooks come late, and twice: they are hints, and nothing is charged by them.
func TestDemoWebhooks(t *testing.T) {
	p := openDemo(t)
	p.press(demoTop, "#do-late")
	p.says("five seconds late")
	p.until("document.getElementById('do-late').getAttribute('aria-pressed') === 'true'")
	p.charge("410")
	p.scan()
	p.tap("approve")
	p.ended("approved")
	p.word("Paid")
	p.until("document.getElementById('log').innerText.includes('a hint to ask, not a result')")
	p.wantBooks([]string{"COMPLETED"}, 410)

	p.press(demoTop, "#next")
	p.press(demoTop, "#do-double")
	p.says("comes twice")
	p.until("document.getElementById('do-late').getAttribute('aria-pressed') === 'false'")
	p.charge("420")
	p.scan()
	p.tap("approve")
	p.ended("approved")
	p.word("Paid")
	p.shows("€8.30")
	p.wantBooks([]string{"COMPLETED", "COMPLETED"}, 410, 420)
	if got := p.ledger().Calls["webhook"]; got < 4 {
		t.Errorf("Klarna made %d deliveries, want several", got)
	}
	p.atEase()
}
