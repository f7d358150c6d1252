// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"tillbridge/internal/demo"
)

// troubled is a site whose cables the test may pull, too.
func troubled(t *testing.T) (demo.Site, demo.Trouble) {
	t.Helper()
	s, front := site(t)
	s.Trouble = demo.Trouble{Power: &demo.Plug{}, Line: &demo.Cable{}, Network: &demo.Cable{}}
	front.Config.Handler = s.Handler()
	return s, s.Trouble
}

func TestTroubleIsMadeByThePageAlone(t *testing.T) {
	t.Parallel()
	s, trouble := troubled(t)
	for name, test := range map[string]struct {
		method, target, from string
		status               int
	}{
		"a look":                            {http.MethodGet, "/demo/trouble", "cross-site", 200},
		"another site's form":               {http.MethodPost, "/demo/trouble/line/out", "cross-site", 403},
		"another port's page":               {http.MethodPost, "/demo/trouble/network/out", "same-site", 403},
		"row 29: a GET that would change":   {http.MethodGet, "/demo/trouble/line/out", "same-origin", 405},
		"something that cannot be done":     {http.MethodPost, "/demo/trouble/line", "same-origin", 404},
		"something that is not there":       {http.MethodPost, "/demo/trouble/water/off", "same-origin", 404},
		"nothing at all":                    {http.MethodPost, "/demo/trouble", "same-origin", 404},
		"a name that begins like it":        {http.MethodGet, "/demo/troubles", "same-origin", 404},
		"a till's line where there is none": {http.MethodGet, "/demo/till", "same-origin", 404},
	} {
		got := ask(t, s, test.method, test.target, "", "Sec-Fetch-Site", test.from)
		if got.status != test.status {
			t.Errorf("%s: %s %s = %d %q, want %d", name, test.method, test.target, got.status, got.body, test.status)
		}
		if _, in := trouble.Line.In(); !in {
			t.Fatalf("%s: the line is pulled out", name)
		}
		if _, in := trouble.Network.In(); !in {
			t.Fatalf("%s: the network is pulled out", name)
		}
	}
	for _, step := range []struct{ path, want string }{
		{"/line/out", `"line":false,"network":true`},
		{"/line/out", `"line":false,"network":true`},
		{"/network/out", `"line":false,"network":false`},
		{"/line/in", `"line":true,"network":false`},
		{"/network/in", `"line":true,"network":true`},
	} {
		if got := ask(t, s, http.MethodPost, "/demo/trouble"+step.path, "", "Sec-Fetch-Site", "same-origin"); !strings.Contains(got.body, step.want) {
			t.Errorf("POST %s = %q, want %s", step.path, got.body, step.want)
		}
	}
}

// TestPulledLine: a request, and an answer that is on its way, break off without a word; the customer's
// screen hangs on another cable.
func TestPulledLine(t *testing.T) {
	t.Parallel()
	s, trouble := troubled(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Origin+"/v1/lanes/lane-1/payments/x/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }()
	events := bufio.NewReader(stream.Body)
	if _, err = events.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	trouble.Line.Plug(false)
	if rest, ended := io.ReadAll(events); ended == nil {
		t.Errorf("the stream ended in an orderly way after %q, want it broken", rest)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.Origin+"/v1/lanes/lane-1/payments/x", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultTransport.RoundTrip(request); err == nil {
		_ = answer.Body.Close()
		t.Errorf("the till was answered %s, want nothing", answer.Status)
	}
	if got := ask(t, s, http.MethodGet, "/display/lane-1", ""); got.status != http.StatusOK {
		t.Errorf("the screen was answered %d, want 200", got.status)
	}
	trouble.Line.Plug(true)
	if got := ask(t, s, http.MethodPut, "/v1/lanes/lane-1/payments/x", ""); got.status != http.StatusOK {
		t.Errorf("plugged in again the till was answered %d, want 200", got.status)
	}
}
