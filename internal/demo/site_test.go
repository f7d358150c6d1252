// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tillbridge/internal/demo"
)

const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// site is a demo in front of two processes that say who they are and what they were asked.
func site(t *testing.T) (demo.Site, *httptest.Server) {
	t.Helper()
	behind := func(name string) *url.URL {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/events") {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = fmt.Fprint(w, "event: progress\n\n")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				return
			}
			_, _ = fmt.Fprintf(w, "%s %s %s %s", name, r.Method, r.Host, r.URL.RequestURI()) //nolint:gosec // G705: no browser reads it
		}))
		t.Cleanup(s.Close)
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	s := demo.Site{
		Daemon: behind("daemon"), Sandbox: behind("sandbox"),
		Settings: func() (demo.Settings, error) {
			return demo.Settings{Lane: demo.Lane, Display: "/display/lane-1#" + token}, nil
		},
	}
	front := httptest.NewUnstartedServer(nil)
	s.Origin = "http://" + front.Listener.Addr().String()
	_, port, err := net.SplitHostPort(front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.Aliases = []string{"localhost:" + port}
	front.Config.Handler = s.Handler()
	front.Start()
	t.Cleanup(front.Close)
	return s, front
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask makes one request, with another Host if one is given.
func ask(t *testing.T, s demo.Site, method, target, host string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.Origin+target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r) // follows nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(b)}
}

func TestSiteForwards(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	host := strings.TrimPrefix(s.Origin, "http://")
	for target, process := range map[string]string{
		"/v1/lanes/lane-1":                      "daemon",
		"/v1/lanes/lane-1/payments/a%2Fb?wait=": "daemon",
		"/v1/lanes//x/%2E%2E":                   "daemon", // not cleaned on the way
		"/display/lane-1":                       "daemon",
		"/display/lane-1/socket":                "daemon",
		"/health":                               "daemon",
		"/phone/krn:x":                          "sandbox",
		"/phone-files/phone.css":                "sandbox",
		"/qr/x":                                 "sandbox",
		"/sandbox/ledger":                       "sandbox",
	} {
		got := ask(t, s, http.MethodPut, target, "")
		if want := process + " PUT " + host + " " + target; got.body != want {
			t.Errorf("PUT %s: %q, want %q", target, got.body, want)
		}
	}
}

func TestSiteForwardsNothingElse(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	for _, target := range []string{
		"/v2/payment/authorize", "/v2/accounts/x/payment/requests", "/v1", "/display", "/sandbox", "/healthy", "/health/x", "/phones/x",
		"/demo/../v2/payment/authorize", "//v2/payment/authorize", "/%76%32/x", "/metrics", "/demo/", "/demo/index.html", "/demo/web/index.html",
		"/demo/..%2Fdemo.go", "/demo/nothing.js", "/index.html",
	} {
		if got := ask(t, s, http.MethodGet, target, ""); got.status != http.StatusNotFound {
			t.Errorf("GET %s = %d %q, want 404", target, got.status, got.body)
		}
	}
	if got := ask(t, s, http.MethodPost, "/", ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST / = %d, want 405", got.status)
	}
}

// TestSiteChecksHost: a page of an attacker's name that was made to point here must reach nothing.
func TestSiteChecksHost(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	own := strings.TrimPrefix(s.Origin, "http://")
	_, port, _ := net.SplitHostPort(own)
	for _, target := range []string{"/", "/demo/settings", "/demo/demo.js", "/v1/lanes/lane-1", "/display/lane-1", "/sandbox/ledger", "/health"} {
		for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1", own + ".evil.example", "x" + own, strings.ToUpper("localhost:" + port)} {
			got := ask(t, s, http.MethodGet, target, host)
			if got.status != http.StatusMisdirectedRequest || strings.Contains(got.body, token) {
				t.Errorf("GET %s with Host %s = %d %q, want 421", target, host, got.status, got.body)
			}
		}
	}
	if got := ask(t, s, http.MethodGet, "/", "localhost:"+port); got.status != http.StatusTemporaryRedirect || got.header.Get("Location") != s.Origin+"/" {
		t.Errorf("GET / at localhost = %d to %q, want the one origin", got.status, got.header.Get("Location"))
	}
	if got := ask(t, s, http.MethodPut, "/v1/lanes/lane-1/payments/x", "localhost:"+port); got.status != http.StatusMisdirectedRequest {
		t.Errorf("PUT at localhost = %d, want 421", got.status)
	}
}

func TestSiteTellsSettingsToItsPageOnly(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	for from, want := range map[string]int{"": 200, "same-origin": 200, "cross-site": 403, "same-site": 403, "none": 403} {
		var header []string
		if from != "" {
			header = []string{"Sec-Fetch-Site", from}
		}
		got := ask(t, s, http.MethodGet, "/demo/settings", "", header...)
		if got.status != want || strings.Contains(got.body, token) != (want == 200) {
			t.Errorf("settings for %q = %d %q, want %d", from, got.status, got.body, want)
		}
		if cors := got.header.Get("Access-Control-Allow-Origin"); cors != "" {
			t.Errorf("settings allow %q, want no other origin", cors)
		}
	}
}

// TestSiteSettingsBeforeTheDaemon: the page asks again, so it must not be told half of them.
func TestSiteSettingsBeforeTheDaemon(t *testing.T) {
	t.Parallel()
	s := demo.Site{
		Origin: "http://127.0.0.1:1", Daemon: &url.URL{}, Sandbox: &url.URL{},
		Settings: func() (demo.Settings, error) { return demo.Settings{}, errors.New("no token yet") },
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/demo/settings", http.NoBody))
	if w.Code != http.StatusBadGateway {
		t.Errorf("settings = %d %q, want 502", w.Code, w.Body)
	}
}

func TestSiteWithoutItsProcesses(t *testing.T) {
	t.Parallel()
	s, front := site(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	to, err := url.Parse(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	s.Daemon = to
	front.Config.Handler = s.Handler()
	got := ask(t, s, http.MethodGet, "/v1/lanes/lane-1", "")
	if got.status != http.StatusBadGateway || got.header.Get("Refresh") != "" {
		t.Errorf("a till without a daemon hears %d %v, want 502", got.status, got.header)
	}
	got = ask(t, s, http.MethodGet, "/display/lane-1", "", "Accept", "text/html")
	if got.status != http.StatusBadGateway || got.header.Get("Refresh") != "1" {
		t.Errorf("a frame without a daemon gets %d %v, want 502 and to come back", got.status, got.header)
	}
}

// TestSiteStreams: an event must not wait in the proxy for the next one.
func TestSiteStreams(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Origin+"/v1/lanes/lane-1/payments/x/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if got, err := bufio.NewReader(answer.Body).ReadString('\n'); got != "event: progress\n" || err != nil {
		t.Errorf("the stream began with %q, %v", got, err)
	}
}

// TestPagePolicy: whatever a text on the page says, it runs nothing and loads nothing.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	for _, target := range []string{"/", "/demo/demo.js", "/demo/till.js", "/demo/linetill.js", "/demo/basket.js", "/demo/basketview.js", "/demo/ledger.js", "/demo/trouble.js", "/demo/tour.js", "/demo/demo.css", "/demo/icon.svg", "/demo/settings"} {
		got := ask(t, s, http.MethodGet, target, "")
		policy := got.header.Get("Content-Security-Policy")
		if got.status != http.StatusOK || got.body == "" {
			t.Errorf("GET %s = %d, want it", target, got.status)
		}
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", target, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", target, got.header)
		}
	}
}

// TestPageIsWhole: the page names only files that are there, no other host, and has no code in its text.
func TestPageIsWhole(t *testing.T) {
	t.Parallel()
	s, _ := site(t)
	tree := os.DirFS("web")
	for _, name := range []string{"index.html", "demo.css", "demo.js", "till.js", "linetill.js", "basket.js", "basketview.js", "ledger.js", "trouble.js", "tour.js", "icon.svg"} {
		f, err := tree.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", "") // a name, not an address
		if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}`).FindString(text); found != "" {
			t.Errorf("%s names %s, want no other host", name, found)
		}
		if found := regexp.MustCompile(`(?i)\son[a-z]+=|style="|<style|javascript:|innerHTML|insertAdjacentHTML|document\.write|eval\(`).FindString(text); found != "" {
			t.Errorf("%s has %q, want no code or markup in text", name, found)
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="([^"]+)"|from '(\.[^']+)'`).FindAllStringSubmatch(text, -1) {
			target := m[1]
			if m[2] != "" {
				target = path.Join("/demo", m[2])
			}
			if got := ask(t, s, http.MethodGet, target, ""); got.status != http.StatusOK {
				t.Errorf("%s needs %s, which is answered %d", name, target, got.status)
			}
		}
	}
}
