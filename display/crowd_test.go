// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package display_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"tillbridge/display"
	"tillbridge/internal/secret"
	"tillbridge/payment"
)

const (
	crowdLanes = 64
	perLane    = 4 // sockets that one token opens
)

// crowd is lanes with a sale each, all different.
func crowd() (map[payment.LaneID]secret.Text, func(*stage)) {
	all := map[payment.LaneID]secret.Text{}
	for i := range crowdLanes {
		all[payment.LaneID(fmt.Sprintf("l%d", i))] = secret.New(fmt.Sprintf("token-%d-0123456789012345678", i))
	}
	return all, func(s *stage) {
		for lane := range all {
			p := sale(payment.StateWaiting)
			p.ID.Lane, p.Reference = lane, "ref of "+string(lane)
			s.hub.Show(lane, display.Scene{Payment: p, Fresh: true, Left: 5 * time.Minute})
		}
	}
}

// visitor is one screen of the crowd: a plain socket from an address of its own, of which one may open 64.
type visitor struct {
	from  net.IP
	lane  payment.LaneID
	token secret.Text
}

// call opens the screen's socket and says its token. A daemon that is not there yet is called again.
func (v visitor) call(ctx context.Context, host string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: v.from}}).DialContext}
	for {
		conn, answer, err := dialer.DialContext(ctx, "ws://"+host+"/display/"+string(v.lane)+"/socket", http.Header{"Origin": {"http://" + host}})
		if answer != nil {
			_ = answer.Body.Close()
		}
		if err == nil {
			return conn, conn.WriteJSON(map[string]string{"type": "hello", "token": v.token.Reveal()})
		}
		if ctx.Err() != nil || answer != nil {
			return nil, fmt.Errorf("call as a screen of %s: %w", v.lane, err)
		}
	}
}

// sees reads until the sale of the screen's own lane is on it. Any other lane's is an error.
func (v visitor) sees(conn *websocket.Conn) error {
	for {
		var view display.View
		if err := conn.ReadJSON(&view); err != nil {
			return fmt.Errorf("hear as a screen of %s: %w", v.lane, err)
		}
		own := payment.ShortCode("ref of " + string(v.lane))
		if view.Lane != v.lane || view.Sale != "" && view.Sale != own {
			return fmt.Errorf("a screen of %s got %s of %s", v.lane, view.Sale, view.Lane)
		}
		if view.Sale == own && view.State == display.ScreenScan {
			return nil
		}
	}
}

// TestCrowdComesBackAtOnce: 256 screens over loopback TCP lose their daemon in the same moment, and all call
// the next one while it starts.
func TestCrowdComesBackAtOnce(t *testing.T) {
	if probe, err := net.Listen("tcp", "127.0.1.1:0"); err != nil { //nolint:noctx // closed at once
		t.Skip("this system has one loopback address: 256 screens would come from the same one, which may open 64")
	} else if err = probe.Close(); err != nil {
		t.Fatal(err)
	}
	tokens, fill := crowd()
	first := newStage(t, func(o *display.Options) { o.Tokens = tokens })
	fill(first)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute) // of a test that hangs; nothing is asserted about time
	defer stop()
	var joined, again sync.WaitGroup
	failed := make(chan error, crowdLanes*perLane)
	cut := make(chan struct{})
	for lane, token := range tokens {
		for i := range perLane {
			joined.Add(1)
			again.Go(func() {
				v := visitor{net.IPv4(127, 0, 1, byte(i+1)), lane, token}
				failed <- v.comeBack(ctx, first.host(), joined.Done, cut)
			})
		}
	}
	joined.Wait()
	if n := first.hub.Connected("l7"); n != perLane {
		t.Errorf("lane l7 has %d screens, want %d", n, perLane)
	}
	first.cut()
	close(cut)
	second := newStageAt(t, first.host(), func(o *display.Options) { o.Tokens = tokens })
	start := time.Now()
	fill(second)
	again.Wait()
	t.Logf("row 33: %d screens were back after %s", crowdLanes*perLane, time.Since(start).Round(time.Millisecond))
	close(failed)
	for err := range failed {
		if err != nil {
			t.Errorf("row 33: %v", err)
		}
	}
}

// comeBack is a screen's life: it sees its sale, loses the daemon, and sees its sale at the next one.
func (v visitor) comeBack(ctx context.Context, host string, joined func(), cut <-chan struct{}) error {
	joined = sync.OnceFunc(joined)
	defer joined()
	conn, err := v.call(ctx, host)
	if err == nil {
		err = v.sees(conn)
	}
	joined()
	if err != nil {
		return err
	}
	for err == nil { // until the line is gone
		_, _, err = conn.ReadMessage()
	}
	_ = conn.Close()
	<-cut
	if conn, err = v.call(ctx, host); err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return v.sees(conn)
}
