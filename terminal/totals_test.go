// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillbridge/terminal"
	"tillbridge/terminal/native"
)

// scripted is a bridge that answers the n-th line about totals with the n-th of its answers, and hangs up behind them.
type scripted struct {
	answers [][]native.Event
	ended   sync.WaitGroup

	mu    sync.Mutex
	asked []native.Totals // guarded by mu
}

func (s *scripted) dial(context.Context) (io.ReadWriteCloser, error) {
	near, far := net.Pipe()
	s.ended.Go(func() {
		defer func() { _ = far.Close() }()
		in := bufio.NewScanner(far)
		for in.Scan() {
			q, err := native.ParseRequest(in.Bytes())
			if t, ok := q.(native.Totals); ok && err == nil {
				for _, e := range s.next(t) {
					if _, err := far.Write(native.AppendLine(nil, e, false)); err != nil {
						return
					}
				}
				return
			}
		}
	})
	return near, nil
}

// next notes a question and takes the answers to it.
func (s *scripted) next(t native.Totals) []native.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, t)
	if len(s.answers) == 0 {
		return nil
	}
	first := s.answers[0]
	s.answers = s.answers[1:]
	return first
}

// A close may have been carried out although something else on its line arrived broken: it is asked for again by its name.
func TestAnErrorThatIsNotAboutTheClose(t *testing.T) {
	t.Parallel()
	sums := native.Sums{ID: "C1", Period: 1, Currency: "EUR", Closed: true}
	tests := map[string]struct {
		answers [][]native.Event
		asked   int
		refused native.Code
		lost    bool
	}{
		"a greeting that arrived broken":  {[][]native.Event{{native.Error{Code: native.CodeBadJSON}, sums}, {sums}}, 2, "", false},
		"a greeting that was too long":    {[][]native.Event{{native.Error{Code: native.CodeTooLarge}}, {sums}}, 2, "", false},
		"an error about something else":   {[][]native.Event{{native.Error{ID: "A1", Code: native.CodeBadRequest}, sums}}, 1, "", false},
		"an error about the close":        {[][]native.Event{{native.Error{ID: "C1", Code: native.CodeBadRequest}}}, 1, native.CodeBadRequest, false},
		"a till that may not ask":         {[][]native.Event{{native.Error{Code: native.CodeNotAllowed}}}, 1, native.CodeNotAllowed, false},
		"a no to what may have been done": {[][]native.Event{{native.Error{Code: native.CodeBadJSON}}, {native.Error{Code: native.CodeNotAllowed}}}, 2, "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &scripted{answers: tt.answers}
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				q := native.Totals{ID: "C1", Close: true}
				got, err := terminal.LineTill{Dial: b.dial}.Totals(ctx, q)
				b.ended.Wait()
				refused, no := errors.AsType[*terminal.RefusedError](err)
				if no != (tt.refused != "") || no && refused.Event.Code != tt.refused || errors.Is(err, terminal.ErrLost) != tt.lost || err == nil && got.ID != "C1" {
					t.Errorf("Totals = %+v, %v, want code %q, lost %t", got, err, tt.refused, tt.lost)
				}
				if len(b.asked) != tt.asked || slices.ContainsFunc(b.asked, func(a native.Totals) bool { return a != q }) {
					t.Errorf("asked %+v, want %d times the same", b.asked, tt.asked)
				}
			})
		})
	}
}

// An HTTP status that says nothing about the close is asked again where the close has a name; else its reason is told.
func TestTotalsOverHTTPThatAreNotAnswered(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusGatewayTimeout} {
		for name, id := range map[string]string{"with a name": "C1", "without": ""} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					asked := 0
					bridge := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						asked++
						w.WriteHeader(status)
						_, _ = w.Write(native.Append(nil, native.Error{Code: native.CodeUnavailable, Text: "too many requests"}))
					})
					till := terminal.WebTill{
						Lane: &url.URL{Scheme: "http", Host: "127.0.0.1:8580", Path: lane1}, Client: &http.Client{Transport: inProcess{bridge}},
					}
					ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
					defer stop()
					_, err := till.Totals(ctx, native.Totals{ID: id, Close: true})
					if err == nil || !strings.Contains(err.Error(), "too many requests") {
						t.Errorf("Totals = %v, want the bridge's reason", err)
					}
					if want := map[bool]int{true: 3, false: 1}[id != ""]; asked != want {
						t.Errorf("asked %d times, want %d", asked, want)
					}
				})
			})
		}
	}
}
