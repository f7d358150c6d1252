// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// listenHere opens a loopback listener that the test's end closes.
func listenHere(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// wired is a cable to somebody who says everything back.
func wired(t *testing.T) (*Cable, string) {
	t.Helper()
	far, near := listenHere(t), listenHere(t)
	go func() {
		for {
			c, err := far.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	cable := &Cable{}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- wire{cable, far.Addr().String()}.run(ctx, near) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run() = %v, want nil", err)
		}
	})
	return cable, near.Addr().String()
}

func echo(t *testing.T, address string) (net.Conn, error) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err = io.WriteString(c, "here\n"); err != nil {
		return c, err
	}
	b := make([]byte, 5)
	if _, err = io.ReadFull(c, b); err == nil && string(b) != "here\n" {
		t.Errorf("came back as %q", b)
	}
	return c, err
}

func TestWire(t *testing.T) {
	t.Parallel()
	cable, address := wired(t)
	open, err := echo(t, address)
	if err != nil {
		t.Fatalf("through the cable: %v", err)
	}
	cable.Plug(false)
	if _, err = open.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the open connection ended with %v, want it reset", err)
	}
	if _, err = echo(t, address); err == nil {
		t.Error("a new connection works through a cable that is out")
	}
	cable.Plug(true)
	again, err := echo(t, address)
	if err != nil {
		t.Errorf("plugged in again: %v", err)
	}
	tcp, ok := again.(*net.TCPConn)
	if !ok {
		t.Fatal("no TCP connection")
	}
	if err = tcp.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(again); err != nil || len(rest) != 0 {
		t.Errorf("an orderly end arrives as %q, %v", rest, err)
	}
}

// TestSerialLine plugs the line in and out, and says a word each way each time.
func TestSerialLine(t *testing.T) {
	t.Parallel()
	if !hasLines() {
		t.Skip("this system makes no serial lines")
	}
	l := &line{cable: &Cable{}, name: filepath.Join(t.TempDir(), "till-line")}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.run(ctx) }()
	ear := l.hear()
	for range 2 {
		device := open(t, l.name)
		if _, err := io.WriteString(device, "{\"type\":\"hello\"}\r\n{\"type\""); err != nil {
			t.Fatal(err)
		}
		if got := string(<-ear); got != `{"type":"hello"}` {
			t.Errorf("the till heard %q", got)
		}
		l.cable.Plug(false)
		if _, err := device.Read(make([]byte, 1)); err == nil {
			t.Error("the daemon's end still works although the line is out")
		}
		_ = device.Close()
		l.cable.Plug(true)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("run() = %v, want nil", err)
	}
	if _, err := os.Lstat(l.name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the line's name is still there: %v", err)
	}
}

// open opens the line's other end as soon as there is one.
func open(t *testing.T, name string) *os.File {
	t.Helper()
	for t.Context().Err() == nil {
		device, err := os.OpenFile(name, os.O_RDWR, 0)
		if err == nil {
			return device
		}
		rest(t.Context())
	}
	t.Fatal("the line never came")
	return nil
}

func TestSerialLineTakesOneMessage(t *testing.T) {
	t.Parallel()
	l := &line{cable: &Cable{}} // pulled out: what is said is lost
	for name, test := range map[string]struct {
		body, from string
		status     int
	}{
		"a message":           {`{"type":"ping"}`, "same-origin", http.StatusNoContent},
		"another site's":      {`{"type":"ping"}`, "cross-site", http.StatusForbidden},
		"two in one":          {"{}\n{}", "same-origin", http.StatusBadRequest},
		"one that is endless": {strings.Repeat("x", maxTillLine+1), "same-origin", http.StatusBadRequest},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/demo/till", strings.NewReader(test.body))
		r.Header.Set("Sec-Fetch-Site", test.from)
		w := httptest.NewRecorder()
		if l.ServeHTTP(w, r); w.Code != test.status {
			t.Errorf("%s: %d %q, want %d", name, w.Code, w.Body, test.status)
		}
	}
}

// TestSlowPageIsCutOff: a browser that does not read must not hold up the line.
func TestSlowPageIsCutOff(t *testing.T) {
	t.Parallel()
	l := &line{cable: &Cable{}}
	slow, quick := l.hear(), l.hear()
	for range tillRoom + 1 {
		l.tell([]byte("x"))
		<-quick
	}
	heard := 0
	for range slow {
		heard++
	}
	if heard != tillRoom {
		t.Errorf("the slow page got %d messages and then its end, want %d", heard, tillRoom)
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	f, err := openFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err = f.prepareKey(); err != nil {
		t.Fatal(err)
	}
	var calls []string
	sandbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		calls = append(calls, r.URL.Path+" "+string(b))
		if kept, bad := os.ReadFile(f.hooks()); strings.HasSuffix(r.URL.Path, "webhooks") && (bad != nil || string(kept) != "key-1 very secret\n") {
			t.Errorf("the webhook is made before its key is kept: %q, %v", kept, bad)
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Basic klarna_test_api_demo") || r.Header.Get("Klarna-Idempotency-Key") == "" {
			t.Errorf("headers %v", r.Header)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"signing_key_id":"key-1","signing_key":"very secret"}`)
	}))
	defer sandbox.Close()
	if err = f.register(t.Context(), sandbox.URL, "http://127.0.0.1:9/"); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[0] != "/v2/notification/signing-keys {}" || !strings.Contains(calls[1], `"signing_key_id":"key-1","url":"http://127.0.0.1:9/"`) {
		t.Errorf("calls = %q", calls)
	}
	sandbox.Config.Handler = http.NotFoundHandler()
	if err = f.register(t.Context(), sandbox.URL, "http://127.0.0.1:9/"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("register at nobody = %v, want the answer", err)
	}
}
