// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"tillbridge/engine"
)

// notifier tells the service manager how the daemon is (systemd, sd_notify). Without a socket it says
// nothing.
type notifier struct {
	socket string
	every  time.Duration // of the watchdog; zero means none
}

func newNotifier(getenv func(string) string) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET")}
	if micros, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && micros > 0 {
		n.every = time.Duration(micros) * time.Microsecond / 3
	}
	return n
}

func (n notifier) say(ctx context.Context, state string) error {
	if n.socket == "" {
		return nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unixgram", n.socket)
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer conn.Close() //nolint:errcheck // a datagram has left or not
	_, err = conn.Write([]byte(state))
	return err
}

// run says ready once the core answers, and then that it still does. A core that is stuck says nothing,
// and is restarted.
func (n notifier) run(ctx context.Context, e *engine.Engine) error {
	ready := false
	tick := time.NewTicker(max(n.every, 100*time.Millisecond))
	defer tick.Stop()
	for {
		if _, err := e.Lanes(ctx); err == nil {
			state := "WATCHDOG=1"
			if !ready {
				state, ready = "READY=1\n"+state, true
			}
			if err := n.say(ctx, state); err != nil {
				return err
			}
			if n.every == 0 {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
