// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

const (
	laneOne = payment.LaneID("lane-1")
	laneTwo = payment.LaneID("lane-2")
	target  = "https://pay.test.klarna.com/eu/requests/6bbf6775-93b1-4c9a-a6f0-2c1f4d3c9a11/start"
)

// tokens are the same in every test; only whether they fit matters.
func tokens() map[payment.LaneID]secret.Text {
	return map[payment.LaneID]secret.Text{
		laneOne: secret.New("token-of-lane-one-0123456789"),
		laneTwo: secret.New("token-of-lane-two-0123456789"),
	}
}

// stage is a running hub behind a real listener.
type stage struct {
	hub    *display.Hub
	server *httptest.Server
	stop   func()
}

func newStage(t *testing.T, change func(*display.Options), more ...display.Words) *stage {
	t.Helper()
	return newStageAt(t, "127.0.0.1:0", change, more...)
}

// newStageAt is newStage on a certain address, as after a restart.
func newStageAt(t *testing.T, address string, change func(*display.Options), more ...display.Words) *stage {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{server: &httptest.Server{Listener: listener, Config: &http.Server{ReadHeaderTimeout: time.Minute}}}
	host := s.server.Listener.Addr().String()
	o := display.Options{
		Tokens:  tokens(),
		Hosts:   func() []string { return []string{host} },
		Origins: func() []string { return []string{"http://" + host} },
		Version: "1.0.0",
	}
	if change != nil {
		change(&o)
	}
	s.hub = display.NewHub(o)
	for _, w := range more {
		s.hub.Teach(w)
	}
	s.server.Config.Handler = s.hub.Handler()
	s.server.Start()
	s.stop = run(t, s.hub)
	t.Cleanup(s.cut)
	return s
}

// cut ends the daemon: its listener, its lines and its hub.
func (s *stage) cut() {
	s.stop()
	s.server.Close()
}

// run runs a hub until it is stopped or the test ends, and fails the test if it does not stop.
func run(t *testing.T, hub *display.Hub) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- hub.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// page is the address of the first lane's page.
func (s *stage) page() string {
	return display.PageURL(s.server.URL, laneOne, tokens()[laneOne])
}

func (s *stage) host() string {
	u, err := url.Parse(s.server.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// sale is a payment of 16.10 EUR in a state.
func sale(state payment.State) payment.Payment {
	return payment.Payment{
		ID: payment.ID{Lane: laneOne, Till: "4711"}, State: state, Reference: "0f0e7c1c-6f9a-5d58-9b7c-3f1c55b0a001",
		Order:    payment.Order{Amount: payment.Amount{Minor: 1610, Currency: "EUR"}, Ref: "4711-0042"},
		Deadline: time.Date(2026, 1, 1, 12, 5, 0, 0, time.UTC),
		Request: payment.Request{
			ID: "krn:request:1", URL: target, ExpiresAt: time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC),
		},
	}
}

// waiting is the scene of a code that may be scanned for five minutes.
func waiting() display.Scene {
	return display.Scene{Payment: sale(payment.StateWaiting), Fresh: true, Left: 5 * time.Minute}
}

// with changes a sale.
func with(p payment.Payment, change func(*payment.Payment)) payment.Payment {
	change(&p)
	return p
}

// sceneOf is a scene that shows the screen.
func sceneOf(screen display.Screen) display.Scene {
	left := 4*time.Minute + 32*time.Second
	switch screen {
	case display.ScreenIdle:
		return display.Scene{}
	case display.ScreenAmount:
		return display.Scene{Payment: sale(payment.StateAuthorizing), Left: left}
	case display.ScreenScan:
		return display.Scene{Payment: sale(payment.StateWaiting), Fresh: true, Left: left}
	case display.ScreenInProgress:
		return display.Scene{Payment: sale(payment.StateScanned), Left: left}
	case display.ScreenConfirming:
		return display.Scene{Payment: sale(payment.StateFinalizing), Left: left}
	case display.ScreenApproved:
		return display.Scene{Payment: with(sale(payment.StateCapturing), func(p *payment.Payment) {
			p.Result, p.Acknowledged = payment.Approved, payment.Approved
		})}
	case display.ScreenDeclined:
		return display.Scene{Payment: sale(payment.StateDeclined)}
	case display.ScreenExpired:
		return display.Scene{Payment: sale(payment.StateExpired)}
	case display.ScreenCancelling:
		return display.Scene{Payment: with(sale(payment.StateCancelling), func(p *payment.Payment) { p.Why = payment.WhyTill })}
	case display.ScreenCancelled:
		return display.Scene{Payment: sale(payment.StateCancelled)}
	case display.ScreenFailed:
		return display.Scene{Payment: sale(payment.StateFailed)}
	case display.ScreenAttention:
		return display.Scene{Payment: sale(payment.StateAttention)}
	case display.ScreenOffline:
		return display.Scene{Offline: true}
	}
	return display.Scene{}
}
