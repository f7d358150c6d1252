// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

// reply is what a server answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// answer sends one request with an exact target and header lines to a real server.
func answer(t *testing.T, s *stage, method, path string, header http.Header) reply {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", s.host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, path)
	if header.Get("Host") == "" {
		fmt.Fprintf(&b, "Host: %s\r\n", s.host())
	}
	for key, values := range header {
		for _, value := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", key, value)
		}
	}
	if header.Get("Connection") == "" {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	if _, err = io.WriteString(c, b.String()); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = r.Body.Close() }()
	if r.StatusCode == http.StatusSwitchingProtocols {
		return reply{r.StatusCode, r.Header, ""}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{r.StatusCode, r.Header, string(body)}
}

func TestOnlyOurPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	tests := map[string]struct {
		method, path string
		want         int
	}{
		"the page":                            {"GET", "/display/lane-1", 200},
		"its script":                          {"GET", "/display/page/display.js", 200},
		"its style":                           {"GET", "/display/page/display.css", 200},
		"its icon":                            {"GET", "/display/page/icon.svg", 200},
		"a query changes nothing":             {"GET", "/display/lane-1?token=x", 200},
		"a lane that nobody has":              {"GET", "/display/lane-9", 404},
		"no lane":                             {"GET", "/display/", 404},
		"no lane and no slash":                {"GET", "/display", 404},
		"the page with a slash":               {"GET", "/display/lane-1/", 404},
		"a logo that the shop has not":        {"GET", "/display/lane-1/logo", 404},
		"a socket without a handshake":        {"GET", "/display/lane-1/socket", 403},
		"something else":                      {"GET", "/", 404},
		"row 29: POST":                        {"POST", "/display/lane-1", 405},
		"row 29: DELETE on the socket":        {"DELETE", "/display/lane-1", 405},
		"row 29: HEAD":                        {"HEAD", "/display/lane-1", 405},
		"row 34: up":                          {"GET", "/display/page/../../view.go", 404},
		"row 34: up, encoded":                 {"GET", "/display/page/%2e%2e%2fview.go", 404},
		"row 34: an encoded slash":            {"GET", "/display/lane-1%2fsocket", 404},
		"row 34: an encoded name":             {"GET", "/display/page/display%2ejs", 404},
		"row 34: two slashes":                 {"GET", "/display//lane-1", 404},
		"row 34: two slashes before a file":   {"GET", "/display/page//display.js", 404},
		"row 34: a dot behind":                {"GET", "/display/page/display.js.", 404},
		"row 34: a lane with a dot behind":    {"GET", "/display/lane-1.", 404},
		"row 34: backslashes":                 {"GET", "/display/page/..\\view.go", 404},
		"row 34: a folder":                    {"GET", "/display/page/lang", 404},
		"row 34: a file in a folder":          {"GET", "/display/page/lang/en.json", 404},
		"row 34: the page under another name": {"GET", "/display/lane-1/display.js", 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := answer(t, s, tt.method, tt.path, nil)
			if r.status != tt.want {
				t.Errorf("%s %s = %d, want %d", tt.method, tt.path, r.status, tt.want)
			}
			if r.status != 200 && r.body != "" {
				t.Errorf("a refusal has a body: %q", r.body)
			}
			headers(t, r, "'none'")
		})
	}
}

// headers checks what every answer must carry.
func headers(t *testing.T, r reply, frame string) {
	t.Helper()
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
			"font-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors " + frame,
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	}
	for key, value := range want {
		if got := r.header.Get(key); got != value {
			t.Errorf("%s: %s, want %s", key, got, value)
		}
	}
	for key := range r.header {
		if strings.HasPrefix(key, "Access-Control-") {
			t.Errorf("the answer has %s", key)
		}
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	const handshake = "socket"
	s := newStage(t, nil)
	host, own := s.host(), s.server.URL
	port := host[strings.LastIndex(host, ":"):]
	tests := map[string]struct {
		path   string // handshake for a websocket
		host   string // empty: the right one
		origin []string
		want   int
	}{
		"the page needs no origin":               {"/display/lane-1", "", nil, 200},
		"the page from our own":                  {"/display/lane-1", "", []string{own}, 200},
		"a socket from our own":                  {handshake, "", []string{own}, 101},
		"row 25: rebinding, page":                {"/display/lane-1", "evil.example", nil, 421},
		"row 25: rebinding, socket":              {handshake, "evil.example", []string{"http://evil.example"}, 421},
		"row 25: rebinding with our port":        {handshake, "evil.example" + port, []string{"http://evil.example" + port}, 421},
		"row 25: our name without the port":      {"/display/lane-1", "127.0.0.1", nil, 421},
		"row 25: another name of this machine":   {"/display/lane-1", "localhost" + port, nil, 421},
		"row 24: an absolute target":             {"http://evil.example/display/lane-1", "", nil, 421},
		"row 26: null":                           {handshake, "", []string{"null"}, 403},
		"row 26: a suffix":                       {handshake, "", []string{"http://127.0.0.1.evil.example"}, 403},
		"row 26: a prefix":                       {handshake, "", []string{own + ".evil.example"}, 403},
		"row 26: another port":                   {handshake, "", []string{"http://127.0.0.1:1"}, 403},
		"row 26: no port":                        {handshake, "", []string{"http://127.0.0.1"}, 403},
		"row 26: another scheme":                 {handshake, "", []string{"https://" + host}, 403},
		"row 26: with a path":                    {handshake, "", []string{own + "/"}, 403},
		"row 26: with a user":                    {handshake, "", []string{"http://" + host + "@evil.example"}, 403},
		"row 26: two of them":                    {handshake, "", []string{own, own}, 403},
		"row 26: another site asks for the page": {"/display/lane-1", "", []string{"http://evil.example"}, 403},
		"row 27: a socket without an origin":     {handshake, "", nil, 403},
		"row 27: a socket with an empty origin":  {handshake, "", []string{""}, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tt.host != "" {
				header.Set("Host", tt.host)
			}
			if tt.origin != nil {
				header["Origin"] = tt.origin
			}
			path := tt.path
			if path == handshake {
				path = "/display/lane-1/socket"
				for key, value := range map[string]string{
					"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
				} {
					header.Set(key, value)
				}
			}
			r := answer(t, s, "GET", path, header)
			if r.status != tt.want {
				t.Errorf("%s from %q at %q = %d, want %d", path, tt.origin, tt.host, r.status, tt.want)
			}
		})
	}
}

func TestGateKnowsDefaultPorts(t *testing.T) {
	t.Parallel()
	hub := display.NewHub(display.Options{
		Tokens:  tokens(),
		Hosts:   func() []string { return []string{"shop.example"} },
		Origins: func() []string { return []string{"https://shop.example"} },
	})
	for origin, want := range map[string]int{
		"https://shop.example": 200, "https://shop.example:443": 200, "https://SHOP.example": 200,
		"https://shop.example:444": 403, "http://shop.example": 403, "https://shop.example#x": 403, "https://": 403, "ftp://shop.example": 403,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.example/display/lane-1", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		hub.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("origin %s = %d, want %d", origin, w.Code, want)
		}
	}
}

func TestFrameAncestorsAreNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *display.Options) { o.FrameAncestors = "http://127.0.0.1:8580" })
	headers(t, answer(t, s, "GET", "/display/lane-1", nil), "http://127.0.0.1:8580")
}

func TestLogo(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(o *display.Options) {
		o.Logo = func(lane payment.LaneID) (string, []byte) {
			if lane == laneOne {
				return "image/svg+xml", []byte("<svg/>")
			}
			return "text/html", []byte("<script>")
		}
	})
	r := answer(t, s, "GET", "/display/lane-1/logo", nil)
	if r.status != 200 || r.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("logo = %d %s", r.status, r.header.Get("Content-Type"))
	}
	headers(t, r, "'none'")
	if r := answer(t, s, "GET", "/display/lane-2/logo", nil); r.status != 404 {
		t.Errorf("a logo that is no picture = %d, want 404", r.status)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, nil)
		for range 64 {
			b.dial(t, laneOne) // none of them has said anything yet
		}
		if status := b.status(t, laneOne); status != http.StatusTooManyRequests {
			t.Errorf("the 65th line of one address = %d, want 429", status)
		}
		for i := range 7 {
			b.from = net.IPv4(10, 0, 1, byte(i))
			for range 64 {
				b.dial(t, laneTwo)
			}
		}
		b.from = net.IPv4(10, 0, 2, 1)
		if status := b.status(t, laneOne); status != http.StatusServiceUnavailable {
			t.Errorf("the 513th line = %d, want 503", status)
		}
		time.Sleep(5*time.Second + time.Millisecond) // none has said its token: all are gone
		synctest.Wait()
		b.join(t, laneOne)
		synctest.Wait()
		if n := b.hub.Connected(laneOne); n != 1 {
			t.Errorf("Connected = %d once the silent ones are gone, want 1", n)
		}
	})
}

// Row 33: 64 lanes with 4 screens each come back at once; each gets its own lane and nothing else.
func TestManyScreensComeBackAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := map[payment.LaneID]secret.Text{}
		for i := range 64 {
			all[payment.LaneID(fmt.Sprintf("l%d", i))] = secret.New(fmt.Sprintf("token-%d-0123456789012345678", i))
		}
		b := newBubble(t, func(o *display.Options) { o.Tokens = all })
		screens := map[*screen]payment.LaneID{}
		for lane, token := range all {
			p := sale(payment.StateWaiting)
			p.ID.Lane, p.Reference = lane, "ref of "+string(lane)
			b.hub.Show(lane, display.Scene{Payment: p, Fresh: true, Left: 5 * time.Minute})
			for i := range 4 {
				b.from = net.IPv4(10, 1, byte(i), 1)
				s := listen(t, b.dial(t, lane))
				s.say(t, map[string]string{"type": "hello", "token": token.Reveal()})
				screens[s] = lane
			}
		}
		synctest.Wait()
		for s, lane := range screens {
			for len(s.views) > 0 {
				v := <-s.views
				if v.Lane != lane || (v.Sale != "" && v.Sale != payment.ShortCode("ref of "+string(lane))) {
					t.Errorf("row 33, I23: a screen of %s got %s of %s", lane, v.Sale, v.Lane)
				}
				if len(s.views) == 0 && v.State != display.ScreenScan {
					t.Errorf("row 33: a screen of %s shows %s", lane, v.State)
				}
			}
		}
	})
}
