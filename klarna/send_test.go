// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package klarna_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/internal/secret"
	"tillbridge/klarna"
)

const (
	apiKey       = "klarna_test_api_CANARY-4f1b"
	sessionToken = "krn:network:eu1:test:session-token:CANARY-77aa"
)

func newClient(t *testing.T, base string, a klarna.Account, o klarna.Options) *klarna.Client {
	t.Helper()
	return newClientOf(t, base, apiKey, a, o)
}

func newClientOf(t *testing.T, base, key string, a klarna.Account, o klarna.Options) *klarna.Client {
	t.Helper()
	c, err := klarna.New(base, a, secret.New(key), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func quiet(server *httptest.Server) {
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
}

// serve starts Klarna and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc) *klarna.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	quiet(server)
	server.Start()
	t.Cleanup(server.Close)
	return newClient(t, server.URL, klarna.Account{ID: testAccount}, klarna.Options{})
}

func authorize(t *testing.T) klarna.Write {
	t.Helper()
	return must(t)(klarna.Account{ID: testAccount}.Authorize(testKey, sale()))
}

func finalize(t *testing.T) klarna.Write {
	t.Helper()
	return must(t)(klarna.Account{ID: testAccount}.Finalize(testKey+"f", authorize(t).Body, secret.New(sessionToken)))
}

func TestSendSendsExactlyTheStoredCall(t *testing.T) {
	type seen struct {
		method, uri string
		header      http.Header
		body        []byte
	}
	calls := make(chan seen, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- seen{r.Method, r.RequestURI, r.Header, body}
		w.Header().Set("Klarna-Correlation-Id", "kc-1")
		w.Header().Set("Klarna-Mtls-Verification-Status", "NOT_PRESENT")
		_, _ = io.WriteString(w, approvedBody)
	}))
	t.Cleanup(server.Close)
	tests := map[string]struct {
		dialect klarna.Dialect
		op      func(*testing.T) klarna.Write
		header  string
	}{
		"network finalize":                          {klarna.DialectNetwork, finalize, "Klarna-Network-Session-Token"},
		"interop finalize":                          {klarna.DialectInterop, finalize, "Klarna-Payment-Token"},
		"network first call with a partner's token": {klarna.DialectNetwork, partnerSale, "Klarna-Network-Session-Token"},
		"interop first call with a partner's token": {klarna.DialectInterop, partnerSale, "Klarna-Interoperability-Token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, server.URL, klarna.Account{Dialect: tt.dialect}, klarna.Options{
				Integrator: klarna.Integrator{Name: "TILLBRIDGE", ModuleName: "bridge", ModuleVersion: "1"}, UserAgent: "tillbridge/1",
			})
			write := tt.op(t)
			outcome, ok := c.Send(t.Context(), write).(klarna.Approved)
			got := <-calls
			if !ok || outcome.CorrelationID != "kc-1" || outcome.Status != 200 || outcome.MTLSStatus != "NOT_PRESENT" || outcome.Date.IsZero() {
				t.Errorf("outcome = %+v", outcome)
			}
			if got.method != "POST" || got.uri != "/v2/accounts/"+testAccount+"/payment/authorize" || !bytes.Equal(got.body, write.Body) {
				t.Errorf("sent %s %s %s", got.method, got.uri, got.body)
			}
			want := map[string]string{
				"Authorization":               "Basic " + apiKey,
				"Content-Type":                "application/json",
				"Klarna-Idempotency-Key":      write.Key,
				tt.header:                     sessionToken,
				"User-Agent":                  "tillbridge/1",
				"Klarna-Integration-Metadata": `{"integrator":{"name":"TILLBRIDGE","module_name":"bridge","module_version":"1","session_reference":"` + write.Key + `"}}`,
				"Partner-Correlation-Id":      outcome.PartnerID,
			}
			for name, value := range want {
				if got := got.header.Get(name); got != value {
					t.Errorf("header %s = %q, want %q", name, got, value)
				}
			}
			if id := outcome.PartnerID; len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
				t.Errorf("Partner-Correlation-Id = %q, want 32 hexadecimal digits", id)
			}
		})
	}
}

func partnerSale(t *testing.T) klarna.Write {
	t.Helper()
	s := sale()
	s.SessionToken = secret.New(sessionToken)
	return must(t)(klarna.Account{ID: testAccount}.Authorize(testKey, s))
}

// hijack gives the handler the raw connection once the whole call was read.
func hijack(t *testing.T, do func(net.Conn)) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		do(conn)
		_ = conn.Close()
	}
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

func TestBrokenAnswersAreUnclear(t *testing.T) {
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
	}
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	tests := map[string]func(net.Conn){
		"reset after the call":           reset,
		"closed after the call":          func(net.Conn) {},
		"half an answer":                 say(ok + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(approvedBody), approvedBody[:100])),
		"chunked and cut off":            say(ok + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(approvedBody), approvedBody)),
		"content length too short":       say(ok + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(approvedBody)-3, approvedBody)),
		"not HTTP":                       say("SSH-2.0-OpenSSH\r\n\r\n"),
		"compressed":                     say(ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(approvedBody), approvedBody)),
		"longer than 1 MiB":              say(ok + fmt.Sprintf("Content-Length: %d\r\n\r\n%s%s", 1<<20+len(approvedBody), approvedBody, strings.Repeat(" ", 1<<20))),
		"headers without end":            say(ok + "X: " + strings.Repeat("x", 1<<20)),
		"row 47: 307 to another host":    say("HTTP/1.1 307 Temporary Redirect\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n"),
		"row 42: portal page":            say(ok + "Content-Length: 6\r\n\r\n<html>"),
		"only interim answers":           say("HTTP/1.1 100 Continue\r\n\r\n"),
		"an answer of two content sizes": say(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}"),
	}
	for name, do := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				hijack(t, do)(w, r)
			})
			got, ok := c.Send(t.Context(), finalize(t)).(klarna.Unclear)
			if !ok || got.Err == nil {
				t.Fatalf("Send = %+v, want Unclear", got)
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("the call was sent %d times, want once", n)
			}
		})
	}
}

// A kept connection that dies under a call is where net/http repeats calls that it takes for harmless.
func TestDeadKeptConnectionIsNotRepeated(t *testing.T) {
	var calls atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			return // the connection is kept
		}
		calls.Add(1)
		hijack(t, reset)(w, r)
	})
	if err := c.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := c.Send(t.Context(), finalize(t)); kind(o) != "Unclear" {
		t.Errorf("Send = %+v, want Unclear", o)
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("the call was sent %d times, want once", n)
	}
}

func TestWarmConnectionIsUsed(t *testing.T) {
	var conns atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && r.Header.Get("Authorization") != "" {
			t.Error("warming sent the API key")
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, declinedBody)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := newClient(t, server.URL, klarna.Account{}, klarna.Options{})
	if err := c.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if o := c.Send(t.Context(), authorize(t)); kind(o) != "Declined" {
			t.Fatalf("Send = %+v", o)
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections were made, want 1", n)
	}
}

func TestNotSentIsCertain(t *testing.T) {
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + closed.Addr().String()
	_ = closed.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	quiet(untrusted)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	wrongName := strings.Replace(untrusted.URL, "127.0.0.1", "localhost", 1)
	roots := x509.NewCertPool()
	roots.AddCert(untrusted.Certificate())
	tests := map[string]struct {
		base  string
		roots *x509.CertPool
		want  error
	}{
		"connection refused":                  {base: refused},
		"no such name":                        {base: "https://tillbridge.invalid"},
		"row 48: unknown authority":           {base: untrusted.URL, want: klarna.ErrCertificate},
		"row 48: certificate of another name": {base: wrongName, roots: roots, want: klarna.ErrCertificate},
		"no TLS on the other side":            {base: strings.Replace(plain.URL, "http:", "https:", 1)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, tt.base, klarna.Account{}, klarna.Options{RootCAs: tt.roots})
			got, ok := c.Send(t.Context(), authorize(t)).(klarna.NotSent)
			if !ok || got.Err == nil || tt.want != nil && !errors.Is(got.Err, tt.want) {
				t.Errorf("Send = %+v, want NotSent with %v", got, tt.want)
			}
		})
	}
}

func TestNotSentWhenTheCallerWasAlreadyGone(t *testing.T) {
	var calls atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := c.Send(ctx, authorize(t)); kind(o) != "NotSent" || calls.Load() != 0 {
		t.Errorf("Send = %+v after %d calls, want NotSent", o, calls.Load())
	}
}

func TestCallerWhoLeavesDuringTheCallLeavesDoubt(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-leave
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-arrived
		cancel()
	}()
	o := c.Send(ctx, finalize(t))
	close(leave)
	if kind(o) != "Unclear" {
		t.Errorf("Send = %+v, want Unclear", o)
	}
}

func TestIncompleteWritesAreNotSent(t *testing.T) {
	var calls atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	good := finalize(t)
	tests := map[string]func(*klarna.Write){
		"zero":                   func(w *klarna.Write) { *w = klarna.Write{} },
		"unknown operation":      func(w *klarna.Write) { w.Op = "steal" },
		"no key":                 func(w *klarna.Write) { w.Key = "" },
		"no body":                func(w *klarna.Write) { w.Body = nil },
		"another host":           func(w *klarna.Write) { w.Path = "//evil.example/v2/x" },
		"absolute":               func(w *klarna.Write) { w.Path = "https://evil.example/v2/x" },
		"query":                  func(w *klarna.Write) { w.Path += "?x=y" },
		"dot segments":           func(w *klarna.Write) { w.Path = "/v2/../admin" },
		"outside v2":             func(w *klarna.Write) { w.Path = "/v3/payment/authorize" },
		"finalize without token": func(w *klarna.Write) { w.SessionToken = secret.Text{} },
		"header injection":       func(w *klarna.Write) { w.SessionToken = secret.New("a\r\nX-Y: z") },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			w := good
			spoil(&w)
			if o := c.Send(t.Context(), w); kind(o) != "NotSent" || calls.Load() != 0 {
				t.Errorf("Send = %+v after %d calls, want NotSent", o, calls.Load())
			}
		})
	}
}

// tlsServer speaks HTTP/2 and is trusted by the client it returns.
func tlsServer(t *testing.T, h http.HandlerFunc, o klarna.Options) *klarna.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = true
	quiet(server)
	server.StartTLS()
	t.Cleanup(server.Close)
	o.RootCAs = x509.NewCertPool()
	o.RootCAs.AddCert(server.Certificate())
	return newClient(t, server.URL, klarna.Account{}, o)
}

func TestHTTP2IsSpokenAndItsResetIsUnclear(t *testing.T) {
	var calls atomic.Int32
	c := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.ProtoMajor != 2 {
			t.Errorf("spoken: %s, want HTTP/2", r.Proto)
		}
		if calls.Add(1) == 1 {
			_, _ = io.WriteString(w, declinedBody)
			return
		}
		panic(http.ErrAbortHandler) // RST_STREAM
	}, klarna.Options{})
	if o := c.Send(t.Context(), authorize(t)); kind(o) != "Declined" {
		t.Errorf("Send = %+v, want Declined", o)
	}
	if o := c.Send(t.Context(), authorize(t)); kind(o) != "Unclear" || calls.Load() != 2 {
		t.Errorf("Send = %+v after %d calls, want Unclear after 2", o, calls.Load())
	}
}

func TestClientCertificateIsOffered(t *testing.T) {
	asked := errors.New("asked")
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	quiet(server)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	c := newClient(t, server.URL, klarna.Account{}, klarna.Options{
		RootCAs: roots, ClientCertificate: func() (*tls.Certificate, error) { return nil, asked },
	})
	if o, ok := c.Send(t.Context(), authorize(t)).(klarna.NotSent); !ok || !errors.Is(o.Err, asked) {
		t.Errorf("Send = %+v, want NotSent because the certificate could not be had", o)
	}
}

// bubble gives a client whose Klarna is the function, inside virtual time.
func bubble(t *testing.T, klarnaDoes func(net.Conn)) *klarna.Client {
	t.Helper()
	c := newClient(t, "http://127.0.0.1:1", klarna.Account{}, klarna.Options{})
	var served sync.WaitGroup
	t.Cleanup(func() {
		c.Close()
		served.Wait()
	})
	c.DialWith(func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		served.Go(func() {
			defer func() { _ = theirs.Close() }()
			klarnaDoes(theirs)
		})
		return ours, nil
	})
	return c
}

func readCall(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func TestWriteWaitsLongerThanKlarna(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bubble(t, func(conn net.Conn) {
			readCall(conn)
			time.Sleep(64 * time.Second)
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(approvedBody), approvedBody)
		})
		if o := c.Send(t.Context(), finalize(t)); kind(o) != "Approved" {
			t.Errorf("Send = %+v, want Approved after 64 s", o)
		}
	})
}

func TestSilenceIsUnclearAfter65Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bubble(t, func(conn net.Conn) {
			readCall(conn)
			_, _ = io.Copy(io.Discard, conn) // until the client hangs up
		})
		began := time.Now()
		o := c.Send(t.Context(), finalize(t))
		if took := time.Since(began); kind(o) != "Unclear" || took != 65*time.Second {
			t.Errorf("Send = %+v after %v, want Unclear after 65 s", o, took)
		}
		began = time.Now()
		if _, err := c.ReadRequest(t.Context(), testRequest); err == nil || time.Since(began) != 15*time.Second {
			t.Errorf("ReadRequest = %v after %v, want an error after 15 s", err, time.Since(began))
		}
	})
}

// Long headers leave before the body is looked at: a connection in hand is doubt, whatever was read.
func TestBrokenWithinTheHeadersIsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bubble(t, func(conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 10)) })
		s := sale()
		s.SessionToken = secret.New(strings.Repeat("x", 8000))
		if o := c.Send(t.Context(), must(t)(klarna.Account{}.Authorize(testKey, s))); kind(o) != "Unclear" {
			t.Errorf("Send = %+v, want Unclear", o)
		}
	})
}

func TestSlowDripIsUnclear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := bubble(t, func(conn net.Conn) {
			readCall(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
			for {
				time.Sleep(time.Second)
				if _, err := conn.Write([]byte(" ")); err != nil {
					return
				}
			}
		})
		if o := c.Send(t.Context(), finalize(t)); kind(o) != "Unclear" {
			t.Errorf("Send = %+v, want Unclear", o)
		}
	})
}

func TestRow49PrivateAddressesAreRefused(t *testing.T) {
	tests := map[string]struct {
		base    string
		options klarna.Options
		address string
		refused bool
	}{
		"live, private":                  {klarna.LiveURL, klarna.Options{Live: true}, "10.0.0.5:443", true},
		"live, private in IPv6 clothing": {klarna.LiveURL, klarna.Options{Live: true}, "[::ffff:10.0.0.5]:443", true},
		"live, unique local":             {klarna.LiveURL, klarna.Options{Live: true}, "[fd00::1]:443", true},
		"live, loopback":                 {klarna.LiveURL, klarna.Options{Live: true}, "127.0.0.1:443", true},
		"live, link-local":               {klarna.LiveURL, klarna.Options{Live: true}, "169.254.169.254:443", true},
		"live, carrier NAT":              {klarna.LiveURL, klarna.Options{Live: true}, "100.64.0.1:443", true},
		"live, nowhere":                  {klarna.LiveURL, klarna.Options{Live: true}, "0.0.0.0:443", true},
		"test, private":                  {klarna.TestURL, klarna.Options{}, "192.168.1.1:443", true},
		"plain http, elsewhere":          {"http://localhost:8590", klarna.Options{}, "192.0.2.1:8590", true},
		"behind a proxy":                 {klarna.LiveURL, klarna.Options{Live: true, Proxy: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}}, "127.0.0.1:1", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := klarna.New(tt.base, klarna.Account{}, secret.New("k"), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := c.Dial(t.Context(), tt.address)
			if conn != nil {
				_ = conn.Close()
			}
			if errors.Is(err, klarna.ErrPrivateAddress) != tt.refused {
				t.Errorf("dial %s = %v, want refused %v", tt.address, err, tt.refused)
			}
		})
	}
}

func TestNewRefusesWhatCannotBe(t *testing.T) {
	tests := map[string]struct {
		base, key string
		options   klarna.Options
	}{
		"row 67: live key, test environment":      {klarna.TestURL, "klarna_live_api_x", klarna.Options{}},
		"row 67: live key, sandbox":               {"http://127.0.0.1:8590", "klarna_live_api_x", klarna.Options{}},
		"row 67: test key, live environment":      {klarna.LiveURL, "klarna_test_api_x", klarna.Options{Live: true}},
		"row 67: live key behind a user name":     {klarna.TestURL, "user:klarna_live_api_x", klarna.Options{}},
		"row 67: live environment, test host":     {klarna.TestURL, "k", klarna.Options{Live: true}},
		"row 67: test environment, live host":     {"https://API-global.klarna.com", "k", klarna.Options{}},
		"plain http to a host":                    {"http://api-global.klarna.com", "k", klarna.Options{Live: true}},
		"plain http to a name that looks local":   {"http://localhost.evil.example", "k", klarna.Options{}},
		"a path":                                  {"https://example.com/klarna", "k", klarna.Options{}},
		"a user":                                  {"https://u:p@example.com", "k", klarna.Options{}},
		"no host":                                 {"https://", "k", klarna.Options{}},
		"row 66: empty key":                       {klarna.TestURL, "", klarna.Options{}},
		"row 66: key with a line end":             {klarna.TestURL, "k\n", klarna.Options{}},
		"encoding without its colon":              {klarna.TestURL, "k", klarna.Options{AuthEncoding: klarna.AuthUserPassBase64}},
		"encoding of another word":                {klarna.TestURL, "k", klarna.Options{AuthEncoding: "rot13"}},
		"not an address":                          {"::", "k", klarna.Options{}},
		"query":                                   {"https://example.com?x", "k", klarna.Options{}},
		"file":                                    {"file:///etc/passwd", "k", klarna.Options{}},
		"row 67: test host in capitals, with key": {strings.ToUpper(klarna.TestURL[8:]), "k", klarna.Options{Live: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := klarna.New(tt.base, klarna.Account{}, secret.New(tt.key), tt.options); err == nil {
				t.Error("accepted")
			} else if len(tt.key) > 3 && strings.Contains(err.Error(), tt.key) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestAuthorizationTakesTheConfiguredForm(t *testing.T) {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") }))
	t.Cleanup(server.Close)
	for encoding, want := range map[klarna.AuthEncoding]string{
		"": "Basic u:k", klarna.AuthAsIs: "Basic u:k", klarna.AuthBase64: "Basic dTpr", klarna.AuthUserPassBase64: "Basic dTpr",
	} {
		c, err := klarna.New(server.URL, klarna.Account{}, secret.New("u:k"), klarna.Options{AuthEncoding: encoding})
		if err != nil {
			t.Fatal(err)
		}
		c.Send(t.Context(), authorize(t))
		if h := <-got; h != want {
			t.Errorf("%q: Authorization = %q, want %q", encoding, h, want)
		}
		c.Close()
	}
}

func TestProxyComesFromTheOptionsAlone(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	var direct, proxied atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { direct.Add(1) })
	c.Send(t.Context(), authorize(t))
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	newClient(t, "http://127.0.0.1:1", klarna.Account{}, klarna.Options{Proxy: at}).Send(t.Context(), authorize(t))
	if direct.Load() != 1 || proxied.Load() != 1 {
		t.Errorf("direct %d, through the proxy %d, want 1 and 1", direct.Load(), proxied.Load())
	}
}

// Klarna that quotes our secrets back, in every place it can, must not get them into a log or an error.
func TestSecretsNeverShow(t *testing.T) {
	var lines bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	object := fmt.Sprintf(`{"error_code":"X %[1]s","error_id":"%[1]s","error_message":"key %[1]s token %[2]s","errors":[{"parameter":"%[2]s"}]}`, apiKey, sessionToken)
	echo := "Klarna-Correlation-Id: " + apiKey + "\r\n"
	answers := []string{
		"HTTP/1.1 400 Bad\r\n" + echo + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(object), object),
		"HTTP/1.1 500 Bad\r\n" + echo + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(object), object),
		apiKey + " " + sessionToken + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + apiKey + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + echo + "Content-Length: 50\r\n\r\n{",
		"HTTP/1.1 200 OK\r\n" + echo + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(sessionToken), sessionToken),
	}
	shown := []string{}
	for _, answer := range answers {
		server := httptest.NewServer(hijack(t, func(conn net.Conn) { _, _ = io.WriteString(conn, answer) }))
		c := newClient(t, server.URL, klarna.Account{}, klarna.Options{Log: logger})
		o := c.Send(t.Context(), finalize(t))
		shown = append(shown, fmt.Sprintf("%v %+v %#v", o, o, o))
		if u, ok := o.(klarna.Unclear); ok {
			shown = append(shown, u.Err.Error())
		}
		_, err := c.ReadRequest(t.Context(), testRequest)
		_, cancelErr := c.CancelRequest(t.Context(), testRequest)
		shown = append(shown, fmt.Sprint(err, cancelErr), fmt.Sprintf("%v %+v %#v", c, finalize(t), finalize(t)))
		c.Close()
		server.Close()
	}
	for _, text := range append(shown, lines.String()) {
		if strings.Contains(text, "CANARY") {
			t.Errorf("a secret shows: %.2000s", text)
		}
	}
	if !strings.Contains(lines.String(), "REDACTED") || !strings.Contains(lines.String(), "partner_correlation_id=") {
		t.Errorf("the log lacks what it should hold:\n%s", lines.String())
	}
}

func TestCustomerTokenIsCharged(t *testing.T) {
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Klarna-Customer-Token")
		_, _ = io.WriteString(w, approvedBody)
	})
	s := sale()
	s.CustomerToken = secret.New("krn:customer-token:1")
	if o := c.Send(t.Context(), must(t)(klarna.Account{}.Authorize(testKey, s))); kind(o) != "Approved" || got != "krn:customer-token:1" {
		t.Errorf("Send = %+v with token %q", o, got)
	}
}

func TestBusySaysHowLong(t *testing.T) {
	tests := map[string]struct {
		status int
		header map[string]string
		want   time.Duration
	}{
		"row 46: 429 with Retry-After":   {429, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		"row 46: 429 for 31 years":       {429, map[string]string{"Retry-After": "999999999"}, time.Minute},
		"429 with the rate limit's word": {429, map[string]string{"X-Ratelimit-Reset": "2"}, 2 * time.Second},
		"429 without a word":             {429, nil, 0},
		"the shield":                     {403, nil, time.Minute},
		"conflict":                       {409, nil, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
			})
			if o, ok := c.Send(t.Context(), authorize(t)).(klarna.Busy); !ok || o.RetryAfter != tt.want || o.Status != tt.status {
				t.Errorf("Send = %+v, want Busy for %v", o, tt.want)
			}
		})
	}
}

// The key, the path and the body of a stored write are all that a later version needs; sending it
// twice is the same call.
func TestStoredWriteIsRepeatedByteForByte(t *testing.T) {
	var got []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.RequestURI+r.Header.Get("Klarna-Idempotency-Key")+string(body))
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error_code":"TIMEOUT"}`)
	})
	w := finalize(t)
	stored := klarna.Write{Op: klarna.Op(string(w.Op)), Path: w.Path, Key: w.Key, Body: bytes.Clone(w.Body), SessionToken: secret.New(w.SessionToken.Reveal())}
	for _, w := range []klarna.Write{w, stored, stored} {
		if o, ok := c.Send(t.Context(), w).(klarna.Unclear); !ok || o.Code != "TIMEOUT" {
			t.Fatalf("Send = %+v, want Unclear with Klarna's code", o)
		}
	}
	if len(got) != 3 || got[0] != got[1] || got[1] != got[2] {
		t.Errorf("the calls differ: %q", got)
	}
}
