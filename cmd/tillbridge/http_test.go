// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// exchange sends raw bytes to the daemon's listener and returns the status line of its answer, or "closed".
func (s *shop) exchange(text string) string {
	s.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.web, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the answer is what counts
	if err = conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, text) }() // the other side may close first
	line, err := bufio.NewReader(conn).ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.t.Fatal("no answer within a minute")
	case err != nil:
		return "closed"
	}
	return strings.TrimSpace(line)
}

func TestTheListenerTurnsAwayWhatNoTillSends(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	host := strings.TrimPrefix(s.web, "http://")
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		t.Fatal(err)
	}
	put := "PUT " + s.sale + " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 35\r\nHost: %s\r\n%s\r\n" +
		`{"amount":1610,"currency":"EUR"}   `
	for name, c := range map[string]struct {
		text string
		want []string // any of these
	}{
		"row 24: a header of 2 MiB":       {"GET /health HTTP/1.1\r\nHost: " + host + "\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n", []string{"431", "closed"}},
		"row 24: two lengths":             {"POST " + s.sale + "/confirm HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}", []string{"400"}},
		"row 24: length and chunks":       {"PUT " + s.sale + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", []string{"400", "415"}},
		"row 24: an absolute target":      {"GET http://evil.example/health HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []string{"421"}},
		"row 24: two hosts":               {"GET /health HTTP/1.1\r\nHost: " + host + "\r\nhost: " + host + "\r\n\r\n", []string{"400"}},
		"row 25: rebinding":               {fmt.Sprintf(put, "evil.example", "Origin: http://evil.example\r\n"), []string{"421"}},
		"row 25: rebinding with port":     {fmt.Sprintf(put, "evil.example:"+port, "Origin: http://evil.example:"+port+"\r\n"), []string{"421"}},
		"row 26: origin null":             {fmt.Sprintf(put, host, "Origin: null\r\n"), []string{"403"}},
		"row 26: a name that begins so":   {fmt.Sprintf(put, host, "Origin: http://127.0.0.1.evil.example\r\n"), []string{"403"}},
		"row 26: another port":            {fmt.Sprintf(put, host, "Origin: http://127.0.0.1:1\r\n"), []string{"403"}},
		"row 26: https instead of http":   {fmt.Sprintf(put, host, "Origin: https://"+host+"\r\n"), []string{"403"}},
		"row 28: a form from elsewhere":   {"POST " + s.sale + "/confirm HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", []string{"415"}},
		"row 29: a GET that would change": {"GET " + s.sale + "/confirm HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []string{"405"}},
		"row 34: dots in the path":        {"GET /display/../v1/lanes/lane-1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []string{"404"}},
		"row 34: two slashes":             {"GET //display/lane-1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []string{"404"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.exchange(c.text)
			for _, want := range c.want {
				if strings.Contains(got, want) {
					return
				}
			}
			t.Errorf("answered %q, want %v", got, c.want)
		})
	}
	if calls := s.ledger().Calls["authorize"]; calls != 0 {
		t.Errorf("%d calls reached Klarna, want none", calls)
	}
	if code := s.get(s.web+s.sale, nil); code != http.StatusNotFound {
		t.Errorf("the sale answers %d, want 404: none was made", code)
	}
}
