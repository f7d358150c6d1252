// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"tillbridge/terminal/terminaltest"
)

// tether is a till's end of a serial line. It stays plugged in whatever happens to the daemon.
type tether struct{ *os.File }

// Close leaves the line alone and only ends the reading.
func (c tether) Close() error { return c.SetReadDeadline(time.Now()) }

func (c tether) dial(context.Context) (io.ReadWriteCloser, error) {
	return c, c.SetReadDeadline(time.Time{})
}

// plug makes a serial line and returns the till's end and the lane's address.
func plug(t *testing.T) (tether, string) {
	t.Helper()
	far, device := terminaltest.OpenPTY(t)
	// As long as somebody has the device open, the line survives the daemon.
	near, err := os.OpenFile(device, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	t.Cleanup(func() { _ = near.Close() }) // nothing was written
	return tether{far}, "serial://" + device + "?baud=115200"
}

// TestProofKillsOverSerial kills the daemon at any moment of a sale over a serial line. The till asks by
// id until it knows, as every till must; what it knows is what Klarna charged.
func TestProofKillsOverSerial(t *testing.T) {
	for i := range max(2, *kills/5) {
		t.Run(fmt.Sprintf("seed %d", i), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 2))
			line, address := plug(t)
			s := openShop(t, premises{till: address})
			customers := []string{"approve", "approve", "reject", "abort"}
			s.behaviour(map[string]any{
				"customer": customers[random.IntN(len(customers))], "after": fmt.Sprintf("%dms", random.IntN(1500)),
			})
			cancel := make(chan struct{})
			ended := s.sellOver(line.dial, cancel)
			n := 1 + random.IntN(3)
			for range n {
				<-time.After(time.Duration(random.IntN(2500)) * time.Millisecond)
				s.daemon.kill()
				s.restart()
				_ = line.Close() // else the till notices only after 15 s that nobody answers
			}
			t.Logf("killed the daemon %d times", n)
			if random.IntN(3) == 0 {
				close(cancel)
			}
			s.comeBack()
			s.knows(<-ended)
		})
	}
}
