// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
)

// ownAddress is one of this machine's addresses that others may use, or skips the test.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() && prefix.Addr().IsGlobalUnicast() {
			return prefix.Addr().String()
		}
	}
	t.Skip("this machine has no address but its own loopback: no phone could reach the demo")
	return ""
}

// codeOn reads the code in what the tab shows, as a phone's camera does.
func (p *demoPage) codeOn(name string) string {
	p.Helper()
	zbarimg, err := exec.LookPath("zbarimg")
	if err != nil {
		p.Skip("zbarimg is missing (package zbar-tools): nothing reads the code")
	}
	p.shot(name)
	out, err := exec.CommandContext(p.Context(), zbarimg, "--quiet", "--raw", filepath.Join(p.shots, name+".png")).Output()
	if err != nil {
		p.Fatalf("the code on the screen is not readable: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// TestDemoPaidByAPhoneInTheNetwork: a clone, one command, and a phone beside it pays. The phone knows
// nothing but the code that it sees.
func TestDemoPaidByAPhoneInTheNetwork(t *testing.T) {
	host := ownAddress(t)
	start := time.Now()
	p := openDemo(t, "--lan", "--listen", net.JoinHostPort(host, "0"))
	p.do(chromedp.EmulateViewport(1920, 1080))
	p.charge("1610")
	scanned := p.codeOn("30-lan-code")
	if at, err := url.Parse(scanned); err != nil || at.Hostname() != host || "http://"+at.Host != p.origin {
		t.Fatalf("the code leads to %q (%v), want a page at %s", scanned, err, p.origin)
	}
	tab, closeTab := chromedp.NewContext(p.tab)
	t.Cleanup(closeTab)
	phone := &demoPage{T: t, tab: tab, origin: p.origin, shots: p.shots}
	phone.do(chromedp.Emulate(device.IPhone11), chromedp.Navigate(scanned))
	phone.until("document.body.dataset.state === 'SUBMITTED'")
	if wide := phone.text("String(document.documentElement.scrollWidth > innerWidth)"); wide != "false" {
		t.Error("the page is wider than the phone")
	}
	phone.press(demoTop, "form[action$='/open'] button")
	phone.until("document.body.dataset.state === 'IN_PROGRESS'")
	phone.shot("31-lan-phone")
	phone.press(demoTop, "form[action$='/approve'] button")
	phone.until("document.body.dataset.paid === 'true'")
	p.ended("approved")
	p.word("Paid")
	p.until(screenShows("approved"))
	p.wantBooks([]string{"COMPLETED"}, 1610)
	t.Logf("from the start of the demo to the paid sale: %s", time.Since(start).Round(100*time.Millisecond))
	p.atEase()
}

// TestDemoOpensNothingByItself: without --lan the address of the network is not answered.
func TestDemoOpensNothingByItself(t *testing.T) {
	host := ownAddress(t)
	origin, _ := startDemo(t)
	at, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, at.Port()), time.Minute) //nolint:noctx // refused at once
	if err == nil {
		_ = conn.Close()
		t.Errorf("the demo answers at %s, want it on this machine alone", conn.RemoteAddr())
	}
	if os.IsTimeout(err) {
		t.Errorf("the address gives no answer: %v", err)
	}
}
