// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// demoLimit bounds a test that a browser does not finish; nothing is asserted about time.
const demoLimit = 3 * time.Minute

// demoWatch is put into every page before its own script: what a security policy refused.
const demoWatch = `window.refused = [];
document.addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective + ' ' + e.blockedURI));
addEventListener('error', (e) => refused.push('error ' + e.message));
addEventListener('unhandledrejection', (e) => refused.push('rejection ' + e.reason));`

// startDemo runs the demo as its user would, and returns its address and process. The test's end stops
// it as Ctrl-C does.
func startDemo(t *testing.T, flags ...string) (origin string, process *os.Process) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self, append([]string{"demo", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		rest, _ := lines.ReadString(0)
		if ended := cmd.Wait(); ended != nil || rest != "" {
			t.Errorf("after Ctrl-C the demo ended with %v and said %q, want neither", ended, rest)
		}
	})
	rest, ok := strings.CutPrefix(first, "Tillbridge demo: ")
	origin, tail, found := strings.Cut(rest, "/  (Ctrl-C stops it)\n")
	if err != nil || !ok || !found || tail != "" {
		t.Fatalf("the demo said %q, %v, want its address", first, err)
	}
	return origin, cmd.Process
}

// demoBrowser starts one headless browser, or skips the test.
func demoBrowser(t *testing.T) context.Context {
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
		t.Skip("no browser (package chromium): the demo is not looked at")
	}
	limited, stop := context.WithTimeout(context.Background(), demoLimit)
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
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: demoWatch}); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// demoPage is the demo in a browser, as its user sees it.
type demoPage struct {
	*testing.T

	origin  string
	process *os.Process
	tab     context.Context //nolint:containedctx // chromedp's tab is a context
	shots   string
}

func openDemo(t *testing.T, flags ...string) *demoPage {
	t.Helper()
	tab := demoBrowser(t)
	p := &demoPage{T: t, tab: tab, shots: os.Getenv("TILLBRIDGE_SCREENSHOTS")}
	p.origin, p.process = startDemo(t, flags...)
	if p.shots == "" {
		p.shots = t.TempDir()
	}
	p.do(chromedp.EmulateViewport(1280, 800))
	p.visit()
	return p
}

// visit loads the page and waits for its parts.
func (p *demoPage) visit() {
	p.Helper()
	p.do(chromedp.Navigate(p.origin + "/"))
	p.until("document.body.dataset.ready === 'true'")
	p.until(inFrame("screen", "document.body.dataset.state && !['starting', 'reconnecting'].includes(document.body.dataset.state)"))
}

// overHTTP makes the till speak HTTP also where it could have a serial line.
func (p *demoPage) overHTTP() {
	p.Helper()
	p.do(chromedp.Navigate(p.origin + "/?till=http"))
	p.until("document.body.dataset.ready === 'true' && document.getElementById('speaks').textContent.includes('HTTP')")
}

// atEase fails the test if a page was refused something or threw something.
func (p *demoPage) atEase() {
	p.Helper()
	if got := p.text("[...refused, ...document.getElementById('screen').contentWindow.refused].join()"); got != "" {
		p.Errorf("the pages were refused %s, want nothing", got)
	}
}

func (p *demoPage) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.tab, steps...); err != nil {
		p.Fatal(err)
	}
}

// until waits for a JavaScript condition.
func (p *demoPage) until(condition string) {
	p.Helper()
	poll := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0))
	_, err := chromedp.Run(p.tab, poll)
	for err != nil && p.tab.Err() == nil { // a page that loads itself anew takes the poll with it
		_, err = chromedp.Run(p.tab, poll)
	}
	if err != nil {
		p.shot("failed")
		said, _ := chromedp.Run(context.WithoutCancel(p.tab), chromedp.Evaluate[string]("document.getElementById('till').innerText"))
		p.Fatalf("the page never came to %s: %v\n%s", condition, err, said)
	}
}

func (p *demoPage) text(expression string) string {
	p.Helper()
	v, err := chromedp.Run(p.tab, chromedp.Evaluate[string](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// press clicks on what a selector finds, in the page or in one of its frames, once it can be clicked.
func (p *demoPage) press(document, selector string) {
	p.Helper()
	p.until(fmt.Sprintf(`(() => {
		const b = (%s)?.querySelector(%q);
		if (!b || b.disabled || !b.getClientRects().length) return false;
		b.click();
		return true;
	})()`, document, selector))
}

func (p *demoPage) shot(name string) {
	p.Helper()
	b, err := chromedp.Run(p.tab, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(p.shots, name+".png"), b, 0o600)
	}
	if err != nil {
		p.Errorf("screenshot %s: %v", name, err)
	}
}

// inFrame asks in the document of one of the page's frames.
func inFrame(id, condition string) string {
	return fmt.Sprintf("((document) => document?.body && (%s))(document.getElementById(%q).contentDocument)", condition, id)
}

const (
	demoTop   = "document"
	demoPhone = "document.getElementById('phone').contentDocument"
)

func screenShows(state string) string {
	return inFrame("screen", fmt.Sprintf("document.body.dataset.state === %q", state))
}

// ended waits for a result that the bridge knows to have been heard.
func (p *demoPage) ended(outcome string) {
	p.Helper()
	p.until(fmt.Sprintf("document.getElementById('till').dataset.outcome === %q && document.getElementById('till').dataset.confirmed === 'true'", outcome))
}

// charge rings up an amount by its digits and waits for the code on the customer's screen.
func (p *demoPage) charge(digits string) {
	p.Helper()
	for _, d := range digits {
		p.press(demoTop, fmt.Sprintf("#keys [data-key=%q]", string(d)))
	}
	p.press(demoTop, "#charge")
	p.until(screenShows("scan"))
}

// demoLedger is the simulator's truth about money.
type demoLedger struct {
	PaymentRequests []struct {
		State string `json:"state"`
	} `json:"payment_requests"`
	Transactions []struct {
		Amount, Captured, Refunded, Voided int64
		State                              string
	} `json:"transactions"`
	Calls map[string]int `json:"calls"`
}

func (p *demoPage) ledger() demoLedger {
	p.Helper()
	request, err := http.NewRequestWithContext(p.tab, http.MethodGet, p.origin+"/sandbox/ledger", http.NoBody)
	if err != nil {
		p.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var l demoLedger
	if err := json.NewDecoder(answer.Body).Decode(&l); err != nil {
		p.Fatalf("ledger: %v", err)
	}
	return l
}

// wantBooks compares the ledger: the state of every request so far, and each charge in minor units.
func (p *demoPage) wantBooks(states []string, charges ...int64) {
	p.Helper()
	l := p.ledger()
	gotStates, gotCharges := []string{}, []int64{}
	for _, r := range l.PaymentRequests {
		gotStates = append(gotStates, r.State)
	}
	for _, t := range l.Transactions {
		gotCharges = append(gotCharges, t.Amount-t.Refunded-t.Voided)
	}
	if !slices.Equal(gotStates, states) || !slices.Equal(gotCharges, charges) {
		p.Errorf("ledger = %q, charged %d, want %q, charged %d", gotStates, gotCharges, states, charges)
	}
}

// TestDemoSales makes the sales that a visitor makes: one that is paid, one that is cancelled, one that
// is declined and one that expires.
func TestDemoSales(t *testing.T) {
	p := openDemo(t)
	p.shot("1-idle")

	p.charge("2490")
	p.until("!document.getElementById('scan').disabled")
	p.shot("2-code")
	p.press(demoTop, "#scan")
	p.press(demoPhone, "form[action$='/open'] button")
	p.until(screenShows("in_progress"))
	p.until(inFrame("phone", "document.body.dataset.state === 'IN_PROGRESS'"))
	p.shot("3-on-the-phone")
	p.press(demoPhone, "form[action$='/approve'] button")
	p.ended("approved")
	p.until(screenShows("approved"))
	p.until(inFrame("phone", "document.body.dataset.paid === 'true'"))
	p.until("document.getElementById('charged').textContent === '€24.90'")
	p.shot("4-paid")
	p.wantBooks([]string{"COMPLETED"}, 2490)
	if got, want := p.text("document.getElementById('word').textContent"), "Paid"; got != want {
		t.Errorf("the till says %q, want %q", got, want)
	}

	p.press(demoTop, "#next")
	p.charge("500")
	p.press(demoTop, "#cancel")
	p.ended("cancelled")
	p.until(screenShows("cancelled"))
	p.shot("5-cancelled")
	p.wantBooks([]string{"COMPLETED", "CANCELED"}, 2490)

	p.press(demoTop, "#next")
	p.charge("1999")
	p.press(demoTop, "#scan")
	p.press(demoPhone, "form[action$='/open'] button")
	p.press(demoPhone, "form[action$='/reject'] button")
	p.ended("declined")
	p.until(screenShows("declined"))
	p.shot("6-declined")
	p.wantBooks([]string{"COMPLETED", "CANCELED", "DECLINED"}, 2490)

	p.press(demoTop, "#next")
	p.charge("700")
	p.press(demoTop, "#expire")
	p.ended("expired")
	p.until(screenShows("expired"))
	p.until("document.getElementById('ledger').children.length === 4")
	p.shot("7-expired")
	p.wantBooks([]string{"COMPLETED", "CANCELED", "DECLINED", "EXPIRED"}, 2490)

	p.atEase()
}

// TestDemoLosesTheDaemon cuts the daemon's power while a code is shown. The till says so, asks until it
// is answered, and the sale goes on; it is charged once.
func TestDemoLosesTheDaemon(t *testing.T) {
	p := openDemo(t)
	p.overHTTP()
	p.loses("!document.getElementById('lost').hidden")
}

// TestDemoLosesTheDaemonUnnoticed: on a serial line a daemon that is back at once was never gone.
func TestDemoLosesTheDaemonUnnoticed(t *testing.T) {
	p := openDemo(t)
	p.loses("true")
}

// loses kills the daemon while a code is shown, waits for what is to be seen of it, and makes the sale.
func (p *demoPage) loses(seen string) {
	p.Helper()
	p.charge("1200")
	daemon := demoChild(p.T, p.process.Pid, "serve")
	if err := daemon.Kill(); err != nil {
		p.Fatal(err)
	}
	p.until(seen)
	p.shot("8-line-lost")
	p.until("document.getElementById('lost').hidden")
	p.press(demoTop, "#scan")
	p.press(demoPhone, "form[action$='/open'] button")
	p.press(demoPhone, "form[action$='/approve'] button")
	p.ended("approved")
	p.until(screenShows("approved"))
	p.wantBooks([]string{"COMPLETED"}, 1200)
	p.atEase()
}

// TestDemoWithoutHands lets the customer act alone, and the page be loaded anew in the middle of a sale.
func TestDemoWithoutHands(t *testing.T) {
	p := openDemo(t)
	p.press(demoTop, "input[value='approve']")
	p.press(demoTop, "#charge")
	p.until(screenShows("scan"))
	sale := p.text("document.getElementById('id').textContent")
	p.visit()
	p.ended("approved")
	if got := p.text("document.getElementById('id').textContent"); got != sale {
		t.Errorf("after a reload the till is at sale %s, want %s", got, sale)
	}
	p.wantBooks([]string{"COMPLETED"}, 1610)

	p.press(demoTop, "input[value='reject']")
	p.press(demoTop, "#next")
	p.press(demoTop, "#charge")
	p.ended("declined")
	p.wantBooks([]string{"COMPLETED", "DECLINED"}, 1610)
	p.atEase()
}

// TestDemoWithoutStreams is a till that speaks HTTP in a browser behind something that lets no event stream
// through.
func TestDemoWithoutStreams(t *testing.T) {
	p := openDemo(t)
	p.overHTTP()
	p.do(chromedp.Evaluate[chromedp.Void](`window.EventSource = class {
		constructor() { setTimeout(() => this.onerror?.()); }
		addEventListener() {}
		close() {}
	}; void 0`))
	p.charge("250")
	p.press(demoTop, "#scan")
	p.press(demoPhone, "form[action$='/open'] button")
	p.press(demoPhone, "form[action$='/approve'] button")
	p.ended("approved")
	p.wantBooks([]string{"COMPLETED"}, 250)
	p.atEase()
}

// TestDemoFits looks at the page in windows that people have: the three devices are seen at once, or
// one below the other, and nothing is cut off at the side.
func TestDemoFits(t *testing.T) {
	p := openDemo(t)
	for name, size := range map[string]struct {
		width, height int64
		whole         bool // nothing to scroll to
	}{
		"laptop":  {1280, 800, true},
		"desktop": {1920, 1080, true},
		"wide":    {1440, 900, true},
		"small":   {1024, 768, true},
		"tablet":  {820, 1180, false},
		"phone":   {390, 844, false},
	} {
		p.do(chromedp.EmulateViewport(size.width, size.height))
		p.until("innerWidth === " + strconv.FormatInt(size.width, 10))
		if over := p.text(demoOverflow); over != "" {
			t.Errorf("%s: wider than the window: %s", name, over)
		}
		if scrolls := p.text("String(document.documentElement.scrollHeight > innerHeight)"); size.whole && scrolls != "false" {
			t.Errorf("%s: the page scrolls, want all of it in sight", name)
		}
		p.shot("9-" + name)
	}
}

// demoOverflow names the first thing that reaches beyond the window's side.
const demoOverflow = `(() => {
	if (document.documentElement.scrollWidth > innerWidth) return 'page ' + document.documentElement.scrollWidth;
	const visible = [...document.querySelectorAll('body *')].filter((e) => e.getClientRects().length && !e.closest('.unseen, .glass, #log'));
	const wide = visible.find((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1);
	if (wide) return wide.outerHTML.slice(0, 100);
	const card = document.getElementById('trouble').getBoundingClientRect();
	const cut = [...document.querySelectorAll('#trouble button')].find((b) => {
		const r = b.getBoundingClientRect();
		return r.bottom > card.bottom || r.right > card.right || r.height < 18 || b.scrollWidth > b.clientWidth;
	});
	return cut ? 'cut off: ' + cut.outerHTML : '';
})()`

// demoChild finds a process by its parent and its first argument. It knows Linux only (proc(5)).
func demoChild(t *testing.T, parent int, command string) *os.Process {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(entries) == 0 {
		t.Skip("no /proc: the daemon is not found")
	}
	for _, file := range entries {
		stat, _ := os.ReadFile(file) // it may be gone already
		words, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		args := strings.Split(string(words), "\x00")
		_, after, _ := strings.Cut(string(stat), ") ") // behind the name: state and parent
		if fields := strings.Fields(after); len(fields) < 2 || fields[1] != strconv.Itoa(parent) || len(args) < 2 || args[1] != command {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		found, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	t.Fatalf("process %d has no child %q", parent, command)
	return nil
}
